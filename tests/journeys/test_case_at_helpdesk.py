"""A case is answered from its ticket, at the sandbox's helpdesk: over HTTP, both ways, with a real hub between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from pawline.hub import Hub, load_settings
from pawline.model import Envelope, HouseholdId, TicketId
from pawline.sandbox import Desk, Subscription, Vendors, served
from pawline.store import Keyring
from pawline.testing.port import free_port
from pawline.web import serving
from tests.journeys.adopted import SECRET, TOKEN
from tests.journeys.around import keep, until
from tests.journeys.asking import Wondered

SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.ask_at_helpdesk", "tests.journeys.asking"]
listen = "127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "sandbox/desk"
plays = ["Helpdesk"]

[accounts.settings]
url = "{url}"
token = {{ file = "token" }}
webhook_secrets = [{{ file = "secret" }}]

[[helpdesks]]
account = "sandbox/desk"
teams = ["care"]
"""


class Town:
    """A hub, and the helpdesk."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk = hub, desk

    def act(self, name: str, **given: Any) -> Any:
        return self.desk.act(name, msgspec.json.encode(given))

    async def wonder(self, about: str, **given: Any) -> None:
        event = Wondered(about=about, **given)
        await self.hub.engine.record(
            Envelope(shop="paws", source="test", id=about, at=datetime.now(UTC), event=event)
        )  # fmt: skip

    async def cases(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})
        return found

    async def case(self, no: int) -> dict[str, Any]:
        found: dict[str, Any] = await self.hub.desk.answer("case", {"no": no})
        return found

    async def ended(self, flow: str) -> list[Any]:
        """What ended runs of a flow came to."""
        found = []
        for one in reversed(await self.hub.desk.answer("runs", {"shop": "paws", "flow": flow})):
            run = await self.hub.desk.answer("run", {"no": one["no"], "reveal": True, "by": "test"})
            if one["status"] == "done":
                found.append(run["outcome"])
        return found

    def did(self) -> list[tuple[str, str]]:
        return [(one.operation, one.business) for one in self.desk.vendors.effects() if not one.again]


Opens = Callable[[str], AbstractAsyncContextManager[Town]]
"""A hub of the same store, by these settings."""


@asynccontextmanager
async def place(folder: Path) -> AsyncIterator[Opens]:
    desk = Desk(Vendors(now=time.time), TOKEN)
    port = free_port()
    desk.hooks.subscription = Subscription(url=f"http://127.0.0.1:{port}/hooks/sandbox/desk", secret=SECRET)
    async with served(desk) as url:
        Keyring.generate().save(folder / "pawline.key")
        keep(folder, {"token": TOKEN, "secret": SECRET})

        @asynccontextmanager
        async def opens(settings: str) -> AsyncIterator[Town]:
            (folder / "pawline.toml").write_text(settings.format(port=port, url=url), "utf-8")
            async with await Hub.open(load_settings(folder / "pawline.toml", {})) as hub, serving(hub):
                yield Town(hub, desk)

        yield opens


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    async with place(folder) as opens, opens(SETTINGS) as here:
        yield here


async def test_a_case_is_answered_from_its_ticket_and_the_ticket_is_closed(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path) as here:
        await here.wonder("bowl", of=HouseholdId("h-1"))
        await here.wonder("leash", team="operations")
        ((no,), title) = await until(lambda: _tickets(here))
        case = (await here.case(no))["no"]
        assert title == f"Case {case}: what about bowl?"
        draft: Any = here.desk.vendors.tickets._about[TicketId("t1")]
        assert "#pawline 1   leave it" in draft.text.splitlines()
        assert "#pawline 2   end it" in draft.text.splitlines()
        assert "a@b.c" not in draft.text  # evidence stays here
        assert (draft.case, draft.household) == (case, "h-1")
        here.act("ticket/note", ticket="t1", text="#pawline 2")  # nobody of the helpdesk's people
        here.act("ticket/note", ticket="t1", text="I would say #pawline 1", by="9")
        assert await until(lambda: here.ended("answer_from_helpdesk")) == [
            {"type": "skipped", "because": "nobody who may answer wrote that"}
        ]
        assert [one["title"] for one in await here.cases()] == ["what about bowl?", "what about leash?"]
        here.act("ticket/note", ticket="t1", text="#pawline 2 they wrote to us", by="7")
        assert await until(lambda: here.ended("decide")) == ["end it"]
        found = await here.case(no)
        assert (found["state"], found["answered_by"]) == ("answered", "sandbox/desk 7")
        await until(lambda: here.ended("ask_at_helpdesk"))
        said = f"t1/Case {case} is answered by sandbox/desk 7: nothing is left to be done here."
        assert here.did() == [
            ("Helpdesk.open", f"h-1/Case {case}: what about bowl?"), ("Helpdesk.note", said), ("Helpdesk.close", "t1"),
        ]  # fmt: skip
        assert [one["title"] for one in await here.cases()] == ["what about leash?"]


TWO = SETTINGS.replace(
    "[[helpdesks]]",
    """
[[accounts]]
name = "sandbox/two"
plays = ["Helpdesk"]

[accounts.settings]
url = "{url}"
token = {{ file = "token" }}

[[helpdesks]]""",
)
MOVED = TWO.replace('account = "sandbox/desk"', 'account = "sandbox/two"')
NOWHERE = TWO.partition("[[helpdesks]]")[0]


async def test_a_case_has_a_ticket_where_it_is_answered_now_however_often_it_moves(tmp_path: Path) -> None:
    async with asyncio.timeout(90), place(tmp_path) as opens:
        async with opens(TWO) as here:
            await here.wonder("bowl")
            ((no,), title) = await until(lambda: _tickets(here))
        done = [("Helpdesk.open", f"nobody/{title}")]
        for n, settings in enumerate((MOVED, TWO, MOVED), 1):
            said = f"t{n}/Case {no} is withdrawn: nothing is left to be done here."
            done += [("Helpdesk.note", said), ("Helpdesk.close", f"t{n}"), ("Helpdesk.open", f"nobody/{title}")]
            async with opens(settings) as here:
                assert await _open(here, len(done)) == [f"t{n + 1}"]
                assert sorted(here.did()) == sorted(done)
        async with opens(NOWHERE) as here:
            assert await _open(here, len(done) + 2) == []
        async with opens(TWO) as here:
            assert await _open(here, len(done) + 3) == ["t5"]
            about: Any = here.desk.vendors.tickets._about
            texts = [about[TicketId(f"t{n}")].text for n in range(1, 6)]
            assert [one.partition("this is its ticket number ")[2][:2] for one in texts] == ["", "", "2.", "2.", "3."]
            here.act("ticket/note", ticket="t5", text="#pawline 2", by="7")
            assert await until(lambda: here.ended("decide")) == ["end it"]
            assert await _open(here, len(done) + 5) == []
            said = f"t5/Case {no} is answered by sandbox/desk 7: nothing is left to be done here."
            assert here.did()[-2:] == [("Helpdesk.note", said), ("Helpdesk.close", "t5")]


async def _open(here: Town, many: int) -> list[str]:
    """The tickets that are open, once so much was done."""
    await until(lambda: len(here.did()) >= many)
    assert len(here.did()) == many
    return [one.id for one in here.desk.vendors.tickets.waiting()]


async def _tickets(here: Town) -> Any:
    open_ = here.desk.vendors.tickets.waiting()
    cases = [one["no"] for one in await here.cases() if one["team"] == "care"]
    return ((cases, open_[0].title)) if len(open_) == 1 else None
