"""A shop whose people work at Zendesk, from `pawline connect` to a case that is answered from its ticket.

Over HTTP, both ways, with a real hub between; whatever is done, the vendor's own ledger decides.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pawline.cli.connecting import _connected
from pawline.connectors.zendesk.hook import COMMENT, CREATED, STATUS
from pawline.hub import Hub, load_settings
from pawline.model import Envelope, Event, HouseholdId, PetDied, PetId, household_by_email
from pawline.sandbox import Desk, Fault, Faults, Mishaps, Vendors, served
from pawline.sandbox.zendesk.books import Ticket
from pawline.store import Keyring
from pawline.testing.port import free_port
from pawline.web import serving
from tests.journeys.adopted import TOKEN
from tests.journeys.adopted import Hub as Process
from tests.journeys.around import ended, keep, port_of, until
from tests.journeys.asking import Wondered

SETTINGS = """
shops = ["paws"]
flows = [{flows}]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "zendesk/main"

[accounts.settings]
subdomain = "paws"
url = "{url}/zendesk"
email = "{email}"
token = {{ file = "zendesk.token" }}
webhook_secrets = [{{ file = "zendesk.secret" }}]
quick = true
poll = {poll}

[[accounts]]
name = "sandbox/eu"
plays = ["Crm", "Marketing"]

[accounts.settings]
url = "{url}"
token = {{ file = "sandbox.token" }}

[runtime]
first_retry = 0.05
deaths = 1000
"""
DESKS = """
[[helpdesks]]
account = "zendesk/main"
teams = ["care"]
"""
ASK, DEATH, WONDER = "pawline.flows.ask_at_helpdesk", "pawline.flows.remember_a_pet", "tests.journeys.asking"
ANN = "ann@example.com"


class Town:
    """A hub with its ear, and the vendor."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk, self.books = hub, desk, desk.zendesk.books

    def act(self, name: str, **given: Any) -> Any:
        return self.desk.act(f"zendesk/{name}", msgspec.json.encode(given))

    async def tell(self, *events: Event) -> None:
        for event in events:
            name, at = f"{type(event).__name__}-{event.subject}", datetime.now(UTC)
            await self.hub.engine.record(Envelope(shop="paws", source="test", id=name, at=at, event=event))

    async def told(self, kind: str) -> list[str]:
        rows = await self.hub.desk.answer("events", {"shop": "paws", "kind": kind, "limit": 200})
        return sorted(one["subject"] for one in rows)

    async def bodies(self, kind: str) -> list[Any]:
        rows = await self.hub.desk.answer("events", {"shop": "paws", "kind": kind, "limit": 200})
        asked = [{"no": one["no"], "reveal": True, "by": "test"} for one in rows]
        return [(await self.hub.desk.answer("event", one))["body"] for one in asked]

    async def cases(self) -> list[str]:
        found = await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})
        return [one["title"] for one in found]

    async def ended(self, flow: str) -> list[Any]:
        found = []
        for one in reversed(await self.hub.desk.answer("runs", {"shop": "paws", "flow": flow})):
            run = await self.hub.desk.answer("run", {"no": one["no"], "reveal": True, "by": "test"})
            found += [run["outcome"]] if one["status"] == "done" else []
        return found

    async def looked(self) -> None:
        """Until a look has begun and ended from now on."""
        for _ in range(2):
            (sight,) = self.hub.watching.sights()
            await until(partial(self._looked_since, sight.succeeded))

    def _looked_since(self, before: float | None) -> bool:
        return self.hub.watching.sights()[0].succeeded != before

    def ours(self) -> list[Ticket]:
        return [one for one in self.books.tickets.values() if (one.external_id or "").startswith("pawline/")]

    def did(self) -> list[tuple[str, str]]:
        found = [(one.operation, one.business) for one in self.desk.vendors.effects() if not one.again]
        return [one for one in found if one[0].startswith("Zendesk.") and one[0] != "Zendesk.webhook"]


def write(folder: Path, desk: Desk, url: str, flows: tuple[str, ...], poll: float) -> None:
    Keyring.generate().save(folder / "pawline.key")
    named = ", ".join(f'"{one}"' for one in flows)
    said = SETTINGS.format(port=free_port(), url=url, flows=named, poll=poll, email=desk.zendesk.email)
    (folder / "pawline.toml").write_text(said + (DESKS if ASK in flows else ""), "utf-8")
    secrets = {"zendesk.token": desk.zendesk.token, "zendesk.secret": "to be copied", "sandbox.token": TOKEN}
    keep(folder, secrets)


def pretended() -> Desk:
    desk = Desk(Vendors(now=time.time), TOKEN)
    desk.zendesk.limits.calls = desk.zendesk.limits.exports = 100_000
    desk.zendesk.api.fresh = 1.0  # the vendor waits a minute: no second is exported before it is over
    return desk


