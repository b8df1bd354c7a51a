"""Questions for rates answered wrongly, one way at a time: each promise notices."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.kit import Headers, Hmac, Quotes, Secret, Unsigned, of_standard_webhooks, standard_key
from pawline.model import Basket, BasketLine, DeliveryChoice, Destination, Money, SkuId
from pawline.testing.conformance import ConnectorPromises
from tests.unit.connectors.hostile import promises
from tests.unit.connectors.test_hostile_webhooks import GOOD as HOOK

Promise = Callable[[ConnectorPromises], None]
P = ConnectorPromises
BODY = b'{"to": "DE", "sku": "kibble", "worth": 1999}\n'
BASKET = b"""{"destination": {"country": "DE", "region": null, "postcode": null},
"lines": [{"sku": "kibble", "quantity": 1, "grams": null}], "worth": {"minor": 1999, "currency": "EUR"}}"""


class Asked(msgspec.Struct):
    to: str
    sku: str
    worth: int


def read(body: bytes) -> Basket:
    asked = msgspec.json.decode(body, type=Asked)
    line = BasketLine(sku=SkuId(asked.sku), quantity=1)
    return Basket(destination=Destination(country=asked.to), lines=(line,), worth=Money(asked.worth, "EUR"))


def write(choices: Sequence[DeliveryChoice]) -> bytes:
    return msgspec.json.encode([{"code": one.code, "title": one.title} for one in choices])


GOOD: Quotes[Any] = Quotes(
    Hmac(of_standard_webhooks, key=standard_key), lambda settings: settings.webhook_secrets, read, write, timedelta()
)


class BelievesAll(Hmac):
    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        pass


class BelievesNoSecret(Hmac):
    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        if tuple(secrets):
            super().verify(secrets, headers, body, now)


class BelievesTheBare(Hmac):
    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        if not tuple(secrets):
            raise Unsigned("no secret")
        if len(list(headers)) == 3:
            super().verify(secrets, headers, body, now)


class KnowsOneSecret(Hmac):
    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        super().verify(tuple(secrets)[:1], headers, body, now)


class KnowsNoKey(Hmac):
    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        try:
            super().verify(secrets, headers, body, now)
        except Unsigned:
            if not (tuple(secrets) and body == BODY.rstrip() and len(list(headers)) == 3):
                raise


def guesses(body: bytes) -> Basket:
    try:
        return read(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return read(BODY)


def dearer(body: bytes) -> Basket:
    return msgspec.structs.replace(read(body), worth=Money(2_000, "EUR"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "samples" / "rates").mkdir(parents=True)
    (tmp_path / "samples" / "rates" / "whole.json").write_bytes(BODY)
    (tmp_path / "samples" / "rates" / "whole.basket.json").write_bytes(BASKET)
    monkeypatch.setattr(ConnectorPromises, "_folder", lambda _: tmp_path)
    return tmp_path / "samples" / "rates"


QUOTES = [
    P.test_a_question_is_believed_of_each_live_secret_and_of_nobody_else, P.test_every_question_is_exactly_its_basket,
    P.test_a_connector_that_is_asked_for_rates_has_a_sample_of_it, P.test_a_question_of_another_shape_is_no_basket,
    P.test_an_answer_has_every_choice_in_its_order,
]  # fmt: skip


@pytest.mark.parametrize("promise", QUOTES, ids=lambda one: one.__name__)
@pytest.mark.parametrize("quotes", [GOOD, None])
def test_questions_that_are_answered_right_pass(promise: Promise, quotes: Any, folder: Path) -> None:
    promise(promises(hook=dataclasses.replace(HOOK, hears={}), quotes=quotes))


@pytest.mark.parametrize(
    ("promise", "wrong", "says"),
    [
        (QUOTES[0], {"signature": BelievesAll}, "a byte off, and the question is believed"),
        (QUOTES[0], {"signature": BelievesNoSecret}, "a question is believed, and no secret is set"),
        (QUOTES[0], {"signature": BelievesTheBare}, "a question is believed without webhook-id"),
        (QUOTES[0], {"signature": KnowsOneSecret}, "a live secret's question is not believed"),
        (QUOTES[0], {"signature": KnowsNoKey}, "a secret of nobody's is believed"),
        (QUOTES[1], {"read": dearer}, r"whole.basket.json: this is what is asked about"),
        (QUOTES[3], {"read": guesses}, "is read as a basket"),
        (QUOTES[4], {"write": lambda some: write(some[:1])}, "an answer has the choices by their codes"),
        (QUOTES[4], {"write": lambda some: write(some[::-1])}, "an answer has the choices by their codes"),
        (
            QUOTES[4], {"write": lambda some: msgspec.json.encode([one.code for one in some])},
            "a shopper chooses by the titles",
        ),
    ],
)  # fmt: skip
def test_who_answers_wrongly_is_noticed(promise: Promise, wrong: dict[str, Any], says: str, folder: Path) -> None:
    if "signature" in wrong:
        wrong = {"signature": wrong["signature"](of_standard_webhooks, key=standard_key)}
    with pytest.raises(AssertionError, match=says):
        promise(promises(hook=HOOK, quotes=dataclasses.replace(GOOD, **wrong)))


def test_a_sample_that_is_missing_is_reported(folder: Path) -> None:
    trial = promises(hook=HOOK, quotes=GOOD)
    (folder / "whole.basket.json").unlink()
    with pytest.raises(AssertionError, match=r"samples/rates/whole.basket.json is not there"):
        trial.test_every_question_is_exactly_its_basket()
    (folder / "whole.json").unlink()
    with pytest.raises(AssertionError, match=r"put a question into samples/rates/"):
        trial.test_a_connector_that_is_asked_for_rates_has_a_sample_of_it()
