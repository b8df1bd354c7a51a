"""Orders to try a hub with: small, complete, and each different by its number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.model import (
    Address,
    Channel,
    Checkout,
    Envelope,
    HouseholdId,
    Line,
    LineId,
    Money,
    Order,
    OrderId,
    OrderPlaced,
    SkuId,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
)  # fmt: skip
from pawline.sandbox.trades import DECLINES
from pawline.testing.clock import NOON

if TYPE_CHECKING:
    from datetime import datetime

SHOP: Final = "paws"
SKUS: Final = ("kibble-10", "litter-5", "chew-1")


def order(
    number: int, *, declined: bool = False, quantity: int = 1, tenders: int = 1, checkout: Checkout = Checkout.OWN,
    placed_at: datetime = NOON, household: bool = True, ship_to: Address | None = None, paid: bool = False,
) -> Order:  # fmt: skip
    """One line of one of SKUS, at 10.00 a piece, paid in so many equal parts; the last one bounces if `declined`."""
    price = Money(1_000 * tenders, "EUR")
    return Order(
        id=OrderId(f"o{number}"), number=f"{1000 + number}", checkout=checkout, channel=Channel.WEB,
        placed_at=placed_at, currency="EUR", total=price * quantity,
        household=HouseholdId(f"h{number}") if household else None, ship_to=ship_to,
        lines=(Line(id=LineId("l1"), sku=SkuId(SKUS[number % 3]), title="food", quantity=quantity, price=price),),
        tenders=tuple(
            Tender(
                id=TenderId(f"t{part}"), kind=TenderKind.CARD, amount=Money(1_000 * quantity, "EUR"),
                state=TenderState.CAPTURED if paid else TenderState.PENDING,
                source=DECLINES if declined and part == tenders - 1 else f"card-{part}",
            )
            for part in range(tenders)
        ),
    )  # fmt: skip


def placed(order: Order) -> Envelope:
    """The event that our own checkout would record for it."""
    return Envelope(
        shop=SHOP, source="checkout", id=f"placed-{order.id}", at=order.placed_at, event=OrderPlaced(order=order)
    )
