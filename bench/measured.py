"""The rates that advice is reckoned with, from the kept results: `python -m bench.measured`.

It writes `src/pawline/insight/advice/measured.py`. A test compares the two: advice never outlives its figures.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

from bench.registry import RESULTS

Detail = dict[str, Any]

HEAD = '''"""Rates that were measured, with the day and the command.

Made by `python -m bench.measured > src/pawline/insight/advice/measured.py`; a test compares them.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Rate(NamedTuple):
    """A figure of one machine, of so many cores, on a day: not a promise for another one."""

    value: float
    unit: str
    about: str
    date: str
    cores: int
    command: str


'''


def _renewals(detail: Detail) -> float:
    """Renewals a second, of the slowest round: a burst is over when the last of it is."""
    return min(float(one["burst"]["orders"]) / float(one["done_s"]) for one in detail["rounds"])


WANTED: Final[tuple[tuple[str, str, str, str, Callable[[Detail], float]], ...]] = (
    (
        "ORDERS", "isolation", "orders/s", "adopted orders by webhook, each run to its end by two flows, on SQLite",
        lambda detail: float(detail["sustained_per_s"]),
    ),
    (
        "RENEWALS", "renewal_burst", "orders/s", "6,000 renewals at once, to the end, beside shoppers, on SQLite",
        _renewals,
    ),
    (
        "SQLITE", "floor_share_sqlite", "flows/s", "flows of six steps that do nothing, one process on SQLite",
        lambda detail: float(detail["hub"]["flows_per_s"][0]),
    ),
    (
        "POSTGRES", "floor_share_postgres", "flows/s", "the same, one process on PostgreSQL on the same machine",
        lambda detail: float(detail["hub_postgres"]["flows_per_s"][0]),
    ),
    (
        "DISK", "disk_per_flow", "kB", "what a flow of six steps leaves in the file",
        lambda detail: float(detail["hub"]["disk_bytes_per_flow"][0]) / 1_000,
    ),
)  # fmt: skip


def lines() -> Iterator[str]:
    for name, result, unit, about, value in WANTED:
        kept = json.loads((RESULTS / f"{result}.json").read_text("utf-8"))
        assert kept["scale"] == 1.0, f"{result} was run at a smaller scale: run it in full"
        yield f"{name}: Final = Rate(\n"
        yield f'    {value(kept["detail"]):.4g}, "{unit}", "{about}",\n'
        yield f'    "{kept["date"][:10]}", {kept["machine"]["cores"]}, "{kept["command"]}",\n)  # fmt: skip\n'


if __name__ == "__main__":
    sys.stdout.write(HEAD + "".join(lines()))
