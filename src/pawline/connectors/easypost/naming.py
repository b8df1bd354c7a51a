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


def reference_of(consignment: Consignment) -> str:
    """`pawline:1001:all`, each part quoted. EasyPost takes a reference where it takes an id: ours is never one."""
    return f"{OURS}:{quote(consignment.order, safe='')}:{quote(consignment.part, safe='')}"


def named(reference: str | None) -> Named | None:
    """What it says; None where somebody else made the shipment."""
    mine, *rest = (reference or "").split(":")
    if mine != OURS or len(rest) != 2 or not all(rest):
        return None
    return Named(OrderId(unquote(rest[0])), unquote(rest[1]))


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
