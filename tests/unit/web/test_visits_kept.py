"""What pages told: bounded in memory, on disk without being asked for, and gone with an erasure."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pawline.hub import visits as intake
from pawline.model import Act, Envelope, OrderPlaced, bits_of
from pawline.store import StoreBusy, StoreFull
from pawline.testing.orders import order
from tests.unit.web.site import ACCOUNT, ask, rows, told, up


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPIFY_TOKEN", "tok")


async def test_it_is_on_disk_without_being_asked_for_and_after_the_hub_left(tmp_path: Path) -> None:
    async with up(tmp_path) as (hub, url):
        await ask(url, told("page"))
        async with asyncio.timeout(30):
            while not await hub.store.fetch("over_visits", (99_999, 9)):  # noqa: ASYNC110 - it writes by itself
                await asyncio.sleep(0.05)
        await ask(url, told("cart", who="second-one"))
    async with up(tmp_path) as (hub, _):
        assert sorted(await rows(hub)) == [(bits_of([Act.PAGE]), ""), (bits_of([Act.CART]), "")]
        (day,) = await hub.desk.answer("visits", {"shop": "pets"})
        assert (day["visitors"], day["abandoned"]) == (2, None)


async def test_what_waits_in_memory_goes_with_an_erasure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "EVERY", 9_999.0)
    async with up(tmp_path) as (hub, url):
        placed = order(1, placed_at=datetime.now(UTC))
        assert placed.household is not None
        event = Envelope(shop="pets", source="test", id="1", at=placed.placed_at, event=OrderPlaced(order=placed))
        await hub.engine.record(event, "work")
        async with asyncio.timeout(30):
            while not await hub.store.fetch("order_household", ("pets", placed.id)):  # noqa: ASYNC110 - a view
                await asyncio.sleep(0.02)
        assert (await ask(url, told("completed", seen=["kibble"], order=placed.id)))[0] == 202
        assert (await ask(url, told("product", seen=["toy"], who="another-one")))[0] == 202
        assert await hub.projector.erase("pets", placed.household, 5.0, time.time()) == []
        assert await rows(hub, "select seen from visit") == [("toy\n",)]
        assert await rows(hub, "select * from visit_order") == []


async def test_memory_has_a_bound_and_what_the_store_does_not_take_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(intake, "MOST", 3)
    monkeypatch.setattr(intake, "EVERY", 9_999.0)
    async with up(tmp_path) as (hub, url):
        written = hub.store.written

        async def busy(*_: Any, **__: Any) -> Any:
            raise StoreBusy("too much bulk is waiting for the disk")

        monkeypatch.setattr(hub.store, "written", busy)
        assert (await ask(url, told("page", seen=["a"], order="1")))[0] == 202
        await hub.visits.flush()
        assert [one.message for one in caplog.records] == ["visits are not written yet: StoreBusy"]
        assert (await ask(url, told("cart", seen=["b"])))[0] == 202
        assert (await ask(url, told("cart", who="another-one", order="1")))[0] == 202
        await hub.visits.flush()
        assert [(await ask(url, told(who=f"visitor-{n}")))[0] for n in range(2)] == [202, 429]
        monkeypatch.setattr(hub.store, "written", written)
        assert len(await rows(hub)) == 3
        assert (bits_of([Act.PAGE, Act.CART]), "b\na\n") in await rows(hub)
        first = "select o.ord, v.seen from visit_order o join visit v on v.visitor = o.visitor"
        assert await rows(hub, first) == [("1", "b\na\n")]
        assert hub.visits.waiting == 0
        assert (await ask(url, told()))[0] == 202


async def test_however_many_wait_no_unit_has_more_than_a_few_and_it_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(intake, "EVERY", 9_999.0)
    async with up(tmp_path) as (hub, _):
        site, written, sizes = hub.visits.sites[ACCOUNT], hub.store.written, list[int]()
        for n in range(1_000):
            hub.visits.take(site, told("completed", who=f"visitor-{n}", order=f"{n}"))

        async def noted(writes: Any, **given: Any) -> Any:
            sizes.append(len(writes))
            if full:
                raise StoreFull("no space left")
            return await written(writes, **given)

        monkeypatch.setattr(hub.store, "written", noted)
        full = True
        await hub.visits.flush()
        assert [one.message for one in caplog.records] == ["visits are not written yet: StoreFull"]
        full = False
        assert len(await rows(hub)) == 1_000
        assert len(await rows(hub, "select ord from visit_order")) == 1_000
        assert max(sizes) <= intake.CHUNK


async def test_a_disk_that_is_nearly_full_has_no_room_for_visits_and_orders_have_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with up(tmp_path) as (hub, url):
        assert (await ask(url, told("page")))[0] == 202
        with monkeypatch.context() as patched:
            patched.setattr("pawline.hub.preparing.ROOM", 1 << 62)
            assert len(await rows(hub)) == 1
            assert (await ask(url, told("cart")))[0] == 429
            (check,) = [one for one in await hub.desk.answer("health", {}) if one["name"] == "pixels"]
            assert check["says"].endswith("refused: 1 for want of room on the disk")
        await hub.visits.flush()
        assert (await ask(url, told("cart")))[0] == 202
