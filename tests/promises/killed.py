"""Hub processes that kill themselves at a place, and what is found afterwards: on a file or on PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from tempfile import mkdtemp

from pawline.runtime import Bindings, Engine, Flows
from pawline.store import Keyring, Store
from pawline.testing import Faults, Place, places, read_ledger
from pawline.testing.hub_process import Birthplace, Life, birthplace
from pawline.testing.vendor_server import Terms
from tests.promises.trials import STOCK, by_name
from tests.promises.verdict import Found, look, problems

CLEAN = 3
"""Clean runs before the killing: the one with the fewest commits counts, for its places are there in every run. Units
that met in one commit there may come one by one in another."""


@dataclass
class Trail:
    """Where one trial's hub, vendors and senders leave what outlives their deaths. `store` is empty for a file."""

    store: str = ""
    folder: Path = field(default_factory=lambda: Path(mkdtemp(prefix="paws")))
    begins: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        Keyring.generate().save(self.folder / "keyring")

    def life(self, scene: str, argument: str, crash_at: str = "", **more: float) -> Life:
        place = self.folder
        return Life(
            scene=scene, argument=argument, store=self.store or str(place / "hub.db"), keyring=str(place / "keyring"),
            vendors=str(place / "vendors"), accepted=str(place / "accepted"), begins=self.begins,
            counted=str(place / "counted"), crash_at=crash_at, **more,  # type: ignore[arg-type]
        )  # fmt: skip

    def terms(self, stock: int, faults: Faults) -> Terms:
        place = self.folder
        return Terms(
            socket=str(place / "vendors"),
            ledger=str(place / "ledger"),
            stock=dict.fromkeys(STOCK, stock),
            faults=faults,
        )

    def found(self) -> Found:
        async def open_and_look() -> Found:
            store = await Store.open(self.store or str(self.folder / "hub.db"), Keyring.load(self.folder / "keyring"))
            found = await look(Engine(store, Flows([]), Bindings([])))
            await store.close()
            return found

        return asyncio.run(open_and_look())

    def accepted(self) -> list[str]:
        return (self.folder / "accepted").read_text("utf-8").splitlines()


@dataclass
class Killed:
    """What one trial with one death came to. `died` is False where the place was not reached."""

    died: bool
    problems: list[str]
    cases: bool
    counted: tuple[int, int]


class Killer:
    """Lives trials in processes that die at a place, and lives on in others until nothing moves."""

    def __init__(self, hubs: Birthplace, vendors: Birthplace, store: Callable[[], str]) -> None:
        self._hubs, self._vendors, self._store = hubs, vendors, store

    def kill_at(self, name: str, place: Place | None) -> Killed:
        trial, trail = by_name(name), Trail(self._store())
        with self._vendors.vendors(trail.terms(trial.stock, Faults(latency=0.02))):
            first = self._live(trail, name, str(place or ""))
            last = self._live(trail, name) if first == -signal.SIGKILL else first
        assert last == 0, f"{name} {place}: the hub ended with {last}"
        found, effects = trail.found(), read_ledger(trail.folder / "ledger")
        died = first == -signal.SIGKILL
        told = problems(trial, found, effects, accepted=set(trail.accepted()), blows=int(died))
        commits, requests = (trail.folder / "counted").read_text("ascii").split()
        shutil.rmtree(trail.folder)
        return Killed(died, told, bool(found.cases), (int(commits), int(requests)))

    def _live(self, trail: Trail, name: str, crash_at: str = "") -> int:
        self._hubs.bear(trail.life("tests.promises.trials:by_name", name, crash_at))
        return self._hubs.buried()

    def insist(self, name: str, place: Place) -> Killed:
        """In real time commits that met in one run may come one by one in the next: try until the place is reached."""
        for _ in range(30):
            killed = self.kill_at(name, place)
            if killed.died or killed.problems:
                break
        return killed


@contextmanager
def killers(count: int, store: Callable[[], str] = str) -> Iterator[Queue[Killer]]:
    """So many killers that work side by side: most of a kill is waiting."""
    with ExitStack() as stack:
        queue: Queue[Killer] = Queue()
        for _ in range(count):
            hubs, vendors = (stack.enter_context(birthplace()) for _ in range(2))
            queue.put(Killer(hubs, vendors, store))
        yield queue


def all_places(queue: Queue[Killer], name: str) -> tuple[list[Place], dict[str, list[str]], tuple[int, int]]:
    """Kill at every place that a clean run counts: where it died, what went wrong, how many commits and requests."""

    def kill(place: Place) -> Killed:
        killer = queue.get()
        try:
            return killer.insist(name, place)
        finally:
            queue.put(killer)

    killer = queue.get()
    lives = [killer.kill_at(name, None) for _ in range(CLEAN)]
    queue.put(killer)
    assert [(clean.died, clean.problems, clean.cases) for clean in lives] == [(False, [], False)] * CLEAN
    clean = min(lives, key=lambda life: life.counted)
    wanted = places(*clean.counted)
    with ThreadPoolExecutor(queue.qsize()) as pool:
        killed = dict(zip(wanted, pool.map(kill, wanted), strict=True))
    broken = {str(place): one.problems for place, one in killed.items() if one.problems}
    return [place for place, one in killed.items() if one.died], broken, clean.counted
