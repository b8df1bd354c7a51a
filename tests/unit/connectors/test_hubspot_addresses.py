"""Decisions belong to the address that they were said of: whoever's contact has it, and whatever becomes of that."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from pawline.model import Contact, HouseholdId, Medium, Purpose, household_by_email
from pawline.ports import Suppression, Transient
from pawline.sandbox import Fault, Faults
from tests.unit.connectors.hubspot_scene import ANN, EMAIL, NEWS, OFFERS, REMINDERS, Scene, run
from tests.unit.connectors.test_hubspot_looking import read

OFFICE: Final = "office@example.com"
DESK: Final = household_by_email(OFFICE)
"""Who is known by that address, and has no contact."""
NO: Final = {OFFERS: "UNSUBSCRIBED", NEWS: "UNSUBSCRIBED"}
YES: Final = {OFFERS: "SUBSCRIBED"}


def ago(**more: float) -> datetime:
    return datetime.now(UTC) - timedelta(**more)


def given(here: Scene, email: str) -> None:
    """A person gives Ann's contact another address, at HubSpot."""
    (hers,) = (one for one in here.books.contacts.values() if one.properties.get("pawline_household") == ANN)
    here.books.write(hers, {"email": email})


async def elsewhere(here: Scene) -> str:
    """Ann's contact has the office's address. Where a look begins."""
    await here.know()
    given(here, OFFICE)
    _, cursor, _ = await here.looked("")
    return cursor


async def heard(here: Scene, cursor: str) -> list[Any]:
    return read((await here.looked(cursor))[0])


async def allowed(here: Scene) -> bool:
    return bool(await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL))


def of(email: str) -> Any:
    return {"contact": Contact(email=email)}


# -- of another address than her contact has -----------------------------------------------------------------------


@pytest.mark.parametrize("purpose", [Purpose.MARKETING, Purpose.REMINDERS])
def test_a_yes_is_not_written_to_another_address_than_it_was_said_of(purpose: Purpose) -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        subscription = {Purpose.MARKETING: OFFERS, Purpose.REMINDERS: REMINDERS}[purpose]
        here.act("decisions", email=OFFICE, granted=False, type=subscription)
        for medium in (Medium.EMAIL, None):
            await here.say(True, datetime.now(UTC) + timedelta(hours=1), purpose=purpose, medium=medium, **of(EMAIL))
            assert here.statuses(OFFICE) == {subscription: "UNSUBSCRIBED"}
            assert here.statuses() == {}  # nobody is written to by it
            assert not await here.crm.allows(ANN, purpose, Medium.EMAIL)
            assert "reminders_email" not in here.contact(OFFICE).properties.get("pawline_allows", "").split(";")
        given(here, EMAIL)
        assert await here.crm.allows(ANN, purpose, Medium.EMAIL)

    run(told)


def test_a_yes_is_written_where_another_contact_has_its_address() -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        here.act("people", email=EMAIL)  # by a form of HubSpot's
        assert len(await here.linked()) == 1
        _, cursor, _ = await here.looked("")
        await here.say(True, ago(hours=1), **of(EMAIL))
        assert (here.statuses(), here.statuses(OFFICE)) == (YES, {})
        assert await heard(here, cursor) == []
        await here.say(False, ago(minutes=59), **of(EMAIL))
        assert (here.statuses(), here.statuses(OFFICE)) == (NO, NO)
        assert await heard(here, cursor) == []

    run(told)


@pytest.mark.parametrize("there", ["nobody", "unlinked", "refused", "another"])
def test_a_no_is_written_to_the_address_that_it_was_said_of_and_to_hers(there: str) -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        if there == "another":
            other = here.act("people", email=EMAIL)["id"]
            here.books.write(here.books.contacts[other], {"pawline_household": "h-other"})
        elif there != "nobody":
            here.act("people", email=EMAIL)
        if there == "refused":
            assert len(await here.linked()) == 1
        for email in (EMAIL, OFFICE):
            here.act("decisions", email=email, granted=True, type=OFFERS)
        done = await here.say(False, datetime.now(UTC) + timedelta(hours=1), **of(EMAIL))
        assert done.reference == here.contact(OFFICE).id
        assert (here.statuses(), here.statuses(OFFICE)) == (NO, NO)
        assert not await allowed(here)
        told_there = [] if there == "nobody" else list(json.loads(here.contact().properties["pawline_consents"]))
        assert told_there == {
            "nobody": [], "another": [f"marketing/email/{EMAIL}/{ANN}"]
        }.get(there, [f"marketing/email/{EMAIL}"])  # fmt: skip
        assert list(json.loads(here.contact(OFFICE).properties["pawline_consents"])) == [f"marketing/email/{EMAIL}"]

    run(told)


def test_a_no_that_is_older_than_what_hubspot_says_of_an_address_changes_nothing_there() -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        here.act("decisions", email=EMAIL, granted=True, type=OFFERS)
        await here.say(False, ago(hours=1), **of(EMAIL))
        assert (here.statuses(), here.statuses(OFFICE)) == (YES, NO)

    run(told)


def test_a_yes_of_the_offices_does_not_lift_her_no_of_another_address() -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        await here.say(False, ago(hours=2), **of(EMAIL))
        await here.say(True, ago(hours=1), **of(OFFICE))
        assert here.statuses(OFFICE) == {OFFERS: "SUBSCRIBED", NEWS: "UNSUBSCRIBED"}
        assert here.statuses() == NO
        assert await allowed(here)
        given(here, EMAIL)
        assert not await allowed(here)

    run(told)


