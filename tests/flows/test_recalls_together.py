"""Several recalls of one order: what one of them releases does not leave while another keeps it, or calls it off."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.flows import recall_release
from pawline.flows.act_on_recall import stop_recalled_order
from pawline.model import Envelope, Event, LotId, LotRecalled, OrderPlaced, RecallDecided, RecallId, RecallReached
from pawline.ports import Code, FulfilmentRequest, Recalls, Stock, Transient, to_record
from pawline.runtime import Binding, Bindings, Flows, RuntimeSettings
from pawline.sandbox.vendors import Line, Reply, Request
from pawline.testing import NOON, Crash, Day, Lives, Own, Place, Told, Vendors, VirtualTime, bindings, places
from pawline.testing.orders import SHOP, order
from tests.flows.house import House, TimePassed, sleeps_until_told
from tests.flows.test_act_on_recall import CHEW, FLOWS, HOME, RECALL, placed
from tests.flows.test_recall_ends import O2, OTHER, WAITING, did, ended

SOON = RuntimeSettings(look=0.02, last_retry=0.5)
THIRD = msgspec.structs.replace(RECALL, id=RecallId("r3"), lots=(LotId("L3"),))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pawline.flows.recall_release.CALLED_OFF", timedelta(seconds=1))


@contextmanager
def away(house: House, what: str) -> Iterator[asyncio.Event]:
    """The warehouse takes no such request: a brake, a cap, or it is down. Set once it was asked."""
    depot: Any = house.vendors.depot
    real, asked = getattr(depot, what), asyncio.Event()

    def refuse(*_: Any, **__: Any) -> Any:
        asked.set()
        raise Transient("it is away", Code.UNAVAILABLE)

    setattr(depot, what, refuse)
    yield asked
    setattr(depot, what, real)


def kept_back(recall: str) -> str:
    return f"recall {recall}: 1 order(s) are kept back"


async def recalled(house: House, *recalls: Any) -> dict[str, int]:
    """An order that these keep; their cases."""
    await placed(house, 2, asked=True)
    await house.tell(*[LotRecalled(recall=one) for one in recalls])
    cases = {case.title: case.no for case in await house.until_asked(len(recalls))}
    await house.rest(but=WAITING)
    return cases


async def another(house: House, cases: dict[str, int]) -> Any:
    """The one case beside these."""
    while not (found := [one for one in await house.cases() if one.no not in cases.values()]):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    (case,) = found
    return case


async def until_gone(house: House) -> None:
    while house.vendors.depot.of(O2):
        assert house.vendors.depot.ready(O2) == ()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("answer", ["release", "cancel"])
async def test_what_one_recall_released_another_still_keeps(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps_until_told(monkeypatch, recall_release)
    async with asyncio.timeout(60), House(FLOWS) as house:
        await placed(house, 2, asked=True)
        await house.tell(LotRecalled(recall=RECALL), LotRecalled(recall=OTHER))
        cases = {case.title: case.no for case in await house.until_asked(2)}
        await house.rest(but=WAITING)
        await house.answer(cases["recall r1: 1 order(s) are kept back"], "release")
        await house.rest(but=WAITING)
        assert house.vendors.depot.ready(O2) == ()
        await house.answer(cases["recall r2: 1 order(s) are kept back"], answer)
        if answer == "cancel":
            while house.vendors.depot.of(O2):  # noqa: ASYNC110 - the flow of the other recall does it
                await asyncio.sleep(0.02)
            await house.tell(TimePassed())
        await house.rest()
        if answer == "release":
            assert len(house.vendors.depot.ready(O2)) == 1
        else:
            assert house.vendors.depot.of(O2) == ()
        assert (await house.cases(), set(await ended(house))) == ([], {"done"})


async def test_what_another_calls_off_is_not_freed_though_that_takes_long() -> None:
    async with asyncio.timeout(60), House(FLOWS, settings=SOON) as house:
        cases = await recalled(house, RECALL, OTHER)
        with away(house, "cancel"):
            await house.answer(cases[kept_back("r2")], "cancel")
            await house.answer(cases[kept_back("r1")], "release")
            case = await another(house, cases)
            assert case.title == "order o2 is held: recall r1 released it, r2 did not"
            assert (house.vendors.depot.ready(O2), did(house)) == ((), {"Fulfilment.hold": 1})
        await until_gone(house)
        await house.answer(case.no, "release it")  # there is nothing left to be released
        await house.rest()
        assert did(house) == {"Fulfilment.hold": 1, "Fulfilment.cancel": 1}
        assert (await house.cases(), await ended(house)) == ([], ["done", "done"])


async def test_what_another_called_off_before_keeps_no_later_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of other lots, it never held this one: nobody waits for it, and nobody is asked."""
    monkeypatch.setattr("pawline.flows.recall_release.CALLED_OFF", timedelta(days=1))
    async with asyncio.timeout(60), House(FLOWS, settings=SOON) as house:
        await placed(house, 5, asked=True)
        await house.tell(LotRecalled(recall=OTHER))
        (case,) = await house.until_asked(1)
        await house.answer(case.no, "cancel")
        await house.rest()
        later = order(2, placed_at=datetime.now(UTC))
        await house.tell(OrderPlaced(order=later))
        wanted = FulfilmentRequest(order=later.id, part="all", items=later.demand(), ship_to=HOME)
        house.vendors.depot.request(partial(house.vendors.did, "Fulfilment.request"), wanted)
        await house.tell(LotRecalled(recall=RECALL))
        (case,) = await house.until_asked(1)
        await house.rest(but=WAITING)
        await house.answer(case.no, "release")
        await house.rest()
        assert did(house) == {"Fulfilment.hold": 2, "Fulfilment.cancel": 1, "Fulfilment.release": 1}
        assert (len(house.vendors.depot.ready(O2)), await house.cases()) == (1, [])


