"""The bars that a stick of their own measures: waiting, start-up, priorities, brakes, restore."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from bench.line import folder
from bench.race import once
from bench.registry import Bar, Check, Options
from bench.rehearsing import UNDER_WAY

LULLED = 200_000
Judged = tuple[float, dict[str, Any]]


def _stick(name: str, *words: object) -> dict[str, Any]:
    return once([sys.executable, "-m", f"bench.{name}", *map(str, words)])


def waiting_rss(options: Options) -> Judged:
    """Memory by which the hub grew. More than 3 kB each on disk, or a sleeper lost, is a miss too: then infinite."""
    with folder(options.place) as place:
        store, runs = place / "asleep.sqlite3", options.scaled(1_000_000, 2_000)
        line = _stick("sleepers", "rest", "--runs", runs, "--store", store)
        line["a hub that starts with them"] = _stick("sleepers", "reopen", "--store", store)
    fine = line["disk_bytes_each"] <= 3_000 and line["asleep"] >= runs
    return line["rss_grows_mb"] if fine else float("inf"), line


def waiting_due(options: Options) -> Judged:
    """Seconds until the last of them took its next step."""
    runs = options.scaled(10_000, 1_000)
    line = _stick("sleepers", "due", "--runs", runs, "--ahead", 10 + runs / 500, "--dir", options.place)
    return line["all_within_s"] if line["woke"] == runs and not line["twice"] else float("inf"), line


def waiting_lateness(options: Options) -> Judged:
    """Seconds that 99 of 100 are late at most."""
    runs = options.scaled(12_000, 1_500)
    line = _stick("sleepers", "late", "--runs", runs, "--ahead", 10 + runs / 500, "--dir", options.place)
    return line["p99_s"] if line["woke"] == runs and not line["twice"] else float("inf"), line


def start_up(options: Options) -> Judged:
    """Seconds from the process's first line to the end of a shopper's order; no effect may come twice."""
    with folder(options.place) as place:
        store, runs = place / "backlog.sqlite3", options.scaled(100_000, 2_000)
        left = _stick("starting", "leave", "--runs", runs, "--store", store)
        line = _stick("starting", "start", "--runs", runs, "--store", store) | {"left": left}
    fine = line["twice"] == 0 and line["effects"] == line["ended"] == left["unfinished"] == runs
    return line["first_shopper_order_s"] if fine else float("inf"), line


def priority(options: Options) -> Judged:
    """A shopper's p95 beside the backfill over that without, in one run; steps take no time, the strictest reading."""
    events, quiet = options.scaled(100_000, 5_000), 20.0 if options.scale >= 0.5 else 8.0
    line = _stick("shoppers", "--events", events, "--quiet", quiet, "--dir", options.place)
    # Beside it only: with shoppers under way nearly all the time a backfill takes its time, and a twentieth shows it.
    words = ["--events", events // 20, "--quiet", quiet, "--vendor", 0.02, "--dir", options.place]
    with_vendor = _stick("shoppers", *words)
    return line["p95_ratio"], line | {"where each step takes 20 ms": with_vendor}


def brakes_stop(options: Options) -> Judged:
    """Seconds from the command on disk to the last effect; nothing lost, nothing twice after `go on`."""
    line = _stick("braking", "--rate", 1_000, "--seconds", max(6.0, 12.0 * options.scale), "--dir", options.place)
    return line["stop_s"] if not line["lost"] and not line["twice"] else float("inf"), line


def restore_million(options: Options) -> Judged:
    """Minutes from the backup file to a hub that is live with every unknown settled."""
    with folder(options.place) as place:
        store, runs = place / "before.sqlite3", options.scaled(1_000_000, 5_000)
        for part in range(LULLED, runs - UNDER_WAY + LULLED, LULLED):  # no stick lives long enough for all
            _stick("rehearsing", "lull", "--store", store, "--runs", min(part, runs - UNDER_WAY))
        line = rehearsed(store, place)
    fine = line["sent_in_observe"] == 0 and not line["twice"] and line["looked_up"] == 2 * line["sent_after"]
    return line["restore_to_live_s"] / 60 if fine and line["runs"] == runs else float("inf"), line


def rehearsed(store: Path, place: Path) -> dict[str, Any]:
    """What the rehearsal says of a store with sleepers: more runs begin, the hub dies, a backup of that is restored."""
    filled = _stick("rehearsing", "fill", "--store", store)
    return _stick("rehearsing", "rehearse", "--store", store, "--dir", place) | {"filled": filled}


CHECKS = [
    Check(
        "waiting_rss", Bar("<=", 100, "MB"), "1,000,000 sleeping runs: memory that the hub grows by", work=waiting_rss
    ),
    Check("waiting_due", Bar("<=", 10, "s"), "10,000 due at once: all awake within", work=waiting_due),
    Check("waiting_lateness", Bar("<=", 2, "s"), "300 wakes a second: p99 of the lateness", work=waiting_lateness),
    Check("start_up", Bar("<=", 5, "s"), "start with 100,000 unfinished runs: first new order done", work=start_up),
    Check("priority", Bar("<=", 1.2, "×"), "p95 of a shopper's flow beside a backfill of 100,000", work=priority),
    Check(
        "brakes_stop", Bar("<=", 5, "s"), "`stop` at 1,000 effects a second: the last effect after", work=brakes_stop
    ),
    Check("restore_million", Bar("<=", 10, "min"), "restore of 1,000,000 runs, settled and live", work=restore_million),
]
