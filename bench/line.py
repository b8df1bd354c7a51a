"""What the sticks here have in common: arguments, the closed loop, the JSON line (the same as of ../shared/bench)."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import machine

HERE = Path(__file__).resolve().parent
SCRATCH = HERE / ".scratch"


def arguments(about: str | None, *, flows: int, inflight: int) -> argparse.ArgumentParser:
    """The arguments that every stick takes."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--dsn", help="an empty PostgreSQL database instead of a server of our own")
    parser.add_argument("--flows", type=int, default=flows)
    parser.add_argument("--inflight", type=int, default=inflight)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--payload", type=int, default=120)
    parser.add_argument("--dir", type=Path, default=SCRATCH, help="where the scratch folder goes: a real disk")
    return parser


@contextmanager
def folder(parent: Path) -> Iterator[Path]:
    """A folder that is gone afterwards; others may look in, for a server started by root runs as somebody else."""
    parent.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="run-", dir=parent)).resolve()
    place.chmod(0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


async def closed_loop(flows: int, inflight: int, one: Callable[[int], Awaitable[Any]]) -> tuple[float, list[float]]:
    """`one` for each number, so many under way at a time. Seconds for all, and of each, in order of length."""
    todo, took = iter(range(flows)), list[float]()

    async def lane() -> None:
        for number in todo:
            since = time.perf_counter()
            await one(number)
            took.append(time.perf_counter() - since)

    since = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(inflight):
            group.create_task(lane())
    return time.perf_counter() - since, sorted(took)


@contextmanager
def beside(module: str, *words: str) -> Iterator[dict[str, Any]]:
    """A module of ours as a process, for as long as the block lasts. What it says then is in the dict afterwards.

    It says one line of JSON once its input ends.
    """
    told: dict[str, Any] = {}
    with subprocess.Popen(
        [sys.executable, "-m", module, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=HERE.parent,
    ) as process:  # fmt: skip
        yield told
        told.update(json.loads(process.communicate("\n", timeout=60)[0]))


def quantile(ordered: list[float], share: float) -> float:
    """The value below which so many of the ordered ones are."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass
class Measured:
    """What a stick measured. `cpu` is seconds by part, `disk` the bytes by which the store grew."""

    seconds: float
    each: list[float]
    cpu: dict[str, float]
    commits: int
    disk: int
    durable: dict[str, Any]
    engine: str
    more: dict[str, Any] = field(default_factory=dict)


def emit(name: str, options: argparse.Namespace, got: Measured, place: Path, packages: tuple[str, ...]) -> None:
    """Print the line."""
    flows = options.flows
    parts = {part: round(used * 1000 / flows, 4) for part, used in got.cpu.items()}
    line: dict[str, Any] = {"name": name, "db": options.db, "flows": flows, "inflight": options.inflight}
    line |= {
        "steps": options.steps,
        "flows_per_s": round(flows / got.seconds, 1),
        "cpu_ms_per_flow": round(sum(parts.values()), 4),
        "cpu_ms_parts": parts,
        "p50_ms": round(quantile(got.each, 0.5) * 1000, 3),
        "p99_ms": round(quantile(got.each, 0.99) * 1000, 3),
        "commits_per_flow": round(got.commits / flows, 4),
        "disk_bytes_per_flow": round(got.disk / flows),
        **got.more,
        "engine": got.engine,
        "durable": got.durable,
        "fs": machine.filesystem(place),
        "fdatasync_ms": machine.sync_ms(place),
        "load1": machine.load(),
        "cores": os.cpu_count(),
        "versions": machine.versions(packages),
    }
    say(line)


def say(line: dict[str, Any]) -> None:
    """One JSON line, at once."""
    print(json.dumps(line), flush=True)
