"""Whose a profile is: found by our id or an address, and what was said before it was is written into it then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pawline.model import (
    Consent,
    Contact,
    Household,
    HouseholdId,
    Medium,
    Person,
    PersonId,
    Pet,
    PetId,
    Purpose,
    Species,
    household_by_email,
)
from pawline.ports import Code, Rejected, Suppression
from tests.unit.connectors.klaviyo_scene import ANN, EMAIL, Scene, run

PHONE = "+4930123456"
BO, BO_EMAIL = household_by_email("bo@example.com"), "bo@example.com"


def said(
    granted: bool, *, contact: Contact | None = None, purpose: Purpose = Purpose.MARKETING, medium: Medium | None = None
) -> Consent:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    return Consent(
        household=ANN, purpose=purpose, granted=granted, at=at, source="shopify", medium=medium, contact=contact
    )  # fmt: skip


def jobs(here: Scene) -> list[str]:
    return [one for one in here.did() if one.startswith(("subscribed", "unsubscribed", "suppressed"))]


def people(here: Scene) -> list[dict[str, Any]]:
    """What identifies each profile."""
    return [
        {name: value for name, value in one.known.items() if value and "name" not in name}
        for one in here.books.people.values()
    ]


@pytest.mark.parametrize(("email", "fine"), [("o'brien@example.com", True), ('o"brien@example.com', False)])
def test_a_name_with_an_apostrophe_is_a_name(email: str, fine: bool) -> None:
    async def told(here: Scene) -> None:
        household = Household(
            id=household_by_email(email), people=(Person(id=PersonId("p"), contact=Contact(email=email)),)
        )
        for _ in range(2):
            if fine:
                await here.step(here.crm.upsert(household))
            else:
                with pytest.raises(Rejected):
                    await here.step(here.crm.upsert(household))
        assert [one["email"] for one in people(here)] == ([email] if fine else [])

    run(told)


# -- a decision of somebody who is not linked ------------------------------------------------------------------------


def test_a_no_reaches_a_profile_that_klaviyo_had_and_that_nobody_linked_yet() -> None:
    async def told(here: Scene) -> None:
        no = here.act("people", email=EMAIL.upper())["id"]
        here.act("decisions", email=EMAIL, granted=True)
        here.profile().email.at -= 3_600  # type: ignore[operator]
        told = await here.step(here.marketing.consent(said(False, contact=Contact(email=EMAIL, phone=PHONE))))
        assert told.reference == no
        assert jobs(here)[1:] == [f"unsubscribed {ANN}/email"]
        assert here.profile().email.consent == "UNSUBSCRIBED"
        assert people(here) == [{"email": EMAIL, "external_id": ANN}]  # no more of the contact than finds them
        assert set(here.profile().properties["pawline_consents"]) == {f"marketing/all/{EMAIL}/{PHONE}"}

    run(told)


def test_a_decision_of_nobody_whom_klaviyo_has_makes_them_known() -> None:
    async def told(here: Scene) -> None:
        await here.step(here.marketing.consent(said(False, contact=Contact(email=EMAIL))))
        await here.step(here.marketing.consent(said(False, contact=Contact(email=EMAIL))))
        assert people(here) == [{"email": EMAIL, "external_id": ANN}]
        assert jobs(here) == [f"unsubscribed {ANN}/email"]
        assert here.profile().email.consent == "UNSUBSCRIBED"

    run(told)


def test_a_decision_of_a_profile_that_is_somebody_elses_is_klaviyos_word_and_links_nothing() -> None:
    async def told(here: Scene) -> None:
        here.act("people", email=EMAIL, external_id="erp-7")
        contact = Contact(email=EMAIL)
        await here.step(here.marketing.consent(said(False, contact=contact)))
        assert jobs(here) == ["unsubscribed erp-7/email"]
        assert people(here) == [{"email": EMAIL, "external_id": "erp-7"}]
        before = dict(here.profile().properties)
        assert set(before) == {"pawline_allows", "pawline_consents"}
        assert (set(before["pawline_consents"]), before["pawline_allows"]) == ({f"marketing/all/{EMAIL}"}, [])
        with pytest.raises(Rejected) as no:
            await here.step(here.marketing.consent(said(False, contact=contact, purpose=Purpose.REMINDERS)))
        assert no.value.code is Code.CONFLICT
        assert jobs(here) == ["unsubscribed erp-7/email"]
        assert here.profile().properties == before

    run(told)


def test_what_was_said_before_an_address_was_known_is_written_when_it_is() -> None:
    async def told(here: Scene) -> None:
        await here.step(here.crm.upsert(Household(id=ANN)))
        await here.step(here.marketing.consent(said(False)))
        here.act("people", email=EMAIL)
        here.act("decisions", email=EMAIL, granted=True)
        here.profile().email.at -= 3_600  # type: ignore[operator]
        assert jobs(here) == [f"subscribed {here.profile().id}/email"]
        for _ in range(2):
            await here.know(phone=PHONE)
            no = here.profile().id  # before it is linked: the ledger calls it by Klaviyo's own id
            assert jobs(here)[1:] == [f"unsubscribed {no}/{where}" for where in ("email", "sms", "whatsapp")]
        assert here.profile().email.consent == "UNSUBSCRIBED"

    run(told)


def test_what_they_said_at_klaviyo_since_is_not_written_over_by_an_address() -> None:
    async def told(here: Scene) -> None:
        await here.step(here.crm.upsert(Household(id=ANN)))
        await here.step(here.marketing.consent(said(False, medium=Medium.EMAIL)))
        here.act("people", email=EMAIL)
        here.act("decisions", email=EMAIL, granted=True)
        before = jobs(here)
        await here.know()
        assert jobs(here) == before
        assert await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL)

    run(told)


def test_a_household_that_was_suppressed_before_an_address_was_known_is_stopped_when_it_is() -> None:
    async def told(here: Scene) -> None:
        await here.step(here.crm.upsert(Household(id=ANN)))
        stop = Suppression(household=ANN, because="asked by letter")
        assert (await here.step(here.marketing.suppress(stop))).reference is None
        await here.know()
        assert jobs(here) == [f"suppressed {ANN}"]
        here.profile().email.suppressed.clear()  # a person lifts it, at Klaviyo
        await here.know()
        assert jobs(here) == [f"suppressed {ANN}"]
        assert here.profile().email.suppressed == []

    run(told)


# -- two people, one telephone ---------------------------------------------------------------------------------------


def test_a_number_that_is_somebody_elses_is_left_out_and_the_rest_is_written() -> None:
    async def told(here: Scene) -> None:
        await here.know(phone=PHONE)
        await here.know(BO, BO_EMAIL, PHONE)  # new, with a number that is Ann's
        await here.know(BO, BO_EMAIL, PHONE)  # known
        assert people(here) == [
            {"email": EMAIL, "external_id": ANN, "phone_number": PHONE}, {"email": BO_EMAIL, "external_id": BO},
        ]  # fmt: skip
        stop = Suppression(household=BO, because="asked by letter")
        await here.step(here.marketing.suppress(stop))
        assert jobs(here) == [f"suppressed {BO}"]  # Ann's telephone is Ann's

    run(told)


def test_a_profile_with_another_address_is_not_theirs_for_a_number() -> None:
    async def told(here: Scene) -> None:
        here.act("people", email=BO_EMAIL, phone_number=PHONE)
        await here.know(phone=PHONE)
        assert people(here) == [
            {"email": BO_EMAIL, "phone_number": PHONE}, {"email": EMAIL, "external_id": ANN}
        ]  # fmt: skip

    run(told)


def test_somebody_who_is_known_by_number_only_is_found_by_it() -> None:
    async def told(here: Scene) -> None:
        whose = HouseholdId("h-by-phone")
        for one in (Contact(phone=PHONE), Contact(phone=PHONE, email=EMAIL)):
            person = Person(id=PersonId("p"), contact=one)
            no = (await here.step(here.crm.upsert(Household(id=whose, people=(person,))))).reference
            here.books.people[no].known["external_id"] = None  # as one that Klaviyo had from texts
        person = Person(id=PersonId("p"), contact=Contact(phone=PHONE))
        await here.step(here.crm.upsert(Household(id=whose, people=(person,))))
        assert people(here) == [{"phone_number": PHONE, "email": EMAIL, "external_id": whose}]

    run(told)


# -- a suppression that a person set ---------------------------------------------------------------------------------


@pytest.mark.parametrize("medium", [Medium.EMAIL, Medium.SMS, None])
def test_no_yes_lifts_a_suppression_that_a_person_set_at_klaviyo(medium: Medium | None) -> None:
    async def told(here: Scene) -> None:
        await here.know(phone=PHONE)
        here.profile().email.suppressed.append(("USER_SUPPRESSED", here.books.now()))
        before = here.profile().email.suppressed[:]
        await here.step(here.marketing.consent(said(True, medium=medium)))
        assert jobs(here) == []
        assert (here.profile().email.consent, here.profile().email.suppressed) == ("NEVER_SUBSCRIBED", before)
        assert not await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL)
        assert not await here.crm.allows(ANN, Purpose.REMINDERS, Medium.EMAIL)
        assert await here.crm.allows(ANN, Purpose.TRANSACTION, Medium.EMAIL)
        await here.step(here.marketing.consent(said(False, medium=Medium.EMAIL)))
        assert jobs(here) == [f"unsubscribed {ANN}/email"]
        assert before[0] in here.profile().email.suppressed

    run(told)


# -- moved with what we wrote ----------------------------------------------------------------------------------------


def test_a_household_moves_with_its_opt_outs_and_its_dead_pets() -> None:
    async def told(here: Scene) -> None:
        rex = Pet(id=PetId("rex"), household=ANN, species=Species.DOG, name="Rex")
        await here.step(here.crm.upsert(Household(id=ANN)))
        await here.step(here.crm.upsert_pet(rex))
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="rex died", pet=rex.id)))
        await here.step(here.marketing.consent(said(False, purpose=Purpose.REMINDERS)))
        here.act("people", email=EMAIL, properties={"vip": True})
        await here.know()
        kept = here.profile().properties
        assert [one["id"] for one in kept["pawline_pets_lost"]] == ["rex"]
        assert set(kept["pawline_consents"]) == {"reminders/all"}
        assert (kept["vip"], kept["pawline_household"]) == (True, ANN)
        assert [one.known.get("external_id") for one in here.books.people.values()] == [None, ANN]

    run(told)
