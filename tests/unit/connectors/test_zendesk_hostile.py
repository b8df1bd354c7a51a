"""A Zendesk whose answers are off by one value: one of the four errors comes of it, or a result, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

import pawline.connectors.zendesk
from pawline.connectors.zendesk import connector, looking
from pawline.connectors.zendesk.client import ZendeskHttp
from pawline.connectors.zendesk.enrolling import enrol, lacking
from pawline.connectors.zendesk.health import probe
from pawline.connectors.zendesk.helpdesk import ZendeskHelpdesk
from pawline.connectors.zendesk.hook import HOOK
from pawline.model import OrderId, TicketId
from pawline.testing.counter import LOOPBACK, Counter, counter
from tests.unit.connectors.oddly import Scripted, attempted, heard, tried
from tests.unit.connectors.zendesk_scene import LATE

SAMPLES = Path(pawline.connectors.zendesk.__file__).parent / "samples"
AT = "2026-11-27T09:30:00Z"
PERSON = {"id": 5, "role": "end-user", "email": "ann@example.com"}
AGENT = {"id": 6, "role": "admin", "role_type": 4, "active": True, "suspended": False, "email": "bo@paws.example"}
TICKET = {
    "id": 7, "status": "open", "subject": "Where is it?", "description": "chews", "created_at": AT, "updated_at": AT,
    "external_id": "pawline/paws/case/17", "requester_id": 5, "assignee_id": None, "tags": ["pawline"],
}  # fmt: skip
NOTE = {"id": 8, "type": "Comment", "author_id": 6, "public": False, "body": "#pawline 2", "via": {"channel": "web"}}
AUDIT = {
    "id": 9, "author_id": 6, "created_at": AT, "via": {"channel": "web"}, "events": [NOTE],
    "metadata": {"custom": {"pawline": "other"}},
}  # fmt: skip
META = {"has_more": False, "after_cursor": None}
HOOKED = {"id": "01X", "endpoint": "https://x", "status": "active", "subscriptions": ["zen:event-type:ticket.created"]}
REPLIES: dict[str, Any] = {
    "GET /api/v2/users/me": {"user": AGENT | {"id": 1}},
    "GET /api/v2/users/6": {"user": AGENT},
    "GET /api/v2/tickets/7": {"ticket": TICKET, "users": [PERSON]},
    "GET /api/v2/tickets/7/audits": {"audits": [AUDIT], "meta": META},
    "GET /api/v2/tickets": {"tickets": [TICKET | {"external_id": "pawline/paws/order/1001"}], "meta": META},
    "POST /api/v2/tickets": {"ticket": TICKET},
    "PUT /api/v2/tickets/7": {"ticket": TICKET},
    "GET /api/v2/incremental/tickets/cursor": {
        "tickets": [TICKET | {"external_id": None}, TICKET | {"status": "solved"}], "end_of_stream": True,
        "after_cursor": "c", "users": [PERSON], "metric_sets": [{"ticket_id": 7, "solved_at": AT}],
    },
    "GET /api/v2/webhooks": {"webhooks": [HOOKED], "meta": META},
    "POST /api/v2/webhooks": {"webhook": HOOKED},
    "PATCH /api/v2/webhooks/01X": {"webhook": HOOKED},
    "GET /api/v2/webhooks/01X/signing_secret": {"signing_secret": {"algorithm": "SHA256", "secret": "s"}},
}  # fmt: skip
Call = Callable[[ZendeskHelpdesk, ZendeskHttp, Any], Awaitable[object]]
T7 = TicketId("7")
CALLS: dict[str, Call] = {
    "open": lambda desk, _, __: desk.open(LATE),
    "find_ticket": lambda desk, _, __: desk.find_ticket(LATE),
    "reply": lambda desk, _, __: desk.reply(T7, "x"),
    "note": lambda desk, _, __: desk.note(T7, "x"),
    "close": lambda desk, _, __: desk.close(T7),
    "decided": lambda desk, _, __: desk.decided(T7, "8"),
    "of": lambda desk, _, __: desk.of(OrderId("1001")),
    "look": lambda _, http, settings: looking.tickets(http, settings, ""),
    "lacking": lambda _, http, settings: lacking(http, settings, "https://x"),
    "enrol": lambda _, http, settings: enrol(http, settings, "https://x"),
    "probe": lambda _, http, settings: probe(http, settings, frozenset({"Helpdesk"})),
}
NOTHING = {"probe", "find_ticket", "decided"}
"""Calls that may come to nothing."""


async def outcome(served: Counter, call: Call) -> object:
    given = {"url": f"http://127.0.0.1:{served.port}", "subdomain": "paws", "token": "tok", "webhook_secrets": ["s"]}
    settings = connector.configure(given)
    http = connector.http(settings, LOOPBACK)
    assert isinstance(http, ZendeskHttp)
    http.whose = "paws"
    return await attempted(http, "zendesk/main", lambda: call(ZendeskHelpdesk(http, settings), http, settings))


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_value_anywhere_is_one_of_four_errors_or_does_not_matter(name: str) -> None:
    asyncio.run(tried(REPLIES, lambda served: outcome(served, CALLS[name]), nothing=name in NOTHING))


@pytest.mark.parametrize("sample", sorted(one.name for one in SAMPLES.glob("*.json") if ".events." not in one.name))
def test_an_odd_value_in_a_webhook_is_an_event_or_kept_for_people(sample: str) -> None:
    told = msgspec.json.decode((SAMPLES / sample).read_bytes())
    heard(HOOK, told, (ValueError, TypeError, msgspec.MsgspecError))


@pytest.mark.parametrize("name", ["of", "note", "lacking"])
def test_a_list_that_never_ends_is_found_out(name: str) -> None:
    async def run() -> None:
        vendor = Scripted(REPLIES)
        again = {"meta": {"has_more": True, "after_cursor": "a"}}
        vendor.replies = {
            route: reply | again if isinstance(reply, dict) and "meta" in reply else reply
            for route, reply in REPLIES.items()
        }
        async with counter(seconds=30) as served:
            served.answer = vendor.answer
            found = await outcome(served, CALLS[name])
        assert "the list would never end" in repr(found)

    asyncio.run(run())
