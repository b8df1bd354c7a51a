"""Checkouts in: an order, its hold and its answer in one commit, beside a bare application on the same server.

And one that comes alone, of a SKU that thousands of orders hold: what it costs over one of a SKU that nobody holds.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bench.beside import ratio
from bench.line import HERE
from bench.registry import Bar, Check, Options


def hot_sku(options: Options) -> tuple[float, dict[str, Any]]:
    """The process's time of a checkout, the median of the rounds' ratios; what the shopper waits stands beside."""
    holds = options.scaled(10_000, 200)
    command = [sys.executable, "-m", "bench.hot_stick", "--holds", str(holds), "--rounds", str(4 * options.rounds)]
    command += ["--dir", str(options.place)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600, cwd=HERE.parent)
    detail = dict(json.loads(done.stdout))
    return float(detail["cpu_ratio"]), detail


CHECKS = [
    Check(
        "checkout",
        Bar(">=", 0.3, "×"),
        "checkouts recorded with their holds, over a bare app's",
        work=ratio("bench.buy_stick", 4_000, 300),
    ),
    Check(
        "hot_sku",
        Bar("<=", 1.5, "×"),
        "a lone checkout's cost with 10,000 holds of its SKU, over with none",
        work=hot_sku,
    ),
]
