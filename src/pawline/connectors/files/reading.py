"""A file in pieces: a bounded part of it at a time, each record by its line and by where the next one begins."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

import msgspec

from pawline.connectors.files.export import Export
from pawline.connectors.files.layout import MARK, BadFile, Layout, open_quote
from pawline.connectors.files.meaning import Meaning
from pawline.connectors.files.settings import Settings
from pawline.insight.rows import BadRow, Standing
from pawline.kit import Entry, Files, Part, Quarantined, Sighting

PIECE: Final = 256 << 10
"""Bytes that are read at a time."""
LONGEST: Final = 1 << 20
"""Bytes of a line; more is no row that anybody wrote."""
FIRST: Final = 64 << 10
"""The same of the first one, which is read anew at each look."""
BLANK: Final = b" \t\r\x1a"
"""What a line of nothing holds: the last is how old systems end a file."""
JOINED: Final = 100
"""Lines of one record, where a quoted cell holds line breaks."""
ROWS: Final = 10_000
"""Rows of a look: their events are held in memory until they are recorded."""
TURN: Final = 200
"""Rows after which others have their turn."""
ONCE: Final = frozenset({"stock", "sent", "products", "lots"})
"""Kinds of exports of which a row may say what only one row of its file may say."""


class Changed(Exception):
    """The file is another one than was begun: it was written to, or replaced."""


class Reading(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a file was read: the offset and the number of the line before the next one. Its rows end at `stop`."""

    name: str
    token: str
    stop: int
    offset: int = 0
    line: int = 0


class Line(NamedTuple):
    """A line without its end; `end` is the offset of the next one. One that is too `long` is without its text."""

    number: int
    text: bytes
    end: int
    long: bool = False


class Rows(NamedTuple):
    """What was read of a file, what could not be, and where to go on; `ended` says that nothing is left."""

    sightings: tuple[Sighting, ...]
    bad: tuple[Quarantined, ...]
    reading: Reading
    ended: bool


class Before:
    """What stands in a file before a place in it, while the process lives: not found out anew at each look."""

    def __init__(self) -> None:
        self._known: tuple[str, int, Standing] | None = None

    def begun(self, reading: Reading) -> Standing:
        """As it is there; empty where that is not known. It is known again once it `ended` somewhere."""
        known, self._known = self._known, None
        return known[2] if known is not None and known[:2] == (reading.token, reading.offset) else {}

    def ended(self, reading: Reading, standing: Standing) -> None:
        """So far it was read."""
        self._known = (reading.token, reading.offset, standing)


def token_of(name: str, size: int, changed: float) -> str:
    """What tells a file from one of the same name that was written later."""
    return hashlib.blake2b(f"{name}\0{size}\0{changed!r}".encode(), digest_size=9).hexdigest()


async def read(
    files: Files, settings: Settings, export: Export, entry: Entry, reading: Reading, before: Before
) -> Rows:  # fmt: skip
    """The next rows. Raises BadFile, and Changed where it is another file by now."""
    layout, begin = await opened(files, export, reading)
    standing = before.begun(reading)
    meaning = Meaning(export, settings.zone_of(export.zone), layout, entry, standing)
    first = msgspec.structs.replace(reading, offset=begin, line=int(export.headed))
    whole = reading.offset < begin
    if whole:
        reading = first
    elif not standing and export.kind in ONCE:  # another life read so far, or a look whose rows were not recorded
        async for _, last, _ in _meant(records(files, export, layout, first), meaning):
            if last.end >= reading.offset:
                break
    seen, bad, count = list[Sighting](), list[Quarantined](), 0
    async for line, last, made in _meant(records(files, export, layout, reading), meaning):
        reading = msgspec.structs.replace(reading, offset=last.end, line=last.number)
        if isinstance(made, Sighting):
            seen.append(made)
        elif made is not None:
            bad.append(Quarantined(entry.name, str(made), line))
        count += 1
        if count == ROWS:
            break
    meaning.check_filled(whole=whole)
    if count == ROWS:
        before.ended(reading, standing)
    return Rows(tuple(seen), tuple(bad), reading, count < ROWS)


