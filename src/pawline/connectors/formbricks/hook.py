"""Formbricks' webhooks: whatever they say, the response is asked for as it is by now.

Signed ones (Standard Webhooks) name the response. To an address that ends with a secret, for versions that sign
nothing, anybody may have written: such a one names nothing, and the latest responses are asked for, once for all that
came meanwhile. https://formbricks.com/docs/xm-and-surveys/core-features/integrations/webhooks
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.connectors.formbricks.happened import Known, checked, read
from pawline.connectors.formbricks.listing import MANY
from pawline.connectors.formbricks.looking import seen
from pawline.connectors.formbricks.settings import ID, Settings
from pawline.connectors.formbricks.told import Data, ToldResponse, iso
from pawline.kit import PATH, WHENEVER, Delivery, Headers, Hook, Http, Sighting, SignedOrSecretPath, aware, only
from pawline.ports import Code, Malformed, Rejected

if TYPE_CHECKING:
    from pawline.model import Event

FINISHED: Final = "responseFinished"
OTHERS: Final = ("responseCreated", "responseUpdated")
"""Somebody is at it still: nothing is told of that."""
ANSWERS: Final = "answers"
HINT: Final = b'{"event": "responseFinished", "data": {"id": "answers", "updatedAt": "1970-01-01T00:00:00Z"}}'
"""What is made of whatever nobody signed: somebody answered something."""
RECENT: Final = timedelta(minutes=30)
"""How far back a ring without a name asks. What took longer is found by the next look."""
SETTLES: Final = 2.0
"""Seconds before such a ring is asked about: rings that come meanwhile are one."""
SURVEYS: Final = 5
"""Whose questions such a ring asks for at most, for nothing limits its calls: answers to others are the look's."""
AT_ONCE: Final = 20
"""Responses that one delivery may name; of more, the latest are asked for."""


class _Response(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    updated_at: datetime


class _Told(msgspec.Struct, frozen=True):
    event: str
    data: _Response


def _all(body: bytes) -> tuple[_Told, ...]:
    """Formbricks sends one (`process-response-pipeline-job.ts`), and others have seen it in a list: both are read.

    Raises ValueError for what is none.
    """
    told = msgspec.json.decode(body, type=_Told | tuple[_Told, ...])
    every = told if isinstance(told, tuple) else (told,)
    if not every or not all(ID.fullmatch(one.data.id) for one in every):
        raise ValueError("it names no response")
    return every


def read_delivery(headers: Headers, body: bytes) -> Delivery:
    """One that is repeated has the id of the first. What came to an address with a secret is not read."""
    if any(name == PATH for name, _ in headers):
        return Delivery(FINISHED, hashlib.sha256(body).hexdigest(), WHENEVER, HINT)
    first = _all(body)[0]
    return Delivery(first.event, only(headers, "webhook-id"), aware(first.data.updated_at), body)


def heard(payload: bytes) -> tuple[Event, ...]:
    """Nothing by itself. Raises ValueError for what cannot be asked about: it is kept then."""
    if strange := {one.event for one in _all(payload)} - {FINISHED, *OTHERS}:
        raise ValueError(f"nobody hears {min(strange)[:40]}")
    return ()


def rings(delivery: Delivery) -> str | None:
    """The responses that are finished, or whatever was answered lately."""
    names = dict.fromkeys(one.data.id for one in _all(delivery.payload) if one.event == FINISHED)
    return ANSWERS if len(names) > AT_ONCE else " ".join(names) or None


async def about(http: Http, settings: Settings, thing: str) -> tuple[Sighting, ...]:
    """Their answers, as they are by now. What cannot be read is told by the look."""
    known, now, found = Known(http, settings), datetime.now(UTC), list[Sighting]()
    told = await _latest(http, now) if thing == ANSWERS else await _named(http, thing.split())
    for one in told:
        try:
            found += await seen(known, settings, one, now)
        except Malformed:
            continue
    return tuple(found)


async def _named(http: Http, names: list[str]) -> list[ToldResponse]:
    found = list[ToldResponse]()
    for name in names:
        try:
            told = (await http.get("v2", "management", "responses", name, into=Data[ToldResponse])).data
            if told.id == name:
                found.append(checked(told))
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:  # it is gone, and keeps nothing else back
                raise
        except (Malformed, ValueError):
            continue
    return found


async def _latest(http: Http, now: datetime) -> list[ToldResponse]:
    """What changed lately, a page of it and of few surveys, the oldest change first."""
    await asyncio.sleep(SETTLES)
    query = {
        "filterDateField": "updatedAt", "sortBy": "updatedAt", "order": "desc", "limit": str(MANY),
        "startDate": iso(now - RECENT),
    }  # fmt: skip
    rows = (await http.get("v2", "management", "responses", query=query, into=Data[tuple[msgspec.Raw, ...]])).data
    lately = [told for raw in rows if (told := _read(raw)) is not None and told.updated_at >= now - RECENT]
    surveys = list(dict.fromkeys(told.survey_id for told in lately))[:SURVEYS]
    return [told for told in reversed(lately) if told.survey_id in surveys]


def _read(raw: msgspec.Raw) -> ToldResponse | None:
    try:
        return read(raw)
    except (ValueError, RecursionError):  # msgspec's own errors too
        return None


HOOK: Final[Hook[Settings]] = Hook(
    signature=SignedOrSecretPath(),
    secrets=lambda settings: (*settings.webhook_secrets, *settings.path_secrets),
    read=read_delivery,
    hears=dict.fromkeys((FINISHED, *OTHERS), heard),
    optional=True,
    rings=rings,
    about=about,
)
