"""Pixels: what the intake's answer to a webhook takes while pages tell as much as is counted, and more, beside none.

The hub is `pawline up`, the vendors are `pawline sandbox`, as in `isolating.py`. Both sides of a round ask one hub: the
flood comes first in every second round.
"""

from __future__ import annotations

import statistics
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bench.isolating import SETTINGS, _arrive, _hub
from bench.line import beside, folder
from bench.near import _sandbox
from bench.registry import Bar, Check, Options
from pawline.hub.visits import RATE

KEY = "k-bench-0123456789"
PAGES = f"""\
[[accounts]]
name = "shopify/bench"
plays = ["Catalog"]
[accounts.settings]
shop = "bench.myshopify.com"
token = {{ env = "BENCH_TOKEN" }}
poll = 0
pixel = "{KEY}"
"""
OVER = 1.25
"""Of what is counted: a fifth of the flood is refused."""
ORDERS = 20.0
"""Webhooks a second: four times those of the busiest hour of 15,000 orders a day."""


def _flood(port: int) -> AbstractContextManager[dict[str, Any]]:
    path = f"/pixels/shopify/bench/{KEY}"
    return beside("bench.flood", "--port", str(port), "--path", path, "--rate", str(RATE * OVER))


def _round(options: Options, number: int) -> dict[str, Any]:
    seconds, found = options.scaled(20, 5), dict[str, Any]()
    with folder(options.place) as place, _sandbox() as url, _hub(place, url, SETTINGS + PAGES) as port:
        _arrive(port, 1_000_001, ORDERS, 2)
        for side in ("beside", "alone") if number % 2 else ("alone", "beside"):
            if side == "alone":
                found[side] = _arrive(port, 2_000_001, ORDERS, seconds)
                continue
            with _flood(port) as told:
                _arrive(port, 3_000_001, ORDERS, 3)  # imports, and what comes at once at first
                found[side] = _arrive(port, 4_000_001, ORDERS, seconds)
            found["flood"] = told
        found["disk_mb"] = round(sum(one.stat().st_size for one in Path(place).glob("pawline.db*")) / 1e6, 1)
    return found


def pixels(options: Options) -> tuple[float, dict[str, Any]]:
    """The p95 of the intake's answer beside a flood over that without one: the median of the rounds' ratios.

    Raises AssertionError where the flood was not as large as is counted, or nothing of it was refused.
    """
    rounds = [_round(options, number) for number in range(options.rounds)]
    for one in rounds:
        assert one["flood"]["per_s"] > RATE, one["flood"]
        assert one["flood"]["statuses"].keys() == {"202", "429"}, one["flood"]
    ratios = [one["beside"]["p95_ms"] / one["alone"]["p95_ms"] for one in rounds]
    return round(statistics.median(ratios), 3), {"rounds": rounds, "ratios": ratios}


CHECKS = [Check("pixels", Bar("<=", 1.2, "×"), "the intake's p95 beside a flood of pixels, over without", work=pixels)]
