"""Visits: what a browser did in a shop on a day. No person, until an order says whose browser it was."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Act(StrEnum):
    """What can be told of a visit. Stores keep a bit for each, by its place here: new ones go at the end."""

    PAGE = "page"
    COLLECTION = "collection"
    SEARCH = "search"
    PRODUCT = "product"
    ADDED = "added"
    REMOVED = "removed"
    CART = "cart"
    CHECKOUT = "checkout"
    CONTACT = "contact"
    ADDRESS = "address"
    SHIPPING = "shipping"
    PAYMENT = "payment"
    COMPLETED = "completed"
    ALERT = "alert"
    BROKEN = "broken"


BIT: Final = {act: 1 << n for n, act in enumerate(Act)}


def bits_of(acts: Iterable[Act]) -> int:
    """Those acts as one number."""
    found = 0
    for act in acts:
        found |= BIT[act]
    return found


def acts_of(bits: int) -> tuple[Act, ...]:
    """The acts of such a number, in the order of `Act`; bits of a newer Pawline are left out."""
    return tuple(act for act, bit in BIT.items() if bits & bit)
