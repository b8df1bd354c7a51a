"""What is written down of whose a flow is, and what may still be taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from pawline.hub import HubRefused
from pawline.hub.handing import hand
from pawline.runtime.handing import Handovers, Way
from pawline.store import Keyring, Store

NOW = 1_000.0


@asynccontextmanager
async def place() -> AsyncIterator[Store]:
    store = await Store.open(":memory:", Keyring.generate(), clock=lambda: NOW)
    try:
        yield store
    finally:
        await store.close()


async def say(store: Store, mode: str, at: float | None = None, *, alive: bool = False) -> list[tuple[float, str]]:
    await hand(store, ("paws", "adopt_order"), mode, at, ("ann", "why"), alive=alive)
    return await entries(store)


async def entries(store: Store) -> list[tuple[float, str]]:
    return [(at, mode) for _, _, at, mode in await store.fetch("handovers")]


async def ways(store: Store, *moments: float) -> list[Way]:
    known = Handovers(await store.fetch("handovers"))
    return [known.way("paws", "adopt_order", at) for at in moments]


async def test_a_word_that_is_no_mode_is_not_kept_for_a_flow() -> None:
    async with place() as store:
        with pytest.raises(HubRefused, match="'sideways' is no mode that a flow is handed over to: live or observe"):
            await say(store, "sideways")
        assert await entries(store) == []


async def test_a_flow_that_a_running_hub_has_is_observed_from_a_moment_on_and_not_in_what_it_began() -> None:
    async with place() as store:
        assert await say(store, "observe") == [(0.0, "observe")]
    async with place() as store:
        assert await say(store, "observe", alive=True) == [(0.0, "old"), (1_010.0, "observe")]
        assert await ways(store, 1_005.0, 1_010.0) == [Way.OLD, Way.OBSERVE]


async def test_a_moment_that_is_near_or_a_word_that_is_said_already_is_refused() -> None:
    async with place() as store:
        with pytest.raises(HubRefused, match=r"1970-01-01T00:16:49\+00:00 is too near, or over"):
            await say(store, "live", 1_009.0)
        await say(store, "observe")
        with pytest.raises(HubRefused, match=r"adopt_order is the old way's already \(from 1970-01-01T00:00:00"):
            await say(store, "observe", 2_000.0)
        assert await entries(store) == [(0.0, "observe")]


async def test_a_plan_is_put_off_called_off_and_followed_by_another() -> None:
    async with place() as store:
        await say(store, "observe")
        assert await say(store, "live", 5_000.0) == [(0.0, "observe"), (5_000.0, "live")]
        assert await say(store, "live", 6_000.0) == [(0.0, "observe"), (6_000.0, "live")]
        assert await say(store, "live", 4_000.0) == [(0.0, "observe"), (4_000.0, "live")]
        assert await say(store, "observe", 9_000.0) == [(0.0, "observe"), (4_000.0, "live"), (9_000.0, "observe")]
        told = await hand(store, ("paws", "adopt_order"), "observe", None, ("ann", "not yet"), alive=True)
        assert await entries(store) == [(0.0, "observe")]
        assert told["called_off"] == [{"mode": "live", "at": 4_000.0}, {"mode": "observe", "at": 9_000.0}]
        last = (await store.fetch("audit_page", (0, 100)))[-1]
        assert last[3:7] == (
            "ann", "back", "adopt_order",
            ("not yet -> from 1970-01-01T00:00:00+00:00 on; not live from 1970-01-01T01:06:40+00:00 on;"
             " not observe from 1970-01-01T02:30:00+00:00 on"),
        )  # fmt: skip


async def test_what_was_the_old_way_s_before_a_first_cutover_stays_so_when_it_is_called_off() -> None:
    async with place() as store:
        await say(store, "live", 5_000.0)
        assert await say(store, "live", 6_000.0) == [(6_000.0, "live")]
        before = await ways(store, 900.0, 1_005.0)
        assert await say(store, "observe") == [(0.0, "old"), (1_010.0, "observe")]
        assert await ways(store, 900.0, 1_005.0, 1_011.0) == [*before, Way.OBSERVE] == [Way.OLD, Way.OLD, Way.OBSERVE]


async def test_what_was_ours_before_a_planned_back_stays_ours_when_it_is_called_off() -> None:
    async with place() as store:
        await say(store, "observe", 5_000.0)
        assert await ways(store, 900.0, 6_000.0) == [Way.LIVE, Way.OBSERVE]
        assert await say(store, "live") == []
        assert await ways(store, 900.0, 6_000.0) == [Way.LIVE, Way.LIVE]
