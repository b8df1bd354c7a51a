"""A shop that asks by Zigpoll, from `pawline connect` to the case of its team: over HTTP, both ways.

What a webhook says is believed by nobody: what Zigpoll answers is told, each answer once, whoever rings, however often.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.cli.connecting import _connected
from pawline.connectors.zigpoll import hook
from pawline.hub import Hub, load_settings
from pawline.model import household_by_email
from pawline.sandbox import Desk, Mishaps, Vendors, served
from pawline.store import Keyring
from pawline.testing.port import free_port
from pawline.web import serving
from tests.journeys.adopted import Hub as Process
from tests.journeys.around import keep, until
from tests.journeys.surveying import Town, soon

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
NEW, OLD = "a-new-secret-of-the-shop-77", "an-old-secret-of-the-shop-77"
ANN = household_by_email("ann@example.org")
SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.hear_the_unhappy"]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "zigpoll/eu"

[accounts.settings]
url = "{url}/zigpoll"
key = {{ file = "zigpoll.key" }}
webhook_secrets = [{{ file = "new.secret" }}, {{ file = "old.secret" }}]
poll = {poll}

[accounts.settings.scores.{nps}]
scale = "nps"

[runtime]
first_retry = 0.05
deaths = 1000
"""


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    soon(monkeypatch, hook)


def say(desk: Desk, *said: tuple[int, str], **given: Any) -> list[str]:
    told = [{"slide": slide, "response": text} for slide, text in said]
    names: list[str] = desk.act("zigpoll/answer", msgspec.json.encode({"answers": told, **given}))
    return names


def write(folder: Path, desk: Desk, url: str, poll: float, port: int) -> None:
    Keyring.generate().save(folder / "pawline.key")
    nps = next(iter(desk.zigpoll.books.polls.values())).slides[0].id
    (folder / "pawline.toml").write_text(SETTINGS.format(port=port, url=url, poll=poll, nps=nps), "utf-8")
    keep(folder, {"zigpoll.key": desk.zigpoll.key, "new.secret": NEW, "old.secret": OLD})


@asynccontextmanager
async def town(folder: Path, *, poll: float = 0.0) -> AsyncIterator[Town]:
    desk = Desk(Vendors(now=time.time), TOKEN)
    async with served(desk) as url:
        write(folder, desk, url, poll, free_port())
        settings = load_settings(folder / "pawline.toml", {})
        address = f"{settings.public}/hooks/zigpoll/eu"
        said = f"answers to 1 surveys are told to {address}, with the first of `webhook_secrets` at its end"
        left = "Zigpoll took back no webhook of 1 of them: if there was one, it tells on, which does no harm"
        for more in ([left], []):
            assert await _connected(settings, "zigpoll/eu") == ["it lets us in, and lacks nothing", said, *more]
        assert [one.url for one in desk.zigpoll.books.hooks] == [f"{address}/{NEW}"]
        async with asyncio.timeout(90), await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk, "zigpoll/eu")


async def test_who_is_unhappy_is_rung_fetched_and_one_case_with_the_reason(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.desk.hooks.mishaps = Mishaps(seed=3, twice=0.7, late=0.3, late_after=0.1)
        page = {"email": "Ann@example.org", "shopify_order_id": "77"}
        names = say(here.desk, (0, "2"), (2, "it came late"), participant="p1", metadata=page)
        names += say(here.desk, (0, "10"), participant="p2", metadata={"email": "bo@example.org"})
        await until(lambda: here.has(*names))
        assert await until(here.cases) == ["somebody is unhappy about order 77: nps 2"]
        await here.desk.zigpoll.teller.rest()
        assert await here.hub.tray.rest()
        await here.post(f"/{NEW}", b'{"pollId": "x"}')
        assert await here.told() == sorted([*names, "shopper.disappointed@1"])
        assert await here.cases() == ["somebody is unhappy about order 77: nps 2"]
        evidence = await here.evidence()
        assert (evidence["household"], evidence["tool"]) == (ANN, "zigpoll/eu")
        assert [one["raw"] for one in evidence["answers"]] == ["2", "it came late"]


async def test_whoever_forges_a_webhook_makes_nothing_happen(tmp_path: Path) -> None:
    forged = (
        b'{"pollId": "p", "responses": [{"_id": "evil", "response": "0", "metadata": {"email": "ann@example.org"}}]}'
    )
    async with town(tmp_path) as here:
        for path, status in (("", 401), ("/guessed-secret-of-24-chars", 401), (f"/{NEW}", 202), (f"/{OLD}", 202)):
            assert await here.post(path, forged) == status
        (true,) = say(here.desk, (0, "9"), completed=False)
        assert await here.post(f"/{OLD}", forged) == 202
        await until(lambda: here.has(true))
        assert (await here.told(), await here.cases()) == ([true], [])
        for body in (b"[]", b"", b"\xff" * 9_999):
            assert await here.post(f"/{NEW}", body) == 202
        assert await here.hub.tray.rest()
        assert await here.told() == [true]


async def test_what_no_webhook_told_is_found_by_the_look_and_a_bad_row_is_one_case(tmp_path: Path) -> None:
    async with town(tmp_path, poll=0.2) as here:
        here.desk.hooks.mishaps = Mishaps(lost=1.0)
        (bad,) = say(here.desk, (0, "9"))
        here.desk.zigpoll.books.answers[0]["createdAt"] = None
        names = say(here.desk, (0, "8"), (2, "fine"))
        await until(lambda: here.has(*names))
        (title,) = await until(here.cases)
        assert "zigpoll/eu" in title
        more = say(here.desk, (0, "7"))
        await until(lambda: here.has(*more))
        assert await here.told() == sorted([*names, *more])
        assert (await here.cases(), bad in await here.told()) == ([title], False)


async def test_its_history_is_brought_once_and_begins_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        old = datetime.now(UTC) - timedelta(days=300)
        names = say(here.desk, (0, "0"), (2, "never again"), at=old, metadata={"email": "ann@example.org"})
        done, told = await here.brought(tmp_path, old - timedelta(days=1))
        assert (done.events, done.bad) == (2, [])
        assert sorted(one["id"] for one in told) == sorted(names)
        assert {one["data"]["response"]["household"] for one in told} == {ANN}


async def test_killed_between_the_ring_and_the_answers_the_look_tells_them_and_it_is_one_case(tmp_path: Path) -> None:
    """The hub is a process: what rang while it died is asked about by nobody."""
    desk = Desk(Vendors(now=time.time), TOKEN)
    async with asyncio.timeout(120), served(desk) as url:
        port = free_port()
        write(tmp_path, desk, url, 1.0, port)
        settings = load_settings(tmp_path / "pawline.toml", {})
        await _connected(settings, "zigpoll/eu")
        hub = Process(tmp_path, port)
        await hub.start()
        names = say(desk, (0, "1"), metadata={"email": "ann@example.org"})
        await desk.zigpoll.teller.rest()
        await hub.kill()
        names += say(desk, (0, "9"), metadata={"email": "bo@example.org"})
        await hub.start()

        async def told() -> bool:
            rows = await hub.caller.ask("events", shop="paws", limit=50)
            return sorted(one["id"] for one in rows) == sorted(names)

        await until(told, 60)

        async def settled() -> list[str]:
            runs = await hub.caller.ask("runs", shop="paws", limit=50)
            found = sorted(one["status"] for one in runs)
            return found if len(found) == len(names) and not {"ready", "running"} & {*found} else []

        assert await until(settled, 60) == ["done", "waiting"]
        await hub.kill()
