"""What of Segment's webhooks is believed, and the little that is heard of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors.segment import hook
from pawline.connectors.segment.hook import HOOK, NOES, OWN, SEVERAL
from pawline.kit import Headers, Secret, Unsigned, household_of
from pawline.model import ConsentChanged, Medium, Purpose
from pawline.sandbox import Desk, Mishaps, Vendors
from tests.unit.sandbox.hearing import heard_by

NEW, OLD, STRANGE = (Secret(f"shared-secret-{which}-77") for which in ("new", "old", "strange"))
SAMPLES = Path(hook.__file__).parent / "samples"
ONE = json.loads((SAMPLES / "unsubscribed.json").read_text("utf-8"))
ANN = household_of("ann@example.com", None)


def call(**changed: Any) -> dict[str, Any]:
    return {**ONE, **changed}


def body(*calls: dict[str, Any]) -> bytes:
    return json.dumps(calls[0] if len(calls) == 1 else calls).encode()


def signed(over: bytes, secret: Secret = NEW, name: str = "X-Signature") -> Headers:
    return [(name, hmac.new(secret.reveal().encode(), over, hashlib.sha1).hexdigest())]


def believed(headers: Headers, said: bytes) -> bool:
    try:
        HOOK.signature.verify([NEW, OLD], headers, said, time.time())
    except Unsigned:
        return False
    return True


def heard(said: bytes) -> tuple[Any, ...]:
    delivery = HOOK.read([], said)
    return HOOK.hears[delivery.type](delivery.payload)


def test_either_header_and_either_secret_is_believed_over_the_raw_body_and_nothing_else() -> None:
    said = body(ONE)
    for name in ("X-Signature", "X-Segment-Signature", "x-signature"):
        assert believed(signed(said, NEW, name), said)
        assert believed(signed(said, OLD, name), said)
        assert not believed(signed(said, STRANGE, name), said)
        assert not believed(signed(said, NEW, name), said + b" ")
        assert not believed(signed(said, NEW, name), json.dumps(ONE, indent=1).encode())
        assert not believed([*signed(said, NEW, name), *signed(said, NEW, name)], said)
        assert not believed([(name, hashlib.sha1(NEW.reveal().encode() + said).hexdigest())], said)  # noqa: S324
    assert not believed([], said)
    assert not believed([*signed(said), ("X-Segment-Signature", "00" * 20)], said), "what covers all of it counts"
    with pytest.raises(Unsigned):
        HOOK.signature.verify([], signed(said), said, time.time())


def test_a_batch_that_is_signed_over_its_first_event_alone_is_not_believed() -> None:
    """Anything could stand behind it: https://github.com/segmentio/action-destinations, its own tests of batches."""
    forged = call(messageId="m-forged", context={"traits": {"email": "bob@example.com"}})
    said = body(ONE, forged)
    first = bytes(msgspec.json.decode(said, type=list[msgspec.Raw])[0])
    assert not believed(signed(first), said)
    assert believed(signed(said, name="X-Segment-Signature"), said)


def test_a_no_is_of_when_it_happened_and_never_of_later_than_it_came() -> None:
    (event,) = heard(body(ONE))
    assert isinstance(event, ConsentChanged)
    told = event.consent
    assert (told.household, told.purpose, told.medium, told.granted) == (ANN, Purpose.MARKETING, Medium.EMAIL, False)
    assert told.at == datetime(2026, 11, 27, 9, 30, 1, 120_000, tzinfo=UTC)
    (late,) = heard(body(call(timestamp="2099-01-01T00:00:00Z")))
    assert late.consent.at == datetime(2026, 11, 27, 9, 30, 2, 120_000, tzinfo=UTC)
    assert HOOK.read([], body(call(timestamp="2099-01-01T00:00:00Z"))).at == late.consent.at


@pytest.mark.parametrize(
    "kept",
    [
        call(event="Order Completed"),
        call(event="Product Viewed"), call(event="Subscribed"), call(event="unsubscribed"),
        call(event="Survey Completed"), call(type="identify"), call(type="page"), call(type="delete"), call(event=""),
        call(event=SEVERAL), call(type=SEVERAL), call(type=OWN, event=""), call(event=OWN), call(type="Unsubscribed"),
    ],
    ids=lambda one: f"{one['type']}-{one['event']}",
)  # fmt: skip
def test_what_has_no_meaning_here_is_no_event_and_is_kept(kept: dict[str, Any]) -> None:
    """Nobody hears its type, or hearing it raises: the hub then keeps it as unclaimed."""
    delivery = HOOK.read([], body(kept))
    if delivery.type in HOOK.hears:
        with pytest.raises(ValueError, match="nobody hears"):
            HOOK.hears[delivery.type](delivery.payload)


