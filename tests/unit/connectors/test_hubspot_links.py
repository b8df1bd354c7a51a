"""Whoever HubSpot had before is linked to their household: all of them, a hundred at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from pawline.connectors.hubspot import walking
from pawline.kit import Quarantined
from pawline.model import Household, Pet, PetId, Species, household_by_email
from pawline.ports import Malformed
from pawline.sandbox.hubspot.wrongs import Said
from tests.unit.connectors.hubspot_scene import ANN, EMAIL, NEWS, OFFERS, Scene, run


def people(here: Scene, count: int) -> list[str]:
    emails = [f"p{number}@example.com" for number in range(count)]
    for email in emails:
        here.act("people", email=email)
    return emails


def test_whoever_was_there_is_linked_a_hundred_at_a_time() -> None:
    async def told(here: Scene) -> None:
        emails = people(here, 230)
        here.desk.act("hubspot/write", msgspec.json.encode(
            {"method": "POST", "path": "/crm/objects/2026-09/contacts",
             "body": {"properties": {"firstname": "Nobody"}, "associations": []}}
        ))  # fmt: skip
        before = here.desk.vendors._dice.requests
        assert await here.linked() == []
        links = [here.contact(email).properties["pawline_household"] for email in emails]
        assert links == [household_by_email(email) for email in emails]
        assert here.desk.vendors._dice.requests - before == 3 + 3 * 4  # properties; search, who moves, holders, links
        after = here.desk.vendors._dice.requests
        assert await here.linked() == []
        assert here.desk.vendors._dice.requests - after == 1

    run(told)


def test_a_search_that_is_behind_links_nobody_twice() -> None:
    async def told(here: Scene) -> None:
        people(here, 3)
        here.clock.ahead = 60.0
        here.books.lag = 30.0
        for _ in range(2):
            assert await here.linked() == []
        assert [one.again for one in here.desk.vendors.effects() if one.operation == "HubSpot.contact"] == [True] * 3

    run(told)


def test_a_household_without_an_address_makes_room() -> None:
    async def told(here: Scene) -> None:
        await here.step(here.crm.upsert(Household(id=ANN)))
        await here.step(here.crm.upsert_pet(Pet(id=PetId("rex"), household=ANN, species=Species.DOG)))
        await here.say(False, datetime.now(UTC))
        there = here.act("people", email=EMAIL)
        assert await here.linked() == []
        assert here.contact().id == there["id"]
        assert here.contact().properties["pawline_household"] == ANN
        assert [one.id for one in await here.crm.pets(ANN)] == ["rex"]
        assert here.statuses() == {OFFERS: "UNSUBSCRIBED", NEWS: "UNSUBSCRIBED"}

    run(told)


def test_one_that_cannot_be_linked_is_told_once_and_keeps_no_other_from_being() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        here.books.write(here.contact(), {"email": "new@example.com"})  # a person changed her address
        second = here.act("people", email=EMAIL)["id"]  # and somebody has the old one
        people(here, 2)
        first = here.contact("new@example.com").id
        why = f"its address is that of household {ANN}, which is contact {first}: merge them, or leave it"
        assert await here.linked() == [Quarantined(f"contact {second}", why)]
        assert await here.linked() == []
        assert here.contact().properties["pawline_not_linked"] == why
        assert "pawline_household" not in here.contact().properties
        assert all("pawline_household" in here.contact(f"p{number}@example.com").properties for number in range(2))

    run(told)


def test_one_that_hubspot_refuses_keeps_no_other_from_being_linked() -> None:
    async def told(here: Scene) -> None:
        people(here, 3)
        bad, answered = here.contact("p1@example.com").id, here.desk.hubspot.answer

        def strict(asked: Any) -> Any:
            """A rule of the shop's own for this one's link, as the account may have."""
            body = asked.body or {}
            given = {one.get("id"): one.get("properties", ()) for one in body.get("inputs", ())}
            given |= {asked.path.rpartition("/")[2]: body.get("properties", ())}
            if "pawline_household" in given.get(bad, ()):
                return Said(400, {"category": "VALIDATION_ERROR", "message": "no"})
            return answered(asked)

        here.desk.hubspot.answer = strict  # type: ignore[method-assign]
        why = "HubSpot does not take its link: invalid"
        assert await here.linked() == [Quarantined(f"contact {bad}", why)]
        assert await here.linked() == []
        assert here.contact("p1@example.com").properties["pawline_not_linked"] == why
        assert "pawline_household" in here.contact("p0@example.com").properties
        assert "pawline_household" in here.contact("p2@example.com").properties

    run(told)


def test_a_search_that_goes_round_in_circles_ends() -> None:
    async def told(here: Scene) -> None:
        people(here, 100)
        found = await walking.link(here.http, here.settings, "")
        assert found.more
        for one in here.books.contacts.values():
            here.books.write(one, {"pawline_household": ""})
        answered = here.desk.hubspot.answer

        def circular(asked: Any) -> Any:
            if asked.path.endswith("/search"):
                asked.body["filterGroups"][0]["filters"] = asked.body["filterGroups"][0]["filters"][:3]
            return answered(asked)

        here.desk.hubspot.answer = circular  # type: ignore[method-assign]
        with pytest.raises(Malformed):
            await walking.link(here.http, here.settings, found.cursor)

    run(told)
