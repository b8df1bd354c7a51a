"""An account of Zendesk is set up: who is let in, where webhooks go, who signed them, and what they say."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from pawline.connectors.zendesk.enrolling import SECRET, enrol, lacking
from pawline.connectors.zendesk.errors import explain
from pawline.connectors.zendesk.health import probe
from pawline.connectors.zendesk.hook import COMMENT, CREATED, HOOK, STATUS
from pawline.connectors.zendesk.signing import SCHEME, SIGNATURE, TIMESTAMP
from pawline.kit import Answer, Secret, Unsigned
from pawline.ports import Code, PortError, Rejected, Transient, Unauthorised
from pawline.sandbox import Manner
from pawline.sandbox.zendesk.telling import signed
from tests.unit.connectors.zendesk_scene import Scene, run

HERE = "https://hooks.paws.example/hooks/zendesk/main"
NOW = 1_616_648_967.0
"""2021-03-25T05:09:27Z, as in Zendesk's own example."""


@pytest.mark.parametrize(
    ("me", "given", "told"),
    [
        ({}, {}, None),
        ({"role": "agent"}, {"poll": 0}, None),
        ({"role": "agent"}, {}, "no administrator"),
        ({"role": "agent"}, {"poll": 0, "webhook_secrets": ["s" * 16]}, "no administrator"),
        ({"role_type": 1, "role": "agent"}, {"poll": 0}, "no agent with a full seat"),
        ({"suspended": True}, {}, "may not do that"),
        ({"role": "end-user"}, {}, "may not do that"),
        ({"id": None}, {}, "does not know this token"),
    ],
)
def test_a_probe_says_what_the_agent_may_not(me: dict[str, Any], given: dict[str, Any], told: str | None) -> None:
    async def play(here: Scene) -> None:
        for name, value in me.items():
            setattr(here.books.me, name, value)
        if told is None:
            await probe(here.http, here.settings, frozenset({"Helpdesk"}))
        else:
            with pytest.raises(Unauthorised, match=told):
                await probe(here.http, here.settings, frozenset({"Helpdesk"}))
        assert here.did() == []

    run(play, **given)


def test_a_token_that_is_none_is_told() -> None:
    async def play(here: Scene) -> None:
        here.desk.manners["zendesk"] = Manner(stranger=True)
        with pytest.raises(Unauthorised) as no:
            await probe(here.http, here.settings, frozenset())
        assert no.value.code is Code.CREDENTIALS

    run(play)


def test_one_webhook_is_made_and_its_secret_is_a_persons_to_bring() -> None:
    async def play(here: Scene) -> None:
        assert await lacking(here.http, here.settings, HERE) == (STATUS, COMMENT)
        told = await enrol(here.http, here.settings, HERE)
        assert told[:2] == (f"{STATUS} is sent to {HERE}", f"{COMMENT} is sent to {HERE}")
        assert "signed with a secret that is not in `webhook_secrets`" in told[2]
        (one,) = here.books.listeners.values()
        assert (one.endpoint, one.subscriptions, one.status) == (HERE, [STATUS, COMMENT], "active")
        assert one.secret not in " ".join(told)
        assert await lacking(here.http, here.settings, HERE) == (SECRET,)
        known = msgspec.structs.replace(here.settings, webhook_secrets=(Secret("old one"), Secret(one.secret)))
        assert await lacking(here.http, known, HERE) == ()
        assert await enrol(here.http, known, HERE) == ()
        assert await lacking(here.http, known, HERE + "2") == (STATUS, COMMENT)
        assert here.did() == [("webhook", "Pawline")]
        here.act("secrets")  # somebody resets it
        assert await lacking(here.http, known, HERE) == (SECRET,)

    run(play, webhook_secrets=["to be copied"])


def test_a_webhook_that_was_switched_off_or_tells_less_is_mended_and_one_of_a_trigger_left_alone() -> None:
    async def play(here: Scene) -> None:
        await enrol(here.http, here.settings, HERE)
        (one,) = here.books.listeners.values()
        known = msgspec.structs.replace(here.settings, webhook_secrets=(Secret(one.secret),), quick=True)
        one.status = "inactive"
        assert await lacking(here.http, known, HERE) == (STATUS, COMMENT, CREATED)
        await enrol(here.http, known, HERE)
        assert (sorted(one.subscriptions), one.status) == (sorted([STATUS, COMMENT, CREATED]), "active")
        one.subscriptions = ["conditional_ticket_events"]
        await enrol(here.http, known, HERE)
        assert one.subscriptions == ["conditional_ticket_events"]
        assert len(here.books.listeners) == 2

    run(play, webhook_secrets=["x" * 20])