@pytest.mark.parametrize(
    "beside",
    [
        call(event="Email Opened"), call(type="identify"), call(context={"traits": {}}), call(context=None),
        call(context={"library": "x"}), call(context="x"), call(event=7), call(messageId=""), call(timestamp="soon"), 7,
    ],
    ids=map(str, range(10)),
)  # fmt: skip
def test_no_call_beside_a_no_has_it_go_unheard(beside: Any) -> None:
    """Segment puts up to a thousand calls into one delivery, and whoever has a page's write key makes some of them."""
    for said in (body(ONE, beside), body(beside, ONE)):
        (event,) = heard(said)
        assert event.consent.household == ANN


def test_several_that_nobody_hears_are_kept() -> None:
    several = HOOK.read([], body(call(event="Email Opened"), call(event="Order Completed")))
    assert several.type == SEVERAL
    with pytest.raises(ValueError, match="nobody hears"):
        HOOK.hears[SEVERAL](several.payload)


@pytest.mark.parametrize(
    "traits", [None, {}, [], "ann@example.com", {"email": None}, {"email": ""}, {"email": 7}, {"email": "no address"}]
)
def test_a_no_of_nobody_is_kept(traits: Any) -> None:
    with pytest.raises(ValueError, match="it names no address"):
        heard(body(call(context={"traits": traits})))


@pytest.mark.parametrize("lacks", ["type", "messageId", "timestamp", "receivedAt"])
def test_what_lacks_what_every_call_has_is_kept(lacks: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - msgspec's own, or ours
        heard(body({name: value for name, value in ONE.items() if name != lacks}))
    for empty in (b"[]", b"{}", b"null", b"", body(call(messageId=""))):
        with pytest.raises(ValueError):  # noqa: PT011 - the same
            HOOK.read([], empty)


def test_what_we_told_ourselves_is_nothing() -> None:
    own = call(event="Unsubscribed", context={"library": {"name": "pawline"}, "traits": {"email": "ann@example.com"}})
    assert heard(body(own)) == ()
    assert HOOK.read([], body(own)).type == OWN


def test_a_delivery_is_known_by_its_calls() -> None:
    assert HOOK.read([], body(ONE)).id == ONE["messageId"]
    several = HOOK.read([], body(ONE, call(messageId="m2")))
    assert several.id == HOOK.read([], body(ONE, call(messageId="m2"))).id
    assert several.id != HOOK.read([], body(ONE, call(messageId="m3"))).id
    assert several.type == "Unsubscribed"
    assert len(heard(body(ONE, call(messageId="m2")))) == 2


@pytest.mark.parametrize(
    ("whole", "batches", "good"), [(True, True, 1), (True, False, 2), (False, False, 2), (False, True, 0)]
)
def test_what_the_pretended_one_signs_is_believed_where_it_covers_all(whole: bool, batches: bool, good: int) -> None:
    desk = Desk(Vendors(now=time.time), "tok")

    def told(url: str) -> None:
        given = {"url": f"{url}/segment", "secret": NEW.reveal(), "whole": whole, "batches": batches}
        desk.act("segment/destination", json.dumps(given).encode())
        calls = [{"type": "track", "event": one, "messageId": one, "context": ONE["context"]} for one in NOES]
        desk.act("segment/tell", json.dumps(calls).encode())
        desk.hooks.mishaps = Mishaps(lost=1.0)
        desk.act("segment/tell", json.dumps(calls).encode())

    came = heard_by(desk, told, desk.segment.teller.rest)
    assert len(came) == (1 if batches else 2)
    assert len(desk.segment.teller.lost) == len(came)
    assert len([1 for headers, said in came if believed(list(headers.items()), said)]) == good
    events = [one for _, said in came for one in heard(said)]
    assert [one.consent.granted for one in events] == [False, False]
