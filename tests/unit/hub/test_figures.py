"""A history in figures: orders by day and hour, whose checkout it was, and which runs needed somebody."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.hub import Hub, HubRefused, load_settings
from pawline.hub.figures import Figures, Volumes
from pawline.insight.advice import Touchless
from pawline.model import Channel, Checkout, OrderPlaced
from pawline.model.cloudevents import to_cloudevent
from pawline.model.cloudevents_wire import to_structured
from pawline.store import Keyring
from pawline.testing.orders import order
from pawline.testing.orders import placed as envelope
from tests.databases import databases
from tests.unit.hub.shop import settled, until

FLOWS = '''
from datetime import timedelta

from pawline.runtime import flow, now, sleep_until
from tests.unit.hub.shop import BowlFilled

@flow(on=BowlFilled)
async def figured(filled: BowlFilled) -> str:
    """A bowl is looked at: some wait, and some nobody knows what to do with."""
    if filled.pet.startswith("wait"):
        await sleep_until(now() + timedelta(days=1))
    if filled.pet.startswith("odd"):
        raise ValueError(filled.pet)
    return filled.pet

@flow(on=BowlFilled, key=lambda filled: filled.pet, busy="skip")
async def once(filled: BowlFilled) -> None:
    """Nobody is minded twice a day."""
    await sleep_until(now() + timedelta(days=1))
'''
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "figured_flows.py").write_text(FLOWS, "utf-8")
    (tmp_path / "pawline.toml").write_text('shops = ["paws", "cats"]\nflows = ["figured_flows"]\n', "utf-8")
    Keyring.generate().save(tmp_path / "pawline.key")
    sys.modules.pop("figured_flows", None)
    yield tmp_path
    sys.modules.pop("figured_flows", None)
    sys.path[:] = [one for one in sys.path if one != str(tmp_path)]


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{folder / 'pawline.db'}"
        return
    with databases() as new:
        yield new()


@asynccontextmanager
async def _hub(folder: Path, url: str) -> AsyncIterator[Hub]:
    async with await Hub.open(load_settings(folder / "pawline.toml", {"PAWLINE_STORE": url})) as hub:
        yield hub


def _line(number: int, at: datetime, *, renewal: bool = False, own: bool = False) -> str:
    channel = Channel.SUBSCRIPTION if renewal else Channel.WEB
    made = order(number, placed_at=at, checkout=Checkout.OWN if own else Checkout.ADOPTED, paid=not own)
    told = envelope(msgspec.structs.replace(made, channel=channel))
    assert isinstance(told.event, OrderPlaced)
    return to_structured(to_cloudevent(told)).decode()


def _lines(days: int) -> list[str]:
    """Two orders a day at nine, one of them a renewal; five days ago eight more within an hour."""
    found = [
        _line(day * 10 + n, TODAY - timedelta(days=day) + timedelta(hours=9, minutes=n), renewal=n == 1)
        for day in range(1, days + 1) for n in (0, 1)
    ]  # fmt: skip
    busy = TODAY - timedelta(days=5) + timedelta(hours=20)
    return found + [_line(900 + n, busy + timedelta(minutes=7 * n)) for n in range(8)]


async def _bring(hub: Hub, lines: list[str]) -> None:
    given: dict[str, Any] = {"name": "file", "shop": "paws", "before": 4e9, "first": 1, "lines": lines}
    assert (await hub.desk.answer("import", given))["bad"] == []
    await settled(hub)


async def test_orders_are_counted_by_whole_days_and_the_busiest_hour_is_found(folder: Path, url: str) -> None:
    async with _hub(folder, url) as hub:
        await _bring(hub, _lines(11))
        busiest = (TODAY - timedelta(days=5) + timedelta(hours=20)).timestamp()
        assert await Figures(hub.store).volumes("paws") == Volumes(
            days=10, a_day=2.8, peak_day=10, peak_hour=8, peak_hour_at=busiest, autoship_share=0.3571,
            channels=("subscription", "web"), checkout="theirs",
        )  # fmt: skip
        assert await Figures(hub.store).volumes("cats") == Volumes()
        told = await hub.desk.answer("figures", {"shop": "paws"})
        assert told == {
            "answers": {
                "orders_a_day": 2.8, "orders_peak_day": 10, "orders_peak_hour": 8, "autoship_share": 0.3571,
                "checkout": "theirs", "channels": ["subscription", "web"], "editor": True,
            },
            "touchless": {},
        }  # fmt: skip
        with pytest.raises(HubRefused, match="cats has 0 whole days of orders, and 7 are needed"):
            await hub.desk.answer("figures", {"shop": "cats"})


async def test_of_two_kinds_of_checkout_none_is_the_shops(folder: Path) -> None:
    async with _hub(folder, f"sqlite:///{folder / 'pawline.db'}") as hub:
        await _bring(hub, [*_lines(8), _line(990, TODAY - timedelta(days=2, hours=-3), own=True)])
        assert (await Figures(hub.store).volumes("paws")).checkout is None


async def _fill(hub: Hub, *pets: str) -> None:
    for pet in pets:
        await hub.desk.answer("send", {"event": {"type": "bowl.filled@1", "data": {"pet": pet}}, "shop": "paws"})


async def _runs(hub: Hub) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in await hub.desk.answer("runs", {"shop": "paws", "flow": "figured"})}


async def _done(hub: Hub, count: int) -> bool:
    done = await hub.desk.answer("runs", {"shop": "paws", "flow": "figured", "status": "done"})
    return len(done) == count


async def test_runs_that_somebody_had_to_do_with_are_no_automation(folder: Path, url: str) -> None:
    async with _hub(folder, url) as hub:
        await _fill(hub, "a", "b", "c", "odd", "wait", "waits still")

        async def ready() -> bool:
            runs = await _runs(hub)
            wanted = {"odd": "parked", "wait": "waiting", "waits still": "waiting"} | dict.fromkeys("abc", "done")
            return {pet: row["status"] for pet, row in runs.items()} == wanted

        await until(ready)
        figures, frozen = Figures(hub.store), frozenset({"paws"})
        assert await figures.touchless(frozen, 0.0) == {"figured": Touchless(4, 3)}  # `odd` waits for somebody
        assert await figures.touchless(frozen, hub.store.now() + 1) == {"figured": Touchless(1, 0)}
        runs = await _runs(hub)
        for pet in ("odd", "wait"):
            target = f"run:{runs[pet]['no']}"
            await hub.desk.answer("order", {"action": "cancel", "target": target, "by": "ada", "reason": "tried"})

        async def over() -> bool:
            return [(await _runs(hub))[pet]["status"] for pet in ("odd", "wait")] == ["cancelled"] * 2

        await until(over)
        await _fill(hub, "a")  # whom `once` minds already

        async def skipped() -> bool:
            return bool(await hub.desk.answer("runs", {"shop": "paws", "flow": "once", "status": "skipped"}))

        await until(skipped)
        await settled(hub)
        await until(lambda: _done(hub, 4))
        assert await figures.touchless(frozen, 0.0) == {"figured": Touchless(6, 4)}
        assert await figures.touchless(frozen, hub.store.now() + 1) == {}
        assert await figures.touchless(frozenset({"cats"}), 0.0) == {}
        live = {("paws", "figured"): hub.store.now()}
        assert await figures.touchless(frozen, 0.0, live) == {}  # all of it was before


async def test_what_a_flow_did_while_it_only_watched_is_no_history_of_hours_saved(folder: Path) -> None:
    async with _hub(folder, f"sqlite:///{folder / 'pawline.db'}") as hub:
        await _bring(hub, _lines(8))
        await _fill(hub, "a", "b", "c")
        await until(lambda: _done(hub, 3))

        async def told(wanted: dict[str, list[int]]) -> bool:
            return bool((await hub.desk.answer("figures", {"shop": "paws"}))["touchless"] == wanted)

        async def hand(mode: str) -> None:  # a moment ago: the command wants one that is ahead
            row = ("paws", "figured", hub.store.now(), mode)
            assert (await hub.store.written([("insert_handover", row)])).error is None

        assert await told({"figured": [3, 3]})
        await hand("observe")
        assert await told({})
        await hand("live")
        assert await told({})
        await _fill(hub, "d")
        await until(lambda: _done(hub, 4))
        assert await told({"figured": [1, 1]})


async def test_the_newest_events_of_a_type_are_found_page_by_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr("pawline.hub.figures.PAGE", 2)
    async with _hub(folder, f"sqlite:///{folder / 'pawline.db'}") as hub:
        await _bring(hub, _lines(8))
        await _fill(hub, "a", "b", "c")
        figures = Figures(hub.store)
        found = await figures.newest("paws", "bowl.filled@1", 0.0, 2)
        assert [row["subject"] for row in [await hub.desk.answer("event", {"no": no}) for no in found]] == ["c", "b"]
        at = (await hub.desk.answer("event", {"no": found[1]}))["recorded"]
        assert await figures.newest("paws", "bowl.filled@1", at, 9) == found
        assert len(await figures.newest("paws", "order.placed@1", 0.0, 100)) == 24
        assert await figures.newest("paws", "order.placed@1", hub.store.now() + 1, 100) == []
        assert (await figures.volumes("paws")).peak_hour == 8
