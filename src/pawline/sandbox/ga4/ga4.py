"""GA4 at the sandbox: one web stream of one property, its secret, and what was counted.

https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.model import Money
from pawline.sandbox.answers import decoded
from pawline.sandbox.ga4.validating import BACK, wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A request, with what stood in its address."""

    measurement_id: str
    api_secret: str
    body: Any


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase that the shop's own page tag counts: another visitor, as its cookie says."""

    transaction: str
    value: float
    currency: str
    visitor: str = "1.1"


class Ga4:
    """The vendor. It shares the sandbox's clock and ledger; what lets in follows from the sandbox's token.

    `counted` are the events of its reports, `dropped` those that it answered 2xx and let fall, with why. A purchase is
    known again by its transaction and visitor: whether GA4 also does so across visitors its own pages say both ways.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self._now, self._did = vendors.now, vendors.did
        made = hashlib.sha256(f"ga4 of {token}".encode()).hexdigest()
        self.measurement_id: Final = f"G-{made[:10].upper()}"
        self.api_secret: Final = made[10:32]
        self.counted: list[dict[str, Any]] = []
        self.dropped: list[tuple[str, str]] = []
        self._purchases: set[tuple[str, str]] = set()
        self.acts: dict[str, Callable[[bytes], Any]] = {"ga4/hit": self._hit, "ga4/seen": self._seen}

    def check(self, body: Any) -> list[dict[str, str]]:  # noqa: ANN401 - JSON
        """What the validation server says: it looks at neither id nor secret."""
        return wrong(body, self._now())

    def _hit(self, raw: bytes) -> None:
        hit = decoded(raw, Hit)
        events = hit.body.get("events", []) if isinstance(hit.body, dict) else []
        if (hit.measurement_id, hit.api_secret) != (self.measurement_id, self.api_secret):
            self.dropped += [(str(one.get("name")), "its stream or secret is not known") for one in events]
            return
        for message in wrong(hit.body, self._now(), strict=False):
            self.dropped.append((message["fieldPath"], message["validationCode"]))
            return
        for one in events:
            self._count(str(hit.body["client_id"]), one)

    def _count(self, visitor: str, one: dict[str, Any]) -> None:
        now = round(self._now() * 1_000_000)
        at = max(int(one.get("timestamp_micros", now)), now - BACK)  # older than that is on another day
        params = one.get("params", {})
        transaction = str(params.get("transaction_id", ""))
        known = (visitor, transaction)
        again = one["name"] == "purchase" and known in self._purchases
        value, currency = params.get("value"), params.get("currency")
        money = Money.parse(f"{value:.3f}", currency) if value is not None and currency else None
        self._did(f"Ga4.{one['name']}", transaction or str(params.get("order_id", "")), money=money, again=again)
        if again:
            self.dropped.append((one["name"], "its transaction is known"))
            return
        if one["name"] == "purchase":
            self._purchases.add(known)
        self.counted.append({"visitor": visitor, "name": one["name"], "at": at / 1_000_000, **params})

    def _seen(self, raw: bytes) -> None:
        told = decoded(raw, Seen)
        params = {"transaction_id": told.transaction, "value": told.value, "currency": told.currency}
        self._count(told.visitor, {"name": "purchase", "params": params})
