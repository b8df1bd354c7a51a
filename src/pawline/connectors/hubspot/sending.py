"""E-mails that HubSpot keeps and sends to one person, and custom events: each once, by an id of ours."""

from __future__ import annotations

import uuid
from typing import Any, Final

import msgspec

from pawline.connectors.hubspot.api import Client, accept, told
from pawline.connectors.hubspot.contacts import Contact
from pawline.connectors.hubspot.settings import MARKETING_VERSION, VERSION
from pawline.model import NEED_NO_CONSENT, Message, MessageId
from pawline.ports import Code, Occurrence, Rejected, Transient

TRANSACTIONAL: Final = ("marketing", "transactional", VERSION, "single-email", "send")
MARKETING: Final = ("marketing", "email-campaigns", MARKETING_VERSION, "single-send")
NAMES: Final = uuid.UUID("5d0c0a52-7a39-5b0e-9a0f-3f3d1c0f7b55")
"""Under which the keys of occurrences are made into the ids that HubSpot asks for."""
_GOOD: Final = frozenset({"SENT", "QUEUED", "IDEMPOTENT_IGNORE"})
"""`IDEMPOTENT_IGNORE`: it was sent before, under the same `sendId`."""
_LATER: Final = frozenset({"THROTTLED", "PORTAL_OVER_LIMIT", "IDEMPOTENT_FAIL"})
_UNDELIVERABLE: Final = frozenset({
    "INVALID_TO_ADDRESS", "BLOCKED_DOMAIN", "BLOCKED_ADDRESS", "PREVIOUSLY_BOUNCED", "PREVIOUS_SPAM", "UNDELIVERABLE",
    "QUARANTINED_ADDRESS", "ADDRESS_LIST_BOMBED", "MTA_IGNORE",
})  # fmt: skip
_NOT_ALLOWED: Final = frozenset({
    "PREVIOUSLY_UNSUBSCRIBED_MESSAGE", "PREVIOUSLY_UNSUBSCRIBED_PORTAL", "PREVIOUSLY_UNSUBSCRIBED_BRAND",
    "PREVIOUSLY_UNSUBSCRIBED_BUSINESS_UNIT", "ADDRESS_OPTED_OUT", "EMAIL_UNCONFIRMED", "GDPR_DOI_ENABLED",
    "GRAYMAIL_SUPPRESSED", "RECIPIENT_FATIGUE_SUPPRESSED", "NON_MARKETABLE_CONTACT",
})  # fmt: skip


class Sent(msgspec.Struct, frozen=True, rename="camel"):
    """What became of it so far. Most are still under way, and say no result."""

    status_id: str
    status: str
    send_result: str | None = None


async def send(http: Client, email: int, contact: Contact, message: Message, key: str) -> MessageId:
    """One e-mail to the contact: transactional where its purpose needs no consent, else a marketing e-mail.

    https://developers.hubspot.com/docs/api-reference/latest/marketing/single-send/guide: "Only one email with a given
    sendId will be sent per account". Rejected where HubSpot says at once that it will not.
    """
    values: dict[str, Any] = {
        **message.values, "message": message.name, "purpose": message.purpose.value, "pets": ", ".join(message.pets)
    }  # fmt: skip
    if message.order is not None:
        values["order"] = message.order
    body = {
        "emailId": email, "contactProperties": {}, "customProperties": values,
        "message": {"to": contact.email, "sendId": key, "cc": [], "bcc": [], "replyTo": []},
    }  # fmt: skip
    path = TRANSACTIONAL if message.purpose in NEED_NO_CONSENT else MARKETING
    sent = await http.post(*path, json=body, into=Sent)
    if (no := _refusal(sent)) is not None:
        raise no
    return MessageId(key)


def _refusal(sent: Sent) -> Rejected | Transient | None:
    result = sent.send_result
    if result is None or result in _GOOD:
        return Rejected("HubSpot called the e-mail off", Code.INVALID) if sent.status == "CANCELED" else None
    word = "".join(letter for letter in result if letter.isupper() or letter == "_")[:60]
    if result in _LATER:
        return Transient(f"HubSpot does not send it now: {word}", Code.UNAVAILABLE)
    if result in _NOT_ALLOWED:
        code = Code.NOT_ALLOWED
    else:
        code = Code.UNDELIVERABLE if result in _UNDELIVERABLE else Code.INVALID
    return Rejected(f"HubSpot does not send it: {word}", code)


async def occurred(http: Client, event: str, contact: Contact, occurrence: Occurrence) -> str:
    """Records an occurrence of a custom event: its id. Of equal ids within a year HubSpot takes the first.

    https://developers.hubspot.com/docs/api-reference/latest/events/send-event-data/send-event-occurrence
    """
    no = str(uuid.uuid5(NAMES, occurrence.key))
    values = {name: _text(value) for name, value in occurrence.values.items()}
    body = {
        "eventName": event, "objectId": contact.id, "occurredAt": told(occurrence.at), "uuid": no,
        "properties": values,
    }  # fmt: skip
    await accept(http, "events", "custom", VERSION, "send", json=body)
    return no


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
