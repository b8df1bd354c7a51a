"""Where the time of a flow goes: µs by function, by cProfile in the event loop's thread.

A profiler makes calls dearer than they are, small ones most: shares are what it tells, and `--sample` checks them with
a thread that looks at the stacks instead (by own line's function, without that bias).
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import CodeType
from typing import Any

import uvloop

from bench import machine, postgres
from bench.hub_stick import flow
from bench.line import SCRATCH, closed_loop, folder
from bench.work import DoesNothing, hub
from pawline.hub import tune

Place = tuple[str, int, str]


def short(place: Place) -> str:
    """`runtime/run.py:flush`; what is built in by its name."""
    file, _, name = place
    if file in {"~", ""}:
        return name.strip("<>").removeprefix("built-in method ").removeprefix("method ")
    parts = Path(file).parts
    where = parts[parts.index("pawline") + 1 :] if "pawline" in parts else parts[-2:]
    return f"{'/'.join(where)}:{name}"


async def work(url: str, given: argparse.Namespace, around: Callable[[bool], None]) -> float:
    """The flows, with `around(True)` before and `around(False)` after them. CPU seconds of the whole process."""
    async with hub(url, DoesNothing()) as engine:
        await closed_loop(2 * given.inflight, given.inflight, flow(engine, "x" * 120, given.households, 10_000_000))
        tune()
        used = machine.own_cpu()
        around(True)
        await closed_loop(given.flows, given.inflight, flow(engine, "x" * 120, given.households, 0))
        around(False)
        return machine.own_cpu() - used


class Calls:
    """cProfile in the loop's thread. What the writer's thread does is in the samples."""

    def __init__(self) -> None:
        self._loop = cProfile.Profile()

    def around(self, begins: bool) -> None:
        if begins:
            self._loop.enable()
        else:
            self._loop.disable()

    def table(self, flows: int, most: int) -> list[tuple[str, float, float]]:
        """(function, µs a flow in it alone, calls a flow), the dearest first."""
        found: Counter[str] = Counter()
        calls: Counter[str] = Counter()
        stats: Any = pstats.Stats(self._loop)
        for place, (_, times, own, _, _) in stats.stats.items():
            found[short(place)] += own
            calls[short(place)] += times
        return [(name, own / flows * 1e6, calls[name] / flows) for name, own in found.most_common(most)]


class Samples:
    """A thread that notes, a thousand times a second, which function of the loop's and of the writer's thread runs."""

    def __init__(self) -> None:
        self._main, self._on = threading.get_ident(), False
        self._seen: dict[str, Counter[CodeType]] = {"loop": Counter(), "writer": Counter()}
        self._total = 0

    def around(self, begins: bool) -> None:
        self._on = begins
        if begins:
            threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        writer = next((one.ident for one in threading.enumerate() if one.name == "pawline-writer"), None)
        while self._on:
            frames = sys._current_frames()  # noqa: SLF001 - the only way to see another thread's stack
            for name, ident in (("loop", self._main), ("writer", writer)):
                if ident is not None and (frame := frames.get(ident)) is not None:
                    self._seen[name][frame.f_code] += 1
            self._total += 1
            time.sleep(0.001)

    def table(self, most: int) -> list[tuple[str, str, float]]:
        """(thread, function, share of the time), the most seen first; waiting is a share too."""
        rows = [
            (name, short((code.co_filename, 0, code.co_name)), seen / self._total)
            for name, counter in self._seen.items()
            for code, seen in counter.items()
        ]
        return sorted(rows, key=lambda row: -row[2])[:most]


def main() -> None:
    """Two tables for docs/why."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--flows", type=int, default=5_000)
    parser.add_argument("--inflight", type=int, default=1_000)
    parser.add_argument("--households", type=int, default=0)
    parser.add_argument("--most", type=int, default=40)
    parser.add_argument("--sample", action="store_true", help="look at stacks instead of counting calls")
    parser.add_argument("--dir", type=Path, default=SCRATCH)
    given = parser.parse_args()
    with ExitStack() as held, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        place = held.enter_context(folder(given.dir))
        url = str(place / "profile.sqlite3")
        if given.db == "postgres":
            url = held.enter_context(postgres.server(place))
        if given.sample:
            samples = Samples()
            cpu = runner.run(work(url, given, samples.around))
            print(f"{cpu / given.flows * 1e6:.0f} µs CPU a flow\n\n| thread | function | share |\n|---|---|--:|")
            for thread, name, share in samples.table(given.most):
                print(f"| {thread} | `{name}` | {share:.1%} |")
            return
        calls = Calls()
        cpu = runner.run(work(url, given, calls.around))
        print(f"{cpu / given.flows * 1e6:.0f} µs CPU a flow while profiled\n")
        print("| function | µs a flow | calls |\n|---|--:|--:|")
        for name, own, times in calls.table(given.flows, given.most):
            print(f"| `{name}` | {own:.1f} | {times:.1f} |")


if __name__ == "__main__":
    main()
