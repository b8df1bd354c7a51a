"""An account's limits: rate, concurrency, breaker, retry budget; a slow vendor delays its own work only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pawline.ports import Breaker, Code, Limits, Rejected, Transient, Unauthorised
from pawline.runtime import Account, flow, together, use
from pawline.runtime.account_gate import AccountGate
from pawline.runtime.gates import QUEUED
from pawline.runtime.lining import A_SECOND
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Clerk, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON

DOWN = Transient("down")


# -- what is told of accounts -------------------------------------------------------------------------------------


def test_a_gate_tells_since_when_its_circuit_is_open_until_a_call_is_answered() -> None:
    one = Gate(breaker=Breaker(failures=2, cool_down=timedelta(seconds=30)))
    assert (one.gate.trouble(0.0), one.gate.heard) == (None, False)
    one.pass_by(DOWN)
    assert one.gate.trouble(5.0) == (None, 5.0)  # it failed, and its circuit is closed
    one.now = 10.0
    one.pass_by(DOWN)
    for now in (40.0, 70.0):
        one.now = now
        one.pass_by(DOWN)
    assert one.gate.trouble(75.0) == (65.0, 5.0)  # since it opened first, whatever its probes said
    one.now = 100.0
    one.pass_by(Rejected("no"))
    assert (one.gate.trouble(100.0), one.gate.heard) == (None, True)


def test_a_gate_tells_for_how_long_nobody_found_out_whether_its_account_is_well_again() -> None:
    """Whoever would have asked may have been cancelled or erased: then it must not be left alone for good."""
    one = Gate(breaker=Breaker(failures=2, cool_down=timedelta(seconds=30)))
    one.pass_by(DOWN)
    assert one.gate.unasked(10.0) is None
    one.pass_by(DOWN)
    assert one.gate.unasked(99.0) == 99.0
    one.now = 120.0
    one.pass_by(DOWN)
    assert one.gate.unasked(121.0) == 1.0
    one.now = 160.0
    one.pass_by(None)
    assert one.gate.unasked(160.0) is None
    one.pass_by(Transient("slowly", Code.RATE_LIMITED, retry_after=timedelta(seconds=60)))
    assert [one.gate.unasked(at) for at in (200.0, 250.0)] == [-20.0, 30.0]
    one.now = 250.0
    one.pass_by(None)
    assert one.gate.unasked(250.0) is None


# -- the gate alone ----------------------------------------------------------------------------------------------


class Gate:
    """A gate with its clock: `go` lets a call leave if it may, `end` ends one."""

    def __init__(self, **limits: Any) -> None:
        self.gate = AccountGate(Limits(**{"concurrency": 1000, **limits}))
        self.now = 0.0
        self._calls = 0
        self._flying: list[tuple[int, str]] = []

    def go(self, *, retry: bool = False) -> float:
        wait = self.gate.wait(self.now, retry=retry)
        if wait == 0.0:
            self._calls += 1
            call = (self._calls, "1")
            self.gate.take(call, retry=retry)
            self._flying.append(call)
        return wait

    def end(self, error: Exception | None = None) -> None:
        self.gate.told(self.now, self._flying.pop(0), error)

    def pass_by(self, error: Exception | None = None) -> float:
        wait = self.go()
        if wait == 0.0:
            self.end(error)
        return wait


def test_rate_lets_a_burst_through_and_then_so_many_a_second() -> None:
    gate = Gate(rate=4.0, burst=2)
    assert [gate.pass_by() for _ in range(3)] == [0.0, 0.0, 0.25]
    gate.now = 0.25
    assert [gate.pass_by() for _ in range(2)] == [0.0, 0.25]
    gate.now = 100.0
    assert [gate.pass_by() for _ in range(3)] == [0.0, 0.0, 0.25]  # a burst, however long it was still


def test_concurrency_waits_for_another_calls_end() -> None:
    gate = Gate(concurrency=2)
    assert [gate.go() for _ in range(3)] == [0.0, 0.0, -1.0]
    gate.end()
    assert [gate.go() for _ in range(2)] == [0.0, -1.0]


BREAKER = Breaker(failures=3, window=timedelta(seconds=60), cool_down=timedelta(seconds=30), probes=1)


def test_who_says_when_to_come_again_is_left_alone_until_then_and_is_no_outage() -> None:
    gate, limited = Gate(breaker=BREAKER), Transient("slow", Code.RATE_LIMITED, retry_after=timedelta(seconds=7))
    assert [gate.go() for _ in range(20)] == [0.0] * 20
    for _ in range(20):
        gate.end(limited)
    assert gate.go() == 7.0
    gate.now = 6.5
    assert gate.go() == 0.5
    gate.now = 7.0
    assert [gate.go(), gate.go()] == [0.0, -1.0]  # one finds out
    gate.end(Transient("slow", Code.RATE_LIMITED, retry_after=timedelta(seconds=1)))
    assert gate.go() == 1.0
    gate.now = 8.0
    assert gate.pass_by(DOWN) == 0.0  # another failure is one failure, and no outage
    assert gate.pass_by() == 0.0
    assert [gate.go() for _ in range(20)] == [0.0] * 20


def test_a_call_that_left_before_it_was_asked_for_rest_and_succeeds_late_does_not_end_the_rest() -> None:
    gate = Gate(breaker=BREAKER)
    assert [gate.go() for _ in range(3)] == [0.0] * 3
    gate.end(Transient("slow", Code.RATE_LIMITED, retry_after=timedelta(seconds=7)))
    gate.now = 1.0
    gate.end()
    gate.end(DOWN)
    assert gate.go() == 6.0
    gate.now = 7.0
    assert [gate.go(), gate.go()] == [0.0, -1.0]  # one finds out
    gate.end()
    assert [gate.go() for _ in range(20)] == [0.0] * 20


def test_a_call_that_left_before_the_circuit_opened_and_fails_late_lets_no_second_probe_go() -> None:
    gate = Gate(breaker=BREAKER)
    assert [gate.go() for _ in range(4)] == [0.0] * 4
    for _ in range(3):
        gate.end(DOWN)
    gate.now = 30.0
    assert gate.go() == 0.0  # the probe
    gate.end(DOWN)  # the old one: the circuit opens anew, the probe is still out
    gate.now = 60.0
    assert gate.go() == -1.0
    gate.end()
    assert gate.go() == 0.0


def test_the_breaker_opens_after_so_many_failures_within_its_window() -> None:
    gate = Gate(breaker=BREAKER)
    assert [gate.pass_by(DOWN) for _ in range(3)] == [0.0] * 3
    gate.now = 10.0
    assert gate.go() == 20.0


def test_failures_apart_do_not_open_it_and_any_answer_counts_as_health() -> None:
    gate = Gate(breaker=BREAKER)
    for moment in (0.0, 40.0, 80.0):
        gate.now = moment
        assert gate.pass_by(DOWN) == 0.0
    for error in (None, Rejected("no"), Transient("busy with it", Code.IN_PROGRESS)):
        assert [gate.pass_by(error), gate.pass_by(DOWN), gate.pass_by(DOWN)] == [0.0] * 3
    assert gate.pass_by() == 0.0


def test_after_the_cool_down_one_probe_decides() -> None:
    gate = Gate(breaker=BREAKER)
    for _ in range(3):
        gate.pass_by(DOWN)
    gate.now = 30.0
    assert [gate.go(), gate.go()] == [0.0, -1.0]
    gate.end(DOWN)
    assert gate.go() == 30.0
    gate.now = 60.0
    assert [gate.go(), gate.go()] == [0.0, -1.0]
    gate.end(None)
    assert [gate.go() for _ in range(5)] == [0.0] * 5


def test_a_probe_that_was_put_away_makes_room_for_another() -> None:
    gate = Gate(breaker=BREAKER)
    for _ in range(3):
        gate.pass_by(DOWN)
    gate.now = 30.0
    assert gate.go() == 0.0
    gate.gate.unheard((4, "1"))
    assert [gate.go(), gate.go()] == [0.0, -1.0]


def test_retries_have_a_budget_of_a_share_of_first_tries_and_a_floor() -> None:
    gate = Gate(retry_share=0.5, retry_floor=1.0, breaker=Breaker(failures=1000))
    assert [gate.go(retry=True), gate.go(retry=True)] == [0.0, 1.0]
    for _ in range(4):
        assert gate.go() == 0.0
    assert [gate.go(retry=True) for _ in range(3)] == [0.0, 0.0, 1.0]
    gate.now = 2.0
    assert [gate.go(retry=True) for _ in range(3)] == [0.0, 0.0, 1.0]
    assert gate.go() == 0.0


# -- in a hub ----------------------------------------------------------------------------------------------------


@flow(on=Begun)
async def puts(begun: Begun) -> str:
    return await use(Shelf).put(begun.id)


async def many(hub: Hub, count: int, *flows: Any, quiet: float = 0.0, **limits: Any) -> None:
    hub.bindings = (hub.shelf(limits=Limits(**limits)),)
    await hub.up(*(flows or (puts,)))
    for number in range(count):
        await hub.record(Begun(id=f"o{number}"))
    await hub.quiet(quiet)


async def test_a_rate_is_kept_and_nothing_is_lost(hub: Hub) -> None:
    await many(hub, 30, rate=10.0, burst=1, quiet=4.0)
    assert await hub.statuses() == [Status.DONE] * 30
    times = [round(one.at - NOON, 3) for one in hub.clerk.heard]
    assert times == [round(number / 10, 3) for number in range(30)]
    assert len({one.argument for one in hub.clerk.heard}) == 30


async def test_concurrency_is_kept_and_nothing_is_lost(hub: Hub) -> None:
    flying: list[int] = []

    class Counting(Clerk):
        up = 0

        async def put(self, thing: str) -> str:
            self.up += 1
            flying.append(self.up)
            answer = await super().put(thing)
            self.up -= 1
            return answer

    hub.clerk = Counting(hub.clock)
    for number in range(30):
        hub.clerk.says["put", f"o{number}"] = [timedelta(seconds=0.1)]
    await many(hub, 30, concurrency=3, quiet=1.5)
    assert (max(flying), len(flying), await hub.statuses()) == (3, 30, [Status.DONE] * 30)


async def test_reads_keep_to_the_rate_too(hub: Hub) -> None:
    @flow(on=Begun)
    async def counts(begun: Begun) -> int:
        return await use(Shelf).count(begun.id)

    await many(hub, 10, counts, rate=10.0, burst=1, quiet=2.0)
    assert [round(one.at - NOON, 3) for one in hub.clerk.heard] == [round(number / 10, 3) for number in range(10)]
    assert await hub.statuses() == [Status.DONE] * 10


async def test_what_is_too_much_for_the_queue_waits_as_a_row(hub: Hub) -> None:
    await many(hub, QUEUED + 50, rate=2.0, burst=1, quiet=1.0)
    live = len(hub.engine.live)
    assert live <= QUEUED + 3
    statuses = await hub.statuses()
    assert statuses.count(Status.WAITING) == QUEUED + 50 - live - statuses.count(Status.DONE)
    await hub.quiet(180.0)
    assert await hub.statuses() == [Status.DONE] * (QUEUED + 50)
    assert len(hub.clerk.heard) == QUEUED + 50


async def test_a_slow_vendor_delays_its_own_work_only(hub: Hub) -> None:
    slow, quick = Clerk(hub.clock), Clerk(hub.clock)
    slow.says["put"] = [timedelta(seconds=5)] * 1000

    @flow(on=Begun)
    async def ships(begun: Begun) -> str:
        return await use(Shelf, Account(begun.body)).put(begun.id)

    limits = Limits(concurrency=2)
    hub.bindings = (hub.shelf("slow/eu", slow, limits=limits), hub.shelf("quick/eu", quick, limits=limits))
    await hub.up(ships)
    for number in range(300):
        await hub.record(Begun(id=f"s{number}", body="slow/eu"))
    for number in range(300):
        await hub.record(Begun(id=f"q{number}", body="quick/eu"))
    await hub.quiet(1.0)
    assert (len(slow.heard), len(quick.heard)) == (2, 300)
    assert {one.at - NOON for one in quick.heard} == {0.0}
    assert len(hub.engine.live) <= QUEUED + 3


async def test_a_broken_vendor_is_left_alone_and_probed(hub: Hub) -> None:
    hub.clerk.says["put"] = [Transient("down", Code.RATE_LIMITED) for _ in range(8)]
    await many(hub, 8, breaker=BREAKER, concurrency=1, quiet=29.0)
    opened = len(hub.clerk.heard)
    assert opened == 3
    for _ in range(100):
        if set(await hub.statuses()) == {Status.DONE}:
            break
        await hub.later(30.0)
    assert await hub.statuses() == [Status.DONE] * 8
    assert len(hub.clerk.heard) == 8 + 8
    assert len(set(hub.clerk.keys)) == 8


async def test_a_hub_that_drops_runs_frees_their_places(hub: Hub) -> None:
    hub.clerk.says["put", "o0"] = [timedelta(seconds=9)]
    await many(hub, 1, concurrency=1, quiet=0.1)
    (run,) = hub.engine.live.values()
    hub.engine.forget(run)  # as when its lane is lost
    await hub.begin(Begun(id="o9"))
    assert hub.clerk.did == [("put", "o0"), ("put", "o9")]


async def test_a_shopper_goes_first_where_work_waits(hub: Hub) -> None:
    @flow(on=Begun, priority="shopper")
    async def quotes(begun: Begun) -> str:
        return await use(Shelf).put(f"shopper {begun.id}")

    await many(hub, 3, puts, rate=1.0, burst=1, quiet=0.5)
    assert hub.clerk.did == [("put", "o0")]
    await hub.deploy(puts, quotes)
    await hub.record(Begun(id="late"))
    await hub.quiet(10.0)
    order = [argument for _, argument in hub.clerk.did]
    assert order.index("shopper late") < order.index("o2") < order.index("late")


async def test_unauthorised_stops_the_account_with_one_case_and_go_on_continues(hub: Hub) -> None:
    @flow(on=Begun)
    async def both(begun: Begun) -> list[Any]:
        shelf, other = use(Shelf, Account("shelf/eu")), use(Shelf, Account("shelf/us"))
        return list(await together(shelf.put(begun.id), other.put(begun.id)))

    other = Clerk(hub.clock)
    hub.bindings = (hub.shelf(), hub.shelf("shelf/us", other))
    await hub.up(both)
    hub.clerk.says["put"] = [Unauthorised("the token has expired") for _ in range(3)]
    for number in range(20):
        await hub.record(Begun(id=f"o{number}"))
    await hub.quiet(5.0)
    refused = len(hub.clerk.heard)
    assert len(other.heard) == 20
    case = await hub.case()
    assert (case.kind, case.title.partition(",")[0], case.run) == ("unauthorised", "shelf/eu: credentials", None)
    assert set(await hub.statuses()) == {Status.WAITING}
    await hub.later(86400.0)
    assert len(hub.clerk.heard) == refused
    hub.clerk.says.clear()
    assert await hub.told("go_on", "shop", scope="account", name="shelf/eu") == "done"
    await hub.quiet(3.0)
    assert await hub.statuses() == [Status.DONE] * 20
    assert {one.argument for one in hub.clerk.heard} == {f"o{number}" for number in range(20)}
    assert await hub.case_states() == [("unauthorised", "closed")]


async def test_reads_of_an_unauthorised_account_wait_for_a_person_too(hub: Hub) -> None:
    @flow(on=Begun)
    async def counts(begun: Begun) -> int:
        return await use(Shelf).count(begun.id)

    await hub.up(counts)
    hub.clerk.says["count"] = [Unauthorised("no")]
    await hub.record(Begun(id="o1"))
    await hub.quiet()
    await hub.record(Begun(id="o2"))
    await hub.later(86400.0)
    assert (len(hub.clerk.heard), len(await hub.cases())) == (1, 1)
    assert await hub.told("go_on", "shop", scope="account", name="shelf/eu") == "done"
    assert await hub.statuses() == [Status.DONE] * 2


@pytest.mark.parametrize("death", [False, True])
async def test_queued_steps_outlive_a_death(hub: Hub, death: bool) -> None:
    await many(hub, 10, rate=1.0, burst=1, quiet=2.5)
    if death:
        await hub.die()
        await hub.up()
    await hub.quiet(20.0)
    assert await hub.statuses() == [Status.DONE] * 10
    assert len({one.argument for one in hub.clerk.heard}) == len(hub.clerk.heard) == 10


async def test_who_waits_as_a_row_is_called_when_it_is_its_turn_and_the_vendor_is_never_idle(hub: Hub) -> None:
    hub.clerk.says["put"] = [timedelta(seconds=0.1), "put"] * 300
    await many(hub, 300, concurrency=1, quiet=31.0)
    came = [int(one.argument[1:]) for one in hub.clerk.heard]
    assert sorted(came) == list(range(300))
    assert max(abs(number - place) for place, number in enumerate(came)) < QUEUED  # some come just as others are called
    assert [round(one.at - NOON, 2) for one in hub.clerk.heard] == [round(number / 10, 2) for number in range(300)]
    assert await hub.statuses() == [Status.DONE] * 300


async def test_a_long_line_does_not_come_and_look_all_the_time(hub: Hub) -> None:
    hub.clerk.says["put"] = [timedelta(seconds=5), "put"] * 100
    await many(hub, QUEUED + 1 + 3000, concurrency=1, quiet=30.0)
    before = set(await hub._select("select run, due from wait"))
    await hub.quiet(1.0)
    come = before - set(await hub._select("select run, due from wait"))
    assert len(before) == 3000
    assert 0 < len(come) < 3 * A_SECOND  # by chance a little more in one second than in another


async def test_a_line_that_a_death_forgot_comes_by_itself(hub: Hub) -> None:
    hub.clerk.says["put"] = [timedelta(seconds=9)]
    await many(hub, 1000, concurrency=1, quiet=1.0)
    await hub.die()
    await hub.up()
    await hub.quiet(45.0)
    assert await hub.statuses() == [Status.DONE] * 1000
    assert len(set(hub.clerk.keys)) == 1000
