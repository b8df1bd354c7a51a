"""`[[storefronts]]` in the settings: shops whose checkout is ours, and how much their shoppers wait for."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from pawline.hub.per_shop import check_shops
from pawline.model import TenderKind

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST: Final = 30.0
"""Seconds: no shopper looks at a wheel that turns for longer."""


class Profile(StrEnum):
    """What a checkout waits for before it answers. The strings are stored: add, never rename."""

    EVENT_DRIVEN = "event-driven"
    """The record: order and hold are on disk."""
    HYBRID = "hybrid"
    """And the payment's first word, within the deadline."""
    SYNCHRONOUS = "synchronous"
    """And everything up to the confirmation, within the deadline."""


class StorefrontSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The checkouts of these `shops` (none named: all); a shop has one entry at most.

    After `deadline` seconds the shopper is told that we have the order, and the rest goes on. A quote holds for
    `quote_minutes`. `rate` and `client_rate` are requests a second, of one key and of one shopper's address; twice as
    many may come at once. `client_checkouts` are those that one shopper's address may make in a minute: whoever tries
    stolen cards, or sets stock aside for nobody, makes more. Goods stay set aside for `hold_hours` at most where a
    payment is on its way (a debit, a transfer): with 0, for half an hour, as for everybody. `pays` are the kinds of
    payment that a page may name; what nobody but the shop can vouch for (cash, a store's credit) its own server says.

    `taxes` are accounts that say what taxes are owed, in this order: the next one where one does not know it within
    `tax_deadline` seconds; where none does, nothing is quoted. None named: they are in the prices, or the shop's own
    server tells them. `taxes_included`: the prices of goods and deliveries contain them.
    """

    shops: list[str] = []
    profile: Profile = Profile.EVENT_DRIVEN
    deadline: Annotated[float, msgspec.Meta(gt=0, le=LONGEST)] = 3.0
    quote_minutes: Annotated[int, msgspec.Meta(ge=1, le=1_440)] = 15
    rate: Annotated[float, msgspec.Meta(ge=1)] = 500.0
    client_rate: Annotated[float, msgspec.Meta(ge=1)] = 20.0
    client_checkouts: Annotated[float, msgspec.Meta(ge=1)] = 10.0
    hold_hours: Annotated[float, msgspec.Meta(ge=0, le=720)] = 72.0
    taxes: tuple[str, ...] = ()
    taxes_included: bool = True
    tax_deadline: Annotated[float, msgspec.Meta(gt=0, le=10.0)] = 0.8
    pays: tuple[TenderKind, ...] = (TenderKind.CARD, TenderKind.GIFT_CARD)


KINDS: Final[dict[str, type[msgspec.Struct]]] = {"storefronts": StorefrontSettings}
"""What each part of it is, by its key."""


def longest_holds(storefronts: Sequence[StorefrontSettings], shops: Sequence[str]) -> dict[str, timedelta]:
    """How long goods stay set aside at most for a payment that is on its way, by shop."""
    return {shop: timedelta(hours=one.hold_hours) for one in storefronts for shop in one.shops or shops}


def check(storefronts: Sequence[StorefrontSettings], shops: Sequence[str], priced: Sequence[str]) -> None:
    """Raises ValueError with a sentence that names the key and what to do; `priced` are shops that have `rates`."""
    check_shops("storefronts", storefronts, shops, "a shop has one; take the other out")
    for n, one in enumerate(storefronts):
        if lacking := sorted(set(one.shops or shops) - set(priced)):
            raise ValueError(
                f"`storefronts[{n}]`: {lacking[0]} has no `rates`, so nobody is told what a delivery costs: add them"
            )
