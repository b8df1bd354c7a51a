"""A letter goes out by SMTP, comes back to a mailbox, and the next one does not go; what is forged changes nothing."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pawline.cli.connecting import _connected
from pawline.hub import Hub, load_settings
from pawline.model import Envelope, household_by_email
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.post import Post, posted
from pawline.sandbox.returned import returned
from pawline.store import Keyring
from tests.journeys.around import keep, until
from tests.journeys.lettering import Wanted
from tests.unit.kit.imap_servers import PASSWORD, USER, mailbox

SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.heed_bounces", "tests.journeys.lettering"]
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "sandbox/eu"
plays = ["Crm"]
settings = {{ url = "{url}", token = {{ file = "token" }} }}

[[accounts]]
name = "smtp/desk"

[accounts.settings]
host = "127.0.0.1"
port = {out}
tls = "none"
sender = "desk@paws.example"

[accounts.settings.bounces]
host = "127.0.0.1"
port = {back}
tls = "none"
user = "{user}"
password = {{ file = "mailbox" }}
return_path = "bounces+{{}}@paws.example"
every = 0.05

[runtime]
first_retry = 0.05
"""
ANN, BEA, CID, NEW = "ann@example.com", "bea@example.net", "cid@example.org", "ann@new.example"

NOTED = {"type": "noted", "crms": 1}
PASSES = {"type": "skipped", "because": "the next one may arrive"}


class Town:
    """A hub, and what it says."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self._no = hub, 0

    async def write(self, to: str, whose: str = "") -> str:
        """What became of it."""
        self._no += 1
        event = Wanted(no=self._no, to=to, of=household_by_email(whose or to))
        told = Envelope(shop="paws", source="test", id=str(self._no), at=datetime.now(UTC), event=event)
        await self.hub.engine.record(told)
        found: list[str] = await until(lambda: self.ended("write", str(self._no)))
        return found[0]

    async def ended(self, flow: str, key: str = "") -> list[Any]:
        found = []
        for one in reversed(await self.hub.desk.answer("runs", {"shop": "paws", "flow": flow})):
            run = await self.hub.desk.answer("run", {"no": one["no"], "reveal": True, "by": "test"})
            found += [run["outcome"]] if one["status"] == "done" and key in ("", one["key"]) else []
        return found

    async def cases(self) -> list[str]:
        return [one["title"] for one in await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})]


async def test_what_comes_back_for_good_is_noted_once_and_no_letter_goes_there_again(tmp_path: Path) -> None:
    Keyring.generate().save(tmp_path / "pawline.key")
    desk, post = Desk(Vendors(now=time.time), "tok"), Post(lambda _name, _again: None)
    post.returns = {ANN: "5.1.1", BEA: "5.2.2"}
    keep(tmp_path, {"token": "tok", "mailbox": PASSWORD})
    async with asyncio.timeout(90), served(desk) as url, posted(post) as out, mailbox() as box:
        said = SETTINGS.format(url=url, out=out, back=box.port, user=USER)
        (tmp_path / "pawline.toml").write_text(said, "utf-8")
        post.deliver = lambda _to, report: box.put(report)
        settings = load_settings(tmp_path / "pawline.toml", {})
        assert await _connected(settings, "smtp/desk") == ["it lets us in, and lacks nothing"]
        async with await Hub.open(settings) as hub:
            town = Town(hub)
            first, full, fine = [await town.write(to) for to in (ANN, BEA, CID)]
            forged = returned(post.messages[-1], "desk@paws.example", CID, "5.1.1")
            await box.put(forged.replace(fine[1:10].encode(), b"a" * 9))
            assert await until(lambda: heeded(town, 2)) == [PASSES, NOTED]
            assert await hub.projector.caught_up(30)
            again = [await town.write(to) for to in (BEA, CID)]
            assert (await town.write(ANN)).startswith("undeliverable: letters came back from there on ")
            new = await town.write(NEW, whose=ANN)
            assert [(str(one["To"]), str(one["Message-ID"])) for one in post.messages] == list(
                zip((ANN, BEA, CID, BEA, CID, NEW), (first, full, fine, *again, new), strict=True)
            )
            assert await until(lambda: heeded(town, 3)) == [PASSES, PASSES, NOTED]  # what is forged came before
            assert [one.operation for one in desk.vendors.effects()] == ["Crm.note"]
            assert await town.cases() == []


async def heeded(town: Town, count: int) -> list[Any]:
    """What became of bounces, once there were so many."""
    found = await town.ended("heed_bounces")
    return sorted(found, key=lambda one: str(one["type"]), reverse=True) if len(found) == count else []
