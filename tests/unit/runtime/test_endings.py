"""How runs end: done, failed, cancelled, or parked for a person; undone by their flow, or from the journal alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.ports import Rejected, Transient
from pawline.runtime import Flow, Late, flow, now, sleep_until, together, undoing, use, within
from pawline.runtime.records import Cancelling, Done, Intent, Kept, Parked
from pawline.store import Status
from tests.unit.runtime.clerk import ASK, FOR_EVER, KEY, LOOK_UP, Begun, Shelf, Withdrawn
from tests.unit.runtime.hub import Hub


class NoSuchDog(Exception):
    """The flow's own."""


def named(name: str, made: Flow[Any, Any]) -> Flow[Any, Any]:
    """The flow under the name of another: the code that is deployed in its place."""
    return replace(made, name=name)


@flow(on=Begun)
async def plain(begun: Begun) -> dict[str, str]:
    return {"put": await use(Shelf).put(begun.body)}


async def test_done_keeps_the_result(hub: Hub) -> None:
    await hub.up(plain)
    no = await hub.begin(Begun(body="a"))
    run = await hub.run(no)
    assert (run.status, run.ended) == (Status.DONE, hub.clock() - 0.6)
    assert await hub.outcome(no) == {"put": "a!"}
    assert await hub.case_states() == []
    assert hub.engine.live == {}


async def test_failed_keeps_the_port_error_that_the_flow_let_through(hub: Hub) -> None:
    await hub.up(plain)
    hub.clerk.says["put"] = [Rejected("sold out")]
    no = await hub.begin(Begun(body="a"))
    assert await hub.status(no) == Status.FAILED
    assert await hub.outcome(no) == ["rejected", "invalid", "sold out", None]
    case = await hub.case()
    title = "plain: rejected (invalid), which it does not see to, ended it"
    assert (case.run, case.kind, case.team, case.title) == (None, "failed", "operations", title)
    event = (await hub.run(no)).event
    said = (
        f"run {no} of o1: sold out; once that is mended, `pawline events replay {event} --flow plain` runs this flow "
        "alone, from its beginning; or close this once done by hand"
    )
    assert (await hub.case_body(case)).detail == said
    assert b"sold out" not in case.body
    assert await hub.told("replay", f"event:{event}") == "done"
    await hub.quiet(1)
    assert [row.status for row in await hub.runs()] == [Status.FAILED, Status.DONE]
    assert await hub.told("close", f"case:{case.no}") == "done"
    assert await hub.case_states() == [("failed", "closed")]


async def test_a_result_that_cannot_be_stored_parks_the_run(hub: Hub) -> None:
    @flow(on=Begun)
    async def odd(begun: Begun) -> object:
        return object()

    await hub.up(odd)
    no = await hub.begin(Begun())
    assert await hub.status(no) == Status.PARKED
    title = "odd: FlowError: its result cannot be stored: TypeError"
    assert (await hub.case()).title == title


async def test_late_that_the_flow_let_through_fails_it(hub: Hub) -> None:
    @flow(on=Begun)
    async def hurried(begun: Begun) -> str:
        return await within(timedelta(seconds=1), use(Shelf).put("a"))

    await hub.up(hurried)
    hub.clerk.says["put"] = [timedelta(seconds=3)]
    no = await hub.begin(Begun())
    await hub.quiet(5)
    assert await hub.status(no) == Status.FAILED
    assert (await hub.outcome(no))[0] == "late"


@flow(on=Begun)
async def fulfil(begun: Begun) -> str:
    shelf = use(Shelf)
    await shelf.put("first")
    raise NoSuchDog("anna@example.com")


@flow(on=Begun)
async def mended(begun: Begun) -> str:
    shelf = use(Shelf)
    return await shelf.put("first") + await shelf.put("second")


