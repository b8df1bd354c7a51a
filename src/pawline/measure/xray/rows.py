"""A kind's findings as a table, one file each: for a spreadsheet, and for whoever wants to see every row."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from pawline.measure.xray.finding import Finding
from pawline.model import exponent

HEADER: Final = ("about", "at", "what", "amount", "currency", "rows")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class Writer:
    """Writes into a folder; times are in a zone."""

    def __init__(self, to: Path, zone: str) -> None:
        self._to, self._zone = to, ZoneInfo(zone)
        to.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def file(self, kind: str) -> Iterator[Callable[[Finding], None]]:
        """The file of a kind; none where nothing is written, and none is left of an earlier time."""
        path, count = self._to / f"{kind}.csv", 0
        with path.open("w", encoding="utf-8", newline="") as out:
            table = csv.writer(out)
            table.writerow(HEADER)

            def write(one: Finding) -> None:
                nonlocal count
                count += 1
                table.writerow([_plain(cell) for cell in self._cells(one)])

            yield write
        if not count:
            path.unlink()

    def _cells(self, one: Finding) -> tuple[str, ...]:
        at = "" if one.at is None else datetime.fromtimestamp(one.at, self._zone).isoformat(timespec="seconds")
        amount = "" if one.amount is None else decimal(one.amount, one.currency)
        return one.about, at, one.what, amount, one.currency, "; ".join(one.rows)


def decimal(minor: int, currency: str) -> str:
    """A figure that spreadsheets add up, with the currency's decimals; never below zero."""
    places = exponent(currency)
    return f"{minor // 10**places}.{minor % 10**places:0{places}}" if places else str(minor)


def _plain(cell: str) -> str:
    """A text that a spreadsheet would run as a formula begins with '."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
