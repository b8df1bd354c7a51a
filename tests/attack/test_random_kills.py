"""Two hundred kills at random moments over two thousand orders, while the vendors misbehave."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from pawline.store import Keyring, Store
from pawline.testing import ANY_TIME, Faults, open_cases, read_ledger, runs
from pawline.testing.hub_process import Birthplace, birthplace
from pawline.testing.orders import SHOP
from pawline.testing.vendor_server import SocketLine
from tests.attack.crowd import wrongs
from tests.promises.killed import Trail

KILLS = int(os.environ.get("PAWLINE_KILLS", "200"))
ORDERS = KILLS * 10
SEED = int(os.environ.get("PAWLINE_SEED", "0"))
RATE = 0.01  # of each of the six faults


def kill_at_random(hubs: Birthplace, trail: Trail, line: SocketLine) -> float:
    """Kill until enough are dead; then the vendors are healthy. Seconds from the last kill until nothing moved."""
    chance = random.Random(SEED)
    crowd = ("tests.attack.crowd:crowd", f"{ORDERS}/{KILLS * 23 // 20}")
    more: dict[str, Any] = {"at_once": 50, "timeout": 3.0, "margin": 1.0, "patience": 120.0, "deaths": 1_000}
    more["lease"] = 0.6  # on PostgreSQL a dead hub's lanes stand still for so long: most lives must be longer
    for _ in range(KILLS):
        pid = hubs.bear(trail.life(*crowd, **more))
        timer = threading.Timer(chance.uniform(0.05, 2.0), os.kill, (pid, signal.SIGKILL))
        timer.start()
        status = hubs.buried()
        timer.cancel()
        assert status == -signal.SIGKILL, f"the hub ended with {status} before it was killed"
    asyncio.run(line.change(Faults()))
    last = time.monotonic()
    hubs.bear(trail.life(*crowd, **more))
    assert hubs.buried() == 0
    return time.monotonic() - last


async def verdict(trail: Trail) -> tuple[set[str], dict[str, str], list[str]]:
    """Events that are there; orders whose run is a case, and of which kind; runs that neither ended nor are a case."""
    store = await Store.open(trail.store or str(trail.folder / "hub.db"), Keyring.load(trail.folder / "keyring"))
    rows = await store.fetch("events_page", (SHOP, "", 1 << 62, 100_000))
    cases = {case.run: case.kind for case in await open_cases(store, SHOP)}
    found = await runs(store, SHOP)
    await store.close()
    parked = {run.run_key: cases[run.no] for run in found if run.no in cases}
    stuck = [run.run_key for run in found if run.ended is None and run.no not in cases]
    return {row[8] for row in rows}, parked, stuck


def test_random_kills_lose_nothing_and_double_nothing(new_store: Callable[[], str]) -> None:
    trail = Trail(new_store())
    faults = Faults(seed=SEED, rates=dict.fromkeys(ANY_TIME, RATE), latency=0.05, late_after=3.0)
    with birthplace() as hubs, birthplace() as others, others.vendors(trail.terms(ORDERS, faults)) as line:
        seconds = kill_at_random(hubs, trail, line)
    there, parked, stuck = asyncio.run(verdict(trail))
    effects, accepted = read_ledger(trail.folder / "ledger"), trail.accepted()
    print(f"{KILLS} kills, {ORDERS} orders, {len(effects)} effects, {seconds:.1f} s to the end, cases {parked}")  # noqa: T201
    assert (len(accepted), set(accepted) - there, stuck) == (ORDERS, set(), [])
    assert set(parked.values()) <= {"unknown"}
    assert wrongs(ORDERS, effects, KILLS, round(ORDERS * 8 * RATE * 6), parked) == [], f"seed {SEED}"
    assert seconds < 60
