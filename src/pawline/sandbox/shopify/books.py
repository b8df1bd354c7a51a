"""What the shop knows: its orders, its stock, its people, and who is told of what. One clock, one row of numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

from pawline.sandbox.shopify.listeners import Carrier, Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pawline.model import Item, Money
    from pawline.sandbox.shopify.bulk import Bulk
    from pawline.sandbox.shopify.edits import Edit
    from pawline.sandbox.shopify.orders import Order
    from pawline.sandbox.shopify.since import Dispute, Return, Word

FIRST: Final = 5_001_000_000_000
"""The first number that is given out: larger than 32 bits, as the vendor's are."""
ON_HAND: Final = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")
"""The quantities that together are on hand."""


class Did(Protocol):
    """Writes an effect into the sandbox's ledger."""

    def __call__(
        self, operation: str, business: str, *, key: str = "", order: str = "", money: Money | None = None,
        items: tuple[Item, ...] = (), again: bool = False,
    ) -> str:  # fmt: skip
        """The effect's number."""
        ...


@dataclass(kw_only=True)
class Variant:
    """What is sold, and its stock's item. `product` holds one variant: the sandbox's products have no options."""

    id: int
    product: int
    item: int
    sku: str
    title: str
    price: Money
    at: float
    vendor: str = "Sandbox"
    kind: str = "Pet supplies"
    grams: int = 0
    ships: bool = True
    tracked: bool = True
    status: str = "ACTIVE"
    tags: list[str] = field(default_factory=list)
    barcode: str | None = None
    fields: dict[str, str] = field(default_factory=dict)  # metafields of its product: `namespace.key` and value


@dataclass(kw_only=True)
class Place:
    """A location; `service` is a fulfilment service's, which is asked to fulfil and may say no."""

    id: int
    name: str
    service: bool = False
    active: bool = True


@dataclass(kw_only=True)
class Level:
    """One item at one location, by the quantity's name; `moved` is when each last did. `on_hand` is a sum of parts."""

    item: int
    place: int
    begun: float
    at: float
    quantities: dict[str, int] = field(default_factory=dict)
    moved: dict[str, float] = field(default_factory=dict)

    def count(self, name: str) -> int:
        if name == "on_hand":
            return sum(self.quantities.get(part, 0) for part in ON_HAND)
        return self.quantities.get(name, 0)

    def add(self, name: str, by: int, at: float) -> None:
        """On hand is changed by what is available."""
        part = "available" if name == "on_hand" else name
        self.quantities[part] = self.quantities.get(part, 0) + by
        self.at = self.moved[part] = at

    def since(self, name: str) -> float:
        """When that quantity was last another."""
        parts = ON_HAND if name == "on_hand" else (name,)
        return max((self.moved[part] for part in parts if part in self.moved), default=self.begun)


@dataclass(kw_only=True)
class Person:
    """A customer: one for each address."""

    id: int
    email: str | None
    phone: str | None
    name: str | None
    language: str | None
    at: float
    changed: float
    agreed: str = "NOT_SUBSCRIBED"  # to marketing by e-mail
    decided: float | None = None


@dataclass(kw_only=True)
class Hold:
    """Why a fulfilment order may not go on."""

    id: int
    reason: str
    notes: str | None
    handle: str


@dataclass(kw_only=True)
class Part:
    """Units of an order's line that a fulfilment order is about."""

    id: int
    line: int
    total: int
    left: int


@dataclass(kw_only=True)
class Work:
    """A fulfilment order. `asked` are the merchant's requests: id, kind, message, when."""

    id: int
    order: int
    place: int
    at: float
    changed: float
    parts: list[Part]
    status: str = "OPEN"
    request: str = "UNSUBMITTED"
    holds: list[Hold] = field(default_factory=list)
    asked: list[tuple[int, str, str | None, float]] = field(default_factory=list)


@dataclass(kw_only=True)
class Parcel:
    """A fulfilment: what left, of which fulfilment orders. `lines` are id, line and units."""

    id: int
    number: int
    order: int
    place: int
    at: float
    lines: list[tuple[int, int, int]]
    works: list[int]
    company: str | None = None
    numbers: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    status: str = "SUCCESS"
    changed: float = 0.0
    words: list[Word] = field(default_factory=list)


