"""The pretended Zigpoll by itself: what it keeps over a restart, whom it tells, whom it lets in."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession

from pawline.sandbox import Desk, Mishaps, Vendors, served
from pawline.sandbox.answers import Refused
from pawline.sandbox.diary import Clock, Diary, recall
from tests.unit.sandbox.hearing import heard_by


def called(desk: Desk, method: str, path: str, **body: Any) -> Any:
    return desk.act("zigpoll/call", msgspec.json.encode({"method": method, "path": path, "body": body}))


def said(desk: Desk, **given: Any) -> Any:
    return desk.act("zigpoll/answer", msgspec.json.encode({"answers": [{"slide": 0, "response": "9"}]} | given))


def test_killed_and_started_again_it_is_where_it_was(tmp_path: Path) -> None:
    def life(first: bool) -> Any:
        clock = Clock()
        desk = Desk(Vendors(now=clock), "tok")
        diary = Diary(tmp_path / "diary.jsonl", clock)
        book = recall(desk, diary, tmp_path / "ledger.jsonl")
        books = desk.zigpoll.books
        if first:
            poll = desk.act("zigpoll/poll", b'["Another", "What?"]')
            link = called(desk, "POST", "generate-survey-link", pollId=poll, metadata={"pawline_household": "h1"})
            with pytest.raises(Refused):
                called(desk, "POST", "generate-survey-link", pollId="none")
            called(desk, "POST", "n8n/hooks", pollId=poll, targetUrl="http://127.0.0.1:1/x")
            said(desk, link=link["activityId"], completed=False)
        found = (books.polls, books.answers, books.links, books.hooks, desk.zigpoll.key, desk.vendors.effects())
        diary.close()
        book.close()
        return found

    before = life(first=True)
    assert [one.operation for one in before[-1]] == ["Zigpoll.link", "Zigpoll.hook"]
    (answer,) = before[1]
    assert answer["metadata"] == {"pawline_household": "h1"}
    assert life(first=False) == before


def test_it_tells_each_that_is_registered_of_what_is_completed_and_never_again() -> None:
    desk = Desk(Vendors(now=time.time), "tok")
    poll = next(iter(desk.zigpoll.books.polls))

    def told(url: str) -> None:
        other = desk.act("zigpoll/poll", b'["Another", "What?"]')
        for target in (f"{url}/a", f"{url}/a", f"{url}/b"):
            called(desk, "POST", "n8n/hooks", pollId=poll, targetUrl=target)
        called(desk, "DELETE", "n8n/hooks", pollId=poll, targetUrl=f"{url}/b")
        with pytest.raises(Refused):
            called(desk, "DELETE", "n8n/hooks", pollId=poll, targetUrl=f"{url}/b")
        said(desk, participant="p1")
        said(desk, completed=False)
        said(desk, poll=other)
        desk.hooks.mishaps = Mishaps(lost=1.0)
        said(desk)

    heard = heard_by(desk, told, desk.zigpoll.teller.rest)
    assert [msgspec.json.decode(body) for _, body in heard] == [{"pollId": poll, "participantId": "p1"}] * 2
    assert not [name for headers, _ in heard for name in headers if "sign" in name.lower()]
    assert (len(desk.zigpoll.teller.told), len(desk.zigpoll.teller.lost)) == (2, 2)


def test_without_its_key_whatever_is_asked_for_is_422() -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        good = {"Authorization": desk.zigpoll.key}
        async with served(desk) as url, ClientSession() as session:
            for given in ({}, {"Authorization": "x"}, {"Authorization": f"Bearer {desk.zigpoll.key}"}):
                for path in ("me", "nothing"):
                    async with session.get(f"{url}/zigpoll/{path}", headers=given) as answer:
                        assert answer.status == 422
            for path, status in (("nothing", 404), ("responses", 400), ("responses?pollId=x&slideId=y", 400)):
                async with session.get(f"{url}/zigpoll/{path}", headers=good) as answer:
                    assert answer.status == status, path
            async with session.post(f"{url}/zigpoll/n8n/hooks", headers=good, data=b"[") as answer:
                assert answer.status == 400
            accounts = f"{url}/zigpoll/responses?accountId={desk.zigpoll.books.account}"
            async with session.get(accounts, headers=good) as answer:
                assert await answer.json() == {"data": [], "hasNextPage": False, "endCursor": ""}

    asyncio.run(run())
