"""What households say of an address that another household's contact has, or that nobody's had."""

from __future__ import annotations

from typing import Final

import pytest

from pawline.model import HouseholdId, Medium, Purpose
from pawline.ports import Code, Rejected
from tests.unit.connectors.hubspot_scene import EMAIL, NEWS, OFFERS, Scene, run
from tests.unit.connectors.test_hubspot_addresses import (
    DESK,
    NO,
    OFFICE,
    YES,
    ago,
    allowed,
    elsewhere,
    given,
    heard,
    of,
)  # fmt: skip

OTHER: Final = HouseholdId("h-other")


@pytest.mark.parametrize("explained", [True, False])
def test_a_late_no_of_an_address_ends_the_yes_that_we_wrote_after_it(explained: bool) -> None:
    async def told(here: Scene) -> None:
        cursor = await elsewhere(here)
        await here.say(True, ago(minutes=2), DESK, **of(OFFICE))
        assert here.statuses(OFFICE) == YES
        if not explained:  # HubSpot keeps no explanation of what a program said
            stand = here.books.address(OFFICE).of[OFFERS]
            here.books.address(OFFICE).of[OFFERS] = type(stand)(stand.status, stand.at)
        assert await heard(here, cursor) == []  # it was ours
        done = await here.say(False, ago(minutes=1), DESK, **of(OFFICE))
        assert done.reference == here.contact(OFFICE).id
        assert here.statuses(OFFICE) == NO
        assert await heard(here, cursor) == []
        await here.say(True, ago(minutes=1, seconds=30), DESK, **of(OFFICE))  # older than that no
        assert here.statuses(OFFICE) == NO
        assert here.statuses() == {}
        assert len(here.books.contacts) == 1

    run(told)


def test_two_households_of_one_address_lift_each_others_no_by_what_is_newer() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        other = OTHER
        await here.say(False, ago(hours=3), **of(EMAIL))
        await here.say(True, ago(hours=2), other, **of(EMAIL))
        assert here.statuses() == {OFFERS: "SUBSCRIBED", NEWS: "UNSUBSCRIBED"}
        await here.know(name="Ann Cee")  # her older no is not written again
        assert here.statuses() == {OFFERS: "SUBSCRIBED", NEWS: "UNSUBSCRIBED"}
        await here.say(False, ago(hours=1), other, **of(EMAIL))
        assert here.statuses() == NO
        assert not await allowed(here)

    run(told)


def test_a_yes_of_another_address_does_not_lift_the_no_of_hers() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await here.say(False, ago(hours=3), **of(EMAIL))
        given(here, OFFICE)
        await here.say(True, ago(hours=2), DESK, **of(OFFICE))
        await here.say(True, ago(hours=1), **of(OFFICE))
        assert (here.statuses(OFFICE), here.statuses()) == (YES, NO)
        given(here, EMAIL)
        assert not await allowed(here)
        await here.know(name="Ann Cee")
        assert (here.statuses(OFFICE), here.statuses()) == (YES, NO)

    run(told)


def test_a_no_of_the_offices_is_not_hers_once_her_contact_has_her_address_again() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await here.say(True, ago(hours=3), **of(EMAIL))
        given(here, OFFICE)
        await here.say(False, ago(hours=2), DESK, **of(OFFICE))
        assert not await allowed(here)
        given(here, EMAIL)
        assert await allowed(here)
        await here.know(name="Ann Cee")
        assert (here.statuses(OFFICE), here.statuses()) == (NO, YES)

    run(told)


def test_what_has_no_status_stands_nowhere_for_a_household_without_a_contact() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        before = dict(here.contact().properties)
        for more in ({"purpose": Purpose.SURVEYS}, {"medium": Medium.SMS}):
            with pytest.raises(Rejected) as no:
                await here.say(False, ago(hours=1), OTHER, **of(EMAIL), **more)
            assert no.value.code is Code.CONFLICT
        assert here.contact().properties == before
        assert here.statuses() == {}

    run(told)


def test_two_who_have_each_others_address_wait_for_no_one() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await here.know(DESK, OFFICE)
        hers, his = here.contact(), here.contact(OFFICE)
        here.books.write(hers, {"email": "between@example.com"})
        here.books.write(his, {"email": EMAIL})
        here.books.write(hers, {"email": OFFICE})
        await here.say(False, ago(hours=1), **of(EMAIL))
        assert (here.statuses(), here.statuses(OFFICE)) == (NO, NO)  # hers: all that reaches her household
        await here.say(True, ago(minutes=1), DESK, **of(OFFICE))
        assert (here.statuses(), here.statuses(OFFICE)) == (NO, {OFFERS: "SUBSCRIBED", NEWS: "UNSUBSCRIBED"})

    run(told)
