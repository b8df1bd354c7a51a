"""Events have one public name each, are frozen, and come back from their bodies."""

from datetime import UTC, datetime, timedelta, timezone
from types import new_class

import msgspec
import pytest

from pawline.model import (
    BookingRefused,
    CauseId,
    Envelope,
    Event,
    OrderId,
    OrderPlaced,
    UnknownEvent,
    UnreadableEvent,
    decode_event,
    encode_event,
    event_type,
    public_name,
)


class BowlEmptied(Event, tag="bowl.emptied@1"):
    subject: str
    grams: int = 0


class BowlFilled(Event, tag="bowl.filled@2"):
    bowl: str
    household: str
    fact: str | None = "bowl.filled/7"

    @property
    def subject(self) -> str:
        return self.bowl


def test_the_name_is_the_tag() -> None:
    assert public_name(BowlEmptied) == "bowl.emptied@1"
    assert event_type("bowl.emptied@1") is BowlEmptied
    assert public_name(OrderPlaced) == "order.placed@1"
    assert event_type("order.placed@1") is OrderPlaced


def test_the_root_has_no_name() -> None:
    with pytest.raises(TypeError, match="Event itself has no public name"):
        public_name(Event)


def test_bodies_carry_the_name_and_come_back() -> None:
    event = BowlEmptied(subject="b1", grams=40)
    assert encode_event(event) == b'{"type":"bowl.emptied@1","subject":"b1","grams":40}'
    assert decode_event("bowl.emptied@1", encode_event(event)) == event


def test_a_body_of_a_newer_release_is_read_without_what_is_new() -> None:
    body = b'{"type":"bowl.emptied@1","subject":"b1","grams":40,"colour":"red"}'
    assert decode_event("bowl.emptied@1", body) == BowlEmptied(subject="b1", grams=40)


def test_events_are_frozen_and_by_keyword() -> None:
    event = BowlEmptied(subject="b1")
    with pytest.raises(AttributeError, match="immutable type"):
        event.grams = 1  # type: ignore[misc]
    with pytest.raises(TypeError, match="positional"):
        BowlEmptied("b1")  # type: ignore[call-arg]
    assert {event: 1}[BowlEmptied(subject="b1")] == 1


def test_whose_and_which_fact_are_none_unless_said() -> None:
    assert (BowlEmptied(subject="b1").household, BowlEmptied(subject="b1").fact) == (None, None)
    filled = BowlFilled(bowl="b1", household="h1")
    assert (filled.subject, filled.household, filled.fact) == ("b1", "h1", "bowl.filled/7")


def test_an_event_that_does_not_say_what_it_is_about() -> None:
    class DoorOpened(Event, tag="door.opened@1"):
        pass

    with pytest.raises(NotImplementedError, match="DoorOpened does not say what it is about"):
        _ = DoorOpened().subject


@pytest.mark.parametrize(
    "tag",
    [
        "OrderPlaced",
        "order.placed",
        "order.placed@0",
        "order.placed@01",
        "order@1",
        "Order.placed@1",
        "order..placed@1",
        ".placed@1",
        "order.placed@1 ",
        "order.placed@x",
        "order.placed@1\n",
    ],
)
def test_a_name_that_is_none_is_refused(tag: str) -> None:
    with pytest.raises(TypeError, match="is not a public name, which looks like"):
        new_class("Wrong", (Event,), {"tag": tag})
    with pytest.raises(UnknownEvent):
        event_type(tag)


def test_no_name_is_refused() -> None:
    with pytest.raises(TypeError, match="Nameless needs a public name, as in"):

        class Nameless(Event):
            pass


def test_a_name_is_not_inherited() -> None:
    with pytest.raises(TypeError, match="Heir needs a public name"):

        class Heir(BowlEmptied):
            pass


def test_two_classes_with_one_name_are_refused() -> None:
    with pytest.raises(TypeError, match=r"Twin: 'bowl.emptied@1' already names .*\.BowlEmptied"):

        class Twin(Event, tag="bowl.emptied@1"):
            pass

    assert event_type("bowl.emptied@1") is BowlEmptied


