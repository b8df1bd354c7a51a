"""A shop whose autoships are Recharge's, from `pawline connect` to a pet's death: over HTTP, both ways.

Whatever is done, the vendor's own ledger decides; nothing that Pawline asks for charges anybody.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.cli.connecting import _connected
from pawline.connectors.recharge.hook import HOOK
from pawline.hub import Hub, load_settings
from pawline.kit import household_of
from pawline.model import Envelope, Event, HouseholdId, LocationId, PetDied, PetId, SkuId, StockCounted, StockLevel
from pawline.sandbox import Desk, Fault, Faults, Mishaps, Vendors, served
from pawline.sandbox.recharge.calls import Call
from pawline.store import Keyring
from pawline.testing.port import free_port
from pawline.web import serving
from tests.journeys.adopted import Hub as Process
from tests.journeys.around import ended, keep, port_of, until
from tests.journeys.tending import FEW, NEW, OLD, TREAT

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(days=2)
SETTINGS = """
shops = ["paws"]
flows = [{flows}]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "recharge/main"

[accounts.settings]
url = "{url}/recharge"
token = {{ file = "recharge.token" }}
webhook_secrets = [{{ file = "recharge.secret" }}]
poll = {poll}
ahead = {poll}

[[accounts]]
name = "sandbox/eu"
plays = ["Crm", "Marketing", "Helpdesk"]

[accounts.settings]
url = "{url}"
token = {{ file = "sandbox.token" }}

[runtime]
first_retry = 0.05
deaths = 1000
"""
LOOK, DEATH, TEND = "pawline.flows.look_ahead", "pawline.flows.remember_a_pet", "tests.journeys.tending"


def whose(email: str) -> HouseholdId:
    found = household_of(email, None)
    assert found is not None
    return found


class Town:
    """A hub with its ear, and the vendors."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk, self.books = hub, desk, desk.recharge.books

    def act(self, name: str, **given: Any) -> Any:
        return self.desk.act(f"recharge/{name}", msgspec.json.encode(given))

    def subscribe(self, sku: str, number: int = 1, next_on: date = SOON, **given: Any) -> str:
        told = self.act("subscriptions", sku=sku, email=f"ann{number}@example.com", next_on=next_on, **given)
        return str(told["subscription"])

    async def tell(self, *events: Event) -> None:
        for event in events:
            name = f"{type(event).__name__}-{event.subject}"
            at = datetime.now(UTC)
            await self.hub.engine.record(Envelope(shop="paws", source="test", id=name, at=at, event=event))

    async def told(self, kind: str) -> list[str]:
        rows = await self.hub.desk.answer("events", {"shop": "paws", "kind": kind, "limit": 200})
        return sorted(one["subject"] for one in rows)

    async def cases(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})
        return found

    def did(self) -> list[tuple[str, str]]:
        """What the vendor's ledger says was changed, or charged, there; and what people were sent."""
        found = [(one.operation, one.business) for one in self.desk.vendors.effects() if not one.again]
        return [one for one in found if one[0] != "Recharge.webhook"]


def write(folder: Path, desk: Desk, url: str, flows: tuple[str, ...], poll: float) -> None:
    Keyring.generate().save(folder / "pawline.key")
    named = ", ".join(f'"{one}"' for one in flows)
    said = SETTINGS.format(port=free_port(), url=url, flows=named, poll=poll)
    (folder / "pawline.toml").write_text(said, "utf-8")
    secrets = {"recharge.token": desk.recharge.token, "recharge.secret": desk.recharge.secret, "sandbox.token": TOKEN}
    keep(folder, secrets)


@asynccontextmanager
async def town(folder: Path, *flows: str, poll: float = 0.0) -> AsyncIterator[Town]:
    desk = Desk(Vendors(now=time.time), TOKEN)
    desk.recharge.bucket.size = 10_000
    desk.recharge.teller.pauses = (0.05,) * 3
    async with served(desk) as url:
        write(folder, desk, url, flows, poll)
        settings = load_settings(folder / "pawline.toml", {})
        address = f"{settings.public}/hooks/recharge/main"
        assert await _connected(settings, "recharge/main") == [
            "it lets us in, and lacks nothing", *(f"{one} is sent to {address}" for one in HOOK.hears),
        ]  # fmt: skip
        assert await _connected(settings, "recharge/main") == [
            "it lets us in, and lacks nothing", f"its webhooks are sent to {address}",
        ]  # fmt: skip
        async with await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk)


def few(sku: str, units: int) -> StockCounted:
    level = StockLevel(sku=SkuId(sku), location=LocationId("main"), on_hand=units, as_of=datetime.now(UTC))
    return StockCounted(level=level)


async def test_a_renewal_is_looked_ahead_and_goes_as_a_person_decides(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path, LOOK) as here:
        short = [here.subscribe("kibble", number) for number in (1, 2, 3)]
        well = here.subscribe("chew", 4)
        await until(lambda: here.told("subscription.started@1"))
        await here.tell(few("kibble", 2), few("chew", 100))
        here.act("look-ahead", today=TODAY)
        (case,) = await until(here.cases)
        assert case["title"] == "renewals at risk: kibble: autoships want 3, 2 are there"
        here.desk.vendors.faults = Faults(rates={Fault.BROKEN: 0.2, Fault.UNAVAILABLE: 0.1, Fault.LIMITED: 0.1})
        said = {"value": "move them by a week"}
        order = {"action": "answer", "target": f"case:{case['no']}", "by": "ann", "reason": "seen", "said": said}
        await here.hub.desk.answer("order", order)
        later = SOON + timedelta(days=7)
        await until(lambda: all(here.books.subscriptions[int(one)].next_on == later for one in short))
        await until(lambda: len(here.did()) == 3)
        here.desk.vendors.faults = Faults()
        assert sorted(here.did()) == sorted(("Recharge.set_next_charge_date", f"{one}/{later}") for one in short)
        here.act("renew", today=SOON)
        assert [thing for name, thing in here.did() if name == "Recharge.charged"] != []
        assert here.books.subscriptions[int(well)].next_on == SOON + timedelta(days=30)
        assert here.books.subscriptions[int(short[0])].next_on == later
        await until(lambda: _none(here.cases()))


