"""The shop's own checkout under load: slow and dead vendors, a spike, and connections that trickle.

The hub is `pawline up` with `stock = "hub"`, the vendors are `pawline sandbox`, shoppers come by an open model
(`buyers.py`). An order is done when its money is captured.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.arrivals import SECRET
from bench.buyers import SKU
from bench.isolating import _ask, _hub
from bench.line import HERE, folder
from bench.near import TOKEN, _sandbox
from bench.registry import Bar, Check, Options
from bench.trickling import trickled
from pawline.testing.orders import SHOP

VENDORS: Final = ("crm", "mail", "marketing", "payments")
DEADLINE: Final = 1.0
"""Seconds that a shopper waits with `hybrid`."""
SLOW: Final = 2.0
SETTINGS: Final = f"""\
shops = ["{SHOP}"]
listen = "127.0.0.1:%d"
flows = ["pawline.flows.fulfil_order"]
stock = "hub"
allow_networks = ["127.0.0.0/8"]
[[storefronts]]
profile = "PROFILE"
deadline = {DEADLINE}
[[rates]]
currency = "EUR"
backup = {{ code = "standard", title = "Standard", price = "6.90" }}
[[rates.zones]]
[[rates.zones.services]]
code = "dhl"
title = "DHL"
price = "4.90"
[[accounts]]
name = "sandbox/bench"
plays = ["Payments", "Crm", "Marketing"]
[accounts.settings]
url = "%s"
token = {{ env = "BENCH_TOKEN" }}
webhook_secrets = [{{ env = "BENCH_SECRET" }}]
"""


class Scene(NamedTuple):
    """A hub that sells bowls, its vendors, and a key."""

    port: int
    url: str
    key: str
    place: Path

    def manners(self, **what: object) -> None:
        """How every vendor is from now on."""
        for vendor in VENDORS:
            _ask(self.url, f"desk/manners/{vendor}", what)

    def done(self) -> Counter[str]:
        """How often the money of each order was captured."""
        return Counter(one["order"] for one in _ask(self.url, "desk/effects") if one["operation"] == "Payments.capture")


@contextmanager
def _shop(options: Options, profile: str = "event-driven") -> Iterator[Scene]:
    settings = SETTINGS.replace("PROFILE", profile)
    with folder(options.place) as place, _sandbox() as url, _hub(place, url, settings) as port:
        at = datetime.now(UTC).isoformat()
        price = {"minor": 1_000, "currency": "EUR"}
        bowl = {"sku": SKU, "as_of": at, "title": "Bowl", "kind": "supply", "price": price}
        level = {"sku": SKU, "location": "main", "on_hand": 99_999_999, "as_of": at}
        told = [
            {"type": "product.described@1", "data": {"description": bowl}},
            {"type": "stock.counted@1", "data": {"level": level}},
        ]
        (place / "told.json").write_text(json.dumps(told), "utf-8")
        _command(place, "events", "send", str(place / "told.json"), "--shop", SHOP)
        scopes = ["--scope", "carts", "--scope", "checkout"]
        made = _command(place, "keys", "make", "bench", "--secret", *scopes, "--by", "bench", "--json")
        time.sleep(2.5)  # a new key is known within a second, and what is sold within two
        yield Scene(port, url, str(json.loads(made)["key"]), place)


def _command(place: Path, *words: str) -> str:
    env = {**os.environ, "BENCH_TOKEN": TOKEN, "BENCH_SECRET": SECRET}
    command = [sys.executable, "-m", "pawline.cli", *words, "--config", str(place / "pawline.toml")]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=env, timeout=60).stdout


class Buying:
    """A process of shoppers, whose quotes are made."""

    def __init__(self, scene: Scene, first: int, rate: float, seconds: float, quotes: int = 0) -> None:
        quotes = quotes or math.ceil(rate * seconds * 1.2 + 50)
        words = [sys.executable, "-m", "bench.buyers", "--port", str(scene.port), "--key", scene.key]
        words += ["--first", str(first), "--quotes", str(quotes), "--rate", str(rate), "--seconds", str(seconds)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [*words, "--orders"], stdin=pipe, stdout=pipe, text=True, cwd=HERE.parent
        )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "no quotes were made"

    def go(self) -> dict[str, Any]:
        """They buy: what they were answered."""
        said, _ = self._process.communicate("\n", timeout=600)
        assert self._process.returncode == 0, "the shoppers ended by an error"
        return dict(json.loads(said))


def _buy(scene: Scene, first: int, rate: float, seconds: float, quotes: int = 0) -> dict[str, Any]:
    return Buying(scene, first, rate, seconds, quotes).go()


def _until_done(scene: Scene, orders: set[str], patience: float) -> float:
    """Seconds until the money of each was captured, once. Raises AssertionError."""
    begun = time.monotonic()
    while lacking := len(orders - (done := scene.done()).keys()):
        assert time.monotonic() < begun + patience, f"{lacking} of {len(orders)} orders are not done"
        time.sleep(0.5)
    assert max(done.values()) == 1, "money was captured twice"
    return time.monotonic() - begun


def _sustained(options: Options) -> float:
    """Orders a second from the checkout to captured money: they come faster than healthy vendors have them done."""
    with _shop(options) as scene:
        _until_done(scene, set(_buy(scene, 1_000_001, 20.0, 2)["orders"]), 60)
        buying, begun = Buying(scene, 1, 400.0, options.scaled(5, 2)), time.monotonic()
        orders = set(buying.go()["orders"])
        _until_done(scene, orders, 600)
        return len(orders) / (time.monotonic() - begun)


class Side(NamedTuple):
    """What is to be slow, or gone, while shoppers come."""

    profile: str
    manners: dict[str, object]


def _side(options: Options, side: Side, rate: float, seconds: float) -> dict[str, Any]:
    with _shop(options, side.profile) as scene:
        _buy(scene, 1_000_001, rate, 3)  # imports and first connections are nobody's wait
        buying = Buying(scene, 1, rate, seconds)
        scene.manners(**side.manners)
        time.sleep(1.0)
        said = buying.go()
        said["orders"] = len(said["orders"])
        assert said["orders"] == said["sent"], said
        return said


def checkout_isolation(options: Options) -> tuple[float, dict[str, Any]]:
    """The p95 of a checkout's answer with every vendor at 2 s, and with every vendor dead, over that with healthy ones.

    The worse of the two medians of the rounds' ratios, at half of what is sustained.
    """
    most = _sustained(options)
    sides: dict[str, dict[str, object]] = {"healthy": {}, "slow": {"latency": SLOW}, "dead": {"down": True}}
    rounds = [
        {name: _side(options, Side("event-driven", manners), most / 2, options.scaled(20, 4))
         for name, manners in sides.items()}
        for _ in range(options.rounds)
    ]  # fmt: skip
    over = {
        name: round(statistics.median(one[name]["p95_ms"] / one["healthy"]["p95_ms"] for one in rounds), 3)
        for name in ("slow", "dead")
    }
    return max(over.values()), {"sustained_per_s": round(most, 1), "over_healthy": over, "rounds": rounds}


def checkout_deadline(options: Options) -> tuple[float, dict[str, Any]]:
    """What `hybrid`'s p99.9 is over its deadline while every vendor needs longer, in p99s of `event-driven`."""
    most, manners = _sustained(options), dict[str, object](latency=SLOW)
    seconds = max(options.scaled(20, 4), 2_500 / most)  # a p99.9 wants a thousand
    rounds = [
        {profile: _side(options, Side(profile, manners), most / 2, seconds) for profile in ("event-driven", "hybrid")}
        for _ in range(options.rounds)
    ]
    over = [(one["hybrid"]["p999_ms"] - 1_000 * DEADLINE) / one["event-driven"]["p99_ms"] for one in rounds]
    return round(statistics.median(over), 3), {"sustained_per_s": round(most, 1), "over": over, "rounds": rounds}


