"""A shop whose carrier comes thrice a day, four minutes apart: a day of carriers in a few minutes of virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pawline.hub.alarms.settings import DAYS, Day
from pawline.hub.per_shop import AddressSettings
from pawline.hub.pickups import PickupSettings, TimesSettings, pickup_bindings
from pawline.model import Address, CauseId, Envelope, Event, Order
from pawline.ports import LateOnes, Orders, Pickups, current_attempt
from pawline.runtime import Binding, Bindings, Engine, Flow, Flows
from pawline.sandbox.vendors import Line
from pawline.store import CaseRow
from pawline.testing import NOON, Crash, Lives, Own, Place, Vendors, VirtualTime, bindings
from pawline.testing.day import open_cases
from pawline.testing.orders import SHOP

HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")
SHIP_FROM = AddressSettings(name="Paws", lines=["Hafenstr. 1"], city="Hamburg", postcode="20457", country="DE")
TOLD = 36.0
"""Seconds after the carrier came until the warehouse's word is here."""


def said(*cut_offs: str, days: Sequence[Day] = DAYS[:5], **more: Any) -> PickupSettings:
    """From Monday to Friday; NOON is a Thursday, 13:00 in Berlin."""
    times = [TimesSettings(days=list(days), cut_off=one) for one in cut_offs]
    return PickupSettings(
        zone="Europe/Berlin", times=times, told_within=TOLD / 3_600, ship_from=SHIP_FROM, **more
    )  # fmt: skip


THRICE = said("13:01", "13:05", "13:09")


def played(settings: PickupSettings, now: Callable[[], float]) -> Binding:
    (binding,) = pickup_bindings([settings], [SHOP], now)
    return binding


def rehearsed(settings: PickupSettings) -> dict[Any, Any]:
    """Played by the time of the rehearsal, which jumps."""

    def now() -> float:
        return (current_attempt().settle_by - timedelta(seconds=11)).timestamp()

    return {Pickups: played(settings, now).implementation}


class Record(Own):
    """What the hub's own record says, without its views: their commits would be places to die at, too."""

    def __init__(self, street: Street, orders: Sequence[Order]) -> None:
        super().__init__(orders=orders)
        self._street = street

    async def missed(self, cause: CauseId) -> LateOnes:
        found = (await self._street.heard("pickup.missed@1")).count(cause)
        return LateOnes(count=found)


class Street:
    """A shop in virtual time, its vendors and its carrier. A life ends with its scene; what is under way stays."""

    def __init__(
        self, folder: Path, flows: list[Flow[Any, Any]], settings: PickupSettings | None = THRICE,
        orders: Sequence[Order] = (),
    ) -> None:  # fmt: skip
        self.time = VirtualTime()
        self.vendors = Vendors(now=self.time, stock={"kibble-10": 99, "litter-5": 99, "chew-1": 99})
        more = [] if settings is None else [played(settings, self.time)]
        more.append(Binding("pawline/orders", Orders, Record(self, orders)))

        def play(line: Line) -> Bindings:
            return Bindings([*more, *bindings(line)])

        folder.mkdir(exist_ok=True)
        self.lives = Lives(folder / "street.db", self.time, self.vendors, Flows(flows), play)
        self.engine: Engine
        self._ids = 0

    def live(self, scene: Callable[[], Any], place: Place | None = None) -> Crash:
        """One life of the hub, which plays the scene or dies in it."""
        crash = Crash(place)

        async def work(engine: Engine) -> None:
            self.engine = engine
            await scene()

        self.lives.live(work, crash)
        return crash

    async def tell(self, *events: Event) -> None:
        for event in events:
            self._ids += 1
            at = datetime.fromtimestamp(self.time(), UTC)
            await self.engine.record(Envelope(shop=SHOP, source="test", id=f"e{self._ids}", at=at, event=event))

    async def until(self, seconds: float) -> None:
        """So many after NOON."""
        await asyncio.sleep(NOON.timestamp() + seconds - self.time())

    async def cases(self) -> list[CaseRow]:
        return await open_cases(self.engine.store, SHOP)

    async def heard(self, kind: str) -> list[str]:
        """Subjects of the events of a kind, oldest first."""
        rows = await self.engine.store.fetch("events_page", (SHOP, kind, 2**62, 1_000))
        return [row[5] for row in reversed(rows)]
