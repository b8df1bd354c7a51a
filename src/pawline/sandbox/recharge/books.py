"""What Recharge knows: customers, their subscriptions, the charges that these make, and who wants to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

DID = Callable[..., str]
"""Writes down an effect: see `Vendors.did`."""
ATTEMPTS: Final = 3
"""So often a charge is tried, with `BETWEEN` in between; then never again by itself."""
BETWEEN: Final = timedelta(days=3)


@dataclass
class Customer:
    """Somebody who subscribed; `shop` is the number that the shop gave them. `declines`: their card is refused."""

    id: int
    email: str
    shop: str
    card_ends: tuple[int, int] = (2030, 12)
    declines: bool = False


@dataclass
class Subscription:
    """One variant, so many of it. `changed` does not move with `next_on`: at the vendor it does not, either."""

    id: int
    customer: int
    address: int
    sku: str
    variant: int
    quantity: int
    days: int
    next_on: date | None
    made: float
    changed: float
    properties: list[dict[str, str]] = field(default_factory=list)
    blank: bool = False
    status: str = "active"
    reason: str | None = None
    cancelled: float | None = None


@dataclass
class Charge:
    """Planned for a day, for all subscriptions of one address that are due on it; then made, refused or skipped."""

    id: int
    address: int
    on: date
    made: float
    changed: float
    items: list[int] = field(default_factory=list)
    status: str = "queued"
    attempts: int = 0
    retry_on: date | None = None


@dataclass
class Listener:
    """A webhook subscription: a topic, and where it is told."""

    id: int
    topic: str
    address: str
    included: list[str]


@dataclass
class Books:
    """One store. `tell` is told a topic and its object; `until` holds addresses that a charge under way locks."""

    now: Callable[[], float]
    did: DID
    tell: Callable[[str, str, int], None] = lambda _topic, _kind, _id: None
    customers: dict[int, Customer] = field(default_factory=dict)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    charges: dict[int, Charge] = field(default_factory=dict)
    listeners: dict[int, Listener] = field(default_factory=dict)
    variants: dict[int, str] = field(default_factory=dict)
    until: dict[int, float] = field(default_factory=dict)
    pace: float = 0.0
    last: int = 1_000

    def number(self) -> int:
        """A number that was never given before."""
        self.last += 1
        return self.last

    def variant(self, sku: str) -> int:
        """The shop's variant of a SKU, made where there is none."""
        for number, name in self.variants.items():
            if name == sku:
                return number
        number = self.number()
        self.variants[number] = sku
        return number

    def customer(self, email: str, shop: str) -> Customer:
        """Whoever has this address."""
        for one in self.customers.values():
            if one.email.lower() == email.lower():
                return one
        made = Customer(self.number(), email, shop)
        self.customers[made.id] = made
        return made

    def locked(self, address: int) -> bool:
        """Whether a charge of this address is being made just now."""
        return self.until.get(address, 0.0) > self.now()

    # -- charges -------------------------------------------------------------------------------------------------

    def planned(self, one: Subscription) -> Charge | None:
        """The charge that it waits for."""
        return next((each for each in self.charges.values() if each.status == "queued" and one.id in each.items), None)

    def plan(self, one: Subscription, on: date | None) -> None:
        """Its next charge is on that day, with whatever else goes to that address then; None: it has none."""
        now, old = self.now(), self.planned(one)
        if old is not None:
            old.items.remove(one.id)
            old.changed = now
            if not old.items:
                del self.charges[old.id]
        one.next_on = on
        if on is None:
            return
        there = next(
            (
                each
                for each in self.charges.values()
                if (each.address, each.on, each.status) == (one.address, on, "queued")
            ),
            None,
        )
        if there is None:
            there = Charge(self.number(), one.address, on, now, now)
            self.charges[there.id] = there
        there.items.append(one.id)
        there.changed = now

    def skip(self, charge: Charge, items: Iterable[int]) -> Charge:
        """These are skipped: what is left of the charge stays; the others are next due a rhythm later."""
        skipped = Charge(self.number(), charge.address, charge.on, self.now(), self.now(), status="skipped")
        self.charges[skipped.id] = skipped
        for name in list(items):
            one = self.subscriptions[name]
            self.plan(one, charge.on + timedelta(days=one.days))
            skipped.items.append(name)
        return skipped

    def renew(self, today: date) -> list[Charge]:
        """Makes what is due by today, and tries again what is to be tried again; each of them once a day."""
        due = [
            each
            for each in self.charges.values()
            if (each.status == "queued" and each.on <= today)
            or (each.status == "error" and each.retry_on is not None and each.retry_on <= today)
        ]
        for each in due:
            self.make(each, today)
        return due

    def make(self, charge: Charge, today: date) -> None:
        """Tries a charge: its card is asked, and what comes of it is told."""
        ones = [self.subscriptions[name] for name in charge.items]
        self.until[charge.address] = self.now() + self.pace
        charge.attempts += 1
        charge.changed = self.now()
        if self.customers[ones[0].customer].declines:
            charge.status = "error"
            charge.retry_on = today + BETWEEN if charge.attempts < ATTEMPTS else None
            self.did("Recharge.declined", f"{charge.id}/{charge.attempts}")
            topic = "charge/failed" if charge.retry_on is not None else "charge/max_retries_reached"
            self.tell(topic, "charge", charge.id)
            return
        charge.status, charge.retry_on = "success", None
        self.did("Recharge.charged", f"{charge.id}/{charge.on.isoformat()}")
        for one in ones:
            self.plan(one, charge.on + timedelta(days=one.days))


def stamp(at: float) -> str:
    """A time as the API writes it: to the second, with its zone."""
    return datetime.fromtimestamp(int(at), UTC).isoformat()
