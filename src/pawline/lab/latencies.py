"""How long vendors take: lognormal by vendor, or what a third party measured, drawn by seed so that all columns agree.

No public source gives these vendors' response times as a distribution, so the usual ones are assumptions, in the order
of what payment providers aim at (authorisation under 300 ms, 95 of 100 under 800 ms:
https://www.finantrix.com/glossary/calculate-average-payment-processing-latency). A shop's own figures replace them.
"""

from __future__ import annotations

import csv
import io
import math
import random
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DRAWS: Final = 4_000
"""Of each vendor; whoever asks more often meets them again, in the same order."""
MOST: Final = 60_000.0
"""Milliseconds: nothing that was measured is longer and of use here."""


class Usual(NamedTuple):
    """A lognormal by its median in milliseconds and its spread: 95 of 100 are under median × e^(1.645 spread)."""

    median: float
    spread: float


USUAL: Final = {
    "payments": Usual(300, 0.5), "inventory": Usual(120, 0.5), "shipping": Usual(300, 0.5),
    "fulfilment": Usual(150, 0.5), "crm": Usual(150, 0.5), "marketing": Usual(120, 0.5),
}  # fmt: skip
"""Assumed, see above."""


class WrongLatencies(ValueError):
    """What is wrong with a third party's figures, and in which line."""


def read(text: str) -> dict[str, list[float]]:
    """Milliseconds by vendor, from a CSV with the columns `vendor` and `milliseconds`. Raises WrongLatencies."""
    rows = csv.DictReader(io.StringIO(text))
    if not rows.fieldnames or not {"vendor", "milliseconds"} <= set(rows.fieldnames):
        raise WrongLatencies("its first line is `vendor,milliseconds`; then a line for each call")
    try:
        return _measured(rows)
    except csv.Error as problem:
        raise WrongLatencies(f"line {rows.line_num + 1}: it is no CSV ({problem})") from None


def _measured(rows: csv.DictReader[str]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for row in rows:
        if None in row and len(rows.fieldnames or ()) == 2:
            raise WrongLatencies(f"line {rows.line_num}: more than two fields; a decimal sign is a point")
        vendor, said = (row["vendor"] or "").strip().lower(), (row["milliseconds"] or "").strip()
        if vendor not in USUAL:
            raise WrongLatencies(f"line {rows.line_num}: {vendor or 'nobody'} is none of {', '.join(sorted(USUAL))}")
        try:
            ms = float(said)
        except ValueError:
            ms = math.nan
        if not 0 <= ms <= MOST:
            raise WrongLatencies(f"line {rows.line_num}: {said or 'nothing'} is no number from 0 to {MOST:,.0f}")
        found.setdefault(vendor, []).append(ms)
    if not found:
        raise WrongLatencies("there is no line but the first: add a call of a vendor")
    return found


def drawn(seed: int, measured: Mapping[str, Sequence[float]] | None = None) -> dict[str, list[float]]:
    """Seconds of each call, by vendor: of those that somebody measured theirs, drawn again; of the others the usual."""
    measured, made = measured or {}, dict[str, list[float]]()
    for vendor, usual in USUAL.items():
        chance = random.Random(f"{seed}/{vendor}")  # noqa: S311 - chance to be repeated
        if known := measured.get(vendor):
            made[vendor] = [round(chance.choice(known) / 1_000, 4) for _ in range(DRAWS)]
        else:
            middle = math.log(usual.median)
            made[vendor] = [round(chance.lognormvariate(middle, usual.spread) / 1_000, 4) for _ in range(DRAWS)]
    return made
