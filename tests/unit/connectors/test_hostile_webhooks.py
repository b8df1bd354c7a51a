"""Webhooks heard wrongly, one way at a time: each promise notices; so it does where a sample is missing."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.kit import (
    Delivery,
    Headers,
    Hmac,
    Hook,
    Secret,
    Unsigned,
    of_body,
    of_standard_webhooks,
    of_stripe,
    standard_key,
)
from pawline.model import Aware, Channel, Event, OrderCancelled, OrderId, OrderPlaced
from pawline.testing.conformance import SECRETS, ConnectorPromises, mac
from pawline.testing.orders import order
from tests.unit.connectors.hostile import promises

Promise = Callable[[ConnectorPromises], None]
P = ConnectorPromises
BODY = b'{"type": "gone", "id": "e1", "at": "2026-11-27T09:30:00Z", "data": {"order": "o1"}}\n'
EVENTS = b"""[{"type": "order.cancelled@1", "order": "o1", "at": "2026-11-27T09:30:00Z", "by": "shopper",
"because": "none given", "household": null}]"""
AT = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
COUNT = itertools.count()


class Told(msgspec.Struct, frozen=True):
    type: str
    id: str
    at: Aware
    data: msgspec.Raw


class Gone(msgspec.Struct, frozen=True):
    order: OrderId


def read(_: Headers, body: bytes) -> Delivery:
    told = msgspec.json.decode(body, type=Told)
    return Delivery(told.type, told.id, told.at, bytes(told.data))


def gone(payload: bytes) -> tuple[Event, ...]:
    told = msgspec.json.decode(payload, type=Gone)
    return (OrderCancelled(order=told.order, at=AT, by="shopper", because="none given"),)


GOOD: Hook[Any] = Hook(
    signature=Hmac(of_standard_webhooks, key=standard_key),
    secrets=lambda settings: settings.webhook_secrets,
    read=read,
    hears={"gone": gone},
)


class BelievesAll(Hmac):
    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        pass


class BelievesTheBare(Hmac):
    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        if tuple(secrets) and [name for name, _ in headers if name.startswith("webhook-")]:
            super().verify(secrets, headers, body, now)


class BelievesNoSecret(Hmac):
    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        if tuple(secrets):
            super().verify(secrets, headers, body, now)


class TakesTheFirstHeader(Hmac):
    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        super().verify(secrets, list(dict(headers).items()), body, now)


class KnowsOneSecret(Hmac):
    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        super().verify(tuple(secrets)[:1], headers, body, now)


class KnowsNoTime(Hmac):
    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        super().verify(secrets, headers, body, float(dict(headers)["webhook-timestamp"]))


class KnowsNoBody(Hmac):
    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        try:
            super().verify(secrets, headers, body, now)
        except Unsigned as problem:
            if not problem.why.startswith("no live secret"):
                raise


def counted(headers: Headers, body: bytes) -> Delivery:
    return read(headers, body)._replace(id=f"{next(COUNT)}")


def nameless(headers: Headers, body: bytes) -> Delivery:
    return read(headers, body)._replace(id="")


def at_its_signing(headers: Headers, body: bytes) -> Delivery:
    seconds = float(dict(headers)["webhook-timestamp"])
    return read(headers, body)._replace(at=datetime.fromtimestamp(seconds, UTC))


def local_time(headers: Headers, body: bytes) -> Delivery:
    return read(headers, body)._replace(at=datetime(2026, 11, 27))  # noqa: DTZ001 - that is what is wrong


def local_event(payload: bytes) -> tuple[Event, ...]:
    (event,) = gone(payload)
    return (msgspec.structs.replace(event, at=datetime(2026, 11, 27)),)  # noqa: DTZ001 - as above


def other_event(payload: bytes) -> tuple[Event, ...]:
    (event,) = gone(payload)
    return (msgspec.structs.replace(event, by="agent"),)


def twice(payload: bytes) -> tuple[Event, ...]:
    return gone(payload) * 2


def swallows(payload: bytes) -> tuple[Event, ...]:
    try:
        return gone(payload)
    except msgspec.MsgspecError:
        return ()


def guesses(payload: bytes) -> tuple[Event, ...]:
    return gone(payload) if b"order" in payload else (OrderCancelled(order=OrderId("?"), at=AT, by="", because=""),)


def reads_anything(headers: Headers, body: bytes) -> Delivery:
    try:
        return read(headers, body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Delivery("gone", "e1", AT, b'{"order": "o1"}')


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "samples" / "answers").mkdir(parents=True)
    (tmp_path / "samples" / "answers" / "page.json").write_bytes(b"{}")
    (tmp_path / "samples" / "gone.json").write_bytes(BODY)
    (tmp_path / "samples" / "gone.events.json").write_bytes(EVENTS)
    monkeypatch.setattr(ConnectorPromises, "_folder", lambda _: tmp_path)
    return tmp_path / "samples"


WEBHOOKS = [
    P.test_each_of_two_live_secrets_is_believed, P.test_an_unsigned_webhook_is_not_believed,
    P.test_a_wrongly_signed_webhook_is_not_believed, P.test_an_old_webhook_is_not_believed,
    P.test_every_sample_is_exactly_its_events, P.test_every_type_that_is_heard_has_a_sample,
    P.test_the_same_bytes_are_the_same_delivery_and_the_same_events, P.test_times_are_aware,
    P.test_a_body_of_another_shape_is_never_nothing, P.test_a_glance_tells_renewals_from_what_shoppers_order,
]  # fmt: skip


@pytest.mark.parametrize("promise", WEBHOOKS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("signature", [GOOD.signature, Hmac(of_stripe)])
def test_webhooks_that_are_heard_right_pass(promise: Promise, signature: Hmac, folder: Path) -> None:
    promise(promises(hook=dataclasses.replace(GOOD, signature=signature)))


@pytest.mark.parametrize("promise", WEBHOOKS, ids=lambda one: one.__name__)
def test_a_vendor_with_a_scheme_of_its_own_and_its_type_in_a_header_passes(promise: Promise, folder: Path) -> None:
    def named(headers: Headers, body: bytes) -> Delivery:
        told = dict(headers)
        return Delivery(told["x-topic"], told["x-event"], AT, body)

    hook = Hook[Any](Hmac(of_body("x-hmac", "hex")), GOOD.secrets, named, {"orders/gone": gone})
    trial = promises(hook=hook)
    type(trial).signed = lambda _, body, secret, at: [("x-hmac", mac(hook.signature, secret, body).hex())]  # type: ignore[method-assign,assignment]
    (folder / "gone.json").write_bytes(b'{"order": "o1"}')
    (folder / "gone.headers.json").write_bytes(b'{"x-topic": "orders/gone", "x-event": "e1"}')
    promise(trial)


@pytest.mark.parametrize("promise", WEBHOOKS, ids=lambda one: one.__name__)
def test_a_connector_without_a_hook_keeps_them_all(promise: Promise, folder: Path) -> None:
    promise(promises())


@pytest.mark.parametrize(
    ("promise", "scheme", "says"),
    [
        (P.test_an_unsigned_webhook_is_not_believed, BelievesAll, "a webhook without a signature is believed"),
        (P.test_an_unsigned_webhook_is_not_believed, BelievesTheBare, "a webhook without a signature is believed"),
        (P.test_an_unsigned_webhook_is_not_believed, BelievesNoSecret, "it is believed, and no secret is set"),
        (P.test_an_unsigned_webhook_is_not_believed, TakesTheFirstHeader, "webhook-id may come twice"),
        (P.test_a_wrongly_signed_webhook_is_not_believed, BelievesAll, "gone.json: a byte off, and it is believed"),
        (P.test_a_wrongly_signed_webhook_is_not_believed, KnowsNoBody, "gone.json: a byte off, and it is believed"),
        (P.test_an_old_webhook_is_not_believed, KnowsNoTime, "it is 301 s old"),
    ],
)
def test_who_believes_too_much_is_noticed(promise: Promise, scheme: Any, says: str, folder: Path) -> None:
    hook = dataclasses.replace(GOOD, signature=scheme(of_standard_webhooks, key=standard_key))
    with pytest.raises(AssertionError, match=says):
        promise(promises(hook=hook))


def test_a_tolerance_of_days_is_noticed(folder: Path) -> None:
    signature = Hmac(of_standard_webhooks, key=standard_key, tolerance=200_000)
    with pytest.raises(AssertionError, match="it is 86400 s old"):
        promises(hook=dataclasses.replace(GOOD, signature=signature)).test_an_old_webhook_is_not_believed()


def test_a_secret_that_signs_and_is_in_no_account_is_noticed(folder: Path) -> None:
    trial = promises(hook=GOOD)
    type(trial).stranger = SECRETS[1]  # as if a connector believed it
    with pytest.raises(AssertionError, match=r"gone.json: a secret of nobody's is believed"):
        trial.test_a_wrongly_signed_webhook_is_not_believed()


def test_who_believes_one_secret_only_is_noticed(folder: Path) -> None:
    one = KnowsOneSecret(of_standard_webhooks, key=standard_key)
    with pytest.raises(Unsigned):
        promises(hook=dataclasses.replace(GOOD, signature=one)).test_each_of_two_live_secrets_is_believed()
    first = dataclasses.replace(GOOD, secrets=lambda settings: settings.webhook_secrets[:1])
    with pytest.raises(AssertionError, match="give the account SECRETS"):
        promises(hook=first).test_each_of_two_live_secrets_is_believed()


def test_a_scheme_that_nobody_can_sign_for_is_reported(folder: Path) -> None:
    hook = dataclasses.replace(GOOD, signature=Hmac(of_body("x-hmac", "hex")))
    for promise in WEBHOOKS:
        if promise is not P.test_every_type_that_is_heard_has_a_sample:
            with pytest.raises(AssertionError, match="say how this vendor signs, in a method `signed`"):
                promise(promises(hook=hook))


@pytest.mark.parametrize(
    ("promise", "wrong", "says"),
    [
        (P.test_every_sample_is_exactly_its_events, {"hears": {"gone": other_event}}, "these are its events"),
        (P.test_every_sample_is_exactly_its_events, {"hears": {"gone": twice}}, "these are its events"),
        (P.test_every_sample_is_exactly_its_events, {"hears": {"come": gone}}, "gone.json: nobody hears gone"),
        (P.test_every_type_that_is_heard_has_a_sample, {"hears": {"gone": gone, "come": gone}}, "no sample of come:"),
        (P.test_the_same_bytes_are_the_same_delivery_and_the_same_events, {"read": counted}, "it is something else"),
        (
            P.test_the_same_bytes_are_the_same_delivery_and_the_same_events, {"read": at_its_signing},
            "it is something else",
        ),
        (P.test_the_same_bytes_are_the_same_delivery_and_the_same_events, {"read": nameless}, "of the event is empty"),
        (P.test_times_are_aware, {"read": local_time}, "gone.json: a time without a zone"),
        (P.test_times_are_aware, {"hears": {"gone": local_event}}, "gone.json: a time without a zone"),
        (P.test_a_body_of_another_shape_is_never_nothing, {"hears": {"gone": swallows}}, r"is read as 0 event\(s\)"),
        (P.test_a_body_of_another_shape_is_never_nothing, {"hears": {"gone": guesses}}, r"is read as 1 event\(s\)"),
        (P.test_a_body_of_another_shape_is_never_nothing, {"read": reads_anything}, r"is read as 1 event\(s\)"),
    ],
)  # fmt: skip
def test_who_hears_wrongly_is_noticed(promise: Promise, wrong: dict[str, Any], says: str, folder: Path) -> None:
    with pytest.raises(AssertionError, match=says):
        promise(promises(hook=dataclasses.replace(GOOD, **wrong)))


@pytest.mark.parametrize(("channel", "takes"), [(Channel.WEB, True), (Channel.SUBSCRIPTION, False)])
def test_who_takes_a_shoppers_order_for_a_renewal_or_a_renewal_for_none_is_noticed(
    channel: Channel, takes: bool, folder: Path
) -> None:
    event = OrderPlaced(order=msgspec.structs.replace(order(1), channel=channel))
    hook = dataclasses.replace(GOOD, hears={"gone": lambda _: (event,)})
    right = promises(hook=dataclasses.replace(hook, renews=lambda _, __: not takes))
    wrong = promises(hook=dataclasses.replace(hook, renews=lambda _, __: takes))
    right.test_a_glance_tells_renewals_from_what_shoppers_order()
    with pytest.raises(AssertionError, match=f"gone.json: its hook takes it for {'a' if takes else 'no'} renewal"):
        wrong.test_a_glance_tells_renewals_from_what_shoppers_order()


def test_a_sample_without_its_events_and_a_folder_without_samples_are_reported(folder: Path) -> None:
    trial = promises(hook=GOOD)
    (folder / "gone.events.json").unlink()
    with pytest.raises(AssertionError, match=r"samples/gone.events.json is not there"):
        trial.test_every_sample_is_exactly_its_events()
    (folder / "gone.json").unlink()
    with pytest.raises(AssertionError, match="no sample of gone: put one into samples/"):
        trial.test_every_type_that_is_heard_has_a_sample()
    trial.test_a_wrongly_signed_webhook_is_not_believed()


def test_a_webhook_secret_that_is_seen_is_noticed() -> None:
    class Loose(msgspec.Struct, frozen=True, kw_only=True):
        url: str
        token: Secret
        webhook_secrets: tuple[str, ...]

    with pytest.raises(AssertionError):
        promises(settings=Loose).test_no_secret_is_seen()