async def _meant(
    found: AsyncIterator[tuple[int, Line, bytes | BadRow]], meaning: Meaning
) -> AsyncIterator[tuple[int, Line, Sighting | BadRow | None]]:  # fmt: skip
    """What each record says; None of one that `only` leaves out."""
    count = 0
    async for line, last, record in found:
        try:
            yield line, last, record if isinstance(record, BadRow) else meaning.sighting(line, record)
        except BadRow as problem:
            yield line, last, problem
        count += 1
        if count % TURN == 0:
            await asyncio.sleep(0)


async def opened(files: Files, export: Export, reading: Reading) -> tuple[Layout, int]:
    """How its rows lie, and where the first one begins. Raises BadFile."""
    part = await _part(files, export, reading, 0, FIRST if export.headed else len(MARK))
    if not export.headed:
        return Layout(export, b""), len(MARK) if part.data == MARK else 0
    first, newline, _ = part.data[: reading.stop].partition(b"\n")
    if not newline and len(part.data) >= FIRST:
        raise BadFile("its first line has no end within 64 KB")
    return Layout(export, first.removesuffix(b"\r")), len(first) + len(newline)


async def records(
    files: Files, export: Export, layout: Layout, reading: Reading
) -> AsyncIterator[tuple[int, Line, bytes | BadRow]]:  # fmt: skip
    """Each record: the number of its first line, its last line, and its bytes, or why it is none.

    A quote that nothing closes is a bad line, and keeps no other line from being read.
    """
    left, following = list[Line](), lines(files, export, reading)
    while (first := left.pop(0) if left else await anext(following, None)) is not None:
        if first.long:
            yield first.number, first, BadRow(f"it has no end within {LONGEST >> 10} KB")
            continue
        if not first.text.strip(BLANK):
            continue
        taken, whole = [first], first.text
        while export.multiline and open_quote(whole, export.quote) and len(taken) < JOINED and len(whole) < LONGEST:
            if (more := left.pop(0) if left else await anext(following, None)) is None:
                break
            taken.append(more)
            if more.long:
                break
            whole += b"\n" + more.text
        if len(taken) > 1 and not _is_row(layout, whole):
            left[:0] = taken[1:]
            yield first.number, first, BadRow("no row of a CSV: a quote is not closed")
            continue
        yield first.number, taken[-1], whole


def _is_row(layout: Layout, record: bytes) -> bool:
    try:
        layout.fields(record)
    except BadRow:
        return False
    return True


async def lines(files: Files, export: Export, reading: Reading) -> AsyncIterator[Line]:
    """From the offset to the end."""
    held, dropped, number, end, at = b"", 0, reading.line, reading.offset, reading.offset
    while at < reading.stop:
        part = await _part(files, export, reading, at, min(PIECE, reading.stop - at))
        if not part.data:
            raise Changed
        at += len(part.data)
        *whole, held = (held + part.data).split(b"\n")
        for text in whole:
            size, dropped = dropped + len(text), 0
            number, end = number + 1, end + size + 1
            long = size > LONGEST
            yield Line(number, b"" if long else text.removesuffix(b"\r"), end, long)
        if dropped + len(held) > LONGEST:
            dropped, held = dropped + len(held), b""
    if held or dropped:
        long = dropped + len(held) > LONGEST
        yield Line(number + 1, b"" if long else held.removesuffix(b"\r"), reading.stop, long)


async def _part(files: Files, export: Export, reading: Reading, begin: int, most: int) -> Part:
    part = await files.part(begin, most, *export.folder, reading.name)
    if token_of(reading.name, part.size, part.changed) != reading.token:
        raise Changed
    return part
