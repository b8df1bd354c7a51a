"""What households say of an address that another household's contact has, or that nobody's had."""

from __future__ import annotations

import asyncio
import json
from typing import Final

import pytest

from pawline.model import HouseholdId, Medium, Purpose
from pawline.ports import Code, Rejected, Suppression
from tests.unit.connectors.hubspot_scene import ANN, EMAIL, NEWS, OFFERS, Scene, run
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


# -- a no that only her own contact knows of ---------------------------------------------------------------------------


def named(here: Scene, email: str) -> list[str]:
    return list(json.loads(here.contact(email).properties.get("pawline_consents") or "{}"))


def there(here: Scene, whose: str) -> None:
    """Somebody else's contact gets Ann's address, or one that nobody linked does."""
    found = here.act("people", email=EMAIL)["id"]
    if whose != "unlinked":
        here.books.write(here.books.contacts[found], {"pawline_household": whose})


@pytest.mark.parametrize("whose", ["unlinked", OTHER])
@pytest.mark.parametrize("medium", [Medium.EMAIL, None])
def test_a_suppressed_household_is_not_subscribed_by_another_contact(medium: Medium | None, whose: str) -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        there(here, whose)
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="asked by letter")))
        done = await here.say(True, ago(minutes=1), medium=medium, **of(EMAIL))
        assert done.reference == here.contact(OFFICE).id
        assert (here.statuses(), here.statuses(OFFICE), named(here, EMAIL)) == ({}, {}, [])
        await here.say(False, ago(), medium=medium, **of(EMAIL))
        assert here.statuses() == NO  # a no is one, whatever else was said

    run(told)


@pytest.mark.parametrize("whose", ["unlinked", OTHER])
@pytest.mark.parametrize("medium", [Medium.EMAIL, None])
def test_a_yes_that_is_older_than_a_no_of_hers_is_not_written_where_nobody_knows_of_that(
    medium: Medium | None, whose: str
) -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        await here.say(False, ago(minutes=1), medium=medium, **of(OFFICE))  # is a no of all that is hers
        there(here, whose)
        done = await here.say(True, ago(minutes=5), **of(EMAIL))
        assert done.reference == here.contact(OFFICE).id
        assert (here.statuses(), here.statuses(OFFICE), named(here, EMAIL)) == ({}, NO, [])
        await here.say(True, ago(), **of(EMAIL))
        assert (here.statuses(), here.statuses(OFFICE)) == (YES, NO)

    run(told)


# -- what is heard of it, and what it stops ----------------------------------------------------------------------------


def unexplained(here: Scene, seconds: int = 0) -> None:
    """HubSpot keeps no explanation of what a program said, and that was so long ago."""
    of = here.books.address(EMAIL).of
    of |= {no: type(stand)(stand.status, stand.at - seconds) for no, stand in of.items()}


@pytest.mark.parametrize("explained", [True, False])
def test_a_no_that_another_household_said_is_not_heard_as_the_contacts(explained: bool) -> None:
    async def told(here: Scene) -> None:
        await here.know()
        _, cursor, _ = await here.looked("")
        await here.say(False, ago(minutes=2), OTHER, **of(EMAIL))
        if not explained:
            unexplained(here)
        assert await heard(here, cursor) == []
        await here.say(True, ago(minutes=5), **of(EMAIL))  # older, and told later: it lifts nothing
        assert here.statuses() == NO
        assert await heard(here, cursor) == []
        here.clock.ahead = 1_800
        here.act("decisions", email=EMAIL, granted=True, type=OFFERS)
        assert await heard(here, cursor) == [(ANN, Purpose.MARKETING, True)]

    run(told)


def test_a_no_of_hubspots_own_is_heard_whatever_older_no_of_another_household_was_told_late() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        _, cursor, _ = await here.looked("")
        await here.say(True, ago(minutes=2), **of(EMAIL))
        here.act("decisions", email=EMAIL, granted=False, type=OFFERS)
        await here.say(False, ago(minutes=5), OTHER, **of(EMAIL))
        assert await heard(here, cursor) == [(ANN, Purpose.MARKETING, False)]

    run(told)


def test_noes_of_two_households_are_both_ours() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        _, cursor, _ = await here.looked("")
        await here.say(False, ago(minutes=2), OTHER, **of(EMAIL))
        unexplained(here, 3_600)
        kept = json.loads(here.contact().properties["pawline_consents"])
        kept = {name: one | {"written": ago(hours=1).isoformat()} for name, one in kept.items()}
        here.books.write(here.contact(), {"pawline_consents": json.dumps(kept)})
        await here.say(False, ago(minutes=1), DESK, **of(EMAIL))
        assert await heard(here, cursor) == []

    run(told)


def test_what_two_households_say_of_one_address_at_once_is_kept_of_both() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        at = ago(minutes=1)
        await asyncio.gather(*(here.say(False, at, one, **of(EMAIL)) for one in (OTHER, DESK)))
        assert sorted(named(here, EMAIL)) == [f"marketing/email/{EMAIL}/{one}" for one in sorted((OTHER, DESK))]
        assert here.statuses() == NO

    run(told)


def test_a_no_to_everything_of_an_address_stops_no_telephone_of_another_household() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        for purpose in (Purpose.MARKETING, Purpose.REMINDERS):
            await here.say(True, ago(minutes=5), purpose=purpose, medium=None, **of(EMAIL))
            await here.say(False, ago(minutes=1), OTHER, purpose=purpose, medium=None, **of(EMAIL))
            media = (Medium.EMAIL, Medium.SMS, Medium.WHATSAPP, Medium.PUSH)
            allows = [await here.crm.allows(ANN, purpose, medium) for medium in media]
            assert allows == [False, True, True, True]
        listed = here.contact().properties["pawline_allows"].split(";")
        assert sorted(listed) == ["reminders_push", "reminders_sms", "reminders_whatsapp"]

    run(told)
