"""A shop that asks by Formbricks, from `pawline connect` to the case of its team: over HTTP, both ways.

A webhook that is signed names a response, and what Formbricks answers is told, each answer once, however heard of.
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
from pawline.connectors.formbricks import hook
from pawline.connectors.formbricks.happened import LEFT
from pawline.hub import Hub, load_settings
from pawline.sandbox import Desk, Mishaps, Vendors, served
from pawline.sandbox.formbricks.telling import Told, signed
from pawline.store import Keyring
from pawline.testing.port import free_port
from pawline.web import serving
from tests.journeys.around import keep, until
from tests.journeys.surveying import Town, soon

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
PATH = "a-new-secret-of-the-shop-77"
STRANGE = "whsec_" + "b" * 43 + "="
SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.hear_the_unhappy"]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "formbricks/eu"

[accounts.settings]
url = "{url}/formbricks"
key = {{ file = "formbricks.key" }}
workspace = "{workspace}"
poll = {poll}
{secrets}

[accounts.settings.scores.stars]
scale = "csat"

[runtime]
first_retry = 0.05
deaths = 1000
"""


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    soon(monkeypatch, hook)


def say(desk: Desk, answers: dict[str, Any], **given: Any) -> str:
    name: str = desk.act("formbricks/answer", msgspec.json.encode({"answers": answers, **given}))
    return name


def of(name: str, *questions: str) -> list[str]:
    return [f"{name}/{one}" for one in questions]


def write(folder: Path, desk: Desk, url: str, poll: float, port: int, secrets: str) -> Any:
    workspace = desk.formbricks.books.workspace
    text = SETTINGS.format(port=port, url=url, poll=poll, workspace=workspace, secrets=secrets)
    (folder / "pawline.toml").write_text(text, "utf-8")
    return load_settings(folder / "pawline.toml", {})


@asynccontextmanager
async def town(folder: Path, *, poll: float = 0.0, signs: bool = True) -> AsyncIterator[Town]:
    desk = Desk(Vendors(now=time.time), TOKEN)
    books = desk.formbricks.books
    books.signs = signs
    async with served(desk) as url:
        Keyring.generate().save(folder / "pawline.key")
        keep(folder, {"formbricks.key": desk.formbricks.key, "path.secret": PATH})
        port = free_port()
        secrets = "" if signs else 'path_secrets = [{ file = "path.secret" }]'
        settings = write(folder, desk, url, poll, port, secrets)
        said = await _connected(settings, "formbricks/eu")
        if signs:
            line = next(one for one in "\n".join(said).splitlines() if "webhook_secrets = " in one)
            settings = write(folder, desk, url, poll, port, line.split("`")[1])
            assert (await _connected(settings, "formbricks/eu"))[0] == "it lets us in, and lacks nothing"
            ((made),) = books.webhooks.values()
            assert (made.url, made.triggers) == (f"{settings.public}/hooks/formbricks/eu", ["responseFinished"])
            assert made.secret
            assert made.secret not in "\n".join(said)
        async with asyncio.timeout(90), await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk, "formbricks/eu")