async def test_an_error_in_the_flows_code_is_a_developers_case_and_goes_on_after_a_deploy(hub: Hub) -> None:
    await hub.up(fulfil)
    no = await hub.begin(Begun(house="h1"))
    assert await hub.status(no) == Status.PARKED
    case = await hub.case()
    assert (case.run, case.kind, case.team) == (no, "code", "developers")
    assert case.title == "fulfil: NoSuchDog"  # in the clear, so without the text
    body = await hub.case_body(case)
    assert (body.flow, "anna@example.com" in body.detail, "test_endings.py" in body.detail) == ("fulfil@1", True, True)
    await hub.later(86400)
    assert (await hub.status(no), len(await hub.cases())) == (Status.PARKED, 1)  # nothing moves it by itself

    await hub.deploy(named("fulfil", mended))
    await hub.quiet()
    assert (await hub.status(no), len(await hub.cases())) == (Status.PARKED, 1)
    assert await hub.told("retry", f"run:{no}") == "done"
    assert (await hub.status(no), await hub.outcome(no)) == (Status.DONE, "first!second!")
    assert hub.clerk.did == [("put", "first"), ("put", "second")]
    assert await hub.case_states() == [("code", "closed")]


async def test_the_same_code_parks_again_with_a_new_case(hub: Hub) -> None:
    await hub.up(fulfil)
    no = await hub.begin(Begun())
    assert await hub.told("retry", f"run:{no}") == "done"
    assert await hub.status(no) == Status.PARKED
    assert await hub.case_states() == [("code", "closed"), ("code", "open")]
    assert hub.clerk.did == [("put", "first")]


async def test_a_changed_flow_that_does_not_fit_its_journal_parks_as_a_misfit(hub: Hub) -> None:
    @flow(on=Begun)
    async def other(begun: Begun) -> str:
        await sleep_until(now() + timedelta(days=1))
        return await use(Shelf).take("x")

    @flow(on=Begun)
    async def sleepy(begun: Begun) -> str:
        await use(Shelf).put("x")
        await sleep_until(now() + timedelta(days=1))
        return "slept"

    await hub.up(sleepy)
    no = await hub.begin(Begun())
    await hub.deploy(named("sleepy", other))
    await hub.later(86400)
    assert await hub.status(no) == Status.PARKED
    case = await hub.case()
    assert (case.kind, case.team) == ("misfit", "developers")
    assert case.title == "sleepy: step 1: the journal has Shelf.put, the flow a sleep"
    await hub.deploy(sleepy)  # the old code back
    assert await hub.told("retry", f"run:{no}") == "done"
    assert (await hub.status(no), await hub.outcome(no)) == (Status.DONE, "slept")
    assert hub.clerk.did == [("put", "x")]


# -- undoing -----------------------------------------------------------------------------------------------------


@flow(on=Begun)
async def booking(begun: Begun) -> str:
    shelf = use(Shelf)
    async with undoing() as undo:
        await undo.step(shelf.put("a"), back=shelf.take)
        await undo.step(shelf.put("b"), back=shelf.take)
        await shelf.count("c")
        if begun.body == "own":
            raise NoSuchDog
        if begun.body == "bug":
            raise KeyError("breed")
        await shelf.put("d")
    return "booked"


@pytest.mark.parametrize(("error", "status"), [(Rejected("no"), Status.FAILED)])
async def test_undone_newest_first_each_with_its_own_key(hub: Hub, error: Rejected, status: Status) -> None:
    await hub.up(booking)
    hub.clerk.says["put", "d"] = [error]
    no = await hub.begin(Begun())
    assert hub.clerk.did == [("put", "a"), ("put", "b"), ("count", "c"), ("put", "d"), ("take", "b!"), ("take", "a!")]
    assert len({key for key in hub.clerk.keys if key}) == 5
    assert await hub.status(no) == status
    undone = [one for one in await hub.journal(no) if isinstance(one, Intent) and one.undoes]
    assert [(one.path, one.method, one.undoes) for one in undone] == [("5", "take", "2"), ("6", "take", "1")]


