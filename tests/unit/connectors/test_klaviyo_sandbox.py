"""The connector at the sandbox's Klaviyo: who is known there, what is sent, and what keeps it from being sent."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from pawline.model import (
    Address,
    Contact,
    Household,
    HouseholdId,
    Medium,
    Message,
    OrderId,
    Person,
    PersonId,
    Pet,
    PetId,
    Purpose,
    Species,
)
from pawline.ports import Code, Occurrence, Receipt, Rejected, Suppression
from pawline.testing.clock import NOON
from tests.unit.connectors.klaviyo_scene import ANN, EMAIL, Scene, run

BO = HouseholdId("h-bo")
REX, MIA = PetId("rex"), PetId("mia")
HOME = Address(
    name="Ann Bee", lines=("Hauptstr. 1", "Hof"), city="Berlin", postcode="10115", country="DE", region="BE"
)  # fmt: skip


def confirmation(**more: Any) -> Message:
    given = {
        "name": "order_confirmation", "household": ANN, "purpose": Purpose.TRANSACTION, "medium": Medium.EMAIL,
        "order": OrderId("1001"), **more,
    }  # fmt: skip
    return Message(**given)


def reminder(**more: Any) -> Message:
    return confirmation(name="refill_reminder", purpose=Purpose.REMINDERS, order=None, **more)


def ready(here: Scene) -> None:
    """Flows that send what is asked for."""
    here.act("flows", name="Order confirmation", metric="Pawline order_confirmation", transactional=True)
    here.act("flows", name="Refill", metric="Pawline refill_reminder")
    here.act("flows", name="Recall", metric="Pawline recall_notice", transactional=True)


async def refused(here: Scene, message: Message) -> Code:
    """Why it is not sent; nothing happened."""
    before = here.did()
    with pytest.raises(Rejected) as no:
        await here.step(here.marketing.send(message))
    assert here.did() == before
    assert EMAIL not in no.value.text
    return no.value.code


# -- who is known --------------------------------------------------------------------------------------------------


def test_a_household_is_a_profile_with_our_id_and_reads_back() -> None:
    async def told(here: Scene) -> None:
        person = Person(
            id=PersonId("p"), contact=Contact(email=EMAIL, phone="+4930123456", language="de"), name="Ann Bee Cee"
        )
        await here.step(here.crm.upsert(Household(id=ANN, people=(person,), addresses=(HOME,))))
        await here.step(here.crm.upsert(Household(id=ANN)))  # nothing of it is taken back
        profile = here.profile()
        assert {name: value for name, value in profile.known.items() if value} == {
            "email": EMAIL, "phone_number": "+4930123456", "external_id": ANN, "first_name": "Ann",
            "last_name": "Bee Cee", "locale": "de",
        }  # fmt: skip
        assert profile.properties == {"pawline_household": ANN}
        assert here.did() == [f"profile {ANN}"]
        read = await here.crm.household(ANN)
        assert read == Household(
            id=ANN, people=(Person(id=PersonId(profile.id), contact=person.contact, name="Ann Bee Cee"),),
            addresses=(Address(name="Ann Bee Cee", lines=HOME.lines, city="Berlin", postcode="10115", country="DE",
                               region="BE"),),
        )  # fmt: skip

    run(told)


def test_a_profile_that_klaviyo_had_by_its_address_becomes_the_households() -> None:
    async def told(here: Scene) -> None:
        no = here.act("people", email=EMAIL.upper(), properties={"vip": True})["id"]
        assert await here.know() == no
        assert len(here.books.people) == 1
        assert here.profile().known["external_id"] == ANN
        assert here.profile().properties == {"vip": True, "pawline_household": ANN}

    run(told)


def test_a_profile_that_is_somebody_elses_is_left_to_a_person() -> None:
    async def told(here: Scene) -> None:
        here.act("people", email=EMAIL, external_id="erp-7")
        with pytest.raises(Rejected) as no:
            await here.know()
        assert no.value.code is Code.CONFLICT
        assert here.profile().known["external_id"] == "erp-7"

    run(told)


def test_a_household_without_an_address_moves_to_the_profile_that_has_it() -> None:
    async def told(here: Scene) -> None:
        bare = (await here.step(here.crm.upsert(Household(id=ANN)))).reference
        await here.step(here.crm.upsert_pet(Pet(id=REX, household=ANN, species=Species.DOG)))
        no = here.act("people", email=EMAIL)["id"]
        assert (bare, await here.know()) == (bare, no)
        assert here.books.people[bare].known["external_id"] is None
        assert [pet.id for pet in await here.crm.pets(ANN)] == [REX]
        assert here.profile().known["external_id"] == ANN

    run(told)


def test_an_address_that_is_another_profiles_is_left_to_a_person() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        await here.know(BO, "bo@example.com")
        with pytest.raises(Rejected) as no:
            await here.know(BO, EMAIL)
        assert no.value.code is Code.CONFLICT
        assert here.profile().known["external_id"] == ANN
        assert here.profile("bo@example.com").known["external_id"] == BO

    run(told)


def test_a_new_address_is_the_same_profile() -> None:
    async def told(here: Scene) -> None:
        no = await here.know()
        assert await here.know(ANN, "ann.bee@example.com") == no
        assert here.books.people[no].known["email"] == "ann.bee@example.com"
        assert len(here.books.people) == 1

    run(told)


def test_a_number_that_klaviyo_does_not_take_keeps_nothing_else_out() -> None:
    async def told(here: Scene) -> None:
        await here.know(phone="+12345")
        assert here.profile().known.get("phone_number") is None
        assert here.profile().known["external_id"] == ANN

    run(told)


def test_nobody_is_known_by_quotes() -> None:
    async def told(here: Scene) -> None:
        with pytest.raises(Rejected) as no:
            await here.crm.household(HouseholdId('h-",any(id'))
        assert no.value.code is Code.NOT_FOUND

    run(told)


def test_a_note_stands_in_the_profiles_history_once() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        here.act("flows", name="Oops", metric="Pawline Note")
        for _ in range(2):
            await here.step(here.crm.note(ANN, "likes chicken"))
        assert [(one.metric, one.properties["text"]) for one in here.books.events] == [
            ("Pawline Note", "likes chicken")
        ]
        assert not [one for one in here.did() if one.startswith("mailed")]  # it triggers nothing

    run(told)


# -- pets ----------------------------------------------------------------------------------------------------------


def test_pets_are_lists_and_places() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        rex = Pet(
            id=REX, household=ANN, species=Species.DOG, name="Rex", breed="Collie", born_on=date(2020, 3, 1),
            weight=21_000, allergies=("beef",),
        )  # fmt: skip
        mia = Pet(id=MIA, household=ANN, species=Species.CAT, name="Mia")
        for pet in (rex, mia, Pet(id=REX, household=ANN, species=Species.DOG, weight=22_000)):
            await here.step(here.crm.upsert_pet(pet))
        assert here.profile().properties == {
            "pawline_household": ANN,
            "pawline_pets": [
                {"id": "rex", "species": "dog", "name": "Rex", "breed": "Collie", "born_on": "2020-03-01",
                 "weight": 22_000, "allergies": ["beef"], "place": 1},
                {"id": "mia", "species": "cat", "name": "Mia", "place": 2},
            ],
            "pawline_pets_lost": [], "pawline_pet_names": ["Rex", "Mia"], "pawline_pet_species": ["cat", "dog"],
            "pawline_pet_count": 2, "pet_1_name": "Rex", "pet_1_species": "dog", "pet_1_breed": "Collie",
            "pet_1_born_on": "2020-03-01", "pet_1_weight": 22_000, "pet_2_name": "Mia", "pet_2_species": "cat",
        }  # fmt: skip
        read = await here.crm.pets(ANN)
        assert read[0].weight == 22_000
        assert (read[0].born_on, read[0].allergies, read[1]) == (date(2020, 3, 1), ("beef",), mia)
        assert await here.crm.pets(BO) == ()

    run(told)


def test_a_dead_pet_is_out_of_what_templates_show_and_stays_dead() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        rex = Pet(id=REX, household=ANN, species=Species.DOG, name="Rex", born_on=date(2020, 3, 1))
        mia = Pet(id=MIA, household=ANN, species=Species.CAT, name="Mia", born_on=date(2021, 4, 2))
        dead = Pet(id=REX, household=ANN, species=Species.DOG, died_on=date(2026, 11, 1))
        here.act("flows", name="Birthday", day="pet_1_born_on")
        for pet in (rex, mia, dead, rex):  # who writes later does not know it yet
            await here.step(here.crm.upsert_pet(pet))
        kept = here.profile().properties
        assert {name: value for name, value in kept.items() if "pet" in name} == {
            "pawline_pets": [
                {"id": "mia", "species": "cat", "name": "Mia", "born_on": "2021-04-02", "place": 2}
            ],
            "pawline_pets_lost": [
                {"id": "rex", "species": "dog", "name": "Rex", "born_on": "2020-03-01", "died_on": "2026-11-01"}
            ],
            "pawline_pet_names": ["Mia"], "pawline_pet_species": ["cat"], "pawline_pet_count": 1,
            "pet_2_name": "Mia", "pet_2_species": "cat", "pet_2_born_on": "2021-04-02",
        }  # fmt: skip
        here.desk.act("klaviyo/days", b'"2027-03-01"')
        assert not [one for one in here.did() if one.startswith("mailed")]
        assert [pet.alive for pet in await here.crm.pets(ANN)] == [True, False]
        assert await refused(here, reminder(pets=(MIA, REX))) is Code.NOT_ALLOWED

    run(told)


def test_a_pet_about_which_nothing_more_is_said() -> None:
    async def told(here: Scene) -> None:
        ready(here)
        await here.know()
        mia = Pet(id=MIA, household=ANN, species=Species.CAT, name="Mia", born_on=date(2021, 4, 2))
        await here.step(here.crm.upsert_pet(mia))
        here.act("flows", name="Birthday", day="pet_1_born_on")
        for pet in (MIA, REX):  # of Rex Klaviyo never heard
            gone = Suppression(household=ANN, because=f"{pet} died", pet=pet)
            assert await here.step(here.marketing.suppress(gone)) == Receipt(here.profile().id)
        assert here.profile().properties["pawline_pets"] == []
        assert [one["id"] for one in here.profile().properties["pawline_pets_lost"]] == [MIA, REX]
        assert [pet.id for pet in await here.crm.pets(ANN)] == [MIA]
        here.desk.act("klaviyo/days", b'"2027-04-02"')
        silenced = [one.properties["pet"] for one in here.books.events if one.metric == "Pawline Pet Silenced"]
        assert silenced == [MIA, REX]
        for pet in (MIA, REX):
            assert await refused(here, reminder(pets=(pet,))) is Code.NOT_ALLOWED
            assert await refused(here, confirmation(pets=(pet,))) is Code.NOT_ALLOWED
        await here.step(here.marketing.send(confirmation()))
        assert [one for one in here.did() if one.startswith("mailed")] == [f"mailed {ANN}/Order confirmation"]

    run(told)


# -- what is sent --------------------------------------------------------------------------------------------------


def test_a_message_is_one_event_however_often_it_is_asked_for() -> None:
    async def told(here: Scene) -> None:
        ready(here)
        await here.know()
        for _ in range(3):
            sent = confirmation(pets=(REX,), values={"eta": "Friday"})
            assert await here.step(here.marketing.send(sent), key="k-7") == "k-7"
        await here.step(here.marketing.send(confirmation()), key="k-8")
        assert [(one.metric, one.unique) for one in here.books.events] == [
            ("Pawline order_confirmation", "k-7"), ("Pawline order_confirmation", "k-8"),
        ]  # fmt: skip
        assert here.books.events[0].properties == {
            "message": "order_confirmation", "message_id": "k-7", "purpose": "transaction", "medium": "email",
            "pets": ["rex"], "order": "1001", "eta": "Friday", "$event_id": "k-7",
        }  # fmt: skip
        assert [one for one in here.did() if one.startswith("mailed")] == [f"mailed {ANN}/Order confirmation"] * 2

    run(told)


def test_a_message_that_no_flow_would_send_is_refused_and_its_metric_can_be_chosen_then() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        assert "Pawline order_confirmation" not in here.books.metrics
        for status in (None, "draft", "manual"):
            if status is not None:
                here.act("flows", name="C", metric="Pawline order_confirmation", status=status)
            with pytest.raises(Rejected) as no:
                await here.step(here.marketing.send(confirmation()))
            assert no.value.code is Code.NOT_FOUND
            assert "'Pawline order_confirmation'" in no.value.text
        assert [(one.metric, one.properties) for one in here.books.events] == [
            ("Pawline order_confirmation", {"introduced": True, "$event_id": "pawline-introduced"})
        ]
        here.act("flows", name="C", metric="Pawline order_confirmation")
        await here.step(here.marketing.send(confirmation()))  # of the same key: the introduction is not in its way
        assert [one for one in here.did() if one.startswith("mailed")] == [f"mailed {ANN}/C"]

    run(told)


def test_a_metric_of_the_shops_own_name() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        here.act("flows", name="C", metric="Bestellung bestätigt")
        await here.step(here.marketing.send(confirmation()))
        assert [one.metric for one in here.books.events] == ["Bestellung bestätigt"]

    run(told, metrics={"order_confirmation": "Bestellung bestätigt"})


def test_who_is_not_known_or_cannot_be_reached_is_not_written_to() -> None:
    async def told(here: Scene) -> None:
        ready(here)
        assert await refused(here, confirmation()) is Code.NOT_FOUND
        await here.know()
        assert await refused(here, confirmation(medium=Medium.SMS)) is Code.UNDELIVERABLE
        assert await refused(here, confirmation(medium=Medium.POST)) is Code.UNSUPPORTED
        here.act("people", email=EMAIL, bounced=True)
        assert await refused(here, confirmation()) is Code.UNDELIVERABLE
        recall = confirmation(name="recall_notice", purpose=Purpose.SAFETY)
        assert await refused(here, recall) is Code.UNDELIVERABLE  # a person tells them

    run(told)


def test_a_no_stops_what_needs_consent_and_nothing_else() -> None:
    async def told(here: Scene) -> None:
        ready(here)
        await here.know()
        await here.step(here.marketing.send(reminder()), key="k-1")  # nobody said no: whether yes the asker asked
        here.act("decisions", email=EMAIL, granted=False)
        assert await refused(here, reminder()) is Code.NOT_ALLOWED
        await here.step(here.marketing.send(confirmation()), key="k-2")
        recalled = confirmation(name="recall_notice", purpose=Purpose.SAFETY, values={"recall": "R-1"})
        await here.step(here.marketing.send(recalled), key="k-3")
        assert [one for one in here.did() if one.startswith("mailed")] == [
            f"mailed {ANN}/{flow}" for flow in ("Refill", "Order confirmation", "Recall")
        ]
        assert here.profile().properties["pawline_last_recall"] == "R-1"

    run(told)


def test_a_suppressed_household_hears_of_recalls_only() -> None:
    async def told(here: Scene) -> None:
        ready(here)
        await here.know()
        for _ in range(2):
            await here.step(here.marketing.suppress(Suppression(household=ANN, because="they moved away")))
        assert [reason for reason, _ in here.profile().email.suppressed] == ["USER_SUPPRESSED"]
        assert here.profile().properties["pawline_suppressed"] == "they moved away"
        assert await refused(here, reminder()) is Code.NOT_ALLOWED
        assert await refused(here, confirmation()) is Code.NOT_ALLOWED
        assert not await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL)
        assert await here.crm.allows(ANN, Purpose.TRANSACTION, Medium.EMAIL)
        await here.step(here.marketing.send(confirmation(name="recall_notice", purpose=Purpose.SAFETY)))
        assert here.did()[-1] == f"mailed {ANN}/Recall"

    run(told)


def test_what_is_unknown_cannot_be_suppressed() -> None:
    async def told(here: Scene) -> None:
        for pet in (None, REX):
            with pytest.raises(Rejected) as no:
                await here.step(here.marketing.suppress(Suppression(household=ANN, because="x", pet=pet)))
            assert no.value.code is Code.NOT_FOUND
        assert here.did() == []

    run(told)


def test_what_happened_is_told_once_with_its_value() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        values: dict[str, str | int | bool] = {"order": "1001", "total": 6_550, "currency": "EUR"}
        long = "viewed/" + "x" * 300
        for key in ("placed.order/1001", "placed.order/1001", long, long):
            what = Occurrence(name="Placed Order", key=key, at=NOON, household=ANN, values=values)
            await here.step(here.marketing.track(what))
        first, second = here.books.events
        assert (first.unique, first.at, first.person) == ("placed.order/1001", NOON.timestamp(), here.profile().id)
        assert {name: first.properties[name] for name in values} == values
        assert len(second.unique) == 64
        with pytest.raises(Rejected):
            await here.step(
                here.marketing.track(Occurrence(name="x" * 128, key="k", at=NOON, household=ANN, values={}))
            )

    run(told)


def test_what_happens_to_somebody_unknown_waits_for_their_address() -> None:
    async def told(here: Scene) -> None:
        at = datetime.fromisoformat("2026-11-01T10:00:00+01:00") - timedelta(days=1)
        await here.step(here.marketing.track(Occurrence(name="Placed Order", key="k", at=at, household=ANN)))
        assert here.books.by("external_id", ANN) is not None
        await here.know()
        assert [one.person for one in here.books.events] == [here.profile().id]

    run(told)
