"""How urgent a placed order is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pawline.model import OrderPlaced
    from pawline.runtime import Urgency


def of_order(placed: OrderPlaced) -> Urgency:
    """A renewal waits behind whoever sits at a screen: see docs/why/0020."""
    return "bulk" if placed.renewal else "work"
