"""Lives of a process that commits through the real store while its files fail, and what is found after each."""

from __future__ import annotations

import asyncio
import functools
import multiprocessing
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pawline.store import JournalRow, Keyring, Outcome, Store, StoreError, Unit
from pawline.store.sqlite import Sqlite
from tests.promises.failing_files import CUT, FATAL, FailingFiles, Plan

ROWS = 3  # of each unit: stored together or not at all
AT_ONCE = 4  # units that may share a transaction


@functools.cache
def rows(unit: int) -> list[JournalRow]:
    """What a unit of this number stores; from a few bytes to several pages each."""
    dice = random.Random(unit)
    return [JournalRow(unit, seq, 0, None, dice.randbytes(dice.choice((20, 900, 9_000)))) for seq in range(ROWS)]


@dataclass(frozen=True)
class Life:
    """One process: where its store is, where it says what it does, its first unit, and how it rolls its dice."""

    folder: str
    said: str
    first: int
    transactions: int
    plan: Plan
    seed: int


def live(life: Life) -> None:
    """In a process of its own: commits until its share is done, or its files are broken and it ends as a hub does."""
    said, errors = (os.open(life.said + end, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) for end in ("", ".err"))
    os.dup2(errors, 2)

    def say(line: str) -> None:
        os.write(said, f"{line}\n".encode())

    layer = FailingFiles(life.plan, life.seed, lambda kind: say(f"fault {kind}"))
    layer.install()
    asyncio.run(_commit_all(life, say))


async def _commit_all(life: Life, say: Callable[[str], None]) -> None:
    store = await Store.open(f"{life.folder}/hub.db", Keyring.load(Path(f"{life.folder}/keyring")))
    broken: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
    store.on_broken = broken.set_result
    lanes = tuple((await store.claim(None, 60.0)).items())[:1]
    dice, unit = random.Random(life.seed), life.first
    try:
        for _ in range(life.transactions):
            say("transaction")
            together = range(unit, unit := unit + dice.randint(1, AT_ONCE))
            await asyncio.gather(*[_commit(store, number, lanes, say) for number in together])
            if dice.random() < 0.1:
                await store.job(lambda db: db.scrub())  # the log is copied over and cut
        await store.job(lambda db: None)  # behind the last batch's rest
    except StoreError:
        async with asyncio.timeout(5):  # a hub ends when it is told so, and not before
            raise await broken from None
    say("closing")
    await store.close()


async def _commit(store: Store, number: int, lanes: tuple[tuple[int, int], ...], say: Callable[[str], None]) -> None:
    told: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def done(outcome: Outcome) -> None:
        say(f"stored {number}" if outcome.error is None else f"{type(outcome.error).__name__} {number}")
        told.set_result(outcome)

    say(f"begun {number}")
    store.commit(Unit(done, lanes, journal=rows(number)))
    await told


class Said:
    """What one life said: the numbers of its units by what became of them."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.fatal: str | None = None
        self.begun, self.stored, self.full, self.late = set[int](), set[int](), set[int](), set[int]()
        for word, _, rest in (line.partition(" ") for line in lines):
            if word == "closing":
                break  # what SQLite then cannot copy over stays in its log
            if word == "fault" and rest in FATAL:
                self.fatal = rest
            elif word == "begun":
                self.begun.add(int(rest))
                self.late |= {int(rest)} if self.fatal else set()
            elif word == "stored":
                self.stored.add(int(rest))
            elif word == "StoreFull":
                self.full.add(int(rest))


@dataclass
class Trail:
    """The store that all lives share, one after the other; what they came to, counted; and what was wrong."""

    folder: Path
    stored: set[int] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    lives: int = 0
    units: int = 0

    def __post_init__(self) -> None:
        Keyring.generate().save(self.folder / "keyring")

    def live(self, transactions: int, plan: Plan, seed: int) -> None:
        """One more life, and a look at what it left."""
        self.lives += 1
        path = self.folder / f"said{self.lives}"
        process = _FORKS.Process(
            target=live, args=(Life(str(self.folder), str(path), self.units, transactions, plan, seed),)
        )
        process.start()
        process.join()
        said = Said(path.read_text("ascii").splitlines())
        self.units += len(said.begun)
        self.counts.update(line if line.startswith("fault") else line.partition(" ")[0] for line in said.lines)
        errors = Path(f"{path}.err").read_text("utf-8")
        found = [*_ended(said, process.exitcode, errors), *asyncio.run(self._look(said))]
        self.problems += [f"life {self.lives} ({plan}, seed {seed}): {problem}" for problem in found]

    async def _look(self, said: Said) -> list[str]:
        """With files that work: is all there that was acknowledged, nothing that was refused, and each as a whole?"""
        store = await Store.open(self.folder / "hub.db", Keyring.load(self.folder / "keyring"))
        try:
            database = store._opened.database
            assert isinstance(database, Sqlite)
            sound = database.db.execute("pragma integrity_check").fetchall()
            there = {row[0] for row in database.db.execute("select run from journal")}
            journals = await store.journals(sorted(there))
        finally:
            await store.close()
        doubtful = said.begun - said.stored - said.full
        self.stored |= said.stored
        wrong = {
            "were acknowledged and are not there": self.stored - there,
            "were refused and are there": there - self.stored - doubtful,
            "are not as they were written": {unit for unit in there if journals[unit] != rows(unit)},
        }
        self.stored |= there
        problems = [f"{sorted(units)[:5]} {what}" for what, units in wrong.items() if units]
        return problems if sound == [("ok",)] else [*problems, f"the file is broken: {sound[:3]}"]


def _ended(said: Said, code: int | None, errors: str) -> list[str]:
    """A broken disk ends the process loudly, and nothing that was begun after it was acknowledged."""
    problems = [f"{said.late & said.stored} were acknowledged after a fault"] if said.late & said.stored else []
    loud = code == 1 and "pawline.store.errors.StoreBroken: the disk failed: " in errors
    opening = code == 1 and not said.begun and "pawline.store.errors.Store" in errors  # it never began
    if said.fatal and not loud and not opening:
        problems.append(f"a fault of kind {said.fatal} ended it with {code}: {errors[-500:]}")
    if not said.fatal and not opening and code not in {0, CUT}:
        problems.append(f"no fault, yet it ended with {code}: {errors[-500:]}")
    return problems


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])  # so that a life begins within milliseconds


def plan(dice: random.Random) -> Plan:
    """What befalls the next life: somewhere in its first few hundred calls."""
    most = {"write": 300, "read": 60, "sync": 40, "truncate": 3, "full": 150, "cut": 500}
    kind = dice.choice(("write", "read", "sync", "sync", "truncate", "full", "full", "cut", "cut", "cut"))
    return Plan(kind, dice.randint(1, most[kind]), full=dice.randint(3, 30))
