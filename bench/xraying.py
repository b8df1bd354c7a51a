"""An X-ray of 180,000 orders, every kind of disagreement planted: all of them found, nothing else, in little memory.

The files are a Shopify export, a German ERP's, Stripe's balance history and six tables more; a fifth of the orders
only looks wrong. The command runs as a process of its own, as a shop would run it.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

from bench.line import folder
from bench.registry import Bar, Check, Options
from pawline.testing.sixty_days import PLANTED, Planted, options, write

EACH: Final = 40
LONGEST: Final = 1_800
"""Seconds: half an hour is the bar."""


def looked(place: Path, orders: int, each: int) -> dict[str, Any]:
    """The whole story; `wrong` says in words what does not hold."""
    planted = write(place, orders, dict.fromkeys((*PLANTED, "payout"), each))
    size = sum(file.stat().st_size for file in place.glob("*.csv"))
    rows = sum(sum(1 for _ in file.open("rb")) - 1 for file in place.glob("*.csv"))
    begun = time.monotonic()
    command = [sys.executable, "-m", "pawline.cli", "xray", *options(place), "--to", str(place / "out")]
    child = os.posix_spawn(sys.executable, command, os.environ)
    _, status, used = os.wait4(child, 0)
    took = time.monotonic() - begun
    wrong = [f"exit code {os.waitstatus_to_exitcode(status)}"] if status else _wrong(place / "out", planted, each)
    if took > LONGEST:
        wrong.append(f"{took:.0f} seconds")
    return {
        "orders": orders, "rows": rows, "input_mb": round(size / 1e6), "planted": dict.fromkeys(planted, each),
        "peak_mb": round(used.ru_maxrss / 1024), "seconds": round(took, 1), "cpu_seconds": round(used.ru_utime, 1),
        "page_kb": round((place / "out" / "xray.html").stat().st_size / 1e3), "wrong": wrong,
    }  # fmt: skip


def _wrong(out: Path, planted: Planted, each: int) -> list[str]:
    found = []
    for kind, wanted in planted.items():
        with (out / "rows" / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
            got = [row["about"] for row in csv.DictReader(file)]
        if len(got) != each or set(got) != wanted:
            found.append(f"{kind}: {len(got)} found, {len(set(got) - wanted)} of them wrong")
    return found


def xray(options_: Options) -> tuple[float, dict[str, Any]]:
    """The peak, or infinity where something is not found, or found that is not there."""
    with folder(options_.place) as place:
        line = looked(place.resolve(), options_.scaled(180_000, 6_000), max(3, options_.scaled(EACH, 3)))
    return float("inf") if line["wrong"] else float(line["peak_mb"]), line


CHECKS = [
    Check(
        "xray", Bar("<=", 1024, "MB"), "180,000 orders, 16 kinds planted, all found, 0 false: peak memory", work=xray
    ),
]