@pytest.mark.parametrize("answer", ["release", "cancel"])
async def test_a_recall_that_comes_while_one_waits_for_another_keeps_it_too(answer: str) -> None:
    async with asyncio.timeout(60), House(FLOWS, settings=SOON) as house:
        cases = await recalled(house, RECALL, OTHER)
        await house.answer(cases[kept_back("r1")], "release")
        await house.tell(LotRecalled(recall=THIRD))
        third = (await another(house, cases)).no
        await house.rest(but=WAITING)
        await house.answer(cases[kept_back("r2")], "release")
        await asyncio.sleep(0.5)
        assert (house.vendors.depot.ready(O2), did(house)) == ((), {"Fulfilment.hold": 1})
        await house.answer(third, answer)
        await house.rest()
        if answer == "release":
            assert did(house) == {"Fulfilment.hold": 1, "Fulfilment.release": 1}
            assert len(house.vendors.depot.ready(O2)) == 1
        else:
            assert did(house) == {"Fulfilment.hold": 1, "Fulfilment.cancel": 1}
        assert (await house.cases(), set(await ended(house))) == ([], {"done"})


async def test_what_comes_while_it_is_being_released_is_held_again() -> None:
    async with asyncio.timeout(60), House(FLOWS, settings=SOON) as house:
        cases = await recalled(house, RECALL)
        with away(house, "release") as asked:
            await house.answer(cases[kept_back("r1")], "release")
            await asked.wait()
            await house.tell(LotRecalled(recall=OTHER))
            (case,) = await house.until_asked(1)
            await house.rest(but=WAITING)
            assert case.title == kept_back("r2")
        while did(house) != {"Fulfilment.hold": 2, "Fulfilment.release": 1}:  # noqa: ASYNC110 - flows get on
            await asyncio.sleep(0.02)
        assert house.vendors.depot.ready(O2) == ()
        await house.answer(case.no, "cancel")
        await house.rest()
        assert did(house) == {"Fulfilment.hold": 2, "Fulfilment.release": 1, "Fulfilment.cancel": 1}
        assert (house.vendors.depot.of(O2), await house.cases()) == ((), [])


# -- killed at every place -----------------------------------------------------------------------------------------


