"""Checkouts in: an order, its hold and its answer in one commit, beside a bare application on the same server."""

from __future__ import annotations

from bench.beside import ratio
from bench.registry import Bar, Check

CHECKS = [
    Check(
        "checkout",
        Bar(">=", 0.3, "×"),
        "checkouts recorded with their holds, over a bare app's",
        work=ratio("bench.buy_stick", 4_000, 300),
    ),
]
