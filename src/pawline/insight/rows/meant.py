"""What rows are said to hold: which field is where, how theirs becomes ours, by when they are due. Data."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import Annotated, Final, Literal
from zoneinfo import available_timezones

import msgspec

from pawline.model import Analysis

LISTS: Final = ("species", "life_stages", "allergens")
"""Fields that hold several words."""
SHARES: Final = Analysis.__struct_fields__
FIELDS: Final = (
    "title", "brand", "gtin", "kind", "vet_diet", *LISTS, "large_growth", "complete", "kcal", "kcal_unit", "unit_grams",
    "content", "content_unit", "weight", "weight_unit", *SHARES, "ingredients", "adequacy", "calories", "hazard_class",
)  # fmt: skip
"""What a row of products may say besides its SKU and its time."""
Kind = Literal["stock", "booked", "refused", "sent", "products", "lots"]
NEEDED: Final[dict[Kind, tuple[str, ...]]] = {
    "stock": ("sku", "location", "on_hand", "as_of"), "booked": ("order", "reference", "at"),
    "refused": ("order", "cause", "at"), "sent": ("order", "shipment", "at"),
    "products": ("sku", "as_of"), "lots": ("sku", "lot", "as_of"),
}  # fmt: skip
"""What a row of each kind says; the last is when. `as_of` and `at` may come from elsewhere instead."""
MORE: Final[dict[Kind, tuple[str, ...]]] = {
    "stock": ("contains_until", "safety"), "products": FIELDS, "lots": ("best_by",),
}  # fmt: skip
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Above = Annotated[float, msgspec.Meta(gt=0)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class BadRow(ValueError):
    """A row that cannot be read; the text names the column, never what stands there."""


class Meant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows of one kind. `values` is theirs = ours by field, `only` which are read; `dates` is how texts say times."""

    kind: Kind
    name: str = ""
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", "'", " "] = ""
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    strict: tuple[str, ...] = ()
    only: dict[str, tuple[str, ...]] = {}
    dates: str = ""
    days: str = ""
    zone: str = ""
    due: str = ""
    due_days: tuple[Day, ...] = DAYS
    due_hours: Above = 6.0

    @property
    def called(self) -> str:
        """Its name among the account's watches."""
        return self.name or self.kind

    @property
    def moment(self) -> str:
        """The field that says when."""
        return NEEDED[self.kind][-1]


def check_meant(where: str, one: Meant) -> None:
    """Raises ValueError where numbers, the zone or the hour cannot be meant so."""
    if one.thousands == one.decimal:
        raise ValueError(f"{where}: `decimal` and `thousands` are the same")
    if one.zone:
        check_zone(f"{where}: `zone`", one.zone)
    if one.due:
        check_clock(f"{where}: `due`", one.due)


def check_fields(where: str, one: Meant, columns: Collection[str], *, timed: bool, hint: str) -> None:
    """Raises ValueError where a field lacks, or one is named that is none. `timed`: when is said elsewhere, too.

    `hint` is what else may say it.
    """
    known, given = (*NEEDED[one.kind], *MORE.get(one.kind, ())), {*columns, *one.constants}
    lacking = [field for field in NEEDED[one.kind] if field not in given and not (field == one.moment and timed)]
    if lacking:
        more = f", or {hint} for {one.moment}" if one.moment in lacking else ""
        raise ValueError(f"{where}: `columns` does not say where {', '.join(lacking)} is{more}")
    if strange := sorted(set(one.constants) - set(known)):
        raise ValueError(f"{where}: `constants` names {strange[0]}; there are {', '.join(known)}")
    if unused := sorted(set(columns) - set(known) - set(one.only)):
        raise ValueError(f"{where}: `columns` names {unused[0]}, which is none of {', '.join(known)}, nor in `only`")
    for setting, fields in (("values", one.values), ("only", one.only), ("strict", one.strict)):
        if strange := sorted(set(fields) - given):
            raise ValueError(f"{where}: `{setting}` names {strange[0]}, which `columns` does not")
    if strange := sorted(set(one.strict) - set(one.values)):
        raise ValueError(f"{where}: `strict` names {strange[0]}, of which `values` says nothing")


def check_zone(what: str, name: str) -> None:
    """Raises ValueError for a zone that this machine does not know."""
    if name not in _zones():
        raise ValueError(f"{what} is {name!r}: name one such as Europe/Berlin")


def check_clock(what: str, said: str) -> None:
    """Raises ValueError for what is no hour and minute."""
    if not _CLOCK.fullmatch(said):
        raise ValueError(f'{what} is hours and minutes such as "06:30"')


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
