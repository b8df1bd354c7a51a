"""A shop that writes texts by Twilio, from `pawline connect` to what people answer: over HTTP, both ways.

Whatever breaks, the vendor's own ledger decides: one text for an order.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from pawline.cli.connecting import _connected
from pawline.hub import Hub, load_settings
from pawline.model import Envelope, OrderId
from pawline.model.ids import household_by_phone
from pawline.sandbox import Desk, Mishaps, Vendors, served
from pawline.store import Keyring
from pawline.testing.port import free_port
from pawline.web import serving
from tests.journeys.adopted import Hub as Process
from tests.journeys.around import keep, until
from tests.journeys.texting import WORDS, Bought

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
OLD, ANN, BO = "an auth token that was changed", "+15550123456", "+15550123457"
SETTINGS = """
shops = ["paws"]
flows = ["tests.journeys.texting"]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "twilio/us"

[accounts.settings]
url = "{url}/twilio"
messaging_url = "{url}/twilio"
account = "{account}"
token = {{ file = "twilio.token" }}
webhook_secrets = [{{ file = "old.token" }}, {{ file = "twilio.token" }}]
sender = "+15550100001"
poll = {poll}

[alarms]
name = "Paws"

[[alarms.channels]]
name = "phone"
kind = "sms"
account = "twilio/us"
to = ["+15550123499"]

[[alarms.rota]]
severities = ["critical"]
channels = ["phone"]
zone = "Europe/Berlin"

[runtime]
first_retry = 0.05
deaths = 1000
"""


def write(folder: Path, desk: Desk, url: str, *, poll: float = 0.0, port: int = 0) -> None:
    Keyring.generate().save(folder / "pawline.key")
    said = SETTINGS.format(port=port or free_port(), url=url, account=desk.twilio.account, poll=poll)
    (folder / "pawline.toml").write_text(said, "utf-8")
    keep(folder, {"twilio.token": desk.twilio.token, "old.token": OLD})


class Town:
    """A hub with its ear, and Twilio."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk = hub, desk

    async def buy(self, order: str, to: str = ANN, of: str = "") -> None:
        event = Bought(order=OrderId(order), to=to, of=of)
        envelope = Envelope(shop="paws", source="test", id=order, at=datetime.now(UTC), event=event)
        await self.hub.engine.record(envelope)

    def act(self, which: str, given: Any) -> Any:
        return self.desk.act(f"twilio/{which}", msgspec.json.encode(given))

    async def events(self, *kinds: str) -> Any:
        """Those of these kinds, once there are some."""
        rows = await self.hub.desk.answer("events", {"shop": "paws", "limit": 200})
        return [one for one in rows if one["type"] in kinds]

    async def runs(self) -> list[str]:
        return [one["status"] for one in await self.hub.desk.answer("runs", {"shop": "paws", "limit": 50})]


@asynccontextmanager
async def town(folder: Path, *, poll: float = 0.0) -> AsyncIterator[Town]:
    desk = Desk(Vendors(now=time.time), TOKEN)
    desk.twilio.teller.pauses = (0.05,) * 5
    async with served(desk) as url:
        write(folder, desk, url, poll=poll)
        settings = load_settings(folder / "pawline.toml", {})
        address = f"{settings.public}/hooks/twilio/us"
        assert await _connected(settings, "twilio/us") == [
            "it lets us in, and lacks nothing", f"texts that people send (STOP) are told to {address}",
        ]  # fmt: skip
        assert await _connected(settings, "twilio/us") == [
            "it lets us in, and lacks nothing", f"its webhooks are sent to {address}",
        ]  # fmt: skip
        async with asyncio.timeout(60), await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk)


def texts(desk: Desk) -> Counter[tuple[str, str]]:
    """How often which words went to whom, without their marks."""
    return Counter(
        (one.to, one.body.rpartition(" #")[0] or one.body) for one in desk.twilio.books.messages.values()
        if one.direction == "outbound-api"
    )  # fmt: skip


