"""History of an account in bulk: fetched into a file beside the one that is asked for, and told in it, line by line."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from pawline.hub.connecting import guard_of
from pawline.hub.one_account import opened
from pawline.hub.settings import HubRefused
from pawline.model import Envelope
from pawline.model.cloudevents import to_cloudevent
from pawline.model.cloudevents_wire import to_structured
from pawline.ports import PortError

if TYPE_CHECKING:
    from pawline.hub.settings import Settings
    from pawline.kit import Recalled

MARKED: Final = 100
"""Things of the past between two marks of how far it is."""
OLDEST: Final = 86_400.0
"""Seconds since somebody was stopped, for which what was fetched is gone on with."""
PRIVATE: Final = 0o600


class Mark(msgspec.Struct):
    """How far it was: what was read of the fetched file, what was written, and what was not told, and why."""

    read: int = 0
    written: int = 0
    told: int = 0
    linked: int = 0
    bad: list[tuple[str, str]] = []
    left: dict[str, int] = {}


class Brought(msgspec.Struct):
    """What became of it. `at` is as of when it is: what happened since is the hub's to hear.

    `bad` cannot be read; `left` is not told for a reason of the connector's, and how often.
    """

    file: str
    at: datetime
    events: int
    links: int
    bad: list[tuple[str, str]]
    left: dict[str, int]


async def bring(
    settings: Settings, account: str, shop: str, file: Path, since: datetime, say: Callable[[str], None]
) -> Brought:
    """All that the account tells of the past, as lines for `pawline import`. Stopped, the same again goes on.

    But what was left for more than a day is fetched anew.

    Raises HubRefused where it cannot be had, or the file is there.
    """
    past, http, read = opened(
        settings, account, shop, lambda card: card.past,
        "its connector has no history in bulk: export it there, and import the file",
    )  # fmt: skip
    begun = _begun(file, account, since)
    try:
        if not await asyncio.to_thread(_fresh, begun, say):
            await past.fetch(http, read, guard_of(settings), since, begun.raw, say)
        mark = await _written(partial(past.read, http, read, begun.raw), (account, shop), begun, say)
    except PortError as problem:
        raise HubRefused(f"{account}: {problem.text}: the same again goes on where it was") from problem
    finally:
        await http.close()
    at = datetime.fromtimestamp(begun.raw.stat().st_mtime, UTC)
    begun.part.replace(file)
    for one in (begun.raw, begun.mark):
        one.unlink(missing_ok=True)
    return Brought(str(file), at, mark.told, mark.linked, mark.bad, mark.left)


class Begun(NamedTuple):
    """Where it is, until it is whole: what was fetched, what is told of it, and how far that is."""

    raw: Path
    part: Path
    mark: Path


def _begun(file: Path, account: str, since: datetime) -> Begun:
    """Of this account and day: what was begun for others is not gone on with."""
    if file.exists():
        raise HubRefused(f"{file} is there: `pawline import {file}` takes it, or name another")
    name = f"{file.name}.{account.replace('/', '-')}.{since:%Y%m%d}"
    return Begun(*(file.with_name(f"{name}.{what}") for what in ("fetched", "part", "mark")))


def _fresh(begun: Begun, say: Callable[[str], None]) -> bool:
    """Whether what was fetched can be gone on with. What was left for too long goes, and what was told of it."""
    times = [one.stat().st_mtime for one in (begun.raw, begun.mark) if one.exists()]
    if begun.raw.exists() and time.time() - max(times) < OLDEST:
        return True
    if begun.raw.exists():
        say("what was begun was left for more than a day: it is fetched anew")
    for one in begun:
        one.unlink(missing_ok=True)
    return False


async def _written(
    read: Callable[[int], Any], whose: tuple[str, str], begun: Begun, say: Callable[[str], None]
) -> Mark:  # fmt: skip
    """The lines, each thing's together. What was written behind the last mark is written anew."""
    marked = begun.mark
    mark = msgspec.json.decode(marked.read_bytes(), type=Mark) if marked.exists() else Mark()
    with os.fdopen(os.open(begun.part, os.O_RDWR | os.O_CREAT, PRIVATE), "r+b") as out:
        out.truncate(mark.written)
        out.seek(mark.written)
        count = 0
        async for one in read(mark.read):
            count += 1
            for line in (*_links(one, whose[0]), *_lines(one, whose)):
                out.write(line)
            _count(mark, one)
            if count % MARKED == 0:
                _keep(out, mark, marked)
                say(f"{mark.told} events are told")
        _keep(out, mark, marked)
    return mark


def _count(mark: Mark, one: Recalled) -> None:
    mark.told += len(one.sightings)
    mark.linked += len(one.links)
    if one.bad is not None:
        mark.bad.append((one.bad.where, one.bad.why))
    for why in one.left:
        mark.left[why] = mark.left.get(why, 0) + 1
    mark.read = one.offset


def _links(one: Recalled, account: str) -> list[bytes]:
    """As `hub.history` reads them."""
    return [msgspec.json.encode({"link": {"account": account, **each._asdict()}}) + b"\n" for each in one.links]


def _lines(one: Recalled, whose: tuple[str, str]) -> list[bytes]:
    account, shop = whose
    return [
        to_structured(
            to_cloudevent(
                Envelope(shop=shop, source=f"accounts/{account}", id=each.id, at=each.at,
                         event=each.event.told_by(account))
            )
        ) + b"\n"
        for each in one.sightings
    ]  # fmt: skip


def _keep(out: Any, mark: Mark, marked: Path) -> None:
    out.flush()
    os.fsync(out.fileno())
    mark.written = out.tell()
    new = marked.with_name(f"{marked.name}.new")
    new.write_bytes(msgspec.json.encode(mark))
    new.replace(marked)
