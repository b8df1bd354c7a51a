"""Slack's own client for Python against the pretended Slack: a witness of every method that the connector calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.models.blocks import ActionsBlock, ButtonElement, SectionBlock
from slack_sdk.models.metadata import Metadata
from slack_sdk.signature import SignatureVerifier

from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.slack.telling import signed

CARE, ANN = "C0CARE", "U0ANN"


def witness(told: Callable[[WebClient, Desk], None]) -> None:
    async def within() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        desk.act("slack/people", msgspec.json.encode({"user": ANN, "channels": [CARE]}))
        desk.act("slack/groups", msgspec.json.encode({"group": "S0CARE", "users": [ANN]}))
        async with served(desk) as url:
            client = WebClient(token=desk.slack.token, base_url=f"{url}/slack/api/")
            client.retry_handlers = [RateLimitErrorRetryHandler(max_retry_count=0)]
            await asyncio.to_thread(told, client, desk)

    asyncio.run(within())


def test_the_client_says_and_reads_all_that_the_connector_does() -> None:
    def told(client: WebClient, desk: Desk) -> None:
        me = client.auth_test()
        assert (me["team_id"], me["bot_id"]) == ("T0PAWS", "B0PAWLINE")
        assert me.headers["x-oauth-scopes"] == "chat:write,channels:history,usergroups:read"
        blocks = [
            SectionBlock(text="which?"),
            ActionsBlock(elements=[ButtonElement(text="yes", action_id="a1", value="v1")]),
        ]
        metadata = Metadata("pawline_case", {"case": 17, "mark": "m17"})
        made = client.chat_postMessage(channel=CARE, text="which?", blocks=blocks, metadata=metadata)
        page = client.conversations_history(channel=CARE, include_all_metadata=True, limit=1)
        (one,) = page["messages"]
        assert (one["ts"], one["bot_id"], one["metadata"]["event_payload"]) == (
            made["ts"], "B0PAWLINE", {"case": 17, "mark": "m17"},
        )  # fmt: skip
        client.chat_update(channel=CARE, ts=made["ts"], text="over", blocks=blocks[:1])
        (one,) = client.conversations_history(channel=CARE, include_all_metadata=True)["messages"]
        assert (one["text"], len(one["blocks"]), one["metadata"]["event_type"]) == ("over", 1, "pawline_case")
        assert client.chat_postEphemeral(channel=CARE, user=ANN, text="psst")["ok"]
        assert client.usergroups_users_list(usergroup="S0CARE")["users"] == [ANN]
        assert [one.operation for one in desk.vendors.effects()] == ["Slack.post", "Slack.update", "Slack.whisper"]

    witness(told)


def test_the_client_pages_and_knows_a_refusal_and_a_limit() -> None:
    def told(client: WebClient, desk: Desk) -> None:
        for n in range(5):
            client.chat_postMessage(channel=CARE, text=f"{n}")
        pages: Any = client.conversations_history(channel=CARE, limit=2)
        assert [one["text"] for page in pages for one in page["messages"]] == ["4", "3", "2", "1", "0"]
        with pytest.raises(SlackApiError) as no:
            client.chat_postMessage(channel="C0GONE", text="x")
        assert no.value.response["error"] == "channel_not_found"
        desk.slack.pace.tiers = {"chat.update": 0}
        with pytest.raises(SlackApiError) as no:
            client.chat_update(channel=CARE, ts="1.1", text="x")
        assert (no.value.response.status_code, int(no.value.response.headers["Retry-After"]) >= 1) == (429, True)

    witness(told)


def test_the_client_believes_what_is_clicked() -> None:
    body, now = "payload=%7B%7D", time.time()
    headers = signed(body.encode(), "secret", now)
    assert SignatureVerifier("secret").is_valid_request(body, headers)
    assert not SignatureVerifier("another").is_valid_request(body, headers)
