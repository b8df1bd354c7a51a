"""The two tables that somebody decides by, each cell reckoned from a run's rows and leading back to them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.lab import cells
from pawline.lab.cells import Cell
from pawline.lab.judging import half_done, lost
from pawline.lab.rows import Way

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pawline.lab.rows import Column

THEIRS: Final = (
    "Your shop's platform owns the checkout: it answers the shopper, takes the money and keeps the last unit. Pawline"
    " hears of orders by webhook and does what comes after, as in the column event-driven. No figure here was measured"
    " at your platform or at your vendors: each is of the lab's own checkout and sandbox, on the machine that ran it."
)

ONE: Final = frozenset({"ramp", "parts"})
"""Rows that a column has once, and not for each day."""


class Heading(NamedTuple):
    """A row: its name, what its cells are, and whether they hold where the platform owns the checkout."""

    name: str
    says: str
    make: Callable[[Column, Column | None], Cell]
    theirs: bool = True


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row; a cell for each column, in their order. `applies` False: not for a shop with another's checkout."""

    name: str
    says: str
    applies: bool
    cells: tuple[Cell, ...]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table."""

    title: str
    rows: tuple[Row, ...]


def _of(make: Callable[[Column], Cell]) -> Callable[[Column, Column | None], Cell]:
    return lambda column, _: make(column)


PROFILES: Final = (
    Heading("answer, all well", "p50 / p95 / p99 of the wait for page and answer; who left has the time they left at",
            _of(partial(cells.answers, trouble=False)), theirs=False),
    Heading("answer, in trouble", "the same, while a vendor is slow, refuses or is dead, or the hub was killed",
            _of(partial(cells.answers, trouble=True)), theirs=False),
    Heading("complexity: moving parts", "processes, stores and accounts, counted from the settings", _of(cells.parts)),
    Heading("complexity: settings", "values in the settings; lines of code of one's own", _of(cells.settings)),
    Heading("errors seen by shoppers", "shoppers whose page showed an error at least once", _of(cells.seen),
            theirs=False),
    Heading("recovered later", "orders placed in trouble that became whole, or were undone and said so",
            _of(cells.recovered)),
    Heading("lost / half done / doubled / oversold", "orders, and units, by the vendors' ledgers", _of(cells.wrong)),
    Heading("scale", f"orders a second while the answer's p99 is under {cells.LIMIT:g} ms", _of(cells.holds),
            theirs=False),
    Heading("gave up waiting", "shoppers who left without an answer, once or for good", _of(cells.gave_up),
            theirs=False),
    Heading("did not buy", "of those whose goods were there: nothing arrived", _of(cells.unsold),
            theirs=False),
    Heading("abandonment by studies", "conversions that these waits cost by published curves, with their range",
            _of(cells.by_curves), theirs=False),
    Heading("personalisation: freshness",
            "p50 / p95 from when a stock figure is due until its product's page shows it; a hub that is down is part"
            " of it. No page here is chosen by a pet",
            _of(cells.freshness)),
    Heading("manual work", "cases, and orders that somebody must put right, for 1,000 orders", _of(cells.manual)),
    Heading("survey integration", "tools that can be connected without code", _of(cells.surveys)),
)  # fmt: skip
OPERATION: Final = (
    Heading("workflow latency", "p50 / p95 / p99 from pressing buy to the last system, of orders that are whole",
            _of(cells.workflow)),
    Heading("error recovery", "p50 / p95 / longest from the end of a trouble until its orders are done",
            _of(cells.recovery)),
    Heading("scalability",
            f"orders a second until the answer's p99 is over twice a quiet shop's, and over {cells.LIMIT:g} ms",
            _of(cells.keeps_up), theirs=False),
    Heading("support for personalisation",
            "read models that a page could be made from, counted; p50 / p95 until one of them, a product's stock, shows"
            " what is due. That a page is made for a pet was not measured: there is none",
            _of(cells.personal)),
    Heading("manual work reduction", "against the column by hand", cells.reduction),
    Heading("feedback tools", "survey tools that can be connected", _of(cells.surveys)),
)  # fmt: skip


def tables(columns: Sequence[Column], *, theirs: bool = False) -> tuple[Table, Table]:
    """Both; `theirs`: the shop does not own its checkout, and is told what does not hold for it."""
    hand = next((one for one in columns if one.way is Way.BY_HAND), None)

    def made(title: str, headings: Sequence[Heading]) -> Table:
        rows = [
            Row(name=one.name, says=one.says, applies=one.theirs or not theirs,
                cells=tuple(_placed(one.make(column, hand), n) for n, column in enumerate(columns)))
            for one in headings
        ]  # fmt: skip
        return Table(title=title, rows=tuple(rows))

    return made("What each way of taking orders means", PROFILES), made("What it means for operations", OPERATION)


def path(kind: str, column: int) -> str:
    """Where rows of this kind are in the report, of the column of this number."""
    return f"/columns/{column}/{kind}" if kind in ONE else f"/columns/{column}/rounds/*/{kind}"


def _placed(cell: Cell, column: int) -> Cell:
    return msgspec.structs.replace(cell, path=path(cell.raw, column))


def broken(columns: Sequence[Column]) -> list[str]:
    """What must never be of Pawline's columns, in sentences; empty where all holds."""
    said = []
    for column in columns:
        rows = [one for day in column.rounds for one in day.orders]
        found = {
            "lost": [one.order for one in lost(rows)], "half done": [one.order for one in half_done(rows)],
            "doubled": [one.order for one in rows if one.doubled],
            "oversold": sorted({sku for day in column.rounds for sku in day.oversold}),
        }  # fmt: skip
        if column.way.ours:
            said += [f"{column.way}: {len(names)} {what}: {', '.join(names[:5])}"
                     for what, names in found.items() if names]  # fmt: skip
    return said
