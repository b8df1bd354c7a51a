"""A shop with Klaviyo, from `pawline connect` to a pet's death: over HTTP, and by what people do at Klaviyo."""

from __future__ import annotations

import asyncio
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

from pawline.cli.connecting import _connected
from pawline.connectors.klaviyo.hook import TOPICS
from pawline.hub import Hub, load_settings
from pawline.model import (
    Consent,
    ConsentChanged,
    Contact,
    Envelope,
    Event,
    Medium,
    OrderPlaced,
    Pet,
    PetDied,
    PetId,
    PetWeighed,
    Purpose,
    Species,
    household_by_email,
)
from pawline.ports import Attempt, attempting
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.klaviyo.klaviyo import SCOPES
from pawline.store import Keyring
from pawline.testing.orders import SKUS, order
from pawline.testing.port import free_port
from pawline.web import serving

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
EMAIL = "ann@example.com"
ANN, REX = household_by_email(EMAIL), PetId("rex")
SETTINGS = """
shops = ["paws"]
flows = [
    "pawline.flows.fulfil_order", "pawline.flows.remember_a_pet", "pawline.flows.spread_consent",
    "tests.journeys.reminding",
]
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "sandbox/eu"
plays = ["Payments", "Inventory", "Subscriptions", "Helpdesk"]

[accounts.settings]
url = "{url}"
token = {{ env = "SANDBOX_TOKEN" }}
"""


HEARING = """
shops = ["paws"]
flows = ["pawline.flows.spread_consent"]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "klaviyo/eu"

[accounts.settings]
key = {{ env = "KLAVIYO_KEY" }}
webhook_secrets = [{{ env = "HOOK" }}]
poll = 0
url = "{url}"
"""


