"""`pawline checklist`: the running hub against the integration checklist, with evidence for each line."""

from __future__ import annotations

from typing import Final

import typer
from rich.markup import escape

from pawline.cli import showing
from pawline.cli.asking import Config, Json, asked

MARKS: Final = {"met": "[green]✓[/green]", "not met": "[red]✗[/red]", "cannot tell": "[yellow]?[/yellow]"}


def checklist(config: Config = None, json: Json = False) -> None:
    """Audit the running hub against the integration checklist. Exit code 1 unless every line is met."""
    lines = asked(config, "checklist")
    met = all(line["state"] == "met" for line in lines)
    if json:
        showing.json({"met": met, "lines": lines})
    else:
        say = showing.console().print
        for line in lines:
            head = f"{MARKS[line['state']]} [bold]{line['name']}[/bold]: {line['state']}"
            say(f"{head}. {escape(line['says'])}", soft_wrap=True)
            say(f"  shown by: {', '.join(line['proof'])}", style="dim", soft_wrap=True)
    if not met:
        raise typer.Exit(1)
