"""Behaviour: what a household looked at in the shop, as far as its browsers told. Played by the hub itself."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Act, Aware, HouseholdId, SkuId
from pawline.ports.read import read


class Browsed(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at: `products` the latest first, 20 at most; `did` everything that was done; `last` when.

    Nothing and None of whom nothing is known: most shoppers are never seen, and that says nothing of them.
    """

    products: tuple[SkuId, ...] = ()
    did: tuple[Act, ...] = ()
    last: Aware | None = None


class Behaviour(Protocol):
    """Counted, never relied on: a browser says it, and anybody may pretend to be one. It is good for a suggestion.

    What a promise hangs on (who ordered, who left a cart) is told by events. Answers lack the last second or two.
    """

    @read
    async def seen(self, household: HouseholdId) -> Browsed:
        """Of the days that are kept, in browsers in which this household ordered and nobody else did.

        Transient(unavailable) while the record is being built or is far behind.
        """
        ...
