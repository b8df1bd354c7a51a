"""Tax: whoever knows what taxes are owed. Nobody else in the house computes one."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Destination, Money, Order, OrderId, ProductKind, Refund, SkuId
from pawline.model import Tax as TaxAmount
from pawline.ports.read import read
from pawline.ports.receipt import Receipt


class TaxedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tax: `amount` is for all its units, after discounts. `key` finds it in the answer.

    `kind` is what its maker says that it is. Lines with `shipping` are deliveries of which one is chosen: each is taxed
    as if it alone were.
    """

    key: str
    amount: Money
    quantity: int
    sku: SkuId | None = None
    kind: ProductKind | None = None
    shipping: bool = False


class TaxRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is sold from where to whom, as far as a quote knows that. `included`: the amounts contain the taxes already.

    An order that comes of it has this id.
    """

    order: OrderId
    ship_to: Destination
    ship_from: Destination | None = None
    lines: tuple[TaxedLine, ...]
    included: bool


class LineTaxes(msgspec.Struct, frozen=True, kw_only=True):
    """The taxes of the line with this key."""

    key: str
    taxes: tuple[TaxAmount, ...]


class Tax(Protocol):
    """Taxes are quoted before an order and recorded after it."""

    @read
    async def quote(self, request: TaxRequest) -> tuple[LineTaxes, ...]:
        """The taxes of each line, in the order of the request. Rejected(invalid) for an address that is none."""
        ...

    async def record(self, order: Order) -> Receipt:
        """The order was placed with these taxes: enter it into the books. Doing it twice is fine."""
        ...

    async def credit(self, order: OrderId, refund: Refund) -> Receipt:
        """A refund takes taxes back out of the books. Doing it twice is fine."""
        ...
