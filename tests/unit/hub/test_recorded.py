"""A recorded day, asked of a hub: moments, units and durations, and nobody's data."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from pawline.hub import Hub, load_settings
from pawline.hub.recorded import durations, flat
from pawline.lab.log import Ordered, Told, day_of
from pawline.model import (
    Address,
    Cart,
    CartChanged,
    CartId,
    CartLine,
    Channel,
    Checkout,
    Envelope,
    Event,
    Money,
    OrderCancelled,
    OrderId,
    ReturnReceived,
    SkuId,
    public_name,
)
from pawline.model.cloudevents import to_cloudevent
from pawline.model.cloudevents_wire import to_structured
from pawline.runtime.records import NOTHING, Done, Failed, Intent, Record, Tried
from pawline.store import Keyring
from pawline.testing.orders import SHOP, order
from pawline.testing.orders import placed as envelope
from tests.databases import databases
from tests.unit.hub.shop import VENDOR, BowlFilled, Dispenser, settled, until, write

DAY = datetime(2026, 11, 20, tzinfo=UTC)
HOME = Address(name="Wilhelmina Ostrander", lines=("Kastanienallee 7",), city="Berlin", postcode="10435", country="DE")
BEGIN, END = DAY.timestamp(), (DAY + timedelta(days=1)).timestamp()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    (tmp_path / "pawline.toml").write_text(f'shops = ["{SHOP}", "cats"]\n', "utf-8")
    Keyring.generate().save(tmp_path / "pawline.key")
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'pawline.db'}"
        return
    with databases() as new:
        yield new()


@asynccontextmanager
async def opened(folder: Path, url: str) -> AsyncIterator[Hub]:
    async with await Hub.open(load_settings(folder / "pawline.toml", {"PAWLINE_STORE": url})) as hub:
        yield hub


def said(event: Event, at: datetime, name: str) -> str:
    told = Envelope(shop=SHOP, source="history", id=name, at=at, event=event)
    return to_structured(to_cloudevent(told)).decode()


def bought(number: int, at: datetime, channel: Channel = Channel.WEB) -> str:
    made = order(number, placed_at=at, checkout=Checkout.ADOPTED, paid=True)
    return to_structured(to_cloudevent(envelope(msgspec.structs.replace(made, channel=channel, ship_to=HOME)))).decode()


def became(number: int, at: datetime) -> list[str]:
    """The first is called off, the second comes back, a day later."""
    name = OrderId(order(number).id)
    if number == 1:
        off = OrderCancelled(order=name, at=at, by="shop", because="Wilhelmina Ostrander asked")
        return [said(off, at, f"off-{number}")]
    if number == 2:
        line = {"type": public_name(ReturnReceived), "time": at.isoformat(), "data": {
            "id": "r1", "order": name, "at": at.isoformat(), "lines": [{"line": "l1", "quantity": 1}],
        }}  # fmt: skip
        return [json.dumps(line)]
    return []


def cart(name: str, at: datetime, units: int) -> str:
    lines = (CartLine(sku=SkuId("kibble"), quantity=units, price=Money(100, "EUR")),) if units else ()
    made = Cart(id=CartId(name), currency="EUR", changed_at=at, lines=lines)
    return said(CartChanged(cart=made), at, f"cart-{name}")


async def test_a_day_is_its_orders_with_what_became_of_them_and_nobodys_data(tmp_path: Path, url: str) -> None:
    at = [DAY + timedelta(hours=9, minutes=n) for n in range(1, 5)]
    lines = [bought(n, one, Channel.SUBSCRIPTION if n == 3 else Channel.WEB) for n, one in enumerate(at, 1)]
    lines += [one for n in (1, 2) for one in became(n, DAY + timedelta(days=2))]
    lines += [bought(90, DAY - timedelta(seconds=1)), bought(91, DAY + timedelta(days=1))]
    lines += [cart("left", DAY + timedelta(hours=3), 2), cart("empty", DAY + timedelta(hours=3), 0)]
    async with opened(tmp_path, url) as hub:
        given: dict[str, Any] = {"name": "f", "shop": SHOP, "before": 4e9, "first": 1, "lines": lines}
        assert (await hub.desk.answer("import", given))["bad"] == []
        await settled(hub)
        told = await hub.desk.answer("recorded_day", {"shop": SHOP, "begin": BEGIN, "end": END})
        other = await hub.desk.answer("recorded_day", {"shop": "cats", "begin": BEGIN, "end": END})
    assert [(one[0], *one[2:]) for one in told["orders"]] == [
        (at[0].timestamp(), False, True, False), (at[1].timestamp(), False, False, True),
        (at[2].timestamp(), True, False, False), (at[3].timestamp(), False, False, False),
    ]  # fmt: skip
    assert [one[1] for one in told["orders"]] == [
        {each.sku: each.quantity for each in order(n).demand()} for n in range(1, 5)
    ]
    assert (told["carts"], told["calls"], told["waiting"]) == (1, {}, False)
    assert other == {"orders": [], "carts": 0, "calls": {}, "waiting": False}
    text = json.dumps(told)
    private = ("Wilhelmina", "Kastanienallee", "10435", "@", order(1).id, order(1).number, "h1")
    assert [one for one in private if f'"{one}' in text or (len(one) > 4 and one in text)] == []
    assert [Ordered(*one).at for one in flat(told)] == [one.timestamp() for one in at]


async def test_what_each_call_took_is_told_by_its_operation(tmp_path: Path) -> None:
    vendor = Dispenser()
    vendor.open.set()
    VENDOR.append(vendor)
    write(tmp_path, 1, module="recorded_flows")
    try:
        async with await Hub.open(load_settings(tmp_path / "pawline.toml", {})) as hub:
            event = {"type": public_name(BowlFilled), "data": {"pet": "Rex"}}
            await hub.desk.answer("send", {"event": event})

            async def ended() -> bool:
                return [one["status"] for one in await hub.desk.answer("runs", {"shop": "home"})] == ["done"]

            await until(ended)
            now = hub.store.now()
            given = {"shop": "home", "begin": now - 60, "end": now + 60}
            told = await hub.desk.answer("recorded_day", given)
            later = await hub.desk.answer("recorded_day", given | {"begin": now + 30})
    finally:
        VENDOR.remove(vendor)
        sys.modules.pop("recorded_flows", None)
        sys.path[:] = [one for one in sys.path if one != str(tmp_path)]
    assert {name: len(times) for name, times in told["calls"].items()} == {"Feeder.give": 1, "Feeder.clean": 1}
    assert all(0 <= ms < 60_000 for times in told["calls"].values() for ms in times)
    assert (later["calls"], "Rex" in json.dumps(told)) == ({}, False)


def begun(path: str, first: float, **more: Any) -> Intent:
    return Intent(path, "Payments", "capture", NOTHING, "stripe/eu", first + 30, first=first, **more)


def test_only_a_first_attempt_that_ended_says_how_long_a_call_takes() -> None:
    tried = Tried("3", 13.0, 1, "transient", "timeout", "late", 14.0, unknown=True)
    history: list[Record] = [
        begun("1", 10.0), begun("2", 10.1), Done("2", 10.6, NOTHING), Done("1", 10.25, NOTHING),
        begun("3", 12.0), tried, begun("3", 12.0, attempt=2), Done("3", 19.0, NOTHING),
        begun("4", 20.0), Failed("4", 20.3, "rejected", "declined", "no"),
        begun("5", 21.0), Done("5", 29.0, NOTHING, late=True),
        begun("6", 0.0), Done("6", 30.0, NOTHING), Done("7", 31.0, NOTHING), begun("8", 32.0),
    ]  # fmt: skip
    assert durations(history) == [("Payments.capture", 500.0), ("Payments.capture", 250.0), ("Payments.capture", 300.0)]


def test_the_lab_takes_what_the_hub_tells() -> None:
    told = {"orders": [[BEGIN + n, {"kibble": 2}, n % 2 == 0, False, n == 3] for n in range(20)]}
    log = day_of([Ordered(*one) for one in flat(told)], source="the hub", zone=ZoneInfo("UTC"), told=Told())
    assert (log.of, sum(one.autoship for one in log.orders), log.orders[3].returned) == (20, 10, True)
