"""Sleeping runs as a stick: made through the engine, weighed in memory and on disk, and woken.

`rest`: so many carts, each of a household of its own, asleep for a year. `due`: all wake at one moment. `late`: so many
a second. Each prints one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from bench import machine
from bench.hub_stick import Disk
from bench.line import SCRATCH, folder, quantile, say
from bench.work import Counts, Slept, envelope, gathered, household, hub, until
from pawline.hub import tune
from pawline.runtime import Engine
from pawline.store import Keyring

YEAR = 365 * 86_400.0
BODY = "x" * 120
AT_ONCE = 1_000


async def fall_asleep(engine: Engine, numbers: range, due: Callable[[int], float], pool: int = 0) -> None:
    """Records an event for each number; comes back when every run is a row."""

    async def one(number: int) -> None:
        event = Slept(id=f"s{number}", body=f"{number} {BODY}", house=household(number, pool), until=due(number))
        await engine.record(envelope(event, number))

    await gathered(AT_ONCE, (one(number) for number in numbers))
    await until(lambda: not engine.live and not engine.intake.dispatching)


async def weigh(url: str, keyring: Keyring, runs: int, pool: int = 0) -> dict[str, Any]:
    """Memory and disk that sleepers take, in the hub that put them to sleep."""
    async with hub(url, Counts(), keyring=keyring) as engine:
        disk, later = Disk(url), time.time() + YEAR
        warm = range(-25_000, -0) if runs > 25_000 else range(-2_000, 0)  # fills the cache of data keys
        await fall_asleep(engine, warm, lambda _: later, pool)
        tune()
        before, size, since = machine.rss_mb(), disk.size(), time.monotonic()
        await fall_asleep(engine, range(runs), lambda _: later, pool)
        took = time.monotonic() - since
        gc.collect()
        after = machine.rss_mb()
        return {
            "runs": runs,
            "seconds": round(took, 1),
            "rss_before_mb": round(before, 1),
            "rss_grows_mb": round(after - before, 1),
            "disk_bytes_each": round((disk.size() - size) / runs),
            "asleep": await asleep(engine),
        }


async def asleep(engine: Engine) -> int:
    """How many runs wait, as the store counts them."""
    counts = await engine.store.fetch("run_counts", ("bench",))
    return sum(count for flow, status, count in counts if flow == "sleeper" and status == 4)


async def reopen(url: str, keyring: Keyring) -> dict[str, Any]:
    """What a hub takes that starts with all of them asleep."""
    tune()
    before, since = machine.rss_mb(), time.monotonic()
    async with hub(url, Counts(), keyring=keyring) as engine:
        started = time.monotonic() - since
        await asyncio.sleep(2)
        gc.collect()
        return {
            "rss_grows_mb": round(machine.rss_mb() - before, 1), "start_seconds": round(started, 2),
            "asleep": await asleep(engine)
        }  # fmt: skip


async def wake(url: str, runs: int, rate: float, ahead: float) -> dict[str, Any]:
    """All due at once (rate 0) or so many a second; how late each took its next step."""
    counts = Counts()
    async with hub(url, counts) as engine:
        first = time.time() + ahead
        await fall_asleep(engine, range(runs), lambda number: first + (number / rate if rate else 0.0))
        ready = first - time.time()
        if ready < 0:
            raise RuntimeError(f"only asleep {-ready:.1f} s after the first was due: give more time --ahead")
        last = first + (runs / rate if rate else 0.0)
        await until(lambda: len(counts.moments) >= runs, last + 120 - time.time())
        await asyncio.sleep(1)
        due = [first + (int(body.split()[0]) / rate if rate else 0.0) for _, body in counts.moments]
        late = sorted(at - when for (at, _), when in zip(counts.moments, due, strict=True))
        return {
            "runs": runs, "woke": len(late), "twice": sum(times - 1 for times in counts.ledger.values()),
            "all_within_s": round(late[-1], 3), "p50_s": round(quantile(late, 0.5), 3),
            "p99_s": round(quantile(late, 0.99), 3),
            "earliest_s": round(late[0], 3), "rate": rate,
        }  # fmt: skip


def key_beside(store: Path) -> Keyring:
    """The key of a store that another process opens too."""
    path = store.with_suffix(".key")
    if not path.exists():
        Keyring.generate().save(path)
    return Keyring.load(path, {})


def main() -> None:
    """One line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("rest", "reopen", "due", "late"))
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=300.0)
    parser.add_argument("--ahead", type=float, default=30.0, help="seconds until the first is due")
    parser.add_argument("--households", type=int, default=0)
    parser.add_argument("--store", type=Path, help="keep the store under this name")
    parser.add_argument("--dir", type=Path, default=SCRATCH)
    given = parser.parse_args()
    sys.setswitchinterval(0.0005)
    with folder(given.dir) as place, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        store = given.store or place / "sleepers.sqlite3"
        if given.what == "rest":
            line = runner.run(weigh(str(store), key_beside(store), given.runs, given.households))
        elif given.what == "reopen":
            line = runner.run(reopen(str(store), key_beside(store)))
        else:
            line = runner.run(wake(str(store), given.runs, given.rate if given.what == "late" else 0.0, given.ahead))
        say({"what": given.what, **line, "load1": machine.load()})


if __name__ == "__main__":
    main()
