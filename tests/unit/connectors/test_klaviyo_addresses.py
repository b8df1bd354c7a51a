"""Decisions belong to the address that they were said of: whoever's profile has it, and whatever becomes of that."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from pawline.model import Consent, Contact, Household, HouseholdId, Medium, Purpose, household_by_email
from pawline.ports import Code, Receipt, Rejected, Suppression, Transient
from pawline.sandbox import Fault, Faults
from pawline.sandbox.klaviyo.books import Person, Standing
from tests.unit.connectors.klaviyo_scene import ANN, EMAIL, Scene, run
from tests.unit.connectors.test_klaviyo_consent import look

OFFICE: Final = "office@example.com"
DESK: Final = household_by_email(OFFICE)
"""Who is known by that address."""
OTHER: Final = HouseholdId("h-other")
PHONE, HERS = "+4930123456", "+4930765432"
NEVER, YES, NO = "NEVER_SUBSCRIBED", "SUBSCRIBED", "UNSUBSCRIBED"


async def say(
    here: Scene, granted: bool, minutes: float, household: HouseholdId = ANN, *, of: str | None = EMAIL,
    phone: str | None = None, purpose: Purpose = Purpose.MARKETING, medium: Medium | None = Medium.EMAIL,
) -> Receipt:  # fmt: skip
    """So many minutes ago, of these addresses."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)
    told = Consent(
        household=household, purpose=purpose, granted=granted, at=at, source="checkout", medium=medium,
        contact=Contact(email=of, phone=phone) if of or phone else None,
    )  # fmt: skip
    found: Receipt = await here.step(here.marketing.consent(told))
    return found


def hers(here: Scene) -> Person:
    (found,) = (one for one in here.books.people.values() if one.known.get("external_id") == ANN)
    return found


def given(here: Scene, email: str, phone: str | None = None) -> None:
    """A person gives Ann's profile another address, at Klaviyo."""
    hers(here).known |= {"email": email, "phone_number": phone}


async def elsewhere(here: Scene) -> str:
    """Ann's profile has the office's address. Where a look begins."""
    await here.know()
    given(here, OFFICE)
    return (await look(here))[1]


def stands(here: Scene, *emails: str) -> tuple[str, ...]:
    """Klaviyo's own word on mail to each."""
    return tuple(here.profile(one).email.consent for one in emails)


def named(here: Scene, email: str) -> list[str]:
    return list(here.profile(email).properties.get("pawline_consents", {}))


async def allowed(here: Scene, purpose: Purpose = Purpose.MARKETING, medium: Medium = Medium.EMAIL) -> bool:
    return bool(await here.crm.allows(ANN, purpose, medium))


# -- of another address than her profile has -------------------------------------------------------------------------


@pytest.mark.parametrize("medium", [Medium.EMAIL, None])
@pytest.mark.parametrize("purpose", [Purpose.MARKETING, Purpose.REMINDERS])
def test_a_yes_is_not_written_to_another_address_than_it_was_said_of(purpose: Purpose, medium: Medium | None) -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        done = await say(here, True, 1, purpose=purpose, medium=medium)
        assert done.reference == hers(here).id
        assert stands(here, OFFICE) == (NEVER,)
        assert len(here.books.people) == 1  # nobody is made by it
        assert not await allowed(here, purpose)
        assert "reminders/email" not in hers(here).properties["pawline_allows"]
        assert named(here, OFFICE) == [f"{purpose.value}/{'all' if medium is None else 'email'}/{EMAIL}"]
        given(here, EMAIL)
        assert await allowed(here, purpose)

    run(told)


def test_a_yes_is_written_where_another_profile_has_its_address() -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        here.act("people", email=EMAIL)  # by a form of Klaviyo's
        _, cursor = await look(here)
        await say(here, True, 60)
        assert stands(here, EMAIL, OFFICE) == (YES, NEVER)
        await say(here, False, 59)
        assert stands(here, EMAIL, OFFICE) == (NO, NO)
        assert [one.get("external_id") for one in (here.profile().known, hers(here).known)] == [None, ANN]
        assert (await look(here, cursor))[0] == []  # all of it was ours

    run(told)


