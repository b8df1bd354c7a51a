"""The lab's page: one file, no script, nothing loaded; both tables, charts, and every row behind every cell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pawline.lab.charts import HUES, bars, dots, whiskers
from pawline.lab.tables import THEIRS, path

if TYPE_CHECKING:
    from pawline.lab.cells import Cell
    from pawline.lab.report import Report
    from pawline.lab.rows import Column

_JINJA: Final = Environment(
    loader=PackageLoader("pawline.lab"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True, auto_reload=False,
)  # fmt: skip
_UNIT: Final = re.compile(r"(\d) (ms|s)\b")
KINDS: Final = {
    "visits": ("shoppers", "each shopper, and how long they waited"),
    "orders": ("orders", "each order, by the vendors' ledgers"),
    "troubles": ("troubles", "what went wrong, and when"),
    "lags": ("freshness", "each stock figure, when it was due, and how long until a page showed it"),
}


def drawn(report: Report) -> str:
    """The page's text."""
    return _JINJA.get_template("page.html").render(
        report=report, anchor=anchor, together=together, interval=interval,
        charts=[*_charts(report)], days=[*_days(report)],
        raw=[*_raw(report)], theirs=THEIRS, slug=slug, zip=zip,
    )  # fmt: skip


def slug(column: Column) -> str:
    """The column's name in an address."""
    return column.way.value.replace(" ", "-")


def anchor(column: Column, cell: Cell) -> str:
    """Where the rows of a cell are on the page."""
    return f"{slug(column)}-{cell.raw}"


def together(text: str) -> str:
    """With no line that ends between a number and its unit."""
    return _UNIT.sub("\\1\u00a0\\2", text)


def interval(cell: Cell) -> str:
    """What stands behind the cell, in words: each figure with its interval and its count."""
    told = [
        f"{one.name} {one.value:,.4g} ({one.low:,.4g} to {'?' if one.high is None else f'{one.high:,.4g}'}, n={one.n})"
        for one in cell.figures
    ]
    return "; ".join([*told, cell.why] if cell.why else told)


def _charts(report: Report) -> list[tuple[str, Markup]]:
    cells = {row.name: row.cells for table in report.tables for row in table.rows}

    def times(title: str, row: str) -> tuple[str, Markup]:
        rows = [(column.way.value, [one.value for one in cell.figures if one.name.startswith("p")])
                for column, cell in zip(report.columns, cells[row], strict=True)]  # fmt: skip
        return title, Markup(whiskers(title, rows))  # noqa: S704 - our own SVG, names escaped

    def shares(title: str, row: str) -> tuple[str, Markup]:
        rows = [
            (column.way.value, one.value, one.low, 1.0 if one.high is None else one.high)
            for column, cell in zip(report.columns, cells[row], strict=True) for one in cell.figures[:1]
        ]  # fmt: skip
        return title, Markup(bars(title, rows))  # noqa: S704 - the same

    return [
        times("How long shoppers wait while all is well: p50, p95, p99", "answer, all well"),
        times("How long they wait while something is wrong", "answer, in trouble"),
        shares("Shoppers who left without an answer", "gave up waiting"),
        shares("Shoppers whose page showed an error", "errors seen by shoppers"),
        shares("Shoppers who got nothing, though it was there", "did not buy"),
        times("From the order to the last system", "workflow latency"),
    ]


def _days(report: Report) -> list[tuple[str, Markup]]:
    """The first day of each column, shopper by shopper."""
    found = []
    for hue, column in zip(HUES, report.columns, strict=False):
        day = column.rounds[0]
        points = [(one.due, one.stayed, one.gave_up) for one in day.visits]
        spans = [(one.name, one.begin, one.end) for one in day.troubles]
        title = f"{column.way.value}: each shopper of the day, and how long they waited"
        made = dots(title, points, spans, report.day_seconds * 1.05, hue)
        found.append((title, Markup(made)))  # noqa: S704 - our own SVG, names escaped
    return found


def _raw(report: Report) -> list[dict[str, Any]]:
    """Every row, by column and kind."""
    found: list[dict[str, Any]] = []
    for no, column in enumerate(report.columns):
        for kind, (name, says) in KINDS.items():
            rows = [{"day": n} | msgspec.to_builtins(one)
                    for n, day in enumerate(column.rounds, 1) for one in getattr(day, kind)]  # fmt: skip
            found.append(_section(column, path(kind, no), name, says, rows))
        cases = [{"day": n, "case": one} for n, day in enumerate(column.rounds, 1) for one in day.cases]
        found.append(_section(column, path("cases", no), "cases", "questions that wait for a person", cases))
        ramp = [msgspec.to_builtins(one) for one in column.ramp]
        found.append(_section(column, path("ramp", no), "ramp", "orders a second, and their answers", ramp))
        parts = [msgspec.to_builtins(column.parts)]
        found.append(_section(column, path("parts", no), "parts", "what is kept running, as counted", parts))
    return found


def _section(column: Column, where: str, name: str, says: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "anchor": f"{slug(column)}-{where.rpartition('/')[2]}", "path": where,
        "title": f"{column.way.value}: {name}", "says": says,
        "heads": list(rows[0]) if rows else [],
        "rows": [[_shown(value) for value in row.values()] for row in rows],
    }  # fmt: skip


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
