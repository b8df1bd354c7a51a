"""The driver: paths, together, replay, foreign awaits, misfits, eviction."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import msgspec
import pytest

from pawline.ports import Rejected, Transient
from pawline.runtime import FlowError, ForeignAwait, Misfit, again, flow, publish, reached, together, undoing, use
from pawline.runtime.records import Intent, Kept, Published
from pawline.runtime.step import Again, Cancelled
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Paid, Shelf, Withdrawn
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.stage import Stage


async def two_steps() -> str:
    shelf = use(Shelf)
    return await shelf.put("a") + await shelf.put("b")


async def branches() -> list[str]:
    shelf = use(Shelf)

    async def both(thing: str) -> str:
        return await shelf.put(f"{thing}1") + await shelf.put(f"{thing}2")

    first = await shelf.put("first")
    left, right = await together(both("l"), shelf.put("r"))
    return [first, left, right, await shelf.put("last")]


async def nested() -> tuple[tuple[str, str], str]:
    shelf = use(Shelf)
    return await together(together(shelf.put("a"), shelf.put("b")), shelf.put("c"))


def test_a_path_is_the_place_in_the_program() -> None:
    stage = Stage(branches).start()
    assert stage.open == ["1"]
    stage.answer("1")
    assert stage.open == ["2.1/1", "2.2/1"]
    stage.answer("2.1/1", "l1")
    assert stage.open == ["2.2/1", "2.1/2"]
    stage.answer("2.2/1", "r")
    stage.answer("2.1/2", "l2")
    assert stage.open == ["3"]
    stage.answer("3", "end")
    assert (stage.driver.ended, stage.driver.result) == (True, ["ok", "l1l2", "r", "end"])


def test_nested_branches_number_themselves() -> None:
    stage = Stage(nested).start()
    assert sorted(stage.open) == ["1.1/1.1/1", "1.1/1.2/1", "1.2/1"]
    for path in ("1.2/1", "1.1/1.2/1", "1.1/1.1/1"):
        stage.answer(path, path)
    assert stage.driver.result == (("1.1/1.1/1", "1.1/1.2/1"), "1.2/1")


def test_nothing_together_is_an_empty_tuple() -> None:
    async def none() -> tuple[str, ...]:
        return await together(*[use(Shelf).put(thing) for thing in list[str]()])

    assert Stage(none).start().driver.result == ()


def test_together_waits_for_all_and_raises_the_first_error_in_the_order_of_its_arguments() -> None:
    caught: list[str] = []

    async def three() -> None:
        shelf = use(Shelf)
        try:
            await together(shelf.put("a"), shelf.put("b"), shelf.put("c"))
        except Rejected as error:
            caught.append(error.text)

    stage = Stage(three).start()
    stage.fail("1.3/1", Rejected("third"))
    assert (stage.open, caught) == (["1.1/1", "1.2/1"], [])
    stage.fail("1.2/1", Rejected("second"))
    assert (stage.open, caught, stage.driver.ended) == (["1.1/1"], [], False)
    stage.answer("1.1/1")
    assert (stage.open, caught, stage.driver.ended) == ([], ["second"], True)


def test_a_branch_goes_on_after_its_neighbour_failed() -> None:
    stage = Stage(branches).start()
    stage.answer("1")
    stage.fail("2.2/1", Rejected("no"))
    stage.answer("2.1/1", "l1")
    assert stage.open == ["2.1/2"]
    stage.answer("2.1/2", "l2")
    assert isinstance(stage.driver.error, Rejected)


async def race() -> list[str]:
    shelf = use(Shelf)
    order: list[str] = []

    async def branch(thing: str) -> None:
        order.append(await shelf.put(thing))

    await together(branch("a"), branch("b"), branch("c"))
    return order


@pytest.mark.parametrize("order", [("1", "2", "3"), ("3", "1", "2"), ("2", "3", "1")])
def test_a_replay_returns_results_in_the_order_in_which_they_were_recorded(order: tuple[str, ...]) -> None:
    stage = Stage(race).start()
    for branch in order:
        stage.answer(f"1.{branch}/1", branch)
    assert stage.driver.result == list(order)
    assert stage.replayed().result == list(order)


def test_a_replay_asks_for_nothing_that_was_recorded_and_for_everything_that_was_not() -> None:
    stage = Stage(branches).start()
    stage.answer("1")
    stage.answer("2.1/1", "l1")
    again_ = stage.replayed()
    assert sorted(again_.pending) == ["2.1/2", "2.2/1"]
    assert (again_.fresh, again_.records, again_.published) == ([], [], [])
    stage.history.pop()  # the intent of 2.1/2 did not get to the disk
    assert [pending.path for pending in stage.replayed().fresh] == ["2.1/2"]


def test_a_flow_gets_a_decoded_copy() -> None:
    things = ["a"]
    seen: list[list[str]] = []

    async def changes() -> None:
        shelf = use(Shelf)
        step = shelf.weigh(things)
        things.append("b")
        await step

    stage = Stage(changes).start()
    (intent,) = [record for record in stage.history if isinstance(record, Intent)]
    assert bytes(intent.args) == b'[["a"]]'
    assert seen == []


def test_the_same_result_twice_is_two_copies() -> None:
    class Lists(Shelf): ...

    events: list[Paid | None] = []

    async def reads() -> None:
        shelf = use(Shelf)
        events.append(Paid(amount=await shelf.weigh([])))

    stage = Stage(reads).start()
    stage.answer("1", 3)
    stage.replayed()
    assert events == [Paid(amount=3), Paid(amount=3)]
    assert events[0] is not events[1]


async def in_a_branch(step: Awaitable[str]) -> str:
    async with manager():
        return await step


@asynccontextmanager
async def manager() -> AsyncIterator[None]:
    await asyncio.sleep(0)
    yield


async def test_awaiting_a_foreign_thing_stops_the_run_and_names_the_line() -> None:
    async def sleeps() -> None:
        await use(Shelf).put("a")
        await asyncio.sleep(1)

    async def enters() -> None:
        await use(Shelf).put("a")
        async with manager():
            pass

    async def forks() -> None:
        shelf = use(Shelf)
        await together(shelf.put("a"), in_a_branch(shelf.put("b")))

    for strays, code, line in [(sleeps, sleeps, 2), (enters, enters, 2), (forks, in_a_branch, 1)]:
        stage = Stage(strays).start()
        stage.answer(stage.open[0])
        assert (stage.driver.ended, stage.open) == (True, [])
        assert isinstance(stage.driver.error, ForeignAwait)
        place = f"{__file__}:{code.__code__.co_firstlineno + line} in {code.__name__} awaits "
        assert str(stage.driver.error).startswith(place)
        assert "Call a port, or use sleep_until, wait_for, together, ask." in str(stage.driver.error)


def test_together_takes_only_steps() -> None:
    async def mistaken() -> None:
        await together("a", use(Shelf).put("b"))  # type: ignore[call-overload]

    stage = Stage(mistaken).start()
    assert str(stage.driver.error) == "together takes steps that are not awaited yet, not str"


def test_words_outside_of_a_flow_say_so() -> None:
    with pytest.raises(FlowError, match="this word belongs into a flow"):
        use(Shelf)


def misfit_of(stage: Stage, other: object) -> str:
    with pytest.raises(Misfit) as caught:
        stage.replayed(other)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_misfit_names_both_sides() -> None:
    async def takes() -> str:
        return await use(Shelf).take("a")

    async def sleeps() -> None:
        await publish(Paid())
        await use(Shelf).put("a")

    async def ends() -> str:
        return "at once"

    stage = Stage(two_steps).start()
    assert misfit_of(stage, takes) == "step 1: the journal has Shelf.put, the flow Shelf.take"
    assert misfit_of(stage, sleeps) == "step 1: the journal has Shelf.put, the flow is not there"
    assert misfit_of(stage, ends) == "step 1: the journal has Shelf.put, the flow is not there"


def test_arguments_may_change_between_versions_of_a_flow() -> None:
    async def others() -> str:
        shelf = use(Shelf)
        return await shelf.put("A") + await shelf.put("B")

    stage = Stage(two_steps).start()
    stage.answer("1", "a")
    stage.answer("2", "b")
    assert stage.replayed(others).result == "ab"


def test_a_misfit_in_what_was_said_names_both_sides() -> None:
    async def says() -> None:
        await reached("half")
        await publish(Paid())
        await use(Shelf).put("a")

    async def other_milestone() -> None:
        await reached("done")
        await publish(Paid())
        await use(Shelf).put("a")

    async def other_event() -> None:
        await reached("half")
        await publish(Withdrawn())
        await use(Shelf).put("a")

    async def silent() -> None:
        return

    stage = Stage(says).start()
    stage.history.insert(0, Published("2", "test.paid@1", 7))
    other = "step 1: the journal has the milestone half, the flow the milestone done"
    assert misfit_of(stage, other_milestone) == other
    other = "step 2: the journal has test.paid@1 published, the flow test.withdrawn@1 published"
    assert misfit_of(stage, other_event) == other
    stage.history = [record for record in stage.history if not isinstance(record, Intent)]
    assert misfit_of(stage, silent) == "step 2: the journal has test.paid@1 published, which the flow no longer says"


def test_a_published_event_and_a_milestone_are_said_once() -> None:
    async def says() -> str:
        await publish(Paid(amount=1))
        await reached("paid", {"amount": 1})
        return await use(Shelf).put("a")

    stage = Stage(says)
    stage.driver.start()
    assert [(path, command.event) for path, command in stage.driver.published] == [("1", Paid(amount=1))]
    stage.history = [Published("1", "test.paid@1", 7), *stage.driver.records]
    again_ = stage.replayed()
    assert (again_.published, again_.records) == ([], [])
    assert list(again_.pending) == ["3"]


def test_putting_a_run_away_undoes_nothing_and_closes_every_branch() -> None:
    closed: list[str] = []

    async def branch(name: str) -> str:
        async with undoing() as undo:
            try:
                shelf = use(Shelf)
                await undo.step(shelf.put(name), back=shelf.take)
                return await together(shelf.put("x"), deeper(name))  # type: ignore[return-value]
            except GeneratorExit:
                closed.append(name)
                raise

    async def deeper(name: str) -> str:
        try:
            return await use(Shelf).put(name)
        except GeneratorExit:
            closed.append(f"{name}/deeper")
            raise

    async def whole() -> None:
        await together(branch("a"), branch("b"))

    stage = Stage(whole).start()
    stage.answer("1.1/1")
    stage.answer("1.2/1")
    assert len(stage.open) == 4
    stage.driver.close()
    assert sorted(closed) == ["a", "a/deeper", "b", "b/deeper"]
    assert (stage.driver.fresh, stage.driver.records, stage.open) == ([], [], [])
    gc.collect()
    assert len(closed) == 4


def test_a_run_that_never_began_is_put_away_silently() -> None:
    Stage(two_steps).driver.close()
    gc.collect()


def test_a_flow_that_awaits_while_it_is_put_away_is_told() -> None:
    async def clings() -> None:
        try:
            await use(Shelf).put("a")
        finally:
            await use(Shelf).put("b")

    stage = Stage(clings).start()
    with pytest.raises(FlowError, match=r"test_driver.py:\d+ in clings did not end when it was put away"):
        stage.driver.close()
    assert stage.open == []


def test_again_leaves_through_undoing_without_undoing() -> None:
    async def loops() -> None:
        shelf = use(Shelf)
        async with undoing() as undo:
            await undo.step(shelf.put("a"), back=shelf.take)
            again(Begun(id="next"))

    stage = Stage(loops).start()
    stage.answer("1")
    assert isinstance(stage.driver.error, Again)
    assert (stage.driver.error.event, stage.open) == (Begun(id="next"), [])


def test_cancel_raises_where_the_flow_waits_and_at_the_next_await_of_what_was_sent() -> None:
    async def works() -> str:
        shelf = use(Shelf)
        async with undoing() as undo:
            first = await undo.step(shelf.put("a"), back=shelf.take)
            return first + await shelf.put("b")

    stage = Stage(works).start()
    stage.cancel()
    assert stage.open == ["1"]
    stage.answer("1", "A")
    assert stage.open == ["3"]  # 2 was never begun; 3 undoes 1
    (undo,) = [record for record in stage.history if isinstance(record, Intent) and record.undoes]
    assert (undo.method, undo.undoes, bytes(undo.args)) == ("take", "1", b'["A"]')
    stage.answer("3")
    assert isinstance(stage.driver.error, Cancelled)
    assert isinstance(stage.replayed().error, Cancelled)


def test_a_block_that_ends_while_the_run_is_cancelled_is_undone_like_any_other() -> None:
    async def books() -> str:
        shelf = use(Shelf)
        async with undoing() as undo:
            await together(*(undo.step(shelf.put(one), back=shelf.take) for one in "ab"))
        return await shelf.put("c")

    stage = Stage(books).start()
    stage.cancel()
    stage.answer("1.1/1", "A")
    stage.answer("1.2/1", "B")
    assert stage.open == ["2"]  # c was never begun: what was in flight was the block's last
    stage.answer("2")
    stage.answer("3")
    undone = [(one.undoes, bytes(one.args)) for one in stage.history if isinstance(one, Intent) and one.undoes]
    assert undone == [("1.2/1", b'["B"]'), ("1.1/1", b'["A"]')]
    assert isinstance(stage.driver.error, Cancelled)
    assert not any(isinstance(one, Kept) for one in stage.history)
    assert isinstance(stage.replayed().error, Cancelled)


def test_what_a_block_kept_before_the_run_was_cancelled_it_keeps() -> None:
    async def books() -> str:
        shelf = use(Shelf)
        async with undoing() as undo:
            await undo.step(shelf.put("a"), back=shelf.take)
        return await shelf.put("b")

    stage = Stage(books).start()
    stage.answer("1", "A")
    stage.cancel()
    stage.answer("2", "B")
    assert (stage.driver.result, stage.open) == ("B", [])
    assert stage.replayed().result == "B"


def test_a_result_of_another_type_leaves_the_step_open() -> None:
    stage = Stage(two_steps).start()
    with pytest.raises(msgspec.ValidationError):
        stage.answer("1", 5)
    assert stage.open == ["1"]
    stage.answer("1", "five")
    assert stage.open == ["2"]


def test_a_port_error_comes_back_from_its_record() -> None:
    caught: list[Transient] = []

    async def catches() -> None:
        try:
            await use(Shelf).put("a")
        except Transient as error:
            caught.append(error)

    stage = Stage(catches).start()
    stage.fail("1", Transient("later"))
    stage.replayed()
    assert [(error.text, error.code) for error in caught] == [("later", Transient.usual)] * 2


@flow(on=Begun)
async def countdown(begun: Begun) -> str:
    left = int(begun.body)
    await use(Shelf).put(begun.body)
    if left:
        again(Begun(id=begun.id, body=str(left - 1)))
    return "lift-off"


@flow(on=Begun)
async def astray(begun: Begun) -> str:
    again(Paid())


async def test_again_ends_this_history_and_begins_the_next_of_the_key(hub: Hub) -> None:
    await hub.up(countdown)
    await hub.record(Begun(body="2"))
    await hub.quiet(2)
    runs = await hub.runs()
    assert [run.run_key for run in runs] == ["o1"] * 3
    assert await hub.statuses() == [Status.DONE] * 3
    assert [await hub.outcome(run.no) for run in runs] == [None, None, "lift-off"]
    assert hub.clerk.did == [("put", "2"), ("put", "1"), ("put", "0")]
    assert len(set(hub.clerk.keys)) == 3


async def test_again_with_another_event_is_the_developers(hub: Hub) -> None:
    await hub.up(astray)
    no = await hub.begin(Begun())
    assert await hub.status(no) == Status.PARKED
    assert (await hub.case()).title == "astray: FlowError: again takes the event that begins astray: Begun"
