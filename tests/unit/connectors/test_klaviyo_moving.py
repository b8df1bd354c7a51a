"""A household moves to the profile that has its address: broken off wherever it may be, what it said is found again."""

from __future__ import annotations

import copy
from itertools import count
from typing import Final

import pytest

from pawline.model import (
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
from pawline.ports import Code, Occurrence, Rejected, Suppression, Transient
from pawline.sandbox import Fault, Faults
from pawline.sandbox.klaviyo.books import Person as Profile
from pawline.testing.clock import NOON
from tests.unit.connectors.klaviyo_scene import ANN, EMAIL, Scene, run
from tests.unit.connectors.test_klaviyo_addresses import NO, OFFICE, PHONE, say

HERS: Final = HouseholdId("h-hers")
"""A household whose id says nothing of any of its addresses."""
BO_EMAIL: Final = "bo@example.com"
BO: Final = household_by_email(BO_EMAIL)
REX: Final = PetId("rex")
NOES: Final = {
    "noes": {"marketing/all", "reminders/all"}, "noes of two": {f"marketing/email/{one}" for one in (EMAIL, OFFICE)}
}  # fmt: skip
"""What it said: of no address, or of each of two that were another system's then."""


def linked(here: Scene, household: HouseholdId = HERS) -> list[Profile]:
    """Whatever says in any way that it is this household's."""
    return [
        one for one in here.books.people.values()
        if str(one.known.get("external_id") or "").startswith(household)
        or one.properties.get("pawline_household") == household
    ]  # fmt: skip


async def unknown(here: Scene, what: str, *others: str) -> None:
    """Of whom no address is known says no; then Klaviyo has them, by an integration of its own."""
    await here.know(BO, BO_EMAIL, PHONE)
    here.act("people", email="carl@example.com", external_id="erp-7", properties={"vip": True})
    await here.step(here.crm.upsert(Household(id=HERS)))
    await here.step(here.crm.upsert_pet(Pet(id=REX, household=HERS, species=Species.DOG, name="Rex")))
    await here.step(here.marketing.suppress(Suppression(household=HERS, because="rex died", pet=REX)))
    if what == "suppress":
        await here.step(here.marketing.suppress(Suppression(household=HERS, because="asked by letter")))
    elif what == "noes":
        for purpose in (Purpose.MARKETING, Purpose.REMINDERS):
            await say(here, False, 5, HERS, of=None, purpose=purpose, medium=None)
    for email in (EMAIL, OFFICE):
        here.act("people", email=email, external_id=f"erp-{email}")
        here.act("decisions", email=email, granted=True)
        here.profile(email).email.at -= 3_600  # type: ignore[operator]
        if what == "noes of two":
            await say(here, False, 5, HERS, of=email)
    for email in (EMAIL, OFFICE):
        here.profile(email).known["external_id"] = None
        if email not in (EMAIL, *others):
            del here.books.people[here.profile(email).id]


async def come(here: Scene, by: str, email: str) -> None:
    if by == "order":
        await here.know(HERS, email)
    else:
        await say(here, True, 90, HERS, of=email, purpose=Purpose.SURVEYS)


async def broken_off(here: Scene, by: str, at: int, fault: Fault) -> bool:
    """Before the vendor did what request `at` asks, or after."""
    here.desk.vendors.faults = Faults(at={at: fault}, retry_after=0.0)
    try:
        await come(here, by, EMAIL)
    except Transient:
        return True
    finally:
        here.desk.vendors.faults = Faults()
    return False


def others(here: Scene) -> list[Profile]:
    """Those whom it does not concern, as they are now."""
    return copy.deepcopy([
        one for one in here.books.people.values() if one.known.get("email") in (BO_EMAIL, "carl@example.com")
    ])  # fmt: skip


async def stands(here: Scene, what: str, one: Profile) -> None:
    """All that the household said stands at this profile, and it alone is the household's."""
    assert [each.id for each in linked(here)] == [one.id]
    assert one.known["external_id"] == one.properties["pawline_household"] == HERS
    assert [each["id"] for each in one.properties["pawline_pets_lost"]] == [REX]
    if what == "suppress":
        assert one.properties["pawline_suppressed"] == "asked by letter"
        assert "USER_SUPPRESSED" in {reason for reason, _ in one.email.suppressed}
    else:
        kept = one.properties["pawline_consents"].items()
        noes = {name for name, told in kept if not told["granted"] and not name.endswith(HERS)}
        assert noes == NOES[what]
        assert one.email.consent == NO
    for purpose in (Purpose.MARKETING, Purpose.REMINDERS):
        assert not await here.crm.allows(HERS, purpose, Medium.EMAIL)


@pytest.mark.parametrize("fault", [Fault.UNHEARD, Fault.BROKEN])
@pytest.mark.parametrize(
    ("by", "what"), [("order", "noes"), ("order", "noes of two"), ("order", "suppress"), ("decision", "noes")]
)
@pytest.mark.parametrize("third", ["the same", "of a profile", "of none"])
def test_a_move_that_breaks_off_anywhere_loses_no_no_whatever_address_comes_next(
    third: str, by: str, what: str, fault: Fault
) -> None:
    async def told(here: Scene, at: int) -> tuple[bool, list[str]]:
        await unknown(here, what, *([OFFICE] if third == "of a profile" else []))
        (old,), new, before = linked(here), here.profile(), others(here)
        broken = await broken_off(here, by, at, fault)
        between = [str(one.known.get("external_id") or "-").removeprefix(HERS) for one in (old, new)]
        moved = between[1] == ""
        if third == "the same":
            await come(here, by, EMAIL)
            await stands(here, what, new)
        elif third == "of a profile" and moved and by == "order":  # as any address that somebody else has
            with pytest.raises(Rejected) as no:
                await come(here, by, OFFICE)
            assert no.value.code is Code.CONFLICT
            await stands(here, what, new)
        else:
            await come(here, by, OFFICE)
            at_home = new if moved else here.profile(OFFICE) if third == "of a profile" else old
            await stands(here, what, at_home)
            assert at_home.known["email"] == (OFFICE if by == "order" or not moved else EMAIL)
        assert others(here) == before
        return broken, between

    seen: list[list[str]] = []
    for at in count(1):
        broken, between = run(lambda here, at=at: told(here, at))  # type: ignore[misc]
        seen += [between] if between not in seen else []
        if not broken:
            break
    assert seen == [["", "-"], ["/moving", "-"], ["/moving", ""], ["-", ""]]


@pytest.mark.parametrize("email", [EMAIL, OFFICE])
def test_what_is_said_while_a_move_is_broken_off_goes_with_it(email: str) -> None:
    async def told(here: Scene) -> None:
        await unknown(here, "suppress")
        (old,) = linked(here)
        old.known["external_id"] = f"{HERS}/moving"
        before = len(here.books.people)
        await here.step(here.crm.upsert(Household(id=HERS)))
        await here.step(here.crm.upsert_pet(Pet(id=PetId("mia"), household=HERS, species=Species.CAT, name="Mia")))
        await say(here, False, 1, HERS, of=None, purpose=Purpose.SURVEYS)
        happened = Occurrence(name="Placed Order", key="placed/1", at=NOON, household=HERS, values={})
        await here.step(here.marketing.track(happened))
        assert (here.books.events[-1].metric, here.books.events[-1].person) == ("Placed Order", old.id)
        assert (len(here.books.people), [one.id for one in linked(here)]) == (before, [old.id])
        await here.know(HERS, email)
        await stands(here, "suppress", here.profile(email))
        kept = here.profile(email).properties
        assert (kept["pawline_pet_names"], list(kept["pawline_consents"])) == (["Mia"], ["surveys/email"])

    run(told)


def test_an_address_that_is_another_systems_ends_no_move_and_loses_nothing() -> None:
    async def told(here: Scene) -> None:
        await unknown(here, "noes", OFFICE)
        (old,) = linked(here)
        old.known["external_id"] = f"{HERS}/moving"
        here.profile(OFFICE).known["external_id"] = "erp-8"
        theirs = copy.deepcopy(here.profile(OFFICE))
        with pytest.raises(Rejected) as no:
            await here.know(HERS, OFFICE)
        assert no.value.code is Code.CONFLICT
        assert here.profile(OFFICE) == theirs
        assert old.known["external_id"] == f"{HERS}/moving"
        await here.know(HERS)
        await stands(here, "noes", here.profile())

    run(told)


def test_a_profile_that_nobody_linked_has_the_link_of_one_that_was_left_is_a_persons() -> None:
    async def told(here: Scene) -> None:
        await unknown(here, "noes")
        (old,) = linked(here)
        old.known["external_id"] = f"{HERS}/moving"
        here.act("people", email=OFFICE, external_id=HERS)  # by another system, amid the move
        for one in (here.know(HERS), here.crm.allows(HERS, Purpose.MARKETING, Medium.EMAIL)):
            with pytest.raises(Rejected, match="several profiles") as no:
                await one
            assert no.value.code is Code.CONFLICT
        assert old.known["external_id"] == f"{HERS}/moving"

    run(told)


def test_who_is_left_says_no_more_whose_it_was() -> None:
    async def told(here: Scene) -> None:
        await here.step(here.crm.upsert(Household(id=ANN)))
        (old,) = linked(here, ANN)
        here.act("people", email=EMAIL)
        person = Person(id=PersonId("p"), contact=Contact(email=EMAIL))
        requests = here.desk.vendors.requests
        await here.step(here.crm.upsert(Household(id=ANN, people=(person,))))
        assert here.desk.vendors.requests - requests == 6  # whose, which, the copy, three links
        assert (old.known["external_id"], old.properties.get("pawline_household")) == (None, None)
        assert linked(here, ANN) == [here.profile()]

    run(told)
