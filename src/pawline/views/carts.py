"""Carts as of their newest change, whether they were bought, and whether they were given back by a refused order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pawline.model import CartBought, CartChanged, OrderRefused
from pawline.views.view import Seen, View, Write


def _changed(seen: Seen) -> Iterable[Write]:
    cart = seen.event.cart
    items = sum(line.quantity for line in cart.lines)
    changed = cart.changed_at.timestamp()
    yield "view_cart", (seen.shop, cart.id, changed, cart.household, cart.currency, cart.worth().minor, items)


def _bought(seen: Seen) -> Iterable[Write]:
    yield "view_cart_bought", (seen.shop, seen.event.cart, seen.event.order)


def _refused(seen: Seen) -> Iterable[Write]:
    yield "give_back_cart", (seen.shop, seen.event.order)


CARTS: Final = View(
    "carts@2", "carts, and whether they were bought",
    {CartChanged: _changed, CartBought: _bought, OrderRefused: _refused},
)  # fmt: skip
