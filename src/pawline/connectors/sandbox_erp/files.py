"""What the ERP exports, as our events: whole files only, and a row that cannot be read keeps no other from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime
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

if TYPE_CHECKING:
    from pawline.connectors.sandbox_erp import Settings

INBOX, DONE, OUTBOX = "inbox", "done", "outbox"
END: Final = "#end"
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
    """The rows. Raises Unfinished, and ValueError for a file that is not what it is called."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ValueError(f"it is not UTF-8 (byte {problem.start})") from None
    lines = text.splitlines()
    if not lines or lines[-1].strip() != END:
        raise Unfinished(f"its last line is not {END}")
    reader = csv.reader(io.StringIO("\n".join(lines[:-1])))
    first = next(reader, [])
    if first != list(header):
        raise ValueError(f"its columns are {', '.join(first)[:200]}, and not {', '.join(header)}")
    found = Rows([], [])
    for cells in reader:
        if len(cells) == len(header):
            found.rows.append((reader.line_num, dict(zip(header, cells, strict=True))))
        else:
            found.bad.append((reader.line_num, f"{len(cells)} columns"))
    return found


def level(row: Row) -> Event:
    """A count of a SKU. Raises ValueError."""
    as_of = datetime.fromisoformat(row["as_of"])
    contains = datetime.fromisoformat(row["contains_until"]) if row["contains_until"] else None
    return StockCounted(level=StockLevel(
        sku=SkuId(_word(row, "sku")), location=LocationId(_word(row, "location")), on_hand=int(row["on_hand"]),
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


def _word(row: Row, name: str) -> str:
    if not row[name].strip():
        raise ValueError(f"{name} is empty")
    return row[name].strip()


async def newest(folder: Folder, names: Sequence[str]) -> bytes:
    """The newest whole file; the newest of all where none is whole."""
    for name in reversed(names):
        data = await folder.read(OUTBOX, name)
        if data.rstrip().endswith(END.encode()):
            return data
    return await folder.read(OUTBOX, names[-1])


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
        rows = rows_of(await folder.read(OUTBOX, name), header)
    except Unfinished as problem:
        return Seen((), name, (Quarantined(name, str(problem)),), more) if more else Seen((), cursor)
    except ValueError as problem:
        return Seen((), name, (Quarantined(name, str(problem)),), more)
    seen: list[Sighting] = []
    bad = [Quarantined(f"{name} line {line}", why) for line, why in rows.bad]
    for line, row in rows.rows:
        try:
            made = event(row)
        except ValueError as problem:
            bad.append(Quarantined(f"{name} line {line}", _why(problem)))
        else:
            seen.append(Sighting(f"{name}/{line}", _at(row), made))
    return Seen(tuple(seen), name, tuple(bad), more)


def _at(row: Row) -> datetime:
    return datetime.fromisoformat(row.get("as_of") or row.get("booked_at") or row["at"])


def _why(problem: ValueError) -> str:
    """Without the value: it stands in the file."""
    text = str(problem)
    return "a number or a time that is none" if "invalid literal" in text or "isoformat" in text else text
