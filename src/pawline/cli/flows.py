"""`pawline flows`: which versions are here, and which may go."""

from __future__ import annotations

from typing import Annotated

import typer

from pawline.cli import showing
from pawline.cli.asking import Config, Json, asked
from pawline.hub import HubRefused

app = typer.Typer(no_args_is_help=True, help="Flows: which versions are here, and which may go.")


@app.command("list")
def list_(config: Config = None, json: Json = False) -> None:
    """Every flow and version with its unfinished runs."""
    rows = asked(config, "flows")
    if json:
        showing.json(rows)
        return
    showing.table(rows, ("flow", "version", "unfinished", "says"), empty="The settings name no flows.")


@app.command()
def drain(
    flow: Annotated[str, typer.Argument(help="The flow's name.", show_default=False)],
    version: Annotated[int, typer.Argument(help="The version that is to go.", show_default=False)],
    config: Config = None,
    json: Json = False,
) -> None:
    """How many unfinished runs still need a version. At 0 its file may be deleted; exit code 1 until then."""
    rows = [row for row in asked(config, "flows") if row["flow"] == flow and row["version"] == version]
    if not rows:
        raise HubRefused(f"nobody knows {flow} version {version}: `pawline flows list` shows those there are")
    left = rows[0]["unfinished"]
    if json:
        showing.json({"flow": flow, "version": version, "unfinished": left})
    else:
        word = "its file may be deleted" if left == 0 else "keep its file"
        showing.console().print(f"{left} unfinished run(s) of {flow} version {version}: {word}")
    if left:
        raise typer.Exit(1)
