"""One vendor dead: are the others' parcels asked for as soon as ever, is all told to it later, and how fast then?

The hub is `pawline up` with adopted orders coming in by webhook, the vendors are `pawline sandbox`; the CRM breaks
every connection for some seconds in the middle. It is an account of its own, as it is a vendor of its own.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

from bench.isolating import SETTINGS, _ask, _hub
from bench.line import HERE, folder, quantile
from bench.near import _sandbox
from bench.registry import Bar, Check, Options

RATE = 10.0
"""Orders a second: five times a peak day's busiest hour, and a fifth of what the hub can."""
APART = (
    SETTINGS.replace('name = "sandbox/bench"', 'name = "sandbox/bench"\nplays = ["Shop", "Fulfilment"]')
    + '[[accounts]]\nname = "sandbox/people"\nplays = ["Crm", "Marketing"]\n'
    + 'settings = { url = "%s", token = { env = "BENCH_TOKEN" } }\n'
)
BACK = 5.0
"""Seconds of one window in which the vendor's calls are counted once it is back."""


def _round(options: Options, *, dead: bool, drain: bool = False) -> dict[str, Any]:
    """Seconds from each order to its request at the warehouse; of the CRM, what came when."""
    seconds = options.scaled(20, 6)
    with folder(options.place) as place, _sandbox() as url, _hub(place, url, APART) as port:
        words = [sys.executable, "-m", "bench.arrivals", "--port", str(port), "--rate", str(RATE), "--placed"]
        subprocess.run(
            [*words, "--first", "1000001", "--seconds", "2"], check=True, capture_output=True, cwd=HERE.parent
        )
        with subprocess.Popen(
            [*words, "--first", "1", "--seconds", str(seconds)], stdout=subprocess.PIPE, text=True, cwd=HERE.parent,
            env=os.environ,
        ) as arriving:  # fmt: skip
            back = _outage(url, seconds) if dead else time.time()
            placed = json.loads(arriving.communicate(timeout=300)[0])["placed"]
        asked = _until(url, "Fulfilment.request", set(placed), 120)
        waits = sorted(asked[order] - placed[order] for order in placed)
        told = _until(url, "Crm.upsert", {order.replace("o", "h") for order in placed}, 1_200) if drain else {}
        return {
            "orders": len(placed),
            "p50_ms": _ms(waits, 0.5),
            "p95_ms": _ms(waits, 0.95),
            "told": _windows(told, back),
        }


def _ms(waits: list[float], share: float) -> float:
    return round(1_000 * quantile(waits, share), 2)


def _outage(url: str, seconds: float) -> float:
    """When the CRM was back."""
    time.sleep(seconds / 5)
    _ask(url, "desk/manners/crm", {"down": True})
    time.sleep(seconds * 3 / 5)
    _ask(url, "desk/manners/crm", {})
    return time.time()


def _until(url: str, operation: str, wanted: set[str], patience: float) -> dict[str, float]:
    """When each of these was done, once all are. Raises AssertionError where one is not in time: it was lost."""
    until = time.monotonic() + patience
    while True:
        done: dict[str, float] = {}
        for one in _ask(url, "desk/effects"):
            if one["operation"] == operation:
                done.setdefault(one.get("order") or one["business"], one["at"])
        if wanted <= done.keys():
            return {name: done[name] for name in wanted}
        assert time.monotonic() < until, f"{len(wanted - done.keys())} of {operation} are missing"
        time.sleep(1.0)


def _windows(told: dict[str, float], back: float) -> dict[str, float]:
    """Calls a second in the busiest window since it was back, and how long it took until all was told."""
    times = sorted(at for at in told.values() if at >= back)
    if not times:
        return {}
    most = max(sum(begin <= at < begin + BACK for at in times) for begin in times)
    return {"after": len(times), "per_s": round(most / BACK, 2), "drained_s": round(times[-1] - back, 1)}


def dead_vendor(options: Options) -> tuple[float, dict[str, Any]]:
    """The others' p95 while one vendor is dead, over that with all of them well, pair by pair."""
    pairs = [{"well": _round(options, dead=False), "dead": _round(options, dead=True)} for _ in range(options.rounds)]
    ratios = [one["dead"]["p95_ms"] / one["well"]["p95_ms"] for one in pairs]
    return round(statistics.median(ratios), 3), {"pairs": pairs, "ratios": ratios}


def vendor_back(options: Options) -> tuple[float, dict[str, Any]]:
    """Calls a second that a vendor sees at most once it is back, over the orders a second. All are told in the end."""
    told = _round(options, dead=True, drain=True)
    return round(told["told"]["per_s"] / RATE, 3), {"round": told, "orders_per_s": RATE}


CHECKS = [
    Check("dead_vendor", Bar("<=", 1.2, "×"), "to the warehouse, p95: one vendor dead over all well", work=dead_vendor),
    Check(
        "vendor_back", Bar("<=", 1.2, "×"), "a vendor that is back: its busiest rate over the orders'", work=vendor_back
    ),
]
