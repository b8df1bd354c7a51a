"""Webhooks in: verified and recorded by the hub, beside a bare application on the same server."""

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
    command = [sys.executable, "-m", "bench.ear_stick", name, "--port", str(port), "--dir", str(options.place)]
    command += ["--orders", str(options.scaled(10_000, 500))]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300, cwd=HERE.parent)
    return dict(json.loads(done.stdout))


def webhooks(options: Options) -> tuple[float, dict[str, Any]]:
    """The hub's webhooks a second over the bare application's: the median of the rounds' ratios."""
    rounds = [{name: _rate(name, options) for name in ("bare", "hub")} for _ in range(options.rounds)]
    ratios = [one["hub"]["per_s"] / one["bare"]["per_s"] for one in rounds]
    return round(statistics.median(ratios), 3), {"rounds": rounds}


CHECKS = [
    Check("webhooks", Bar(">=", 0.4, "×"), "webhooks verified and recorded, over a bare app's", work=webhooks),
]
