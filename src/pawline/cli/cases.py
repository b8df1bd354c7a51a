"""`pawline cases`: questions that only a person can answer."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from pawline.cli import showing
from pawline.cli.asking import By, Config, Json, Limit, Reason, Reveal, Shop, asked, ordered, paged
from pawline.hub import person

app = typer.Typer(no_args_is_help=True, help="Cases: questions that only a person can answer.")
Number = Annotated[int, typer.Argument(help="The case's number.", show_default=False)]


@app.command("list")
def list_(shop: Shop = "", limit: Limit = 50, config: Config = None, json: Json = False) -> None:
    """The open cases of a shop, oldest first."""
    rows = paged(config, "cases", shop, limit=limit)
    if json:
        showing.json(rows)
        return
    showing.table(rows, ("no", "team", "kind", "title", "run", "opened", "until"), empty="No case is open.")


@app.command()
def show(no: Number, reveal: Reveal = False, by: By = "", config: Config = None, json: Json = False) -> None:
    """One case: what is asked, what may be answered."""
    found = asked(config, "case", no=no, reveal=reveal, by=by or person())
    if json:
        showing.json(found)
        return
    showing.console().print(f"[bold]case {no}[/bold]  {escape(found['title'])}  [{found['state']}]", markup=True)
    names = ("shop", "team", "kind", "flow", "run", "step", "opened", "until", "choices", "suggested", "otherwise",
             "evidence", "answered_by", "detail")  # fmt: skip
    showing.facts(found, names)


@app.command()
def answer(
    no: Number,
    value: Annotated[str, typer.Argument(help="The answer: JSON, or a plain word.", show_default=False)],
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Answer a question; its run goes on."""
    try:
        given = msgspec.json.decode(value)
    except msgspec.DecodeError:
        given = value
    showing.said(ordered(config, "answer", f"case:{no}", by=by, reason=reason, value=given), json)
