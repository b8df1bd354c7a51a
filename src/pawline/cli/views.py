"""`pawline views`: how far each read model is, and reading it again."""

from __future__ import annotations

from typing import Annotated

import typer

from pawline.cli import showing
from pawline.cli.asking import By, Config, Json, Reason, asked
from pawline.hub import HubRefused, person

app = typer.Typer(no_args_is_help=True, help="Views: how far each read model is, and reading it again.")


@app.command("list")
def list_(config: Config = None, json: Json = False) -> None:
    """Every view, with the events it has not read yet and how old the oldest of them is."""
    rows = asked(config, "views")
    if json:
        showing.json(rows)
        return
    showing.table(rows, ("view", "events", "seconds", "skipped", "says"), empty="There are no views.")


@app.command()
def rebuild(
    view: Annotated[str, typer.Argument(help="Its name, such as orders@2.", show_default=False)],
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Read every event that is still kept once more. Rows made of events that retention removed stay as they are."""
    if not reason:
        raise HubRefused("say why with --reason: a rebuild is audited")
    made = asked(config, "rebuild", view=view, by=by or person(), reason=reason)
    if json:
        showing.json(made)
        return
    showing.console().print(f"{view} is read again: `pawline views list` says how far it is")
