"""`pawline look`: a dry run of what an account exports, or of a webhook of its sender's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pawline.cli import showing
from pawline.cli.asking import Config, Json, run
from pawline.hub import HubRefused, Rehearsal, Settings, connections_of, delivered, load_settings, rehearsed

LONGEST = 40
"""Characters of a cell."""
MOST = 100
"""Lines that are shown of what would be refused; `--json` has all."""


def look(
    account: Annotated[str, typer.Argument(help="Connector and account, such as files/erp.")],
    watch: Annotated[str, typer.Option("--watch", "-w", help="One export only, by its name.")] = "",
    body: Annotated[Path | None, typer.Option("--body", help="A webhook's body, in a file, as it comes.")] = None,
    header: Annotated[
        list[str] | None, typer.Option("--header", help="Of that webhook, NAME=VALUE; may be given again.")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Look at the newest an account has, and say what would be made of it, row by row; nothing is written anywhere.

    With `--body` the same of a webhook, whoever signed it. Exit code 1 where something of it would be refused.
    """
    if header and body is None:
        raise HubRefused("--header is of a webhook: give its body by --body")
    settings = load_settings(config)
    if body is None:
        found = run(_rehearsed(settings, account, watch))
    else:
        found = run(_delivered(settings, account, body, _headers(header or [])))
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


async def _delivered(settings: Settings, account: str, body: Path, headers: list[tuple[str, str]]) -> list[Rehearsal]:
    connections = connections_of(settings)
    try:
        return [delivered(connections, account, body, headers)]
    finally:
        await connections.close()


def _headers(given: list[str]) -> list[tuple[str, str]]:
    """A body alone has no id by the standard: it gets one."""
    found = [("webhook-id", "looked-at")]
    for one in given:
        name, equals, value = one.partition("=")
        if not (name and equals and value):
            raise HubRefused(f"--header {name!r}: write NAME=VALUE")
        found = [(known, said) for known, said in found if known != name.lower()] + [(name.lower(), value)]
    return found


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
