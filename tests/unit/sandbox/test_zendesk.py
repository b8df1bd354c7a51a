"""Zendesk, pretended: what it refuses, what it remembers, and that it is where it was after a restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from pawline.sandbox import Desk, FileLedger, Vendors, served
from pawline.sandbox.diary import Clock, Diary, recall

TICKET = {"ticket": {"subject": "s", "external_id": "x", "comment": {"body": "b", "public": False}}}


class Caller:
    """Calls the API as its agent."""

    def __init__(self, url: str, desk: Desk, session: aiohttp.ClientSession) -> None:
        self.url, self.desk, self.session = f"{url}/zendesk/api/v2", desk, session

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {self.desk.zendesk.token}"
        async with self.session.request(method, f"{self.url}/{path}", json=body, headers=sent) as said:
            raw = await said.read()
            told = {name.lower(): value for name, value in said.headers.items()}
            return said.status, msgspec.json.decode(raw) if raw else None, told


def scene(play: Callable[[Caller], Awaitable[None]], desk: Desk | None = None) -> Desk:
    made = Desk(Vendors(now=time.time), "tok") if desk is None else desk

    async def run() -> None:
        async with asyncio.timeout(30), served(made) as url, aiohttp.ClientSession() as session:
            await play(Caller(url, made, session))

    asyncio.run(run())
    return made


def test_a_key_is_one_ticket_and_says_so() -> None:
    async def play(here: Caller) -> None:
        first = await here.ask("POST", "tickets.json", TICKET, Idempotency_Key="k")
        again = await here.ask("POST", "tickets", TICKET, Idempotency_Key="k")
        assert (first[0], first[1]) == (again[0], again[1]) == (201, first[1])
        assert [one[2]["x-idempotency-lookup"] for one in (first, again)] == ["miss", "hit"]
        other = {"ticket": TICKET["ticket"] | {"subject": "t"}}
        status, said, _ = await here.ask("POST", "tickets", other, Idempotency_Key="k")
        assert (status, said["error"]) == (400, "IdempotentRequestError")

    desk = scene(play)
    assert [one.operation for one in desk.vendors.effects()] == ["Zendesk.open"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "tickets", {"ticket": {"subject": "s"}}, 422),
        ("GET", "tickets/7", None, 404),
        ("GET", "users/7", None, 404),
        ("GET", "nothing", None, 404),
        ("PUT", "tickets/{no}", {"ticket": {"status": "solved"}}, 422),
        ("PUT", "tickets/{no}", {"ticket": {"status": "lost", "assignee_id": 900}}, 422),
        ("PUT", "tickets/{no}", {"ticket": {"safe_update": True, "updated_stamp": "2020-01-01T00:00:00Z"}}, 409),
        ("GET", "incremental/tickets/cursor", None, 400),
        ("GET", "incremental/tickets/cursor?start_time=99999999999", None, 422),
        ("GET", "incremental/tickets/cursor?cursor=x", None, 422),
        ("POST", "webhooks", {"webhook": {"endpoint": "https://x", "subscriptions": ["zen:nothing"]}}, 400),
        ("GET", "webhooks/01NONE/signing_secret", None, 404),
    ],
)
def test_what_it_refuses(method: str, path: str, body: Any, status: int) -> None:
    async def play(here: Caller) -> None:
        _, made, _ = await here.ask("POST", "tickets", TICKET)
        found, said, headers = await here.ask(method, path.format(no=made["ticket"]["id"]), body)
        assert (found, "error" in said, "x-rate-limit-remaining" in headers) == (status, True, True)

    desk = scene(play)
    assert [one.operation for one in desk.vendors.effects()] == ["Zendesk.open"]


def test_limits_are_told_and_kept() -> None:
    async def play(here: Caller) -> None:
        here.desk.zendesk.limits.calls, here.desk.zendesk.limits.exports = 1_000, 1
        here.desk.zendesk.limits._now = lambda: 1_000_000_000.0
        query = f"incremental/tickets/cursor?start_time={int(time.time()) - 600}"
        assert (await here.ask("GET", query))[0] == 200
        status, said, headers = await here.ask("GET", query)
        assert (status, said["error"], headers["retry-after"]) == (429, "APIRateLimitExceeded", "20")
        assert (await here.ask("GET", "users/me"))[2]["x-rate-limit-remaining"] == "998"
        here.desk.zendesk.limits.calls = 2
        assert (await here.ask("GET", "users/me"))[0] == 429

    scene(play)


def test_who_is_not_known_is_told_nothing() -> None:
    async def play(here: Caller) -> None:
        for header in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer x"}):
            async with here.session.get(f"{here.url}/users/me", headers=header) as said:
                assert (said.status, await said.json()) == (401, {"error": "Couldn't authenticate you"})

    scene(play)


def test_killed_and_started_again_it_is_where_it_was(tmp_path: Path) -> None:
    books: list[FileLedger] = []

    def life() -> Desk:
        clock = Clock()
        desk = Desk(Vendors(now=clock), "tok")
        books.append(recall(desk, Diary(tmp_path / "diary.jsonl", clock), tmp_path / "ledger.jsonl"))
        return desk

    async def play(here: Caller) -> None:
        await here.ask("POST", "tickets", TICKET, Idempotency_Key="k")
        hook = {"name": "p", "endpoint": "https://x", "http_method": "POST", "subscriptions": []}
        await here.ask("POST", "webhooks", {"webhook": hook})
        asked = {"email": "ann@example.com", "title": "t", "text": "x"}
        no = here.desk.act("zendesk/tickets", msgspec.json.encode(asked))["ticket"]
        await here.ask("PUT", f"tickets/{no}", {"ticket": {"comment": {"body": "hello"}}})
        here.desk.act("zendesk/secrets", b"null")

    first = scene(play, life())
    again = life()
    assert again.zendesk.books.tickets == first.zendesk.books.tickets
    assert again.zendesk.books.users == first.zendesk.books.users
    assert again.zendesk.books.listeners == first.zendesk.books.listeners
    assert again.zendesk.books.keys == first.zendesk.books.keys
    for ledger in books:
        ledger.close()
    for desk in (first, again):
        assert desk.diary is not None
        desk.diary.close()
