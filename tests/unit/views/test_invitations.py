"""One turn for a household in so many days: whoever claims it, and whichever tool told of an answer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from pawline.model import HouseholdId, OrderId, OrderPlaced, ResponseId, SurveyAnswered, SurveyId, SurveyResponse
from pawline.ports import Attempt, Claim, Receipt, attempting
from pawline.testing.orders import order
from pawline.views.invitations import OwnInvitations
from tests.unit.views.desk import SHOP, Desk

ANN, BEA = HouseholdId("h1"), HouseholdId("h2")
DAY = timedelta(days=1)


async def claim(own: OwnInvitations, step: str, household: HouseholdId = ANN) -> Claim:
    with attempting(Attempt(step, 1, datetime.now(UTC) + DAY, SHOP, f"pawline/{SHOP}")):
        return await own.claim(household)


def answered(
    at: datetime, household: HouseholdId | None = ANN, name: str = "r1", order: OrderId | None = None
) -> SurveyAnswered:
    response = SurveyResponse(
        id=ResponseId(name), survey=SurveyId("s"), at=at, answers=(), household=household, order=order
    )  # fmt: skip
    return SurveyAnswered(response=response)


async def opened(desk: Desk, days: float = 30.0) -> OwnInvitations:
    await desk.open()
    return OwnInvitations(SHOP, desk.store, desk.views, timedelta(days=days))


async def test_the_same_step_has_its_turn_again_and_nobody_else_has_one(desk: Desk) -> None:
    own = await opened(desk)
    mine = await claim(own, "k1")
    assert mine == Claim(reference="k1")
    assert await claim(own, "k1") == mine
    other = await claim(own, "k2")
    (row,) = await desk.raw("select household, asked, before, answered, turn from invited")
    assert row == ("h1", row[1], 0.0, 0.0, "k1")
    assert other == Claim(reference="", granted=False, last=datetime.fromtimestamp(row[1], UTC))
    assert await claim(own, "k3", BEA) == Claim(reference="k3")


async def test_of_many_who_claim_at_once_one_has_it(desk: Desk) -> None:
    own = await opened(desk)
    found = await asyncio.gather(*(claim(own, f"k{n}") for n in range(12)))
    (granted,) = [one for one in found if one.granted]
    assert await desk.raw("select turn from invited") == [(granted.reference,)]
    assert {one.last for one in found if not one.granted} == {
        datetime.fromtimestamp((await desk.raw("select asked from invited"))[0][0], UTC)
    }


async def test_a_turn_that_is_given_back_is_the_one_before_and_only_its_own(desk: Desk) -> None:
    own = await opened(desk, days=1e-9)
    await claim(own, "k1")
    (before,) = await desk.raw("select asked from invited")
    await claim(own, "k2")
    assert await own.give_back(ANN, "k1") == Receipt()  # others had their turn since
    assert (await desk.raw("select turn from invited")) == [("k2",)]
    for _ in range(2):
        assert await own.give_back(ANN, "k2") == Receipt()
        assert await desk.raw("select asked, turn from invited") == [(before[0], "")]
    assert await own.give_back(BEA, "k2") == Receipt()
    assert len(await desk.raw("select * from invited")) == 1


@pytest.mark.parametrize(("ago", "granted"), [(timedelta(days=29), False), (timedelta(days=31), True)])
async def test_an_answer_of_any_tool_counts_as_an_invitation(desk: Desk, ago: timedelta, granted: bool) -> None:
    own = await opened(desk)
    at = datetime.now(UTC).replace(microsecond=0) - ago
    await desk.tell(answered(at).told_by("zigpoll/eu"), answered(at - DAY, name="r2").told_by("formbricks/eu"))
    await desk.tell(answered(at + DAY, None, "r3"), answered(at + DAY, BEA, "r4"))
    found = await claim(own, "k1")
    assert (found.granted, found.last) == (granted, None if granted else at)


async def test_an_answer_about_an_order_counts_for_whoever_ordered(desk: Desk) -> None:
    """On a page after the purchase the tool may know the order, or the shop's number of them, and no address."""
    own = await opened(desk)
    at = datetime.now(UTC).replace(microsecond=0) - DAY
    await desk.tell(*(OrderPlaced(order=msgspec.structs.replace(order(n), household=ANN)) for n in (1, 2)))
    assert await desk.views.caught_up(30)
    first, second = OrderId("o1"), OrderId("o2")
    await desk.tell(
        answered(at, None, "r1", first), answered(at - DAY, None, "r2", second), answered(at - DAY, None, "r3", first),
        answered(at, HouseholdId("h-shopify-7"), "r4", first), answered(at, None, "r5", OrderId("o9")),
    )  # fmt: skip
    assert [row[1:] for row in await desk.rows("invited")] == [
        ("h-shopify-7", 0.0, 0.0, at.timestamp(), ""), ("h1", 0.0, 0.0, at.timestamp(), ""),
    ]  # fmt: skip
    assert await claim(own, "k1") == Claim(reference="", granted=False, last=at)
    assert await claim(own, "k2", BEA) == Claim(reference="k2")


async def test_an_answer_that_comes_between_a_look_and_a_claim_is_seen(desk: Desk) -> None:
    own = await opened(desk)
    fetch, at = desk.store.fetch, datetime.now(UTC).replace(microsecond=0)
    left = [answered(at)]

    async def late(name: str, params: tuple[object, ...] = ()) -> object:
        rows = await fetch(name, params)
        if name == "invited" and left:
            await desk.tell(left.pop())
            assert await desk.views.caught_up(30)
        return rows

    desk.store.fetch = late  # type: ignore[method-assign, assignment]
    assert await claim(own, "k1") == Claim(reference="", granted=False, last=at)


async def test_a_rebuild_leaves_turns_and_an_erasure_takes_them(desk: Desk) -> None:
    own = await opened(desk)
    at = datetime.now(UTC) - 40 * DAY
    await desk.tell(answered(at), answered(at, BEA, "r2"))
    await claim(own, "k1")
    before = await desk.rows("invited")
    await desk.views.rebuild("invited@1")
    assert await desk.rows("invited") == before
    await desk.views.erase(SHOP, ANN, 1.0, datetime.now(UTC).timestamp())
    assert await desk.raw("select household, turn from invited") == [("h2", "")]
