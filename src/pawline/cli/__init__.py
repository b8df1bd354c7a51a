"""The command line: `pawline …`."""

from typing import Annotated

import typer

from pawline import __version__

app = typer.Typer(name="pawline", no_args_is_help=True, add_completion=False, help="The pet shop's integration hub.")


@app.callback(invoke_without_command=True)
def pawline(*, version: Annotated[bool, typer.Option("--version", help="Say the version and stop.")] = False) -> None:
    """Options that belong to every command."""
    if version:
        typer.echo(__version__)


def main() -> None:
    """Run the command line: what the script `pawline` calls."""
    app()
