"""Hubs in processes of their own, to be killed: `python -m pawline.testing.hub_process` is where they are born.

It reads a line of JSON, a `Life` of a hub or the `Terms` of vendors, forks a process for it, says `born PID` and, when
that is over, `ended STATUS` (0, or minus the number of the signal). It imports everything once, so that a process
starts within milliseconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, MutableSet, Sequence
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Protocol

import msgspec

from pawline.runtime import Engine, Flow, Flows, RuntimeSettings
from pawline.store import Keyring, Store
from pawline.testing.crash import VARIABLE, Crash
from pawline.testing.day import Day, Told
from pawline.testing.players import bindings
from pawline.testing.vendor_server import SocketLine, Terms, serve


class Scene(Protocol):
    """What is lived: a flow, the events of the day, and how people answer."""

    @property
    def flow(self) -> Flow[Any, Any]: ...
    @property
    def events(self) -> Sequence[Told]: ...
    @property
    def answers(self) -> Mapping[str, object]: ...


class Life(msgspec.Struct, kw_only=True, tag=True):
    """One life of a hub. `scene` is `module:function`, called with `argument`; its answer is a Scene.

    `begins` is when the day began (epoch seconds), the same for all lives of it. `accepted` is a file with the ids of
    accepted events, a line each; `counted` one that an unharmed life writes its commits and requests to. `crash_at`
    becomes PAWLINE_CRASH_AT of the process.
    """

    scene: str
    argument: str
    store: str
    keyring: str
    vendors: str
    accepted: str
    begins: float
    counted: str
    crash_at: str = ""
    patience: float = 60.0
    at_once: int = 1
    timeout: float = 0.5
    margin: float = 0.25
    key_life: float = 3_600.0
    deaths: int = 3
    lease: float = 3.0


class AcceptedFile(MutableSet[str]):
    """Ids in a file: what was added is there after a kill. Only the process that adds sees what it added at once."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._ids = set(path.read_text("utf-8").splitlines())

    def __contains__(self, item: object) -> bool:
        return item in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, value: str) -> None:
        self._file.write(f"{value}\n".encode())
        self._ids.add(value)

    def discard(self, value: str) -> None:
        raise NotImplementedError("what was accepted stays accepted")


async def live(life: Life) -> Crash:
    """Live it: open, work until nothing moves, close. What it counted on the way."""
    module, _, function = life.scene.partition(":")
    scene: Scene = getattr(import_module(module), function)(life.argument)
    crash = Crash.from_environment()
    store = await Store.open(life.store, Keyring.load(Path(life.keyring)))
    crash.watch(store)
    played = bindings(
        crash.line(SocketLine(life.vendors)), timeout=timedelta(seconds=life.timeout),
        margin=timedelta(seconds=life.margin), key_life=timedelta(seconds=life.key_life),
    )  # fmt: skip
    settings = RuntimeSettings(look=0.05, first_retry=0.05, last_retry=1.0, lease=life.lease, deaths=life.deaths)
    engine = Engine(store, Flows([scene.flow]), played, settings)
    await engine.start()
    accepted = AcceptedFile(Path(life.accepted))
    day = Day(life.begins, scene.events, answers=scene.answers, accepted=accepted, at_once=life.at_once)
    await day.live(engine, patience=life.patience)
    await engine.stop()
    await store.close()
    return crash


class Birthplace:
    """Where processes are born, one at a time: `bear`, then `buried`."""

    def __init__(self, process: subprocess.Popen[str], says: IO[str], hears: IO[str]) -> None:
        self._process = process
        self._says = says
        self._hears = hears

    def bear(self, what: Life | Terms) -> int:
        """Begin a hub's life, or vendors: the number of the process."""
        self._hears.write(msgspec.json.encode(what).decode() + "\n")
        self._hears.flush()
        return self._told("born")

    def buried(self) -> int:
        """Wait for the end of the life: 0, or minus the number of the signal that ended it."""
        return self._told("ended")

    def _told(self, word: str) -> int:
        said, _, number = self._says.readline().partition(" ")
        if said != word:
            raise RuntimeError(f"no hub was {word}: the birthplace ended with {self._process.poll()}")
        return int(number)

    @contextlib.contextmanager
    def vendors(self, terms: Terms) -> Iterator[SocketLine]:
        """Vendors born here, for as long as the block lasts; the line to them."""
        pid = self.bear(terms)
        try:
            while not Path(terms.socket).exists():
                time.sleep(0.005)
            yield SocketLine(terms.socket)
        finally:
            os.kill(pid, signal.SIGKILL)
            self.buried()


@contextlib.contextmanager
def birthplace() -> Iterator[Birthplace]:
    """A birthplace for as long as the block lasts."""
    command = [sys.executable, "-m", "pawline.testing.hub_process"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
    with process:
        if process.stdin is not None and process.stdout is not None:
            yield Birthplace(process, process.stdout, process.stdin)
            process.stdin.close()


def bear_all(lives: IO[str]) -> None:
    """Fork a process for each line, one after the other."""
    for line in lives:
        what: Life | Terms = msgspec.json.decode(line, type=Life | Terms)
        if isinstance(what, Life):
            import_module(what.scene.partition(":")[0])
        pid = os.fork()
        if pid == 0:
            _live_and_leave(what)
        print(f"born {pid}", flush=True)  # noqa: T201 - that is how it speaks
        _, status = os.waitpid(pid, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)  # noqa: T201 - as above


def _live_and_leave(what: Life | Terms) -> None:
    """In the forked process; never returns."""
    try:
        if isinstance(what, Life):
            os.environ[VARIABLE] = what.crash_at
            crash = asyncio.run(live(what))
            Path(what.counted).write_text(f"{crash.commits} {crash.requests}", "ascii")
        else:
            asyncio.run(serve(what))
    except BaseException:  # noqa: BLE001 - told, and the process ends
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    bear_all(sys.stdin)