async def test_the_flows_own_error_undoes_and_then_parks(hub: Hub) -> None:
    await hub.up(booking)
    no = await hub.begin(Begun(body="own"))
    assert hub.clerk.did == [("put", "a"), ("put", "b"), ("count", "c"), ("take", "b!"), ("take", "a!")]
    assert (await hub.status(no), (await hub.case()).title) == (Status.PARKED, "booking: NoSuchDog")


async def test_a_block_left_in_peace_undoes_nothing(hub: Hub) -> None:
    @flow(on=Begun)
    async def calm(begun: Begun) -> str:
        shelf = use(Shelf)
        async with undoing() as undo:
            await undo.step(shelf.put("a"), back=shelf.take)
        return await shelf.put("b")

    await hub.up(calm)
    hub.clerk.says["put", "b"] = [Rejected("no")]
    no = await hub.begin(Begun())
    assert hub.clerk.did == [("put", "a"), ("put", "b")]
    assert [one for one in await hub.journal(no) if isinstance(one, Kept)] == [Kept(("1",))]


async def test_a_bug_parks_on_the_spot_and_undoes_nothing(hub: Hub) -> None:
    handlers: list[str] = []

    @flow(on=Begun)
    async def outer(begun: Begun) -> str:
        try:
            async with undoing() as outside:
                shelf = use(Shelf)
                await outside.step(shelf.put("outside"), back=shelf.take)
                return await booking.function(begun)
        except KeyError:
            handlers.append("seen")
            return "swallowed"

    await hub.up(outer)
    no = await hub.begin(Begun(body="bug"))
    assert hub.clerk.did == [("put", "outside"), ("put", "a"), ("put", "b"), ("count", "c")]
    assert (await hub.status(no), handlers) == (Status.PARKED, [])
    case = await hub.case()
    assert (case.kind, case.title) == ("code", "outer: KeyError")
    await hub.deploy(named("outer", replace(outer, function=mended_outer)))
    assert await hub.told("retry", f"run:{no}") == "done"
    assert (await hub.status(no), await hub.outcome(no)) == (Status.DONE, "booked")
    assert hub.clerk.did[4:] == [("put", "d")]
    assert handlers == []


async def mended_outer(begun: Begun) -> str:
    shelf = use(Shelf)
    async with undoing() as outside:
        await outside.step(shelf.put("outside"), back=shelf.take)
        return await booking.function(Begun())


async def test_a_bug_in_one_branch_lets_what_is_in_flight_end_and_goes_on_after_a_deploy(hub: Hub) -> None:
    def make(broken: bool) -> Flow[Any, Any]:
        @flow(on=Begun)
        async def forked(begun: Begun) -> list[str]:
            shelf = use(Shelf)

            async def branch(thing: str) -> str:
                async with undoing() as undo:
                    put = await undo.step(shelf.put(thing), back=shelf.take)
                    if broken and thing == "quick":
                        raise TypeError(thing)
                return put + await shelf.put(f"{thing} too")

            return list(await together(branch("quick"), branch("slow")))

        return forked

    await hub.up(make(broken=True))
    hub.clerk.says["put", "slow"] = [timedelta(seconds=2)]
    no = await hub.begin(Begun())
    assert await hub.status(no) == Status.PARKED
    await hub.quiet(5)
    assert hub.clerk.did == [("put", "quick"), ("put", "slow")]
    assert isinstance((await hub.journal(no))[-1], Done)
    assert (await hub.status(no), len(await hub.cases()), hub.engine.live) == (Status.PARKED, 1, {})
    await hub.deploy(make(broken=False))
    assert await hub.told("retry", f"run:{no}") == "done"
    assert await hub.outcome(no) == ["quick!quick too!", "slow!slow too!"]
    assert hub.clerk.did[2:] == [("put", "slow too"), ("put", "quick too")] or hub.clerk.did[2:] == [
        ("put", "quick too"),
        ("put", "slow too"),
    ]


