"""Webhooks in the vendor's form: each event to each webhook that asked for it, signed, and tried three times."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import aiohttp
import msgspec

from pawline.sandbox.posting import Letter, Telling

if TYPE_CHECKING:
    from pawline.sandbox.formbricks.books import Books, Webhook
    from pawline.sandbox.hooks import Hooks

PAUSES: Final = (5.0, 10.0)
"""Seconds before each time that it is tried again: `packages/jobs/src/constants.ts`."""
PATIENCE: Final = aiohttp.ClientTimeout(total=5, sock_connect=1)
_encode: Final = msgspec.json.Encoder().encode


class Told(NamedTuple):
    """A delivery: its id stays the same however often it comes."""

    id: str
    event: str
    body: bytes


def signed(told: Told, secret: str | None, at: float) -> dict[str, str]:
    """Standard Webhooks; what has no secret has an id and a time, and no signature."""
    moment = str(int(at))
    headers = {"content-type": "application/json", "webhook-id": told.id, "webhook-timestamp": moment}
    if secret is None:
        return headers
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.new(key, f"{told.id}.{moment}.".encode() + told.body, hashlib.sha256).digest()
    return {**headers, "webhook-signature": f"v1,{base64.b64encode(made).decode()}"}


class Teller(Telling[Told, "Webhook"]):
    """Tells whoever asked for it. `listed`: each body is a list of one, as some have seen it."""

    def __init__(self, books: Books, hooks: Hooks) -> None:
        super().__init__(hooks, PATIENCE, PAUSES)
        self._books = books
        self._count = 0
        self.listed = False

    def tell(self, event: str, response: dict[str, Any]) -> None:
        """Something happened to it. Never waits."""
        self._count += 1
        survey, attributes = self._books.surveys[response["surveyId"]], response["contactAttributes"] or {}
        contact = response["contactId"]
        data = {name: value for name, value in response.items() if name != "contactId"} | {
            "contact": None if contact is None else {"id": contact, "userId": attributes.get("userId")}, "tags": [],
            "survey": {"title": survey.name, "type": survey.type, "status": survey.status},
        }  # fmt: skip
        for to in list(self._books.webhooks.values()):
            if event in to.triggers and (not to.surveys or survey.id in to.surveys):
                name = hashlib.sha256(f"{self._count}:{to.id}:{event}".encode()).hexdigest()
                body = {"webhookId": to.id, "event": event, "data": data}
                self.send(Told(name, event, _encode([body] if self.listed else body)), to)

    def listens(self, to: Webhook) -> bool:
        return to.id in self._books.webhooks

    def letter(self, made: Told, to: Webhook) -> Letter:
        return Letter(to.url, made.body, signed(made, to.secret, time.time()))
