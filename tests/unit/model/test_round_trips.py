"""Every type of the model comes back from its JSON, and every event from its body and from its CloudEvent."""

from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawline import model
from pawline.model import (
    CloudEvent,
    Envelope,
    Event,
    decode_event,
    encode_event,
    event_type,
    from_cloudevent,
    public_name,
    to_cloudevent,
)
from pawline.model.cloudevents_wire import from_binary, from_structured, to_binary, to_structured
from tests.unit.model.shapes import moments, names, shapes

PUBLIC = [getattr(model, name) for name in model.__all__]
STRUCTS = [
    thing
    for thing in PUBLIC
    if isinstance(thing, type) and issubclass(thing, msgspec.Struct) and thing not in (Event, Envelope, CloudEvent)
]
EVENTS = [kind for kind in STRUCTS if issubclass(kind, Event)]

few = settings(max_examples=8)


def by_name(kind: type[Any]) -> str:
    return kind.__name__


def test_the_public_names_are_all_there_once() -> None:
    assert len(set(model.__all__)) == len(model.__all__)
    assert all(hasattr(model, name) for name in model.__all__)


@pytest.mark.parametrize("kind", STRUCTS, ids=by_name)
@few
@given(data=st.data())
def test_a_type_comes_back_from_its_json(kind: type[Any], data: st.DataObject) -> None:
    value = data.draw(shapes(kind))
    assert msgspec.json.decode(msgspec.json.encode(value), type=kind) == value


@pytest.mark.parametrize("kind", STRUCTS, ids=by_name)
def test_a_type_is_frozen(kind: type[Any]) -> None:
    assert kind.__struct_config__.frozen


@pytest.mark.parametrize("kind", EVENTS, ids=by_name)
@few
@given(data=st.data())
def test_an_event_comes_back_and_says_what_it_is_about(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(shapes(kind))
    name = public_name(kind)
    assert event_type(name) is kind
    assert decode_event(name, encode_event(event)) == event
    assert isinstance(event.subject, str)
    assert event.subject != ""
    assert event.household is None or isinstance(event.household, str)
    assert event.fact is None or event.fact.startswith(name.removesuffix("@1") + "/")


@pytest.mark.parametrize("kind", EVENTS, ids=by_name)
@few
@given(data=st.data(), at=moments, shop=names, source=names, key=names)
def test_an_event_comes_back_from_its_cloudevent(
    kind: type[Event], data: st.DataObject, at: datetime, shop: str, source: str, key: str
) -> None:
    envelope = Envelope(shop=shop, source=source, id=key, at=at, event=data.draw(shapes(kind)))
    outside = to_cloudevent(envelope)
    assert from_cloudevent(outside) == envelope
    assert from_structured(to_structured(outside)) == outside
    assert from_binary(*to_binary(outside)) == outside


def test_the_events_of_the_first_release() -> None:
    assert sorted(public_name(kind) for kind in EVENTS) == [
        "booking.refused@1",
        "cart.abandoned@1",
        "cart.bought@1",
        "cart.changed@1",
        "case.asked@1",
        "case.clicked@1",
        "case.ended@1",
        "consent.changed@1",
        "customer.erased@1",
        "disclosure.asked@1",
        "erasure.asked@1",
        "lot.listed@1",
        "lot.recalled@1",
        "message.bounced@1",
        "order.booked@1",
        "order.cancelled@1",
        "order.confirmed@1",
        "order.edited@1",
        "order.paid@1",
        "order.placed@1",
        "order.refused@1",
        "payment.declined@1",
        "payment.dispute_closed@1",
        "payment.disputed@1",
        "payment.questioned@1",
        "payout.failed@1",
        "payout.paid@1",
        "person.erased@1",
        "pet.added@1",
        "pet.changed@1",
        "pet.died@1",
        "pet.weighed@1",
        "pickup.decided@1",
        "pickup.missed@1",
        "prescription.approved@1",
        "prescription.declined@1",
        "product.described@1",
        "recall.decided@1",
        "recall.listed@1",
        "recall.reached@1",
        "recall.searched@1",
        "refund.failed@1",
        "refund.issued@1",
        "renewal.at_risk@1",
        "renewal.declined@1",
        "renewals.decided@1",
        "return.received@1",
        "return.requested@1",
        "return.withdrawn@1",
        "shipment.booked@1",
        "shipment.delayed@1",
        "shipment.delivered@1",
        "shipment.dispatched@1",
        "shipment.tracked@1",
        "shopper.disappointed@1",
        "stock.counted@1",
        "subscription.changed@1",
        "subscription.ended@1",
        "subscription.renewal_due@1",
        "subscription.started@1",
        "survey.answered@1",
        "ticket.closed@1",
        "ticket.decided@1",
        "ticket.opened@1",
    ]


def test_an_erasure_is_readable_after_it() -> None:
    erased = model.CustomerErased(erased=model.HouseholdId("h1"))
    assert (erased.subject, erased.household) == ("h1", None)