async def test_a_bug_in_the_undoing_itself_parks(hub: Hub) -> None:
    @flow(on=Begun)
    async def wrong_back(begun: Begun) -> str:
        shelf = use(Shelf)
        async with undoing() as undo:
            await undo.step(shelf.put("a"), back=shelf.count)
            await undo.step(shelf.weigh(["a"]), back=shelf.take)
            await shelf.put("b")
        return "done"

    await hub.up(wrong_back)
    hub.clerk.says["weigh"] = [3]
    hub.clerk.says["put", "b"] = [Rejected("no")]
    hub.clerk.says["take", "3"] = [Rejected("no")]
    no = await hub.begin(Begun())
    assert await hub.status(no) == Status.PARKED


async def test_an_undo_that_is_refused_is_a_case_and_a_transient_one_is_tried_for_ever(hub: Hub) -> None:
    hub.bindings = (hub.shelf(operations={"put": KEY, "take": FOR_EVER, "weigh": KEY}),)
    await hub.up(booking)
    hub.clerk.says["put", "d"] = [Rejected("no")]
    hub.clerk.says["take", "b!"] = [Transient("later") for _ in range(40)]
    hub.clerk.says["take", "a!"] = [Rejected("never")]
    no = await hub.begin(Begun())
    for _ in range(200):
        if await hub.cases():
            break
        await hub.later(4000)
    assert [method for method, _ in hub.clerk.did].count("take") == 42
    case = await hub.case()
    assert (case.title, case.path) == ("undoing step 1 was refused: invalid", "6")
    assert await hub.status(no) == Status.PARKED
    assert await hub.told("skip", f"run:{no}", path="6", value=raw('"by hand"')) == "done"
    assert await hub.status(no) == Status.FAILED


def raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


# -- cancel ------------------------------------------------------------------------------------------------------


@flow(on=Begun, cancel_on=Withdrawn)
async def patient(begun: Begun) -> str:
    shelf = use(Shelf)
    async with undoing() as undo:
        await undo.step(shelf.put("a"), back=shelf.take)
        await sleep_until(datetime(2027, 1, 1, tzinfo=UTC))
    return "woke"


async def test_cancelled_while_it_waits_is_undone(hub: Hub) -> None:
    await hub.up(patient)
    no = await hub.begin(Begun())
    assert await hub.told("cancel", f"run:{no}") == "done"
    assert (await hub.status(no), await hub.outcome(no)) == (Status.CANCELLED, None)
    assert hub.clerk.did == [("put", "a"), ("take", "a!")]
    assert (await hub.waits(no), await hub.case_states()) == ([], [])
    await hub.later(400 * 86400)
    assert len(hub.clerk.did) == 2


async def test_cancelled_by_the_event_that_the_flow_names(hub: Hub) -> None:
    await hub.up(patient)
    other = await hub.begin(Begun(id="o2"))
    no = await hub.begin(Begun())
    await hub.record(Withdrawn())
    await hub.quiet()
    assert await hub.statuses() == [Status.WAITING, Status.CANCELLED]
    assert (await hub.status(other), await hub.status(no)) == (Status.WAITING, Status.CANCELLED)
    assert hub.clerk.did == [("put", "a"), ("put", "a"), ("take", "a!")]


async def test_an_event_that_cancels_spares_the_runs_that_began_after_it(hub: Hub) -> None:
    await hub.up(patient)
    await hub.record(Withdrawn())
    await hub.quiet()
    no = await hub.begin(Begun())
    assert await hub.status(no) == Status.WAITING


async def test_a_run_in_line_is_cancelled_without_being_driven(hub: Hub) -> None:
    await hub.up(patient)
    await hub.record(Begun())
    await hub.record(Begun())
    await hub.quiet()
    await hub.record(Withdrawn())
    await hub.quiet()
    assert await hub.statuses() == [Status.CANCELLED, Status.CANCELLED]
    assert hub.clerk.did == [("put", "a"), ("take", "a!")]


