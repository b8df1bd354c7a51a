"""`pawline import`: history into the views, from a file; a dry run first, and on where the last one stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from pawline.cli import showing
from pawline.cli.asking import By, Config, Json, Reason, Shop, run, shop_of
from pawline.cli.histories import digest, size, source
from pawline.hub import HubRefused, Reach, Settings, load_settings, person
from pawline.hub.history import PAGE, BadLine, Linked, Told, read_line, text_of
from pawline.hub.line import LIMIT
from pawline.model import public_name

SHOWN: Final = 20
"""Bad lines that people see one by one; `--json` has them all."""
MOST: Final = LIMIT // 2
"""Bytes of lines in one question to the hub: a line, which may become six times as long there, is far below it."""


class Found(msgspec.Struct):
    """What a dry run found in a file."""

    file: str
    lines: int = 0
    taken: int = 0
    """Lines that an earlier import of this very file took."""
    links: int = 0
    live: int = 0
    """Events at or after `before`: left to the hub, which hears them itself."""
    before: float = 0.0
    events: dict[str, int] = msgspec.field(default_factory=dict)
    first: float | None = None
    last: float | None = None
    bad: list[tuple[int, str]] = msgspec.field(default_factory=list)


File = Annotated[
    Path,
    typer.Argument(
        help="JSON lines (events, links), a Shopify order export, or a folder of Olist's tables; as .gz, too.",
        show_default=False,
    ),
]
Go = Annotated[bool, typer.Option("--go", help="Import. Without it the file is only read and described.")]
Before = Annotated[
    datetime | None,
    typer.Option(
        help="Only what happened before (UTC); else up to an hour before the hub began to hear for itself.",
        show_default=False,
    ),
]


def import_(
    file: File,
    go: Go = False,
    before: Before = None,
    shop: Shop = "",
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Tell the views what happened before the hub was there. No flow begins, nothing is sent, nobody is waited for.

    Stopped in the middle, the same command goes on where it was. Lines that nobody can read are told; the rest goes in.
    """
    settings = load_settings(config)
    shop = shop_of(settings, shop)
    if go and not reason:
        raise HubRefused("say why with --reason: an import is audited")
    until = None if before is None else before.replace(tzinfo=UTC).timestamp()
    found: Found | Told
    if go:
        found = run(_import(settings, file, shop, until, by or person(), reason))
    else:
        found = run(_look(settings, file, shop, until))
    if json:
        showing.json(found)
    elif isinstance(found, Found):
        _describe(found)
    else:
        _tell(found)
    if found.bad:
        raise typer.Exit(1)


async def _look(settings: Settings, file: Path, shop: str, before: float | None) -> Found:
    """A dry run: nothing is written, also no audit."""
    name = digest(file)
    async with Reach(settings) as desk:
        known = await desk.ask("import_begin", name=name, shop=shop, before=before)
    found, events = Found(str(file), taken=known["lines"], before=known["before"]), Counter[str]()
    with source(file, shop, found.bad) as (lines, _):
        for found.lines, line in enumerate(lines, 1):
            if line.strip():
                _note(found, events, line, shop)
    found.events = dict(events.most_common())
    return found


def _note(found: Found, events: Counter[str], line: bytes, shop: str) -> None:
    try:
        one = read_line(line, shop)
    except BadLine as problem:
        found.bad.append((found.lines, str(problem)))
        return
    if isinstance(one, Linked):
        found.links += 1
        return
    at = one.at.timestamp()
    if at >= found.before:
        found.live += 1
        return
    events[public_name(type(one.event))] += 1
    found.first = at if found.first is None else min(found.first, at)
    found.last = at if found.last is None else max(found.last, at)


async def _import(settings: Settings, file: Path, shop: str, before: float | None, by: str, reason: str) -> Told:
    name, sum_ = digest(file), Told()
    progress = Progress(console=Console(stderr=True), transient=True)
    async with Reach(settings) as desk:
        known = await desk.ask("import_begin", name=name, shop=shop, before=before, by=by, reason=reason)
        with source(file, shop, sum_.bad) as (lines, read), progress:
            bar = progress.add_task(file.name, total=size(file))
            number = 1 + sum(1 for _ in islice(lines, known["lines"]))
            for page in _pages(_text(line, at, sum_) for at, line in enumerate(lines, number)):
                told = await desk.ask(
                    "import", name=name, shop=shop, before=known["before"], first=number, lines=page
                )  # fmt: skip
                _add(sum_, msgspec.convert(told, Told))
                number += len(page)
                progress.update(bar, completed=read())
    sum_.bad.sort()
    return sum_


def _pages(lines: Iterable[str]) -> Iterator[list[str]]:
    """As many at once as one question to the hub holds."""
    page, room = list[str](), MOST
    for line in lines:
        size = len(msgspec.json.encode(line))  # quotes and the like take more there
        if page and (len(page) == PAGE or size > room):
            yield page
            page, room = [], MOST
        page.append(line)
        room -= size
    if page:
        yield page


def _text(line: bytes, number: int, told: Told) -> str:
    """For the line to the hub, which takes texts only; a line that is none is told here."""
    try:
        return text_of(line)
    except BadLine as problem:
        told.bad.append((number, str(problem)))
        return ""


def _add(whole: Told, page: Told) -> None:
    for name in ("new", "known", "links", "live", "erased"):
        setattr(whole, name, getattr(whole, name) + getattr(page, name))
    whole.bad += page.bad


def _describe(found: Found) -> None:
    console = showing.console()
    rows = [{"event": name, "how many": count} for name, count in found.events.items()]
    showing.table(rows, ("event", "how many"), empty="There is no event of history in it.")
    if found.first is not None:
        console.print(f"from {showing.moment(found.first)} to {showing.moment(found.last)} {showing.zone()}")
    if found.links:
        console.print(f"{found.links} links")
    if found.live:
        console.print(f"{found.live} events since {showing.moment(found.before)} are left to the hub, which hears them")
    if found.taken:
        console.print(f"{found.taken} of {found.lines} lines were taken before; the rest follows them")
    _complain(found.bad)
    console.print("Nothing was written. To import: the same with --go and --reason.", style="dim")


def _tell(told: Told) -> None:
    words = [f"[green]{told.new}[/green] event(s) remembered"]
    words += [f"{told.known} known before"] if told.known else []
    words += [f"{told.links} links"] if told.links else []
    words += [f"{told.live} left to the hub, which hears them"] if told.live else []
    words += [f"{told.erased} about people who were erased, not taken"] if told.erased else []
    showing.console().print(", ".join(words))
    _complain(told.bad)


def _complain(bad: list[tuple[int, str]]) -> None:
    for number, why in bad[:SHOWN]:
        showing.console().print(f"[red]line {number}[/red]: ", end="")
        showing.console().print(why, markup=False)
    if len(bad) > SHOWN:
        showing.console().print(f"and {len(bad) - SHOWN} more: --json has them all")
