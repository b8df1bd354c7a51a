"""Checkouts in: an order, its hold and its answer in one commit, beside a bare application on the same server."""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
from typing import Any

from bench.line import HERE
from bench.registry import Bar, Check, Options


def _rate(name: str, options: Options) -> dict[str, Any]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "bench.buy_stick", name, "--port", str(port), "--dir", str(options.place)]
    command += ["--orders", str(options.scaled(4_000, 300))]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300, cwd=HERE.parent)
    return dict(json.loads(done.stdout))


def checkout(options: Options) -> tuple[float, dict[str, Any]]:
    """The storefront's checkouts a second over the bare application's: the median of the rounds' ratios."""
    rounds = [{name: _rate(name, options) for name in ("bare", "hub")} for _ in range(options.rounds)]
    ratios = [one["hub"]["per_s"] / one["bare"]["per_s"] for one in rounds]
    return round(statistics.median(ratios), 3), {"rounds": rounds}


CHECKS = [
    Check("checkout", Bar(">=", 0.3, "×"), "checkouts recorded with their holds, over a bare app's", work=checkout),
]