def _nominal(options: Options) -> tuple[float, list[dict[str, Any]]]:
    """Half the highest rate at which p99 is below 250 ms, and the steps on the way."""
    steps: list[dict[str, Any]] = []
    with _shop(options) as scene:
        _buy(scene, 1_000_001, 20.0, 2)
        rate = 40.0
        while rate < 2_000:
            said = _buy(scene, 10_000_000 + int(rate) * 10_000, rate, options.scaled(8, 3))
            orders = set(said.pop("orders"))
            _until_done(scene, orders, 600)
            steps.append({"rate": rate, **said})
            if said["p99_ms"] >= 250 or len(orders) < said["sent"]:
                break
            rate *= 1.4
    good = [one["rate"] for one in steps if one["p99_ms"] < 250 and set(one["statuses"]) <= {"201", "202"}]
    return max(good, default=20.0) / 2, steps


def spike(options: Options) -> tuple[float, dict[str, Any]]:
    """The most memory of the hub, in MB, while ten times the nominal load comes for 30 s.

    Raises AssertionError where something accepted is not done, once; where the excess is not told when to come again;
    where a request hangs.
    """
    nominal, steps = _nominal(options)
    seconds = options.scaled(30, 5)
    with _shop(options) as scene:
        _buy(scene, 1_000_001, 20.0, 2)
        said = _buy(scene, 1, 10 * nominal, seconds, quotes=int(700 * seconds + 10 * nominal * 8))
        orders = set(said.pop("orders"))
        detail: dict[str, Any] = {"nominal_per_s": nominal, "steps": steps, "spike": said, "accepted": len(orders)}
        assert set(said["statuses"]) <= {"202", "429", "503"}, detail
        assert said["without_a_word"] == 0, detail
        detail["done_s"] = round(_until_done(scene, orders, 900), 1)
        return _most_mb(scene), detail


