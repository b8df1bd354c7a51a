"""What `pawline lab` can be told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pawline.cli.demo import Checkout
from pawline.lab.log import LEAST, MOST
from pawline.lab.rows import Way

Seed = Annotated[int, typer.Option("--seed", help="Of chance: the same seed is the same day.")]
Orders = Annotated[
    int | None,
    typer.Option(
        "--orders", min=LEAST, max=MOST, show_default=False,
        help="Shoppers of the day: 300, or of a log as many as it has, at most so many.",
    ),
]  # fmt: skip
Rounds = Annotated[int, typer.Option("--rounds", min=1, max=20, help="Days of each column, for intervals.")]
Patience = Annotated[
    float, typer.Option("--patience", min=0.1, help="Seconds after which half of the shoppers give up.")
]
Latencies = Annotated[
    Path | None,
    typer.Option(
        "--latencies", show_default=False,
        help="A CSV (vendor,milliseconds) of what vendors really took: drawn instead of the usual times.",
    ),
]  # fmt: skip
FromLog = Annotated[
    Path | None,
    typer.Option(
        "--from-log", show_default=False,
        help="A day that was: `hub` for the hub's own (with --day), or a file of orders that `pawline import` reads.",
    ),
]  # fmt: skip
Day = Annotated[
    str, typer.Option("--day", show_default=False, help="Of the log; else the one with the most orders of a file.")
]
Zone = Annotated[str, typer.Option("--zone", help="The zone in which the log's day is one.")]
Page = Annotated[
    Path | None,
    typer.Option("--page", show_default=False, help="A file for both tables as HTML, with charts and every row."),
]
Ramp = Annotated[bool, typer.Option("--ramp/--no-ramp", help="Look for the rate at which answers get late.")]
Only = Annotated[
    list[Way] | None, typer.Option("--only", show_default=False, help="This column; may be said more than once.")
]
Owner = Annotated[Checkout, typer.Option("--checkout", help="Whose your checkout is: some cells are of your own only.")]
Once = Annotated[bool, typer.Option("--once", help="No moving picture: a line for each change.")]
