"""What became of a text, and what a word that somebody sent means: the same by a webhook and by a look.

Codes of a text that did not arrive: https://www.twilio.com/docs/api/errors/CODE of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from pawline.connectors.twilio.told import NUMBER, ToldMessage, moment
from pawline.kit import Sighting
from pawline.model import (
    Consent,
    ConsentChanged,
    Contact,
    HouseholdId,
    Medium,
    MessageBounced,
    MessageId,
    Purpose,
)  # fmt: skip
from pawline.model.ids import household_by_phone

LASTING: Final = {
    21211: "no number", 21265: "a short code", 21614: "no mobile number", 21635: "a landline",
    30005: "a number that is unknown or out of service",
    30006: "a landline, or a carrier that cannot be reached",
}  # fmt: skip
"""No other text will arrive."""
PASSING: Final = {
    21610: "they answered STOP to this sender", 30001: "the queue was full", 30002: "the account was suspended",
    30003: "the phone was off, or out of reach", 30004: "the phone or its carrier blocks the sender",
    30007: "the carrier filtered it", 30008: "the carrier does not say why", 30034: "the sender is not registered",
    30036: "it waited too long",
}  # fmt: skip
"""The next one may; 30003 is a phone that is off, says Twilio, and by no means always a number that is gone."""
BOUNCED: Final = frozenset({"undelivered", "failed"})
STOP: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START: Final = frozenset({"START", "YES", "UNSTOP"})
HELP: Final = frozenset({"HELP", "INFO"})
"""Twilio's words, each as the whole of a text: "Twilio support for opt-out keywords", help.twilio.com ; the last two of
STOP's since 2025, https://www.twilio.com/en-us/blog/update-to-fcc-s-sms-opt-out-keywords ."""
TAKEN_BACK: Final = (Purpose.MARKETING, Purpose.REMINDERS, Purpose.SURVEYS)
"""What STOP is a no to: everything that is written to people by consent."""


def word_of(body: str) -> str:
    """`stop`, `start` or `help`, where that is all that they wrote; else `text`."""
    said = body.strip().upper()
    for name, words in (("stop", STOP), ("start", START), ("help", HELP)):
        if said in words:
            return name
    return "text"


def bounced(
    sid: str, household: HouseholdId, address: str | None, code: int | None, *, safety: bool = False
) -> MessageBounced:
    """A text that did not arrive. `address` is the mark of its number, by which nothing more is sent there."""
    why = LASTING.get(code or 0) or PASSING.get(code or 0)
    why = why or ("see the page of its number at Twilio" if code else "Twilio does not say why")
    return MessageBounced(
        message=MessageId(sid), household=household, medium=Medium.SMS, lasting=code in LASTING,
        because=f"{why} (Twilio {code})" if code else why, address=address, safety=safety,
    )  # fmt: skip


def withdrawn(told: ToldMessage) -> tuple[Sighting, ...]:
    """The noes that a STOP is. Nothing where its sender is no number: nobody would know whose it is.

    Twilio knows a number and no household; the number goes along, and tools that know it find whose it is. Raises
    ValueError where it says no time.
    """
    number = told.sender or ""
    if told.direction != "inbound" or not NUMBER.fullmatch(number):
        return ()
    return tuple(_noes(told.sid, number, moment(told.date_created)))


def _noes(sid: str, number: str, at: datetime) -> Iterator[Sighting]:
    for purpose in TAKEN_BACK:
        no = Consent(
            household=household_by_phone(number), purpose=purpose, granted=False, at=at, source="twilio",
            medium=Medium.SMS, contact=Contact(phone=number),
        )  # fmt: skip
        yield Sighting(f"{sid}/{purpose.value}", at, ConsentChanged(consent=no))