def test_zendesks_own_way_to_sign_is_ours() -> None:
    """base64(HMACSHA256(TIMESTAMP + BODY)), computed here by the words of its page."""
    body, moment = b'{"a":1}', "2021-03-25T05:09:27Z"
    made = base64.b64encode(hmac.new(b"dGhpc19zZWNyZXQ", moment.encode() + body, hashlib.sha256).digest()).decode()
    secret = Secret("dGhpc19zZWNyZXQ")
    SCHEME.verify([secret], [(SIGNATURE, made), (TIMESTAMP, moment)], body, NOW)
    assert signed(body, "dGhpc19zZWNyZXQ", NOW) == {SIGNATURE: made, TIMESTAMP: moment}


@pytest.mark.parametrize(
    "moment",
    ["", "now", "2021-03-25T05:09:27", "2021-03-25", "1616648967", "2021-03-25T05:09:27+02:00", "9" * 30 + "Z", "ü Z"],
)
def test_a_time_that_is_none_is_not_believed(moment: str) -> None:
    over = moment.encode() + b"{}"
    made = base64.b64encode(hmac.new(b"k", over, hashlib.sha256).digest()).decode()
    with pytest.raises(Unsigned):
        SCHEME.verify([Secret("k")], [(SIGNATURE, made), (TIMESTAMP, moment)], b"{}", NOW)


def delivery(kind: str, event: Any, **detail: Any) -> bytes:
    told = {"id": "7", "updated_at": "2026-11-27T11:00:07Z", "created_at": "2026-11-27T09:30:00Z"} | detail
    body = {"type": kind, "id": "e-1", "time": "2026-11-27T11:00:09Z", "detail": told, "event": event}
    return msgspec.json.encode(body)


@pytest.mark.parametrize(
    ("current", "previous", "closes"),
    [
        ("SOLVED", "OPEN", True), ("CLOSED", "OPEN", True), ("SOLVED", None, True), ("CLOSED", "SOLVED", False),
        ("OPEN", "SOLVED", False), ("PENDING", "NEW", False), ("DELETED", "OPEN", False),
    ],
)  # fmt: skip
def test_only_what_was_open_is_closed(current: str, previous: str | None, closes: bool) -> None:
    body = delivery(STATUS, {"current": current, "previous": previous})
    read = HOOK.read([], body)
    assert len(HOOK.hears[STATUS](read.payload)) == closes
    name = "closed/7/2026-11-27T11:00" if closes else "e-1"
    assert (read.type, read.id, read.at.tzinfo) == (STATUS, name, UTC)


def test_a_type_that_nobody_hears_is_named_whatever_it_is_about() -> None:
    body = msgspec.json.encode({"type": "zen:event-type:user.created", "id": "e-2", "time": "2026-11-27T11:00:09Z"})
    read = HOOK.read([], body)
    assert (read.type, read.id, read.type in HOOK.hears) == ("zen:event-type:user.created", "e-2", False)


def test_numbers_may_be_numbers_or_texts() -> None:
    comment = {"id": 55, "body": "#pawline 1", "is_public": False, "author": {"id": 1, "is_staff": True}}
    (found,) = HOOK.hears[COMMENT](delivery(COMMENT, {"comment": comment}, id=7))
    assert (found.subject, found.fact) == ("7", "ticket.decided/7/55")
    assert HOOK.hears[COMMENT](delivery(COMMENT, {"comment": comment | {"author": None}})) == ()
    assert HOOK.hears[COMMENT](delivery(COMMENT, {"comment": comment | {"body": None}})) == ()
    assert HOOK.hears[COMMENT](delivery(COMMENT, {"comment": comment | {"is_public": None}})) == ()


def test_a_new_ticket_is_dated_when_it_was_made() -> None:
    read = HOOK.read([], delivery(CREATED, {}))
    assert (read.id, read.at) == ("e-1", datetime(2026, 11, 27, 9, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "text"),
    [
        (400, {"error": "IdempotentRequestError", "description": "x"}, Rejected, Code.KEY_REUSED, "this key"),
        (400, {"description": "Request parameters don't match the given idempotency key"}, Rejected, Code.KEY_REUSED,
         "this key"),
        (403, {"error": {"title": "Forbidden", "message": "secret"}}, Unauthorised, Code.FORBIDDEN, "may not do that"),
        (409, {"error": "UpdateConflict"}, Transient, Code.IN_PROGRESS, "somebody else"),
        (422, {"error": "RecordInvalid", "details": {"assignee_id": [{"description": "ann@b.c"}], "<x>": []}}, Rejected,
         Code.INVALID, "does not take it: assignee_id"),
        (422, {"details": [1]}, Rejected, Code.INVALID, "does not take it"),
        (422, "not an object", Rejected, Code.INVALID, "does not take it"),
    ],
)  # fmt: skip
def test_what_a_status_means(status: int, body: Any, kind: type[PortError], code: Code, text: str) -> None:
    found = explain(Answer(status, {}, msgspec.json.encode(body)))
    assert isinstance(found, kind)
    assert (found.code, text in found.text, "ann@" in found.text, "secret" in found.text) == (code, True, False, False)


def test_what_is_usual_is_left_to_its_status() -> None:
    assert [explain(Answer(status, {}, b"{}")) for status in (400, 401, 404, 500, 503)] == [None] * 5
