"""Segment's own client against the pretended Segment: an independent witness of both.

Version 2.4.0 wants `python-dateutil` below 3, and so is none of the packages that the tests are run with; what it sends
is recorded in `tests/unit/connectors/segment_sdk.json`, and held against what we send.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pawline.sandbox import Desk, Manner, Vendors, served

client = pytest.importorskip("segment.analytics.client", reason="the client is installed by whoever wants to ask it")
request = pytest.importorskip("segment.analytics.request", reason="the same")
RECORDED = json.loads((Path(__file__).parents[1] / "connectors" / "segment_sdk.json").read_text("utf-8"))


def witness(told: Callable[[Any, Desk], None]) -> None:
    async def within() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        async with asyncio.timeout(30), served(desk) as url:
            theirs = client.Client(desk.segment.key, host=f"{url}/segment", sync_mode=True, max_retries=1)
            await asyncio.to_thread(told, theirs, desk)

    asyncio.run(within())


def test_what_it_sends_is_taken_known_again_and_has_the_recorded_fields() -> None:
    def told(theirs: Any, desk: Desk) -> None:
        at = datetime(2026, 11, 30, 12, tzinfo=UTC)
        for _ in range(2):
            theirs.track("u1", "Order Refunded", {"order_id": "o1", "total": 12.34}, timestamp=at, message_id="m1")
        (taken,) = desk.segment.taken
        (recorded,) = json.loads(RECORDED["body"])["batch"]
        assert set(recorded) == set(taken) - {"receivedAt", "version"}
        assert (taken["userId"], taken["event"], taken["messageId"]) == ("u1", "Order Refunded", "m1")
        assert desk.segment.dropped == [("m1", "it is known")]

    witness(told)


def test_it_knows_our_refusals_for_its_own_and_a_wrong_key_is_none_to_it() -> None:
    def told(theirs: Any, desk: Desk) -> None:
        with pytest.raises(request.APIError) as large:
            request.post(desk.segment.key, theirs.host, batch=[{"type": "track", "properties": {"a": "x" * 40_000}}])
        assert (large.value.status, large.value.message) == (400, "Exceed payload limit")
        desk.manners["segment"] = Manner(limited=7.0)
        with pytest.raises(request.APIError) as limited:
            theirs.track("u1", "x")
        assert (limited.value.status, request.parse_retry_after(limited.value.response)) == (429, 7)
        desk.manners["segment"] = Manner(stranger=True)
        theirs.track("u1", "x")
        assert desk.segment.taken == []

    witness(told)