async def test_cancel_survives_a_death_in_the_middle_of_undoing(hub: Hub) -> None:
    await hub.up(patient)
    no = await hub.begin(Begun())
    hub.clerk.says["take"] = [timedelta(seconds=5)]
    assert await hub.told("cancel", f"run:{no}") == "done"
    await hub.die()
    await hub.up()
    await hub.quiet()
    assert await hub.status(no) == Status.CANCELLED
    assert hub.clerk.did == [("put", "a"), ("take", "a!"), ("take", "a!")]
    assert hub.clerk.keys[1] == hub.clerk.keys[2]


async def test_cancel_waits_for_what_is_in_flight(hub: Hub) -> None:
    await hub.up(booking)
    hub.clerk.says["put", "b"] = [timedelta(seconds=2)]
    no = await hub.begin(Begun())
    assert await hub.told("cancel", f"run:{no}") == "done"
    assert await hub.status(no) == Status.RUNNING
    await hub.quiet(2)
    assert await hub.status(no) == Status.CANCELLED
    assert hub.clerk.did == [("put", "a"), ("put", "b"), ("take", "b!"), ("take", "a!")]


async def test_cancel_of_a_step_that_keeps_failing_settles_it_first(hub: Hub) -> None:
    await hub.up(booking)
    hub.clerk.says["put", "b"] = [Transient("down"), Transient("down", retry_after=timedelta(hours=1))]
    no = await hub.begin(Begun())
    await hub.quiet(2)
    assert await hub.status(no) == Status.WAITING
    assert await hub.told("cancel", f"run:{no}") == "done"
    await hub.later(2 * 3600)
    assert await hub.status(no) == Status.CANCELLED
    assert hub.clerk.did == [("put", "a"), *[("put", "b")] * 3, ("take", "b!"), ("take", "a!")]


# -- alone -------------------------------------------------------------------------------------------------------


async def test_a_parked_run_is_cancelled_from_its_journal_alone(hub: Hub) -> None:
    await hub.up(booking)
    no = await hub.begin(Begun(body="bug"))
    assert await hub.told("cancel", f"run:{no}", reason="the customer called") == "done"
    assert hub.clerk.did == [("put", "a"), ("put", "b"), ("count", "c"), ("take", "b!"), ("take", "a!")]
    assert len(set(hub.clerk.keys)) == 5
    assert (await hub.status(no), await hub.outcome(no)) == (Status.CANCELLED, None)
    assert await hub.case_states() == [("code", "closed")]
    (cancelling,) = [one for one in await hub.journal(no) if isinstance(one, Cancelling)]
    assert (cancelling.reason, cancelling.alone) == ("the customer called", True)


async def test_alone_does_not_need_the_code(hub: Hub) -> None:
    @flow(on=Begun)
    async def unlike(begun: Begun) -> str:
        return await use(Shelf).take("something else")

    await hub.up(booking)
    no = await hub.begin(Begun(body="bug"))
    await hub.deploy(named("booking", unlike))
    assert await hub.told("cancel", f"run:{no}") == "done"
    assert hub.clerk.did[3:] == [("take", "b!"), ("take", "a!")]
    assert await hub.status(no) == Status.CANCELLED


async def test_alone_goes_on_after_a_death_with_the_same_keys(hub: Hub) -> None:
    await hub.up(booking)
    no = await hub.begin(Begun(body="bug"))
    hub.clerk.says["take", "a!"] = [timedelta(seconds=5)]
    assert await hub.told("cancel", f"run:{no}") == "done"
    await hub.die()
    await hub.up()
    await hub.quiet()
    assert await hub.status(no) == Status.CANCELLED
    assert hub.clerk.did[3:] == [("take", "b!"), ("take", "a!"), ("take", "a!")]
    assert hub.clerk.keys[4] == hub.clerk.keys[5] != hub.clerk.keys[3]


