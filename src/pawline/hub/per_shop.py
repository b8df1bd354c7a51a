"""Settings that each shop has one entry of, and addresses in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from pawline.model import Address
from pawline.runtime import Binding
from pawline.views.answers import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    T = TypeVar("T", bound="Entry")


class Entry(Protocol):
    """An entry is of these `shops`; none named: all."""

    @property
    def shops(self) -> Sequence[str]: ...


class AddressSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The address on the labels. `country` is two upper-case letters."""

    name: str
    lines: list[str]
    city: str
    country: str
    postcode: str | None = None
    region: str | None = None
    company: str | None = None
    phone: str | None = None


def address_of(where: str, said: AddressSettings) -> Address:
    """Raises ValueError with a sentence that names the key `where`, and what carriers make no label without."""
    for name in ("name", "city"):
        if not getattr(said, name).strip():
            raise ValueError(f"{where}.{name}` is empty: carriers make no label without it")
    try:
        return Address(**msgspec.structs.asdict(said) | {"lines": tuple(said.lines)})
    except ValueError as problem:
        raise ValueError(f"{where}`: {problem}; correct it") from problem


def check_shops(key: str, entries: Sequence[Entry], shops: Sequence[str], more: str) -> None:
    """Raises ValueError where a shop is unknown, or has two entries; `more` says what to do about the second."""
    taken: dict[str, int] = {}
    for n, one in enumerate(entries):
        if unknown := sorted(set(one.shops) - set(shops)):
            raise ValueError(f"`{key}[{n}].shops` names {unknown[0]}, which is not in `shops`: correct one of them")
        for shop in one.shops or shops:
            if (before := taken.setdefault(shop, n)) != n:
                raise ValueError(f"`{key}[{n}]`: {shop} has `{key}[{before}]` already: {more}")


def played(port: type[Any], entries: Iterable[T], shops: Sequence[str], play: Callable[[T], object]) -> list[Binding]:
    """The hub's own accounts that play the port, one for each shop that has an entry."""
    return [
        Binding(f"{ACCOUNT}/{shop}", port, play(one), shops=frozenset([shop]))
        for one in entries
        for shop in one.shops or shops
    ]
