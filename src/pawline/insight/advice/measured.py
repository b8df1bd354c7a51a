"""Rates that were measured, with the day and the command.

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


ORDERS: Final = Rate(
    146.6, "orders/s", "adopted orders by webhook, each run to its end by two flows, on SQLite",
    "2026-11-30", 2, "python -m bench isolation",
)  # fmt: skip
RENEWALS: Final = Rate(
    317.5, "orders/s", "6,000 renewals at once, to the end, beside shoppers, on SQLite",
    "2026-11-30", 2, "python -m bench renewal_burst",
)  # fmt: skip
SQLITE: Final = Rate(
    3514, "flows/s", "flows of six steps that do nothing, one process on SQLite",
    "2026-11-30", 2, "python -m bench floor_share_sqlite",
)  # fmt: skip
POSTGRES: Final = Rate(
    3117, "flows/s", "the same, one process on PostgreSQL on the same machine",
    "2026-11-30", 2, "python -m bench floor_share_postgres",
)  # fmt: skip
DISK: Final = Rate(
    3.653, "kB", "what a flow of six steps leaves in the file",
    "2026-11-30", 2, "python -m bench disk_per_flow",
)  # fmt: skip
