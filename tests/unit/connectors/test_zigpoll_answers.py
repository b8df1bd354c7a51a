"""What one answer at Zigpoll is to us: whose it is, what it counts, and of which submission."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from pawline.connectors.zigpoll.happened import read, response
from pawline.connectors.zigpoll.settings import Settings
from pawline.connectors.zigpoll.told import ToldResponse
from pawline.kit import Score, Secret
from pawline.model import Answer, Scale, household_by_email


def digest(participant: str) -> str:
    return hashlib.sha256(participant.encode()).hexdigest()[:24]


def of(household: str | None = None, order: str | None = None, **metadata: Any) -> tuple[dict[str, Any], Any]:
    return metadata, (household, order)


@pytest.mark.parametrize(
    ("metadata", "whose"),
    [
        of(),
        of(str(household_by_email("ann@example.org")), email=" ANN@example.org"),
        of(str(household_by_email("ann@example.org")), customer_email="ann@example.org", shopify_customer_id=7),
        of("h-shopify-7", shopify_customer_id=7, email="no address"),
        of("h-shopify-7", shopify_customer_id="gid://shopify/Customer/7"),
        of("h-1", pawline_household="h-1", email="ann@example.org"),
        of(None, "o1", pawline_order="o1", shopify_order_id="9"),
        of(None, "9", shopify_order_id="gid://shopify/OrderIdentity/9"),
        of(order_number="1042", shopify_order_id="#1042", shopify_customer_id=True, first_name="Ann"),
        of(email=["ann@example.org"], shopify_customer_id=-7, pawline_household="", pawline_order="o 1"),
        of(pawline_household="h" * 65, shopify_order_id="0", shopify_customer_id="gid://other/Customer/7"),
    ],
)
def test_whose_it_is_and_about_what_is_what_is_said_and_never_guessed(
    metadata: dict[str, Any], whose: tuple[str | None, str | None]
) -> None:
    row = {"_id": "r1", "createdAt": "2026-11-01T00:00:00Z", "pollId": "p", "slideId": "s", "metadata": metadata}
    told = read(msgspec.Raw(msgspec.json.encode(row)), SETTINGS)
    assert told is not None
    found = response(told, SETTINGS, None)
    assert (found.household, found.order, found.submission) == (*whose, None)


ROW = {"_id": "r1", "createdAt": "2026-11-01T00:00:00Z", "pollId": "p", "slideId": "s"}
SETTINGS = Settings(
    key=Secret("k"), scores={
        "nps": Score(scale=Scale.NPS), "csat": Score(scale=Scale.CSAT, words={"Very satisfied": 5, "meh ": 2}),
        "ces": Score(scale=Scale.CES),
    },
)  # fmt: skip


@pytest.mark.parametrize(
    ("slide", "said", "score"),
    [
        ("nps", "0", 0), ("nps", " 10 ", 10), ("nps", "11", None), ("nps", "-1", None), ("nps", "9.5", None),
        ("nps", "9/10", None), ("nps", "٣", None), ("nps", "", None), ("csat", "very SATISFIED", 5), ("csat", "Meh", 2),
        ("csat", "3", 3), ("csat", "0", None), ("csat", "satisfied", None), ("ces", "7", 7), ("other", "3", None),
        ("csat", "<p>Very&nbsp;satisfied</p>", 5), ("nps", "<p>2</p>", 2),
    ],
)  # fmt: skip
def test_a_score_is_what_the_settings_say_and_is_on_its_scale_or_it_is_words(
    slide: str, said: str, score: int | None
) -> None:
    row = {"_id": "r1", "createdAt": "2026-11-01T00:00:00Z", "pollId": "p", "slideId": slide, "response": said}
    (found,) = response(msgspec.convert(row, ToldResponse), SETTINGS, None).answers
    raw = said.strip()
    if score is None:
        assert found == Answer(question=slide, raw=raw, text=raw or None)
    else:
        assert found == Answer(question=slide, raw=raw, score=score, scale=Scale(slide))


@pytest.mark.parametrize(
    ("said", "raw", "choices", "score"),
    [
        (9, "9", (), 9), (0, "0", (), 0), ([3], "3", (), 3), (9.5, "9.5", ("9.5",), None), ([], "", (), None),
        (["<b>a</b>", 2], "<b>a</b>, 2", ("a", "2"), None), ("<p></p>", "<p></p>", (), None), (None, "", (), None),
        ("<p>2</p>", "<p>2</p>", (), 2), ("1 < 2 > 0", "1 < 2 > 0", ("1 < 2 > 0",), None),
        ("Fish &amp; <i>chips</i>", "Fish &amp; <i>chips</i>", ("Fish & chips",), None),
    ],
)  # fmt: skip
def test_a_choice_is_what_people_see_of_it_and_raw_is_as_it_came(
    said: object, raw: str, choices: tuple[str, ...], score: int | None
) -> None:
    row = ROW | {"slideId": "nps", "response": said, "valueType": "vote"}
    told = read(msgspec.Raw(msgspec.json.encode(row)), SETTINGS)
    assert told is not None
    scale = None if score is None else Scale.NPS
    expected = Answer(question="nps", raw=raw, choices=choices, score=score, scale=scale)
    assert response(told, SETTINGS, None).answers == (expected,)


@pytest.mark.parametrize(
    ("participant", "known"),
    [
        ("ann@paws.example", "ann@paws.example"), ("gid://shopify/Customer/77", "gid://shopify/Customer/77"),
        ("77.1", "77.1"), (12, "12"), (" 12 ", "12"), ("", None), (" ", None), (None, None), (True, None),
        (["p1"], None), ({"id": "p1"}, None), (1.5, None),
    ],
)  # fmt: skip
def test_whoever_the_shop_says_that_a_visitor_is_refuses_no_answer(participant: object, known: str | None) -> None:
    for order in ({}, {"pawline_order": "o1"}):
        row = ROW | {"participantId": participant, "metadata": order}
        told = read(msgspec.Raw(msgspec.json.encode(row)), SETTINGS)
        assert told is not None
        expected = None if known is None else "/".join(["p", digest(known), *order.values()])
        assert response(told, SETTINGS, None).submission == expected