@pytest.mark.parametrize("there", ["nobody", "unlinked", "erp-7", OTHER])
def test_a_no_is_written_to_the_address_that_it_was_said_of_and_to_hers(there: str) -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        if there == OTHER:
            await here.know(OTHER)
        elif there != "nobody":
            here.act("people", email=EMAIL, external_id=None if there == "unlinked" else there)
        known = [OFFICE] if there == "nobody" else [OFFICE, EMAIL]
        for email in known:
            here.act("decisions", email=email, granted=True)
            here.profile(email).email.at -= 3_600  # type: ignore[operator]
        _, cursor = await look(here)
        before = [one.fact for one in (await look(here, cursor))[0]]
        done = await say(here, False, 1)
        assert done.reference == hers(here).id
        assert stands(here, *known) == (NO,) * len(known)
        assert not await allowed(here)
        assert named(here, OFFICE) == [f"marketing/email/{EMAIL}"]
        if there != "nobody":
            assert named(here, EMAIL) == [f"marketing/email/{EMAIL}{f'/{ANN}' if there == OTHER else ''}"]
            assert here.profile().known.get("external_id") == (None if there == "unlinked" else there)
        assert [one.fact for one in (await look(here, cursor))[0]] == before  # ours is nobody's decision
        assert len(here.books.people) == len(known)

    run(told)


def test_a_no_that_is_older_than_what_klaviyo_says_of_an_address_changes_nothing_there() -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        here.act("people", email=EMAIL)
        here.act("decisions", email=EMAIL, granted=True)
        await say(here, False, 60)
        assert stands(here, EMAIL, OFFICE) == (YES, NO)

    run(told)


def test_a_yes_of_the_offices_does_not_lift_her_no_of_another_address() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await say(here, False, 180)
        given(here, OFFICE)
        here.act("people", email=EMAIL)
        await say(here, False, 120)
        await say(here, True, 60, of=OFFICE)
        assert stands(here, EMAIL, OFFICE) == (NO, YES)
        assert await allowed(here)
        here.profile().known["email"] = None  # merged, by a person
        given(here, EMAIL)
        hers(here).email = Standing()  # as a new address has
        assert not await allowed(here)

    run(told)


@pytest.mark.parametrize("medium", [Medium.EMAIL, None])
def test_a_yes_that_is_older_than_a_no_of_hers_is_not_written_where_nobody_knows_of_that(medium: Medium | None) -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        await say(here, False, 1, medium=medium)  # nobody has that address
        here.act("people", email=EMAIL)
        await say(here, True, 5)
        assert (stands(here, EMAIL), named(here, EMAIL)) == ((NEVER,), [])
        await say(here, True, 0)
        assert stands(here, EMAIL) == (YES,)

    run(told)


def test_a_suppressed_household_is_not_subscribed_by_another_profile() -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        here.act("people", email=EMAIL)
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="asked by letter")))
        await say(here, True, 1)
        assert stands(here, EMAIL, OFFICE) == (NEVER, NEVER)

    run(told)


def test_lists_know_a_yes_with_its_own_address_only() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await say(here, True, 60, purpose=Purpose.REMINDERS, medium=None)
        everywhere = [f"reminders/{one}" for one in ("email", "sms", "whatsapp", "push")]
        assert hers(here).properties["pawline_allows"] == everywhere
        await here.know(email=OFFICE)
        assert hers(here).properties["pawline_allows"] == everywhere[1:]
        await here.know()
        assert hers(here).properties["pawline_allows"] == everywhere
        requests = here.desk.vendors.requests
        await here.know()
        assert here.desk.vendors.requests - requests == 2  # who they are, and what is known of them

    run(told)


# -- of a telephone ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.WHATSAPP])
def test_a_yes_of_a_telephone_is_of_that_and_a_no_of_both(medium: Medium) -> None:
    async def told(here: Scene) -> None:
        await here.know(phone=HERS)
        here.act("people", email=OFFICE, phone_number=PHONE)
        await say(here, True, 60, of=None, phone=PHONE, medium=medium)

        def found() -> list[tuple[str, str]]:
            every = (getattr(here.profile(one), medium.value).consent for one in (EMAIL, OFFICE))
            return list(zip(every, stands(here, EMAIL, OFFICE), strict=True))

        assert found() == [(NEVER, NEVER), (YES, NEVER)]
        assert not await allowed(here, medium=medium)
        await say(here, False, 59, of=None, phone=PHONE, medium=medium)
        assert found() == [(NO, NEVER), (NO, NEVER)]

    run(told)


