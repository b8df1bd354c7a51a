"""Twilio's webhooks: who is believed, what became of a text, and who wants no more.

https://www.twilio.com/docs/messaging/guides/webhook-request , …/track-outbound-message-status , and for signatures
https://www.twilio.com/docs/usage/security . It is answered 204: an empty answer is no text back, and no other type than
TwiML's (error 12300).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import parse_qs, parse_qsl

import msgspec

from pawline.connectors.twilio.client import TwilioHttp
from pawline.connectors.twilio.happened import BOUNCED, bounced, withdrawn, word_of
from pawline.connectors.twilio.settings import Settings
from pawline.connectors.twilio.told import NUMBER, Sid, ToldMessage
from pawline.kit import QUERY, WHENEVER, Delivery, Headers, Hmac, Hook, Sighting, of_twilio
from pawline.model import HouseholdId
from pawline.model.ids import household_by_phone
from pawline.ports import Malformed

if TYPE_CHECKING:
    from pawline.model import Event

WAYS: Final = frozenset({
    "accepted", "scheduled", "queued", "sending", "sent", "delivered", "read", "canceled", "partially_delivered",
})  # fmt: skip
"""Stations of a text that are no news. They come in any order: `sent` after `delivered`, too."""
FIELDS: Final = 200
VERSION: Final = "2010-04-01"
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}")
What = Literal["undelivered", "failed", "status", "stop", "start", "help"]


class Told(msgspec.Struct, frozen=True):
    """What is kept of a delivery: never what a text says, and of a number its mark."""

    what: What
    sid: Sid
    error: int | None = None
    household: str | None = None
    address: str | None = None
    safety: bool = False


def read(headers: Headers, body: bytes) -> Delivery:
    """It has no time. A word that Twilio's Advanced Opt-Out knows stands beside it (`OptOutType`)."""
    said = _form(body)
    if said["ApiVersion"] != VERSION or not said["AccountSid"].startswith("AC"):
        raise ValueError("this is no webhook of Twilio's messages")
    sid = msgspec.convert(said["MessageSid"], Sid)
    if "MessageStatus" not in said:
        if said["SmsStatus"] != "received":
            raise ValueError("this is neither a status nor a text that came in")
        word = said.get("OptOutType", "").lower() or word_of(said["Body"])
        return Delivery(word, f"{sid}/{word}", WHENEVER, msgspec.json.encode({"what": word, "sid": sid}))
    status = said["MessageStatus"]
    what = status if status in BOUNCED else "status" if status in WAYS else f"status.{status}"
    code, to = said.get("ErrorCode", ""), said.get("To", "")
    asked = _asked(headers)
    told = {
        "what": what, "sid": sid, "safety": asked.get("safety") == "1",
        "error": int(code) if code.isascii() and code.isdecimal() else None,
        "household": asked.get("household"),
        "address": household_by_phone(to) if NUMBER.fullmatch(to) else None,
    }  # fmt: skip
    return Delivery(what, f"{sid}/{status}", WHENEVER, msgspec.json.encode(told))


def _form(body: bytes) -> dict[str, str]:
    """Each field once. Raises ValueError for what is no form of Twilio's."""
    pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=FIELDS)
    if not all(_NAME.fullmatch(name) for name, _ in pairs) or len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("this is no form of Twilio's")
    return dict(pairs)


def _asked(headers: Headers) -> dict[str, str]:
    """What we wrote into the address ourselves, where each stands once."""
    query = "".join(value for name, value in headers if name == QUERY)
    return {name: values[0] for name, values in parse_qs(query, max_num_fields=FIELDS).items() if len(values) == 1}


def _heard(payload: bytes) -> Told:
    return msgspec.json.decode(payload, type=Told)


def arrived_not(payload: bytes) -> tuple[Event, ...]:
    """A text that did not arrive, of whom its address says; nothing of one that names nobody: no flow sent it."""
    told = _heard(payload)
    if told.what not in BOUNCED:
        raise ValueError("this is about no text that did not arrive")
    if not told.household:
        return ()
    return (bounced(told.sid, HouseholdId(told.household), told.address, told.error, safety=told.safety),)


def nothing(payload: bytes) -> tuple[Event, ...]:
    """No news by itself. START only ends Twilio's own block, and is no consent to anything: see docs/why/0043."""
    _heard(payload)
    return ()


def rings(delivery: Delivery) -> str | None:
    """A STOP: Twilio is asked when it was said, so that webhook and look tell one fact."""
    return _heard(delivery.payload).sid if delivery.type == "stop" else None


async def about(http: TwilioHttp, _: Settings, sid: str) -> tuple[Sighting, ...]:
    """The noes."""
    told = await http.get(*http.of("Messages", f"{sid}.json"), into=ToldMessage)
    try:
        return withdrawn(told)
    except ValueError:
        raise Malformed("a text that came in says no time") from None


HOOK: Final[Hook[Settings]] = Hook(
    signature=Hmac(of_twilio, digest="sha1"),
    secrets=lambda settings: settings.webhook_secrets,
    read=read,
    hears={
        "undelivered": arrived_not, "failed": arrived_not, "status": nothing, "stop": nothing, "start": nothing,
        "help": nothing,
    },
    rings=rings,
    about=about,
    query=True,
    taken=204,
)  # fmt: skip
"""Any other text that somebody sends is kept, unclaimed."""