@asynccontextmanager
async def town(folder: Path, *flows: str, poll: float = 0.0) -> AsyncIterator[Town]:
    desk = pretended()
    async with served(desk) as url:
        write(folder, desk, url, flows, poll)
        settings = load_settings(folder / "pawline.toml", {})
        address = f"{settings.public}/hooks/zendesk/main"
        first = await _connected(settings, "zendesk/main")
        assert first[:4] == [
            "it lets us in, and lacks nothing", *(f"{one} is sent to {address}" for one in (STATUS, COMMENT, CREATED)),
        ]  # fmt: skip
        assert "copy it there" in first[4]
        (listener,) = desk.zendesk.books.listeners.values()
        (folder / "zendesk.secret").write_text(listener.secret, "utf-8")
        settings = load_settings(folder / "pawline.toml", {})
        assert await _connected(settings, "zendesk/main") == [
            "it lets us in, and lacks nothing", f"its webhooks are sent to {address}",
        ]  # fmt: skip
        async with await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk)


@pytest.mark.parametrize("lost", [0.0, 1.0], ids=["heard", "looked at"])
async def test_a_case_is_answered_by_an_agent_in_its_ticket_and_by_nobody_else(lost: float, tmp_path: Path) -> None:
    """Whether webhooks come, twice and late, or never: the same comes of it, once."""
    async with asyncio.timeout(90), town(tmp_path, ASK, WONDER, poll=0.3 if lost else 0.0) as here:
        here.desk.hooks.mishaps = Mishaps(seed=3, twice=0.5, late=0.3, late_after=0.2, lost=lost)
        await here.tell(Wondered(about="bowl", of=HouseholdId("h-1")), Wondered(about="leash", team="operations"))
        (ticket,) = await until(here.ours)
        (text,) = [event["body"] for event in ticket.audits[0].events if event["type"] == "Comment"]
        assert "#pawline 2   end it" in text.splitlines()
        assert "a@b.c" not in text  # evidence stays here
        assert (ticket.public, _case(ticket) in str(ticket.subject)) == (False, True)
        here.act("people", email="light@paws.example", role_type=1)
        here.act("people", email="bo@paws.example")
        said = {"ticket": ticket.id, "public": False, "text": "#pawline 2"}
        for email, more in {
            "light@paws.example": {}, ANN: {}, "bo@paws.example": {"channel": "email"},
        }.items():  # fmt: skip
            here.act("comments", **said | {"email": email} | more)
        nobody = {"type": "skipped", "because": "nobody who may answer wrote that"}
        # A webhook says that it was one of its people, and not how it came; a look how it came, and not whose it is.
        await until(lambda: _is(here.ended("answer_from_helpdesk"), [nobody] * 2))
        assert await here.cases() == ["what about bowl?", "what about leash?"]
        here.act("comments", **said, email="bo@paws.example", status="solved")
        assert await until(lambda: here.ended("decide")) == ["end it"]
        assert await until(lambda: here.ended("ask_at_helpdesk")) == [str(ticket.id)]
        bo = here.books.user("bo@paws.example").id
        said_there = f"Case {_case(ticket)} is answered by zendesk/main {bo}: nothing is left to be done here."
        assert here.did() == [
            ("Zendesk.open", f"{ticket.external_id}/Case {_case(ticket)}: what about bowl?"),
            ("Zendesk.note", f"{ticket.id}/{said_there}"),
        ]
        assert ticket.status == "solved"
        assert await here.cases() == ["what about leash?"]


def _case(ticket: Ticket) -> str:
    """Its number: the ticket says of which hub's shop it is."""
    said = re.fullmatch(r"pawline/paws\.[0-9a-f]{8}/case/([0-9]+)", str(ticket.external_id))
    assert said is not None
    return said[1]


async def test_a_hub_that_is_tried_out_beside_the_real_one_takes_none_of_its_answers(tmp_path: Path) -> None:
    """By the same settings: the same account, shop and teams; cases of both are counted from one."""
    async with asyncio.timeout(90), town(tmp_path, ASK, WONDER, poll=0.3) as real:
        settings = load_settings(tmp_path / "pawline.toml", {})
        await real.tell(Wondered(about="bowl"))
        (first,) = await until(real.ours)
        tried = replace(settings, listen=f"127.0.0.1:{free_port()}", store=f"sqlite:///{tmp_path}/tried.db")
        async with await Hub.open(tried) as hub:
            trial = Town(hub, real.desk)
            await trial.tell(Wondered(about="collar", team="operations"), Wondered(about="leash"))
            await until(lambda: len(real.ours()) == 2)
            real.act("people", email="bo@paws.example")
            real.act("comments", ticket=first.id, public=False, text="#pawline 2", email="bo@paws.example")
            assert await until(lambda: real.ended("decide")) == ["end it"]
            await until(lambda: real.ended("ask_at_helpdesk"))
            for one in (real, trial):
                await one.looked()
            assert sorted(await trial.cases()) == ["what about collar?", "what about leash?"]
            assert await trial.told("ticket.decided@1") == []
        bo = real.books.user("bo@paws.example").id
        said = f"{first.id}/Case {_case(first)} is answered by zendesk/main {bo}: nothing is left to be done here."
        assert [one for one in real.did() if one[0] == "Zendesk.note"] == [("Zendesk.note", said)]


