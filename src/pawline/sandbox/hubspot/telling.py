"""Webhooks in the vendor's form: changes in an array, signed over method, address, body and time, and sent again.

https://developers.hubspot.com/docs/apps/developer-platform/add-features/configure-webhooks
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec

from pawline.sandbox.posting import Moods, Post

if TYPE_CHECKING:
    from pawline.sandbox.hooks import Hooks
    from pawline.sandbox.hubspot.books import Books, Contact

PATIENCE: Final = aiohttp.ClientTimeout(total=5)
PAUSES: Final = (60.0, 300.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 10_800.0, 14_400.0, 18_000.0, 21_600.0)
"""Seconds before a delivery is tried again: ten times within a day."""
MOST: Final = 100
"""Changes in one delivery."""
SOON: Final = 0.01
"""Seconds in which changes are gathered."""


def signed(secret: str, url: str, body: bytes, at: float) -> dict[str, str]:
    """The headers of a delivery: version 3."""
    moment = str(round(at * 1_000))
    over = f"POST{url}".encode() + body + moment.encode()
    made = base64.b64encode(hmac.new(secret.encode(), over, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json", "X-HubSpot-Signature-v3": made, "X-HubSpot-Request-Timestamp": moment
    }  # fmt: skip


class Teller:
    """Tells whoever an app names, of the types and properties that it subscribed to.

    `hooks` is the sandbox's own outbox: its mishaps and its silence are this one's too.
    """

    def __init__(self, books: Books, hooks: Hooks, secret: str) -> None:
        self._books, self.secret = books, secret
        self._hooks, self._moods, self._post = hooks, Moods(hooks), Post(PATIENCE)
        self.url = ""
        self.subscriptions: dict[str, int] = {}
        self.pauses: tuple[float, ...] = PAUSES
        self.told: list[dict[str, Any]] = []
        self._gathered: list[dict[str, Any]] = []
        self._count = 0

    def subscribe(self, url: str, types: list[str]) -> None:
        """From now on. A type is one of the vendor's; that of a property has its name behind a colon."""
        self.url = url
        self.subscriptions = {one: 1_000 + number for number, one in enumerate(types)}

    def tell(self, what: str, contact: Contact, name: str = "", value: str = "") -> None:
        """Something changed. Never waits. While the past is done again nobody is told."""
        kind = f"contact.{what}"
        subscription = self.subscriptions.get(f"{kind}:{name}" if name else kind)
        if subscription is None or self._hooks.silent:
            return
        self._count += 1
        change: dict[str, Any] = {
            "eventId": self._count % 7, "subscriptionId": subscription, "portalId": self._books.portal,
            "appId": 1160452, "occurredAt": round(self._books.now() * 1_000), "subscriptionType": kind,
            "attemptNumber": 0, "objectId": int(contact.id),
        }  # fmt: skip
        if name:
            change |= {"propertyName": name, "propertyValue": value, "changeSource": "CRM_UI"}
        self._gathered.append(change)
        if len(self._gathered) == 1:
            self._post.begin(self._send())

    async def _send(self) -> None:
        await asyncio.sleep(SOON)
        changes, self._gathered = self._gathered, []
        for begin in range(0, len(changes), MOST):
            for wait in self._moods.waits() or ():
                self._post.begin(self._deliver(changes[begin : begin + MOST], wait))

    async def _deliver(self, changes: list[dict[str, Any]], wait: float) -> None:
        await asyncio.sleep(wait)
        for attempt, pause in enumerate((*self.pauses, None)):
            body = msgspec.json.encode([one | {"attemptNumber": attempt} for one in changes])
            async with self._post.gate:
                headers = signed(self.secret, self.url, body, self._books.now())
                if await self._post.taken(self.url, body, headers):
                    self.told += changes
                    return
            if pause is not None:
                await asyncio.sleep(pause)

    async def rest(self) -> None:
        """Until nothing is under way."""
        await self._post.rest()

    async def close(self) -> None:
        """Forget what is under way."""
        await self._post.close()