async def test_alone_settles_what_was_in_flight_and_skips_what_is_undone_or_kept(hub: Hub) -> None:
    @flow(on=Begun)
    async def tangled(begun: Begun) -> str:
        shelf = use(Shelf)
        async with undoing() as kept:
            await kept.step(shelf.put("kept"), back=shelf.take)
        try:
            async with undoing() as undo:
                await undo.step(shelf.put("undone"), back=shelf.take)
                await shelf.put("refused")
        except Rejected:
            pass

        async def fails() -> str:
            async with undoing() as undo:
                await undo.step(shelf.put("done"), back=shelf.take)
                raise KeyError("bug")

        async with undoing() as undo:
            await together(undo.step(shelf.put("in flight"), back=shelf.take), fails())
        return "never"

    hub.bindings = (hub.shelf(operations={"put": LOOK_UP, "take": KEY, "weigh": KEY}),)
    await hub.up(tangled)
    hub.clerk.says["put", "refused"] = [Rejected("no")]
    hub.clerk.says["put", "in flight"] = [timedelta(seconds=8)]
    hub.clerk.says["find"] = ["it was put"]
    no = await hub.begin(Begun())
    assert await hub.status(no) == Status.PARKED
    await hub.die()
    await hub.up()
    before = len(hub.clerk.did)
    assert await hub.told("cancel", f"run:{no}") == "done"
    await hub.quiet(15)
    assert hub.clerk.did[before:] == [("find", "in flight"), ("take", "it was put"), ("take", "done!")]
    assert await hub.status(no) == Status.CANCELLED


async def test_alone_asks_about_what_nobody_can_settle(hub: Hub) -> None:
    @flow(on=Begun)
    async def forked(begun: Begun) -> str:
        shelf = use(Shelf)

        async def fails() -> str:
            async with undoing():
                await shelf.count("a")
                raise KeyError("bug")

        async with undoing() as undo:
            await together(undo.step(shelf.put("in flight"), back=shelf.take), fails())
        return "never"

    hub.bindings = (hub.shelf(operations={"put": ASK, "take": KEY, "weigh": KEY}),)
    await hub.up(forked)
    hub.clerk.says["put"] = [timedelta(seconds=8)]
    no = await hub.begin(Begun())
    await hub.die()
    await hub.up()
    assert await hub.told("cancel", f"run:{no}") == "done"
    await hub.quiet(15)
    case = await hub.case()
    assert (case.kind, case.path, await hub.status(no)) == ("unknown", "1.1/1", Status.PARKED)
    assert await hub.told("skip", f"run:{no}", path="1.1/1", value=raw('"seen in their dashboard"')) == "done"
    assert await hub.status(no) == Status.CANCELLED
    assert hub.clerk.did == [("count", "a"), ("put", "in flight"), ("take", "seen in their dashboard")]


async def test_alone_without_the_account_says_what_to_do(hub: Hub) -> None:
    await hub.up(booking)
    no = await hub.begin(Begun(body="bug"))
    await hub.die()
    hub.bindings = (hub.shelf("shelf/us"),)
    await hub.up()
    assert await hub.told("cancel", f"run:{no}") == "done"
    case = await hub.case()
    assert (await hub.status(no), case.kind) == (Status.PARKED, "code")
    assert case.title == "booking: FlowError: shelf/eu no longer plays Shelf: connect it, then cancel again"
    await hub.die()
    hub.bindings = (hub.shelf(),)
    await hub.up()
    assert await hub.told("cancel", f"run:{no}") == "done"
    assert await hub.status(no) == Status.CANCELLED
    assert hub.clerk.did[3:] == [("take", "b!"), ("take", "a!")]


# -- too long, and poison ----------------------------------------------------------------------------------------


@flow(on=Begun)
async def endless(begun: Begun) -> str:
    shelf = use(Shelf)
    for number in range(1000):
        await shelf.put(str(number))
    return "the end"