async def test_two_orders_are_two_texts_and_what_became_of_them_is_told(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.desk.hooks.mishaps = Mishaps(seed=3, twice=0.5, late=0.3, late_after=0.1)
        here.act("fate", {"to": BO, "code": 30005})
        for order, to in (("o1", ANN), ("o2", ANN), ("o3", BO)):
            await here.buy(order, to)
        await until(lambda: _all_done(here, 3))
        assert texts(here.desk) == {(ANN, WORDS): 2, (BO, WORDS): 1}
        (told,) = await until(lambda: here.events("message.bounced@1"))
        await here.desk.twilio.teller.rest()
        assert here.desk.twilio.teller.lost == []
        (one,) = [each for each in here.desk.twilio.books.messages.values() if each.to == BO]
        assert told["subject"] == "h-of-o3"
        assert len(await here.events("message.bounced@1")) == 1
        assert await here.events("webhook.unclaimed@1") == []
        shown = await here.hub.desk.answer("event", {"no": told["no"], "reveal": True, "by": "test"})
        assert one.sid in str(shown)
        await here.buy("o4", BO)
        await until(lambda: _all_done(here, 4))
        assert texts(here.desk)[BO, WORDS] == 2  # another household's: of that nobody said that it is dead
        dead = ("paws", "h-of-o3", "sms", household_by_phone(BO))
        await until(lambda: here.hub.store.fetch("bounced", dead))  # views follow behind
        await here.buy("o5", BO, of="h-of-o3")
        await until(lambda: _all_done(here, 5))
        assert texts(here.desk) == {(ANN, WORDS): 2, (BO, WORDS): 2}


async def _all_done(here: Town, count: int) -> bool:
    return await here.runs() == ["done"] * count


async def test_a_stop_is_a_no_and_any_other_text_is_kept(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.act("write", {"sender": ANN, "body": "Stop"})
        await until(lambda: _count(here, "consent.changed@1", 3))
        assert {one["subject"] for one in await here.events("consent.changed@1")} == {household_by_phone(ANN)}
        for word in ("START", "help"):
            here.act("write", {"sender": ANN, "body": word})
        here.act("write", {"sender": ANN, "body": "where is my parcel?"})
        await until(lambda: _count(here, "webhook.unclaimed@1", 1))
        await here.desk.twilio.teller.rest()
        assert here.desk.twilio.teller.lost == []
        assert await _count(here, "consent.changed@1", 3)


async def _count(here: Town, kind: str, count: int) -> bool:
    return len(await here.events(kind)) == count


async def test_what_no_webhook_told_is_seen_by_a_look(tmp_path: Path) -> None:
    async with town(tmp_path, poll=0.2) as here:
        here.desk.hooks.mishaps = Mishaps(lost=1.0)
        here.act("write", {"sender": ANN, "body": "UNSUBSCRIBE"})
        await until(lambda: _count(here, "consent.changed@1", 3))
        assert here.desk.twilio.teller.told == []


async def test_whoever_is_on_duty_is_told_by_text(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        tried = await here.hub.desk.answer("try_channels", {})
        said = "Paws: [test] this is a test of the channel phone; nothing is wrong. Somebody ran `pawline alarms test`."
        assert texts(here.desk) == {("+15550123499", said): 1}
        assert [one["took"] for one in tried] == [True]


class Breaking:
    """Twilio's line breaks at its first texts: it never heard the first two, and took the next three without a word."""

    def __init__(self, desk: Desk) -> None:
        answers = desk.twilio.api._answers
        self.send, self.count = answers["POST Messages"], 0
        answers["POST Messages"] = self

    def __call__(self, call: Any) -> Any:
        self.count += 1
        if self.count <= 2:
            raise ConnectionResetError
        made = self.send(call)
        if self.count <= 5:
            raise ConnectionResetError
        return made


async def test_killed_while_texts_are_under_way_it_is_one_text_for_each_order(tmp_path: Path) -> None:
    """The hub is a process: it is killed with five texts of which nobody told it whether they went out.

    The next one looks when the first one's calls have certainly ended: that takes the better part of a minute. Four
    orders are one person's: the same words to the same number in the same second, three of them in doubt at once.
    """
    desk = Desk(Vendors(now=time.time), TOKEN)
    orders = {f"o{n}": ANN if n <= 4 else f"+1555012340{n}" for n in range(1, 9)}
    async with asyncio.timeout(170), served(desk) as url:
        port = free_port()
        write(tmp_path, desk, url, port=port)
        hub = Process(tmp_path, port)
        await hub.start()
        line = Breaking(desk)
        for order, to in orders.items():
            event = {"type": "test.bought_by_text@1", "data": {"order": order, "to": to}}
            await hub.caller.ask("send", event=event, shop="paws")
        await until(lambda: line.count >= 5)
        await hub.kill()
        in_doubt = texts(desk)
        assert in_doubt[ANN, WORDS] >= 1
        await hub.start()

        async def all_done() -> bool:
            found = await hub.caller.ask("runs", shop="paws")
            return [one["status"] for one in found] == ["done"] * len(orders)

        await until(all_done, 140)
        assert await hub.caller.ask("cases", shop="paws") == []
        await hub.kill()
    assert texts(desk) == Counter((to, WORDS) for to in orders.values())
