"""What raises where nothing should: one bad run or event becomes a case, and everything else goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pawline.ports import Limits, Rejected
from pawline.runtime import Question, ask, flow, loading, publish, sleep_until, use, wait_for
from pawline.runtime.bodies import Bodies
from pawline.store import Status, StoreError
from tests.unit.runtime.clerk import ASK, Begun, Paid, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(NOON + seconds, UTC)


@flow(on=Begun)
async def puts(begun: Begun) -> str:
    return await use(Shelf).put("first")


async def count_loads(hub: Hub) -> int:
    """Journals read in ten seconds."""
    real, read = hub.store.journals, 0

    async def counted(runs: Any) -> Any:
        nonlocal read
        read += len(list(runs))
        return await real(runs)

    hub.store.journals = counted  # type: ignore[method-assign]
    await hub.quiet(10)
    return read


# -- events that do not open -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "kind"), [("type = 'x.newer@1'", "code"), ("body = zeroblob(9)", "malformed")], ids=["type", "body"]
)
async def test_an_event_that_does_not_open_is_one_case_and_is_passed_over(hub: Hub, change: str, kind: str) -> None:
    await hub.up(puts)
    bad = await hub.record(Begun(id="bad"), priority="bulk")  # which a look dispatches
    await hub._select(f"update event set {change} where no = ?", bad)  # noqa: S608
    await hub.die()
    await hub.up()
    await hub.quiet(5)
    await hub.record(Begun(id="good"))
    assert await hub.told("stop", "shop", scope="all") == "done"
    await hub.die()
    await hub.up()
    await hub.quiet(5)
    assert len(await hub.runs()) == 1
    assert (await hub.case()).kind == kind
    assert await hub._select("select no from event where seq is null") == [(bad,)]


# -- answers that do not fit -------------------------------------------------------------------------------------


def test_a_question_whose_own_answers_do_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected `bool`"):
        Question("q", answer=bool, until=at(60), otherwise="no")
    with pytest.raises(ValueError, match="Expected `str`"):
        Question("q", choices=(1, 2))


async def test_an_event_that_does_not_fit_its_wait_parks_the_step_and_is_found_again(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    @flow(on=Begun)
    async def waits(begun: Begun) -> int:
        paid = await wait_for(Paid, key="o1", until=at(7200))
        return 0 if paid is None else paid.amount

    await hub.up(waits)
    no = await hub.begin(Begun())
    real = Bodies.of

    async def bodies(self: Bodies, rows: Any) -> dict[int, bytes | None]:
        return dict.fromkeys(await real(self, rows), b'{"amount":"much"}')

    with monkeypatch.context() as patch:
        patch.setattr(Bodies, "of", bodies)
        await hub.record(Paid(amount=7))
        await hub.quiet(5)
    case = await hub.case()
    assert (await hub.status(no), case.kind, case.path) == (Status.PARKED, "malformed", "1")
    assert await count_loads(hub) == 0
    assert await hub.told("retry", f"run:{no}", path="1") == "done"
    await hub.quiet(2)
    assert (await hub.status(no), await hub.outcome(no)) == (Status.DONE, 7)


# -- what cannot be stored ---------------------------------------------------------------------------------------


@flow(on=Begun)
async def asks_first(begun: Begun) -> str:
    return await ask(Question("q", evidence=object()))


@flow(on=Begun)
async def asks_later(begun: Begun) -> str:
    await use(Shelf).put("a")
    return await ask(Question("q", evidence=object()))


@flow(on=Begun)
async def publishes(begun: Begun) -> None:
    await use(Shelf).put("a")
    await publish(Paid(id=1001))  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [asks_first, asks_later, publishes], ids=["first", "later", "publish"])
async def test_what_cannot_be_stored_parks_its_run(hub: Hub, bad: Any) -> None:
    await hub.up(bad)
    no = await hub.begin(Begun())
    assert await hub.status(no) == Status.PARKED
    assert (await hub.case()).kind == "code"
    assert (hub.engine.live, len(hub.engine.intake.dispatching)) == ({}, 0)

    @flow(on=Begun)
    async def mended(begun: Begun) -> str:
        return await use(Shelf).put("a")

    await hub.deploy(replace(mended, name=bad.name))
    assert await hub.told("retry", f"run:{no}") == "done"
    await hub.quiet(20)
    assert await hub.status(no) == Status.DONE


async def test_an_error_text_that_is_no_unicode_parks_its_run(hub: Hub) -> None:
    await hub.up(puts)
    hub.clerk.says["put"] = [Rejected("bad name \ud83d")]
    no = await hub.begin(Begun())
    assert await hub.status(no) == Status.PARKED
    assert await hub.case_states() == [("code", "open")]


async def test_an_event_for_an_erased_household_parks_its_publisher(hub: Hub) -> None:
    @flow(on=Paid)
    async def pub(paid: Paid) -> None:
        await use(Shelf).put("x")
        await publish(Begun(house="h1", id="z"))

    await hub.up(pub)
    await hub.engine.erase("s", "h1")
    no = await hub.begin(Paid())
    assert await hub.status(no) == Status.PARKED
    assert (await hub.case()).title == "pub: it publishes an event for a household that was erased"
    assert hub.engine.live == {}


async def test_a_key_that_cannot_be_read_just_now_is_read_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    @flow(on=Paid)
    async def pub(paid: Paid) -> None:
        await use(Shelf).put("x")
        await publish(Begun(house="h1", id="z"))

    await hub.up(pub)
    real, failed = hub.engine.keys.obtain, 0

    async def obtain(shop: str, household: str | None, *more: Any, **named: Any) -> Any:
        nonlocal failed
        if household == "h1" and not failed:
            failed += 1
            raise StoreError("a read failed")
        return await real(shop, household, *more, **named)

    monkeypatch.setattr(hub.engine.keys, "obtain", obtain)
    no = await hub.begin(Paid())
    await hub.quiet(30)
    assert (failed, await hub.status(no)) == (1, Status.DONE)


# -- runs that are not found again, or again and again -----------------------------------------------------------


async def test_a_failing_read_strands_nobody(hub: Hub) -> None:
    await hub.up(puts)
    await hub.begin(Begun(id="warm"))
    fail, bad, real = [1], [1], hub.store.runs

    def before(units: Iterable[Any]) -> None:
        if fail and any(unit.moves for unit in units):
            fail.clear()
            raise StoreError("blip")

    async def runs(numbers: Any) -> Any:
        if not fail and bad:
            bad.clear()
            raise StoreError("a read failed")
        return await real(numbers)

    hub.store.hooks.before_commit = before
    hub.store.runs = runs  # type: ignore[method-assign]
    await hub.record(Begun())
    await hub.quiet(60)
    hub.store.runs = real  # type: ignore[method-assign]
    assert (fail, bad) == ([], [])
    assert await hub.statuses() == [Status.DONE, Status.DONE]


async def test_parked_runs_hide_no_run_that_has_its_event(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "PAGE", 3)

    @flow(on=Begun)
    async def waits(begun: Begun) -> None:
        await use(Shelf).put("a")
        await wait_for(Paid, key=begun.id, until=at(10**6))

    @flow(on=Begun)
    async def changed(begun: Begun) -> None:
        if begun.body:
            await use(Shelf).take("a")
        else:
            await use(Shelf).put("a")
        await wait_for(Paid, key=begun.id, until=at(10**6))

    await hub.up(waits)
    for i in range(6):
        await hub.begin(Begun(id=f"o{i}", body="x"))
    sound = await hub.begin(Begun(id="ok"))
    await hub.deploy(replace(changed, name="waits"))
    for i in range(6):
        await hub.record(Paid(id=f"o{i}"))
    await hub.quiet(3)
    monkeypatch.setattr(hub.engine, "told", lambda _: None)

    async def none(*_: Any) -> list[Any]:
        return []

    monkeypatch.setattr(hub.store, "taken_waits", none)
    await hub.record(Paid(id="ok"))
    await hub.quiet(0.01)
    await hub.die()
    await hub.up()
    await hub.quiet(5)
    assert await hub.status(sound) == Status.DONE


async def test_a_parked_run_is_not_read_again_and_again_and_wakes_once_it_is_retried(hub: Hub) -> None:
    @flow(on=Begun)
    async def sleeps(begun: Begun) -> str:
        await use(Shelf).put("a")
        await sleep_until(at(100))
        return "slept"

    @flow(on=Begun)
    async def other(begun: Begun) -> str:
        await use(Shelf).take("a")
        return "no"

    await hub.up(sleeps)
    no = await hub.begin(Begun())
    await hub.deploy(replace(other, name="sleeps"))
    await hub.later(200)
    assert await hub.status(no) == Status.PARKED
    await hub.quiet(1)
    assert await count_loads(hub) == 0
    assert await hub.told("retry", f"run:{no}") == "done"  # in the same process, with the same code: it parks again
    await hub.quiet(2)
    assert await hub.case_states() == [("misfit", "closed"), ("misfit", "open")]
    await hub.deploy(sleeps)
    assert await hub.told("retry", f"run:{no}") == "done"
    await hub.quiet(2)
    assert (await hub.status(no), await hub.outcome(no)) == (Status.DONE, "slept")


async def test_a_run_that_cannot_be_loaded_is_one_case_and_goes_on_once_it_can(hub: Hub) -> None:
    @flow(on=Begun)
    async def sleeps(begun: Begun) -> str:
        await sleep_until(at(100))
        return "slept"

    await hub.up(sleeps)
    no = await hub.begin(Begun())
    ((kind,),) = await hub._select("select distinct type from event")
    await hub._select("update event set type = 'x.gone@1'")
    await hub.die()
    await hub.up()
    await hub.later(200)
    await hub.quiet(1)
    assert (await hub.status(no), (await hub.case()).kind) == (Status.PARKED, "code")
    assert await count_loads(hub) == 0
    assert (await hub.told("retry", f"run:{no}")).startswith("refused")
    await hub.die()
    await hub.up()
    await hub.quiet(2)
    assert len(await hub.case_states()) == 1
    await hub._select("update event set type = ?", kind)
    assert await hub.told("retry", f"run:{no}") == "done"
    await hub.quiet(2)
    assert (await hub.status(no), await hub.outcome(no)) == (Status.DONE, "slept")


# -- leaving -----------------------------------------------------------------------------------------------------


async def test_a_hub_that_leaves_begins_nothing_more_in_the_places_that_come_free(hub: Hub) -> None:
    hub.bindings = (hub.shelf(limits=Limits(concurrency=4), operations=dict.fromkeys(("put", "take", "weigh"), ASK)),)
    await hub.up(puts)
    hub.clerk.says["put"] = [timedelta(seconds=5)] * 4
    for number in range(40):
        await hub.record(Begun(id=f"o{number}"))
    await hub.quiet(1)
    heard = len(hub.clerk.heard)
    await hub.stop()
    assert len(hub.clerk.heard) == heard
    await hub.up()
    await hub.quiet(300)
    statuses = await hub.statuses()
    assert (statuses.count(Status.PARKED), statuses.count(Status.DONE)) == (heard, 40 - heard)
