"""Webhooks in: verified and recorded by the hub, beside a bare application on the same server."""

from __future__ import annotations

from bench.beside import ratio
from bench.registry import Bar, Check

CHECKS = [
    Check(
        "webhooks",
        Bar(">=", 0.4, "×"),
        "webhooks verified and recorded, over a bare app's",
        work=ratio("bench.ear_stick", 10_000, 500),
    ),
]
