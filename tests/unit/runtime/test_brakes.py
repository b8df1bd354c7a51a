"""Caps, stops and modes: what is held waits, nothing is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from pawline.ports import EffectKind, Limits, Operation, Rejected, Settle
from pawline.runtime import Account, Binding, Caps, Flow, flow, sleep_until, together, undoing, use
from pawline.runtime.records import Observed
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Clerk, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON

REFUND = Operation(settle=Settle.KEY, kind=EffectKind.REFUND)
STOCK = Operation(settle=Settle.KEY, kind=EffectKind.STOCK)
OPERATIONS = {"put": REFUND, "take": STOCK, "weigh": STOCK}


@flow(on=Begun)
async def refund(begun: Begun) -> str:
    return await use(Shelf).put(begun.id)


def capped(hub: Hub, **caps: int) -> None:
    hub.bindings = (hub.shelf(operations=OPERATIONS),)
    hub.settings = replace(hub.settings, caps=Caps({EffectKind(kind): cap for kind, cap in caps.items()}))


async def orders(hub: Hub, count: int, first: int = 0) -> None:
    await asyncio.gather(*(hub.record(Begun(id=f"o{number}")) for number in range(first, first + count)))


# -- caps --------------------------------------------------------------------------------------------------------


async def test_a_fault_that_would_refund_10_000_orders_stops_at_its_cap_with_one_case(hub: Hub) -> None:
    capped(hub, refund=50)
    await hub.up(refund)
    for page in range(10):
        await orders(hub, 1000, page * 1000)
    await hub.quiet(2)
    assert len(hub.clerk.heard) == 50
    case = await hub.case()
    assert (case.kind, case.run, case.team) == ("cap", None, "operations")
    assert case.title == "refund wants more than 50 of kind refund in an hour: it waits until you let it go on"
    assert Counter(await hub.statuses()) == {Status.DONE: 50, Status.WAITING: 9950}
    assert hub.engine.live == {}

    hub.engine.settings = hub.settings = replace(hub.settings, caps=Caps())  # the fault was none after all
    assert await hub.told("go_on", "shop", scope="cap", name="refund/refund") == "done"
    await hub.quiet(20)
    assert Counter(await hub.statuses()) == {Status.DONE: 10_000}
    assert Counter(Counter(one.argument for one in hub.clerk.heard).values()) == {1: 10_000}
    assert await hub.case_states() == [("cap", "closed")]


async def test_going_on_gives_the_same_number_again(hub: Hub) -> None:
    capped(hub, refund=5)
    await hub.up(refund)
    await orders(hub, 12)
    await hub.quiet()
    done = []
    for _ in range(2):
        done.append(len(hub.clerk.heard))
        assert await hub.told("go_on", "shop", scope="cap", name="refund/refund") == "done"
        await hub.quiet(3)
    assert (done, len(hub.clerk.heard)) == ([5, 10], 12)
    assert await hub.statuses() == [Status.DONE] * 12
    assert await hub.case_states() == [("cap", "closed"), ("cap", "closed")]


async def test_a_cap_counts_by_the_hour_and_outlives_a_death(hub: Hub) -> None:
    capped(hub, refund=5)
    await hub.up(refund)
    await orders(hub, 3)
    await hub.quiet()
    await hub.die()
    await hub.up()
    await orders(hub, 2, 3)
    await hub.quiet()
    assert (len(hub.clerk.heard), await hub.cases()) == (5, [])
    await hub.later(3600)
    await orders(hub, 5, 5)
    await hub.quiet()
    assert (len(hub.clerk.heard), await hub.cases()) == (10, [])
    await orders(hub, 1, 10)
    await hub.quiet()
    assert (len(hub.clerk.heard), (await hub.case()).kind) == (10, "cap")
    await hub.die()
    await hub.up()
    await hub.later(3600)
    assert (len(hub.clerk.heard), len(await hub.cases())) == (10, 1)  # a person lets it go on, not the clock


async def test_a_cap_holds_one_kind_of_one_flow(hub: Hub) -> None:
    @flow(on=Begun)
    async def restock(begun: Begun) -> str:
        return await use(Shelf).take(begun.id)

    capped(hub, refund=1)
    await hub.up(refund, restock, replace(refund, name="other"))
    await orders(hub, 4)
    await hub.quiet()
    assert Counter(hub.clerk.did) == {("put", "o0"): 2, **{("take", f"o{number}"): 1 for number in range(4)}}
    assert sorted(case.title.split()[0] for case in await hub.cases()) == ["other", "refund"]


async def test_an_effect_counts_once_however_often_it_is_tried_or_queued(hub: Hub) -> None:
    capped(hub, refund=10)
    hub.bindings = (replace(hub.bindings[0], limits=Limits(rate=2.0)),)
    await hub.up(refund)
    hub.clerk.says["put", "o0"] = [timedelta(seconds=20), timedelta(seconds=20)]
    await orders(hub, 10)
    await hub.quiet(40)
    assert (await hub.statuses(), await hub.cases()) == ([Status.DONE] * 10, [])
    assert await hub._select("select sum(n) from spent") == [(10,)]


async def test_undoing_passes_a_cap(hub: Hub) -> None:
    @flow(on=Begun)
    async def books(begun: Begun) -> str:
        shelf = use(Shelf)
        async with undoing() as undo:
            await undo.step(shelf.put(begun.id), back=shelf.take)
            await shelf.weigh([begun.id])
        return "booked"

    capped(hub, stock=1)
    await hub.up(books)
    hub.clerk.says["weigh"] = [Rejected("no")]
    no = await hub.begin(Begun())
    assert hub.clerk.did == [("put", "o1"), ("weigh", ["o1"]), ("take", "o1!")]
    assert (await hub.status(no), await hub.case_states()) == (Status.FAILED, [("failed", "open")])


# -- stop --------------------------------------------------------------------------------------------------------


async def test_stop_holds_a_flow_of_a_thousand_effects_a_second_and_go_on_loses_none(hub: Hub) -> None:
    await hub.up(refund)

    async def pours() -> None:
        for tick in range(30):
            await orders(hub, 100, tick * 100)
            await asyncio.sleep(0.1)

    pouring = asyncio.get_running_loop().create_task(pours())
    await hub.quiet(1)
    before = len(hub.clerk.heard)
    stopped = hub.clock()
    assert await hub.told("stop", "shop", scope="flow", name="refund") == "done"
    await pouring
    held = [one for one in hub.clerk.heard if one.at > stopped + 1]
    assert (before >= 900, held) == (True, [])  # within one second, and five are allowed
    assert await hub.told("go_on", "shop", scope="flow", name="refund") == "done"
    await hub.quiet(10)
    assert Counter(await hub.statuses()) == {Status.DONE: 3000}
    assert Counter(Counter(one.argument for one in hub.clerk.heard).values()) == {1: 3000}


SCOPES = [("all", ""), ("flow", "refund"), ("account", "shelf/eu"), ("sku", "o1")]


@pytest.mark.parametrize(("scope", "name"), SCOPES)
async def test_what_a_stop_names_waits_and_the_rest_goes_on(hub: Hub, scope: str, name: str) -> None:
    other = Clerk(hub.clock)
    hub.bindings = (hub.shelf(), hub.shelf("shelf/us", other))

    @flow(on=Begun)
    async def elsewhere(begun: Begun) -> str:
        return await use(Shelf, Account("shelf/us")).put(f"x{begun.id}")

    await hub.up(refund, elsewhere)
    assert await hub.told("stop", "shop", scope=scope, name=name) == "done"
    await hub.record(Begun(id="o1"))
    await hub.record(Begun(id="o2"))
    await hub.later(86400)
    here, there = [argument for _, argument in hub.clerk.did], [argument for _, argument in other.did]
    assert (here, there) == {
        "all": ([], []),
        "flow": ([], ["xo1", "xo2"]),
        "account": ([], ["xo1", "xo2"]),
        "sku": (["o2"], ["xo1", "xo2"]),
    }[scope]
    assert await hub.cases() == []
    assert await hub.told("go_on", "shop", scope=scope, name=name) == "done"
    assert set(await hub.statuses()) == {Status.DONE}
    assert sorted(argument for _, argument in hub.clerk.did) == ["o1", "o2"]
    assert [line[1] for line in await hub.audit()] == ["stop done", "go_on done"]


async def test_a_sku_is_held_wherever_it_stands_in_the_arguments(hub: Hub) -> None:
    @flow(on=Begun)
    async def weighs(begun: Begun) -> int:
        return await use(Shelf).weigh(["kibble", begun.id])

    await hub.up(weighs)
    await hub.told("stop", "shop", scope="sku", name="SKU-1")
    for sku in ("SKU-1", "SKU-10", "SKU"):
        await hub.record(Begun(id=sku))
    await hub.quiet()
    assert [argument[1] for _, argument in hub.clerk.did] == ["SKU-10", "SKU"]


async def test_a_stop_outlives_a_death_and_so_does_what_waits_behind_it(hub: Hub) -> None:
    await hub.up(refund)
    await hub.told("stop", "shop", scope="all")
    await orders(hub, 3)
    await hub.quiet()
    await hub.die()
    await hub.up()
    await hub.later(86400)
    assert hub.clerk.did == []
    await hub.told("go_on", "shop", scope="all")
    assert await hub.statuses() == [Status.DONE] * 3


async def test_stop_lets_what_is_in_flight_end(hub: Hub) -> None:
    await hub.up(refund)
    hub.clerk.says["put"] = [timedelta(seconds=5)]
    no = await hub.begin(Begun())
    await hub.told("stop", "shop", scope="all")
    await hub.quiet(5)
    assert await hub.status(no) == Status.DONE


@pytest.mark.parametrize("gap", [0.0, 2.0])
async def test_a_brake_that_another_owner_takes_off_is_seen(hub: Hub, gap: float) -> None:
    await hub.up(refund)
    await hub.told("stop", "shop", scope="all")
    await orders(hub, 2)
    await hub.quiet()
    await hub.quiet(gap)
    await hub.engine.intake.write(("drop_brake", ("s", "all", "*")))  # not by us
    await hub.quiet(2.0 if gap else 8.0)  # what we said ourselves a moment ago is believed for a while
    assert await hub.statuses() == [Status.DONE] * 2


async def test_a_step_that_goes_behind_a_brake_while_it_is_taken_off_is_not_forgotten(hub: Hub) -> None:
    await hub.up(refund)
    await hub.told("stop", "shop", scope="all")
    await orders(hub, 1)
    await hub.quiet()
    for _ in range(5):  # the wake-up passes it by: as if its row came to the disk a moment later
        await hub.engine.intake.write(("drop_brake", ("s", "all", "*")))
        hub.engine.brakes.lift("s", "all", "*")
    await hub.quiet(2.5)
    assert await hub.statuses() == [Status.DONE]


async def test_what_is_not_stopped_cannot_go_on(hub: Hub) -> None:
    await hub.up(refund)
    await hub.told("stop", "shop", scope="flow", name="refund")
    said = await hub.told("go_on", "shop", scope="sku", name="x")
    assert said == "refused: sku x is not stopped; stopped are: flow refund"
    assert await hub.told("stop", "shop", scope="dog") == "refused: stop takes a scope: all, flow, account or sku"


# -- modes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["observe", "paused"])
@pytest.mark.parametrize(("name", "account"), [("refund", "*"), ("", "shelf/eu"), ("refund", "shelf/eu"), ("", "*")])
async def test_nothing_is_sent_until_live(hub: Hub, mode: str, name: str, account: str) -> None:
    await hub.up(refund, counts)
    assert await hub.told("mode", "shop", mode=mode, name=name, account=account) == "done"
    await orders(hub, 5)
    await hub.later(86400)
    assert set(hub.clerk.did) == {("count", f"o{number}") for number in range(5)}  # looking changes nothing
    assert Counter((row.flow, row.status) for row in await hub.runs()) == {
        ("refund", Status.WAITING): 5,
        ("counts", Status.DONE): 5,
    }
    for again in ("stop", "go_on"):  # what waits is told to look again, and is held again
        assert await hub.told(again, "shop", scope="flow", name="counts") == "done"
    await hub.die()
    await hub.up()
    await hub.quiet()
    assert len(hub.clerk.did) == 5
    for run in [row for row in await hub.runs() if row.flow == "refund"]:
        noted = [record for record in await hub.journal(run.no) if isinstance(record, Observed)]
        wanted = [("1", "Shelf", "put", f'["{run.run_key}"]', "shelf/eu")] if mode == "observe" else []
        assert [(r.path, r.port, r.method, bytes(r.args).decode(), r.account) for r in noted] == wanted
    assert await hub.told("mode", "shop", mode="live", name=name, account=account) == "done"
    await hub.quiet(2)
    assert set(await hub.statuses()) == {Status.DONE}
    assert Counter(method for method, _ in hub.clerk.did) == {"count": 5, "put": 5}


@flow(on=Begun)
async def counts(begun: Begun) -> int:
    return await use(Shelf).count(begun.id)


async def test_the_most_specific_mode_counts(hub: Hub) -> None:
    await hub.up(refund, replace(refund, name="other"))
    await hub.told("mode", "shop", mode="paused")
    await hub.told("mode", "shop", mode="live", name="refund")
    await orders(hub, 1)
    await hub.quiet()
    assert [(row.flow, row.status) for row in await hub.runs()] == [("refund", Status.DONE), ("other", Status.WAITING)]


async def test_what_is_older_than_the_watermark_stays_with_the_old_way(hub: Hub) -> None:
    await hub.up(refund, replace(refund, name="other"))
    await hub.told("mode", "shop", mode="live", name="refund", watermark=NOON + 100)
    await hub.record(Begun(id="old"))
    await hub.later(100)
    await hub.record(Begun(id="new"))
    await hub.quiet()
    assert [(row.flow, row.run_key) for row in await hub.runs()] == [
        ("other", "old"),
        ("refund", "new"),
        ("other", "new"),
    ]


async def test_an_unknown_mode_is_refused(hub: Hub) -> None:
    await hub.up(refund)
    assert await hub.told("mode", "shop", mode="fast") == "refused: a mode is observe, live or paused"
    assert [line[1] for line in await hub.audit()] == ["mode refused"]


# -- priorities --------------------------------------------------------------------------------------------------


class Till(Protocol):
    async def ring(self, order: str) -> str: ...


class Rings:
    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.rung: list[tuple[str, float]] = []

    async def ring(self, order: str) -> str:
        await asyncio.sleep(0.01)
        self.rung.append((order, self.clock() - NOON))
        return order


@flow(on=Begun)
async def rings(begun: Begun) -> str:
    return await use(Till).ring(begun.id)


async def test_a_backfill_keeps_to_a_corner_and_a_shopper_finds_room(hub: Hub) -> None:
    till = Rings(hub.clock)
    hub.bindings = (Binding("till/1", Till, till, {"ring": Operation(settle=Settle.KEY)}),)
    shops: Flow[Any, Any] = replace(rings, name="shops", urgency=lambda _: "shopper")
    hub.settings = replace(hub.settings, live=40)
    await hub.up(replace(rings, name="fills"))
    for number in range(1000):
        await hub.record(Begun(id=f"b{number}"), priority="bulk")
    corner = 0
    for _ in range(50):
        await hub.quiet(0.02)
        corner = max(corner, len(hub.engine.live))
    assert corner == 40 // 20 + 1
    assert {row.priority for row in await hub.runs()} == {2}
    await hub.deploy(shops)
    no = await hub.record(Begun(id="shopper"), priority="shopper")
    asked = hub.clock()
    await hub.engine.reached(no, "", 5)
    assert hub.clock() - asked <= 0.011


async def test_a_flow_that_sleeps_holds_no_room(hub: Hub) -> None:
    @flow(on=Begun)
    async def naps(begun: Begun) -> str:
        await sleep_until(datetime(2027, 1, 1, tzinfo=UTC))
        return "awake"

    hub.settings = replace(hub.settings, live=5)
    await hub.up(naps, rings_none)
    await orders(hub, 200)
    await hub.quiet(3)
    assert (hub.engine.live, Counter(await hub.statuses())) == ({}, {Status.WAITING: 200, Status.DONE: 200})


@flow(on=Begun)
async def rings_none(begun: Begun) -> list[str]:
    return list(await together())
