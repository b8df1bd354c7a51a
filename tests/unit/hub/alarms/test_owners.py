"""Two hubs over one PostgreSQL: each alarm is told once, whoever sees it; a hub that was taken over tells nothing."""

from __future__ import annotations

import asyncio
import json as reading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pawline.hub import Hub, load_settings
from pawline.hub.alarms.found import live
from pawline.hub.alarms.keeping import Alarms
from pawline.runtime.account_gate import Trouble
from pawline.store import LANES, Keyring, StaleOwner
from pawline.testing.counter import Counter, counter
from tests.databases import databases
from tests.unit.hub.shop import until

SETTINGS = """shops = ["paws"]
store = "{url}"
allow_networks = ["127.0.0.0/8"]
accounts = [{{ use = "tests.unit.hub.shop:connect" }}]
[alarms]
no_orders = {{ on = false }}
[[alarms.channels]]
name = "team"
kind = "slack"
url = {{ env = "PAWLINE_TEST_SLACK" }}
[[alarms.rota]]
channels = ["team"]
"""


@pytest.fixture(scope="module")
def new_database() -> Iterator[Callable[[], str]]:
    with databases() as new:
        yield new


class Two:
    """Two hubs, and what Slack heard of them."""

    def __init__(self, file: Path, slack: Counter) -> None:
        self._file, self._slack = file, slack
        self.first: Hub
        self.second: Hub

    async def open(self) -> Hub:
        return await Hub.open(load_settings(self._file, {}))

    def heard(self) -> list[str]:
        return [reading.loads(request.body)["text"].splitlines()[0] for request in self._slack.heard]

    async def looks(self, *alarms: Alarms, times: int = 10) -> None:
        for _ in range(times):
            await asyncio.gather(*[one.look() for one in alarms], return_exceptions=False)

    async def case(self, title: str) -> int:
        from pawline.runtime import untold_case

        row = untold_case(self.first.engine, "paws", "malformed", title, title, "")
        await self.first.store.job(lambda db: db.many("insert_case", [row]))
        return row.no


def alarms_of(hub: Hub) -> Alarms:
    assert hub.kept.alarms is not None
    return hub.kept.alarms


@pytest.fixture
def pair(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vendor: Any
) -> Callable[[], Any]:
    Keyring.generate().save(tmp_path / "pawline.key")
    (tmp_path / "pawline.toml").write_text(SETTINGS.format(url=new_database()), "utf-8")
    monkeypatch.setattr(Alarms, "start", lambda _: None)  # each look is the test's own, the first one, too
    monkeypatch.setattr("pawline.hub.alarms.telling.GATHER", 0.0)
    monkeypatch.setattr("pawline.hub.alarms.keeping.CALM", 0.0)

    @asynccontextmanager
    async def both() -> AsyncIterator[Two]:
        async with counter(seconds=60) as slack:
            monkeypatch.setenv("PAWLINE_TEST_SLACK", f"http://127.0.0.1:{slack.port}/services/x")
            two = Two(tmp_path / "pawline.toml", slack)
            two.first, two.second = await two.open(), await two.open()
            assert (len(two.first.engine.lanes), len(two.second.engine.lanes)) == (LANES, 0)
            try:
                yield two
            finally:
                await two.first.close()
                await two.second.close()

    return both


async def test_each_alarm_is_told_once_whoever_looks(pair: Callable[[], Any]) -> None:
    async with pair() as two:
        await two.case("a cause")
        await two.case("another")
        await two.looks(alarms_of(two.first), alarms_of(two.second), times=1)
        assert two.heard() == ["Pawline: 2 alarms"]
        await two.case("a third")
        await two.looks(alarms_of(two.first), alarms_of(two.second), alarms_of(two.first))
        assert len(two.heard()) == 2
        assert two.heard()[1].startswith("Pawline: [warning] 1 case for operations in paws: a third, since ")
        assert len(await two.second.desk.answer("alarms", {})) == 3


async def test_what_only_one_hub_can_see_is_told_by_the_other(pair: Callable[[], Any]) -> None:
    async with pair() as two:
        witness = alarms_of(two.second)
        down = {"dispenser/home": Trouble(700.0, 1.0)}
        object.__setattr__(witness.ground, "troubles", lambda: down)
        await two.looks(witness, times=2)
        assert two.heard() == []
        await two.looks(alarms_of(two.first), witness)
        assert len(two.heard()) == 1
        assert two.heard()[0].startswith("Pawline: [critical] dispenser/home does not answer, since ")
        down.clear()
        await two.looks(alarms_of(two.first), witness)
        assert len(two.heard()) == 1  # nobody knows that it answers again
        object.__setattr__(witness.ground, "answered", lambda: ["dispenser/home"])
        await two.looks(witness, times=1)

        async def over() -> bool:  # their clocks differ by a little
            await two.looks(alarms_of(two.first), times=1)
            return len(two.heard()) > 1

        await until(over)
        assert [one.startswith("Pawline: [over] dispenser/home") for one in two.heard()] == [False, True]


