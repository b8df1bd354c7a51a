"""What the ERP exports, as our events: whole files only, and a row that cannot be read keeps no other from it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.kit import Folder, Quarantined, Seen, Sighting
from pawline.model import (
    BookingRefused,
    CauseId,
    Event,
    LocationId,
    OrderBooked,
    OrderId,
    SkuId,
    StockCounted,
    StockLevel,
)  # fmt: skip
from pawline.ports import Code, Malformed, Transient

if TYPE_CHECKING:
    from pawline.connectors.sandbox_erp import Settings

INBOX, DONE, OUTBOX = "inbox", "done", "outbox"
END: Final = "#end"
AHEAD: Final = timedelta(minutes=5)
"""How far another clock may be ahead of ours. A time beyond it would be the newest until it comes."""
STOCK: Final = ("sku", "location", "on_hand", "as_of", "contains_until")
BOOKED: Final = ("order", "reference", "booked_at")
REFUSED: Final = ("order", "cause", "at")
Row = dict[str, str]


class Unfinished(ValueError):
    """The file has no end yet: it is being written, or whoever wrote it died."""


class Rows(NamedTuple):
    """A file's rows with their line numbers, and those that do not have its columns."""

    rows: list[tuple[int, Row]]
    bad: list[tuple[int, str]]


def rows_of(data: bytes, header: Sequence[str]) -> Rows:
    """The rows: one a line. Raises Unfinished, and ValueError or csv.Error for a file that is not what it is called."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ValueError(f"it is not UTF-8 (byte {problem.start})") from None
    lines = [line.removesuffix("\r") for line in text.rstrip().split("\n")]
    if lines[-1].strip() != END:
        raise Unfinished(f"its last line is not {END}")
    first = _cells(lines[0]) if len(lines) > 1 else []
    if first != list(header):
        raise ValueError(f"its columns are {', '.join(first)[:200]}, and not {', '.join(header)}")
    found = Rows([], [])
    for number, line in enumerate(lines[1:-1], 2):  # each alone: a quote that nothing closes swallows no other row
        try:
            cells = _cells(line)
        except csv.Error as problem:
            found.bad.append((number, f"no row of a CSV: {problem}"))
            continue
        if len(cells) == len(header):
            found.rows.append((number, dict(zip(header, cells, strict=True))))
        else:
            found.bad.append((number, f"{len(cells)} columns"))
    return found


def _cells(line: str) -> list[str]:
    return next(csv.reader([line], strict=True), [])


def level(row: Row) -> Event:
    """A count of a SKU. Raises ValueError."""
    as_of = datetime.fromisoformat(row["as_of"])
    contains = datetime.fromisoformat(row["contains_until"]) if row["contains_until"] else None
    return StockCounted(level=StockLevel(
        sku=SkuId(_word(row, "sku")), location=LocationId(_word(row, "location")), on_hand=_count(row["on_hand"]),
        as_of=as_of, contains_until=contains,
    ))  # fmt: skip


def booking(row: Row) -> Event:
    """An order that is in the books. Raises ValueError."""
    at = datetime.fromisoformat(row["booked_at"])
    if at.tzinfo is None:
        raise ValueError("booked_at has no zone")
    return OrderBooked(order=OrderId(_word(row, "order")), reference=_word(row, "reference"), at=at)


def refusal(row: Row) -> Event:
    """An order that the books did not take. Raises ValueError."""
    at = datetime.fromisoformat(row["at"])
    if at.tzinfo is None:
        raise ValueError("at has no zone")
    return BookingRefused(order=OrderId(_word(row, "order")), cause=CauseId(_word(row, "cause")), at=at)


def _count(text: str) -> int:
    """Nine digits: more is no count that anybody made, and adding such up would leave what a database holds."""
    if not re.fullmatch(r"-?[0-9]{1,9}", text.strip()):
        raise ValueError("on_hand is no count")
    return int(text)


def _word(row: Row, name: str) -> str:
    if not row[name].strip():
        raise ValueError(f"{name} is empty")
    return row[name].strip()


async def newest(folder: Folder, names: Sequence[str]) -> bytes:
    """The newest whole file; the newest of all where none is whole.

    What is no file is passed over: a watch tells it.
    """
    found: bytes | None = None
    for name in reversed(names):
        try:
            data = await folder.read(OUTBOX, name)
        except Malformed as problem:
            if problem.code == Code.TOO_LARGE:  # it is the newest, and nobody knows what it says
                raise
            continue
        if data.rstrip().endswith(END.encode()):
            return data
        found = data if found is None else found
    return await folder.read(OUTBOX, names[-1]) if found is None else found


async def stock(folder: Folder, _: Settings, cursor: str) -> Seen:
    """Looks for counts."""
    return await _next(folder, cursor, "stock-", STOCK, level)


async def booked(folder: Folder, _: Settings, cursor: str) -> Seen:
    """Looks for orders that are in the books."""
    return await _next(folder, cursor, "orders-", BOOKED, booking)


async def refused(folder: Folder, _: Settings, cursor: str) -> Seen:
    """Looks for orders that the books did not take."""
    return await _next(folder, cursor, "refused-", REFUSED, refusal)


async def _next(folder: Folder, cursor: str, prefix: str, header: Sequence[str], event: Callable[[Row], Event]) -> Seen:
    """The file after the cursor. One without an end is waited for, until a newer one shows that nobody will end it."""
    names = await folder.names(OUTBOX, prefix=prefix, after=cursor)
    if not names:
        return Seen((), cursor)
    name, more = names[0], len(names) > 1
    try:
        rows = rows_of(await _first(folder, names), header)
    except Unfinished as problem:
        return Seen((), name, (Quarantined(name, str(problem)),), more) if more else Seen((), cursor)
    except (ValueError, csv.Error, Malformed) as problem:
        return Seen((), name, (Quarantined(name, str(problem)),), more)
    seen: list[Sighting] = []
    bad = [Quarantined(f"{name} line {line}", why) for line, why in rows.bad]
    for line, row in rows.rows:
        try:
            made, at = event(row), _at(row)
        except (ValueError, OverflowError) as problem:
            bad.append(Quarantined(f"{name} line {line}", _why(problem)))
        else:
            seen.append(Sighting(f"{name}/{line}", at, made))
    return Seen(tuple(seen), name, tuple(bad), more)


async def _first(folder: Folder, names: Sequence[str]) -> bytes:
    """The first of these files. A link to nothing is given up only once a newer file shows that no mount is away."""
    try:
        return await folder.read(OUTBOX, names[0])
    except Malformed as problem:
        if problem.code == Code.NOT_FOUND and not await _any(folder, names[1:]):
            raise Transient(f"{problem.text}, and no newer file can be read", Code.UNAVAILABLE) from None
        raise


async def _any(folder: Folder, names: Sequence[str]) -> bool:
    for name in names:
        try:
            await folder.read(OUTBOX, name)
        except Malformed:
            continue
        return True
    return False


def _at(row: Row) -> datetime:
    """When it happened. Raises ValueError where any of its times is still to come."""
    latest = datetime.now(UTC) + AHEAD
    times = [
        datetime.fromisoformat(row[name]) for name in ("as_of", "contains_until", "booked_at", "at") if row.get(name)
    ]
    if any(one.astimezone(UTC) > latest for one in times):
        raise ValueError("its time is still to come")
    return times[0]


def _why(problem: ValueError | OverflowError) -> str:
    """Without the value: it stands in the file."""
    text = str(problem)
    return "a number or a time that is none" if "isoformat" in text or isinstance(problem, OverflowError) else text
