"""What of which event leaves: nothing that says whose it is, unless the settings name it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawline.connectors.webhooks.listener import cloud_event
from pawline.hub.listeners.picking import OURS, check_wired, listens_of
from pawline.hub.listeners.telling import MOST, notice_of
from pawline.kit import Listening
from pawline.model import Event, OrderCancelled, OrderConfirmed, OrderId, encode_event
from pawline.model.cloudevents_wire import from_structured, to_structured
from pawline.model.event import event_names, event_type
from pawline.runtime import Flows
from pawline.store import EventRow
from pawline.testing import NOON
from tests.unit.model.shapes import shapes

OWN = [name for name in event_names() if event_type(name).__module__.startswith("pawline.model.events")]
NAMES = [name for name in OWN if not name.startswith(OURS)]


def picked(*events: str, whole: tuple[str, ...] = ()) -> frozenset[str]:
    return listens_of("webhooks/agency", "paws", Listening(events, whole)).types


def row(event: Event, source: str = "accounts/shopify/eu", id: str = "77") -> EventRow:
    name = str(event.__struct_config__.tag)
    return EventRow(1, "paws", 3, 12, name, event.subject, 1, source, id, NOON.timestamp(), NOON.timestamp(),
                    event.household, 1, 1, None, encode_event(event))  # fmt: skip


def test_names_and_nouns_are_picked_and_nothing_else() -> None:
    assert picked("order.placed@1") == {"order.placed@1"}
    assert picked("order.*", "stock.counted@1") == {
        one for one in NAMES if one.startswith("order.") or one == "stock.counted@1"
    }  # fmt: skip
    assert len(picked("order.*")) > 3


@pytest.mark.parametrize(
    ("events", "says"),
    [
        (
            ("order.placed",),
            "`events` names 'order.placed', which is no event and no `noun.*`; did you mean order",
        ),
        (("order.placed@2",), "`events` names 'order.placed@2', which is no event"),
        (("parcel.*",), "`events` names 'parcel.*', and nothing is told of 'parcel': there are .*booking, .*cart, "),
        (("*",), r"`events` names '\*', which is no event"),
        (("*.*",), r"`events` names '\*\.\*', which is no event"),
        (("order.*x",), "which is no event"),
        (("webhook.unclaimed@1",), "what is the hub's own business leaves nowhere"),
        (("case.*",), "what is the hub's own business leaves nowhere"),
        (("listener.owed@1",), "what is the hub's own business leaves nowhere"),
    ],
)
def test_what_is_no_event_is_told_by_name(events: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        picked(*events)


@pytest.mark.parametrize("whole", ["order.*", "order.paid@1", "stock.counted@1"])
def test_whole_bodies_are_named_one_by_one_and_among_the_events(whole: str) -> None:
    with pytest.raises(ValueError, match=r"`whole` names .* which is not among `events`"):
        picked("order.placed@1", whole=(whole,))


def test_nobody_listens_without_the_flows_that_tell() -> None:
    listens = {"webhooks/agency": listens_of("webhooks/agency", "paws", Listening(("order.*",)))}
    with pytest.raises(ValueError, match=r"no flow tell_listener is there: add pawline\.flows\.tell_listeners"):
        check_wired(listens, Flows([]))
    check_wired({}, Flows([]))


def _texts(value: object) -> list[str]:
    """Every text in it, keys left out."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_by_its_ids_no_event_says_whose_it_is_or_anything_that_is_no_id(name: str, data: st.DataObject) -> None:
    """Whatever is in it: a household's id, wherever it stands, and every text, amount and time but ids stay here."""
    event = data.draw(shapes(event_type(name)))
    notice = notice_of(row(event), event, whole=False, turn="", owed=0.0)
    body = msgspec.json.decode(encode_event(event))
    people = {event.household} if event.household else set[str]()
    people |= {str(body[one]) for one in ("household", "erased", "of") if isinstance(body.get(one), str)}
    also = body.get("also")
    people |= set(also) if isinstance(also, list) else set()
    said = msgspec.json.decode(notice.data)
    assert said.pop("type") == name
    for text in (*said.values(), notice.subject or ""):
        assert isinstance(text, str)
        assert not [one for one in people if one and one in text]
    assert set(said) <= set(event.__struct_fields__)
    assert (notice.whole, "accounts/shopify" in str(notice)) == (False, False)
    told = cloud_event(notice)  # whatever stands in it
    assert from_structured(to_structured(told)) == told


CARRIES = {
    "order",
    "shipment",
    "id",
    "subscription",
    "cart",
    "pet",
    "tender",
    "ticket",
    "recall",
    "prescription",
    "payout",
}
CARRIES |= {"message", "cause"}


def test_which_fields_are_ids_that_may_leave_is_known() -> None:
    """A new event with another kind of id is seen here, and looked at by a person."""
    from pawline.hub.listeners.telling import _fields

    assert {one for name in NAMES for one in _fields(event_type(name))[0]} == CARRIES


def test_a_body_that_is_large_goes_by_its_ids_though_it_is_to_go_whole() -> None:
    event = OrderCancelled(order=OrderId("o1"), at=NOON, by="shop", because="x" * MOST)
    notice = notice_of(row(event), event, whole=True, turn="", owed=0.0)
    assert (notice.whole, msgspec.json.decode(notice.data)) == (
        False, {"type": "order.cancelled@1", "order": "o1"},
    )  # fmt: skip
    small = msgspec.structs.replace(event, because="x" * (MOST - 500))
    assert notice_of(row(small), small, whole=True, turn="", owed=0.0).whole


def test_a_subject_that_no_cloud_event_may_have_is_left_out() -> None:
    for subject in ("", "a\x00b", "a\nb"):
        event = OrderConfirmed(order=OrderId(subject))
        for whole in (True, False):
            notice = notice_of(row(event), event, whole=whole, turn="", owed=0.0)
            assert notice.subject is None
            assert msgspec.json.decode(cloud_event(notice).data or b"")["order"] == subject


def test_its_id_is_of_what_names_the_event_for_good_and_of_the_turn() -> None:
    event = OrderConfirmed(order=OrderId("o1"))

    def named(turn: str = "", **given: str) -> str:
        return notice_of(row(event, **given), event, whole=False, turn=turn, owed=0.0).id

    assert named() == named()
    assert len({named(), named("a"), named("b"), named(id="78"), named(source="accounts/shopify/us")}) == 5
    assert all(len(one) == 36 and one.startswith("evt_") for one in (named(), named("a")))


def test_when_it_happened_and_its_place_are_said() -> None:
    event = OrderConfirmed(order=OrderId("o1"))
    notice = notice_of(row(event), event, whole=False, turn="", owed=NOON.timestamp())
    assert (notice.at, notice.owed, notice.source) == (NOON, NOON.astimezone(UTC), "/shops/paws")
    assert notice.sequence == "00000000000000000012"
    assert datetime.now(UTC) - notice.at > timedelta(0)
