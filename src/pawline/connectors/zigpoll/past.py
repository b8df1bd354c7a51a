"""History in bulk: all answers since a day, written down page by page, and told answer by answer."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from pawline.connectors.zigpoll.happened import Questions, read, sighting
from pawline.connectors.zigpoll.health import account_of
from pawline.connectors.zigpoll.looking import name_of, page_of
from pawline.connectors.zigpoll.settings import Settings
from pawline.kit import Guard, Http, Past, Quarantined, Recalled
from pawline.ports import Malformed, Rejected

PRIVATE: Final = 0o600
LONGEST: Final = 1 << 22
"""Bytes of a line."""
FRESH: Final = 86_400.0
"""Seconds since somebody was stopped, for which it is gone on with: Zigpoll says nothing of how long cursors live."""


class Place(msgspec.Struct, frozen=True):
    """How far it is: behind Zigpoll's cursor, so many bytes of the file are whole; it began at that moment."""

    began: float
    after: str | None = None
    size: int = 0
    count: int = 0


async def fetch(
    http: Http, settings: Settings, _: Guard, since: datetime, to: Path, say: Callable[[str], None]
) -> None:  # fmt: skip
    """Each answer is a line. Stopped, it goes on behind the last whole page; what was answered since is the look's."""
    part, mark = to.with_name(f"{to.name}.some"), to.with_name(f"{to.name}.place")
    at = await asyncio.to_thread(_place, part, mark)
    whose = {"accountId": await account_of(http, settings)}
    while True:
        try:
            page = await page_of(http, whose, since, at.after)
        except Rejected:
            if at.after is None:
                raise
            at = _begun()  # its place is not known any more
            continue
        at = await asyncio.to_thread(_written, part, mark, at, page.data, page.goes_on(at.after))
        say(f"{at.count} answers are here")
        if at.after is None:
            break
    await asyncio.to_thread(_ready, part, mark, to, at)


def _place(part: Path, mark: Path) -> Place:
    """Where it is; a mark without its file is none."""
    if part.exists() and mark.exists() and time.time() - mark.stat().st_mtime < FRESH:
        return msgspec.json.decode(mark.read_bytes(), type=Place)
    return _begun()


def _begun() -> Place:
    return Place(began=datetime.now(UTC).timestamp())


def _written(part: Path, mark: Path, at: Place, rows: tuple[msgspec.Raw, ...], after: str | None) -> Place:
    with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, PRIVATE), "r+b") as out:
        out.truncate(at.size)
        out.seek(at.size)
        for row in rows:
            out.write(bytes(msgspec.json.format(row, indent=-1)) + b"\n")
        out.flush()
        os.fsync(out.fileno())
        place = Place(at.began, after, out.tell(), at.count + len(rows))
    new = mark.with_name(f"{mark.name}.new")
    new.write_bytes(msgspec.json.encode(place))
    new.replace(mark)
    return place


def _ready(part: Path, mark: Path, to: Path, at: Place) -> None:
    os.utime(part, (at.began, at.began))
    part.replace(to)
    mark.unlink(missing_ok=True)


async def history(http: Http, settings: Settings, file: Path, offset: int) -> AsyncIterator[Recalled]:
    """Each answer of the file. One that cannot be read is set aside."""
    questions, now = Questions(http), datetime.now(UTC)
    with file.open("rb") as data:
        data.seek(offset)
        while line := data.readline(LONGEST):
            if not line.endswith(b"\n"):
                raise Malformed("the file ends in the middle of an answer: was it cut off?")
            raw = msgspec.Raw(line[:-1])
            try:
                told = read(raw, settings)
            except (ValueError, RecursionError) as problem:  # msgspec's own errors too
                yield Recalled(data.tell(), (), Quarantined(f"answer {name_of(raw)}", str(problem)[:200]))
                continue
            seen = () if told is None else (sighting(told, settings, await questions.asked(told), now),)
            yield Recalled(data.tell(), seen)


PAST: Final[Past[Settings]] = Past(fetch, history)
