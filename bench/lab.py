"""The lab twice with one seed: whether its figures come out again, within the intervals that it states itself."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.line import HERE
from bench.registry import Bar, Check, Options
from pawline.testing.sixty_days import write

TIMES = frozenset({"answer, all well", "answer, in trouble", "workflow latency", "personalisation: freshness"})
"""Rows whose figures are times; counts by the ledgers must be the same."""
EXACT = "lost / half done / doubled / oversold"


def _played(orders: int, rounds: int, log: Path | None = None) -> dict[str, Any]:
    command = [sys.executable, "-m", "pawline.cli", "lab", "--seed", "1", "--orders", str(orders), "--no-ramp"]
    command += ["--rounds", str(rounds), "--json"] + ([] if log is None else ["--from-log", str(log)])
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=3_600, cwd=HERE.parent)
    return dict(json.loads(done.stdout))


def _cells(report: dict[str, Any], names: frozenset[str]) -> dict[str, dict[str, Any]]:
    """Figures by where they stand: row, column, name."""
    ways = [one["way"] for one in report["columns"]]
    return {
        f"{row['name']} / {way} / {figure['name']}": figure
        for table in report["tables"] for row in table["rows"] if row["name"] in names
        for way, cell in zip(ways, row["cells"], strict=True) for figure in cell["figures"]
    }  # fmt: skip


def _meet(one: dict[str, Any], other: dict[str, Any]) -> bool:
    highs = [float("inf") if each["high"] is None else each["high"] for each in (one, other)]
    return bool(one["low"] <= highs[1] and other["low"] <= highs[0])


def lab(options: Options) -> tuple[float, dict[str, Any]]:
    """The share of times whose intervals overlap in two runs of one seed.

    Raises AssertionError where Pawline's columns are not the same in what must never be: none at all.
    """
    return _agreed([_played(options.scaled(300, 40), min(options.rounds, 3)) for _ in range(2)])


def recorded(options: Options) -> tuple[float, dict[str, Any]]:
    """The same of one day out of an export of sixty days, the fullest one; what was taken of it is the same, too."""
    orders = options.scaled(300, 40)
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), 50 * orders, {})
        reports = [_played(orders, min(options.rounds, 3), Path(folder) / "orders.csv") for _ in range(2)]
    first, second = (one["recorded"] for one in reports)
    assert first == second, (first, second)
    value, detail = _agreed(reports)
    return value, detail | {"recorded": first}


def _agreed(reports: list[dict[str, Any]]) -> tuple[float, dict[str, Any]]:
    for report in reports:
        wrong = {name: one for name, one in _cells(report, frozenset({EXACT})).items() if "by hand" not in name}
        assert not [name for name, one in wrong.items() if one["value"]], wrong
    first, second = (_cells(report, TIMES) for report in reports)
    # Two without an upper end cannot but meet: they say nothing.
    shared = sorted(name for name in first.keys() & second.keys() if first[name]["high"] or second[name]["high"])
    agree = {name: _meet(first[name], second[name]) for name in shared}
    detail = {name: [first[name]["value"], second[name]["value"], agree[name]] for name in shared}
    return round(sum(agree.values()) / len(agree), 3), {"figures": detail, "took_s": [one["took"] for one in reports]}


CHECKS = [
    Check("lab", Bar(">=", 0.9, "of 1"), "times of the lab that come out again with its seed", work=lab),
    Check("lab_from_log", Bar(">=", 0.9, "of 1"), "the same, of a day out of a shop's export", work=recorded),
]
