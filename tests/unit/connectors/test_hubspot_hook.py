"""HubSpot's webhooks: who is believed, and what is made of them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pawline.connectors.hubspot.hook import ERASED, HOOK, read
from pawline.kit import METHOD, URL, Secret, Unsigned
from pawline.model import Event, PersonErased, PersonId
from pawline.sandbox.hubspot.telling import signed
from pawline.testing.clock import NOON

ADDRESS = "https://hub.example.com/hooks/hubspot/eu"


def test_a_delivery_is_known_by_its_changes_and_not_by_the_attempt() -> None:
    one = {
        "eventId": 1, "subscriptionId": 2, "portalId": 3, "occurredAt": 1_000, "subscriptionType": "contact.creation",
        "objectId": 5, "attemptNumber": 0,
    }  # fmt: skip
    told = [one, one | {"subscriptionId": 4, "occurredAt": 2_000}]

    def named(changes: list[dict[str, Any]]) -> str:
        return read([], json.dumps(changes).encode()).id

    assert named(told) == named([change | {"attemptNumber": 3} for change in told[::-1]])
    others = [named([one | more]) for more in ({}, {"subscriptionId": 9}, {"occurredAt": 9}, {"objectId": 9})]
    assert len({*others, named(told)}) == 5
    assert read([], json.dumps(told).encode()).at.timestamp() == 2.0


def test_who_is_forgotten_at_hubspot_is_told_once_whatever_came_with_it() -> None:
    def change(kind: str, of: int | None, at: int = 1_000) -> dict[str, Any]:
        found = {"eventId": 1, "subscriptionId": 2, "portalId": 3, "occurredAt": at, "subscriptionType": kind}
        return found if of is None else found | {"objectId": of}

    def told(*changes: dict[str, Any]) -> tuple[str, tuple[Event, ...]]:
        delivery = read([], json.dumps(changes).encode())
        return delivery.type, HOOK.hears[delivery.type](delivery.payload)

    five, six = (PersonErased(person=PersonId(no), at=datetime.fromtimestamp(1, UTC)) for no in ("5", "6"))
    assert told(change(ERASED, 5)) == (ERASED, (five,))
    mixed = (change("contact.deletion", 5), change(ERASED, 5), change(ERASED, 6), change(ERASED, 5, 2_000))
    assert told(*mixed) == ("several", (five, six))
    assert told(change("contact.deletion", 5)) == ("contact.deletion", ())  # it may be restored
    with pytest.raises(ValueError, match="of nobody"):
        told(change(ERASED, None))
    with pytest.raises(ValueError, match="not heard"):
        HOOK.hears["several"](json.dumps([change("contact.oddity", 5)]).encode())
    with pytest.raises(ValueError, match="no changes"):
        read([], b"[]")


def test_whose_property_changed_is_rung_and_nobody_else() -> None:
    def rung(*changes: dict[str, Any]) -> str | None:
        base = {"eventId": 1, "subscriptionId": 2, "portalId": 3, "occurredAt": 1_000}
        return HOOK.rings(read([], json.dumps([base | one for one in changes]).encode()))

    old, new = ({"subscriptionType": f"{thing}.propertyChange"} for thing in ("contact", "object"))
    ann, bo = old | {"objectId": 7}, new | {"objectId": 12, "objectTypeId": "0-1"}
    assert rung(ann, bo, ann | {"objectTypeId": None}) == "12,7"
    assert rung(new | {"objectId": 5, "objectTypeId": "0-3"}) is None  # a deal
    assert rung({"subscriptionType": "contact.creation", "objectId": 5}) is None
    assert rung({"subscriptionType": ERASED, "objectId": 5}, old | {"objectId": 7}) == "7"
    assert rung(old) is None


def test_the_address_is_signed_as_the_outside_sees_it() -> None:
    body, at = b"[]", NOON.timestamp()
    sent = list(signed("secret", ADDRESS, body, at).items())
    secrets = (Secret("new"), Secret("secret"))
    HOOK.signature.verify(secrets, [(METHOD, "POST"), (URL, ADDRESS), *sent], body, at)
    for headers in (
        sent,  # nobody said what the hub is called
        [(METHOD, "POST"), (URL, ADDRESS + "/"), *sent],
        [(METHOD, "PUT"), (URL, ADDRESS), *sent],
        [(METHOD, "POST"), (URL, ADDRESS), *sent, ("x-hubspot-request-timestamp", "1")],
        [(METHOD, "POST"), (URL, ADDRESS), ("x-hubspot-signature", base64.b16encode(b"x").decode()), *sent[2:]],
    ):
        with pytest.raises(Unsigned):
            HOOK.signature.verify(secrets, headers, body, at)
    for seconds in (-301, 301):  # what is signed for later is not believed either
        with pytest.raises(Unsigned):
            HOOK.signature.verify(secrets, [(METHOD, "POST"), (URL, ADDRESS), *sent], body, at + seconds)