class Books:
    """The shop's state. `now` is the sandbox's clock, `did` its ledger; `tell` hears of a topic and makes its body.

    `body` makes that of an order.
    """

    def __init__(self, now: Callable[[], float], did: Did, stock: Mapping[str, int], *, currency: str = "EUR") -> None:
        self.did, self.currency = did, currency
        self._now, self._then = now, list[float]()
        self.pace = 0.0  # seconds that a job takes
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self.domain = "pawline-sandbox.myshopify.com"
        self.begun = self.now()
        self.place = "http://127.0.0.1"
        self.tell: Callable[[str, Callable[[], dict[str, object]]], None] = lambda _topic, _body: None
        self.body: Callable[[Order], dict[str, object]] = lambda _: {}
        self._next = FIRST
        self.orders: dict[int, Order] = {}
        self.names: dict[str, int] = {}  # of orders, as who placed them calls them
        self.variants: dict[int, Variant] = {}
        self.levels: dict[tuple[int, int], Level] = {}
        self.people: dict[int, Person] = {}
        self.reached: dict[tuple[str | None, str | None], int] = {}  # people by address and number
        self.works: dict[int, Work] = {}
        self.parcels: dict[int, Parcel] = {}
        self.bulks: dict[int, Bulk] = {}
        self.returns: dict[int, Return] = {}
        self.disputes: dict[int, Dispute] = {}
        self.listeners: dict[int, Listener] = {}
        self.carriers: dict[int, Carrier] = {}
        self.edits: dict[int, Edit] = {}
        self.jobs: set[int] = set()
        main = Place(id=self.number(), name="Main warehouse")
        self.places = {main.id: main}
        self.main = main.id
        self._stock = dict(stock)
        self._skus: dict[str, int] = {}
        self._items: dict[int, int] = {}

    def now(self) -> float:
        """The time; while something that was due is done, that of when it was."""
        return self._then[-1] if self._then else self._now()

    def do_after(self, seconds: float, act: Callable[[], None]) -> None:
        """A job of the vendor's own. One that takes no time is done at once."""
        self._due.append((self.now() + seconds, self.number(), act))
        self.do_due()

    def do_due(self) -> None:
        """What is due by now is done, as of when it was. Each request does that too."""
        due = sorted((one for one in self._due if one[0] <= self.now()), key=lambda one: one[:2])
        self._due = [one for one in self._due if one[0] > self.now()]
        for at, _, act in due:
            self._then.append(at)
            try:
                act()
            finally:
                self._then.pop()

    def number(self) -> int:
        """The next number: no two things have the same."""
        self._next += 1
        return self._next

    def fill(self, price: Money) -> None:
        """The warehouse's first stock becomes variants, at this price until they are sold at another."""
        for sku in self._stock:
            self.sold(sku, sku, price)

    def sold(self, sku: str, title: str, price: Money, *, grams: int = 0, ships: bool = True) -> Variant:
        """The variant of a SKU: made where there is none yet, with the stock that the sandbox began with."""
        if sku in self._skus:
            return self.variants[self._skus[sku]]
        made = Variant(
            id=self.number(), product=self.number(), item=self.number(), sku=sku, title=title, price=price,
            at=self.now(), grams=grams, ships=ships, tracked=sku in self._stock,
        )  # fmt: skip
        self.variants[made.id], self._skus[sku], self._items[made.item] = made, made.id, made.id
        if made.tracked:
            self.level(made.item, self.main).quantities["available"] = self._stock[sku]
        return made

    def level(self, item: int, place: int) -> Level:
        """What there is of an item at a location; from now on it is stocked there."""
        at = self.now()
        return self.levels.setdefault((item, place), Level(item=item, place=place, begun=at, at=at))

    def item(self, item: int) -> Variant | None:
        """The variant whose stock that is."""
        return self.variants.get(self._items.get(item, 0))

    def product(self, product: int) -> Variant | None:
        return next((one for one in self.variants.values() if one.product == product), None)

    def order_of(self, transaction: int) -> Order | None:
        """The order that a transaction is of."""
        return next((one for one in self.orders.values() if one.transaction(transaction) is not None), None)

    def touched(self, order: Order) -> None:
        """It was changed just now, and is told of by what is in its webhooks."""
        order.changed = self.now()
        self.tell("orders/updated", lambda: self.body(order))


def stamp(at: float) -> str:
    """A moment as the vendor writes it: whole seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def known(gid: object, kind: str) -> int:
    """The number in `gid://shopify/{kind}/…`; 0, which nothing has, for what is none."""
    begin = f"gid://shopify/{kind}/"
    text = str(gid)
    number = text.removeprefix(begin).partition("?")[0]
    return int(number) if text.startswith(begin) and number.isascii() and number.isdigit() else 0
