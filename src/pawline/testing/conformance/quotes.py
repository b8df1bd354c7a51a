"""What holds where a checkout asks for rates: who is believed, and that samples are exactly their baskets.

In the connector's `samples/rates/` lies a question as the vendor sends it (`whole.json`), and beside it its basket
(`whole.basket.json`, in the model's own words).
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from pawline.kit import Headers, Quotes, Secret, Unsigned
from pawline.model import Basket, DeliveryChoice, Money
from pawline.testing.clock import NOON
from pawline.testing.conformance.webhooks import AT, SHAPES, WebhookPromises

CHOICES: Final = (
    DeliveryChoice(code="standard", title="Paket", price=Money(490, "EUR")),
    DeliveryChoice(
        code="express", title="Früh", price=Money(0, "EUR"), says="by noon", phone=True, earliest=NOON,
        latest=NOON + timedelta(days=1),
    ),
)  # fmt: skip
"""What is offered: one of the least that there may be, and one of everything."""


class QuotePromises(WebhookPromises):
    """Questions for rates; a connector that answers none keeps them all. They are signed as its webhooks are."""

    def test_a_question_is_believed_of_each_live_secret_and_of_nobody_else(self) -> None:
        for body, _ in self._questions():
            live = self._live()
            for secret in live:
                headers = list(self.signed(body, secret, AT))
                assert self._asks(headers, body), "a live secret's question is not believed"
                assert not self._asks(headers, body[:-1] + b" "), "a byte off, and the question is believed"
                assert not self._asks(headers, body, ()), "a question is believed, and no secret is set"
                for lacking in headers:
                    left = [one for one in headers if one is not lacking]
                    assert not self._asks(left, body), f"a question is believed without {lacking[0]}"
            strange = self.signed(body, Secret(self.stranger), AT)
            assert not self._asks(strange, body), "a secret of nobody's is believed"

    def test_every_question_is_exactly_its_basket(self) -> None:
        for body, basket in self._questions():
            assert basket.is_file(), f"samples/rates/{basket.name} is not there: what the question asks about"
            found = msgspec.json.decode(msgspec.json.encode(self._quotes().read(body)))
            assert found == msgspec.json.decode(basket.read_bytes()), f"{basket.name}: this is what is asked about"

    def test_a_connector_that_is_asked_for_rates_has_a_sample_of_it(self) -> None:
        assert self.connector.quotes is None or self._questions(), "put a question into samples/rates/"

    def test_a_question_of_another_shape_is_no_basket(self) -> None:
        for body, _ in self._questions():
            for other in (*SHAPES, b'{"v2": ' + body + b"}", body[: len(body) // 2]):
                assert self._read(other) is None, f"{other[:40]!r} is read as a basket"

    def test_an_answer_has_every_choice_in_its_order(self) -> None:
        for _ in self._questions()[:1]:
            said = self._quotes().write(CHOICES)
            msgspec.json.decode(said)
            places = [said.find(f'"{one.code}"'.encode()) for one in CHOICES]
            assert -1 < places[0] < places[1], "an answer has the choices by their codes, in their order"
            assert all(one.title.encode() in said for one in CHOICES), "a shopper chooses by the titles"

    def _quotes(self) -> Quotes[Any]:
        assert self.connector.quotes is not None
        return self.connector.quotes

    def _questions(self) -> list[tuple[bytes, Path]]:
        folder = self._folder() / "samples" / "rates"
        if self.connector.quotes is None or not folder.is_dir():
            return []
        asked = [one for one in sorted(folder.glob("*.json")) if not one.name.endswith(".basket.json")]
        return [(one.read_bytes().rstrip(), one.with_name(f"{one.stem}.basket.json")) for one in asked]

    def _asks(self, headers: Headers, body: bytes, secrets: tuple[Secret, ...] | None = None) -> bool:
        quotes = self._quotes()
        live = tuple(quotes.secrets(self._configured("http://127.0.0.1:1"))) if secrets is None else secrets
        try:
            quotes.signature.verify(live, headers, body, AT)
        except Unsigned:
            return False
        return True

    def _read(self, body: bytes) -> Basket | None:
        try:
            return self._quotes().read(body)
        except Exception:  # noqa: BLE001 - whichever: the hub answers with the backup
            return None
