"""`[[returns]]` in the settings: where a shop's goods come back to, and what it takes back without asking a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from pawline.model import Address, SkuId
from pawline.ports import ReturnRules, Returns
from pawline.runtime import Binding
from pawline.views.answers import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class ReturnToSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The address on the labels. `country` is two upper-case letters."""

    name: str
    lines: list[str]
    city: str
    country: str
    postcode: str | None = None
    region: str | None = None
    company: str | None = None
    phone: str | None = None


class ReturnSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Returns of these `shops` (none named: all); a shop has one entry at most. See `ReturnRules`.

    `days` 0 is at any time.
    """

    shops: list[str] = []
    to: ReturnToSettings
    days: int = 30
    never: list[str] = []
    unused_days: int = 30
    unit_grams: int = 1_000


KINDS: Final[dict[str, type[msgspec.Struct]]] = {"returns": ReturnSettings, "returns.to": ReturnToSettings}
"""What each part of it is, by its key."""


def check(returns: Sequence[ReturnSettings], shops: Sequence[str]) -> None:
    """Raises ValueError with a sentence that names the key and what to do."""
    taken: dict[str, int] = {}
    for n, one in enumerate(returns):
        where = f"`returns[{n}]"
        if unknown := sorted(set(one.shops) - set(shops)):
            raise ValueError(f"{where}.shops` names {unknown[0]}, which is not in `shops`: correct one of them")
        for shop in one.shops or shops:
            if (before := taken.setdefault(shop, n)) != n:
                raise ValueError(f"{where}`: {shop} has `returns[{before}]` already: leave one of them")
        _check_one(where, one)


def _check_one(where: str, one: ReturnSettings) -> None:
    if one.days < 0:
        raise ValueError(f"{where}.days` is {one.days}: give 1 or more, or 0 for returns at any time")
    for name, said in {"unused_days": one.unused_days, "unit_grams": one.unit_grams}.items():
        if said < 1:
            raise ValueError(f"{where}.{name}` is {said}: give 1 or more")
    if not all(one.never):
        raise ValueError(f'{where}.never` names the SKU "": take it out')
    for name in ("name", "city"):
        if not getattr(one.to, name).strip():
            raise ValueError(f"{where}.to.{name}` is empty: carriers make no label without it")
    try:
        _address(one.to)
    except ValueError as problem:
        raise ValueError(f"{where}.to`: {problem}; correct it") from problem


def _address(said: ReturnToSettings) -> Address:
    return Address(**msgspec.structs.asdict(said) | {"lines": tuple(said.lines)})


class SaidReturns:
    """See `Returns`."""

    def __init__(self, said: ReturnSettings) -> None:
        self._rules = ReturnRules(
            to=_address(said.to), days=said.days or None, never=tuple(map(SkuId, said.never)),
            unused_days=said.unused_days, unit_grams=said.unit_grams,
        )  # fmt: skip

    async def rules(self) -> ReturnRules:
        return self._rules


def return_bindings(returns: Iterable[ReturnSettings], shops: Sequence[str]) -> list[Binding]:
    """The hub's own accounts that play Returns, one for each shop that says where its returns go."""
    return [
        Binding(f"{ACCOUNT}/{shop}", Returns, SaidReturns(one), shops=frozenset([shop]))
        for one in returns
        for shop in one.shops or shops
    ]
