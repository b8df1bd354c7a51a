"""Isolation: what the intake's answer takes while every vendor needs two seconds, beside the same with healthy vendors.

The hub is `pawline up` with adopted orders coming in by webhook, the vendors are `pawline sandbox`; each round has both
anew, for a backlog of the round before would be in the way of the next.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.arrivals import SECRET
from bench.line import HERE, folder
from bench.near import TOKEN, _sandbox
from bench.registry import Bar, Check, Options
from pawline.store import Keyring
from pawline.testing.orders import SHOP
from pawline.testing.port import free_port

SLOW = ("crm", "fulfilment", "inventory", "mail", "marketing", "payments", "shipping")
SETTINGS = f"""\
shops = ["{SHOP}"]
listen = "127.0.0.1:%d"
flows = ["pawline.flows.adopt_order", "pawline.flows.introduce_order"]
allow_networks = ["127.0.0.0/8"]
[[accounts]]
name = "sandbox/bench"
[accounts.settings]
url = "%s"
token = {{ env = "BENCH_TOKEN" }}
webhook_secrets = [{{ env = "BENCH_SECRET" }}]
"""


def _ask(url: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    data = None if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {TOKEN}"}
    asked = urllib.request.Request(f"{url}/{path}", data, headers, method="GET" if body is None else "PUT")  # noqa: S310 - loopback
    with urllib.request.urlopen(asked, timeout=30) as said:  # noqa: S310 - loopback
        text = said.read()
    return json.loads(text) if text else None


@contextmanager
def _hub(place: Path, url: str, settings: str = SETTINGS) -> Iterator[int]:
    """The port of a hub of its own. `settings` has a place for it, and one for each account's address."""
    port = free_port()
    (place / "pawline.toml").write_text(settings % (port, *[url] * (settings.count("%s"))), "utf-8")
    Keyring.generate().save(place / "pawline.key")
    command = [sys.executable, "-m", "pawline.cli", "up", "--config", str(place / "pawline.toml"), "--json"]
    env = {**os.environ, "BENCH_TOKEN": TOKEN, "BENCH_SECRET": SECRET}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env) as process:
        (place / "pid").write_text(str(process.pid), "ascii")
        try:
            _until_up(port)
            yield port
        finally:
            process.kill()  # a backlog of slow vendors is not waited for


def _until_up(port: int) -> None:
    for _ in range(1_000):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError("the hub does not come up")


def _arrive(port: int, first: int, rate: float, seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.arrivals", "--port", str(port), "--first", str(first)]
    command += ["--rate", str(rate), "--seconds", str(seconds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300, cwd=HERE.parent)
    return dict(json.loads(done.stdout))


def _sustained(options: Options) -> float:
    """Orders a second from webhook to warehouse, with healthy vendors; they come faster than they are done."""
    with folder(options.place) as place, _sandbox() as url, _hub(place, url) as port:
        begun = time.monotonic()
        count = _arrive(port, 1, 0.0, 2)["orders"]
        while sum(one["operation"] == "Fulfilment.request" for one in _ask(url, "desk/effects")) < count:
            time.sleep(0.2)
        return count / (time.monotonic() - begun)


def _round(options: Options, rate: float, latency: float) -> dict[str, float]:
    seconds = options.scaled(20, 4)
    with folder(options.place) as place, _sandbox() as url, _hub(place, url) as port:
        _arrive(port, 1_000_001, rate, 2)  # imports and first connections are nobody's wait
        for vendor in SLOW:
            _ask(url, f"desk/manners/{vendor}", {"latency": latency})
        return _arrive(port, 1, rate, seconds)


def isolation(options: Options) -> tuple[float, dict[str, Any]]:
    """The p95 of the intake's answer with every vendor at 2 s over that with healthy ones, pair by pair."""
    most = _sustained(options)
    pairs = [{name: _round(options, most / 2, seconds) for name, seconds in (("healthy", 0.0), ("slow", 2.0))}
             for _ in range(options.rounds)]  # fmt: skip
    ratios = [one["slow"]["p95_ms"] / one["healthy"]["p95_ms"] for one in pairs]
    return round(statistics.median(ratios), 3), {"sustained_per_s": round(most, 1), "pairs": pairs, "ratios": ratios}


def renewal_burst(options: Options) -> tuple[float, dict[str, Any]]:
    """The p95 of the intake's answer to shoppers while the renewals of an hour come at once, over that without them.

    Raises AssertionError where an order of either is not at the warehouse in the end.
    """
    rounds = [_burst_round(options) for _ in range(options.rounds)]
    ratios = [one["beside"]["p95_ms"] / one["alone"]["p95_ms"] for one in rounds]
    return round(statistics.median(ratios), 3), {"rounds": rounds, "ratios": ratios}


def _burst_round(options: Options) -> dict[str, Any]:
    count, rate, seconds = options.scaled(6_000, 300), 20.0, options.scaled(15, 4)
    with folder(options.place) as place, _sandbox() as url, _hub(place, url) as port:
        _arrive(port, 1_000_001, rate, 2)
        alone = _arrive(port, 2_000_001, rate, seconds)
        words = [sys.executable, "-m", "bench.arrivals", "--port", str(port), "--first", "1", "--burst", str(count)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=HERE.parent) as burst:
            beside = _arrive(port, 3_000_001, rate, seconds)
            said = json.loads(burst.communicate(timeout=300)[0])
        total, until = count, time.monotonic() + 600
        while (done := _at_the_warehouse(url)) < total + alone["orders"] + beside["orders"]:
            assert time.monotonic() < until, f"{done} orders are at the warehouse"
            time.sleep(1.0)
        return {"alone": alone, "beside": beside, "burst": said, "done_s": round(time.monotonic() - until + 600, 1)}


def _at_the_warehouse(url: str) -> int:
    """Distinct orders; those that warmed up are not counted."""
    effects = (one for one in _ask(url, "desk/effects") if one["operation"] == "Fulfilment.request")
    return len({one["order"] for one in effects if not 1_000_001 <= int(one["order"][1:]) < 2_000_001})


CHECKS = [
    Check(
        "renewal_burst",
        Bar("<=", 1.2, "×"),
        "shoppers' p95 while 6,000 renewals come at once, over without",
        work=renewal_burst,
    ),
    Check("isolation", Bar("<=", 1.2, "×"), "the intake's p95 with every vendor at 2 s, over healthy", work=isolation),
]
