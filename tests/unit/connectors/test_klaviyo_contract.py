"""What the connector sends and what the sandbox answers, held against Klaviyo's own specification."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from pawline.connectors.klaviyo.enrolling import enrol
from pawline.connectors.klaviyo.health import probe
from pawline.connectors.klaviyo.looking import missed
from pawline.connectors.klaviyo.settings import REVISION
from pawline.connectors.klaviyo.triggers import sends
from pawline.model import Consent, Household, HouseholdId, Medium, Message, Pet, PetId, Purpose, Species
from pawline.ports import Occurrence, PortError, Suppression
from pawline.testing.clock import NOON
from tests.house.tree import ROOT
from tests.unit.connectors.klaviyo_scene import ANN, EMAIL, HELD, Scene, run
from tests.unit.sandbox.klaviyo_contract import Held, contract, extract

SPEC = ROOT.parent / "shared/specs/klaviyo/stable.2026-07-15.json"
REX = Pet(id=PetId("rex"), household=ANN, species=Species.DOG)
REQUESTS, REPLIES = 16, 18
"""Kinds of calls, and of answers to them, that were held against the specification: they may only grow."""


async def tour(here: Scene) -> None:
    """Everything that the connector says to Klaviyo."""
    http: Any = here.account.http
    here.act("flows", name="Refund", metric="Pawline refund_notice")
    here.act("flows", name="Order", metric="Placed Order")
    await probe(http, here.settings, frozenset({"Marketing", "Crm"}))
    for _ in range(2):  # made, and told its secret again
        await enrol(http, here.settings, "https://hub.example.com")
    await sends(http, here.settings)
    await here.know(phone="+4930123456")
    await here.know(phone="+12345")  # refused, and left out
    await here.step(here.crm.upsert_pet(REX))
    await here.step(here.crm.note(ANN, "likes chicken"))
    told = Message(name="refund_notice", household=ANN, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL)
    await here.step(here.marketing.send(told))
    what: dict[str, str | int | bool] = {"total": 100, "currency": "EUR"}
    await here.step(here.marketing.track(Occurrence(name="Placed Order", key="k", at=NOON, household=ANN, values=what)))
    for granted, medium in ((True, Medium.EMAIL), (True, Medium.SMS), (True, Medium.WHATSAPP), (False, None)):
        one = Consent(
            household=ANN, purpose=Purpose.MARKETING, granted=granted, at=NOON, source="x", medium=medium
        )  # fmt: skip
        await here.step(here.marketing.consent(one))
    here.desk.act("klaviyo/pace", b"0.3")
    for pet in (None, REX.id):
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="x", pet=pet)))
    here.act("decisions", email=EMAIL, granted=True)
    cursor, more = "", True
    while more:
        seen = await missed(http, here.settings, cursor)
        cursor, more = seen.cursor, seen.more
    await here.know(HouseholdId("h-bo"), "bo@example.com")
    for call in (here.know(HouseholdId("h-bo"), EMAIL), here.crm.household(HouseholdId("h-x"))):
        with pytest.raises(PortError):
            await call
    bare = Household(id=HouseholdId("h-cy"))
    await here.step(here.crm.upsert(bare))
    here.desk.klaviyo.scopes = frozenset()
    with pytest.raises(PortError):
        await here.crm.pets(ANN)


def test_all_that_is_said_is_as_the_vendor_specifies(capsys: pytest.CaptureFixture[str]) -> None:
    before = set(HELD.right)
    HELD.right.clear()
    run(tour, webhook_secrets=["a secret of sixteen"], flows={"order_confirmation": "Order"})
    found = set(HELD.right)
    HELD.right.update(before)
    requests = {one for one in found if len(one.split()) == 2}
    assert requests == set(contract()["operations"])
    assert HELD.wrong == []
    with capsys.disabled():
        sys.stdout.write(
            f"\nKlaviyo: {len(requests)} calls, {len(found - requests)} answers held to its specification\n"
        )
    assert len(requests) >= REQUESTS
    assert len(found - requests) >= REPLIES


def test_a_word_that_the_vendor_does_not_have_is_found() -> None:
    held = Held()
    headers = {"revision": REVISION, "content-type": "application/vnd.api+json"}
    profile: dict[str, Any] = {"type": "profile", "id": "1", "attributes": {"email": EMAIL, "properties": {"a": 1}}}
    held.request("PATCH", "/api/profiles/1", {}, headers, json.dumps({"data": profile}).encode())
    assert held.wrong == []
    profile["attributes"]["e_mail"] = EMAIL
    held.request("PATCH", "/api/profiles/1", {}, headers, json.dumps({"data": profile}).encode())
    held.request("GET", "/api/profiles", {"page[length]": "1"}, headers, b"")
    held.request("GET", "/api/events", {"include": "pets"}, headers, b"")
    held.request("GET", "/api/profiles", {}, {}, b"")
    held.request("GET", "/api/lists", {}, headers, b"")
    held.reply("GET", "/api/accounts", 200, b'{"data": [{"type": "account"}]}')
    held.reply("POST", "/api/events", 202, b"{}")
    held.reply("POST", "/api/events", 200, b"")
    assert [one.split(" at ")[0] for one in held.wrong] == [
        "PATCH /api/profiles/{id}: Additional properties are not allowed ('e_mail' was unexpected)",
        "GET /api/profiles: there is no parameter page[length]",
        "GET /api/events: 'pets' is not one of ['attributions', 'metric', 'profile']",
        "GET /api/profiles: revision None",
        "GET /api/lists is no call that is known",
        "GET /api/accounts 200: 'id' is a required property",
        "GET /api/accounts 200: 'attributes' is a required property",
        "GET /api/accounts 200: 'links' is a required property",
        "POST /api/events is answered 202 without a body",
        "POST /api/events is not answered 200",
    ]


def test_what_is_kept_is_the_vendors() -> None:
    if not SPEC.exists():
        pytest.skip("the vendors' specifications are beside the checkout of whoever has them")
    assert contract() == json.loads(json.dumps(extract(json.loads(SPEC.read_text("utf-8")))))
