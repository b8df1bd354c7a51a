"""An account: its token, its scopes, its properties, what HubSpot says when it will not, and what is told to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.hubspot import connector
from pawline.connectors.hubspot.errors import explain, problem
from pawline.connectors.hubspot.health import probe
from pawline.connectors.hubspot.schema import OURS, ready
from pawline.kit import Answer, BadSettings, Guard, Secret
from pawline.model import Medium, Message, Purpose
from pawline.ports import Code, Marketing, Occurrence, PortError, Rejected, Suppression, Transient, Unauthorised
from pawline.sandbox.hubspot.hubspot import SCOPES
from pawline.testing.clock import NOON
from pawline.testing.counter import LOOPBACK, counter
from pawline.testing.counter import json as answer
from tests.unit.connectors.hubspot_scene import ANN, EMAIL, Scene, run

BOTH = frozenset({"Crm", "Marketing"})
ADDRESS = "https://hub.example.com/hooks/hubspot/eu"


async def refusal(call: Awaitable[Any]) -> PortError:
    with pytest.raises(PortError) as no:
        await call
    return no.value


# -- set-up --------------------------------------------------------------------------------------------------------


def test_an_account_that_may_do_its_work_lacks_nothing() -> None:
    async def told(here: Scene) -> None:
        await probe(here.http, here.settings, BOTH)
        assert here.desk.vendors.effects() == ()
        assert set(here.books.properties) & set(OURS) == set()  # a check makes nothing

    run(told, portal=62515)


def test_what_lacks_is_named_all_of_it() -> None:
    async def told(here: Scene) -> None:
        here.desk.hubspot.scopes = SCOPES - {"oauth", "communication_preferences.statuses.batch.read"}
        no = await refusal(probe(here.http, here.settings, BOTH))
        assert (type(no), no.code, no.text) == (
            Unauthorised, Code.FORBIDDEN,
            "the token lacks the scopes oauth, communication_preferences.statuses.batch.read",
        )  # fmt: skip
        here.desk.hubspot.scopes = frozenset()
        no = await refusal(probe(here.http, here.settings, frozenset({"Crm"})))
        assert no.text == (
            "the token lacks the scopes oauth, crm.objects.contacts.read, crm.schemas.contacts.read,"
            " communication_preferences.read, communication_preferences.statuses.batch.read"
        )

    run(told)


def test_a_token_that_is_none_or_of_another_account_is_told() -> None:
    async def told(here: Scene) -> None:
        other = msgspec.structs.replace(here.settings, portal=7)
        no = await refusal(probe(here.http, other, BOTH))
        assert (type(no), no.code) == (Unauthorised, Code.CREDENTIALS)
        account = connector.connect(msgspec.structs.replace(here.settings, token=Secret("pat-no")), LOOPBACK)
        http: Any = account.http
        no = await refusal(probe(http, here.settings, BOTH))
        assert (type(no), no.code) == (Unauthorised, Code.CREDENTIALS)
        await account.http.close()

    run(told)


def test_a_subscription_type_that_is_not_there_is_told_and_marketing_needs_one() -> None:
    async def told(here: Scene) -> None:
        lost = msgspec.structs.replace(here.settings, marketing=(11, 99), surveys=(98,))
        no = await refusal(probe(here.http, lost, BOTH))
        assert (type(no), no.text) == (Rejected, "HubSpot has no subscription type 99 for marketing")
        none = msgspec.structs.replace(here.settings, marketing=(), reminders=())
        no = await refusal(probe(here.http, none, BOTH))
        assert "there are 11, 12, 21" in no.text
        await probe(here.http, none, frozenset({"Crm"}))

    run(told)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"token": "t", "marketing": ["offers"]}, "marketing"),
        ({"token": "t", "subscriptions": {}}, "subscriptions"),
        ({"token": "t", "emails": {"refund_notice": "x"}}, "emails"),
        ({}, "token"),
    ],
)
def test_settings_that_are_none_are_named(given: dict[str, object], said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        connector.configure(given)


def test_plain_http_is_for_networks_that_are_allowed() -> None:
    with pytest.raises(ValueError, match="https"):
        connector.connect(connector.configure({"token": "t", "url": "http://127.0.0.1:1"}), Guard())


# -- properties ----------------------------------------------------------------------------------------------------


def test_properties_are_made_once_by_whoever_comes_first() -> None:
    async def told(here: Scene) -> None:
        await asyncio.gather(*(ready(here.http) for _ in range(5)))
        assert here.desk.vendors._dice.requests == 3
        assert set(OURS) <= set(here.books.properties)
        assert here.books.properties["pawline_household"]["hasUniqueValue"]
        assert here.books.properties["pawline_pet_1_born_on"]["type"] == "date"
        other = connector.connect(here.settings, LOOPBACK)
        await ready(other.http)  # type: ignore[arg-type]
        assert here.desk.vendors._dice.requests == 4
        await other.http.close()

    run(told)


def stopped(here: Scene) -> Awaitable[Any]:
    return here.step(here.marketing.suppress(Suppression(household=ANN, because="x")))


def test_a_property_that_somebody_deleted_is_made_anew_with_the_next_try() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        del here.books.properties["pawline_suppressed"]
        no = await refusal(stopped(here))
        assert isinstance(no, Transient)
        await stopped(here)
        assert here.contact().properties["pawline_suppressed"] == "x"

    run(told)


def test_a_link_that_is_not_unique_is_a_persons() -> None:
    async def told(here: Scene) -> None:
        here.books.properties["pawline_household"] = {"name": "pawline_household"}
        no = await refusal(here.crm.pets(ANN))
        assert (type(no), no.text) == (
            Rejected, "the property pawline_household at HubSpot has no unique values: delete it there"
        )  # fmt: skip

    run(told)


# -- what HubSpot says ---------------------------------------------------------------------------------------------


def said(status: int, body: object, **headers: str) -> PortError | None:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return explain(Answer(status, sent, body if isinstance(body, bytes) else json.dumps(body).encode()))


def test_errors_are_the_right_ones_of_four() -> None:
    scopes = {"errors": [{"context": {"requiredGranularScopes": ["oauth", "<b>"]}}]}
    none: tuple[tuple[PortError | None, object], ...] = (
        (said(403, {"category": "MISSING_SCOPES", **scopes}), (Unauthorised, "forbidden", "the token lacks oauth")),
        (said(403, b"<html>"), (Unauthorised, "forbidden", "the token may not do that")),
        (said(409, {}), (Rejected, "conflict", "HubSpot has another contact with this address or household")),
        (said(400, {"errors": [{"code": "INVALID_X"}]}), (Rejected, "invalid", "HubSpot refuses it: INVALID_X")),
        (said(423, {}, retry_after="2"), (Transient, "unavailable", "HubSpot answered 423: not now")),
        (said(477, {}, retry_after="90"), (Transient, "unavailable", "HubSpot answered 477: not now")),
    )  # fmt: skip
    for found, wanted in none:
        assert found is not None
        assert (type(found), found.code.value, found.text) == wanted
    for status in (404, 401, 500):
        assert said(status, {}) is None
    assert said(400, b"\xff") is None
    waits = [
        said(429, {"policyName": "DAILY"}), said(429, {}, retry_after="7"), said(429, b""),
        said(429, {}, x_hubspot_ratelimit_interval_milliseconds="1000"),
    ]  # fmt: skip
    assert [one.retry_after for one in waits if isinstance(one, Transient)] == [
        timedelta(minutes=15), timedelta(seconds=7), timedelta(seconds=10), timedelta(seconds=1)
    ]  # fmt: skip


def test_nothing_that_we_sent_is_in_what_is_told() -> None:
    told = f'Property values were not valid: [{{"isValid":false,"message":"{EMAIL} ANN_BEE","error":"INVALID_EMAIL"}}]'
    found = said(400, {"category": "VALIDATION_ERROR", "message": told, "errors": [{"code": EMAIL}]})
    assert found is not None
    assert found.text == "HubSpot refuses it: INVALID_EMAIL"
    assert problem(b'{"errors": null, "message": null}').codes == frozenset()


@pytest.mark.parametrize(
    ("result", "code"),
    [
        ("PREVIOUSLY_UNSUBSCRIBED_PORTAL", Code.NOT_ALLOWED), ("PREVIOUSLY_BOUNCED", Code.UNDELIVERABLE),
        ("MISSING_CONTENT", Code.INVALID), ("THROTTLED", Code.UNAVAILABLE), ("IDEMPOTENT_FAIL", Code.UNAVAILABLE),
        ("a new word", Code.INVALID), ("IDEMPOTENT_IGNORE", None), (None, None),
    ],
)  # fmt: skip
def test_what_becomes_of_an_e_mail_is_told(result: str | None, code: Code | None) -> None:
    async def told(here: Scene) -> None:
        here.act("emails", id=1, name="Refund")
        await here.know()
        here.books.mail = lambda *_: result  # type: ignore[assignment,method-assign]
        message = Message(name="refund_notice", household=ANN, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL)
        call = here.step(here.marketing.send(message))
        if code is None:
            assert await call == "k-1"
            return
        no = await refusal(call)
        assert no.code is code
        assert isinstance(no, Transient if code is Code.UNAVAILABLE else Rejected)

    run(told, emails={"refund_notice": 1})


def test_an_occurrence_is_told_where_it_has_an_event_and_somebody_it_happened_to() -> None:
    async def told(here: Scene) -> None:
        here.desk.act("hubspot/events", b'["pe1_placed"]')
        placed = Occurrence(name="Placed Order", key="placed/1", at=NOON, household=ANN, values={"total": 5, "b": True})
        shipped = msgspec.structs.replace(placed, name="Shipped Order")
        nobody = await here.step(here.marketing.track(placed))
        await here.know()
        for one in (placed, placed, shipped):
            await here.step(here.marketing.track(one))
        assert nobody.reference is None
        assert list(here.books.occurred.values()) == [
            {"at": "2026-01-01T12:00:00.000Z", "contact": here.contact().id, "total": "5", "b": "true"}
        ]  # fmt: skip
        assert here.did() == [f"contact {ANN}", f"event {ANN}/pe1_placed"]
        for number in range(101):
            here.act("people", email=f"p{number}@example.com")
        with pytest.raises(Transient):  # one of them may be the one
            await here.step(here.marketing.track(msgspec.structs.replace(placed, household="h-bo")))

    run(told, events={"Placed Order": "pe1_placed"})


async def test_what_is_taken_on_otherwise_than_promised_is_a_developers() -> None:
    async with counter(seconds=10) as counted:
        url = f"http://127.0.0.1:{counted.port}"
        account = connector.connect(connector.configure({"token": "t", "url": url, "events": {"x": "pe1"}}), LOOPBACK)
        http: Any = account.http
        http.ready = True
        found = answer(200, b'{"results": [{"id": "1", "properties": {}}]}')
        marketing: Any = account.plays[Marketing]
        for second, wanted in ((answer(200), "malformed"), (answer(202), "malformed"), (answer(400), "rejected")):
            counted.says(found, second)
            what = Occurrence(name="x", key="k", at=NOON, household=ANN)
            assert (await refusal(marketing.track(what))).kind == wanted
        await account.http.close()