class Warehouse(Vendors):
    """Holds one request; cancels nothing for a while."""

    def __init__(self, time: VirtualTime, back: float = 0.0) -> None:
        super().__init__(now=time)
        self._time, self._back = time, time() + back
        wanted = FulfilmentRequest(order=O2, part="all", items=order(2).demand(), ship_to=HOME)
        self.depot.request(partial(self.did, "Fulfilment.request"), wanted)
        self.freed = 0  # how often it could have left

    async def ask(self, request: Request) -> Reply:
        if request.method == "Fulfilment.cancel" and self._time() < self._back:
            return Reply(error=to_record(Transient("it is away", Code.UNAVAILABLE)))
        reply = await super().ask(request)
        if request.method == "Fulfilment.release":
            self.freed += 1
        return reply


class Recalling(Own):
    """Two recalls of the order; of the second it knows once it is `known`."""

    def __init__(self, decided: Any, known: Any) -> None:
        super().__init__()
        self._decided, self._known = decided, known

    async def decided(self, recall: RecallId) -> bool | None:
        found: bool | None = self._decided(recall)
        return found

    async def recalls_of(self, _: Any) -> tuple[Recalls, ...]:
        names = ["r1", "r2"] if self._known() else ["r1"]
        return tuple(
            Recalls(sku=CHEW, recall=RecallId(name), whole=False, cancel=self._decided(name), reached=True)
            for name in names
        )


class Lived:
    """A day of a real engine; a second life where the first one died."""

    def __init__(self, folder: Path, place: Place | None, *recalls: str, second: float) -> None:
        time = VirtualTime()
        self.warehouse = Warehouse(time, back=6)
        told = [self._told(at, f"reach-{one}", RecallReached(recall=RecallId(one), order=O2, left=False, whole=False))
                for at, one in enumerate(recalls)]  # fmt: skip
        said = [(3.0, "r1", False), (second, "r2", True)]
        told += [self._told(at, f"say-{one}", RecallDecided(recall=RecallId(one), cancel=no)) for at, one, no in said]
        day, self.crash = Day(time(), told), Crash(place)

        def decided(recall: str) -> bool | None:
            return next((no for _, one, no in said if one == recall and f"say-{one}" in day.accepted), None)

        own = Recalling(decided, lambda: len(recalls) > 1 or self.warehouse.freed)

        def play(line: Line) -> Bindings:
            others = [one for one in bindings(line) if one.port is not Stock]
            return Bindings([*others, Binding("own/stock", Stock, own, {})])

        lives = Lives(folder / f"{place}.db", time, self.warehouse, Flows([stop_recalled_order]), play)
        lives.live(partial(day.live, patience=120), self.crash)
        if self.crash.fired:
            lives.live(partial(day.live, patience=120))

    @staticmethod
    def _told(at: float, name: str, event: Event) -> Told:
        return Told(at, Envelope(shop=SHOP, source="t", id=name, at=NOON + timedelta(seconds=at), event=event))

    def did(self) -> list[str]:
        return [one.operation for one in self.warehouse.effects() if not one.again]


def test_killed_at_every_place_what_another_calls_off_is_never_free(tmp_path: Path) -> None:
    clean = Lived(tmp_path, None, "r1", "r2", second=2.0)
    expected = ["Fulfilment.request", "Fulfilment.hold", "Fulfilment.cancel"]
    assert (clean.did(), clean.warehouse.freed) == (expected, 0)
    every = places(clean.crash.commits, clean.crash.requests)
    assert len(every) > 30
    for place in every:
        lived = Lived(tmp_path, place, "r1", "r2", second=2.0)
        assert lived.crash.fired, place
        assert (lived.did(), lived.warehouse.freed) == (expected, 0), place


def test_killed_at_every_place_what_comes_while_it_is_released_is_held_in_the_end(tmp_path: Path) -> None:
    clean = Lived(tmp_path, None, "r1", second=30.0)
    expected = ["Fulfilment.request", "Fulfilment.hold", "Fulfilment.release", "Fulfilment.hold"]
    assert clean.did() == expected
    for place in places(clean.crash.commits, clean.crash.requests):
        lived = Lived(tmp_path, place, "r1", second=30.0)
        assert lived.crash.fired, place
        assert (lived.did(), lived.warehouse.depot.ready(O2)) == (expected, ()), place
