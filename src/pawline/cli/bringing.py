"""`pawline history`: what an account's system knows of the past, as a file for `pawline import`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pawline.cli import showing
from pawline.cli.asking import Config, Json, Shop, run, shop_of
from pawline.hub import load_settings
from pawline.hub.bringing import Brought, bring

SHOWN = 20
"""Things that could not be told, which people see one by one; `--json` has them all."""
Since = Annotated[datetime, typer.Option("--since", help="From this day on (UTC).")]


def history(
    account: Annotated[str, typer.Argument(help="The account, such as shopify/eu.", show_default=False)],
    file: Annotated[Path, typer.Argument(help="The new file, of JSON lines.", show_default=False)],
    since: Since = datetime(2000, 1, 1, tzinfo=UTC),
    shop: Shop = "",
    config: Config = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Have an account's whole past written into a file, which `pawline import` takes. Stopped, the same goes on.

    It holds personal data, and is for nobody else's eyes: delete it once it is imported.
    """
    settings = load_settings(config)
    where, quiet = shop_of(settings, shop), Console(stderr=True)
    say = (lambda _: None) if json else (lambda text: quiet.print(text, style="dim"))
    brought = run(bring(settings, account, where, file, since.replace(tzinfo=UTC), say))
    if json:
        showing.json(brought)
    else:
        _tell(brought)
    if brought.bad:
        raise typer.Exit(1)


def _tell(brought: Brought) -> None:
    console = showing.console()
    links = f" and {brought.links} links" if brought.links else ""
    console.print(f"[green]{brought.events}[/green] events{links} are in {brought.file}: `pawline import` takes it")
    console.print(f"as of {showing.moment(brought.at.timestamp())}: what happened since is for the hub to hear")
    for why, many in sorted(brought.left.items()):
        console.print(f"{many} not told: {why}", markup=False)
    for where, why in brought.bad[:SHOWN]:
        console.print(f"{where}: {why}", markup=False)
    if len(brought.bad) > SHOWN:
        console.print(f"and {len(brought.bad) - SHOWN} more: --json has them all")