def test_a_refused_class_leaves_its_name_free() -> None:
    with pytest.raises(ValueError, match="conflicts with an existing field"):

        class Broken(Event, tag="bowl.broken@1"):
            type: str

    with pytest.raises(UnknownEvent):
        event_type("bowl.broken@1")


def test_classes_may_be_made_while_running() -> None:
    made = new_class("ClockStruck", (Event,), {"tag": "clock.struck@1"})
    assert event_type("clock.struck@1") is made
    assert encode_event(made()) == b'{"type":"clock.struck@1"}'


def test_an_unknown_name_gets_near_ones_named() -> None:
    with pytest.raises(UnknownEvent, match=r"no event is called 'bowl.emptied@2' here .* did you mean bowl.emptied@1"):
        event_type("bowl.emptied@2")
    with pytest.raises(LookupError):
        decode_event("nothing.known@1", b"{}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"type":"bowl.emptied@1"}',
        b'{"type":"bowl.filled@2","bowl":"b1","household":"h"}',
        b'{"subject":"b1"}'[:-1],
        b'{"type":"bowl.emptied@1","subject":"b1","grams":"40"}',
        b'{"type":"bowl.emptied@1","subject":"\xff"}',
    ],
)
def test_a_body_that_does_not_fit_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableEvent, match=r"this is no bowl\.emptied@1"):
        decode_event("bowl.emptied@1", body)


def test_an_envelope_encodes_with_its_event() -> None:
    envelope = Envelope(
        shop="s1", source="shopify/eu", id="e1", at=datetime(2026, 1, 2, tzinfo=UTC), event=BowlEmptied(subject="b1")
    )
    assert msgspec.json.decode(msgspec.json.encode(envelope)) == {
        "shop": "s1",
        "source": "shopify/eu",
        "id": "e1",
        "at": "2026-01-02T00:00:00Z",
        "event": {"type": "bowl.emptied@1", "subject": "b1", "grams": 0},
    }


@pytest.mark.parametrize("missing", ["shop", "source", "id"])
def test_an_envelope_needs_its_address(missing: str) -> None:
    address = {"shop": "s1", "source": "x", "id": "e1", missing: ""}
    with pytest.raises(ValueError, match="needs a shop, a source and an id"):
        Envelope(**address, at=datetime.now(UTC), event=BowlEmptied(subject="b1"))


def test_an_envelope_knows_its_time_zone() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    envelope = Envelope(
        shop="s", source="x", id="1", at=datetime(2026, 1, 2, tzinfo=zone), event=BowlEmptied(subject="b")
    )
    assert envelope.at == datetime(2026, 1, 1, 18, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="an envelope's time needs a time zone"):
        msgspec.structs.replace(envelope, at=datetime(2026, 1, 2))  # noqa: DTZ001 - the naive one is the point


def test_an_event_that_says_whose_word_it_is_names_its_teller() -> None:
    emptied = BowlEmptied(subject="b1")
    assert emptied.told_by("acme/eu") is emptied
    refused = BookingRefused(order=OrderId("o1"), cause=CauseId("x"), at=datetime(2026, 1, 1, tzinfo=UTC))
    told = refused.told_by("erp/b")
    assert told == msgspec.structs.replace(refused, books="erp/b")
    assert told.told_by("erp/a") is told


def test_a_refusal_that_was_written_before_it_named_its_books_is_read() -> None:
    """Also where an older one had words of theirs in it."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    body = b'{"type":"booking.refused@1","order":"o1","cause":"x","at":"2026-01-01T00:00:00Z"%s}'
    expected = BookingRefused(order=OrderId("o1"), cause=CauseId("x"), at=at)
    assert decode_event("booking.refused@1", body % b"") == expected
    assert decode_event("booking.refused@1", body % b',"says":"no","books":null') == expected
