"""HubSpot's own SDK against the pretended HubSpot, and against our signatures: an independent witness."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import hubspot
import pytest
from hubspot.crm.contacts import ApiException
from hubspot.utils.signature import Signature

from pawline.connectors.hubspot.hook import HOOK
from pawline.connectors.hubspot.schema import GROUP, PROPERTIES
from pawline.kit import METHOD, URL, Secret, Unsigned
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.hubspot.telling import signed

EMAIL = "ann@example.com"
ADDRESS = "https://hub.example.com/hooks/hubspot/eu?shop=a b"


def witness(told: Callable[[Any, Desk], Any]) -> None:
    """The SDK speaks version 3 and 4, whose words are those of 2026-09, at older addresses."""

    async def within() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        desk.act("hubspot/types", b'{"id": 11, "name": "Offers"}')
        desk.act("hubspot/emails", b'{"id": 1, "name": "Refund"}')
        desk.act("hubspot/events", b'["pe1_placed"]')
        async with served(desk) as url:
            client = hubspot.HubSpot(access_token=desk.hubspot.token, host=f"{url}/hubspot")
            await asyncio.to_thread(told, client, desk)

    asyncio.run(within())


def define(client: Any) -> None:
    client.crm.properties.groups_api.create("contacts", {"name": GROUP, "label": "Pawline"})
    client.crm.properties.batch_api.create("contacts", {"inputs": list(PROPERTIES)})  # 200 in 2026-09, which it ignores
    there = {one.name: one for one in client.crm.properties.core_api.get_all("contacts").results}
    assert set(there) >= {one["name"] for one in PROPERTIES}
    assert there["pawline_household"].has_unique_value


def by_household(id: str, **properties: str) -> dict[str, Any]:
    return {"inputs": [{"id": id, "idProperty": "pawline_household", "properties": properties}]}


def test_the_vendors_own_client_writes_and_reads_all_that_the_connector_does_of_contacts() -> None:
    def told(client: Any, desk: Desk) -> None:
        define(client)
        contacts = client.crm.contacts
        (made,) = contacts.batch_api.upsert(by_household("h-1", email=EMAIL)).results
        (again,) = contacts.batch_api.upsert(by_household("h-1", firstname="Ann")).results
        assert (made.new, again.new, again.id) == (True, False, made.id)
        contacts.basic_api.update(made.id, {"properties": {"lastname": "Bee"}})
        asked = {
            "idProperty": "email", "inputs": [{"id": EMAIL}, {"id": "bo@example.com"}], "properties": ["lastname"],
            "propertiesWithHistory": [],
        }  # fmt: skip
        found = contacts.batch_api.read(asked)
        assert [(one.id, one.properties["lastname"]) for one in found.results] == [(made.id, "Bee")]
        assert (found.num_errors, found.errors[0].category) == (1, "OBJECT_NOT_FOUND")
        contacts.batch_api.update({"inputs": [{"id": made.id, "properties": {"pawline_pet_count": "2"}}]})
        looked = {
            "filterGroups": [{"filters": [{"propertyName": "pawline_household", "operator": "HAS_PROPERTY"}]}],
            "sorts": ["hs_object_id"], "limit": 10, "after": "0", "properties": ["pawline_pet_count"],
        }  # fmt: skip
        page = contacts.search_api.do_search(looked)
        assert (page.total, page.results[0].properties["pawline_pet_count"]) == (1, "2")
        one = contacts.basic_api.get_by_id("h-1", id_property="pawline_household", properties=["email"])
        assert (one.id, one.properties["email"]) == (made.id, EMAIL)
        assert [one.id for one in contacts.basic_api.get_page(limit=5).results] == [made.id]
        contacts.basic_api.purge({"objectId": EMAIL, "idProperty": "email"})
        assert desk.hubspot.books.contacts == {}

    witness(told)


def test_the_vendors_own_client_goes_through_all_contacts_and_reads_what_they_were() -> None:
    def told(client: Any, desk: Desk) -> None:
        names = [f"p{number}@example.com" for number in range(120)]
        for name in names:
            desk.hubspot.books.write(None, {"email": name})
        ann = desk.hubspot.books.contacts["101"]
        desk.hubspot.books.write(ann, {"email": EMAIL})
        contacts = client.crm.contacts
        found = contacts.get_all(properties=["email", "no_such_thing"])  # pages of a hundred
        assert [one.properties["email"] for one in found] == [EMAIL, *names[1:]]
        assert "no_such_thing" not in found[0].properties
        few = contacts.basic_api.get_page(limit=2)
        assert [one.id for one in contacts.basic_api.get_page(limit=2, after=few.paging.next.after).results] == [
            "103", "104"
        ]  # fmt: skip
        for wrong in ({"limit": 101}, {"limit": 0}, {"after": "x"}):
            with pytest.raises(ApiException):
                contacts.basic_api.get_page(**wrong)
        asked = {"inputs": [{"id": ann.id}], "properties": [], "propertiesWithHistory": ["email"]}
        (one,) = contacts.batch_api.read(asked).results
        assert [was.value for was in one.properties_with_history["email"]] == [EMAIL, "p0@example.com"]
        most = [{"id": str(101 + number)} for number in range(51)]
        assert len(contacts.batch_api.read(asked | {"inputs": most[:50]}).results) == 50
        with pytest.raises(ApiException):
            contacts.batch_api.read(asked | {"inputs": most})
        assert len(contacts.batch_api.read(asked | {"inputs": most, "propertiesWithHistory": []}).results) == 51

    witness(told)


def test_the_same_of_notes_messages_events_and_types() -> None:
    def told(client: Any, desk: Desk) -> None:
        define(client)
        (made,) = client.crm.contacts.batch_api.upsert(by_household("h-1", email=EMAIL)).results
        kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}
        wanted = {
            "properties": {"hs_timestamp": "2026-11-28T12:00:00Z", "hs_note_body": "likes chicken"},
            "associations": [{"to": {"id": made.id}, "types": [kind]}],
        }  # fmt: skip
        note = client.crm.objects.notes.basic_api.create(wanted)
        towards = client.crm.associations.v4.batch_api.get_page("contacts", "notes", {"inputs": [{"id": made.id}]})
        assert [one.to_object_id for one in towards.results[0].to] == [note.id]
        asked = {"inputs": [{"id": note.id}], "properties": ["hs_note_body"], "propertiesWithHistory": []}
        (read,) = client.crm.objects.notes.batch_api.read(asked).results
        assert read.properties["hs_note_body"] == "<div><p>likes chicken</p></div>"
        mail = {
            "emailId": 1, "contactProperties": {}, "customProperties": {"order": "1"},
            "message": {"to": EMAIL, "sendId": "k-1", "cc": [], "bcc": [], "replyTo": []},
        }  # fmt: skip
        send = client.marketing.transactional.single_send_api.send_email
        assert [send(mail).send_result for _ in range(2)] == ["SENT", "IDEMPOTENT_IGNORE"]
        event = {
            "eventName": "pe1_placed", "objectId": made.id, "uuid": "u-1", "properties": {"order": "1"},
            "occurredAt": datetime(2026, 11, 28, tzinfo=UTC),
        }  # fmt: skip
        for _ in range(2):
            client.events.send.basic_api.send(event)
        assert list(desk.hubspot.books.occurred) == [("pe1_placed", "u-1")]

    witness(told)


def test_the_vendors_own_client_knows_our_errors_for_errors() -> None:
    def told(client: Any, desk: Desk) -> None:
        def refused(properties: dict[str, str]) -> tuple[int, str]:
            with pytest.raises(ApiException) as no:
                client.crm.contacts.basic_api.create({"properties": properties, "associations": []})
            return no.value.status, json.loads(no.value.body)["category"]

        client.crm.contacts.basic_api.create({"properties": {"email": EMAIL}, "associations": []})
        assert refused({"email": EMAIL.upper()}) == (409, "CONFLICT")
        assert refused({"email": "nobody"}) == (400, "VALIDATION_ERROR")
        assert refused({"shoe_size": "42"}) == (400, "VALIDATION_ERROR")
        desk.hubspot.scopes = frozenset()
        assert refused({"email": "bo@example.com"}) == (403, "MISSING_SCOPES")
        desk.hubspot.limits.most = 0
        desk.hubspot.scopes = frozenset({"crm.objects.contacts.write"})
        assert refused({"email": "bo@example.com"}) == (429, "RATE_LIMITS")
        assert list(desk.hubspot.books.contacts) == ["101"]

    witness(told)


def test_signatures_of_ours_are_the_vendors_and_theirs_are_believed_here() -> None:
    body, at = b'[{"eventId": 1}]', round(time.time(), 3)
    sent = signed("secret", ADDRESS, body, at)
    given = (sent["X-HubSpot-Signature-v3"], "secret", body.decode(), ADDRESS, "POST")
    moment = sent["X-HubSpot-Request-Timestamp"]
    assert Signature.is_valid(*given, "v3", moment)
    assert not Signature.is_valid(*given)  # it takes everything for version 2, unless it is told
    theirs = Signature.get_signature("secret", body.decode(), "v3", ADDRESS, "POST", moment)
    headers = [
        (METHOD, "POST"), (URL, ADDRESS), ("X-HubSpot-Signature-v3", theirs), ("X-HubSpot-Request-Timestamp", moment)
    ]  # fmt: skip
    HOOK.signature.verify((Secret("other"), Secret("secret")), headers, body, at)
    for version in ("v1", "v2"):
        older = Signature.get_signature("secret", body.decode(), version, ADDRESS, "POST", moment)
        for name in ("X-HubSpot-Signature-v3", "X-HubSpot-Signature"):
            with pytest.raises(Unsigned):
                HOOK.signature.verify((Secret("secret"),), [*headers[:2], (name, older), headers[3]], body, at)
    ahead = str(round((at + 3_600) * 1_000))
    later = Signature.get_signature("secret", body.decode(), "v3", ADDRESS, "POST", ahead)
    assert Signature.is_valid(later, "secret", body.decode(), ADDRESS, "POST", "v3", ahead)  # theirs believes tomorrow
    with pytest.raises(Unsigned):
        HOOK.signature.verify(
            (Secret("secret"),),
            [*headers[:2], ("X-HubSpot-Signature-v3", later), ("X-HubSpot-Request-Timestamp", ahead)], body, at,
        )  # fmt: skip
