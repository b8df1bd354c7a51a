"""The bars on speed and cost: the hub beside peers and floors, in one run, in turn."""

from __future__ import annotations

from typing import Any

from bench.race import figure, ratio, spread
from bench.registry import Bar, Check, Lines

Judged = tuple[float, dict[str, Any]]


def _times(name: str, hub: str, peer: str, limit: float, about: str) -> Check:
    """The hub's rate as a multiple of another's."""

    def judge(rounds: list[Lines]) -> Judged:
        value, detail = ratio(rounds, hub, peer)
        if hub == "hub":
            detail["with a pool of 500 households"] = round(ratio(rounds, "hub_pool", peer)[0], 4)
        return value, detail

    contenders = (hub, peer, "hub_pool") if hub == "hub" else (hub, peer)
    return Check(name, Bar(">=", limit, "×"), about, contenders, judge)


def _cost(name: str, what: str, limit: float, unit: str, about: str, *, divide: float = 1.0) -> Check:
    """A figure of the hub's own; a new household for each flow, the dearer of the two."""

    def judge(rounds: list[Lines]) -> Judged:
        value, detail = figure(rounds, "hub", what)
        detail["with a pool of 500 households"] = spread(rounds, "hub_pool")
        return value / divide, detail

    return Check(name, Bar("<=", limit, unit), about, ("hub", "hub_pool"), judge)


def _lone(rounds: list[Lines]) -> Judged:
    return ratio(rounds, "hub_1", "floor_1", "p50_ms")


def _floors(rounds: list[Lines]) -> Judged:
    """The slower of the two databases, as a share of the shared floor's rate."""
    sqlite, detail = ratio(rounds, "own_floor", "floor")
    server, more = ratio(rounds, "own_floor_postgres", "floor_postgres")
    return min(sqlite, server), {"sqlite": sqlite, "postgres": server, "of sqlite": detail, "of postgres": more}


CHECKS = [
    _times("speed_vs_dbos", "hub", "dbos", 60, "1,000 in flight, against DBOS on its best SQLite set-up"),
    _times("speed_vs_celery", "hub", "celery", 55, "1,000 in flight, against Celery on Redis, appendfsync always"),
    _times("speed_vs_procrastinate", "hub", "procrastinate", 45, "1,000 in flight, against Procrastinate"),
    _times("speed_vs_dbos_100", "hub_100", "dbos_100", 40, "100 in flight for both, against DBOS on SQLite"),
    _times("floor_share_sqlite", "hub", "floor", 0.2, "share of the shared floor's rate, two rows a step, no index"),
    _times("floor_share_postgres", "hub_postgres", "floor_postgres", 0.2, "the same on PostgreSQL"),
    Check(
        "floor_vs_shared",
        Bar(">=", 1.0, "×"),
        "our own floor is no slower than the shared one, on both databases",
        ("own_floor", "floor", "own_floor_postgres", "floor_postgres"),
        _floors,
    ),
    _cost("cpu_per_flow", "cpu_ms_per_flow", 0.3, "ms", "processor time of a flow of six steps, SQLite, all threads"),
    _cost(
        "disk_per_flow",
        "disk_bytes_per_flow",
        6.0,
        "kB",
        "what a flow of six steps leaves in SQLite's file",
        divide=1000,
    ),
    Check(
        "lone_flow",
        Bar("<=", 1.5, "×"),
        "one flow at a time: p50 over the shared floor's p50",
        ("hub_1", "floor_1"),
        _lone,
    ),
]