def test_a_no_to_everything_of_an_address_stops_no_telephone_of_another_household() -> None:
    async def told(here: Scene) -> None:
        await here.know(DESK, OFFICE, PHONE)
        for channel in ("email", "sms"):
            here.act("decisions", channel=channel, email=OFFICE, granted=True)
            getattr(here.profile(OFFICE), channel).at -= 3_600
        await say(here, False, 1, of=OFFICE, medium=None)
        assert (here.profile(OFFICE).email.consent, here.profile(OFFICE).sms.consent) == (NO, YES)
        assert not await here.crm.allows(DESK, Purpose.MARKETING, Medium.EMAIL)
        assert await here.crm.allows(DESK, Purpose.MARKETING, Medium.SMS)

    run(told)


def test_a_no_to_everything_stops_every_channel_of_whom_nobody_linked() -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        here.act("people", email=EMAIL, phone_number=PHONE)
        await say(here, False, 1, medium=None)
        one = here.profile()
        assert (one.email.consent, one.sms.consent, one.whatsapp.consent) == (NO, NO, NO)

    run(told)


# -- of an address that is another household's profile's -----------------------------------------------------------


def test_two_households_of_one_address_lift_each_others_no_by_what_is_newer() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await say(here, False, 180)
        await say(here, True, 120, OTHER)
        assert stands(here, EMAIL) == (YES,)
        await here.know()  # her older no is not written again
        assert stands(here, EMAIL) == (YES,)
        await say(here, False, 60, OTHER)
        assert stands(here, EMAIL) == (NO,)
        assert not await allowed(here)
        await say(here, True, 30, OTHER)  # newer than that was said, older than it was written
        assert stands(here, EMAIL) == (YES,)
        assert [one.known.get("external_id") for one in here.books.people.values()] == [ANN]

    run(told)


def test_a_no_that_another_household_said_is_not_heard_as_the_profiles() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        _, cursor = await look(here)
        for medium in (Medium.EMAIL, Medium.SMS):
            hers(here).known["phone_number"] = PHONE
            await say(here, False, 1, OTHER, medium=medium, phone=PHONE)
        assert (stands(here, EMAIL), here.profile().sms.consent) == ((NO,), NO)
        assert (await look(here, cursor))[0] == []
        given(here, OFFICE, PHONE)  # whatever its address is by now
        assert (await look(here, cursor))[0] == []
        given(here, EMAIL, PHONE)
        here.act("decisions", email=EMAIL, granted=True)
        here.act("decisions", email=EMAIL, granted=False)
        found, _ = await look(here, cursor)
        assert [(one.consent.household, one.consent.granted) for one in found] == [(ANN, True), (ANN, False)]

    run(told)


def test_what_two_households_say_of_one_address_at_once_is_kept_of_both() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await asyncio.gather(say(here, False, 1, OTHER), say(here, False, 1, DESK))
        assert sorted(named(here, EMAIL)) == [f"marketing/email/{EMAIL}/{one}" for one in sorted((OTHER, DESK))]
        assert stands(here, EMAIL) == (NO,)

    run(told)


def test_what_another_household_said_of_an_address_goes_with_the_address() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await say(here, True, 60, purpose=Purpose.REMINDERS)
        await say(here, False, 30, OTHER)
        given(here, OFFICE)
        hers(here).email = Standing()  # as a new address has
        await here.know(email=OFFICE)
        assert stands(here, OFFICE) == (NEVER,)  # nobody said no of that one

    run(told)


def test_what_has_no_subscription_stands_nowhere_for_a_household_without_a_profile() -> None:
    async def told(here: Scene) -> None:
        await here.know(DESK, OFFICE, PHONE)
        before = dict(here.profile(OFFICE).properties)
        refused: tuple[dict[str, Any], ...] = (
            {"purpose": Purpose.SURVEYS}, {"medium": Medium.PUSH}, {"medium": Medium.SMS}
        )  # fmt: skip
        for more in refused:
            for granted in (True, False):
                with pytest.raises(Rejected) as no:
                    await say(here, granted, 1, of=OFFICE, **more)
                assert no.value.code is Code.CONFLICT
        assert here.profile(OFFICE).properties == before
        assert (stands(here, OFFICE), here.profile(OFFICE).sms.consent) == ((NEVER,), NEVER)

    run(told)


