"""Carts as of their newest change, and whether they were bought."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pawline.model import CartBought, CartChanged
from pawline.views.view import Seen, View, Write


def _changed(seen: Seen) -> Iterable[Write]:
    cart = seen.event.cart
    items = sum(line.quantity for line in cart.lines)
    changed = cart.changed_at.timestamp()
    yield "view_cart", (seen.shop, cart.id, changed, cart.household, cart.currency, cart.worth().minor, items)


def _bought(seen: Seen) -> Iterable[Write]:
    yield "view_cart_bought", (seen.shop, seen.event.cart, seen.event.order)


CARTS: Final = View("carts@1", "carts, and whether they were bought", {CartChanged: _changed, CartBought: _bought})
