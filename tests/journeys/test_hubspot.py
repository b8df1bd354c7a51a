"""A shop with HubSpot, from `pawline connect` to a pet's death: over HTTP, and by what people do at HubSpot."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pawline.hub import Hub, load_settings
from pawline.model import (
    Checkout,
    Consent,
    ConsentChanged,
    Contact,
    Envelope,
    Event,
    OrderPlaced,
    Pet,
    PetDied,
    PetId,
    PetWeighed,
    Purpose,
    Species,
    household_by_email,
)  # fmt: skip
from pawline.ports import Attempt, attempting
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.hubspot.hubspot import SCOPES
from pawline.store import Keyring
from pawline.testing.orders import SKUS, order
from pawline.testing.port import free_port
from pawline.web import serving
from tests.journeys.adopted import HOME

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
EMAIL = "ann@example.com"
ANN, REX = household_by_email(EMAIL), PetId("rex")
OFFERS, REMINDERS = 11, 21
SETTINGS = """
shops = ["paws"]
flows = [
    "pawline.flows.introduce_order", "pawline.flows.remember_a_pet", "pawline.flows.spread_consent",
    "pawline.flows.erased_elsewhere", "tests.journeys.reminding",
]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "sandbox/eu"
plays = ["Subscriptions", "Helpdesk"]