def _most_mb(scene: Scene) -> float:
    """Of memory, that the hub ever had: the kernel's own figure."""
    status = Path("/proc", (scene.place / "pid").read_text("ascii"), "status").read_text("ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return round(int(peak.split()[1]) / 1024, 1)


def slow_loris(options: Options) -> tuple[float, dict[str, Any]]:
    """The p99 of a checkout's answer beside 300 connections whose bytes come one by one, over that without them."""
    rounds = []
    for number in range(options.rounds):
        with _shop(options) as scene:
            one: dict[str, Any] = {}
            _buy(scene, 1_000_001, 20.0, 2)
            for side in ("beside", "alone") if number % 2 else ("alone", "beside"):
                buying = Buying(scene, 2_000_000 if side == "alone" else 3_000_000, 20.0, options.scaled(30, 5))
                if side == "alone":
                    one[side] = buying.go()
                    continue
                with trickled(scene.port, scene.key) as told:
                    time.sleep(2.0)
                    one[side] = buying.go()
                one["trickled"] = told
            for side in ("alone", "beside"):
                assert len(one[side].pop("orders")) == one[side]["sent"], one
            rounds.append(one)
    ratios = [one["beside"]["p99_ms"] / one["alone"]["p99_ms"] for one in rounds]
    return round(statistics.median(ratios), 3), {"rounds": rounds, "ratios": ratios}


CHECKS = [
    Check(
        "checkout_isolation", Bar("<=", 1.2, "×"), "a checkout's p95 with every vendor at 2 s or dead, over healthy",
        work=checkout_isolation,
    ),
    Check(
        "checkout_deadline", Bar("<=", 3, "×"), "hybrid's p99.9 over its deadline, in p99s of event-driven",
        work=checkout_deadline,
    ),
    Check("spike", Bar("<=", 512, "MB"), "ten times the nominal checkouts for 30 s: the hub's memory", work=spike),
    Check(
        "slow_loris", Bar("<=", 2, "×"), "a checkout's p99 beside 300 connections that trickle, over without",
        work=slow_loris,
    ),
]  # fmt: skip
