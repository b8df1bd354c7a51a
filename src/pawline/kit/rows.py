"""What a vendor lists, row by row: its times, its names, and a long list of the past that is fetched into a file."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from pawline.kit.past import Recalled
from pawline.kit.watch import Quarantined, Sighting
from pawline.ports import Code, Malformed, Rejected, Transient

T = TypeVar("T")
ANEW: Final = 3
"""So often a list is begun anew whose place is not known: what is refused again is refused for another reason."""
PATIENCE: Final = 10
"""So often a page is asked for again that was too much for the vendor."""
WAIT: Final = 60.0
"""Seconds of one wait for that."""
PRIVATE: Final = 0o600
LONGEST: Final = 1 << 22
"""Bytes of a line."""
FRESH: Final = 86_400.0
"""Seconds since somebody was stopped, for which it is gone on with: vendors say little of how long cursors live."""


class Rows(NamedTuple):
    """A page of them, each as it came, and the cursor of the next one; None after the last."""

    rows: Iterable[msgspec.Raw]
    after: str | None


class _Place(msgspec.Struct, frozen=True):
    """How far it is: behind that cursor, so many bytes of the file are whole; it began at that moment."""

    began: float
    after: str | None = None
    size: int = 0
    count: int = 0


def aware(told: datetime) -> datetime:
    """A time without a zone is UTC. Raises ValueError at the ends of time."""
    made = told.replace(tzinfo=UTC) if told.tzinfo is None else told
    try:
        return made.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time at the end of time") from None


def name_of(raw: msgspec.Raw, key: str) -> str:
    """What stands under this key, or a digest where there is nothing to name it by: for a row that cannot be read."""
    try:
        named = msgspec.json.decode(raw, type=dict[str, Any]).get(key)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        named = None
    return named[:64] if isinstance(named, str) else hashlib.sha256(raw).hexdigest()[:16]


async def patient(ask: Callable[[], Awaitable[T]]) -> T:
    """What comes of it, asked again for as long as the vendor says that there was too much: ten times.

    For a history, which nobody waits for. Raises Transient after that, and PortError for whatever else.
    """
    for _ in range(PATIENCE):
        try:
            return await ask()
        except Transient as busy:
            if busy.code is not Code.RATE_LIMITED:
                raise
            wait = 1.0 if busy.retry_after is None else busy.retry_after.total_seconds()
            await asyncio.sleep(min(wait, WAIT))
    return await ask()


async def fetched(
    to: Path, page: Callable[[str | None], Awaitable[Rows]], say: Callable[[str], None], of: str = "answers"
) -> None:  # fmt: skip
    """The whole list into that file, each row a line. Stopped and done again, it goes on behind the last whole page.

    The file's own time is when it began. A cursor that is Rejected is not known any more: it begins anew, three times.
    """
    part, mark = to.with_name(f"{to.name}.some"), to.with_name(f"{to.name}.place")
    at, anew = await asyncio.to_thread(_place, part, mark), ANEW
    while True:
        try:
            rows, after = await page(at.after)
        except Rejected:
            if at.after is None or not anew:
                raise
            at, anew = _begun(), anew - 1
            continue
        at = await asyncio.to_thread(_written, part, mark, at, tuple(rows), after)
        say(f"{at.count} {of} are here")
        if at.after is None:
            break
    await asyncio.to_thread(_ready, part, mark, to, at)


def rows_of(file: Path, offset: int) -> Iterator[tuple[int, msgspec.Raw]]:
    """Each row of the file from there on, and where the next one begins. Raises Malformed where it was cut off."""
    with file.open("rb") as data:
        data.seek(offset)
        while line := data.readline(LONGEST):
            if not line.endswith(b"\n"):
                raise Malformed("the file ends in the middle of an answer: was it cut off?")
            yield data.tell(), msgspec.Raw(line[:-1])


async def recalled(
    file: Path, offset: int, key: str, tell: Callable[[msgspec.Raw], Awaitable[tuple[Sighting, ...]]]
) -> AsyncIterator[Recalled]:
    """Each row of the file, as `tell` has it. One that it raises ValueError for is set aside, by its `key`."""
    for end, raw in rows_of(file, offset):
        try:
            seen = await tell(raw)
        except (ValueError, RecursionError) as problem:  # msgspec's own errors too
            yield Recalled(end, (), Quarantined(f"answer {name_of(raw, key)}", str(problem)[:200]))
            continue
        yield Recalled(end, seen)


def _place(part: Path, mark: Path) -> _Place:
    """Where it is; a mark without its file is none."""
    if part.exists() and mark.exists() and time.time() - mark.stat().st_mtime < FRESH:
        return msgspec.json.decode(mark.read_bytes(), type=_Place)
    return _begun()


def _begun() -> _Place:
    return _Place(began=datetime.now(UTC).timestamp())


def _written(part: Path, mark: Path, at: _Place, rows: tuple[msgspec.Raw, ...], after: str | None) -> _Place:
    with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, PRIVATE), "r+b") as out:
        out.truncate(at.size)
        out.seek(at.size)
        for row in rows:
            out.write(bytes(msgspec.json.format(row, indent=-1)) + b"\n")
        out.flush()
        os.fsync(out.fileno())
        place = _Place(at.began, after, out.tell(), at.count + len(rows))
    new = mark.with_name(f"{mark.name}.new")
    new.write_bytes(msgspec.json.encode(place))
    new.replace(mark)
    return place


def _ready(part: Path, mark: Path, to: Path, at: _Place) -> None:
    os.utime(part, (at.began, at.began))
    part.replace(to)
    mark.unlink(missing_ok=True)
