"""Named checks: what a bar is, what a result is, and where it is kept."""

from __future__ import annotations

import json
import operator
import shlex
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench import machine
from bench.line import HERE, SCRATCH

ROOT = HERE.parent
RESULTS = HERE / "results"
PACKAGES = ("pawline", "uvloop", "msgspec", "cryptography", "psycopg")
_WAYS: Final[dict[str, Callable[[float, float], bool]]] = {">=": operator.ge, "<=": operator.le}


class Skipped(Exception):
    """What the check needs is not on this machine; the text says how to get it."""


@dataclass(frozen=True)
class Options:
    """How much to measure, and where."""

    scale: float = 1.0
    rounds: int = 5
    place: Path = SCRATCH
    pause: float = 1.0

    def scaled(self, full: int, least: int) -> int:
        """The number at this scale."""
        return max(least, int(full * self.scale))


@dataclass(frozen=True)
class Bar:
    """What must hold: `>= 60` or `<= 0.3`, in a unit."""

    way: str
    limit: float
    unit: str

    def holds(self, value: float) -> bool:
        return _WAYS[self.way](value, self.limit)

    def __str__(self) -> str:
        return f"{self.way} {self.limit:g} {self.unit}"


Lines = dict[str, dict[str, Any]]
"""The lines of one round, by contender."""


@dataclass(frozen=True)
class Check:
    """One bar. Either contenders that race with those of other checks, or work of its own."""

    name: str
    bar: Bar
    about: str
    contenders: tuple[str, ...] = ()
    judge: Callable[[list[Lines]], tuple[float, dict[str, Any]]] | None = None
    work: Callable[[Options], tuple[float, dict[str, Any]]] | None = None


@dataclass
class Result:
    """What is kept of a check."""

    name: str
    about: str
    value: float | None
    unit: str
    bar: str
    holds: bool | None
    scale: float
    detail: dict[str, Any] = field(default_factory=dict)
    skipped: str | None = None
    versions: dict[str, str | None] = field(default_factory=dict)
    load: list[float] = field(default_factory=list)
    stolen: float | None = None
    machine: dict[str, Any] = field(default_factory=dict)
    date: str = ""
    command: str = ""


def result(
    check: Check,
    options: Options,
    value: float | None,
    detail: dict[str, Any],
    *,
    load: list[float],
    stolen: float | None = None,
    skipped: str | None = None,
) -> Result:
    """Judges the value and notes what it was measured with."""
    command = f"python -m bench {check.name}"
    if options.scale != 1.0:
        command += f" --scale {options.scale:g}"
    if options.rounds != Options.rounds:
        command += f" --rounds {options.rounds}"
    return Result(
        name=check.name,
        about=check.about,
        value=None if value is None else round(value, 4),
        unit=check.bar.unit,
        bar=str(check.bar),
        holds=None if value is None else check.bar.holds(value),
        scale=options.scale,
        detail=detail,
        skipped=skipped,
        versions=machine.versions(PACKAGES),
        load=load,
        stolen=stolen,
        machine=describe(options.place),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
    )


def describe(place: Path) -> dict[str, Any]:
    """The machine, as far as figures depend on it."""
    place.mkdir(parents=True, exist_ok=True)
    return {
        "cores": machine.cores(),
        "memory_gb": machine.memory_gb(),
        "fs": machine.filesystem(place),
        "fdatasync_ms": machine.sync_ms(place),
        "python_ms": machine.python_ms(),
        "system": machine.system(),
    }


def keep(found: Result) -> None:
    """Writes it; places of this machine are left out."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(asdict(found), indent=2, ensure_ascii=False)
    for place, word in ((str(ROOT) + "/", ""), (str(ROOT.parent) + "/", "../")):
        text = text.replace(place, word)
    (RESULTS / f"{found.name}.json").write_text(text + "\n", "utf-8")


def tell(found: Result) -> None:
    """One line for people."""
    verdict = {True: "holds", False: "MISSED", None: "skipped"}[found.holds]
    figure = found.skipped or f"{found.value:g} {found.unit} (bar {found.bar}"
    if not found.skipped:
        figure += ")" if found.scale == 1.0 else f", at scale {found.scale:g})"
    taken = f"  stolen {found.stolen:.0%}" if found.stolen else ""
    print(f"{found.name:24} {verdict:8} {figure}  load {'..'.join(map(str, found.load))}{taken}", flush=True)


def relative(command: list[str]) -> str:
    """A command as one would type it in the checkout."""
    words = [word.replace(str(ROOT) + "/", "").replace(str(ROOT.parent) + "/", "../") for word in command]
    return shlex.join("python" if word == sys.executable else word for word in words)
