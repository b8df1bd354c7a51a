"""`[[returns]]` in the settings: where a shop's goods come back to, and what it takes back without asking a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from pawline.hub.per_shop import AddressSettings, address_of, check_shops, played
from pawline.model import SkuId
from pawline.ports import ReturnRules, Returns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pawline.runtime import Binding


class ReturnSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Returns of these `shops` (none named: all); a shop has one entry at most. See `ReturnRules`.

    `days` 0 is at any time. USPS takes an unused label back for 30 days: the default leaves some for whatever waits.
    """

    shops: list[str] = []
    to: AddressSettings
    days: int = 30
    never: list[str] = []
    unused_days: int = 25
    unit_grams: int = 1_000


KINDS: Final[dict[str, type[msgspec.Struct]]] = {"returns": ReturnSettings, "returns.to": AddressSettings}
"""What each part of it is, by its key."""


def check(returns: Sequence[ReturnSettings], shops: Sequence[str]) -> None:
    """Raises ValueError with a sentence that names the key and what to do."""
    check_shops("returns", returns, shops, "leave one of them")
    for n, one in enumerate(returns):
        _check_one(f"`returns[{n}]", one)


def _check_one(where: str, one: ReturnSettings) -> None:
    if one.days < 0:
        raise ValueError(f"{where}.days` is {one.days}: give 1 or more, or 0 for returns at any time")
    for name, said in {"unused_days": one.unused_days, "unit_grams": one.unit_grams}.items():
        if said < 1:
            raise ValueError(f"{where}.{name}` is {said}: give 1 or more")
    if not all(one.never):
        raise ValueError(f'{where}.never` names the SKU "": take it out')
    address_of(f"{where}.to", one.to)


def rules_of(returns: Iterable[ReturnSettings], shop: str) -> ReturnRules | None:
    """What the settings say of the shop; None where they say nothing."""
    return next((_rules(one) for one in returns if not one.shops or shop in one.shops), None)


def _rules(said: ReturnSettings) -> ReturnRules:
    return ReturnRules(
        to=address_of("to", said.to), days=said.days or None, never=tuple(map(SkuId, said.never)),
        unused_days=said.unused_days, unit_grams=said.unit_grams,
    )  # fmt: skip


class SaidReturns:
    """See `Returns`."""

    def __init__(self, said: ReturnSettings) -> None:
        self._rules = _rules(said)

    async def rules(self) -> ReturnRules:
        return self._rules


def return_bindings(returns: Iterable[ReturnSettings], shops: Sequence[str]) -> list[Binding]:
    """The hub's own accounts that play Returns, one for each shop that says where its returns go."""
    return played(Returns, returns, shops, SaidReturns)
