"""The command line: `pawline …`."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from pawline import __version__
from pawline.cli import (
    alarms,
    assessing,
    brakes,
    bringing,
    cases,
    catalog,
    checking,
    connecting,
    demo,
    developing,
    events,
    flows,
    handing,
    households,
    importing,
    keeping,
    lab,
    making,
    pretending,
    recalls,
    rehearsing,
    runs,
    starting,
    storefronts,
    views,
    visiting,
    xraying,
)
from pawline.hub import REFUSALS

app = typer.Typer(
    name="pawline", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="The pet shop's integration hub.",
)  # fmt: skip
app.command()(starting.up)
app.command()(starting.init)
app.command()(starting.doctor)
app.command()(assessing.assess)
app.command()(checking.checklist)
app.command()(connecting.connect)
app.command()(rehearsing.look)
app.add_typer(runs.app, name="runs")
app.add_typer(cases.app, name="cases")
app.add_typer(events.app, name="events")
app.add_typer(flows.app, name="flows")
app.add_typer(views.app, name="views")
app.command()(visiting.visits)
app.command()(visiting.pixel)
app.add_typer(catalog.app, name="catalog")
app.add_typer(storefronts.app, name="keys")
app.command()(storefronts.profile)
app.add_typer(recalls.app, name="recalls")
app.command("import")(importing.import_)
app.command()(bringing.history)
app.command()(xraying.xray)
app.command()(households.household)
app.add_typer(alarms.app, name="alarms")
app.command()(keeping.backup)
app.command()(keeping.restore)
app.command()(keeping.purge)
app.command()(demo.demo)
app.command()(lab.lab)
app.command()(developing.dev)
app.add_typer(making.app, name="new")
app.command()(pretending.sandbox)
app.command()(brakes.stop)
app.command("go-on")(brakes.go_on)
app.command()(brakes.mode)
app.command()(handing.cutover)
app.command()(handing.back)
app.command()(handing.diff)


@app.callback(invoke_without_command=True)
def pawline(*, version: Annotated[bool, typer.Option("--version", help="Say the version and stop.")] = False) -> None:
    """Options that belong to every command."""
    if version:
        typer.echo(__version__)


def main() -> None:
    """Run the command line: what the script `pawline` calls. A refusal is one sentence and exit code 1."""
    try:
        app()
    except (*REFUSALS, OSError) as problem:
        if "--json" in sys.argv:
            typer.echo(msgspec.json.encode({"error": str(problem)}).decode(), err=True)
        else:
            console = Console(stderr=True, highlight=False, soft_wrap=True)
            console.print("pawline:", style="bold red", end=" ")
            console.print(str(problem), markup=False)
        sys.exit(1)
