"""The pretended Segment and GA4 by themselves: what they keep over a restart, and what they say nothing about."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientSession

from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.diary import Clock, Diary, recall


def test_killed_and_started_again_they_are_where_they_were(tmp_path: Path) -> None:
    def life(first: bool) -> Any:
        clock = Clock()
        desk = Desk(Vendors(now=clock), "tok")
        diary = Diary(tmp_path / "diary.jsonl", clock)
        book = recall(desk, diary, tmp_path / "ledger.jsonl")
        segment, ga4 = desk.segment, desk.ga4
        if first:
            call = {"type": "track", "event": "x", "userId": "u", "messageId": "m1"}
            for key in (segment.key, segment.key, "another"):
                desk.act("segment/call", msgspec.json.encode({"key": key, "calls": [call]}))
            hit = {
                "measurement_id": ga4.measurement_id, "api_secret": ga4.api_secret,
                "body": {"client_id": "1.2", "events": [
                    {"name": "purchase", "params": {"transaction_id": "o1", "value": 9.9, "currency": "EUR"}},
                ]},
            }  # fmt: skip
            for secret in (ga4.api_secret, ga4.api_secret, "another"):
                desk.act("ga4/hit", msgspec.json.encode({**hit, "api_secret": secret}))
            desk.act("ga4/seen", b'{"transaction": "o1", "value": 9.9, "currency": "EUR"}')
        found = (segment.taken, segment.dropped, ga4.counted, ga4.dropped, desk.vendors.effects())
        diary.close()
        book.close()
        return found

    before = life(first=True)
    assert [(one.operation, one.business, one.amount, one.again) for one in before[-1]] == [
        ("Segment.track", "x", 0, False), ("Segment.track", "x", 0, True), ("Ga4.purchase", "o1", 990, False),
        ("Ga4.purchase", "o1", 990, True), ("Ga4.purchase", "o1", 990, False),
    ]  # fmt: skip
    assert [why for _, why in before[1]] == ["it is known", "its key is not known"]
    assert [why for _, why in before[3]] == ["its transaction is known", "its stream or secret is not known"]
    assert life(first=False) == before


def test_google_says_204_to_everything_and_counts_only_what_is_whole() -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        lets_in = {"measurement_id": desk.ga4.measurement_id, "api_secret": desk.ga4.api_secret}
        event = {"name": "x", "params": {}}
        async with served(desk) as url, ClientSession() as session:
            for query, body in (
                ({}, b"{}"), (lets_in, b""), (lets_in, b"["), (lets_in, b"[]"), (lets_in, b"{}"),
                (lets_in, msgspec.json.encode({"client_id": "1.2", "events": []})),
                (lets_in, msgspec.json.encode({"client_id": "1.2", "events": [event] * 26})),
                (lets_in, msgspec.json.encode({"client_id": "", "events": [event]})),
            ):  # fmt: skip
                async with session.post(f"{url}/ga4/mp/collect", params=query, data=body) as answer:
                    assert (answer.status, await answer.read()) == (204, b""), body
            assert desk.ga4.counted == []
            old = {"client_id": "1.2", "events": [{"name": "x", "timestamp_micros": 1}]}
            async with session.post(f"{url}/ga4/mp/collect", params=lets_in, json=old) as answer:
                assert answer.status == 204
            (one,) = desk.ga4.counted
            assert abs(time.time() - 72 * 3_600 - one["at"]) < 60, "what is older is put on the day 72 hours ago"
            async with session.get(f"{url}/ga4/mp/collect", params=lets_in) as answer:
                assert answer.status in (404, 405)

    asyncio.run(run())
