"""How an order is handed over: the words that a column may have, and the file that it stands in. Data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec

from pawline.connectors.files.layout import check_encoding
from pawline.connectors.files.naming import ORDER, Place, check_place, place_of
from pawline.connectors.files.paths import check_below
from pawline.insight.rows import check_zone

TAKEN: Final = "taken"
OF_ORDER: Final = ("order", "number", "placed_at", "currency", "total", "total_minor", "email", "language")
OF_ADDRESS: Final = (
    "name", "company", "address1", "address2", "address3", "postcode", "city", "region", "country", "phone",
)  # fmt: skip
OF_ITEM: Final = ("row", "sku", "quantity")
OF_LINE: Final = ("line", "title", "price", "price_minor", "line_total", "line_total_minor")
VALUES: Final = (*OF_ORDER, *OF_ADDRESS, *OF_ITEM, *OF_LINE)
"""What may stand in a column; those of lines only where `rows` is `lines`."""


class Cell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column of fixed width: what does not fit is refused, never cut."""

    value: str
    width: Annotated[int, msgspec.Meta(ge=1)]
    right: bool = False
    fill: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] = " "


class Orders(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an order is handed over: a file of its own, a row for each item (or line) of it.

    `columns` has the file's column and what stands there: a word of `VALUES`, or `=` and a text that is always the
    same. `cancel` is the same for a file that takes it back; empty: none does.

    `taken` says where the system moves what it took: an order that is nowhere was not handed over, and is handed over
    again. `once` says instead that it books an order once, however often its file comes. `refused` says where it moves
    what it refused: found among what was taken, it would never be handed over again.
    """

    folder: str
    columns: dict[str, str | Cell]
    cancel: dict[str, str | Cell] = {}
    name: str = "order-{order}.csv"
    cancel_name: str = "cancel-{order}.csv"
    taken: tuple[str, ...] = ()
    refused: str = ""
    once: bool = False
    acknowledged: Literal["booked", "taken"] = "booked"
    booked_hours: Annotated[float, msgspec.Meta(gt=0)] = 24.0
    rows: Literal["items", "lines"] = "items"
    format: Literal["csv", "fixed"] = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    end: str = ""
    newline: Literal["\n", "\r\n"] = "\n"
    decimal: Literal[".", ","] = "."
    dates: str = ""
    zone: str = ""
    replace: str = ""
    escape: bool = True

    @property
    def put(self) -> Place:
        """Where an order's file is put."""
        return place_of(self.folder, self.name)

    @property
    def places(self) -> tuple[Place, ...]:
        """Where it is once it was taken."""
        return tuple(place_of(one, self.name) for one in self.taken)

    @property
    def believes_taken(self) -> bool:
        """Whether a file that lies among those that were taken says something of its order."""
        return not self.once or self.acknowledged == TAKEN

    @property
    def rejects(self) -> Place | None:
        """Where it is once it was refused, if that is said."""
        return place_of(self.refused, self.name) if self.refused else None


Cells = Mapping[str, str | Cell]


def check_orders(one: Orders) -> None:
    """Raises ValueError."""
    check_below("orders: `folder`", one.folder)
    for setting, name in (("name", one.name), ("cancel_name", one.cancel_name)):
        if "/" in name or name.count(ORDER) != 1 or any(sign in name.replace(ORDER, "", 1) for sign in "{*"):
            raise ValueError(f"orders: `{setting}` is a file's name with {{order}} in it, once")
    if one.name == one.cancel_name:
        raise ValueError("orders: `name` and `cancel_name` are the same: a cancellation would replace the order")
    if not one.taken and not one.once:
        raise ValueError(
            "orders: say in `taken` where the system moves the files that it took, or `once = true` if it books an"
            " order once however often its file comes: else an order could be booked twice"
        )
    if one.acknowledged == TAKEN and not one.taken:
        raise ValueError("orders: `acknowledged` by being taken: say in `taken` where the system moves what it took")
    _check_places(one)
    if one.format == "csv" and len(one.delimiter) != 1:
        raise ValueError("orders: `delimiter` is one character")
    check_encoding("orders", one.encoding)
    check_zone("orders: `zone`", one.zone or "UTC")
    if not one.columns:
        raise ValueError("orders: `columns` says what stands in the file: name at least one")
    for setting, cells in (("columns", one.columns), ("cancel", one.cancel)):
        _check_cells(f"orders: `{setting}`", one, cells)


def _check_places(one: Orders) -> None:
    for setting, said in (*(("taken", each) for each in one.taken), *([("refused", one.refused)] * bool(one.refused))):
        check_below(f"orders: `{setting}`", said)
        check_place(setting, said)
    for said, place in zip(one.taken, one.places, strict=True):
        if place.overlaps(one.put):
            raise ValueError(f"orders: `taken` is {said!r}, where orders are put: each would be one that was taken")
    if one.rejects is not None and one.believes_taken and any(place.overlaps(one.rejects) for place in one.places):
        raise ValueError(
            f"orders: `refused` is {one.refused!r}, where `taken` looks, too: an order that was refused would be taken"
            " for handed over, and never be handed over again"
        )


def check_refusals(one: Orders) -> None:
    """Of a system that refuses orders later. Raises ValueError where nobody said that `taken` has none of those."""
    if one.believes_taken and one.rejects is None:
        raise ValueError(
            "orders: say in `refused` where the system moves the files that it refused: an order whose refused file was"
            " found among `taken` would be taken for handed over, and never be handed over again"
        )


def _check_cells(where: str, orders: Orders, cells: Cells) -> None:
    known = ("order",) if where.endswith("`cancel`") else VALUES if orders.rows == "lines" else _without(OF_LINE)
    for column, cell in cells.items():
        if isinstance(cell, Cell) != (orders.format == "fixed"):
            raise ValueError(f"{where}: {column} has a `width` in a file of fixed width, and only there")
        value = cell.value if isinstance(cell, Cell) else cell
        if not value.startswith("=") and value not in known:
            raise ValueError(f"{where}: {column} is {value!r}: one of {', '.join(known)}, or = and a text")


def _without(left_out: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in VALUES if one not in left_out)