def test_what_hubspot_has_no_status_of_is_kept_with_her_contact_only() -> None:
    async def told(here: Scene) -> None:
        await elsewhere(here)
        here.act("people", email=EMAIL)
        await here.say(True, ago(hours=1), purpose=Purpose.SURVEYS, medium=Medium.SMS, **of(EMAIL))
        assert await here.crm.allows(ANN, Purpose.SURVEYS, Medium.SMS)  # a telephone has no address
        await here.say(False, ago(minutes=1), purpose=Purpose.SURVEYS, medium=None, **of(EMAIL))
        assert not await here.crm.allows(ANN, Purpose.SURVEYS, Medium.SMS)
        assert "pawline_consents" not in here.contact().properties
        assert (here.statuses(), here.statuses(OFFICE)) == ({}, {})

    run(told)


def test_a_no_of_who_has_a_contact_without_an_address_goes_to_whoever_has_it() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        other = HouseholdId("h-other")
        await here.say(False, ago(hours=2), other, purpose=Purpose.REMINDERS)  # HubSpot knows nobody of it
        done = await here.say(False, ago(hours=1), other, **of(EMAIL))
        assert here.statuses() == NO
        bare = here.books.contacts[done.reference].properties
        assert bare["pawline_household"] == other
        assert "marketing/email" in bare["pawline_consents"]

    run(told)


def test_lists_know_a_yes_with_its_own_address_only() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await here.say(True, ago(hours=1), purpose=Purpose.REMINDERS, medium=None, **of(EMAIL))

        def listed() -> str:
            (one,) = here.books.contacts.values()
            return one.properties["pawline_allows"]

        everywhere = listed().split(";")
        assert "reminders_email" in everywhere
        assert "reminders_sms" in everywhere
        await here.know(email=OFFICE)
        assert listed().split(";") == [one for one in everywhere if one != "reminders_email"]
        assert here.statuses(OFFICE) == {}
        await here.know()
        assert listed().split(";") == everywhere
        changes = len(here.did())
        await here.know()
        assert len(here.did()) == changes

    run(told)


# -- a move that breaks off ----------------------------------------------------------------------------------------


async def unknown(here: Scene, what: str, household: HouseholdId = ANN) -> None:
    """Somebody whom HubSpot does not know says no; then it does, by a form of its own."""
    if what == "suppress":
        await here.step(here.marketing.suppress(Suppression(household=household, because="asked for it")))
    else:
        await here.say(False, ago(hours=1), household)
    here.act("people", email=EMAIL)


def written(here: Scene, what: str) -> bool:
    if what == "suppress":
        return here.stopped() and here.contact().properties["pawline_suppressed"] == "asked for it"
    return here.statuses() == NO and "pawline_consents" in here.contact().properties


@pytest.mark.parametrize("what", ["no", "suppress"])
@pytest.mark.parametrize("by", ["look", "order"])
def test_a_move_that_breaks_off_anywhere_is_ended_by_the_look(by: str, what: str) -> None:
    async def told(here: Scene, at: int) -> bool:
        await unknown(here, what)
        here.desk.vendors.faults = Faults(at={at: Fault.UNAVAILABLE}, retry_after=0.0)
        try:
            await (here.linked() if by == "look" else here.know())
        except Transient:
            broken = True
        else:
            broken = False
        here.desk.vendors.faults = Faults()
        assert await here.linked() == []
        assert here.contact().properties["pawline_household"] == ANN
        assert written(here, what), f"broken off at request {at}"
        return broken

    broken = [run(lambda here, at=at: told(here, at)) for at in range(1, 16)]  # type: ignore[misc]
    assert broken.index(False) >= 7  # a search or a look, who has it, the copy, what stands (2), the no, two links
    assert not any(broken[broken.index(False) :])


def test_a_move_keeps_what_was_said_of_the_address_before() -> None:
    async def told(here: Scene) -> None:
        await unknown(here, "no")
        there = here.contact()
        await here.know(DESK, OFFICE)
        await here.say(False, ago(minutes=30), DESK, purpose=Purpose.REMINDERS, **of(EMAIL))
        assert "reminders/email" in there.properties["pawline_consents"]
        assert await here.linked() == []
        kept = here.contact().properties["pawline_consents"]
        assert "marketing/email" in kept
        assert "reminders/email" in kept
        assert here.statuses() == {**NO, REMINDERS: "UNSUBSCRIBED"}

    run(told)


@pytest.mark.parametrize("what", ["no", "suppress"])
@pytest.mark.parametrize("household", [ANN, HouseholdId("h-other")])
def test_a_move_that_breaks_off_anywhere_keeps_a_no_whatever_address_comes_next(
    household: HouseholdId, what: str
) -> None:
    async def told(here: Scene, at: int) -> list[str]:
        await unknown(here, what, household)
        here.desk.vendors.faults = Faults(at={at: Fault.UNAVAILABLE}, retry_after=0.0)
        with contextlib.suppress(Transient):
            await here.know(household)
        here.desk.vendors.faults = Faults()
        between = [one.properties.get("pawline_household", "-") for one in here.books.contacts.values()]
        await here.know(household, OFFICE)
        found = here.contact(OFFICE)
        assert found.properties["pawline_household"] == household
        await here.say(True, ago(hours=2), household, **of(OFFICE))  # older than the no
        assert (here.stopped(OFFICE), here.statuses(OFFICE)) == ((True, {}) if what == "suppress" else (False, NO))
        assert not await here.crm.allows(household, Purpose.MARKETING, Medium.EMAIL)
        return [one.removeprefix(household) for one in between]

    every = [run(lambda here, at=at: told(here, at)) for at in range(6, 13)]  # type: ignore[misc]
    seen = [now for before, now in zip([None, *every], every, strict=False) if now != before]
    assert seen == [["", "-"], ["/moving", "-"], ["-", ""]]
