"""What an erased household's key refuses: an order that nobody heard of is a person's; what came too early waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.flows.adopt_order import adopt_order
from pawline.hub import Ear, Heard, Hearing, Hub, load_settings, refused, tray
from pawline.hub.bells import Bells
from pawline.hub.hearing import Arrived
from pawline.hub.refused import for_good
from pawline.hub.tray import Tray
from pawline.hub.watching import Watched, Watching
from pawline.kit import Delivery, Headers, Hook, Seen, Sighting
from pawline.model import Address, Checkout, Envelope, Event, HouseholdId, OrderCancelled, OrderId, OrderPlaced
from pawline.model.event import decode_event, encode_event
from pawline.runtime.ending import CaseBody
from pawline.store import HouseholdErased, Keyring
from pawline.testing import counts
from pawline.testing.orders import SHOP, order
from tests.flows.house import House
from tests.unit.web.bell import EAR, SECRET, signed

HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", country="DE", postcode="10115")
ANN, ACCOUNT = HouseholdId("h1"), EAR.account
DAY = timedelta(days=1)
KINDS: dict[str, type[Event]] = {"order.placed@1": OrderPlaced, "order.cancelled@1": OrderCancelled}


class Said(msgspec.Struct):
    kind: str
    no: str
    at: datetime
    body: msgspec.Raw


def placed(number: int, at: datetime) -> OrderPlaced:
    one = order(number, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=at)
    return OrderPlaced(order=msgspec.structs.replace(one, household=ANN))


def called_off(number: int, at: datetime) -> OrderCancelled:
    return OrderCancelled(order=OrderId(f"o{number}"), at=at, by="customer", because="too many", household=ANN)


def _read(_: Headers, body: bytes) -> Delivery:
    said = msgspec.json.decode(body, type=Said)
    return Delivery(said.kind, said.no, said.at, bytes(said.body))


HOOK: Hook[Any] = Hook(
    signature=EAR.hook.signature, secrets=EAR.hook.secrets, read=_read,
    hears={kind: lambda body, kind=kind: (decode_event(kind, body),) for kind in KINDS},  # type: ignore[misc]
)  # fmt: skip


class Ways:
    """The three ways in which an account tells a house something."""

    def __init__(self, house: House) -> None:
        self.house, self._no, self._seen = house, 0, list[Sighting]()
        self.ear = Ear(ACCOUNT, SHOP, HOOK, (SECRET,), about=self._about)
        self._began, self.early = house.store.now(), asyncio.Event()
        self.tray = Tray(house.engine, Hearing(house.engine.record, [self.ear], for_good=self._for_good))
        self.tray.start()
        self.bells = Bells(house.engine)
        self.watching = Watching([Watched(ACCOUNT, SHOP, "orders", 3600.0, self._look)])
        self.watching._engine = house.engine  # it looks when a test says so

    async def _for_good(self, envelope: Envelope, erased: HouseholdErased, came: float) -> bool:
        done = await for_good(self.house.engine, self._began, envelope, erased, came)
        if not done:
            self.early.set()
        return done

    async def webhook(self, event: Event, at: datetime) -> None:
        self._no += 1
        kind = event.__struct_config__.tag
        body = msgspec.json.encode(Said(str(kind), f"m{self._no}", at, msgspec.Raw(encode_event(event))))
        headers = [(name.encode(), value.encode()) for name, value in signed(body, f"m{self._no}").items()]
        await self.tray.accept(ACCOUNT, headers, body, time.time())

    async def look(self, event: Event, at: datetime) -> None:
        self._tells(event, at)
        assert not await self.watching.look(self.watching._watched[0])

    async def bell(self, event: Event, at: datetime) -> None:
        self._tells(event, at)
        self.bells.ring(self.ear, f"b{self._no}")
        while any(self.bells._waiting[ACCOUNT]) or self.bells._answering:  # noqa: ASYNC110 - another task asks
            await asyncio.sleep(0.005)

    def _tells(self, event: Event, at: datetime) -> None:
        self._no += 1
        self._seen = [Sighting(f"s{self._no}", at, event)]

    async def _about(self, _: str) -> tuple[Sighting, ...]:
        return tuple(self._seen)

    async def _look(self, _: str) -> Seen:
        return Seen(tuple(self._seen), f"at {self._no}")

    async def waiting(self) -> int:
        return int((await self.house.store.fetch("deliveries_waiting"))[0][0])

    async def kinds(self) -> list[tuple[str, str]]:
        rows = await self.house.store.fetch("events_page", (SHOP, "", 2**62, 100))
        return [(row[4], row[5]) for row in reversed(rows)]

    async def known(self) -> list[tuple[str, str]]:
        """In no order: which of two comes first is theirs."""
        return sorted(await self.kinds())

    async def cases(self) -> list[tuple[str, str, str, str | None]]:
        return [(one.kind, one.team, one.title, one.household) for one in await self.house.cases()]


@asynccontextmanager
async def erased() -> AsyncIterator[Ways]:
    """A house whose one shopper bought o1 and was erased."""
    async with asyncio.timeout(60), House((adopt_order,)) as house:
        await house.tell(placed(1, datetime.now(UTC)))
        await house.until_waits("adopt_order", "o1")
        assert await house.engine.erase(SHOP, ANN) == []
        await house.rest()
        yield Ways(house)


Tell = Callable[[Ways], Callable[[Event, datetime], Awaitable[None]]]
EACH: dict[str, Tell] = {
    "webhook": lambda ways: ways.webhook, "look": lambda ways: ways.look, "bell": lambda ways: ways.bell
}  # fmt: skip


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    while not await true():  # noqa: ASYNC110 - other tasks bring it there
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("way", EACH)
async def test_an_order_of_before_the_erasure_that_nobody_heard_of_is_a_persons_once(way: str) -> None:
    async with erased() as ways:
        tell, before = EACH[way](ways), datetime.now(UTC) - DAY

        async def told(event: OrderPlaced) -> None:
            await tell(event, datetime.now(UTC))
            await ways.tray.rest()

        for number in (9, 9, 10):
            await told(placed(number, before))
        await told(placed(1, before))  # it was heard, and erased with the rest
        await told(placed(11, before - 90 * DAY))  # it is over by now
        title = "order {} was placed before its shopper was erased, and told after: send it or pay it back"
        one, two = await ways.house.cases()
        numbers = [placed(number, before).order.number for number in (9, 10)]
        assert await ways.cases() == [("told_late", "operations", title.format(number), None) for number in numbers]
        detail = msgspec.json.decode(one.body, type=CaseBody).detail
        assert detail.startswith(f"{ACCOUNT} told of it (o9, placed {before.isoformat(timespec='minutes')})")
        await ways.house.said("close", f"case:{one.no}")
        await told(placed(9, before))
        assert [case.no for case in await ways.house.cases()] == [two.no]
        assert await ways.kinds() == [("order.placed@1", "o1")]
        assert await ways.house.runs() == [("adopt_order", "o1", "cancelled")]
        assert await ways.waiting() == 0


@pytest.mark.parametrize("way", EACH)
async def test_what_comes_before_the_order_that_it_follows_from_is_heard_after_it(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tray, "AGAIN", (0.01,))
    monkeypatch.setattr(refused, "AGAIN", (0.01,))
    async with erased() as ways:
        tell, at = EACH[way](ways), datetime.now(UTC)
        await tell(called_off(7, at), at)
        if way == "webhook":
            await ways.early.wait()
        assert await ways.waiting() == (1 if way == "webhook" else 0)
        cursor = await ways.house.store.fetch("checkpoint", (SHOP, ACCOUNT, "orders"))
        assert [row[0] for row in cursor] == (["at 1"] if way == "look" else [])  # it waits for nobody
        await tell(placed(7, at), at)
        both = [("order.cancelled@1", "o7"), *BEFORE, ("order.placed@1", "o7")]
        await until(lambda: _is(ways.known, both))
        await ways.house.rest()
        assert await ways.tray.rest()
        assert await ways.waiting() == 0
        ((_, _, ended),) = [run for run in await ways.house.runs() if run[1] == "o7"]
        assert ended in {"cancelled", "done"}  # by whether its run had begun to wait
        effects = counts(ways.house.vendors.effects())
        assert effects["Fulfilment.request"] == effects["Fulfilment.cancel"]
        assert await ways.cases() == []


@pytest.mark.parametrize("way", EACH)
async def test_what_follows_from_nothing_is_let_go_when_it_was_tried_for_long_enough(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tray, "AGAIN", (0.01,))
    monkeypatch.setattr(refused, "AGAIN", (0.01,))
    monkeypatch.setattr(refused, "EARLY", 0.1)
    async with erased() as ways:
        at, tasks = datetime.now(UTC), len(ways.house.engine._tasks)
        await EACH[way](ways)(called_off(7, at), at)
        await until(lambda: _is(ways.waiting, 0))
        await until(lambda: _is(_tasks(ways), tasks))
        assert (await ways.kinds(), await ways.cases()) == (BEFORE, [])


async def test_what_lay_on_the_disk_while_no_hub_was_up_has_its_time_from_when_one_is() -> None:
    async with erased() as ways:
        engine, now, at = ways.house.engine, ways.house.store.now(), datetime.now(UTC)
        one = Envelope(shop=SHOP, source="accounts/x", id="z", at=at, event=called_off(7, at))
        gone, long_ago = HouseholdErased(now - 1), now - DAY.total_seconds()
        assert not await for_good(engine, now, one, gone, long_ago)
        assert await for_good(engine, long_ago, one, gone, long_ago)


async def test_a_hub_hears_webhooks_so(tmp_path: Path) -> None:
    Keyring.generate().save(tmp_path / "pawline.key")
    (tmp_path / "pawline.toml").write_text(f'shops = ["{SHOP}"]\n', "utf-8")
    async with await Hub.open(load_settings(tmp_path / "pawline.toml", {})) as hub:
        before = datetime.now(UTC)
        await hub.engine.erase(SHOP, ANN)
        at = datetime.now(UTC)
        arrived = Arrived(ACCOUNT, SHOP, [], b"", hub.store.now())

        def told(event: Event) -> list[Envelope]:
            return [Envelope(shop=SHOP, source=f"accounts/{ACCOUNT}", id="z", at=at, event=event)]

        with pytest.raises(HouseholdErased):
            await hub.hearing.take(arrived, told(called_off(7, at)))
        assert await hub.hearing.take(arrived, told(placed(9, before))) == Heard(0, 0, unclaimed=False, refused=1)
        assert [case.kind for case in await hub.store.open_cases(SHOP, 10)] == ["told_late"]


async def test_what_was_done_before_the_erasure_is_let_go_at_once() -> None:
    async with erased() as ways:
        await ways.webhook(called_off(1, datetime.now(UTC)), datetime.now(UTC) - DAY)
        assert await ways.tray.rest()
        assert (await ways.waiting(), await ways.kinds(), await ways.cases()) == (0, BEFORE, [])


BEFORE = [("order.placed@1", "o1")]


async def _is(now: Callable[[], Awaitable[object]], wanted: object) -> bool:
    return await now() == wanted


def _tasks(ways: Ways) -> Callable[[], Awaitable[int]]:
    async def count() -> int:
        return len(ways.house.engine._tasks)

    return count