class Town:
    """A hub and the vendors: Klaviyo, and the sandbox's own."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk, self._told = hub, desk, 0

    async def tell(self, event: Event) -> None:
        self._told += 1
        at = datetime.now(UTC)
        await self.hub.engine.record(Envelope(shop="paws", source="test", id=f"e{self._told}", at=at, event=event))

    def act(self, which: str, /, **given: Any) -> None:
        self.desk.act(f"klaviyo/{which}", msgspec.json.encode(given))

    def did(self, operation: str) -> Counter[str]:
        """What of an operation happened, by the thing that it was done to."""
        return Counter(
            one.business for one in self.desk.vendors.effects() if one.operation == operation and not one.again
        )

    async def ended(self, flow: str, count: int) -> None:
        """Until so many runs of a flow are over."""

        def over(rows: list[Any]) -> bool:
            return sum((one["flow"], one["status"]) == (flow, "done") for one in rows) >= count

        async with asyncio.timeout(30):
            while not over(await self.hub.desk.answer("runs", {"shop": "paws", "limit": 100})):  # noqa: ASYNC110
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


def connect(folder: Path, url: str) -> tuple[int, str]:
    """`pawline connect klaviyo/eu` in a process of its own: how it ended, and what it said."""
    command = [
        sys.executable, "-m", "pawline.cli", "connect", "klaviyo/eu", "--secret", "key=KLAVIYO_KEY",
        "--set", f"url={url}", "--set", "poll=0.2", "--set", "account=PwLn01", "--config", str(folder / "pawline.toml"),
    ]  # fmt: skip
    env = {**os.environ, "COLUMNS": "300", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@asynccontextmanager
async def town(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    desk = Desk(Vendors(now=time.time, stock=dict.fromkeys(SKUS, 50)), TOKEN)
    monkeypatch.setenv("KLAVIYO_KEY", desk.klaviyo.key)
    monkeypatch.setenv("SANDBOX_TOKEN", TOKEN)
    desk.klaviyo.windows.on = False  # a check, its repeat and the looks of a second all ask for the account
    Keyring.generate().save(folder / "pawline.key")
    async with served(desk) as url:
        file = folder / "pawline.toml"
        file.write_text(SETTINGS.format(url=url), "utf-8")
        before = file.read_bytes()
        desk.klaviyo.scopes = SCOPES - {"flows:read", "accounts:read"}
        code, said = await asyncio.to_thread(connect, folder, url)
        assert code != 0
        assert "klaviyo/eu: the key lacks the scopes accounts:read, flows:read: nothing was changed" in said
        assert file.read_bytes() == before
        desk.klaviyo.scopes = SCOPES
        code, said = await asyncio.to_thread(connect, folder, url)
        assert (code, said.count("it lets us in, and lacks nothing")) == (0, 1), said
        assert desk.klaviyo.key not in file.read_text("utf-8") + said
        async with await Hub.open(load_settings(file, {})) as hub:
            yield Town(hub, desk)


async def test_an_order_is_confirmed_once_a_no_stops_reminders_and_a_death_all_about_that_pet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        here.act("flows", name="Confirmation", metric="Pawline order_confirmation", transactional=True)
        here.act("flows", name="Refill", metric="Pawline refill_reminder")
        here.act("flows", name="Birthday", day="pet_1_born_on")

        placed = replace(order(1), household=ANN, contact=Contact(email=EMAIL), placed_at=datetime.now(UTC))
        await here.tell(OrderPlaced(order=placed))
        await here.ended("fulfil_order", 1)
        assert here.did("Klaviyo.mailed") == {f"{ANN}/Confirmation": 1}
        assert here.did("Klaviyo.event") == {f"{ANN}/Pawline order_confirmation": 1}
        assert here.did("Klaviyo.profile") == {ANN: 1}

        yes = Consent(household=ANN, purpose=Purpose.REMINDERS, granted=True, at=_ago(5), source="form")
        await here.tell(ConsentChanged(consent=yes))
        await here.ended("spread_consent", 1)
        await here.weighed(1)
        assert here.did("Klaviyo.mailed")[f"{ANN}/Refill"] == 1

        here.act("decisions", email=EMAIL, granted=False)  # by the link in a mail
        await here.ended("spread_consent", 2)
        told = await here.hub.desk.answer("events", {"shop": "paws", "kind": "consent.changed@1", "limit": 10})
        assert [one["subject"] for one in told] == [ANN, ANN]
        await here.weighed(2)
        assert here.did("Klaviyo.mailed")[f"{ANN}/Refill"] == 1

        await asyncio.sleep(1.0)  # Klaviyo tells times by the second
        here.act("decisions", email=EMAIL, granted=True)
        await here.ended("spread_consent", 3)
        await here.tell(ConsentChanged(consent=replace(yes, at=_ago(-0.1))))
        await here.ended("spread_consent", 4)
        await _knows_rex(here)
        here.desk.act("klaviyo/days", b'"2026-03-01"')
        await here.weighed(3)
        assert here.did("Klaviyo.mailed") == {f"{ANN}/Confirmation": 1, f"{ANN}/Refill": 2, f"{ANN}/Birthday": 1}

        await here.tell(PetDied(pet=REX, household=ANN, on=date(2026, 11, 20), source="vet"))
        await here.until(lambda: here.did("Klaviyo.event")[f"{ANN}/Pawline Pet Silenced"] == 1)
        await here.ended("remember_a_pet", 1)
        here.desk.act("klaviyo/days", b'"2027-03-01"')
        await here.weighed(4)
        assert here.did("Klaviyo.mailed") == {f"{ANN}/Confirmation": 1, f"{ANN}/Refill": 2, f"{ANN}/Birthday": 1}
        (person,) = here.desk.klaviyo.books.people.values()
        assert person.properties["pawline_pets"] == []
        assert await here.hub.desk.answer("cases", {"shop": "paws", "limit": 50}) == []


async def test_a_no_comes_back_by_webhook_where_the_account_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(Vendors(now=time.time, stock={}), TOKEN)
    desk.klaviyo.windows.on = False
    monkeypatch.setenv("KLAVIYO_KEY", desk.klaviyo.key)
    monkeypatch.setenv("HOOK", "a secret of sixteen")
    Keyring.generate().save(tmp_path / "pawline.key")
    async with served(desk) as url:
        (tmp_path / "pawline.toml").write_text(HEARING.format(url=url, port=free_port()), "utf-8")
        settings = load_settings(tmp_path / "pawline.toml", {})
        address = f"{settings.public}/hooks/klaviyo/eu"
        assert await _connected(settings, "klaviyo/eu") == [
            "it lets us in, and lacks nothing", *(f"{topic} is sent to {address}" for topic in TOPICS),
        ]  # fmt: skip
        async with await Hub.open(settings) as hub, serving(hub):
            here = Town(hub, desk)
            here.act("people", email=EMAIL)
            here.act("decisions", email=EMAIL, granted=False)
            await desk.klaviyo.teller.rest()
            await here.ended("spread_consent", 1)
            told = await hub.desk.answer("events", {"shop": "paws", "kind": "", "limit": 10})
            assert [(one["type"], one["subject"], one["source"]) for one in told] == [
                ("consent.changed@1", ANN, "accounts/klaviyo/eu")
            ]
            assert desk.klaviyo.teller.told == [desk.klaviyo.books.events[-1]]


def _ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


async def _knows_rex(here: Town) -> None:
    binding = here.hub.engine.bindings.get("Crm", "klaviyo/eu")
    assert binding is not None
    crm: Any = binding.implementation
    rex = Pet(id=REX, household=ANN, species=Species.DOG, name="Rex", born_on=date(2020, 3, 1))
    with attempting(Attempt("key-1", 1, datetime.now(UTC) + timedelta(minutes=5), "paws", "klaviyo/eu")):
        await crm.upsert_pet(rex)
    assert await crm.allows(ANN, Purpose.REMINDERS, Medium.EMAIL)
