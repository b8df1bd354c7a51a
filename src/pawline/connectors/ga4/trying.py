"""What Google's validation server says of our events, and what it cannot say of an account.

https://developers.google.com/analytics/devguides/collection/protocol/ga4/validating-events
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from pawline.connectors.ga4.client import Client
from pawline.connectors.ga4.settings import Settings
from pawline.connectors.ga4.telling import MOST, event, request
from pawline.model import HouseholdId
from pawline.ports import Code, Malformed, Occurrence, OrderOccurrence

TRIED: Final = "Pawline Tried"
UNSEEN: Final = (
    "Google answers 2xx to a wrong `api_secret` or `measurement_id`, and its validation server looks at neither:"
    " whether events arrive only Realtime and DebugView of the property show"
)
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.\[\]]{1,80}")


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """What is wrong with a body; its `description` repeats what was sent, and goes into no text."""

    validation_code: str = ""
    field_path: str = ""


class Checked(msgspec.Struct, frozen=True, rename="camel"):
    """The validation server's answer."""

    validation_messages: tuple[Message, ...]


async def probe(http: Client, settings: Settings, _: frozenset[str]) -> None:
    """One of each event that the account is told is looked at, and counted nowhere.

    Raises Malformed, naming fields and codes, where Google would not take one as it is meant.
    """
    now = datetime.now(UTC)
    told = tuple(_example(one, now) for one in settings.events) or (_example(TRIED, now),)
    await check(http, request(told[:MOST], settings, now))


async def check(http: Client, body: dict[str, Any]) -> None:
    """As `probe`, of this body."""
    strict = body | {"validation_behavior": "ENFORCE_RECOMMENDATIONS"}
    found = await http.checking.post("debug", "mp", "collect", json=strict, into=Checked)
    if wrong := ", ".join(map(_said, found.validation_messages[:5])):
        raise Malformed(f"Google does not take it: {wrong}", Code.BAD_REQUEST)


def states(_: Settings) -> tuple[str, ...]:
    """What it cannot be asked, whatever its settings."""
    return (UNSEEN,)


async def tries(http: Client, settings: Settings) -> str:
    """The same, and one event that nothing is behind: a person looks for it."""
    await probe(http, settings, frozenset())
    now = datetime.now(UTC)
    one = _example(TRIED, now)
    body = request((one,), settings, now)
    body["events"] = [event(one, settings, now)]
    body["events"][0]["params"]["debug_mode"] = 1
    await http.send("POST", "mp", "collect", json=body, into=object)
    return "Google finds nothing wrong with our events; look for pawline_tried in DebugView."


def _example(what: OrderOccurrence | str, at: datetime) -> Occurrence:
    values: dict[str, str | int | bool] = {}
    if isinstance(what, OrderOccurrence):
        values = {"order": "1001", "number": "1001", "total": 1_000, "currency": "EUR", "channel": "web"}
    return Occurrence(name=str(what), key="tried", at=at, household=HouseholdId("tried"), values=values)


def _said(one: Message) -> str:
    said = [part for part in (one.field_path, one.validation_code) if _PLAIN.fullmatch(part)]
    return " ".join(said) or "something that it does not name"
