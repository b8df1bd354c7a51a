"""What EasyPost keeps of one account: addresses, shipments, what became of their parcels, and who is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pawline.model import Money

NOWHERE: Final = "unknown street"
"""An address with this in its first line does not exist, as in EasyPost's own fixtures."""
TARIFFS: Final = {
    "US": ("USPS", "USD", (("GroundAdvantage", 607, 3), ("Priority", 742, 2), ("Express", 3415, 1))),
    "": ("DHLPaket", "EUR", (("Paket", 549, 2), ("Express", 1490, 1))),
}  # fmt: skip
"""By where a parcel comes from: carrier, currency, and of each service the price in minor units and the days."""
GIVES_BACK: Final = timedelta(days=30)
"""After a label was made USPS takes it back no more: https://docs.easypost.com/docs/shipping-refund ."""
HEAVIEST: Final = 1_120.0
"""Ounces: 70 pounds, more than which no carrier here takes."""


@dataclass
class Listener:
    """A webhook. Its secret is shown to nobody."""

    id: str
    url: str
    secret: str
    made: float
    headers: list[dict[str, str]] = field(default_factory=list)
    off: float | None = None


@dataclass
class Word:
    """What the carrier said."""

    at: float
    status: str
    detail: str
    message: str


@dataclass
class Shipment:
    """One parcel, as it was asked for (`given`), and what became of it; `rates` are ids by service."""

    id: str
    made: float
    given: dict[str, Any]
    carrier: str
    currency: str
    rates: dict[str, str]
    changed: float
    services: tuple[tuple[str, int, int], ...] = ()
    service: str | None = None
    tracking: str | None = None
    label: float | None = None
    refund: str | None = None
    status: str = "unknown"
    detail: str = "unknown"
    before: str | None = None
    words: list[Word] = field(default_factory=list)
    moved: float = 0.0
    expected: float | None = None
    order: str | None = None

    @property
    def price(self) -> int:
        """What was paid, in minor units."""
        return next(price for name, price, _ in self.services if name == self.service)


@dataclass
class Order:
    """Several parcels that are bought as one."""

    id: str
    made: float
    reference: str
    parcels: list[Shipment]


class Books:
    """The account. `did` writes into the sandbox's ledger, `tell` tells who listens."""

    def __init__(self, now: Callable[[], float], did: Callable[..., object]) -> None:
        self.now, self.did = now, did
        self.shipments: dict[str, Shipment] = {}
        self.orders: dict[str, Order] = {}
        self.addresses: dict[str, dict[str, Any]] = {}
        self.listeners: dict[str, Listener] = {}
        self.tell: Callable[[str, Shipment], None] = lambda _, __: None
        self.fresh: float = 86_400.0
        self._count = 0

    def id(self, kind: str) -> str:
        """A new one: always the same in the same order, so that a diary can be done again."""
        self._count += 1
        return f"{kind}_{hashlib.md5(f'{kind} {self._count}'.encode(), usedforsecurity=False).hexdigest()}"

    def moment(self, at: float) -> str:
        """As EasyPost writes it."""
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def keep(self, given: dict[str, Any]) -> dict[str, Any]:
        """An address, kept under an id."""
        made = dict(given) | {"id": self.id("adr"), "made": self.now()}
        self.addresses[made["id"]] = made
        return made

    def ship(self, given: dict[str, Any]) -> Shipment:
        """A shipment, with the rates of the carriers that take it."""
        carrier, currency, services = TARIFFS.get(given["from_address"]["country"], TARIFFS[""])
        if given["parcel"]["weight"] > HEAVIEST:
            services = ()
        now = self.now()
        made = Shipment(
            id=self.id("shp"), made=now, changed=now, given=given, carrier=carrier, currency=currency,
            rates={name: self.id("rate") for name, _, _ in services}, services=services,
        )  # fmt: skip
        self.shipments[made.id] = made
        return made

    def buy(self, one: Shipment, service: str) -> None:
        """A label, and a tracker of its number."""
        number = int(hashlib.md5(one.id.encode(), usedforsecurity=False).hexdigest()[:12], 16) % 10**14
        one.service, one.label, one.tracking = service, self.now(), f"94001002{number:014d}"
        one.changed = one.moved = self.now()
        one.expected = self.now() + timedelta(days={n: d for n, _, d in one.services}[service]).total_seconds()
        self.did("EasyPost.buy", self.name(one), money=Money(one.price, one.currency))
        self.tell("tracker.created", one)

    def give_back(self, one: Shipment) -> None:
        """The label, if no carrier has scanned it and it is young enough. What is billed by the scan cost nothing."""
        if one.refund in ("submitted", "refunded", "not_applicable"):
            self.did("EasyPost.refund", self.name(one), again=True)
            return
        usps = one.carrier == "USPS"
        old = usps and one.label is not None and self.now() - one.label > GIVES_BACK.total_seconds()
        refused = old or one.status not in ("unknown", "pre_transit")
        one.refund = "rejected" if refused else "submitted" if usps else "not_applicable"
        one.changed = self.now()
        if not refused:
            self.did("EasyPost.refund", self.name(one), money=Money(one.price, one.currency))

    def move(self, one: Shipment, word: Word) -> None:
        """The carrier says something of it."""
        one.before = one.status
        one.words.append(word)
        one.status, one.detail = word.status, word.detail
        one.changed = one.moved = self.now()
        self.tell("tracker.updated", one)

    def name(self, one: Shipment) -> str:
        """How the ledger calls it: by its reference, or its order's, and by its id where somebody gave it none."""
        if one.order is not None:
            order = self.orders[one.order]
            return f"{order.reference or order.id}#{order.parcels.index(one) + 1}"
        return str(one.given.get("reference") or one.id)
