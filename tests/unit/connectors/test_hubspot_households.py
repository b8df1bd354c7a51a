"""Which contact is a household's: found, linked, moved or made; and its pets."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from pawline.model import (
    Address,
    Contact,
    Household,
    HouseholdId,
    Medium,
    Person,
    PersonId,
    Pet,
    PetId,
    Purpose,
    Sex,
    Species,
    household_by_email,
)  # fmt: skip
from pawline.ports import Code, Malformed, Rejected, Suppression, Transient
from pawline.sandbox.hubspot.wrongs import Said
from pawline.testing.clock import NOON
from tests.unit.connectors.hubspot_scene import ANN, EMAIL, NEWS, OFFERS, Scene, run

HOME = Address(
    name="Ann Bee", lines=("Hauptstr. 1", "Hof"), city="Berlin", country="DE", postcode="10115", region="BE"
)  # fmt: skip
REX = Pet(
    id=PetId("rex"), household=ANN, species=Species.DOG, name="Rex", breed="Beagle", born_on=date(2020, 3, 1),
    weight=21_000, sex=Sex.MALE, allergies=("beef",),
)  # fmt: skip
TOM = Pet(id=PetId("tom"), household=ANN, species=Species.CAT, name="Tom")
OTHER = "bo@example.com"
BO = household_by_email(OTHER)


def test_a_household_is_known_as_it_was_told() -> None:
    async def told(here: Scene) -> None:
        person = Person(id=PersonId("p"), contact=Contact(email="Ann@Example.com", phone="+4930123456"), name="Ann Bee")
        made = await here.step(here.crm.upsert(Household(id=ANN, people=(person,), addresses=(HOME,))))
        assert here.contact().properties == {
            "email": EMAIL, "phone": "+4930123456", "firstname": "Ann", "lastname": "Bee", "city": "Berlin",
            "address": "Hauptstr. 1, Hof", "zip": "10115", "state": "BE", "country": "DE", "pawline_household": ANN,
        }  # fmt: skip
        found = await here.crm.household(ANN)
        assert found == Household(
            id=ANN, people=(Person(id=PersonId(made.reference), contact=Contact(email=EMAIL, phone="+4930123456"),
                                   name="Ann Bee"),),
            addresses=(msgspec.structs.replace(HOME, lines=("Hauptstr. 1, Hof",)),),
        )  # fmt: skip
        await here.step(here.crm.upsert(Household(id=ANN)))  # what is not told stays
        assert await here.crm.household(ANN) == found
        assert here.did() == [f"contact {ANN}"]

    run(told)


def test_what_is_so_already_is_not_written_again() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await here.step(here.crm.upsert_pet(REX))
        before = len(here.desk.vendors.effects())
        await here.know()
        await here.step(here.crm.upsert_pet(REX))
        assert len(here.desk.vendors.effects()) == before

    run(told)


def test_whoever_was_there_by_the_address_is_linked() -> None:
    async def told(here: Scene) -> None:
        there = here.act("people", email=EMAIL, properties={"firstname": "Anna", "company": "Zoo"})
        assert await here.know() == there["id"]
        assert len(here.books.contacts) == 1
        assert here.contact().properties == {
            "email": EMAIL, "firstname": "Ann", "lastname": "Bee", "company": "Zoo", "pawline_household": ANN,
        }  # fmt: skip

    run(told)


def test_the_address_of_another_household_is_a_persons_question() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        before = dict(here.contact().properties)
        for household in (HouseholdId("h-other"), HouseholdId("h-bare")):
            if household == "h-bare":
                await here.step(here.crm.upsert(Household(id=household)))
            with pytest.raises(Rejected) as no:
                await here.know(household)
            assert no.value.code is Code.CONFLICT
            assert EMAIL not in no.value.text
        assert here.contact().properties == before
        assert here.did() == [f"contact {ANN}", "contact h-bare"]

    run(told)


def test_an_address_that_is_anothers_or_none_keeps_nothing_else_out() -> None:
    async def told(here: Scene) -> None:
        await here.know(BO, OTHER, "Bo")
        await here.know()
        await here.know(ANN, OTHER, "Ann Cee")  # HubSpot: that is Bo's
        assert here.contact().properties["lastname"] == "Cee"
        await here.know(ANN, "ann@nowhere", "Ann Dee")  # HubSpot: that is no address
        assert here.contact().properties["lastname"] == "Dee"
        fresh = HouseholdId("h-fresh")
        await here.know(fresh, "fresh@nowhere", "Fay")
        told = [
            tuple(one.properties.get(name) for name in ("email", "pawline_household", "firstname"))
            for one in here.books.contacts.values()
        ]
        assert told == [(OTHER, BO, "Bo"), (EMAIL, ANN, "Ann"), (None, fresh, "Fay")]

    run(told)


def test_a_household_without_an_address_moves_to_the_contact_that_has_it_with_all_that_we_wrote() -> None:
    async def told(here: Scene) -> None:
        await here.step(here.crm.upsert(Household(id=ANN)))
        await here.step(here.crm.upsert_pet(REX))
        await here.say(False, NOON)
        await here.step(here.marketing.suppress(Suppression(household=ANN, because="asked for it")))
        there = here.act("people", email=EMAIL)
        assert await here.know() == there["id"]
        assert [one.id for one in await here.crm.pets(ANN)] == ["rex"]
        assert here.contact().properties["pawline_suppressed"] == "asked for it"
        assert here.stopped()  # HubSpot had no address to write that of
        assert not await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL)
        bare = here.books.contacts["101"]
        assert "pawline_household" not in bare.properties

    run(told)


def test_a_no_from_before_the_address_was_known_is_written_once_it_is() -> None:
    async def told(here: Scene) -> None:
        await here.step(here.crm.upsert(Household(id=ANN)))
        await here.say(False, NOON)
        assert here.books.addresses == {}
        await here.know()
        assert here.statuses() == {OFFERS: "UNSUBSCRIBED", NEWS: "UNSUBSCRIBED"}
        await here.know(ANN, "ann@elsewhere.example.com")
        assert here.statuses("ann@elsewhere.example.com") == {OFFERS: "UNSUBSCRIBED", NEWS: "UNSUBSCRIBED"}

    run(told)


def test_a_newer_yes_of_theirs_is_not_undone_when_they_order() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await here.say(False, NOON)
        here.clock.ahead = 3_600.0
        here.act("decisions", email=EMAIL, granted=True, type=OFFERS)
        await here.know(name="Ann Cee")
        assert here.statuses()[OFFERS] == "SUBSCRIBED"

    run(told)


def test_nobody_is_not_found_and_has_nothing() -> None:
    async def told(here: Scene) -> None:
        assert await here.crm.pets(ANN) == ()
        assert not await here.crm.allows(ANN, Purpose.TRANSACTION, Medium.EMAIL)
        for call in (here.crm.household(ANN), here.crm.upsert_pet(REX), here.crm.note(ANN, "x")):
            with pytest.raises(Rejected) as no:
                await here.step(call)
            assert no.value.code is Code.NOT_FOUND
        assert here.books.contacts == {}

    run(told)


def test_nobody_is_nobody_however_hubspot_says_so() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        for said in (
            Said(404, {"category": "OBJECT_NOT_FOUND"}), Said(200, {"results": []}),
            Said(207, {"results": [], "errors": [{"category": "OBJECT_NOT_FOUND"}]}),
        ):  # fmt: skip
            here.desk.hubspot.answer = lambda _, said=said: said  # type: ignore[method-assign,misc]
            assert await here.crm.pets(ANN) == ()
        for said in (Said(404, {}), Said(207, {"results": [], "errors": [{"category": "ODD"}]})):
            here.desk.hubspot.answer = lambda _, said=said: said  # type: ignore[method-assign,misc]
            with pytest.raises((Rejected, Transient)):
                await here.crm.pets(ANN)

    run(told)


def test_pets_are_lists_and_places_and_a_death_takes_one_out_of_all_of_them() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        for one in (REX, TOM):
            await here.step(here.crm.upsert_pet(one))
        says = here.contact().properties
        assert await here.crm.pets(ANN) == (REX, TOM)
        assert {name: value for name, value in says.items() if name.startswith("pawline_pet_")} == {
            "pawline_pet_names": "Rex, Tom", "pawline_pet_species": "cat;dog", "pawline_pet_count": "2",
            "pawline_pet_1_name": "Rex", "pawline_pet_1_species": "dog", "pawline_pet_1_breed": "Beagle",
            "pawline_pet_1_born_on": "2020-03-01", "pawline_pet_1_weight": "21000",
            "pawline_pet_2_name": "Tom", "pawline_pet_2_species": "cat",
        }  # fmt: skip
        died = msgspec.structs.replace(REX, died_on=date(2026, 11, 1))
        await here.step(here.crm.upsert_pet(died))
        await here.step(here.crm.upsert_pet(REX))  # a death stays
        assert await here.crm.pets(ANN) == (TOM, died)
        assert {name: value for name, value in says.items() if name.startswith("pawline_pet_")} == {
            "pawline_pet_names": "Tom", "pawline_pet_species": "cat", "pawline_pet_count": "1",
            "pawline_pet_2_name": "Tom", "pawline_pet_2_species": "cat",
        }  # fmt: skip
        await here.step(here.marketing.suppress(Suppression(household=ANN, pet=TOM.id, because="lost")))
        assert [one.id for one in await here.crm.pets(ANN)] == ["tom", "rex"]
        assert says["pawline_pet_count"] == "0"
        assert "pawline_pets" not in says

    run(told)


def test_five_pets_have_four_places_and_none_is_lost() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        for number in range(5):
            pet = Pet(id=PetId(f"p{number}"), household=ANN, species=Species.BIRD, name=f"P{number}")
            await here.step(here.crm.upsert_pet(pet))
        assert [one.id for one in await here.crm.pets(ANN)] == ["p0", "p1", "p2", "p3", "p4"]
        await here.step(here.marketing.suppress(Suppression(household=ANN, pet=PetId("p1"), because="died")))
        says = here.contact().properties
        assert [says[f"pawline_pet_{place}_name"] for place in range(1, 5)] == ["P0", "P4", "P2", "P3"]

    run(told)


@pytest.mark.parametrize("written", ["no JSON", "[7]", '[{"name": "Rex"}]', '[{"id": "r", "place": "one"}]', "{}"])
def test_pets_that_somebody_changed_by_hand_are_a_developers(written: str) -> None:
    async def told(here: Scene) -> Any:
        await here.know()
        here.act("people", email=EMAIL, properties={"pawline_pets": written})
        with pytest.raises(Malformed) as bad:
            await here.crm.pets(ANN)
        assert "pawline_pets of contact" in bad.value.text
        with pytest.raises(Malformed):
            await here.step(here.crm.upsert_pet(REX))

    run(told)


def test_more_pets_than_a_property_holds_are_refused_and_nothing_is_cut_off() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        huge = msgspec.structs.replace(REX, allergies=("x" * 70_000,))
        with pytest.raises(Rejected) as no:
            await here.step(here.crm.upsert_pet(huge))
        assert no.value.code is Code.TOO_LARGE
        assert await here.crm.pets(ANN) == ()

    run(told)


def test_what_people_typed_that_is_no_address_is_left_out() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        typed = {"phone": "030 1234", "address": "Hauptstr. 1", "country": "Germany"}
        here.act("people", email=EMAIL, properties=typed)
        found = await here.crm.household(ANN)
        assert (found.people[0].contact, found.addresses) == (Contact(email=EMAIL), ())

    run(told)
