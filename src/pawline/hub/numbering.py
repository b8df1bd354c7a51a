"""Accounts of one shop that number their orders alike: an order of one would be taken for the other's."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from pawline.hub.connecting import card_of
from pawline.hub.settings import HubRefused

if TYPE_CHECKING:
    from pawline.hub.settings import Settings


def alike(settings: Settings, account: str | None = None) -> list[str]:
    """Each two of them in a sentence; with `account`, those of which it is one.

    One whose connector is not here is passed over: it is said elsewhere.
    """
    every = frozenset(settings.shops)
    counting = [
        (one.name, frozenset(one.shops) or every)
        for n, one in enumerate(settings.accounts)
        if one.name and _counts(f"accounts[{n}]", one.name)
    ]
    return [
        f"{one} and {other} both count the orders of {', '.join(sorted(mine & theirs))} from one: an order of one is "
        "taken for the other's of the same number. Give each a shop of its own (`shops`)"
        for (one, mine), (other, theirs) in combinations(counting, 2)
        if mine & theirs and account in (None, one, other)
    ]  # fmt: skip


def _counts(where: str, name: str) -> bool:
    try:
        return card_of(where, name).counts
    except HubRefused:
        return False
