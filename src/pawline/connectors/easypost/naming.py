"""How a consignment of ours is known again at EasyPost: by the reference of its shipment, which its rates name too."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from pawline.model import OrderId
from pawline.ports import Code, Consignment, Rate, Rejected

OURS: Final = "pawline"
SHIPMENT, ORDER = "shp_", "order_"
"""How EasyPost's ids begin."""
RETURNS: Final = "return-"
"""Parts of what comes back (`label_return`): what happens to it happens to no parcel of its order."""


class Named(NamedTuple):
    """Of a shipment that we made: the order, and which of its consignments."""

    order: OrderId
    part: str

    @property
    def comes_back(self) -> bool:
        """Whether it is a return."""
        return self.part.startswith(RETURNS)


def reference_of(whose: str, consignment: Consignment) -> str:
    """`pawline:pets-us:1001:all`, each part quoted: other shops by the same key have an order 1001, too.

    EasyPost takes a reference where it takes an id: ours is never one.
    """
    return ":".join([OURS, *(quote(one, safe="") for one in (whose, consignment.order, consignment.part))])


def named(reference: str | None, whose: str) -> Named | None:
    """What it says; None where it is another shop's shipment, or was made by no Pawline."""
    mine, *rest = (reference or "").split(":")
    if mine != OURS or not all(rest):
        return None
    match [unquote(one) for one in rest]:
        case [shop, order, part] if shop == whose:
            return Named(OrderId(order), part)
        case [order, part]:  # of before the shop was in it: whose else? A look finds none bought 50 days ago
            return Named(OrderId(order), part)
    return None


def is_ours(reference: str | None) -> bool:
    """Whether a Pawline gave it, of whichever shop."""
    return (reference or "").startswith(f"{OURS}:")


def rate_name(bought: str, rate: str) -> str:
    """The reference of a rate: whoever has it finds what is bought by it, also after a death."""
    return f"{bought}/{rate}"


def is_order(name: str) -> bool:
    """Whether it is several parcels."""
    return name.startswith(ORDER)


def bought_by(rate: Rate) -> tuple[str, str]:
    """Shipment and id of the rate, or order and carrier with service (`order_…/UPS Ground`).

    Raises Rejected(expired) for a rate that is none of EasyPost's: rates are asked for anew.
    """
    bought, slash, one = (rate.reference or "").partition("/")
    good = one.startswith("rate_") if bought.startswith(SHIPMENT) else is_order(bought) and " " in one
    if not (slash and good):
        raise Rejected("this rate is none of EasyPost's", Code.EXPIRED)
    return bought, one
