"""Accounts of one shop that number their orders alike: an order of one would be taken for the other's."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from pawline.hub.connecting import card_of

if TYPE_CHECKING:
    from pawline.hub.settings import Settings


def alike(settings: Settings, account: str | None = None) -> list[str]:
    """Each two of them in a sentence; with `account`, those of which it is one."""
    every = frozenset(settings.shops)
    counting = [
        (one.name, frozenset(one.shops) or every)
        for n, one in enumerate(settings.accounts)
        if one.name and card_of(f"accounts[{n}]", one.name).counts
    ]
    return [
        f"{one} and {other} both count the orders of {', '.join(sorted(mine & theirs))} from one: an order of one is "
        "taken for the other's of the same number. Give each a shop of its own (`shops`)"
        for (one, mine), (other, theirs) in combinations(counting, 2)
        if mine & theirs and account in (None, one, other)
    ]  # fmt: skip
