"""`pawline look`: a dry run of what an account exports."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from pawline.cli import showing
from pawline.cli.asking import Config, Json, run
from pawline.hub import Rehearsal, Settings, connections_of, load_settings, rehearsed

LONGEST = 40
"""Characters of a cell."""
MOST = 100
"""Lines that are shown of what would be refused; `--json` has all."""


def look(
    account: Annotated[str, typer.Argument(help="Connector and account, such as files/erp.")],
    watch: Annotated[str, typer.Option("--watch", "-w", help="One export only, by its name.")] = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Look at the newest an account has, and say what would be made of it, row by row; nothing is written anywhere.

    Exit code 1 where something of it would be refused.
    """
    found = run(_rehearsed(load_settings(config), account, watch))
    if json:
        showing.json(found)
    else:
        for one in found:
            _show(one)
    if not all(one.good for one in found):
        raise typer.Exit(1)


async def _rehearsed(settings: Settings, account: str, watch: str) -> list[Rehearsal]:
    connections = connections_of(settings)
    try:
        return await rehearsed(connections, account, watch)
    finally:
        await connections.close()


def summary(one: Rehearsal) -> str:
    """What came of it, in a line."""
    if one.problem:
        return f"{one.watch}: {one.problem}"
    refused = f"{len(one.refused)} would be refused" if one.refused else "none would be refused"
    return f"{one.watch}: {one.where}: {one.rows} rows are read, {refused}"


def _show(one: Rehearsal) -> None:
    showing.console().print(f"[bold]{escape(summary(one))}[/bold]")
    if one.first:
        shown = [{name: _short(value) for name, value in row.items()} for row in one.first]
        names = dict.fromkeys(name for row in shown for name, value in row.items() if value)
        showing.table(shown, list(names), empty="")
    if one.refused:
        rows = [{"line": row.line or "all", "why": row.why} for row in one.refused[:MOST]]
        showing.table(rows, ("line", "why"), empty="")
        if len(one.refused) > MOST:
            showing.console().print(f"and {len(one.refused) - MOST} more: --json has all")


def _short(value: object) -> str:
    """A cell: a text is known by its begin, and nothing is nothing."""
    if value is None or value in ((), [], ""):
        return ""
    text = ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
