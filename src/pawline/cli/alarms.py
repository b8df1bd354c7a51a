"""`pawline alarms`: what is wrong now, that somebody has seen it, and whether each channel works."""

from __future__ import annotations

from typing import Annotated

import typer

from pawline.cli import showing
from pawline.cli.asking import By, Config, Json, Limit, asked
from pawline.hub import person

app = typer.Typer(
    invoke_without_command=True, help="Alarms: what is wrong now, that somebody has seen it, whether channels work."
)
COLUMNS = ("no", "severity", "what", "since", "state", "seen by", "times", "told")
Every = Annotated[bool, typer.Option("--all", help="Those that are over, too, the newest first.")]


@app.callback()
def alarms(context: typer.Context, config: Config = None, json: Json = False) -> None:
    """What is wrong now; the same as `pawline alarms list`."""
    if context.invoked_subcommand is None:
        list_(config=config, json=json)


@app.command("list")
def list_(every: Every = False, limit: Limit = 50, config: Config = None, json: Json = False) -> None:
    """Open alarms: how bad, since when, who was told and who has seen it."""
    rows = asked(config, "alarms", every=every, limit=limit)
    if json:
        showing.json(rows)
        return
    told = [
        row
        | {"since": showing.moment(row["since"]), "seen by": row["acknowledged_by"], "told": ", ".join(row["reached"])}
        for row in rows
    ]
    showing.table(told, COLUMNS, empty="No alarm is open.")


@app.command()
def ack(
    no: Annotated[list[int], typer.Argument(help="The alarms' numbers.", show_default=False)],
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Say that you have seen them: they are told no more, until they are over. Audited."""
    made = asked(config, "acknowledge", numbers=no, by=by or person())
    if json:
        showing.json(made)
        return
    for one in made:
        showing.console().print(f"[green]seen[/green] by {one['acknowledged_by']}: alarm {one['no']} is told no more")


@app.command("test")
def try_(config: Config = None, json: Json = False) -> None:
    """Send a marked test over each channel, and say what came of it. Exit code 1 if one did not take it."""
    rows = asked(config, "try_channels")
    if json:
        showing.json(rows)
    else:
        told = [row | {"took": "yes" if row["took"] else "NO"} for row in rows]
        showing.table(told, ("channel", "kind", "took", "says"), empty="There are no channels.")
    if not all(row["took"] for row in rows):
        raise typer.Exit(1)
