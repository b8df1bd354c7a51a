"""History: payouts, refunds that banks refused, and disputes that still wait, of before the account was connected.

What was paid for own orders is ours to know, so it is not asked for. How a dispute ended long ago is not told: Stripe
does not say when.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from pawline.connectors.stripe.client import Api
from pawline.connectors.stripe.happened import APPEAL, ever
from pawline.connectors.stripe.settings import Settings
from pawline.connectors.stripe.told import moment
from pawline.kit import Guard, Http, Past, Quarantined, Recalled
from pawline.model import DisputeClosed
from pawline.ports import Code, Malformed, Rejected

PRIVATE: Final = 0o600


class Thing(msgspec.Struct, frozen=True):
    """One of a list, as far as it says when; a payout's time is the day on which it arrived."""

    id: str
    created: int
    arrival_date: int | None = None
    status: str | None = None


class Wanted(NamedTuple):
    """What of a list is told."""

    path: str
    statuses: frozenset[str]


WANTED: Final = (
    Wanted("payouts", frozenset({"paid", "failed"})),
    Wanted("refunds", frozenset({"failed", "canceled"})),
    Wanted("disputes", frozenset({"needs_response", "warning_needs_response", APPEAL})),
)


async def fetch(
    http: Http, _: Settings, __: Guard, since: datetime, file: Path, say: Callable[[str], None]
) -> None:  # fmt: skip
    """A line for each, oldest first, by list. It is there as a whole, or not at all."""
    api, lines = Api(http), list[bytes]()
    for path, statuses in WANTED:
        query = {"created": {"gte": int(since.timestamp())}}
        found = await api.all(path, query=query, into=Thing, name=lambda one: one.id)
        kept = [one for one in found[::-1] if one.status in statuses]
        lines += [msgspec.json.encode(one) + b"\n" for one in kept]
        say(f"{len(kept)} of {path}")
    part = file.with_name(f"{file.name}.new")
    await asyncio.to_thread(_write, part, b"".join(lines))
    part.replace(file)


def _write(place: Path, text: bytes) -> None:
    place.unlink(missing_ok=True)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as out:
        out.write(text)


async def read(http: Http, settings: Settings, file: Path, offset: int) -> AsyncIterator[Recalled]:
    """Each is asked for as it is by now."""
    api = Api(http)
    with file.open("rb") as lines:
        lines.seek(offset)
        while line := lines.readline():
            one = msgspec.json.decode(line, type=Thing)
            yield await _recalled(api, settings, one, lines.tell())


async def _recalled(api: Api, settings: Settings, one: Thing, offset: int) -> Recalled:
    try:
        at = moment(one.created if one.arrival_date is None else max(one.created, one.arrival_date))
        found = await ever(api, settings, one.id, at)
    except (ValueError, Malformed) as problem:
        return Recalled(offset, bad=Quarantined(one.id, str(problem)[:200]))
    except Rejected as no:
        if no.code is not Code.NOT_FOUND:
            raise
        return Recalled(offset)
    return Recalled(offset, tuple(each for each in found if not isinstance(each.event, DisputeClosed)))


PAST: Final[Past[Settings]] = Past(fetch, read)
