"""How far visits of a day came, and where they were left: figures of browsers that agreed to be counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from pawline.model import BIT, Act, bits_of

WAY: Final = (Act.CHECKOUT, Act.CONTACT, Act.ADDRESS, Act.SHIPPING, Act.PAYMENT, Act.COMPLETED)
"""A checkout, step by step. An express checkout passes over some: who was at a later one was at this, too."""


class Funnel(msgspec.Struct, frozen=True, kw_only=True):
    """Browsers of one day, each counted once: those that came at least so far.

    `abandoned` is the share of checkouts begun that were not completed that day, None where none was; `alert` and
    `broken` are checkouts that showed a message or had an extension fail.
    """

    visitors: int = 0
    product: int = 0
    search: int = 0
    added: int = 0
    checkout: int = 0
    contact: int = 0
    address: int = 0
    shipping: int = 0
    payment: int = 0
    completed: int = 0
    abandoned: float | None = None
    alert: int = 0
    broken: int = 0


def funnel(counts: Iterable[tuple[int, int]]) -> Funnel:
    """The figures of a day, from how many browsers did just these acts (as `bits_of` has them)."""
    kinds = [*counts]  # 32,768 of them at most, where somebody means it: a few milliseconds for each act
    masks = {act: BIT[act] for act in (Act.PRODUCT, Act.SEARCH, Act.ADDED, Act.ALERT, Act.BROKEN)}
    masks |= {act: bits_of(WAY[n:]) for n, act in enumerate(WAY)}
    found = {act.value: sum([browsers for did, browsers in kinds if did & mask]) for act, mask in masks.items()}
    begun = found["checkout"]
    return Funnel(
        **found, visitors=sum([browsers for _, browsers in kinds]),
        abandoned=round(1 - found["completed"] / begun, 4) if begun else None,
    )  # fmt: skip
