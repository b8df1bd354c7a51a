"""What a file of the system's holds: where its fields stand, what they mean, how one knows that it is whole. Data."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

import msgspec

from pawline.connectors.files.goods import FIELDS
from pawline.connectors.files.layout import Column, check_layout
from pawline.connectors.files.paths import check_below, check_clock, check_zone

Kind = Literal["stock", "booked", "refused", "sent", "products", "lots"]
NEEDED: Final[dict[Kind, tuple[str, ...]]] = {
    "stock": ("sku", "location", "on_hand", "as_of"), "booked": ("order", "reference", "at"),
    "refused": ("order", "cause", "at"), "sent": ("order", "shipment", "at"),
    "products": ("sku", "as_of"), "lots": ("sku", "lot", "as_of"),
}  # fmt: skip
"""What an export of each kind says. `as_of` and `at` may come from the file's name or time instead."""
MORE: Final[dict[Kind, tuple[str, ...]]] = {
    "stock": ("contains_until", "safety"), "products": FIELDS, "lots": ("best_by",),
}  # fmt: skip
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MODIFIED: Final = "modified"
Above = Annotated[float, msgspec.Meta(gt=0)]
NotBelow = Annotated[float, msgspec.Meta(ge=0)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Export(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files of one kind that the system writes, and what each column of them is. See the README for every word.

    `columns` has our field's name and where it stands: a header's text, a number from 1 on, or `[from, to]`, both
    included, of fixed width. Columns that nobody names are passed over.
    """

    kind: Kind
    files: str
    columns: dict[str, Column]
    name: str = ""
    format: Literal["csv", "fixed"] = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    header: bool | None = None
    multiline: bool = False
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", "'", " "] = ""
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    strict: tuple[str, ...] = ()
    only: dict[str, tuple[str, ...]] = {}
    dates: str = ""
    days: str = ""
    zone: str = ""
    as_of: str = ""
    end: str = ""
    trailer: str = ""
    companion: str = ""
    still: NotBelow | None = None
    done: str = ""
    cumulative: bool = True
    due: str = ""
    due_days: tuple[Day, ...] = DAYS
    due_hours: Above = 6.0

    @property
    def called(self) -> str:
        """Its name among the account's watches."""
        return self.name or self.kind

    @property
    def headed(self) -> bool:
        """Whether its first line is a header. In fixed width one would name nothing: there only if it is said."""
        return self.format == "csv" if self.header is None else self.header

    @property
    def moment(self) -> str:
        """The field that says when."""
        return NEEDED[self.kind][-1]

    @property
    def folder(self) -> tuple[str, ...]:
        """Where its files are, by segments."""
        return tuple(self.files.split("/"))[:-1]

    def cannot_be_of(self, other: Export) -> bool:
        """Whether no name fits both, by how they begin."""
        ours, theirs = (re.split(r"[*?\[]", one.pattern)[0] for one in (self, other))
        return not (ours.startswith(theirs) or theirs.startswith(ours))

    @property
    def pattern(self) -> str:
        """What its files are called."""
        return self.files.rpartition("/")[2]


def check_export(one: Export) -> None:
    """Raises ValueError, naming the export and what to do."""
    where = f"export {one.called}"
    check_below(f"{where}: `files`", one.files)
    if any(sign in part for part in one.folder for sign in "*?["):
        raise ValueError(f"{where}: `files` has * in its last part only")
    if one.done:
        check_below(f"{where}: `done`", one.done)
        if one.done == "/".join(one.folder):
            raise ValueError(f"{where}: `done` is where its files are: name another folder")
    check_layout(where, one)
    _check_fields(where, one)
    _check_whole(where, one)
    if one.as_of and one.as_of != MODIFIED and "%" not in one.as_of:
        raise ValueError(f'{where}: `as_of` is "modified", or the file\'s name with %Y%m%d and so on in it')
    if one.zone:
        check_zone(f"{where}: `zone`", one.zone)
    if one.due:
        check_clock(f"{where}: `due`", one.due)


def _check_fields(where: str, one: Export) -> None:
    known, given = (*NEEDED[one.kind], *MORE.get(one.kind, ())), {*one.columns, *one.constants}
    lacking = [field for field in NEEDED[one.kind] if field not in given and not (field == one.moment and one.as_of)]
    if lacking:
        more = f", or say `as_of` for {one.moment}" if one.moment in lacking else ""
        raise ValueError(f"{where}: `columns` does not say where {', '.join(lacking)} is{more}")
    if strange := sorted(set(one.constants) - set(known)):
        raise ValueError(f"{where}: `constants` names {strange[0]}; there are {', '.join(known)}")
    if unused := sorted(set(one.columns) - set(known) - set(one.only)):
        raise ValueError(f"{where}: `columns` names {unused[0]}, which is none of {', '.join(known)}, nor in `only`")
    for setting, fields in (("values", one.values), ("only", one.only), ("strict", one.strict)):
        if strange := sorted(set(fields) - given):
            raise ValueError(f"{where}: `{setting}` names {strange[0]}, which `columns` does not")
    if strange := sorted(set(one.strict) - set(one.values)):
        raise ValueError(f"{where}: `strict` names {strange[0]}, of which `values` says nothing")


def _check_whole(where: str, one: Export) -> None:
    said = [name for name in ("end", "trailer", "companion") if getattr(one, name)]
    said += ["still"] if one.still is not None else []
    if len(said) > 1:
        raise ValueError(f"{where}: a file is whole by one of `end`, `trailer`, `companion` and `still`, not by all")
    if one.trailer and one.trailer.count("{rows}") != 1:
        raise ValueError(f"{where}: `trailer` is the last line with {{rows}} where their number stands")
    if one.companion and ("/" in one.companion or not re.search(r"\{(name|stem)\}", one.companion)):
        raise ValueError(f"{where}: `companion` is a name such as {{name}}.done or {{stem}}.ok")
