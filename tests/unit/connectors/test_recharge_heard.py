"""Recharge's webhooks: which of two signatures is believed, and what a delivery is, whatever its topic says."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors.recharge import hook
from pawline.connectors.recharge.hook import HOOK, TOPIC
from pawline.connectors.recharge.signing import PLAIN, SIGNATURE, TIMED, TOLERANCE
from pawline.connectors.shopify import hook as shopify
from pawline.kit import Secret, Unsigned, household_of
from pawline.model import (
    RenewalDeclined,
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionRenewalDue,
    SubscriptionStarted,
    SubscriptionState,
)

SECRET = Secret("the API client secret")
AT = 1_795_000_000.0
SAMPLES = Path(hook.__file__).parent / "samples"


def timed(body: bytes, at: float = AT, secret: Secret = SECRET) -> tuple[str, str]:
    made = hmac.new(secret.reveal().encode(), f"{at:.0f}.".encode() + body, hashlib.sha256).hexdigest()
    return TIMED, f"t={at:.0f},v1={made}"


def plain(body: bytes, secret: Secret = SECRET) -> tuple[str, str]:
    return PLAIN, hashlib.sha256(secret.reveal().encode() + body).hexdigest()


def believed(body: bytes, *headers: tuple[str, str], now: float = AT) -> bool:
    try:
        SIGNATURE.verify([SECRET], list(headers), body, now)
    except Unsigned:
        return False
    return True


def sample(name: str, **changed: Any) -> bytes:
    told = msgspec.json.decode((SAMPLES / f"{name}.json").read_bytes())
    about = told["subscription" if "subscription" in told else "charge"]
    about |= changed
    return msgspec.json.encode(told)


def heard(body: bytes, topic: str | None = None) -> tuple[Any, ...]:
    delivery = HOOK.read([] if topic is None else [(TOPIC, topic)], body)
    return HOOK.hears[delivery.type](delivery.payload)


def test_either_signature_is_believed_and_the_newer_decides_where_it_is_there() -> None:
    body = b'{"charge": {}}'
    assert believed(body, timed(body))
    assert believed(body, plain(body))
    assert believed(body, timed(body), plain(body))
    assert not believed(body, (TIMED, "t=1,v1=00"), plain(body))
    assert not believed(body, timed(body, secret=Secret("another")), plain(body))
    assert not believed(body, timed(body, AT - TOLERANCE - 1), plain(body))
    assert believed(body, timed(body, AT - TOLERANCE + 1))


def test_the_older_one_is_no_hmac() -> None:
    body = b"{}"
    made = hmac.new(SECRET.reveal().encode(), body, hashlib.sha256).hexdigest()
    assert not believed(body, (PLAIN, made))
    assert not believed(body, (PLAIN, hashlib.sha256(body + SECRET.reveal().encode()).hexdigest()))


@pytest.mark.parametrize("more", [b"", b"x", b'{"charge": {"id": 1}}'])
def test_a_body_that_was_made_longer_is_not_believed_by_a_hash_that_can_be_made_longer(more: bytes) -> None:
    """Who knows the hash over secret and body can make that over both, the hash's own padding, and whatever follows."""
    body = b'{"charge": {}}'
    length = len(SECRET.reveal()) + len(body)
    padding = b"\x80" + b"\0" * ((55 - length) % 64) + (length * 8).to_bytes(8, "big")
    forged = body + padding + more
    assert not believed(forged, plain(forged))


@pytest.mark.parametrize("topic", [None, "subscription/created", "charge/failed", "orders/create", "x"])
def test_a_topic_decides_nothing(topic: str | None) -> None:
    (changed,) = heard(sample("subscription.updated"), topic)
    assert isinstance(changed, SubscriptionChanged)
    (due,) = heard(sample("charge.upcoming"), topic)
    assert isinstance(due, SubscriptionRenewalDue)


def test_whose_it_is_may_stand_at_the_top_in_the_object_or_in_what_it_includes() -> None:
    told = msgspec.json.decode(sample("subscription.updated"))
    customer = told.pop("customer")
    (first,) = heard(msgspec.json.encode({**told, "customer": customer}))
    for place in (
        {"subscription": {**told["subscription"], "customer": customer}},
        {"subscription": {**told["subscription"], "include": {"customer": customer}}},
        {**told, "include": {"customer": customer}},
    ):
        assert heard(msgspec.json.encode(place)) == (first,)
    with pytest.raises(ValueError, match="does not say whose it is"):
        heard(msgspec.json.encode(told))