async def test_who_is_unhappy_is_rung_asked_for_and_one_case_with_the_reason(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.desk.hooks.mishaps = Mishaps(seed=3, twice=0.7, late=0.3, late_after=0.1)
        marks = {"pawline_household": "h1", "pawline_order": "77"}
        one = say(here.desk, {"nps": 2}, hidden=marks, finished=False)
        say(here.desk, {"stars": 1, "why": "it came late"}, response=one)
        here.desk.formbricks.teller.listed = True  # as others have seen it
        two = say(here.desk, {"nps": 10}, hidden={"pawline_household": "h2"})
        names = [*of(one, "nps", "stars", "why"), *of(two, "nps")]
        await until(lambda: here.has(*names))
        (title,) = await until(here.cases)
        assert title.startswith("somebody is unhappy about order 77: ")
        await here.desk.formbricks.teller.rest()
        assert await here.hub.tray.rest()
        assert await here.told() == sorted([*names, "shopper.disappointed@1"])
        assert await here.cases() == [title]
        evidence = await here.evidence()
        assert (evidence["household"], evidence["tool"]) == ("h1", "formbricks/eu")
        assert sorted(each["raw"] for each in evidence["answers"]) == ["1", "2", "it came late"]


async def test_whoever_forges_a_webhook_makes_nothing_happen(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.desk.hooks.mishaps = Mishaps(lost=1.0)
        unseen = say(here.desk, {"nps": 0}, hidden={"pawline_household": "h1"})
        data = {"id": unseen, "updatedAt": "2026-11-30T12:00:00Z", "finished": True}
        body = msgspec.json.encode({"webhookId": "w", "event": "responseFinished", "data": data})
        (made,) = here.desk.formbricks.books.webhooks.values()
        now = time.time()
        good = signed(Told("m1", "responseFinished", body), made.secret, now)
        for path, headers in (
            ("", {}), ("", signed(Told("m1", "x", body), STRANGE, now)), (f"/{PATH}", {}),
            ("", good | {"webhook-id": "m2"}), ("", signed(Told("m1", "x", body), made.secret, now - 301)),
        ):  # fmt: skip
            assert await here.post(path, body, headers) == 401
        assert await here.post("/x", body, good) == 401
        assert await here.post("", body + b" ", good) == 401
        assert await here.hub.tray.rest()
        assert (await here.told(), await here.cases()) == ([], [])
        assert await here.post("", body, good) == 202  # that is what none of them had
        await until(lambda: here.has(*of(unseen, "nps")))


async def test_what_no_webhook_told_and_what_was_left_is_found_by_the_look(tmp_path: Path) -> None:
    async with town(tmp_path, poll=0.2) as here:
        here.desk.hooks.mishaps = Mishaps(lost=1.0)
        now = datetime.now(UTC)
        bad = say(here.desk, {"nps": 9})
        here.desk.formbricks.books.responses[bad]["createdAt"] = None
        lost = say(here.desk, {"nps": 8, "why": "fine"})
        left = say(here.desk, {"nps": 1}, finished=False, hidden={"pawline_household": "h1"}, at=now - LEFT)
        at_it = say(here.desk, {"nps": 1}, finished=False, hidden={"pawline_household": "h2"})
        names = [*of(lost, "nps", "why"), *of(left, "nps")]
        await until(lambda: here.has(*names))
        titles = await until(lambda: _two(here))
        assert sorted(title.partition(":")[0] for title in titles if "unhappy" in title) == ["somebody is unhappy"]
        say(here.desk, {"nps": 9, "why": "I came back"}, response=left)
        say(here.desk, {"nps": 7}, response=at_it)
        more = [*of(left, "why"), *of(at_it, "nps")]
        await until(lambda: here.has(*more))
        assert await here.told() == sorted([*names, *more, "shopper.disappointed@1"])
        assert sorted(await here.cases()) == sorted(titles)


async def _two(here: Town) -> list[str] | None:
    cases = await here.cases()
    return cases if len(cases) == 2 else None


async def test_a_version_that_signs_nothing_rings_at_an_address_and_its_body_says_nothing(tmp_path: Path) -> None:
    async with town(tmp_path, signs=False) as here:
        (made,) = here.desk.formbricks.books.webhooks.values()
        assert (made.url, made.secret) == (f"{here.address}/{PATH}", None)
        forged = b'{"event": "responseFinished", "data": {"id": "evil", "data": {"nps": 0}}}'
        for path, status in (("", 401), ("/guessed-secret-of-24-chars", 401), (f"/{PATH}", 202)):
            assert await here.post(path, forged, {}) == status
        true = say(here.desk, {"nps": 9})
        await until(lambda: here.has(*of(true, "nps")))
        for body in (b"[]", b"", b"\xff" * 9_999):
            assert await here.post(f"/{PATH}", body, {}) == 202
        assert await here.hub.tray.rest()
        assert (await here.told(), await here.cases()) == (of(true, "nps"), [])


async def test_its_history_is_brought_once_and_begins_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        old = datetime.now(UTC) - timedelta(days=300)
        name = say(here.desk, {"nps": 0, "why": "never again"}, at=old, hidden={"pawline_household": "h1"})
        done, told = await here.brought(tmp_path, old - timedelta(days=1))
        assert (done.events, done.bad) == (2, [])
        assert sorted(one["id"] for one in told) == of(name, "nps", "why")
        assert {one["data"]["response"]["household"] for one in told} == {"h1"}
        assert await here.told() == []
