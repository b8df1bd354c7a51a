"""Pets over HTTP: made, read, changed as they were read, and remembered; nobody's but their household's."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.hub.storefront.pets import ShopPets
from pawline.model import HouseholdId, Pet, PetAdded, PetDied, PetId, Species, household_by_email
from pawline.store import Retention, purge
from tests.unit.hub.shop import settled
from tests.unit.web.storefront.shop import MAIL, Shopper, town
from tests.unit.web.storefront.test_again import problem
from tests.unit.web.storefront.test_consents import let_in
from tests.unit.web.storefront.test_keys import files

ANN, BOB = household_by_email(MAIL), household_by_email("bob@example.com")
PETS = f"/v1/households/{ANN}/pets"
REX: dict[str, Any] = {
    "species": "dog", "name": "Rex", "breed": "Beagle", "sex": "male", "neutered": True, "born_on": "2020-02-29",
    "weight": 12_400, "weighed_on": "2026-01-05", "body_condition": 5, "activity": "high", "allergies": ["chicken"],
}  # fmt: skip
TODAY = datetime.now(UTC).date()


async def made(server: Shopper, **more: Any) -> dict[str, Any]:
    said = await server.ask("POST", PETS, REX | more)
    assert said.status == 201, said
    return dict(said.body)


async def test_a_pet_is_made_once_read_and_named_in_a_cart(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        server = await one.key(secret=True)
        first = await server.ask("POST", PETS, REX, idempotency_key="mine")
        again = await server.ask("POST", PETS, REX, idempotency_key="mine")
        assert (first.status, again.status, again.body) == (201, 201, first.body)
        pet = first.body["id"]
        assert first.body == {"id": pet, "household": ANN, "adult_weight": None, "died_on": None, **REX}
        assert first.headers["location"] == f"{PETS}/{pet}"
        read = await server.ask("GET", first.headers["location"])
        assert (read.status, read.body) == (200, first.body)
        assert (await server.ask("GET", PETS)).body == {"household": ANN, "pets": [first.body]}
        assert (await server.ask("GET", f"{PETS}/{pet}", if_none_match=read.headers["etag"])).status == 304
        lines = {"lines": [{"sku": "bowl", "quantity": 1, "pets": [pet]}]}
        assert (await server.ask("POST", "/v1/carts", lines)).body["lines"][0]["pets"] == [pet]
        assert await one.types() == ["pet.added@1", "cart.changed@1"]


async def test_a_pet_is_changed_as_it_was_read_or_not_at_all(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        server = await one.key(secret=True)
        path = f"{PETS}/{(await made(server))['id']}"
        tag = (await server.ask("GET", path)).headers["etag"]
        assert problem(await server.ask("PATCH", path, REX)) == (428, "if-match-missing")
        assert problem(await server.ask("PATCH", path, REX, if_match='"1"')) == (412, "pet-changed")
        said = await asyncio.gather(
            *(server.ask("PATCH", path, REX | {"weight": 12_000 + n}, if_match=tag) for n in range(10))
        )
        (done,) = (each for each in said if each.status == 200)
        assert {problem(each) for each in said if each.status != 200} == {(412, "pet-changed")}
        now = await server.ask("GET", path)
        assert (now.body, now.headers["etag"]) == (done.body, done.headers["etag"])
        bare = await server.ask("PATCH", path, {"species": "cat", "weight": 4_000}, if_match=now.headers["etag"])
        assert (bare.body["species"], bare.body["name"], bare.body["allergies"]) == ("cat", None, [])
        assert bare.body["weighed_on"] == TODAY.isoformat()  # of today, where nobody says
        assert (await server.ask("GET", PETS)).body["pets"] == [bare.body]
        assert await one.types() == ["pet.added@1", "pet.changed@1", "pet.changed@1"]


async def test_a_death_is_told_once_and_stays(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        server = await one.key(secret=True)
        path = f"{PETS}/{(await made(server))['id']}"
        tag, day = (await server.ask("GET", path)).headers["etag"], TODAY - timedelta(days=2)
        for wrong in (TODAY + timedelta(days=2), date(2019, 1, 1)):
            assert problem(await server.ask("POST", f"{path}/death", {"on": wrong.isoformat()})) == (422, "invalid")
        first = await server.ask("POST", f"{path}/death", {"on": day.isoformat()}, idempotency_key="mine")
        assert (first.status, first.body["died_on"]) == (200, day.isoformat())
        for form, name in (({"on": day.isoformat()}, "mine"), ({}, "other")):
            again = await server.ask("POST", f"{path}/death", form, idempotency_key=name)
            assert (again.status, again.body) == (200, first.body)
        read = await server.ask("GET", path, if_none_match=tag)
        assert (read.status, read.body) == (200, first.body)
        assert (await server.ask("GET", PETS)).body["pets"] == [first.body]
        no = await server.ask("PATCH", path, REX, if_match=read.headers["etag"])
        assert problem(no) == (409, "pet-died")
        assert await one.types() == ["pet.added@1", "pet.died@1"]


async def test_what_others_told_is_known(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        server = await one.key(secret=True)
        rex = Pet(id=PetId("rex"), household=ANN, species=Species.DOG, name="Rex", born_on=TODAY)
        await one.tell(PetAdded(pet=rex))
        await one.tell(PetDied(pet=rex.id, household=ANN, on=TODAY - timedelta(days=1), source="support"))
        await settled(one.hub)
        said = (await server.ask("GET", f"{PETS}/rex")).body
        assert (said["name"], said["died_on"]) == ("Rex", TODAY.isoformat())  # who told it knew no birth
        assert (await server.ask("GET", PETS)).body["pets"] == [said]
        assert (await server.ask("POST", f"{PETS}/rex/death", {})).body == said


async def test_another_household_s_pet_is_nobody_s(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        ann, server = await one.key(), await one.key(secret=True)
        order = (await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1)))).body
        pet = (await made(server))["id"]
        mine, theirs = await let_in(server), await let_in(server, household=BOB)
        tag = (await ann.ask("GET", f"{PETS}/{pet}", pawline_token=mine)).headers["etag"]
        for household, token in ((ANN, ""), (ANN, order["token"]), (ANN, theirs), (BOB, theirs)):
            for method, path, body in (
                ("GET", f"/{pet}", None), ("PATCH", f"/{pet}", REX), ("POST", f"/{pet}/death", {}),
            ):  # fmt: skip
                where = f"/v1/households/{household}/pets{path}"
                no = await ann.ask(method, where, body, pawline_token=token, if_match=tag)
                assert problem(no) == (404, "not-found"), (where, token)
        assert problem(await ann.ask("GET", PETS, pawline_token=theirs)) == (404, "not-found")
        assert problem(await ann.ask("POST", PETS, REX, pawline_token=theirs)) == (404, "not-found")
        assert [each for each in await one.types() if each.startswith("pet")] == ["pet.added@1"]
        assert (await ann.ask("GET", f"/v1/households/{BOB}/pets", pawline_token=theirs)).body["pets"] == []
        assert (await ann.ask("POST", f"{PETS}/{pet}/death", {}, pawline_token=mine)).status == 200


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"species": "dragon"}, "Invalid enum value 'dragon' - at `$.species`"),
        ({"weight": 0}, "Expected `int` >= 1 - at `$.weight`"),
        ({"weight": 4.2}, "Expected `int | null`, got `float` - at `$.weight`"),
        ({"body_condition": 10}, "Expected `int` <= 9 - at `$.body_condition`"),
        ({"born_on": "2999-01-01"}, "born_on: it is a day to come"),
        ({"weighed_on": "2999-01-01"}, "weighed_on: it is a day to come"),
        ({"ration": 3}, "Object contains unknown field `ration`"),
        ({"name": "a\nb"}, "Expected `str` matching regex"),
    ],
)
async def test_what_no_pet_has_is_named(tmp_path: Path, more: dict[str, Any], says: str) -> None:
    async with town(tmp_path) as one:
        no = await (await one.key(secret=True)).ask("POST", PETS, REX | more)
        assert problem(no) == (422, "invalid")
        assert says in no.body["detail"]
        assert await one.types() == []


async def test_a_household_has_fifty(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        server = await one.key(secret=True)
        for n in range(50):
            pet = Pet(id=PetId(f"p{n}"), household=HouseholdId(ANN), species=Species.FISH)
            await one.tell(PetAdded(pet=pet))
        no = await server.ask("POST", PETS, REX)
        assert (problem(no), no.body["detail"]) == ((422, "invalid"), "a household has 50 pets at most")
        assert len((await server.ask("GET", PETS)).body["pets"]) == 50


async def test_it_is_kept_until_its_household_is_erased(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        server = await one.key(secret=True)
        said = await server.ask("POST", PETS, REX | {"name": "Canary Bird"}, idempotency_key="mine")
        path = f"{PETS}/{said.body['id']}"
        tag = (await server.ask("GET", path)).headers["etag"]
        await server.ask("PATCH", path, REX | {"name": "Canary Two"}, if_match=tag)
        await settled(one.hub)
        await one.hub.store.job(
            lambda db: db.db.execute("update event set recorded = recorded - 86400 * 400")  # type: ignore[attr-defined]
        )
        await purge(one.hub.store, Retention())
        assert (await server.ask("GET", path)).body["name"] == "Canary Two"
        await one.hub.engine.erase("pets", ANN)
        assert problem(await server.ask("GET", path)) == (404, "not-found")
        assert (await server.ask("GET", PETS)).body["pets"] == []
        assert (await one.hub.store.fetch("answered", ("pets", server.key[:11], "mine------------"))) == []
        for asked in (("POST", PETS, REX), ("POST", f"{path}/death", {}), ("PATCH", path, REX)):
            no = await server.ask(*asked, if_match="*")
            assert no.status in (404, 422), no
    assert not [found for found in files(tmp_path) if b"Canary" in found]


async def test_a_pet_that_died_does_not_live_again_once_its_death_is_long_ago(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        server = await one.key(secret=True)
        path = f"{PETS}/{(await made(server))['id']}"
        gone = (await server.ask("POST", f"{path}/death", {})).body
        await settled(one.hub)
        await purge(one.hub.store, Retention(payloads=0))
        read = await server.ask("GET", path)
        assert (read.body, (await server.ask("GET", PETS)).body["pets"]) == (gone, [gone])
        assert problem(await server.ask("PATCH", path, REX, if_match=read.headers["etag"])) == (409, "pet-died")


async def test_today_is_a_day_wherever_they_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evening, tomorrow = datetime(2026, 6, 1, 12, tzinfo=UTC), "2026-06-02"  # in Auckland it is past midnight
    monkeypatch.setattr(ShopPets, "_now", lambda _: evening)
    async with town(tmp_path) as one:
        server = await one.key(secret=True)
        pet = await made(server, born_on=tomorrow, weighed_on=tomorrow)
        no = await server.ask("POST", PETS, REX | {"born_on": "2026-06-03"})
        assert problem(no) == (422, "invalid")
        path = f"{PETS}/{pet['id']}/death"
        assert problem(await server.ask("POST", path, {"on": "2026-06-03"})) == (422, "invalid")
        assert (await server.ask("POST", path, {})).body["died_on"] == tomorrow
