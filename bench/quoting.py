"""Rates: how long a checkout waits while renewals come in a burst and a vendor is dead, and beside an idle hub.

The hub is `pawline up`, the vendors are `pawline sandbox`; its CRM breaks every connection. In each round both sides
ask the same hub, which is idle first: its stock is then what the orders of the burst take from.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.arrivals import SECRET
from bench.dying import APART
from bench.isolating import _arrive, _ask, _hub
from bench.line import HERE, folder
from bench.near import TOKEN, _sandbox
from bench.registry import Bar, Check, Options
from pawline.testing.orders import SHOP, SKUS

RATE = 25.0
"""Questions a second: some fifteen times the busiest hour of a peak day of 15,000 orders, at four questions each."""
RATES = """
[[pickups]]
zone = "Europe/Berlin"
times = [{ days = ["mon", "tue", "wed", "thu", "fri"], cut_off = "14:00", comes = "17:30" }]
[[rates]]
currency = "EUR"
uncounted_in_stock = true
backup = { code = "backup", title = "Standard", price = "6.90" }
[[rates.zones]]
countries = ["US"]
services = [{ code = "air", title = "Air", price = "19.00" }]
[[rates.zones]]
countries = ["DE", "AT"]
[[rates.zones.services]]
code = "standard"
title = "DHL"
free_from = "49"
prices = [{ price = "4.90", up_to_grams = 5000 }, { price = "9.90" }]
days = [1, 2]
[[accounts]]
name = "shopify/bench"
plays = ["Catalog"]
[accounts.settings]
shop = "bench.myshopify.com"
token = { env = "BENCH_TOKEN" }
webhook_secrets = [{ env = "BENCH_SECRET" }]
poll = 0
"""


def _counted(place: Path) -> None:
    """There is of everything."""
    at = datetime.now(UTC).isoformat()
    told = [
        {"type": "stock.counted@1",
         "data": {"level": {"sku": sku, "location": "main", "on_hand": 9_999_999, "as_of": at}}}
        for sku in SKUS
    ]  # fmt: skip
    (place / "counts.json").write_text(json.dumps(told), "utf-8")
    words = [sys.executable, "-m", "pawline.cli", "events", "send", str(place / "counts.json"), "--shop", SHOP]
    env = {**os.environ, "BENCH_TOKEN": TOKEN, "BENCH_SECRET": SECRET}
    subprocess.run([*words, "--config", str(place / "pawline.toml")], check=True, capture_output=True, env=env)


def _questions(port: int, seconds: float, seed: int) -> dict[str, Any]:
    words = [sys.executable, "-m", "bench.checkouts", "--port", str(port), "--rate", str(RATE)]
    words += ["--seconds", str(seconds), "--seed", str(seed)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=300, cwd=HERE.parent)
    return dict(json.loads(done.stdout))


def _round(options: Options, number: int) -> dict[str, Any]:
    seconds, count = options.scaled(20, 4), options.scaled(6_000, 300)
    with folder(options.place) as place, _sandbox() as url, _hub(place, url, APART + RATES) as port:
        _counted(place)
        _arrive(port, 1_000_001, 20.0, 2)
        _questions(port, 2, 1_000 + number)  # imports and first connections are nobody's wait
        idle = _questions(port, seconds, 2 * number)
        _ask(url, "desk/manners/crm", {"down": True})
        words = [sys.executable, "-m", "bench.arrivals", "--port", str(port), "--first", "1", "--burst", str(count)]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=HERE.parent) as burst:
            busy = _questions(port, seconds, 2 * number + 1)
            burst.terminate()
        return {"idle": idle, "busy": busy, "over_idle": round(busy["p99_ms"] / idle["p99_ms"], 3)}


def carrier_rates(options: Options) -> tuple[float, dict[str, Any]]:
    """The p99 of an answer, the median of the rounds'. Every question is answered, and none of these by the backup."""
    rounds = [_round(options, number) for number in range(options.rounds)]
    assert not any(side.get("backup") for one in rounds for side in (one["idle"], one["busy"])), rounds
    over = statistics.median(one["over_idle"] for one in rounds)
    worst = max(one["busy"]["p99_ms"] for one in rounds)
    detail = {"rounds": rounds, "over_idle": round(over, 3), "worst_p99_ms": worst, "questions_per_s": RATE}
    return round(statistics.median(one["busy"]["p99_ms"] for one in rounds), 3), detail


CHECKS = [
    Check(
        "carrier_rates", Bar("<=", 100, "ms"), "rates at a checkout, p99: a burst of renewals, and a vendor dead",
        work=carrier_rates,
    )
]  # fmt: skip
