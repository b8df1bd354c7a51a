"""What a shop in WordPress keeps: products with their stock, orders with their refunds, and who is told.

Amounts are kept as WooCommerce computes them, with fractions of a minor unit, and shown with as many decimals as were
asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

PLACED: Final = frozenset({"on-hold", "processing", "completed"})
"""At which stock is taken off; at `cancelled` and `pending` it is put back. `wc_maybe_reduce_stock_levels`."""
UNSEEN: Final = frozenset({"auto-draft", "draft", "new"})
"""Orders of which nobody is told."""
RATE: Final = 1
"""The one tax rate's number."""


@dataclass
class Product:
    """One, or a variation of one (`parent`). `stock` None: it is not counted.

    `kept` is what is said of it beside, as the API has it: type, status, weight, terms, attributes.
    """

    id: int
    sku: str
    name: str
    price: Decimal
    stock: int | None
    parent: int = 0
    parent_counts: bool = False
    meta: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    modified: float = 0.0

    @property
    def status(self) -> str:
        """Published, unless said otherwise."""
        return str(self.kept.get("status", "publish"))


@dataclass
class Line:
    """A line, a delivery or a fee: what it costs before and after coupons, without tax, and the tax."""

    id: int
    name: str
    quantity: int
    subtotal: Decimal
    total: Decimal
    tax: Decimal
    subtotal_tax: Decimal
    product: int = 0
    meta: dict[str, Any] = field(default_factory=dict)
    method: str = ""


@dataclass
class Refund:
    """Above zero all of it; `lines` are by the order's line: units, net and tax."""

    id: int
    amount: Decimal
    reason: str
    at: float
    paid: bool
    lines: dict[int, tuple[int, Decimal, Decimal]]
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass
class Order:
    """One."""

    id: int
    status: str
    created: float
    modified: float
    currency: str
    within: bool
    lines: list[Line]
    shipping: list[Line]
    fees: list[Line]
    coupons: list[str]
    billing: dict[str, str]
    via: str
    method: str
    customer: int = 0
    paid: float | None = None
    completed: float | None = None
    reduced: bool = False
    total: Decimal = Decimal(0)
    meta: dict[str, Any] = field(default_factory=dict)
    refunds: list[Refund] = field(default_factory=list)


@dataclass
class Webhook:
    """One, whom it tells, and how often in a row it failed."""

    id: int
    name: str
    topic: str
    url: str
    secret: str
    status: str
    at: float
    failures: int = 0


class Books:
    """The shop. `did` writes into the sandbox's ledger; `tell` tells whoever listens of a topic and an order.

    `decimals` are those of prices. `gateway`: what it says to a refund, `paid` or `no`, or `dies`, which is PHP ending
    while it is asked. `old`: before 5.8, with no lists by change.
    """

    def __init__(self, now: Callable[[], float], did: Callable[..., object]) -> None:
        self.now, self.did = now, did
        self._count = 10
        self.products: dict[int, Product] = {}
        self.orders: dict[int, Order] = {}
        self.webhooks: dict[int, Webhook] = {}
        self.decimals, self.gateway, self.old = 2, "paid", False
        self.currency = "EUR"
        self.weight_unit = "kg"
        self.tell: Callable[[str, Order], None] = lambda _, __: None
        self.tell_product: Callable[[str, Product], None] = lambda _, __: None

    def id(self) -> int:
        """A new one: posts of all kinds share their numbers, as in WordPress."""
        self._count += 1
        return self._count

    def by_sku(self, sku: str) -> Product:
        """The product; made where there is none, and not counted."""
        for one in self.products.values():
            if one.sku == sku:
                return one
        return self.add(sku, Decimal("10.00"), None)

    def add(
        self, sku: str, price: Decimal, stock: int | None, parent: int = 0, *, parent_counts: bool = False
    ) -> Product:  # fmt: skip
        """A product more."""
        made = Product(self.id(), sku, f"Product {sku}", price, stock, parent, parent_counts)
        made.modified = float(int(self.now()))
        self.products[made.id] = made
        return made

    def save(self, order: Order, *, new: bool = False) -> None:
        """It was changed: so it says, in whole seconds, and so whoever listens is told."""
        order.modified = float(int(self.now()))
        if order.status not in UNSEEN:
            self.tell("order.created" if new else "order.updated", order)

    def stand(self, order: Order, status: str) -> None:
        """It stands there from now on, with what WooCommerce does then."""
        before, order.status = order.status, status
        if status in {"processing", "completed"} and order.paid is None and order.method != "cod":
            order.paid = float(int(self.now()))
        if status == "completed" and order.completed is None:
            order.completed = float(int(self.now()))
        if status in PLACED and not order.reduced:
            self._move(order, -1)
        elif status in {"cancelled", "pending"} and order.reduced:
            self._move(order, 1)
        if status == "refunded" and before != "refunded" and (left := self.left(order)):
            order.refunds.append(Refund(self.id(), left, "Order fully refunded.", float(int(self.now())), False, {}))

    def left(self, order: Order) -> Decimal:
        """What may still be paid back."""
        return rounded(order.total, self.decimals) - sum((one.amount for one in order.refunds), Decimal(0))

    def _move(self, order: Order, sign: int) -> None:
        order.reduced = sign < 0
        for line in order.lines:
            product = self.products[line.product]
            if product.stock is not None:
                product.stock += sign * line.quantity


def rounded(amount: Decimal, decimals: int) -> Decimal:
    """Halves away from zero, as PHP does."""
    return amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def stamp(at: float | None) -> str | None:
    """As WordPress writes times, without a zone."""
    return None if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}"
