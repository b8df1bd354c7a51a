"""Consent, households, pets, autoships and messages: what is decided about them, and what is refused."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.model import (
    Address,
    Consent,
    Contact,
    Household,
    HouseholdId,
    Item,
    Letter,
    Medium,
    Person,
    PersonId,
    Pet,
    PetId,
    Purpose,
    SkuId,
    Species,
    Subscription,
    SubscriptionId,
    SubscriptionState,
    allowed,
)
from tests.unit.model.shapes import shapes

ANN = HouseholdId("h1")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def consent(
    granted: bool, hours: int = 0, medium: Medium | None = Medium.EMAIL, purpose: Purpose = Purpose.REMINDERS
) -> Consent:
    at = NOON + timedelta(hours=hours)
    return Consent(household=ANN, purpose=purpose, granted=granted, at=at, source="checkout", medium=medium)


@pytest.mark.parametrize(
    ("decisions", "answer"),
    [
        ([], False),
        ([consent(True)], True),
        ([consent(True), consent(False, 1)], False),
        ([consent(False, 1), consent(True)], False),
        ([consent(False), consent(True, 1)], True),
        ([consent(True), consent(False)], False),
        ([consent(False), consent(True)], False),
        ([consent(True, medium=None)], True),
        ([consent(True), consent(False, 1, medium=None)], False),
        ([consent(False, medium=None), consent(True, 1)], True),
        ([consent(True, medium=Medium.SMS)], False),
        ([consent(True), consent(False, 1, medium=Medium.SMS)], True),
        ([consent(True, purpose=Purpose.MARKETING)], False),
        ([consent(True), consent(False, 1, purpose=Purpose.MARKETING)], True),
    ],
    ids=count(),
)
def test_the_newest_decision_that_covers_it_counts(decisions: list[Consent], answer: bool) -> None:
    assert allowed(decisions, Purpose.REMINDERS, Medium.EMAIL) is answer


@given(st.lists(shapes(Consent), max_size=5), st.randoms(), st.sampled_from(Purpose), st.sampled_from(Medium))
def test_the_order_in_which_decisions_arrive_does_not_matter(
    decisions: list[Consent], random: Random, purpose: Purpose, medium: Medium
) -> None:
    answer = allowed(decisions, purpose, medium)
    random.shuffle(decisions)
    assert allowed(decisions, purpose, medium) is answer


@pytest.mark.parametrize("purpose", [Purpose.SAFETY, Purpose.TRANSACTION])
def test_a_recall_and_an_invoice_need_no_consent(purpose: Purpose) -> None:
    assert allowed([], purpose, Medium.SMS)
    assert allowed([consent(False, medium=None, purpose=purpose)], purpose, Medium.SMS)


def pet(**known: Any) -> Pet:
    return Pet(id=PetId("p1"), household=ANN, species=Species.DOG, **known)


def test_a_pet_is_alive_until_a_death_is_known() -> None:
    assert pet().alive
    assert not pet(died_on=date(2026, 3, 1)).alive


def test_a_pets_age_in_days() -> None:
    rex = pet(born_on=date(2024, 2, 29))
    assert rex.age(date(2024, 2, 29)) == 0
    assert rex.age(date(2025, 2, 28)) == 365
    assert rex.age(date(2024, 2, 28)) is None
    assert pet().age(date(2026, 3, 1)) is None


def autoship(state: SubscriptionState = SubscriptionState.ACTIVE, **known: Any) -> Subscription:
    items = known.pop("items", (Item(SkuId("kibble"), 1),))
    return Subscription(
        id=SubscriptionId("s1"),
        household=ANN,
        state=state,
        items=items,
        every_days=known.pop("every_days", 28),
        **known,
    )


def letter(**change: str) -> Letter:
    words = {"to": "ann@example.com", "text": "Hello", **change}
    return Letter(household=ANN, purpose=Purpose.SAFETY, medium=Medium.EMAIL, **words)


def address(**change: Any) -> Address:
    return Address(**{"name": "Ann", "lines": ("Hauptstr. 1",), "city": "Berlin", "country": "DE", **change})


def test_what_is_well_formed_is_taken() -> None:
    autoship(next_on=date(2026, 3, 1), discount=Decimal("0.05"))
    autoship(SubscriptionState.PAUSED, paused_until=date(2026, 3, 1))
    autoship(SubscriptionState.PAUSED, next_on=date(2026, 3, 1))
    autoship(SubscriptionState.ENDED, ended_because="moved abroad")
    Contact(email="o'neil+dogs@mail.example", phone="+1202", language="en-IE")


PERSON = Person(id=PersonId("a"), contact=Contact())


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: pet(weight=0), "pet p1: a weight is above zero grams"),
        (lambda: pet(adult_weight=-1), "pet p1: a weight is above zero grams"),
        (lambda: pet(body_condition=0), "pet p1: a body condition score is 1 to 9"),
        (lambda: pet(body_condition=10), "pet p1: a body condition score is 1 to 9"),
        (lambda: pet(born_on=date(2026, 1, 2), died_on=date(2026, 1, 1)), "pet p1 died before it was born"),
        (autoship, "subscription s1 is active and has no next day"),
        (lambda: autoship(items=()), "subscription s1 needs items, every 1 to 366 days"),
        (lambda: autoship(every_days=0), "subscription s1 needs items, every 1 to 366 days"),
        (lambda: autoship(every_days=367), "subscription s1 needs items, every 1 to 366 days"),
        (
            lambda: autoship(SubscriptionState.ENDED, next_on=date(2026, 1, 1)),
            "subscription s1 has ended and has a next day",
        ),
        (
            lambda: autoship(next_on=date(2026, 1, 1), paused_until=date(2026, 1, 1)),
            "subscription s1 is not paused and has an end of its pause",
        ),
        (
            lambda: autoship(next_on=date(2026, 1, 1), discount=Decimal("1.01")),
            "subscription s1: a discount is a share from 0 to 1",
        ),
        (lambda: Household(id=ANN, people=(PERSON, PERSON)), "household h1 has a person twice"),
        (lambda: letter(to=""), "a letter needs a recipient and a text"),
        (lambda: letter(text=""), "a letter needs a recipient and a text"),
        (lambda: address(lines=("", " ")), "an address needs a line"),
        (lambda: address(country="de"), "an address's country is two upper-case letters (ISO 3166-1)"),
        (lambda: address(country="DEU"), "an address's country is two upper-case letters (ISO 3166-1)"),
        (lambda: Contact(email="ann"), "this is no e-mail address"),
        (lambda: Contact(email="a@b@c"), "this is no e-mail address"),
        (lambda: Contact(email="a b@c"), "this is no e-mail address"),
        (lambda: Contact(phone="030 1234"), "a phone number is in E.164: + country number, digits only"),
        (lambda: Contact(phone="+0301234"), "a phone number is in E.164: + country number, digits only"),
        (
            lambda: Consent(
                household=ANN,
                purpose=Purpose.SURVEYS,
                granted=True,
                at=datetime(2026, 1, 1),  # noqa: DTZ001
                source="x",
            ),
            "a consent's time needs a time zone",
        ),
    ],
    ids=count(),
)
def test_what_contradicts_itself_is_refused(make: Callable[[], object], told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        make()
    assert str(caught.value) == told