def test_the_same_object_said_by_two_topics_is_one_delivery() -> None:
    body = sample("subscription.swapped")
    ids = {HOOK.read([(TOPIC, topic)], body).id for topic in ("subscription/swapped", "subscription/updated")}
    assert len(ids) == 1
    assert HOOK.read([], sample("subscription.updated")).id not in ids


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({"status": "expired", "next_charge_scheduled_at": None}, SubscriptionState.ENDED),
        ({"next_charge_scheduled_at": None}, SubscriptionState.PAUSED),
        ({"next_charge_scheduled_at": "2099-12-31T00:00:00"}, SubscriptionState.PAUSED),
        ({"next_charge_scheduled_at": "2026-12-04T00:00:00"}, SubscriptionState.ACTIVE),
        ({"status": "ACTIVE"}, SubscriptionState.ACTIVE),
    ],
)
def test_how_it_stands(changed: dict[str, Any], state: SubscriptionState) -> None:
    *_, told = heard(sample("subscription.updated", **changed))
    assert isinstance(told, SubscriptionChanged)
    assert told.subscription.state is state


@pytest.mark.parametrize(
    ("unit", "frequency", "days"),
    [("day", 10, 10), ("week", "2", 14), ("month", 1, 30), ("month", 3, 91), ("month", 12, 365), ("month", 24, 366)],
)
def test_its_rhythm_in_days(unit: str, frequency: object, days: int) -> None:
    body = sample("subscription.updated", order_interval_unit=unit, charge_interval_frequency=frequency)
    assert heard(body)[0].subscription.every_days == days


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "frozen"}, {"order_interval_unit": "moon"}, {"quantity": 0}, {"next_charge_scheduled_at": "soon"},
        {"updated_at": "x"}, {"charge_interval_frequency": "often"},
    ],
)  # fmt: skip
def test_what_is_none_of_recharges_words_is_kept_for_people(changed: dict[str, Any]) -> None:
    with pytest.raises((ValueError, msgspec.MsgspecError)):
        heard(sample("subscription.updated", **changed))


def test_one_that_is_young_began_and_one_that_ended_stands_so() -> None:
    assert [type(one) for one in heard(sample("subscription.created"))] == [SubscriptionStarted, SubscriptionChanged]
    ended, stands = heard(sample("subscription.cancelled"))
    assert isinstance(ended, SubscriptionEnded)
    assert isinstance(stands, SubscriptionChanged)
    assert (ended.because, stands.subscription.state) == ("moved away", SubscriptionState.ENDED)


def test_a_charge_is_told_of_each_of_its_subscriptions_and_never_of_what_is_bought_once() -> None:
    lines = [
        {"purchase_item_id": 1, "purchase_item_type": "subscription"},
        {"purchase_item_id": 2, "purchase_item_type": "onetime"},
        {"purchase_item_id": 3, "purchase_item_type": "subscription"},
    ]
    told = heard(sample("charge.failed", line_items=lines))
    assert [(type(one), one.subscription) for one in told] == [(RenewalDeclined, "1"), (RenewalDeclined, "3")]
    assert len({one.fact for one in told}) == 2
    for status in ("success", "skipped", "refunded", "pending"):
        assert heard(sample("charge.upcoming", status=status)) == ()


def test_the_last_try_is_a_fact_of_its_own_and_every_try_is_one() -> None:
    body = sample("charge.failed", charge_attempts=2)
    (second,) = heard(body)
    (last,) = heard(sample("charge.failed", charge_attempts=2, retry_date=None))
    assert (second.fact, last.fact) == (
        "renewal.declined/27363808/2026-12-04/2", "renewal.declined/27363808/2026-12-04/last"
    )  # fmt: skip


@pytest.mark.parametrize("email", [" Ann@Example.com", None])
def test_a_household_is_one_at_shopify_and_at_recharge(email: str | None) -> None:
    order = msgspec.json.decode((Path(shopify.__file__).parent / "samples" / "orders.create.json").read_bytes())
    order |= {"email": email, "customer": order["customer"] | {"id": 7301, "email": email}}
    at_shopify = shopify.HOOK.hears["orders/create"](msgspec.json.encode(order))[0].household
    assert at_shopify == ("h-shopify-7301" if email is None else household_of("ann@example.com", None))
    customer = {"id": 9, "email": email, "external_customer_id": {"ecommerce": "7301"}}
    told = msgspec.json.decode(sample("subscription.updated")) | {"customer": customer}
    assert heard(msgspec.json.encode(told))[0].household == at_shopify
    nobody = told | {"customer": {"id": 9, "email": "", "external_customer_id": {"ecommerce": None}}}
    assert heard(msgspec.json.encode(nobody))[0].household == "h-recharge-9"
