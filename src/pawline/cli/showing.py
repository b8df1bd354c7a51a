"""How answers look: tables for people in their own time zone, JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

TONES: Final = {"good": "green", "bad": "red", "wait": "yellow", "look": "yellow", "begin": "cyan", "": ""}
STATES: Final = {
    "done": "green", "failed": "red", "cancelled": "red", "parked": "magenta", "waiting": "yellow", "running": "cyan",
    "ready": "cyan", "queued": "dim", "new": "dim", "superseded": "dim", "skipped": "dim",
}  # fmt: skip


def console() -> Console:
    """Where people read. Made at each use, so that it follows a redirected output."""
    return Console(highlight=False)


PIECE: Final = 4_096
"""Bytes that a pipe takes whole (PIPE_BUF)."""


def json(answer: object) -> None:
    """One JSON document on the output, whole.

    By pieces: where the output has no buffer (PYTHONUNBUFFERED, as containers like to set it), Python drops what a
    signal left unwritten of a longer one. A pipe takes so much at once, or nothing.
    """
    text = msgspec.json.format(msgspec.json.encode(answer)) + b"\n"
    for at in range(0, len(text), PIECE):
        typer.echo(text[at : at + PIECE], nl=False)


def moment(at: float | None, *, exact: bool = False) -> str:
    """A time in the zone of whoever reads it; '' if there is none."""
    if at is None:
        return ""
    local = datetime.fromtimestamp(at).astimezone()
    return local.strftime("%Y-%m-%d %H:%M:%S") + (f".{local.microsecond // 1000:03d}" if exact else "")


def zone() -> str:
    """What the reader's zone is called."""
    return datetime.now().astimezone().strftime("%Z (UTC%z)")


def tinted(word: str, tone: str) -> str:
    """The word in a colour, if it has one."""
    return f"[{tone}]{escape(word)}[/{tone}]" if tone else escape(word)


def table(rows: Sequence[dict[str, Any]], columns: Sequence[str], *, empty: str) -> None:
    """Rows under their names; times as times, statuses in their colour; a sentence where there are none."""
    if not rows:
        console().print(empty, style="dim")
        return
    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(
            column, justify="right" if column in {"no", "version", "unfinished"} else "left", overflow="fold"
        )
    for row in rows:
        made.add_row(*(_cell(column, row.get(column)) for column in columns))
    console().print(made)


def _cell(column: str, value: Any) -> str:
    if column in {"created", "ended", "at", "recorded", "opened", "until"} and not isinstance(value, str):
        return moment(value)
    if column == "status":
        return tinted(value, STATES.get(value, ""))
    return "" if value is None else escape(str(value))


def facts(answer: dict[str, Any], names: Sequence[str]) -> None:
    """Names and values, one a line; what is absent is left out."""
    made = Table.grid(padding=(0, 2))
    made.add_column(style="dim")
    made.add_column(overflow="fold")
    for name in names:
        if answer.get(name) not in (None, "", [], {}):
            made.add_row(name.replace("_", " "), _cell(name, answer[name]))
    console().print(made)


def said(answer: dict[str, Any], as_json: bool) -> None:
    """What became of an operator's order."""
    what = f"{answer['action'].replace('_', ' ')} {answer['about']}"
    if as_json:
        json(answer)
    elif answer["state"] == "done":
        console().print(f"[green]done[/green]: {escape(what)}")
    else:
        text = f"{what} is recorded (command {answer['no']}); the hub will do it when it runs"
        console().print(text, style="yellow")
