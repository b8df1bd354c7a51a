"""Recharge at the sandbox: one store, its token and secret, its API, its renewals and its webhooks."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from pawline.ports import Code, Rejected
from pawline.sandbox.answers import JSON, Refused, decoded, encode
from pawline.sandbox.recharge.api import Api
from pawline.sandbox.recharge.books import Books, Subscription
from pawline.sandbox.recharge.calls import Call, No
from pawline.sandbox.recharge.telling import Teller

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors

AHEAD: Final = timedelta(days=3)
"""How long before a charge it says that it is near, unless a store has it otherwise."""


class Subscribed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shopper subscribes. `blank`: the SKU is left to the variant; `beside` another one goes to its address.

    `properties` are its line's.
    """

    email: str
    sku: str
    next_on: date
    quantity: int = 1
    days: int = 30
    customer: str = "7301"
    beside: int | None = None
    properties: dict[str, str] = {}
    blank: bool = False


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a customer's card is like from now on."""

    email: str
    ends: tuple[int, int] = (2030, 12)
    declines: bool = False


class Day(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day passes at the vendor."""

    today: date


class Bucket:
    """https://docs.getrecharge.com/docs/api-rate-limits : 40 calls fit in, two a second leave it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._at, self._full = now, now(), 0.0
        self.size, self.leak = 40, 2.0

    def takes(self) -> bool:
        """Whether another call fits in; it is in then."""
        now = self._now()
        self._full = max(0.0, self._full - (now - self._at) * self.leak)
        self._at = now
        if self._full + 1 > self.size:
            return False
        self._full += 1
        return True

    def says(self) -> str:
        """As in the header of every answer."""
        return f"{int(self._full)}/{self.size}"


class Recharge:
    """The vendor. It shares the sandbox's clock and ledger; its token and its secret follow from the sandbox's token.

    `acts` are what changes it, by name, each from a body in JSON: a diary may write them down and do them again.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self.books = Books(vendors.now, vendors.did)
        self.token, self.secret = f"sk_1x1_{_from(token, 'recharge token')}", _from(token, "recharge secret")
        self.api = Api(self.books)
        self.bucket = Bucket(vendors.now)
        self.teller = Teller(self.books, vendors.hooks, self.secret)
        self.books.tell = self.teller.tell
        self._near: set[tuple[int, date]] = set()
        self.acts: dict[str, Callable[[bytes], Any]] = {
            "recharge/call": self._called,
            "recharge/subscriptions": self._subscribed,
            "recharge/cards": self._carded,
            "recharge/look-ahead": lambda raw: {"near": self._look(decoded(raw, Day).today)},
            "recharge/renew": lambda raw: {"tried": len(self.books.renew(decoded(raw, Day).today))},
            "recharge/pace": self._paced,
        }

    def _called(self, raw: bytes) -> dict[str, Any]:
        try:
            return self.api.answer(decoded(raw, Call))
        except No as no:
            raise Refused(web.Response(status=no.status, body=encode(no.body), headers=JSON)) from None

    def _subscribed(self, raw: bytes) -> dict[str, str]:
        told, books = decoded(raw, Subscribed), self.books
        whose, now = books.customer(told.email, told.customer), books.now()
        beside = None if told.beside is None else books.subscriptions.get(told.beside)
        if told.beside is not None and beside is None:
            raise Rejected(f"there is no subscription {told.beside}", Code.NOT_FOUND)
        made = Subscription(
            id=books.number(), customer=whose.id, address=books.number() if beside is None else beside.address,
            sku=told.sku, variant=books.variant(told.sku), quantity=told.quantity, days=told.days, next_on=None,
            made=now, changed=now, blank=told.blank,
            properties=[{"name": name, "value": value} for name, value in told.properties.items()],
        )  # fmt: skip
        books.subscriptions[made.id] = made
        books.plan(made, told.next_on)
        books.tell("subscription/created", "subscription", made.id)
        return {"subscription": str(made.id), "customer": str(whose.id)}

    def _carded(self, raw: bytes) -> None:
        told = decoded(raw, Card)
        whose = self.books.customer(told.email, "")
        whose.card_ends, whose.declines = told.ends, told.declines

    def _look(self, today: date) -> int:
        """Says which charges are near, each once."""
        near = [one for one in self.books.charges.values() if one.status == "queued" and one.on <= today + AHEAD]
        new = [one for one in near if (one.id, one.on) not in self._near]
        self._near |= {(one.id, one.on) for one in new}
        for one in new:
            self.books.tell("charge/upcoming", "charge", one.id)
        return len(new)

    def _paced(self, raw: bytes) -> None:
        self.books.pace = decoded(raw, float)

    def today(self) -> date:
        """By the sandbox's clock."""
        return datetime.fromtimestamp(self.books.now(), UTC).date()


def _from(token: str, what: str) -> str:
    return hashlib.sha256(f"{what} of {token}".encode()).hexdigest()
