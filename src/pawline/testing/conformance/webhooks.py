"""What holds for webhooks: who is believed, that samples are exactly their events, that nothing is dropped silently.

In the connector's `samples/` lies a body as the vendor sends it (`order.placed.json`), beside it the list of its events
(`order.placed.events.json`, each as `encode_event` writes it) and, where the vendor names type or id in headers, those
(`order.placed.headers.json`, an object). A folder in `samples/` is for answers of the vendor, and is not read here.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

import msgspec

from pawline.kit import Delivery, Headers, Hmac, Hook, Secret, Unsigned, of_standard_webhooks, of_stripe
from pawline.model import Event, OrderPaid, OrderPlaced, encode_event
from pawline.testing.clock import NOON
from pawline.testing.conformance.trying import SECRETS, OnTrial

AT: Final = NOON.timestamp()
DAY: Final = 86_400.0
"""A delivery that was signed so long ago is not believed, whatever a scheme takes for its tolerance."""
SHAPES: Final = (b"", b"null", b"[]", b"{}", b'""', b"7", b'{"a": {}}', b'{"a": ', b"<html>Welcome</html>", b"\xff\xfe")
"""Bodies that are no event of anybody's."""


class Sample(NamedTuple):
    """A body as the vendor sends it; `headers` are those that are not of the signature."""

    name: str
    headers: list[tuple[str, str]]
    body: bytes
    events: Path


def mac(scheme: Hmac, secret: Secret, over: bytes) -> bytes:
    """What this secret makes of these bytes: for a `signed` of one's own."""
    made = scheme.made(secret, over)
    assert made is not None, "a secret that makes no key signs nothing"
    return made


