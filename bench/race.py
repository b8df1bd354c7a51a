"""Contenders that run in turn, round by round.

A ratio is the median of the rounds' own ratios: a machine that slows down for a while slows both sides of a round.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench import machine
from bench.line import HERE
from bench.registry import ROOT, Lines, Options, Skipped, relative

SHARED = ROOT.parent / "shared" / "bench"
LIMIT = 900.0
"""Seconds that one contender may take in one round."""

_HUB = ["-m", "bench.hub_stick"]
_OWN: dict[str, list[str]] = {
    "hub": [*_HUB, "--inflight", "1000", "--flows", "6000"],
    "hub_pool": [*_HUB, "--inflight", "1000", "--flows", "6000", "--households", "500"],
    "hub_100": [*_HUB, "--inflight", "100", "--flows", "4000"],
    "hub_1": [*_HUB, "--inflight", "1", "--flows", "500"],
    "hub_postgres": [*_HUB, "--db", "postgres", "--inflight", "1000", "--flows", "5000"],
    "hub_postgres_1": [*_HUB, "--db", "postgres", "--inflight", "1", "--flows", "500"],
    "own_floor": ["-m", "bench.floor", "--flows", "10000"],
    "own_floor_postgres": ["-m", "bench.floor", "--db", "postgres", "--flows", "10000"],
}
_SHARED: dict[str, tuple[str, list[str]]] = {
    "floor": ("", ["floor.py", "--flows", "10000"]),
    "floor_1": ("", ["floor.py", "--inflight", "1", "--flows", "1000"]),
    "floor_postgres": ("", ["floor.py", "--db", "postgres", "--flows", "10000"]),
    "floor_postgres_1": ("", ["floor.py", "--db", "postgres", "--inflight", "1", "--flows", "1000"]),
    "dbos": ("dbos", ["peer_dbos.py", "--inflight", "20", "--flows", "200"]),
    "dbos_100": ("dbos", ["peer_dbos.py", "--inflight", "100", "--flows", "300"]),
    "celery": ("celery", ["peer_celery.py", "--flows", "300"]),
    "procrastinate": ("procrastinate", ["peer_procrastinate.py", "--flows", "300"]),
}


def command(name: str, options: Options) -> list[str]:
    """How to run a contender. Raises Skipped where something is missing."""
    where = ["--dir", str(options.place)]
    if name in _OWN:
        return [sys.executable, *_OWN[name], *where]
    venv, (script, *rest) = _SHARED[name]
    if not (SHARED / script).exists():
        raise Skipped(f"{script} is one of the yardsticks in ../shared/bench, which is not beside this checkout")
    python = Path(sys.executable) if not venv else HERE / f".venv-{venv}" / "bin" / "python"
    if not python.exists():
        raise Skipped(f"{venv} is not installed: make peers")
    if venv == "celery" and shutil.which("redis-server") is None:
        raise Skipped("redis-server is not installed")
    return [str(python), str(SHARED / script), *rest, *where]


def once(words: list[str]) -> dict[str, Any]:
    """Its last JSON line. Raises RuntimeError where it failed: a median of survivors would flatter."""
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT, cwd=ROOT, env=environment, check=False)
    lines = [text for text in done.stdout.splitlines() if text.startswith("{")]
    if done.returncode or not lines:
        raise RuntimeError(f"{relative(words)} ended with {done.returncode}\n{done.stderr[-3000:]}")
    line: dict[str, Any] = json.loads(lines[-1])
    return line


def stubborn(words: list[str], tries: int = 3) -> dict[str, Any]:
    """The same, tried again where it failed: a peer on a busy machine may time out. The line says how often it did."""
    for failed in range(tries - 1):
        try:
            return once(words) | {"failed_before": failed}
        except RuntimeError as problem:
            print(f"  {problem!s:.300}", file=sys.stderr, flush=True)
            time.sleep(5)
    return once(words) | {"failed_before": tries - 1}


def run(names: list[str], options: Options) -> list[Lines]:
    """All of them in turn, so many rounds; the first changes from round to round."""
    commands = {name: command(name, options) for name in names}
    rounds: list[Lines] = []
    for number in range(options.rounds):
        turn = number % len(names)
        lines: Lines = {}
        for name in names[turn:] + names[:turn]:
            time.sleep(options.pause)
            before = machine.load()
            lines[name] = stubborn(commands[name]) | {"load_before": before, "command": relative(commands[name])}
            print(f"  round {number + 1} {name}: {lines[name]['flows_per_s']} flows/s", file=sys.stderr, flush=True)
        rounds.append(lines)
    return rounds


def ratio(rounds: list[Lines], name: str, base: str, figure: str = "flows_per_s") -> tuple[float, dict[str, Any]]:
    """How many times the figure of `base`; the rounds' own ratios and both sides' figures are the detail."""
    each = [lines[name][figure] / lines[base][figure] for lines in rounds]
    detail = {"ratios": [round(one, 4) for one in each], name: spread(rounds, name), base: spread(rounds, base)}
    return median(each), detail


def figure(rounds: list[Lines], name: str, what: str) -> tuple[float, dict[str, Any]]:
    """The median of one figure."""
    return median(lines[name][what] for lines in rounds), {name: spread(rounds, name)}


def spread(rounds: list[Lines], name: str) -> dict[str, Any]:
    """Of each figure the median, the lowest and the highest; and how it was run."""
    kept: dict[str, Any] = {}
    for what in ("flows_per_s", "cpu_ms_per_flow", "p50_ms", "p99_ms", "commits_per_flow", "disk_bytes_per_flow"):
        seen = [lines[name][what] for lines in rounds]
        if None not in seen:
            kept[what] = [median(seen), min(seen), max(seen)]
    last = rounds[-1][name]
    kept |= {what: last[what] for what in ("inflight", "engine", "durable", "versions", "command")}
    kept["failed_before"] = [lines[name].get("failed_before", 0) for lines in rounds]
    kept["load_before"] = [lines[name]["load_before"] for lines in rounds]
    return kept