async def _none(found: Any) -> bool:
    return not await found


async def test_a_flow_skips_swaps_and_makes_it_more_and_the_vendor_charges_what_is_left(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path, TEND) as here:
        new = here.books.variant(NEW)
        old, treat, litter = here.subscribe(OLD), here.subscribe(TREAT, 2), here.subscribe(FEW, 3)
        here.desk.hooks.mishaps = Mishaps(seed=3, twice=0.5, late=0.3, late_after=0.1)
        here.act("look-ahead", today=TODAY)
        await until(lambda: len(here.did()) == 3)
        await here.desk.recharge.teller.rest()
        assert sorted(here.did()) == sorted([
            ("Recharge.update", f"{old}/{NEW}/1"), ("Recharge.skip", f"{treat}/{SOON}"),
            ("Recharge.update", f"{litter}/{FEW}/2"),
        ])  # fmt: skip
        assert here.books.subscriptions[int(old)].variant == new
        here.act("renew", today=SOON)
        charged = [each for each in here.books.charges.values() if each.status == "success"]
        assert sorted(each.items for each in charged) == sorted([[int(old)], [int(litter)]])
        assert await here.cases() == []


async def test_a_charge_that_is_refused_is_told_of_once_by_webhook_and_look(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path, LOOK, poll=0.2) as here:
        bad = here.subscribe("kibble", 1, TODAY)
        here.act("cards", email="ann1@example.com", declines=True)
        here.desk.hooks.mishaps = Mishaps(seed=5, twice=1.0)
        for day in range(7):
            here.act("renew", today=TODAY + timedelta(days=day))
            await asyncio.sleep(0.3)  # a look in between
        sent = [("Marketing.send", f"{whose('ann1@example.com')}/renewal_{word}") for word in ("declined", "given_up")]
        await until(lambda: [one for one in here.did() if one[0] == "Marketing.send"] == sent)
        await here.desk.recharge.teller.rest()
        assert await here.told("renewal.declined@1") == [bad] * 3
        assert await here.cases() == []


async def test_what_no_webhook_told_is_seen_by_a_look(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path, LOOK, poll=0.2) as here:
        here.desk.hooks.mishaps = Mishaps(lost=1.0)
        one = here.subscribe("kibble", 1)
        await until(lambda: here.told("subscription.changed@1"))
        assert await until(lambda: here.told("subscription.renewal_due@1")) == [one]
        here.desk.recharge.api.answer(_cancelled(one))
        assert await until(lambda: here.told("subscription.ended@1")) == [one]


def _cancelled(name: str) -> Any:

    return Call(method="POST", path=("subscriptions", name, "cancel"), body={"cancellation_reason": "x"})


async def test_a_pets_death_ends_its_autoship_and_no_other(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path, DEATH) as here:
        rex = here.subscribe("kibble", 1, properties={"_pets": "rex"})
        tom = here.subscribe("chew", 1, properties={"_pets": "tom"})
        other = here.subscribe("kibble", 2, properties={"_pets": "bo"})
        none = here.subscribe("treat", 1)
        died = PetDied(pet=PetId("rex"), household=whose("ann1@example.com"), on=TODAY, source="owner")
        await here.tell(died)
        await until(lambda: here.told("subscription.ended@1"))
        await until(lambda: ("Helpdesk.open", "rex/rex died: write a card") in here.did())
        assert [one for one in here.did() if one[0].startswith(("Recharge", "Subscriptions"))] == [
            ("Recharge.cancel", rex)
        ]
        stands = {one: here.books.subscriptions[int(one)].status for one in (rex, tom, other, none)}
        assert stands == {rex: "cancelled", tom: "active", other: "active", none: "active"}
        assert here.books.subscriptions[int(rex)].reason == "the pet that it is for died"


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.BROKEN])
async def test_killed_after_the_effect_it_is_one_effect(fault: Fault, tmp_path: Path) -> None:
    """The hub is a process: it is killed once the vendor has done what it was asked to, and has not said so."""
    desk = Desk(Vendors(now=time.time), TOKEN)
    async with asyncio.timeout(90), served(desk) as url:
        write(tmp_path, desk, url, (TEND,), 0.0)
        desk.recharge.books.variant(NEW)
        given = {"sku": OLD, "email": "ann1@example.com", "next_on": SOON}
        old = desk.act("recharge/subscriptions", msgspec.json.encode(given))["subscription"]
        hub = Process(tmp_path, port_of(tmp_path))
        await hub.start()
        due = {"subscription": old, "household": whose("ann1@example.com"), "on": SOON.isoformat()}
        desk.vendors.faults = Faults(at={5: fault})  # subscription, card; subscription, products, and then the change
        event = {"type": "subscription.renewal_due@1", "data": due}
        await hub.caller.ask("send", event=event, shop="paws")
        await until(lambda: [one for one in desk.vendors.effects() if one.operation == "Recharge.update"])
        await hub.kill()
        desk.vendors.faults = Faults()
        await hub.start()
        await until(lambda: ended(hub))
        await hub.kill()
        did = [(one.operation, one.business, one.again) for one in desk.vendors.effects()]
        assert did == [("Recharge.update", f"{old}/{NEW}/1", False)]
