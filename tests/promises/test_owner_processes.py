"""Two real hub processes over one PostgreSQL: one is stopped and goes on too late, the other is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from pawline.store import LANES
from pawline.testing import Faults, read_ledger
from pawline.testing.hub_process import Birthplace, birthplace
from tests.attack.crowd import wrongs
from tests.databases import databases
from tests.promises.killed import Trail
from tests.promises.owners import until

ORDERS, SECONDS = 60, 9
CROWD = ("tests.attack.crowd:crowd", f"{ORDERS}/{SECONDS}")


@pytest.fixture(scope="module")
def new_database() -> Iterator[Callable[[], str]]:
    with databases() as new:
        yield new


def owner_of_all(url: str) -> int | None:
    """Who owns every lane; None where that is nobody, or not one."""
    with psycopg.connect(url) as db:
        if db.execute("select to_regclass('lane')").fetchone() == (None,):
            return None  # nobody has opened it yet
        found = db.execute("select owner, count(*) from lane where owner > 0 group by owner").fetchall()
    return int(found[0][0]) if [many for _, many in found] == [LANES] else None


@contextlib.contextmanager
def born(place: Birthplace, trail: Trail) -> Iterator[int]:
    """A hub's process, which does not outlive the block."""
    pid = place.bear(trail.life(*CROWD, at_once=10))
    try:
        yield pid
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        raise


async def comes(true: Callable[[], bool]) -> None:
    async def found() -> bool:
        return true()

    await until(found, 40)


def test_one_is_stopped_and_goes_on_and_the_other_is_killed(new_database: Callable[[], str]) -> None:
    trail = Trail(new_database())
    ledger = trail.folder / "ledger"

    def done(more: int) -> Callable[[], bool]:
        return lambda: len(read_ledger(ledger)) >= more

    with (
        birthplace() as one,
        birthplace() as two,
        birthplace() as others,
        others.vendors(trail.terms(ORDERS, Faults())),
        born(one, trail) as stopped,
    ):
        asyncio.run(comes(lambda: owner_of_all(trail.store) is not None))
        first = owner_of_all(trail.store)
        with born(two, trail) as killed:
            asyncio.run(comes(done(20)))
            os.kill(stopped, signal.SIGSTOP)
            asyncio.run(comes(lambda: owner_of_all(trail.store) not in {None, first}))
            asyncio.run(comes(done(len(read_ledger(ledger)) + 20)))
            os.kill(stopped, signal.SIGCONT)
            asyncio.run(comes(done(len(read_ledger(ledger)) + 20)))
            os.kill(killed, signal.SIGKILL)
            so_far = len(read_ledger(ledger))
            assert two.buried() == -signal.SIGKILL
        assert one.buried() == 0
    found, effects, accepted = trail.found(), read_ledger(ledger), trail.accepted()
    assert set(accepted) == {f"placed-o{n}" for n in range(1, ORDERS + 1)}
    assert found.runs == Counter({"DONE": ORDERS})
    declined = ORDERS // 7
    assert found.events == Counter(
        {"order.placed@1": ORDERS, "order.confirmed@1": ORDERS - declined, "order.refused@1": declined}
    )
    assert set(found.ids.values()) == {1}
    assert found.cases == ()
    assert so_far < len(effects)
    assert wrongs(ORDERS, effects, 2, 0, set()) == []
    assert Path(trail.folder, "counted").exists()
