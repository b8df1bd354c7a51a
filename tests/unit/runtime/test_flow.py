"""What a flow is: its key and who goes first, its version, its schedule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from pawline.model import decode_event, encode_event, event_type, public_name
from pawline.runtime import FlowError, Flows, every, flow, rehearsing, use
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Clerk, Paid, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON

HOUR = 3600.0


def slow(busy: Literal["queue", "skip", "latest"], **more: Any) -> Any:
    @flow(on=Begun, busy=busy, **more)
    async def level(begun: Begun) -> str:
        return await use(Shelf).put(begun.body)

    return level


# -- keys --------------------------------------------------------------------------------------------------------


async def three(hub: Hub, *flows: Any, ids: str = "111") -> list[int]:
    await hub.up(*flows)
    hub.clerk.says["put", "a"] = [timedelta(seconds=5)]
    for id_, body in zip(ids, "abc", strict=True):
        await hub.record(Begun(id=id_, body=body))
        await hub.quiet(0.1)
    return [row.no for row in await hub.runs()]


async def test_runs_of_one_key_queue_in_the_order_of_their_events(hub: Hub) -> None:
    numbers = await three(hub, slow("queue"))
    assert await hub.statuses() == [Status.RUNNING, Status.QUEUED, Status.QUEUED]
    await hub.quiet(6)
    assert await hub.statuses() == [Status.DONE] * 3
    assert hub.clerk.did == [("put", "a"), ("put", "b"), ("put", "c")]
    assert hub.clerk.heard[1].at == NOON + 5
    assert len(numbers) == 3


async def test_runs_of_other_keys_do_not_wait(hub: Hub) -> None:
    await three(hub, slow("queue"), ids="123")
    assert await hub.statuses() == [Status.RUNNING, Status.DONE, Status.DONE]


async def test_skip_drops_what_comes_while_the_key_is_busy(hub: Hub) -> None:
    await three(hub, slow("skip"))
    await hub.quiet(6)
    assert await hub.statuses() == [Status.DONE, Status.SKIPPED, Status.SKIPPED]
    assert hub.clerk.did == [("put", "a")]
    await hub.begin(Begun(id="1", body="d"))
    assert hub.clerk.did == [("put", "a"), ("put", "d")]


async def test_latest_replaces_only_what_did_not_start(hub: Hub) -> None:
    await three(hub, slow("latest"))
    assert await hub.statuses() == [Status.RUNNING, Status.SUPERSEDED, Status.QUEUED]
    await hub.quiet(6)
    assert await hub.statuses() == [Status.DONE, Status.SUPERSEDED, Status.DONE]
    assert hub.clerk.did == [("put", "a"), ("put", "c")]


async def test_a_key_of_ones_own(hub: Hub) -> None:
    await three(hub, slow("queue", key=lambda begun: "all"), ids="123")
    assert [row.run_key for row in await hub.runs()] == ["all"] * 3
    assert await hub.statuses() == [Status.RUNNING, Status.QUEUED, Status.QUEUED]


async def test_flows_of_one_event_do_not_share_keys(hub: Hub) -> None:
    one = slow("queue")
    await hub.up(one, replace(one, name="other"))
    hub.clerk.says["put"] = [timedelta(seconds=5), timedelta(seconds=5)]
    await hub.record(Begun(body="a"))
    await hub.quiet()
    assert [(row.flow, row.status) for row in await hub.runs()] == [
        ("level", Status.RUNNING),
        ("other", Status.RUNNING),
    ]


async def test_a_key_that_cannot_be_named_is_a_developers_case_and_loses_no_event(hub: Hub) -> None:
    @flow(on=Begun, key=lambda begun: begun.body[5])
    async def keyless(begun: Begun) -> str:
        return "never"

    await hub.up(keyless, slow("queue"))
    no = await hub.record(Begun(body="ab"))
    await hub.quiet()
    assert [row.flow for row in await hub.runs()] == ["level"]
    case = await hub.case()
    assert (case.run, case.kind, case.team) == (None, "code", "developers")
    replay = (
        f"keyless could not name its key for test.begun@1 number {no}; once it is mended: "
        f"`pawline events replay {no} --flow keyless`"
    )
    assert case.title == replay
    assert "IndexError" in (await hub.case_body(case)).detail
    await hub.deploy(replace(keyless, key=lambda begun: begun.id), slow("queue"))
    assert await hub.told("replay", f"event:{no}", name="keyless") == "done"
    assert [(row.flow, row.generation) for row in await hub.runs()] == [("level", 0), ("keyless", 0)]


async def test_a_queue_survives_a_death(hub: Hub) -> None:
    await three(hub, slow("queue"))
    await hub.die()
    await hub.up()
    await hub.quiet(1)
    assert await hub.statuses() == [Status.DONE] * 3
    assert hub.clerk.did == [("put", "a"), ("put", "a"), ("put", "b"), ("put", "c")]
    assert hub.clerk.keys[0] == hub.clerk.keys[1]


# -- what a flow must be -----------------------------------------------------------------------------------------


def test_a_flow_is_an_async_function_with_a_result_and_a_version_from_one() -> None:
    with pytest.raises(FlowError, match="is no `async def`"):

        @flow(on=Begun)  # type: ignore[arg-type]
        def plain(begun: Begun) -> str:
            return "plain"

    with pytest.raises(FlowError, match="does not say what it returns"):

        @flow(on=Begun)
        async def silent(begun: Begun):  # type: ignore[no-untyped-def] # noqa: ANN202
            return "silent"

    with pytest.raises(FlowError, match="an integer from 1 on"):
        flow(on=Begun, version=0)


def test_two_flows_of_one_name_and_version_are_refused() -> None:
    one = slow("queue")
    with pytest.raises(FlowError, match="two flows are called level, version 1: give the newer its own version"):
        Flows([one, one])


async def test_calling_a_flow_outside_of_a_rehearsal_says_how() -> None:
    with pytest.raises(FlowError, match=r"calling level rehearses it: do so inside `with rehearsing"):
        await slow("queue")(Begun())


async def test_a_rehearsal_needs_no_store() -> None:
    fake = Clerk(lambda: 0.0)
    with rehearsing({Shelf: fake}) as rehearsal:
        assert await slow("queue")(Begun(body="a")) == "a!"
    assert (rehearsal.steps, fake.did) == (["Shelf.put"], [("put", "a")])


def test_a_flow_is_described_by_its_docstring() -> None:
    @flow(on=Begun)
    async def told(begun: Begun) -> str:
        """An order is never lost.

        More.
        """
        return "told"

    assert (told.description, slow("queue").description) == ("An order is never lost.", "level")


# -- versions ----------------------------------------------------------------------------------------------------


async def test_unfinished_runs_keep_their_version_and_new_ones_take_the_newest(hub: Hub) -> None:
    first = slow("queue")

    @flow(on=Begun, version=2)
    async def level(begun: Begun) -> str:
        return "second " + await use(Shelf).put(begun.body)

    await hub.up(first)
    hub.clerk.says["put", "a"] = [timedelta(seconds=5)]
    old = await hub.begin(Begun(body="a"))
    await hub.deploy(level, first)
    new = await hub.begin(Begun(id="o2", body="b"))
    await hub.quiet(6)
    assert [(row.version, row.status) for row in await hub.runs()] == [(1, Status.DONE), (2, Status.DONE)]
    assert (await hub.outcome(old), await hub.outcome(new)) == ("a!", "second b!")


async def test_a_hub_without_the_version_of_an_unfinished_run_does_not_start(hub: Hub) -> None:
    await hub.up(slow("queue"))
    hub.clerk.says["put"] = [timedelta(seconds=5)]
    await hub.begin(Begun())
    await hub.die()
    why = "1 unfinished run.s. of level need version 1: keep that flow's file until `pawline flows drain` says 0"
    with pytest.raises(FlowError, match=why):
        await hub.up(slow("queue", version=2))
    assert await hub.statuses() == [Status.RUNNING]  # nothing was touched
    await hub.die()
    await hub.up(slow("queue"), slow("queue", version=2))
    await hub.quiet()
    assert await hub.statuses() == [Status.DONE]


# -- schedules ---------------------------------------------------------------------------------------------------

DAILY = every("0 6 * * *", "Europe/Berlin")


@flow(on=DAILY)
async def daily(tick: Any) -> str:
    return await use(Shelf).put(tick.due.isoformat())


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


async def ticks(hub: Hub) -> list[str]:
    return [str(thing) for _, thing in hub.clerk.did]


def test_a_schedule_is_an_event_like_others() -> None:
    assert every("0 6 * * *", "Europe/Berlin") is DAILY
    assert every("0 6 * * *", "UTC") is not DAILY
    name = public_name(DAILY)
    assert event_type(name) is DAILY
    tick: Any = DAILY(due=utc(2026, 1, 2, 5))
    assert decode_event(name, encode_event(tick)) == tick
    assert (tick.subject, tick.household, tick.fact) == (name, None, None)
    with pytest.raises(AttributeError):
        tick.due = utc(2026, 1, 2, 6)


@pytest.mark.parametrize(("cron", "zone"), [("0 6 * *", "UTC"), ("61 6 * * *", "UTC"), ("0 6 * * *", "Mars/Base")])
def test_a_wrong_schedule_is_refused_where_it_stands(cron: str, zone: str) -> None:
    with pytest.raises(Exception, match=r"."):
        every(cron, zone)


async def test_each_moment_comes_once_in_the_time_of_the_zone(hub: Hub) -> None:
    hub.shops = ("s",)
    await hub.up(daily)
    await hub.quiet()
    assert await ticks(hub) == []
    for _ in range(48):
        await hub.later(HOUR)
    assert await ticks(hub) == ["2026-01-02T05:00:00+00:00", "2026-01-03T05:00:00+00:00"]
    assert await hub.statuses() == [Status.DONE] * 2


@pytest.mark.parametrize(
    ("cron", "start", "moments"),
    [
        # six o'clock in Berlin is 5 UTC in winter, 4 UTC in summer
        ("0 6 * * *", utc(2026, 3, 28), [utc(2026, 3, 28, 5), utc(2026, 3, 29, 4), utc(2026, 3, 30, 4)]),
        ("0 6 * * *", utc(2026, 10, 24), [utc(2026, 10, 24, 4), utc(2026, 10, 25, 5), utc(2026, 10, 26, 5)]),
        # 02:30 does not exist on 29 March: it comes when the clock has jumped over it; it comes once in autumn
        ("30 2 * * *", utc(2026, 3, 28), [utc(2026, 3, 28, 1, 30), utc(2026, 3, 29, 1), utc(2026, 3, 30, 0, 30)]),
        (
            "30 2 * * *",
            utc(2026, 10, 24),
            [utc(2026, 10, 24, 0, 30), utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)],
        ),
    ],
)
async def test_daylight_saving(hub: Hub, cron: str, start: datetime, moments: list[datetime]) -> None:
    hub.clock.elapsed = start.timestamp() - NOON
    hub.shops = ("s",)
    await hub.up(replace(daily, on=every(cron, "Europe/Berlin")))
    for _ in range(3 * 48):
        await hub.later(HOUR / 2)
    assert await ticks(hub) == [moment.isoformat() for moment in moments]


async def test_missed_moments_come_once_late(hub: Hub) -> None:
    hub.shops = ("s",)
    await hub.up(daily)
    await hub.die()  # before the first moment ever
    hub.clock.jump(5 * 24 * HOUR)
    await hub.up()
    await hub.quiet()
    assert await ticks(hub) == ["2026-01-02T05:00:00+00:00"]
    await hub.later(17 * HOUR)
    assert await ticks(hub) == ["2026-01-02T05:00:00+00:00", "2026-01-07T05:00:00+00:00"]


async def test_a_death_between_a_tick_and_its_note_makes_no_second_tick(hub: Hub) -> None:
    hub.shops = ("s",)
    await hub.up(daily)
    write = hub.engine.intake.write

    async def dies(*writes: Any) -> None:
        raise RuntimeError("the hub died here")

    hub.engine.intake.write = dies  # type: ignore[method-assign]
    await hub.later(17 * HOUR)
    assert len(hub.clerk.did) == 1
    await hub.die()
    await hub.up()
    await hub.quiet()
    assert await ticks(hub) == ["2026-01-02T05:00:00+00:00"]
    assert hub.engine.intake.write != write
    await hub.later(24 * HOUR)
    assert len(hub.clerk.did) == 2


async def test_each_shop_has_its_own_ticks(hub: Hub) -> None:
    hub.shops = ("s", "t")
    await hub.up(daily)
    await hub.later(17 * HOUR)
    assert sorted(row.shop for row in await hub.runs()) == ["s", "t"]


async def test_a_flow_on_another_event_gets_no_ticks(hub: Hub) -> None:
    @flow(on=Paid)
    async def other(paid: Paid) -> str:
        return "other"

    hub.shops = ("s",)
    await hub.up(other)
    await hub.later(48 * HOUR)
    assert await hub.runs() == []