def test_who_has_a_profile_without_an_address_keeps_what_goes_to_whoever_has_it() -> None:
    async def told(here: Scene) -> None:
        await here.know(DESK, OFFICE)
        await here.step(here.crm.upsert(Household(id=ANN)))
        for purpose in (Purpose.MARKETING, Purpose.REMINDERS):
            assert (await say(here, False, 1, of=OFFICE, purpose=purpose)).reference == hers(here).id
        assert stands(here, OFFICE) == (NO,)
        assert list(hers(here).properties["pawline_consents"]) == [
            f"marketing/email/{OFFICE}", f"reminders/email/{OFFICE}"
        ]  # fmt: skip
        assert named(here, OFFICE) == [f"marketing/email/{OFFICE}/{ANN}"]

    run(told)


def test_two_who_have_each_others_address_wait_for_no_one() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await here.know(DESK, OFFICE)
        ann, desk = here.profile(), here.profile(OFFICE)
        ann.known["email"], desk.known["email"] = OFFICE, EMAIL
        await say(here, False, 60)
        assert stands(here, EMAIL, OFFICE) == (NO, NO)  # hers: all that reaches her household
        await say(here, True, 1, DESK, of=OFFICE)
        assert stands(here, EMAIL, OFFICE) == (NO, YES)

    run(told)


# -- a move that breaks off ----------------------------------------------------------------------------------------


async def unknown(here: Scene, what: str) -> None:
    """Of whom no address is known says no; then Klaviyo has them, by an integration of its own."""
    await here.step(here.crm.upsert(Household(id=ANN)))
    if what == "suppress":
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="asked by letter")))
    else:
        await say(here, False, 5, of=None)
    here.act("people", email=EMAIL)
    here.act("decisions", email=EMAIL, granted=True)
    here.profile().email.at -= 3_600  # type: ignore[operator]


def written(here: Scene, what: str) -> bool:
    one = here.profile().email
    return ("USER_SUPPRESSED" in {reason for reason, _ in one.suppressed}) if what == "suppress" else one.consent == NO


@pytest.mark.parametrize("what", ["no", "suppress"])
@pytest.mark.parametrize("by", ["order", "decision"])
def test_a_move_that_breaks_off_anywhere_has_written_the_noes_before_the_old_link_goes(by: str, what: str) -> None:
    async def move(here: Scene) -> None:
        await (here.know() if by == "order" else say(here, True, 90, purpose=Purpose.SURVEYS))

    async def told(here: Scene, at: int) -> bool:
        await unknown(here, what)
        old = hers(here)
        here.desk.vendors.faults = Faults(at={at: Fault.UNAVAILABLE}, retry_after=0.0)
        try:
            await move(here)
        except Transient:
            broken = True
        else:
            broken = False
        here.desk.vendors.faults = Faults()
        assert old.known.get("external_id") == ANN or written(here, what), f"broken off at request {at}"
        await move(here)
        assert (hers(here).id, written(here, what)) == (here.profile().id, True)
        return broken

    broken = [run(lambda here, at=at: told(here, at)) for at in range(1, 12)]  # type: ignore[misc]
    assert broken.index(False) >= 6  # who they are, who has it, what we wrote, the no, two links
    assert not any(broken[broken.index(False) :])


def test_a_move_keeps_what_was_said_of_the_address_before() -> None:
    async def told(here: Scene) -> None:
        await unknown(here, "no")
        await here.know(DESK, OFFICE)
        await say(here, True, 30, DESK)
        assert named(here, EMAIL) == [f"marketing/email/{EMAIL}/{DESK}"]
        await here.know()
        assert sorted(named(here, EMAIL)) == ["marketing/email", f"marketing/email/{EMAIL}/{DESK}"]
        assert stands(here, EMAIL) == (NO,)

    run(told)