class WebhookPromises(OnTrial):
    """Webhooks; a connector without a hook keeps them all. Its `settings` hold the first two of SECRETS.

    A vendor whose secrets look otherwise has a `stranger` of its own: a secret that is in no account. One that signs
    neither by Standard Webhooks nor as Stripe does has a `signed` of its own.
    """

    stranger: ClassVar[str] = SECRETS[2]

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        """The headers with which the vendor signs this body at that moment (epoch seconds), its event being `msg_1`."""
        scheme, moment = self._scheme(), f"{at:.0f}"
        if scheme.read is of_standard_webhooks:
            made = base64.b64encode(mac(scheme, secret, f"msg_1.{moment}.".encode() + body)).decode()
            return [("webhook-id", "msg_1"), ("webhook-timestamp", moment), ("webhook-signature", f"v1,{made}")]
        assert scheme.read is of_stripe, "say how this vendor signs, in a method `signed` of the connector's test"
        return [("stripe-signature", f"t={moment},v1={mac(scheme, secret, f'{moment}.'.encode() + body).hex()}")]

    # -- who is believed -----------------------------------------------------------------------------------------

    def test_each_of_two_live_secrets_is_believed(self) -> None:
        for sample in self._bodies():
            live = self._live()
            for secret in live:
                for order in (live, live[::-1]):
                    self._scheme().verify(order, self._headers(sample, secret), sample.body, AT)

    def test_an_unsigned_webhook_is_not_believed(self) -> None:
        for sample in self._bodies():
            live, bare = self._live(), list(sample.headers)
            headers = list(self.signed(sample.body, live[0], AT))
            assert not self._believed(bare, sample.body), "a webhook without a signature is believed"
            assert not self._believed([*bare, *headers], sample.body, ()), "it is believed, and no secret is set"
            for lacking in headers:
                left = [*bare, *(one for one in headers if one is not lacking)]
                assert not self._believed(left, sample.body), f"it is believed without {lacking[0]}"
                assert not self._believed([*bare, *headers, lacking], sample.body), f"{lacking[0]} may come twice"

    def test_a_wrongly_signed_webhook_is_not_believed(self) -> None:
        for sample in self._bodies():
            headers, half = self._headers(sample, self._live()[0]), len(sample.body) // 2
            altered = sample.body[:half] + bytes([sample.body[half] ^ 1]) + sample.body[half + 1 :]
            if self._scheme().signs:
                assert not self._believed(headers, altered), f"{sample.name}: a byte off, and it is believed"
            strange = self._headers(sample, Secret(self.stranger))
            assert not self._believed(strange, sample.body), f"{sample.name}: a secret of nobody's is believed"

    def test_an_old_webhook_is_not_believed(self) -> None:
        for sample in self._bodies():
            scheme = self._scheme()
            headers = self._headers(sample, self._live()[0])
            if scheme.read(headers, sample.body).at is None:
                continue  # the vendor signs no time
            for seconds in (scheme.tolerance + 1, -scheme.tolerance - 1, DAY, -DAY):
                assert not self._believed(headers, sample.body, now=AT + seconds), f"it is {seconds:.0f} s old"

    def test_a_body_that_nobody_signed_rings_and_leaves_nothing_whatever_it_is(self) -> None:
        """Anybody may have written it: it is neither told nor kept, or he writes into the store what he likes."""
        hook = self._hook()
        for sample in self._samples() if hook is not None and not hook.signature.signs else ():
            for body in (sample.body, b'{"v2": ' + sample.body + b"}", *SHAPES):
                delivery, events = self._heard(sample._replace(body=body))
                assert events == (), f"{sample.name}: {body[:40]!r} is told as {events}"
                assert hook is not None
                assert hook.rings(delivery), f"{sample.name}: {body[:40]!r} does not ring"

    def test_what_is_answered_unsigned_is_no_delivery(self) -> None:
        hook = self._hook()
        if hook is None or (hello := hook.hello) is None:
            return
        for sample in self._bodies():
            for headers in (sample.headers, self._headers(sample, self._live()[0])):
                for body in (sample.body, *SHAPES):
                    assert not hello(headers, body), f"{sample.name}: {body[:40]!r} is answered, and nothing kept of it"

    # -- what is heard -------------------------------------------------------------------------------------------

    def test_every_sample_is_exactly_its_events(self) -> None:
        for sample in self._samples():
            assert sample.events.is_file(), f"samples/{sample.events.name} is not there: the events of {sample.name}"
            delivery, events = self._heard(sample)
            assert events is not None, f"{sample.name}: nobody hears {delivery.type}"
            found = [msgspec.json.decode(encode_event(one)) for one in events]
            assert found == msgspec.json.decode(sample.events.read_bytes()), f"{sample.name}: these are its events"

    def test_a_glance_tells_renewals_from_what_shoppers_order(self) -> None:
        for sample in self._samples():
            events, hook = self._heard(sample)[1] or (), self._hook()
            if hook is None or (any(isinstance(one, OrderPaid) for one in events) and len(events) == 1):
                continue  # of a payment alone it does not matter
            found = hook.renews(sample.headers, sample.body)
            renews = any(isinstance(one, OrderPlaced) and one.renewal for one in events)
            assert found == renews, f"{sample.name}: its hook takes it for {'a' if found else 'no'} renewal"

    def test_every_type_that_is_heard_has_a_sample(self) -> None:
        if (hook := self._hook()) is not None:
            shown = {self._heard(sample)[0].type for sample in self._samples()}
            lacking = sorted(set(hook.hears) - shown)
            assert not lacking, f"no sample of {', '.join(lacking)}: put one into samples/"

    def test_the_same_bytes_are_the_same_delivery_and_the_same_events(self) -> None:
        for sample in self._samples():
            delivery, events = self._heard(sample)
            assert delivery.id, f"{sample.name}: the vendor's id of the event is empty"
            for later in (0.0, 60.0):  # a sender that comes again signs again
                again = self._heard(sample, AT + later)
                assert again == (delivery, events), f"{sample.name}: read a second time it is something else"

    def test_times_are_aware(self) -> None:
        for sample in self._samples():
            delivery, events = self._heard(sample)
            told = [delivery.at, *(msgspec.to_builtins(one, builtin_types=(datetime,)) for one in events or ())]
            assert not [one for one in _moments(told) if one.tzinfo is None], f"{sample.name}: a time without a zone"

    def test_a_body_of_another_shape_is_never_nothing(self) -> None:
        if self._hook() is not None and not self._scheme().signs:
            return  # nobody who is believed wrote it
        for sample in self._samples():
            drifted = (b'{"v2": ' + sample.body + b"}", sample.body[: len(sample.body) // 2])
            for body in SHAPES + drifted:
                said = self._shaped(sample._replace(body=body))
                assert said is None, f"{sample.name}: {body[:40]!r} is read as {said}"
        for kind, hear in () if (hook := self._hook()) is None else hook.hears.items():
            for body in SHAPES:
                said = _outcome(partial(hear, body))
                assert said is None, f"{kind}: {body!r} is read as {said}"

    # -- how -----------------------------------------------------------------------------------------------------

    def _scheme(self) -> Hmac:
        hook = self._hook()
        assert hook is not None
        return hook.signature

    def _samples(self) -> list[Sample]:
        folder = self._folder() / "samples"
        if self._hook() is None or not folder.is_dir():
            return []
        beside = (".events.json", ".headers.json")
        return [_sample(one) for one in sorted(folder.iterdir()) if one.is_file() and not one.name.endswith(beside)]

    def _bodies(self) -> list[Sample]:
        """The samples; who is believed can also be asked where there are none yet."""
        made = [Sample("a body", [], b"{}", Path("none"))] if self._hook() is not None else []
        return self._samples() or made

    def _live(self) -> tuple[Secret, ...]:
        hook = self._hook()
        assert hook is not None
        live = tuple(hook.secrets(self._configured("http://127.0.0.1:1")))
        assert len(live) == 2, (
            "give the account SECRETS[:2] in the test's `settings`: one secret is changed for another"
        )
        return live

    def _headers(self, sample: Sample, secret: Secret, at: float = AT) -> list[tuple[str, str]]:
        return [*sample.headers, *self.signed(sample.body, secret, at)]

    def _believed(
        self, headers: Headers, body: bytes, secrets: tuple[Secret, ...] | None = None, now: float = AT
    ) -> bool:
        try:
            self._scheme().verify(self._live() if secrets is None else secrets, headers, body, now)
        except Unsigned:
            return False
        return True

    def _heard(self, sample: Sample, at: float = AT) -> tuple[Delivery, tuple[Event, ...] | None]:
        """What the hook reads, and the events; None where nobody hears this type."""
        hook = self._hook()
        assert hook is not None
        return _read(hook, self._headers(sample, self._live()[0], at), sample.body)

    def _shaped(self, sample: Sample) -> str | None:
        hook, headers = self._hook(), self._headers(sample, self._live()[0])
        return None if hook is None else _outcome(lambda: _read(hook, headers, sample.body)[1])


def _sample(body: Path) -> Sample:
    beside = body.with_name(f"{body.stem}.headers.json")
    given = msgspec.json.decode(beside.read_bytes(), type=dict[str, str]) if beside.is_file() else {}
    return Sample(
        body.name, list(given.items()), body.read_bytes().rstrip(), body.with_name(f"{body.stem}.events.json")
    )


def _read(hook: Hook[Any], headers: Headers, body: bytes) -> tuple[Delivery, tuple[Event, ...] | None]:
    delivery = hook.read(headers, body)
    hear = hook.hears.get(delivery.type)
    return delivery, None if hear is None else hear(delivery.payload)


def _outcome(hear: Callable[[], tuple[Event, ...] | None]) -> str | None:
    """What came of it, in words; None where it was refused, or is of a type that nobody hears: the hub keeps both."""
    try:
        events = hear()
    except Exception:  # noqa: BLE001 - whichever: the hub keeps what a connector cannot read
        return None
    return None if events is None else f"{len(events)} event(s)"


def _moments(told: object) -> list[datetime]:
    """Every time in it, however deep."""
    if isinstance(told, datetime):
        return [told]
    if isinstance(told, dict):
        return [one for value in told.values() for one in _moments(value)]
    return [one for value in told for one in _moments(value)] if isinstance(told, list | tuple) else []