[accounts.settings]
url = "{url}"
token = {{ env = "SANDBOX_TOKEN" }}
"""


class Town:
    """A hub and the vendors: HubSpot, and the sandbox's own."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk, self._told = hub, desk, 0

    async def tell(self, event: Event) -> None:
        self._told += 1
        at = datetime.now(UTC)
        await self.hub.engine.record(Envelope(shop="paws", source="test", id=f"e{self._told}", at=at, event=event))

    def act(self, which: str, /, **given: Any) -> None:
        self.desk.act(f"hubspot/{which}", msgspec.json.encode(given))

    def did(self, operation: str) -> Counter[str]:
        """What of an operation happened, by the thing that it was done to."""
        return Counter(
            one.business for one in self.desk.vendors.effects() if one.operation == operation and not one.again
        )

    async def ended(self, flow: str, count: int, how: str = "done") -> None:
        """Until so many runs of a flow are over."""

        def over(rows: list[Any]) -> bool:
            return sum((one["flow"], one["status"]) == (flow, how) for one in rows) >= count

        async with asyncio.timeout(30):
            while not over(await self.hub.desk.answer("runs", {"shop": "paws", "limit": 100})):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def order(self, number: int) -> None:
        """Ann orders, at the shop's own checkout."""
        placed = replace(
            order(number, checkout=Checkout.ADOPTED), household=ANN, contact=Contact(email=EMAIL), ship_to=None,
            placed_at=datetime.now(UTC),
        )  # fmt: skip
        await self.tell(OrderPlaced(order=placed))

    async def asked(self, count: int) -> list[Any]:
        """The cases, once there are so many."""
        async with asyncio.timeout(30):
            while True:
                found: list[Any] = await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})
                if len(found) == count:
                    return found
                await asyncio.sleep(0.02)

    async def until(self, there: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not there():  # noqa: ASYNC110 - the vendors' book tells nobody
                await asyncio.sleep(0.02)

    async def weighed(self, times: int) -> None:
        """Rex is on the scales, and that is done with."""
        told = PetWeighed(pet=REX, household=ANN, on=date(2026, 11, 1 + times), weight=21_000)
        await self.tell(told)
        await self.ended("remind", times)


def connect(folder: Path, url: str, *more: str) -> tuple[int, str]:
    """`pawline connect hubspot/eu` in a process of its own: how it ended, and what it said."""
    command = [
        sys.executable, "-m", "pawline.cli", "connect", "hubspot/eu", "--secret", "token=HUBSPOT_TOKEN",
        "--secret", "webhook_secrets=HUBSPOT_SECRET", "--set", f"url={url}/hubspot", "--set", "poll=0.2",
        "--set", "portal=62515", *more, "--config", str(folder / "pawline.toml"),
    ]  # fmt: skip
    env = {**os.environ, "COLUMNS": "300", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def prepared(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Desk:
    desk = Desk(Vendors(now=time.time, stock=dict.fromkeys(SKUS, 50)), TOKEN)
    monkeypatch.setenv("HUBSPOT_TOKEN", desk.hubspot.token)
    monkeypatch.setenv("HUBSPOT_SECRET", desk.hubspot.secret)
    monkeypatch.setenv("SANDBOX_TOKEN", TOKEN)
    desk.hubspot.limits.on = False  # the looks of a second ask for more than a day of theirs
    Keyring.generate().save(folder / "pawline.key")
    for no, name in ((OFFERS, "Offers"), (REMINDERS, "Reminders")):
        desk.act("hubspot/types", msgspec.json.encode({"id": no, "name": name}))
    desk.act("hubspot/emails", msgspec.json.encode({"id": 2, "name": "Offer", "type": OFFERS}))
    desk.act("hubspot/emails", msgspec.json.encode({"id": 3, "name": "Refill", "type": REMINDERS}))
    return desk


@asynccontextmanager
async def town(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    desk = prepared(monkeypatch, folder)
    async with served(desk) as url:
        file = folder / "pawline.toml"
        file.write_text(SETTINGS.format(url=url, port=free_port()), "utf-8")
        before = file.read_bytes()
        desk.hubspot.scopes = SCOPES - {"oauth", "communication_preferences.statuses.batch.read"}
        types = ("--set", f"marketing={OFFERS}", "--set", f"reminders={REMINDERS}")
        code, said = await asyncio.to_thread(connect, folder, url, *types)
        assert code != 0
        lacks = "the token lacks the scopes oauth, communication_preferences.statuses.batch.read: nothing was changed"
        assert lacks in said
        desk.hubspot.scopes = SCOPES
        code, said = await asyncio.to_thread(connect, folder, url)
        assert code != 0
        assert "name HubSpot's subscription type in `marketing` (there are 11, 21)" in said
        assert file.read_bytes() == before
        code, said = await asyncio.to_thread(connect, folder, url, *types)
        settings = load_settings(file, {})
        address = f"{settings.public}/hooks/hubspot/eu"
        assert (code, said.count("it lets us in, and lacks nothing"), said.count(address)) == (0, 1, 1), said
        assert desk.hubspot.token not in file.read_text("utf-8") + said
        with file.open("a", encoding="utf-8") as more:
            more.write("\n[accounts.settings.emails]\nrefill_reminder = 3\n")
        hears = ["contact.creation", "contact.propertyChange:hs_email_optout", "contact.privacyDeletion"]
        desk.act("hubspot/webhooks", msgspec.json.encode({"url": address, "types": hears}))
        async with await Hub.open(load_settings(file, {})) as hub, serving(hub):
            yield Town(hub, desk)


async def test_orders_are_known_noes_go_both_ways_and_a_death_stops_all_about_that_pet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        here.act("people", email="bo@example.com")  # was there before, and never ordered since
        placed = replace(
            order(1, checkout=Checkout.ADOPTED), household=ANN, contact=Contact(email=EMAIL), ship_to=HOME,
            placed_at=datetime.now(UTC),
        )  # fmt: skip
        await here.tell(OrderPlaced(order=placed))
        await here.until(lambda: here.desk.hubspot.books.by("email", EMAIL) is not None)
        assert here.did("HubSpot.contact") == {ANN: 1}

        yes = Consent(household=ANN, purpose=Purpose.REMINDERS, granted=True, at=_ago(5), source="form")
        await here.tell(ConsentChanged(consent=yes))
        await here.ended("spread_consent", 1)
        await here.weighed(1)
        assert here.did("HubSpot.mailed") == {f"{ANN}/Refill": 1}

        bo = household_by_email("bo@example.com")
        no = Consent(household=bo, purpose=Purpose.MARKETING, granted=False, at=_ago(1), source="helpdesk")
        await here.tell(ConsentChanged(consent=no))
        await here.ended("spread_consent", 2)
        assert here.desk.act("hubspot/campaigns", b"2") == {"sent": 1}
        assert here.did("HubSpot.mailed")[f"{bo}/Offer"] == 0

        here.act("decisions", email=EMAIL, granted=False, type=REMINDERS)  # by the link in a mail
        await here.ended("spread_consent", 3)
        told = await here.hub.desk.answer("events", {"shop": "paws", "kind": "consent.changed@1", "limit": 10})
        assert [one["subject"] for one in told] == [ANN, bo, ANN]
        await here.weighed(2)
        assert here.did("HubSpot.mailed")[f"{ANN}/Refill"] == 1

        await _knows_rex(here)
        here.desk.act("hubspot/days", b'"2026-03-01"')
        assert here.did("HubSpot.mailed")[f"{ANN}/Birthday"] == 1
        await here.tell(PetDied(pet=REX, household=ANN, on=date(2026, 11, 20), source="vet"))
        await here.ended("remember_a_pet", 1)
        here.desk.act("hubspot/days", b'"2027-03-01"')
        assert here.did("HubSpot.mailed")[f"{ANN}/Birthday"] == 1
        contact = here.desk.hubspot.books.by("email", EMAIL)
        assert contact is not None
        assert "pawline_pets" not in contact.properties
        (lost,) = json.loads(contact.properties["pawline_pets_lost"])
        assert (lost["id"], lost["died_on"], lost["because"]) == ("rex", "2026-11-20", "rex died")
        assert here.did("HubSpot.note") == {ANN: 1}
        assert await here.hub.desk.answer("cases", {"shop": "paws", "limit": 50}) == []


async def test_a_no_to_all_mail_is_heard_by_a_webhook_before_a_look_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        here.desk.hubspot.books.lag = 3_600.0  # of a search: no look finds who changes from here on
        here.act("people", email=EMAIL)
        here.act("decisions", email=EMAIL, granted=False)
        await here.ended("spread_consent", 2)
        told = await here.hub.desk.answer("events", {"shop": "paws", "limit": 10})
        assert [(one["type"], one["subject"], one["source"]) for one in told] == [
            ("consent.changed@1", ANN, "accounts/hubspot/eu")
        ] * 2  # a no to each purpose
        assert await here.hub.desk.answer("cases", {"shop": "paws", "limit": 50}) == []


async def test_who_is_forgotten_at_hubspot_is_a_question_and_is_not_made_anew_until_it_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        await here.order(1)
        await here.until(lambda: here.desk.hubspot.books.by("email", EMAIL) is not None)
        await here.ended("introduce_order", 1)
        here.desk.act("hubspot/erasures", msgspec.json.encode(EMAIL))
        (case,) = await here.asked(1)
        assert case["title"].startswith("a shopper was erased at hubspot/eu, by ")
        assert [one["subscriptionType"] for one in here.desk.hubspot.teller.told] == [
            "contact.creation", "contact.privacyDeletion"
        ]  # fmt: skip
        await here.order(2)
        await here.ended("introduce_order", 2)
        assert here.desk.hubspot.books.contacts == {}
        said = {"value": "a mistake: make it anew"}
        given = {"action": "answer", "target": f"case:{case['no']}", "by": "ada", "reason": "a slip", "said": said}
        assert (await here.hub.desk.answer("order", given))["state"] == "done"
        await here.ended("erased_elsewhere", 1)
        await here.order(3)
        await here.until(lambda: here.desk.hubspot.books.by("email", EMAIL) is not None)
        await here.ended("introduce_order", 3)
        told = await here.hub.desk.answer("events", {"shop": "paws", "limit": 20})
        assert Counter(one["type"] for one in told) == {"order.placed@1": 3, "person.erased@1": 1}
        assert await here.asked(0) == []


def _ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


async def _knows_rex(here: Town) -> None:
    binding = here.hub.engine.bindings.get("Crm", "hubspot/eu")
    assert binding is not None
    crm: Any = binding.implementation
    rex = Pet(id=REX, household=ANN, species=Species.DOG, name="Rex", born_on=date(2020, 3, 1))
    with attempting(Attempt("key-1", 1, datetime.now(UTC) + timedelta(minutes=5), "paws", "hubspot/eu")):
        await crm.upsert_pet(rex)
