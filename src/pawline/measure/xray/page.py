"""The page: one file that works offline, runs no script and loads nothing, on a phone as on a screen."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from pawline.measure.xray.books import spell
from pawline.measure.xray.finding import Finding
from pawline.measure.xray.making import SOURCES
from pawline.measure.xray.report import STEPS, Amount, Report, Spread
from pawline.measure.xray.rows import decimal
from pawline.measure.xray.spans import HOUR

_JINJA: Final = Environment(
    loader=PackageLoader("pawline.measure.xray"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True, auto_reload=False,
)  # fmt: skip
WIDE, HIGH, FLOOR = 640, 150, 18
"""Of the drawing, in its own units; the floor is what the hours below the columns take."""


def drawn(report: Report, name: str, folder: str) -> str:
    """The page about the shop called `name`, whose tables lie in `folder` beside it."""
    style = _JINJA.get_template("xray.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    zone = ZoneInfo(report.zone)

    def moment(at: int | None) -> str:
        return "" if at is None else f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"

    return _JINJA.get_template("xray.html").render(
        report=report, name=name, folder=folder, style=style, digest=digest, moment=moment, money=money, spell=spell,
        hours=lambda seconds: seconds // HOUR, absent=[(one, SOURCES[one].about) for one in report.absent],
        about={one: source.about for one, source in SOURCES.items()} | {"orders": "the shop's orders"},
        looked=[one for one in report.figures if one.found is not None],
        left=[one for one in report.figures if one.found is None],
        columns=None if report.to_label is None else columns(report.to_label),
    )  # fmt: skip


def money(amount: Amount | Finding) -> str:
    """`1,234.50 EUR`: with the decimals of its currency."""
    minor = amount.minor if isinstance(amount, Amount) else amount.amount or 0
    whole, dot, part = decimal(minor, amount.currency).partition(".")
    return f"{int(whole):,}{dot}{part} {amount.currency}"


def columns(spread: Spread) -> list[dict[str, Any]]:
    """Where each column of the drawing stands, how high it is, and what it says."""
    most, width = max(spread.columns), WIDE / len(spread.columns)
    made = []
    for at, count in enumerate(spread.columns):
        high = round((HIGH - FLOOR - 14) * count / most, 1)
        label = f"{STEPS[at]} h" if at < len(STEPS) else "more"
        made.append({
            "x": round(at * width + 3, 1), "y": round(HIGH - FLOOR - high, 1), "width": round(width - 6, 1),
            "high": high, "middle": round((at + 0.5) * width, 1), "label": label, "count": count,
        })  # fmt: skip
    return made
