"""Goods: which of what a shop sells a text may mean. Played by the hub itself, from what all accounts say of them."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import ListedRecall, SkuId
from pawline.ports.read import read


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU that a text may mean, and why that is thought."""

    sku: SkuId
    title: str
    why: str


class Goods(Protocol):
    """Answers are as new as the call. Transient(unavailable) while the record is being built or is far behind."""

    @read
    async def named_in(self, listed: ListedRecall) -> tuple[Named, ...]:
        """SKUs that a listed recall may mean, the best reason first, 20 at most; none where nothing speaks for it.

        It is a guess, for a person: what is not named may be meant all the same.
        """
        ...
