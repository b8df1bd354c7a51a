"""Close to the limit: an order's vendor calls by the hub, beside a script with the same client that keeps nothing."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.line import HERE
from bench.registry import Bar, Check, Options
from pawline.testing.orders import SKUS

NAMES = ("kit", "bare", "hub")
TOKEN = "bench"  # noqa: S105 - of the bench's own sandbox


@contextmanager
def _sandbox() -> Iterator[str]:
    stock = [word for sku in SKUS for word in ("--stock", f"{sku}=99999999")]
    command = [sys.executable, "-m", "pawline.cli", "sandbox", "--port", "0", *stock, "--json"]
    env = {**os.environ, "PAWLINE_SANDBOX_TOKEN": TOKEN}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


def _rounds(options: Options) -> dict[str, list[dict[str, float]]]:
    """Each side's lines, in turn, round by round; every round has orders and a sandbox of its own."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in NAMES}
    orders = options.scaled(1_500, 100)
    for _ in range(options.rounds):
        for name in NAMES:
            with _sandbox() as url:
                command = [sys.executable, "-m", "bench.near_stick", name, "--url", url, "--token", TOKEN]
                command += ["--orders", str(orders), "--dir", str(options.place)]
                done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300, cwd=HERE.parent)
                found[name].append(json.loads(done.stdout))
    return found


def _ratio(rounds: dict[str, list[dict[str, float]]], what: str, other: str) -> float:
    return statistics.median(hub[what] / script[what] for hub, script in zip(rounds["hub"], rounds[other], strict=True))


def near_cpu(options: Options) -> tuple[float, dict[str, Any]]:
    """The hub's processor time of an order over the script's; orders a second come in the detail."""
    rounds = _rounds(options)
    detail: dict[str, Any] = {name: rounds[name] for name in NAMES}
    detail["orders_per_s_over_the_script"] = round(_ratio(rounds, "orders_per_s", "kit"), 3)
    detail["cpu_over_the_bare_client"] = round(_ratio(rounds, "cpu_ms_per_order", "bare"), 3)
    return round(_ratio(rounds, "cpu_ms_per_order", "kit"), 3), detail


def near_rate(options: Options) -> tuple[float, dict[str, Any]]:
    """The hub's orders a second over the script's."""
    rounds = _rounds(options)
    return round(_ratio(rounds, "orders_per_s", "kit"), 3), {name: rounds[name] for name in NAMES}


CHECKS = [
    Check("near_cpu", Bar("<=", 1.6, "×"), "an order's vendor calls: the hub's CPU over a script's", work=near_cpu),
    Check("near_rate", Bar(">=", 0.7, "×"), "an order's vendor calls: the hub's rate over a script's", work=near_rate),
]