async def test_who_comes_too_late_or_names_no_choice_is_told(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path, ASK, WONDER) as here:
        await here.tell(Wondered(about="bowl"))
        (ticket,) = await until(here.ours)
        case = _case(ticket)
        here.act("people", email="bo@paws.example")
        said = {"ticket": ticket.id, "public": False, "email": "bo@paws.example"}
        here.act("comments", **said, text="#pawline 3")
        note = ("Zendesk.note", f"{ticket.id}/Not taken: case {case} has no choice 3.")
        await until(lambda: note in here.did())
        order = {"action": "answer", "target": f"case:{case}", "by": "ann", "reason": "x", "said": {"value": "end it"}}
        await here.hub.desk.answer("order", order)
        await until(lambda: here.ended("ask_at_helpdesk"))
        here.act("comments", **said, text="#pawline 1")
        late = ("Zendesk.note", f"{ticket.id}/Not taken: case {case} is answered already.")
        await until(lambda: late in here.did())
        assert await here.ended("decide") == ["end it"]
        words = [thing.partition("/")[2] for name, thing in here.did() if name == "Zendesk.note"]
        assert words == [
            f"Not taken: case {case} has no choice 3.",
            f"Case {case} is answered by ann: nothing is left to be done here.",
            f"Not taken: case {case} is answered already.",
        ]


async def test_tickets_are_told_once_by_webhook_and_by_look(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path, ASK, WONDER, poll=0.3) as here:
        here.desk.hooks.mishaps = Mishaps(seed=5, twice=0.5)
        made = [here.act("tickets", email=ANN, title=f"{n}?", text="chews")["ticket"] for n in range(4)]
        await until(lambda: _is(here.told("ticket.opened@1"), sorted(map(str, made))))
        for one in made[:2]:
            here.act("turn", ticket=one, status="solved")
        await until(lambda: _is(here.told("ticket.closed@1"), sorted(map(str, made[:2]))))
        await here.desk.zendesk.teller.rest()
        await here.looked()
        assert await here.told("ticket.opened@1") == sorted(map(str, made))
        assert await here.told("ticket.closed@1") == sorted(map(str, made[:2]))
        assert here.did() == []


async def test_without_webhooks_it_is_known_whose_tickets_are(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path, ASK, WONDER, poll=0.2) as here:
        here.desk.hooks.mishaps = Mishaps(lost=1.0)
        made = here.act("tickets", email="Ann@Example.com", title="Where?", text="My chews")["ticket"]
        await until(lambda: here.told("ticket.opened@1"))
        (body,) = await here.bodies("ticket.opened@1")
        whose = household_by_email(ANN)
        assert (body["ticket"], body["text"], body["household"]) == (str(made), "My chews", whose)


async def _is(asked: Any, wanted: Any) -> bool:
    return bool(await asked == wanted)


async def test_a_pets_death_is_one_card_to_write(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path, DEATH) as here:
        here.desk.vendors.faults = Faults(rates={Fault.BROKEN: 0.3, Fault.STORED_ERROR: 0.1}, seed=4)
        died = PetDied(pet=PetId("rex"), household=HouseholdId("h-1"), on=date(2026, 11, 27), source="owner")
        await here.tell(died)
        await until(lambda: here.ended("remember_a_pet"))
        (ticket,) = here.ours()
        assert here.did() == [("Zendesk.open", f"{ticket.external_id}/rex died: write a card")]
        assert str(ticket.external_id).endswith("/pet/rex")
        assert "loss" in ticket.tags


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.BROKEN])
@pytest.mark.parametrize("request_", [1, 4], ids=["open", "note"])
async def test_killed_after_the_effect_it_is_one_effect(fault: Fault, request_: int, tmp_path: Path) -> None:
    """The hub is a process: it is killed once the vendor has done what it was asked to, and has not said so."""
    desk = pretended()
    async with asyncio.timeout(120), served(desk) as url:
        write(tmp_path, desk, url, ("tests.journeys.desking",), 0.0)
        hub = Process(tmp_path, port_of(tmp_path))
        await hub.start()
        desk.vendors.faults = Faults(at={request_: fault})
        await hub.caller.ask("send", event={"type": "test.bothered@1", "data": {"about": "bowl"}}, shop="paws")
        wanted = "Zendesk.open" if request_ == 1 else "Zendesk.note"
        await until(lambda: [one for one in desk.vendors.effects() if one.operation == wanted])
        await hub.kill()
        desk.vendors.faults = Faults()
        await hub.start()
        await until(lambda: ended(hub))
        await hub.kill()
        (ticket,) = desk.zendesk.books.tickets.values()
        assert [(one.operation, one.business) for one in desk.vendors.effects()] == [
            ("Zendesk.open", f"{ticket.external_id}/bowl"), ("Zendesk.note", f"{ticket.id}/look at the bowl"),
            ("Zendesk.close", str(ticket.id)),
        ]  # fmt: skip
