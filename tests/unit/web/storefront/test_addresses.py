"""Addresses are looked over while they are typed, with the quote and with the order: nothing wrong is sent anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.unit.web.storefront.shop import TO, town
from tests.unit.web.storefront.test_again import orders, problem


async def test_a_page_is_told_what_to_ask_for_and_what_is_wrong_so_far(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        ann = await one.key()
        said = await ann.ask("POST", "/v1/addresses", {"country": "US", "name": "Ann", "postcode": "1"})
        assert said.status == 200
        assert [field["field"] for field in said.body["fields"]] == [
            "name", "company", "lines", "city", "region", "postcode",
        ]  # fmt: skip
        state = said.body["fields"][4]
        assert (state["called"], state["required"], state["choices"]["CA"]) == ("state", True, "California")
        assert said.body["wrong"] == [
            {"field": "lines", "says": "the street is missing"}, {"field": "city", "says": "the city is missing"},
            {"field": "region", "says": "the state is missing"},
            {"field": "postcode", "says": "this is no zip code of US: such as 95014 or 22162-1010"},
        ]  # fmt: skip
        whole = {"country": "DE", "name": "Ann", "lines": ["Hauptstr. 1"], "city": "Berlin", "postcode": "10115"}
        assert (await ann.ask("POST", "/v1/addresses", whole)).body["wrong"] == []
        nowhere = await ann.ask("POST", "/v1/addresses", {"country": "QQ"})
        assert problem(nowhere) == (422, "address")
        assert nowhere.body["wrong"] == [{"field": "country", "says": "QQ is no country that post goes to"}]
        assert problem(await ann.ask("POST", "/v1/addresses", {"country": "Germany"})) == (422, "invalid")
        assert await one.types() == []


async def test_a_postcode_that_nobody_has_gets_no_quote_and_one_that_is_not_known_yet_does(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        cart = await ann.cart(("bowl", 1))
        assert (await ann.quote(cart, {"country": "DE"})).status == 200
        said = await ann.quote(cart, {"country": "DE", "postcode": "1011"})
        assert problem(said) == (422, "address")
        assert said.body["wrong"] == [
            {"field": "destination.postcode", "says": "this is no postcode of DE: such as 26133 or 53225"}
        ]


async def test_an_order_goes_where_post_arrives(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        form: dict[str, Any] = await ann.form(("bowl", 1))
        nobody = form | {"ship_to": form["ship_to"] | {"city": "", "name": " "}}
        said = await ann.ask("POST", "/v1/checkouts", nobody, idempotency_key="a")
        assert problem(said) == (422, "address")
        assert [each["field"] for each in said.body["wrong"]] == ["ship_to.name", "ship_to.city"]
        assert await orders(one) == 0
        assert (await ann.ask("POST", "/v1/checkouts", form, idempotency_key="a")).status == 202
        assert (await orders(one), TO["country"]) == (1, "DE")
