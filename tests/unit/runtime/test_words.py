"""The words of a flow: each is recorded, and answers the same when the run is replayed."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec
import pytest

from pawline.ports import Code, Rejected, Transient
from pawline.runtime import (
    Account,
    FlowError,
    Late,
    Question,
    accounts,
    ask,
    flow,
    now,
    publish,
    reached,
    rehearsing,
    sleep_until,
    undoing,
    use,
    wait_for,
    within,
)
from pawline.runtime.records import Bound, Done, Failed, Intent, Published, Tried, Waiting
from pawline.runtime.seal import answer_aad
from pawline.store import Status
from tests.unit.runtime.clerk import ASK, BY_KEY, LOOK_UP, Begun, Clerk, Paid, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON

DAY = 86400.0


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(NOON + seconds, UTC)


# -- sleep_until, wait_for ---------------------------------------------------------------------------------------


@flow(on=Begun)
async def sleeps(begun: Begun) -> str:
    await sleep_until(at(float(begun.body)))
    return now().isoformat()


async def test_a_long_sleep_is_a_row_and_wakes_at_its_time(hub: Hub) -> None:
    await hub.up(sleeps)
    no = await hub.begin(Begun(body="500000"))
    (wait,) = await hub.waits(no)
    assert (wait.path, wait.due, hub.engine.live) == ("1", NOON + 500000, {})
    await hub.later(499000)
    assert await hub.status(no) == Status.WAITING
    await hub.later(1000)
    assert (await hub.status(no), await hub.waits(no)) == (Status.DONE, [])
    assert hub.clock() >= NOON + 500000
    assert datetime.fromisoformat(await hub.outcome(no)) >= at(500000)


async def test_a_short_sleep_stays_in_memory_and_is_taken_up_after_a_death(hub: Hub) -> None:
    await hub.up(sleeps)
    no = await hub.begin(Begun(body="1.5"))
    assert (await hub.waits(no), list(hub.engine.live)) == ([], [no])
    await hub.die()
    await hub.up()
    assert await hub.status(no) in {Status.READY, Status.RUNNING}
    await hub.quiet(1.5)
    assert await hub.status(no) == Status.DONE
    assert datetime.fromisoformat(await hub.outcome(no)) == at(1.5)


async def test_a_moment_that_has_passed_is_no_wait(hub: Hub) -> None:
    await hub.up(sleeps)
    no = await hub.begin(Begun(body="-100"))
    assert await hub.outcome(no) == at(0).isoformat()


@flow(on=Begun)
async def waits_twice(begun: Begun) -> list[int | None]:
    found = []
    for _ in range(2):
        paid = await wait_for(Paid, key=begun.id, until=at(DAY))
        found.append(None if paid is None else paid.amount)
    return found


async def test_an_event_ends_a_wait_and_no_event_ends_two(hub: Hub) -> None:
    await hub.up(waits_twice)
    no = await hub.begin(Begun())
    await hub.record(Paid(id="o2", amount=9))
    await hub.quiet()
    assert [wait.path for wait in await hub.waits(no)] == ["1"]
    await hub.record(Paid(amount=1))
    await hub.quiet()
    assert [wait.path for wait in await hub.waits(no)] == ["2"]
    await hub.record(Paid(amount=2))
    await hub.quiet()
    assert (await hub.outcome(no), await hub.waits(no)) == ([1, 2], [])


async def test_a_wait_takes_what_was_recorded_since_the_runs_own_event(hub: Hub) -> None:
    @flow(on=Begun)
    async def later(begun: Begun) -> list[int | None]:
        await sleep_until(at(100))
        return await waits_twice.function(begun)

    await hub.up(later)
    await hub.record(Paid(amount=1))  # before the run's own event: another matter
    await hub.quiet()
    no = await hub.begin(Begun())
    await hub.record(Paid(amount=2))
    await hub.record(Paid(amount=3))
    await hub.later(100)
    assert await hub.outcome(no) == [2, 3]


async def test_a_wait_without_its_event_ends_with_none(hub: Hub) -> None:
    await hub.up(waits_twice)
    no = await hub.begin(Begun())
    await hub.later(DAY)
    assert (await hub.outcome(no), await hub.waits(no)) == ([None, None], [])
    await hub.record(Paid())
    await hub.quiet()
    assert await hub.statuses() == [Status.DONE]


async def test_an_event_counts_though_the_hub_was_down_when_it_was_due(hub: Hub) -> None:
    await hub.up(waits_twice)
    no = await hub.begin(Begun())
    await hub.record(Paid(amount=1))
    await hub.die()
    hub.clock.jump(2 * DAY)
    await hub.up()
    await hub.quiet()
    assert await hub.outcome(no) == [1, None]


@pytest.mark.parametrize("word", ["sleep_until", "wait_for"])
async def test_a_moment_needs_its_time_zone(word: str) -> None:
    @flow(on=Begun)
    async def naive(begun: Begun) -> None:
        moment = datetime(2027, 1, 1)  # noqa: DTZ001
        await (sleep_until(moment) if word == "sleep_until" else wait_for(Paid, key="o1", until=moment))

    with rehearsing({}), pytest.raises(FlowError, match=f"{word} needs .* with a time zone"):
        await naive(Begun())


# -- within ------------------------------------------------------------------------------------------------------


@flow(on=Begun)
async def hurried(begun: Begun) -> list[Any]:
    try:
        return ["in time", await within(timedelta(seconds=2), use(Shelf).put("a"))]
    except Late as late:
        return ["late", late.happened, late.result]


async def test_within_gives_the_result_that_came_in_time(hub: Hub) -> None:
    await hub.up(hurried)
    hub.clerk.says["put"] = [timedelta(seconds=1)]
    no = await hub.begin(Begun())
    await hub.quiet(1)
    assert await hub.outcome(no) == ["in time", "a!"]


async def test_late_is_raised_once_the_step_is_settled_by_its_key(hub: Hub) -> None:
    await hub.up(hurried)
    hub.clerk.says["put"] = [timedelta(seconds=60), timedelta(seconds=3), "at last"]
    no = await hub.begin(Begun())
    await hub.quiet(2)
    assert await hub.status(no) == Status.RUNNING
    await hub.quiet(5)
    assert await hub.outcome(no) == ["late", True, "at last"]
    assert len(hub.clerk.heard) == 2
    assert hub.clerk.keys[0] == hub.clerk.keys[1]
    assert [one.at - NOON >= 2 for one in hub.clerk.heard] == [False, True]


async def test_late_and_it_did_not_happen(hub: Hub) -> None:
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": LOOK_UP}),)
    await hub.up(hurried)
    hub.clerk.says["put"] = [timedelta(seconds=60)]
    no = await hub.begin(Begun())
    await hub.quiet(20)
    assert await hub.outcome(no) == ["late", False, None]
    assert hub.clerk.did == [("put", "a"), ("find", "a")]
    assert hub.clerk.heard[1].at >= NOON + 11  # not before the call has certainly ended
    assert isinstance((await hub.journal(no))[-1], Failed)


async def test_late_and_the_look_up_found_it(hub: Hub) -> None:
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": LOOK_UP}),)
    await hub.up(hurried)
    hub.clerk.says["put"] = [timedelta(seconds=60)]
    hub.clerk.says["find"] = ["found"]
    no = await hub.begin(Begun())
    await hub.quiet(20)
    assert await hub.outcome(no) == ["late", True, "found"]


async def test_a_late_step_that_happened_is_undone_with_its_block(hub: Hub) -> None:
    @flow(on=Begun)
    async def undone(begun: Begun) -> str:
        shelf = use(Shelf)
        async with undoing() as undo:
            await undo.step(within(timedelta(seconds=2), shelf.put("a")), back=shelf.take)
        return "in time"

    await hub.up(undone)
    hub.clerk.says["put"] = [timedelta(seconds=60), "at last"]
    no = await hub.begin(Begun())
    await hub.quiet(5)
    assert hub.clerk.did == [("put", "a"), ("put", "a"), ("take", "at last")]
    assert await hub.status(no) == Status.FAILED


@pytest.mark.parametrize("scope", ["all", "account"])
async def test_a_step_that_is_held_is_late_too_and_never_sent(hub: Hub, scope: str) -> None:
    await hub.up(hurried)
    await hub.told("stop", "shop", scope=scope, name="shelf/eu" if scope == "account" else "")
    no = await hub.begin(Begun())
    assert await hub.status(no) == Status.RUNNING
    await hub.quiet(1.5)
    assert await hub.outcome(no) == ["late", False, None]
    await hub.told("go_on", "shop", scope=scope, name="shelf/eu" if scope == "account" else "")
    await hub.later(DAY)
    assert (hub.clerk.did, await hub.waits(no)) == ([], [])


async def test_the_time_a_step_was_held_counts(hub: Hub) -> None:
    await hub.up(hurried)
    await hub.told("stop", "shop", scope="all")
    hub.clerk.says["put"] = [timedelta(seconds=60), "at last"]
    no = await hub.begin(Begun())
    await hub.told("go_on", "shop", scope="all")
    await hub.quiet(5)
    assert await hub.outcome(no) == ["late", True, "at last"]
    assert [round(one.at - hub.clerk.heard[0].at, 1) < 1.6 for one in hub.clerk.heard] == [True, True]


async def test_a_refused_step_is_late_at_its_limit_though_its_next_try_is_far(hub: Hub) -> None:
    await hub.up(hurried)
    hub.clerk.says["put"] = [Transient("slow down", Code.RATE_LIMITED, retry_after=timedelta(hours=5))]
    no = await hub.begin(Begun())
    await hub.quiet(2.5)
    assert await hub.outcome(no) == ["late", False, None]
    await hub.later(DAY)
    assert len(hub.clerk.heard) == 1


@pytest.mark.parametrize(("method", "held"), [("put", True), ("count", True), ("count", False)])
async def test_the_limit_of_a_step_that_was_not_sent_outlives_the_hub(hub: Hub, method: str, held: bool) -> None:
    @flow(on=Begun)
    async def patient(begun: Begun) -> str:
        await sleep_until(now() + timedelta(seconds=1))
        try:
            await within(timedelta(seconds=2), getattr(use(Shelf), method)("a"))
        except Late as late:
            return f"late, happened: {late.happened}"
        return "in time"

    await hub.up(patient)
    if held:
        await hub.told("stop", "shop", scope="all")
    hub.clerk.says["count"] = [Transient("slow down", Code.RATE_LIMITED, retry_after=timedelta(hours=5))]
    no = await hub.begin(Begun())
    await hub.quiet(1.4)
    await hub.stop()
    await hub.up(patient)
    await hub.quiet(1.5)
    assert await hub.outcome(no) == "late, happened: False"


async def test_a_step_whose_limit_was_over_while_no_hub_was_there_is_not_sent(hub: Hub) -> None:
    @flow(on=Begun)
    async def patient(begun: Begun) -> str:
        await sleep_until(now() + timedelta(seconds=1))
        try:
            return await within(timedelta(seconds=20), use(Shelf).put("a"))
        except Late as late:
            return f"late, happened: {late.happened}"

    await hub.up(patient)
    await hub.told("stop", "shop", scope="all")
    no = await hub.begin(Begun())
    await hub.quiet(2)
    await hub.stop()
    assert hub._image is not None
    with closing(sqlite3.connect(":memory:")) as beside:  # a command line lets it go on meanwhile
        beside.deserialize(hub._image)
        beside.execute("delete from brake")
        beside.commit()
        hub._image = beside.serialize()
    hub.clock.jump(60)
    await hub.up(patient)
    await hub.quiet(1)
    assert await hub.outcome(no) == "late, happened: False"
    assert hub.clerk.did == []


async def test_a_step_that_ended_within_its_limit_keeps_no_run_in_memory(hub: Hub) -> None:
    @flow(on=Begun)
    async def patient(begun: Begun) -> int:
        shelf = use(Shelf)
        await within(timedelta(hours=9), shelf.count("a"))
        await within(timedelta(hours=9), shelf.put("a"))
        await sleep_until(now() + timedelta(days=1))
        return await within(timedelta(hours=9), shelf.count("b"))

    await hub.up(patient)
    hub.clerk.says["count", "b"] = [Transient("slow down", Code.RATE_LIMITED, retry_after=timedelta(hours=5)), 7]
    no = await hub.begin(Begun())
    assert (await hub.status(no), list(hub.engine.live)) == (Status.WAITING, [])
    await hub.later(DAY)
    assert (await hub.status(no), list(hub.engine.live)) == (Status.WAITING, [])
    await hub.later(DAY / 4)
    assert await hub.outcome(no) == 7


async def test_a_refused_step_whose_next_try_is_held_is_late_at_its_limit(hub: Hub) -> None:
    await hub.up(hurried)
    hub.clerk.says["put"] = [Transient("slow down", Code.RATE_LIMITED, retry_after=timedelta(seconds=1))]
    no = await hub.begin(Begun())
    await hub.told("stop", "shop", scope="all")
    await hub.quiet(1.6)
    assert await hub.outcome(no) == ["late", False, None]
    assert len(hub.clerk.heard) == 1


async def test_a_read_that_takes_too_long_is_left_alone(hub: Hub) -> None:
    @flow(on=Begun)
    async def looks(begun: Begun) -> list[Any]:
        try:
            return [await within(timedelta(seconds=2), use(Shelf).count("a"))]
        except Late as late:
            return ["late", late.happened, await use(Shelf).count("b")]

    await hub.up(looks)
    hub.clerk.says["count", "a"] = [timedelta(seconds=9)]
    no = await hub.begin(Begun())
    await hub.quiet(1.5)
    assert await hub.outcome(no) == ["late", False, 1]
    assert hub.clerk.did == [("count", "a"), ("count", "b")]


async def test_within_takes_a_call() -> None:
    with pytest.raises(FlowError, match="within takes one call of a port"):
        within(timedelta(seconds=1), sleep())


def sleep() -> Any:
    return "no call"


# -- undoing -----------------------------------------------------------------------------------------------------


async def test_undo_step_refuses_what_it_could_not_undo() -> None:
    @flow(on=Begun)
    async def odd(begun: Begun) -> None:
        shelf = use(Shelf)
        async with undoing() as undo:
            await undo.step(shelf.put("a"), back=shelf.take("a"))

    fake = Clerk(lambda: 0.0)
    with rehearsing({Shelf: fake}), pytest.raises(FlowError, match="a method of the same port, not called"):
        await odd(Begun())
    assert fake.did == []


async def test_eviction_undoes_nothing(hub: Hub) -> None:
    @flow(on=Begun)
    async def holds(begun: Begun) -> str:
        shelf = use(Shelf)
        async with undoing() as undo:
            await undo.step(shelf.put("a"), back=shelf.take)
            await sleep_until(at(DAY))
        return "done"

    await hub.up(holds)
    no = await hub.begin(Begun())
    assert hub.engine.live == {}
    await hub.die()
    await hub.up()
    await hub.later(DAY)
    assert (await hub.outcome(no), hub.clerk.did) == ("done", [("put", "a")])


# -- publish, reached, ask ---------------------------------------------------------------------------------------


@flow(on=Begun)
async def announces(begun: Begun) -> str:
    await publish(Paid(id=begun.id, amount=1))
    await reached("said", {"so": True})
    return await use(Shelf).put("a")


@flow(on=Paid)
async def follows(paid: Paid) -> int:
    return paid.amount


async def test_a_published_event_is_stored_once_and_begins_what_it_begins(hub: Hub) -> None:
    await hub.up(announces, follows)
    hub.clerk.says["put"] = [timedelta(seconds=9)]
    no = await hub.begin(Begun())
    assert [row.flow for row in await hub.runs()] == ["announces", "follows"]
    await hub.die()
    await hub.up()
    await hub.quiet()
    assert await hub.statuses() == [Status.DONE, Status.DONE]
    (published,) = [one for one in await hub.journal(no) if isinstance(one, Published)]
    event = (await hub.store.events([published.event]))[published.event]
    assert (event.type, event.source, event.shop) == ("test.paid@1", "flow/announces", "s")
    assert event.id.endswith("/1")


async def test_a_published_event_of_another_household_is_sealed_with_its_own_key(hub: Hub) -> None:
    @flow(on=Begun)
    async def passes_on(begun: Begun) -> str:
        if begun.house == "h1":
            await publish(Begun(id="o2", house="h2"))
        return str(begun.house)

    await hub.up(passes_on)
    await hub.record(Begun(house="h1"))
    await hub.quiet()
    runs = await hub.runs()
    assert [run.household for run in runs] == ["h1", "h2"]
    assert [await hub.outcome(run.no) for run in runs] == ["h1", "h2"]
    events = await hub.store.events([run.event for run in runs])
    assert len({event.key for event in events.values()}) == 2


@flow(on=Begun)
async def asks(begun: Begun) -> str:
    question = Question(
        "Send it again?", choices=["yes", "no"], team="support", evidence={"order": begun.id}, suggested="yes",
        until=at(DAY), otherwise="no",
    )  # fmt: skip
    return await ask(question)


async def test_a_question_is_a_case_with_all_that_a_person_needs(hub: Hub) -> None:
    await hub.up(asks)
    no = await hub.begin(Begun())
    assert (await hub.status(no), hub.engine.live) == (Status.WAITING, {})
    case = await hub.case()
    assert (case.run, case.path, case.kind, case.title, case.team, case.until) == (
        no,
        "1",
        "ask",
        "Send it again?",
        "support",
        NOON + DAY,
    )
    body = await hub.case_body(case)
    assert (bytes(body.evidence), bytes(body.choices), bytes(body.suggested), bytes(body.otherwise)) == (
        b'{"order":"o1"}',
        b'["yes","no"]',
        b'"yes"',
        b'"no"',
    )


async def test_an_answer_ends_the_question(hub: Hub) -> None:
    await hub.up(asks)
    no = await hub.begin(Begun())
    case = await hub.case()
    assert await hub.told("answer", f"case:{case.no}", value=msgspec.Raw(b'"yes"')) == "done"
    assert await hub.outcome(no) == "yes"
    answered = await hub.store.case(case.no)
    assert answered is not None
    assert (answered.state, answered.answered_by) == ("answered", "ann")
    key = await hub._open_key(answered.key)
    assert key.open(answered.answer, answer_aad(case.no)) == b'"yes"'
    await hub.later(2 * DAY)
    assert (await hub.statuses(), await hub.case_states()) == ([Status.DONE], [("ask", "answered")])


async def test_without_an_answer_the_deadline_answers(hub: Hub) -> None:
    await hub.up(asks)
    no = await hub.begin(Begun())
    await hub.later(DAY)
    assert (await hub.outcome(no), await hub.case_states()) == ("no", [("ask", "expired")])


async def test_what_is_no_choice_is_no_answer(hub: Hub) -> None:
    await hub.up(asks)
    no = await hub.begin(Begun())
    said = await hub.told("answer", f"case:{(await hub.case()).no}", value=msgspec.Raw(b'"maybe"'))
    assert said == "refused: 'maybe' is not among the choices of 'Send it again?': ['yes', 'no']"
    assert (await hub.status(no), len(await hub.cases()), hub.engine.live) == (Status.WAITING, 1, {})


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"until": at(1)}, "a question with a deadline says what its answer is `otherwise`"),
        ({"until": datetime(2027, 1, 1), "otherwise": "a"}, "a question's deadline needs a time zone"),  # noqa: DTZ001
        ({"choices": ["a"], "otherwise": "b"}, "'b' is not among the choices of 'Why?'"),
        ({"choices": ["a"], "suggested": "b"}, "'b' is not among the choices of 'Why?'"),
    ],
)
def test_a_question_that_could_not_be_answered_is_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        Question("Why?", **wrong)


# -- use, accounts, now ------------------------------------------------------------------------------------------


@flow(on=Begun)
async def faithful(begun: Begun) -> list[str]:
    await use(Shelf).put("a")
    await sleep_until(at(DAY))
    await use(Shelf).put("b")
    return [*accounts(Shelf), now().isoformat()]


async def test_use_binds_at_its_first_use_for_the_runs_life(hub: Hub) -> None:
    other = Clerk(hub.clock)
    await hub.up(faithful)
    no = await hub.begin(Begun())
    await hub.die()
    hub.bindings = (hub.shelf("shelf/us", other), hub.shelf("shelf/eu"))
    await hub.up()
    await hub.later(DAY)
    assert hub.clerk.did == [("put", "a"), ("put", "b")]
    assert other.did == []
    assert (await hub.outcome(no))[:1] == ["shelf/eu"]
    assert [one for one in await hub.journal(no) if isinstance(one, Bound)] == [Bound("Shelf", ("shelf/eu",))]
    fresh = await hub.begin(Begun(id="o2"))
    assert other.did == [("put", "a"), ("put", "b")]  # its moment has passed
    assert (await hub.outcome(fresh))[:2] == ["shelf/eu", "shelf/us"]


async def test_an_account_that_is_gone_is_a_case_and_the_step_goes_on_when_it_is_back(hub: Hub) -> None:
    await hub.up(faithful)
    no = await hub.begin(Begun())
    await hub.die()
    hub.bindings = (hub.shelf("shelf/us"),)
    await hub.up()
    await hub.later(DAY)
    case = await hub.case()
    assert (case.title, case.path) == ("shelf/eu no longer plays Shelf: connect it, then retry", "3")
    assert await hub.status(no) == Status.PARKED
    await hub.die()
    hub.bindings = (hub.shelf(),)
    await hub.up()
    assert await hub.told("retry", f"run:{no}", path="3") == "done"
    assert await hub.status(no) == Status.DONE
    assert hub.clerk.did == [("put", "a"), ("put", "b")]


async def test_a_port_that_nobody_plays_is_the_developers(hub: Hub) -> None:
    hub.bindings = (hub.shelf(),)
    await hub.up(uses_nobody)
    no = await hub.begin(Begun())
    title = "uses_nobody: FlowError: no account plays Nobody: connect one, or leave this flow out"
    assert (await hub.status(no), (await hub.case()).title) == (Status.PARKED, title)


class Nobody(Protocol):
    async def put(self, thing: str) -> str: ...


@flow(on=Begun)
async def uses_nobody(begun: Begun) -> str:
    return await use(Nobody).put("a")


async def test_a_named_account_is_used(hub: Hub) -> None:
    @flow(on=Begun)
    async def fans_out(begun: Begun) -> list[str]:
        return [await use(Shelf, account).put(account) for account in accounts(Shelf)]

    other = Clerk(hub.clock)
    hub.bindings = (hub.shelf("shelf/us", other), hub.shelf("shelf/eu"))
    await hub.up(fans_out)
    no = await hub.begin(Begun())
    assert await hub.outcome(no) == ["shelf/eu!", "shelf/us!"]
    assert (hub.clerk.did, other.did) == ([("put", "shelf/eu")], [("put", "shelf/us")])
    assert Account("shelf/eu") == "shelf/eu"


async def test_now_is_the_time_of_the_last_record(hub: Hub) -> None:
    times: list[str] = []

    @flow(on=Begun)
    async def watches(begun: Begun) -> str:
        times.append(now().isoformat())
        await use(Shelf).put("a")
        times.append(now().isoformat())
        await sleep_until(at(DAY))
        times.append(now().isoformat())
        return "seen"

    await hub.up(watches)
    hub.clerk.says["put"] = [timedelta(seconds=1)]
    await hub.begin(Begun())
    await hub.quiet(1)
    hub.clock.jump(50)
    await hub.die()
    await hub.up()
    await hub.later(DAY)
    assert times[:2] == [at(0).isoformat(), at(1).isoformat()]
    assert times[2:4] == times[:2]
    assert datetime.fromisoformat(times[4]) >= at(DAY)


async def test_a_read_leaves_no_intent_and_is_recorded_with_the_next_effect(hub: Hub) -> None:
    @flow(on=Begun)
    async def looks(begun: Begun) -> int:
        shelf = use(Shelf)
        many = await shelf.count("a")
        await shelf.put("a")
        return many

    await hub.up(looks)
    hub.clerk.says["count"] = [Transient("busy"), 7]
    commits = hub.store.commits
    no = await hub.begin(Begun())
    await hub.quiet(2)
    assert await hub.outcome(no) == 7
    assert hub.clerk.did == [("count", "a"), ("count", "a"), ("put", "a")]
    assert [type(one) for one in await hub.journal(no)] == [Bound, Done, Intent, Done]
    assert hub.store.commits - commits <= 5


async def test_a_read_that_is_refused_is_the_flows_turn(hub: Hub) -> None:
    @flow(on=Begun)
    async def looks(begun: Begun) -> str:
        try:
            return str(await use(Shelf).count("a"))
        except Rejected as no:
            return no.code

    await hub.up(looks)
    hub.clerk.says["count"] = [Rejected("gone", Code.GONE)]
    no = await hub.begin(Begun())
    assert await hub.outcome(no) == "gone"


# -- unknown outcomes --------------------------------------------------------------------------------------------


@flow(on=Begun)
async def once(begun: Begun) -> str:
    return await use(Shelf).put("a")


async def test_unknown_by_key_is_sent_again_under_the_same_key(hub: Hub) -> None:
    await hub.up(once)
    hub.clerk.says["put"] = [Transient("broke"), Transient("broke")]
    no = await hub.begin(Begun())
    await hub.quiet(4)
    assert await hub.outcome(no) == "a!"
    assert (len(hub.clerk.heard), len(set(hub.clerk.keys))) == (3, 1)
    assert [one.attempt for one in await hub.journal(no) if isinstance(one, Intent)] == [1, 2, 3]
    assert [one.attempt for one in await hub.journal(no) if isinstance(one, Tried)] == [1, 2]


async def test_unknown_by_look_up_is_never_repeated_before_the_proof(hub: Hub) -> None:
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": LOOK_UP}),)
    await hub.up(once)
    hub.clerk.says["put"] = [Transient("broke")]
    no = await hub.begin(Begun())
    await hub.quiet(13)
    assert await hub.outcome(no) == "a!"
    assert hub.clerk.did == [("put", "a"), ("find", "a"), ("put", "a")]
    assert hub.clerk.heard[1].at >= NOON + 11
    assert hub.clerk.keys[0] != hub.clerk.keys[2]  # a new key only after the proof


async def test_unknown_and_nobody_can_tell_is_a_case(hub: Hub) -> None:
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": ASK}),)
    await hub.up(once)
    hub.clerk.says["put"] = [Transient("broke")]
    no = await hub.begin(Begun())
    await hub.quiet(13)
    case = await hub.case()
    assert (case.kind, case.title) == ("unknown", "did Shelf.put happen? shelf/eu cannot be asked")
    assert (await hub.status(no), len(hub.clerk.heard)) == (Status.PARKED, 1)


async def test_a_refusal_proves_that_nothing_happened(hub: Hub) -> None:
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": ASK}),)
    await hub.up(once)
    hub.clerk.says["put"] = [Transient("slow down", Code.RATE_LIMITED, retry_after=timedelta(seconds=30))]
    no = await hub.begin(Begun())
    assert [wait.path for wait in await hub.waits(no)] == ["1"]
    await hub.later(28)
    assert len(hub.clerk.heard) == 1
    await hub.later(5)
    assert await hub.outcome(no) == "a!"
    assert [one for one in await hub.journal(no) if isinstance(one, Waiting)] == []


async def test_retries_that_run_out_become_a_case(hub: Hub) -> None:
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": LOOK_UP}),)
    await hub.up(once)
    hub.clerk.says["put"] = [Transient("down", Code.RATE_LIMITED) for _ in range(1000)]
    no = await hub.begin(Begun())
    for _ in range(300):
        if await hub.cases():
            break
        await hub.later(2000)
    case = await hub.case()
    assert (case.kind, case.title) == ("retries", "Shelf.put kept failing: rate_limited")
    assert hub.clock() - NOON > 3 * DAY
    assert await hub.status(no) == Status.PARKED
