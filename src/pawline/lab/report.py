"""All that a run of the lab comes to: what was played, the tables, the rows behind them, and what must never be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pawline.lab.day import PATIENCE, Recorded
from pawline.lab.rows import Column
from pawline.lab.tables import Table, broken, tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.lab.day import Plan


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. A cell's `path` leads to its rows in `columns`, as a JSON pointer whose `*` is every day."""

    seed: int
    shoppers: int
    day_seconds: float
    patience: float
    measured: tuple[str, ...]
    whose: str
    recorded: Recorded | None
    theirs: bool
    took: float
    says: str
    broken: tuple[str, ...]
    good: bool
    tables: tuple[Table, ...]
    columns: tuple[Column, ...]


def reported(plan: Plan, columns: Sequence[Column], *, theirs: bool, seconds: float) -> Report:
    """Reckoned from the columns' rows."""
    wrong = tuple(broken(columns))
    return Report(
        seed=plan.seed, shoppers=len(plan.shoppers), day_seconds=plan.seconds, patience=plan.patience,
        measured=plan.measured, whose=plan.whose, recorded=plan.recorded, theirs=theirs,
        took=round(seconds, 1), says=_says(plan), broken=wrong, good=not wrong,
        tables=tables(columns, theirs=theirs), columns=tuple(columns),
    )  # fmt: skip


def _says(plan: Plan) -> str:
    whose = f"{plan.whose}, not by this run; else assumed" if plan.measured else "assumed (lognormal)"
    patient = "53 of 100 are gone after 3 s (Akamai 2017, of pages)"
    if plan.patience != PATIENCE:
        patient = f"half are gone after {plan.patience:g} s, as --patience says"
    return (
        "Three times are p50 / p95 / p99, two are p50 / p95; of error recovery the third is the longest."
        f" Vendors' times: {whose}. Intervals are 95 %: order statistics for times, Wilson's for shares, widened to"
        f" each round. Patience: {patient}."
        " Hub, script and vendors share this machine: compare columns, not shops."
    )
