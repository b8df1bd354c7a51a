"""Renewals a week ahead: one question for each cause, heard by all who share it; what can go is left alone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from pawline.flows.look_ahead import decide_renewals, look_ahead, warn_of_card, warn_of_declined
from pawline.model import (
    HouseholdId,
    Item,
    LocationId,
    LotRecalled,
    PetDied,
    PetId,
    Recall,
    RecallClass,
    RecallId,
    RenewalDeclined,
    SkuId,
    StockCounted,
    StockLevel,
    Subscription,
    SubscriptionId,
    SubscriptionRenewalDue,
    SubscriptionStarted,
    SubscriptionState,
)
from pawline.testing import counts
from tests.flows.house import House

NOW = datetime.now(UTC)
DAY = NOW.date() + timedelta(days=7)
CHEW, KIBBLE = SkuId("chew-1"), SkuId("kibble-10")


def autoship(number: int, sku: SkuId = CHEW, pets: tuple[PetId, ...] = ()) -> Subscription:
    return Subscription(
        id=SubscriptionId(f"a{number}"), household=HouseholdId(f"h{number}"), state=SubscriptionState.ACTIVE,
        items=(Item(sku, 2),), every_days=30, next_on=DAY, pets=pets,
    )  # fmt: skip


def stock(sku: SkuId, on_hand: int) -> StockCounted:
    return StockCounted(level=StockLevel(sku=sku, location=LocationId("main"), on_hand=on_hand, as_of=NOW))


async def subscribed(house: House, *ships: Subscription) -> None:
    for one in ships:
        house.vendors.autoships.add(one)
        await house.tell(SubscriptionStarted(subscription=one))


async def due(house: House, *ships: Subscription) -> None:
    for one in ships:
        await house.tell(SubscriptionRenewalDue(subscription=one.id, household=one.household, on=DAY))


@pytest.mark.parametrize(
    ("answer", "did", "state"),
    [
        ("move them by a week", {"Subscriptions.move": 5}, ("active", DAY + timedelta(days=7))),
        ("pause them", {"Subscriptions.pause": 5}, ("paused", None)),
        ("leave them", {}, ("active", DAY)),
    ],
)
async def test_five_autoships_and_too_little_stock_are_one_question(
    answer: str, did: dict[str, int], state: tuple[str, object]
) -> None:
    async with asyncio.timeout(60), House((look_ahead, decide_renewals)) as house:
        short = [autoship(number) for number in range(1, 6)]
        well = autoship(9, KIBBLE)
        await house.tell(stock(CHEW, 9), stock(KIBBLE, 2))
        await subscribed(house, *short, well)
        await due(house, *short, well)
        (case,) = await house.until_asked(1)
        assert case.title == "renewals at risk: chew-1: autoships want 10, 9 are there"
        await house.answer(case.no, answer)
        await house.rest()
        assert await house.cases() == []
        assert counts(house.vendors.effects()) == did
        apps = [house.vendors.autoships.subscription(one.id) for one in short]
        assert {(one.state.value, one.next_on) for one in apps} == {state}
        ends = await house.outcomes()
        assert {key: told for key, told in ends.items() if key.startswith("look_ahead")} == {
            f"look_ahead a{number}/{DAY}": answer for number in range(1, 6)
        } | {f"look_ahead a9/{DAY}": "goes as it stands"}


async def test_what_its_customer_changed_while_a_person_thought_is_left_as_they_want_it() -> None:
    async with asyncio.timeout(60), House((look_ahead, decide_renewals)) as house:
        short = [autoship(number) for number in range(1, 4)]
        await house.tell(stock(CHEW, 3))
        await subscribed(house, *short)
        await due(house, *short)
        (case,) = await house.until_asked(1)
        apps, later = house.vendors.autoships, DAY + timedelta(days=30)
        apps.move(lambda *_, **__: "", short[0].id, later)
        apps.pause(lambda *_, **__: "", short[1].id, None)
        await house.answer(case.no, "move them by a week")
        await house.rest()
        assert counts(house.vendors.effects()) == {"Subscriptions.move": 1}
        assert [apps.subscription(one.id).next_on for one in short] == [later, None, DAY + timedelta(days=7)]


async def test_who_comes_after_the_answer_begins_a_new_question() -> None:
    async with asyncio.timeout(60), House((look_ahead, decide_renewals)) as house:
        first, second = autoship(1), autoship(2)
        await house.tell(stock(CHEW, 1))
        await subscribed(house, first, second)
        await due(house, first)
        (case,) = await house.until_asked(1)
        await house.answer(case.no, "leave them")
        await house.rest()
        await due(house, second)
        (again,) = await house.until_asked(1)
        assert again.no != case.no


async def test_a_recalled_sku_is_the_cause_and_enough_stock_is_none() -> None:
    async with asyncio.timeout(60), House((look_ahead, decide_renewals)) as house:
        one = autoship(1)
        recall = Recall(id=RecallId("r1"), severity=RecallClass.CLASS_I, skus=(CHEW,), reason="x", source="maker")
        await house.tell(stock(CHEW, 100), LotRecalled(recall=recall))
        await subscribed(house, one)
        await due(house, one)
        (case,) = await house.until_asked(1)
        assert case.title == "renewals at risk: chew-1 is recalled"


async def test_an_autoship_whose_pets_died_ends_and_one_that_no_app_knows_is_left() -> None:
    async with asyncio.timeout(60), House((look_ahead, decide_renewals)) as house:
        rex, tom = PetId("rex"), PetId("tom")
        gone, stays, unknown = autoship(1, pets=(rex,)), autoship(2, pets=(rex, tom)), autoship(3)
        await house.tell(PetDied(pet=rex, household=HouseholdId("h1"), on=NOW.date(), source="owner"))
        await subscribed(house, gone, stays)
        await due(house, gone, stays, unknown)
        await house.rest()
        assert counts(house.vendors.effects()) == {"Subscriptions.end": 1}
        ends = await house.outcomes()
        assert [ends[f"look_ahead a{number}/{DAY}"] for number in (1, 2)] == ["ended", "goes as it stands"]
        assert ends[f"look_ahead a3/{DAY}"] == {"type": "skipped", "because": "no account knows the subscription"}


async def test_cards_that_end_before_their_charge_are_one_question_and_each_household_is_told() -> None:
    async with asyncio.timeout(60), House((look_ahead, decide_renewals, warn_of_card)) as house:
        over = [msgspec.structs.replace(autoship(n), card_until=DAY - timedelta(days=1)) for n in (1, 2)]
        good = msgspec.structs.replace(autoship(3, KIBBLE), card_until=DAY)
        await house.tell(stock(CHEW, 100), stock(KIBBLE, 100))
        await subscribed(house, *over, good)
        await due(house, *over, good)
        (case,) = await house.until_asked(1)
        assert case.title == "renewals at risk: their cards end before they are charged"
        await house.answer(case.no, "move them by a week")
        await house.rest()
        assert counts(house.vendors.effects()) == {"Marketing.send": 2, "Subscriptions.move": 2}
        assert {one.business for one in house.vendors.effects() if one.operation == "Marketing.send"} == {
            f"h{n}/card_expiring" for n in (1, 2)
        }


async def test_a_charge_that_is_refused_is_told_of_at_first_and_at_last() -> None:
    async with asyncio.timeout(60), House((warn_of_declined,)) as house:
        for number in (1, 2, 3):
            again = DAY + timedelta(days=number) if number < 3 else None
            declined = RenewalDeclined(
                subscription=SubscriptionId("a1"), household=HouseholdId("h1"), on=DAY, at=NOW, attempt=number,
                because="card_declined", retry_on=again,
            )  # fmt: skip
            await house.tell(declined, declined)  # a webhook, and the look that finds the same
        await house.rest()
        sent = [one.business for one in house.vendors.effects() if one.operation == "Marketing.send"]
        assert sent == ["h1/renewal_declined", "h1/renewal_given_up"]
        assert await house.cases() == []