async def test_a_history_that_is_too_long_parks(hub: Hub) -> None:
    hub.settings = replace(hub.settings, most_records=20)
    await hub.up(endless)
    no = await hub.begin(Begun())
    assert await hub.status(no) == Status.PARKED
    case = await hub.case()
    assert (case.kind, case.team) == ("size", "developers")
    assert case.title == "the history is too long: let the flow go on with `again`"
    journal = await hub.journal(no)
    assert isinstance(journal[-1], Parked)
    assert (len(journal), len(hub.clerk.did)) == (24, 11)
    await hub.later(86400)
    assert (len(hub.clerk.did), len(await hub.cases())) == (11, 1)


async def test_a_history_of_too_many_bytes_parks(hub: Hub) -> None:
    hub.settings = replace(hub.settings, most_bytes=2000)
    await hub.up(endless)
    no = await hub.begin(Begun())
    assert (await hub.status(no), (await hub.case()).kind) == (Status.PARKED, "size")


async def test_a_run_that_kills_at_every_trial_is_parked_after_two_deaths_alone(
    hub: Hub,
) -> None:
    await hub.up(booking)
    hub.clerk.says["put", "a"] = [timedelta(seconds=9)] * 2
    hub.clerk.says["put", "b"] = [timedelta(seconds=9)] * 9
    no = await hub.begin(Begun())
    for _ in range(2):
        await hub.die()
        await hub.up()
        await hub.quiet()
    assert (await hub.status(no), len(await hub.cases())) == (Status.RUNNING, 0)  # the third time `a` was put
    deaths = 0
    while not await hub.cases():
        await hub.die()
        await hub.up()
        await hub.quiet()
        deaths += 1
        assert deaths <= 8
    case = await hub.case()
    assert (case.kind, await hub.status(no), deaths) == ("poison", Status.PARKED, 7)
    assert case.title == "booking ended the hub 2 times while it was the only suspect in memory"
    calls = len(hub.clerk.did)
    await hub.die()
    await hub.up()
    await hub.quiet()
    assert (len(hub.clerk.did), len(await hub.cases())) == (calls, 1)
    hub.clerk.says.clear()
    assert await hub.told("retry", f"run:{no}") == "done"
    assert await hub.status(no) == Status.DONE


async def test_kills_from_outside_accuse_nobody_and_hold_nobody_up(hub: Hub) -> None:
    """Six kills before anybody ends a step: all were in memory at each of the first, and none is the cause."""
    await hub.up(booking)
    hub.clerk.says["put", "a"] = [timedelta(seconds=9)] * 1_000
    runs = [await hub.begin(Begun(id=f"o{number}")) for number in range(30)]
    for _ in range(6):
        await hub.die()
        await hub.up()
        await hub.quiet()
    assert await hub.cases() == []
    hub.clerk.says.clear()
    await hub.quiet(60)  # as long as the crash bar allows after the last kill
    assert [await hub.status(no) for no in runs] == [Status.DONE] * 30
    assert await hub.cases() == []


async def test_a_clean_stop_is_no_death(hub: Hub) -> None:
    await hub.up(booking)
    hub.clerk.says["put", "a"] = [timedelta(seconds=9)] * 9
    no = await hub.begin(Begun())
    for _ in range(5):
        await hub.stop()
        await hub.up()
        await hub.quiet()
    assert (await hub.status(no), await hub.case_states()) == (Status.RUNNING, [])


async def test_what_a_flow_caught_is_not_a_bug(hub: Hub) -> None:
    @flow(on=Begun)
    async def careful(begun: Begun) -> str:
        shelf = use(Shelf)
        async with undoing() as undo:
            await undo.step(shelf.put("a"), back=shelf.take)
            try:
                raise KeyError("x")
            except KeyError:
                pass
            try:
                await within(timedelta(seconds=1), shelf.put("slow"))
            except Late:
                return "late"
        return "done"

    await hub.up(careful)
    hub.clerk.says["put", "slow"] = [timedelta(seconds=3)]
    no = await hub.begin(Begun())
    await hub.quiet(3)
    assert await hub.outcome(no) == "late"
    assert ("take", "a!") not in hub.clerk.did