async def test_a_hub_that_was_taken_over_tells_nothing_any_more(pair: Callable[[], Any]) -> None:
    async with pair() as two:
        await two.case("before")
        await two.looks(alarms_of(two.first), times=1)
        first, second = two.first.engine, two.second.engine
        lanes = first.lanes
        first.owning.renew = _stands_still
        await two.second.store.job(lambda db: db.script(["update lane set until = 0"]))
        await second.owning.renew()
        assert (len(second.lanes), first.lanes) == (LANES, lanes)  # and both believe that they own them
        await two.case("after")
        for _ in range(3):
            told = await asyncio.gather(
                alarms_of(two.first).look(), alarms_of(two.second).look(), return_exceptions=True
            )
            assert isinstance(told[0], StaleOwner | None)
            assert told[1] is None
        assert [one.partition(": a")[0].partition(": b")[0] for one in two.heard()] == [
            "Pawline: [warning] 1 case for operations in paws"
        ] * 2
        assert sum("before" in one for one in two.heard()) == 1
        with pytest.raises(StaleOwner):
            await alarms_of(two.first)._book.beat(time.time())
        assert [alarm["times"] for alarm in await two.second.desk.answer("alarms", {})] == [1, 1]


async def _stands_still() -> None: ...


async def test_of_two_that_saw_it_due_one_tells(pair: Callable[[], Any]) -> None:
    async with pair() as two:
        first, second = alarms_of(two.first), alarms_of(two.second)
        await two.case("a cause")
        first.muted = _yes  # type: ignore[method-assign]
        await first.look()
        due = await live(two.first.store)
        assert [one.times for one in due] == [0]
        now = two.first.store.now()
        for _ in range(2):
            await asyncio.gather(*[one.telling.tell(due, now) for one in (first, second, first)])
        assert len(two.heard()) == 1
        assert [one.times for one in await live(two.first.store)] == [1]


async def _yes() -> bool:
    return True


async def test_a_hub_that_was_taken_over_does_not_even_begin_to_tell(pair: Callable[[], Any]) -> None:
    async with pair() as two:
        first, second = alarms_of(two.first), alarms_of(two.second)
        await two.case("a cause")
        first.muted = _yes  # type: ignore[method-assign]
        await first.look()
        two.first.engine.owning.renew = _stands_still
        await two.second.store.job(lambda db: db.script(["update lane set until = 0"]))
        await two.second.engine.owning.renew()
        await first.telling.tell(await live(two.first.store), two.first.store.now())
        assert two.heard() == []
        await second.look()
        assert len(two.heard()) == 1


async def test_somebody_sees_it_while_it_is_being_told(pair: Callable[[], Any]) -> None:
    async with pair() as two:
        await two.case("a cause")
        alarms = alarms_of(two.first)
        sending, go = asyncio.Event(), asyncio.Event()
        send = alarms.channels["team"].send

        async def slowly(letter: Any, key: str) -> None:
            sending.set()
            await go.wait()
            await send(letter, key)

        alarms.channels["team"].send = slowly  # type: ignore[method-assign]
        look = asyncio.create_task(alarms.look())
        await sending.wait()
        [alarm] = await two.second.desk.answer("alarms", {})
        await two.second.desk.answer("acknowledge", {"numbers": [alarm["no"]], "by": "ann"})
        go.set()
        await look
        [row] = await two.first.store.fetch("alarm", (alarm["no"],))
        assert (row[10], row[13], row[17]) == (None, 1, "ann")  # told once, and no more


async def test_the_second_goes_on_where_the_first_left(pair: Callable[[], Any]) -> None:
    async with pair() as two:
        no = await two.case("a cause")
        await two.looks(alarms_of(two.first), times=2)
        left, two.first = two.first, await two.open()
        await left.close()
        await two.second.engine.owning.renew()
        assert len(two.second.engine.lanes) == LANES
        await two.looks(alarms_of(two.first), alarms_of(two.second))
        assert len(two.heard()) == 1
        order = {"action": "close", "target": f"case:{no}", "by": "ann", "reason": "seen to"}
        assert (await two.second.desk.answer("order", order))["state"] == "done"
        await two.looks(alarms_of(two.first), alarms_of(two.second))
        assert [one.partition("] ")[0] for one in two.heard()] == ["Pawline: [warning", "Pawline: [over"]
