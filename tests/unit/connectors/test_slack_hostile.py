"""A Slack whose answers are off by one value: one of the four errors comes of it, or a result, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
import pytest

import pawline.connectors.slack
from pawline.connectors.slack import cards, connector
from pawline.connectors.slack.board import SlackBoard
from pawline.connectors.slack.client import SlackHttp
from pawline.connectors.slack.health import probe
from pawline.connectors.slack.hook import HOOK
from pawline.model import CardId
from pawline.testing.counter import LOOPBACK, Counter, counter
from tests.unit.connectors.oddly import Scripted, attempted, heard, tried
from tests.unit.connectors.slack_scene import CARD, CARE

SAMPLES = Path(pawline.connectors.slack.__file__).parent / "samples"
TS = "1764324607.000200"
OURS = {"ts": TS, "bot_id": "B0", "text": "x", "metadata": cards.metadata(CARD)}
REPLIES: dict[str, Any] = {
    "POST /api/auth.test": {"ok": True, "team_id": "T0", "user_id": "U0ME", "bot_id": "B0"},
    "POST /api/chat.postMessage": {"ok": True, "channel": CARE, "ts": TS, "message": OURS},
    "POST /api/chat.update": {"ok": True, "channel": CARE, "ts": TS, "text": "x"},
    "POST /api/chat.postEphemeral": {"ok": True, "message_ts": TS},
    "GET /api/conversations.history": {
        "ok": True, "messages": [{"ts": "1.1", "text": "hello"}, OURS], "has_more": False,
        "response_metadata": {"next_cursor": ""},
    },
    "GET /api/usergroups.users.list": {"ok": True, "users": ["U0BO", "U0ANN"]},
}  # fmt: skip
THERE = CardId(f"{CARE}/{TS}")
Call = Callable[[SlackBoard, SlackHttp, Any], Awaitable[object]]
CALLS: dict[str, Call] = {
    "post": lambda board, _, __: board.post(CARD),
    "find_card": lambda board, _, __: board.find_card(CARD),
    "settle": lambda board, _, __: board.settle(THERE, CARD, "x"),
    "tell": lambda board, _, __: board.tell(THERE, "T0/U0BO", "x"),
    "may": lambda board, _, __: board.may("T0/U0BO"),
    "probe": lambda _, http, settings: probe(http, settings, frozenset({"Board"})),
}
NOTHING = {"probe", "find_card", "may"}
"""Calls that may come to nothing."""


async def outcome(served: Counter, call: Call) -> object:
    url = f"http://127.0.0.1:{served.port}/api"
    settings = connector.configure({"url": url, "token": "tok", "channel": CARE, "groups": {"S0CARE": "care"}})
    http = connector.http(settings, LOOPBACK)
    assert isinstance(http, SlackHttp)
    return await attempted(http, "slack/main", lambda: call(SlackBoard(http, settings), http, settings))


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_value_anywhere_is_one_of_four_errors_or_does_not_matter(name: str) -> None:
    asyncio.run(tried(REPLIES, lambda served: outcome(served, CALLS[name]), nothing=name in NOTHING))


@pytest.mark.parametrize("sample", sorted(one.name for one in SAMPLES.glob("*.form")))
def test_an_odd_value_in_a_click_is_an_event_or_kept_for_people(sample: str) -> None:
    (said,) = parse_qs((SAMPLES / sample).read_text("utf-8").strip())["payload"]
    heard(
        HOOK, msgspec.json.decode(said), (ValueError, TypeError, msgspec.MsgspecError),
        encode=lambda told: urlencode({"payload": msgspec.json.encode(told).decode()}).encode(),
        headers=[("x-slack-request-timestamp", "1531420618")],
    )  # fmt: skip


def test_a_history_that_never_ends_is_found_out() -> None:
    async def run() -> None:
        again = {"ok": True, "messages": [{"ts": "1.1"}], "response_metadata": {"next_cursor": "again"}}
        vendor = Scripted(REPLIES | {"GET /api/conversations.history": again})
        async with counter(seconds=30) as served:
            served.answer = vendor.answer
            found = await outcome(served, CALLS["find_card"])
        assert "the list would never end" in repr(found)

    asyncio.run(run())
