"""What is of one system, and what of another that counts as it does; what is one delivery, and what are two."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pawline.kit import WHENEVER
from pawline.model.events.shipments import ShipmentDispatched
from pawline.testing.conformance import SECRETS
from tests.unit.connectors.test_http_heard import BODY, PARCEL, heard, mapped


def test_two_systems_that_count_alike_are_told_apart_by_a_prefix() -> None:
    """An order's number is a fact of the shop: of two that have it the second would be taken for known."""
    facts = set()
    for till in ("north", "south"):
        fields = PARCEL.replace('"/p/code"', f'{{ from = "/p/order", is = "text", prefix = "{till}-" }}')
        _, (event,) = heard(mapped(fields), msgspec.json.encode(BODY))
        assert isinstance(event, ShipmentDispatched)
        assert event.shipment == f"{till}-7"
        facts.add(event.fact)
    assert len(facts) == 2


def test_what_is_empty_is_no_id_because_something_stands_before_it() -> None:
    fields = PARCEL.replace('"/p/code"', '{ from = "/p/code", is = "text", prefix = "north-" }')
    _, (event,) = heard(mapped(fields), msgspec.json.encode({"p": BODY["p"] | {"code": ""}}))
    assert isinstance(event, ShipmentDispatched)
    assert event.shipment == ""


def test_what_is_about_nothing_is_no_event() -> None:
    """Two of them would be one fact: the second would be lost."""
    with pytest.raises(ValueError, match=r"^shipment.dispatched@1: the id of what it is about is empty"):
        heard(mapped(PARCEL), msgspec.json.encode({"p": BODY["p"] | {"order": ""}}))


def test_the_id_of_a_thing_is_not_the_same_delivery_for_all_that_becomes_of_it() -> None:
    given = mapped(PARCEL, type="/event", id="/p/order")
    fields = given["events"][0]["fields"]
    given["events"] = [
        {"type": "left", "event": "shipment.dispatched@1", "fields": fields},
        {"type": "came", "event": "shipment.delivered@1", "fields": fields},
    ]
    ids = [heard(given, msgspec.json.encode(BODY | {"event": one}))[0].id for one in ("left", "came", "left")]
    assert ids == ["left/7", "came/7", "left/7"]


def test_a_type_that_nobody_signed_makes_no_second_delivery_of_one_body() -> None:
    given = mapped(PARCEL, type="header:x-event", id="/p/order")
    fields = given["events"][0]["fields"]
    given["events"] = [
        {"type": one, "event": event, "fields": fields}
        for one, event in (("left", "shipment.dispatched@1"), ("came", "shipment.delivered@1"))
    ]
    ids = {heard(given, msgspec.json.encode(BODY), ("x-event", one))[0].id for one in ("left", "came")}
    assert ids == {"7"}


def test_a_whole_cloud_event_is_no_event_because_a_header_that_nobody_signed_says_so() -> None:
    """Caught and sent again in the other mode it would be another delivery, of what its frame says."""
    frame = {"specversion": "1.0", "id": "e1", "source": "/till", "type": "shipment.delivered@1", "data": {}}
    body = msgspec.json.encode(frame | {"shipment": "s1", "order": "o1", "at": "2026-11-27T10:30:00Z"})
    named = [("ce-specversion", "1.0"), ("ce-id", "e2"), ("ce-source", "/x"), ("ce-type", "shipment.delivered@1")]
    given = {"secrets": list(SECRETS[:2]), "cloudevents": ["shipment.delivered@1"]}
    with pytest.raises(ValueError, match="it is a whole CloudEvent"):
        heard(given, body, *named, ("content-type", "application/json"))


@pytest.mark.parametrize("at", [None, "not there"])
def test_a_time_that_need_not_be_said_is_that_at_which_it_came(at: Any) -> None:
    given = mapped(PARCEL, at={"from": "/at", "is": "date", "optional": True})
    told, _ = heard(given, msgspec.json.encode(BODY if at else BODY | {"at": None}))
    assert told.at == WHENEVER
    told, _ = heard(given, msgspec.json.encode(BODY | {"at": "2026-11-27T10:30:00Z"}))
    assert told.at.isoformat() == "2026-11-27T10:30:00+00:00"
    with pytest.raises(ValueError, match="it is no date and time"):
        heard(given, msgspec.json.encode(BODY | {"at": "soon"}))
