"""Addresses are looked over while they are typed, with the quote and with the order: nothing wrong is sent anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.unit.web.storefront.shop import TO, town
from tests.unit.web.storefront.test_again import orders, problem


def told(body: Any) -> list[tuple[str, str, bool]]:
    return [(one["field"], one["says"], one["stops"]) for one in body["wrong"]]


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
        assert told(said.body) == [
            ("lines", "the street is missing", True), ("city", "the city is missing", True),
            ("region", "the state is missing", True),
            ("postcode", "this is no zip code of US: there they look like 95014 or 22162-1010", True),
        ]  # fmt: skip
        whole = {"country": "DE", "name": "Ann", "lines": ["Hauptstr. 1"], "city": "Berlin", "postcode": "10115"}
        assert (await ann.ask("POST", "/v1/addresses", whole)).body["wrong"] == []
        nowhere = await ann.ask("POST", "/v1/addresses", {"country": "QQ"})
        assert problem(nowhere) == (422, "address")
        assert told(nowhere.body) == [("country", "QQ is no country that post goes to", True)]
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
        assert told(said.body) == [
            ("destination.postcode", "this is no postcode of DE: there they look like 26133 or 53225", True)
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


async def test_what_a_page_is_told_to_ask_for_it_may_send(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        form: dict[str, Any] = await ann.form(("bowl", 1))
        whole = form["ship_to"] | {"company": "Ann & Sons", "phone": "+4930123456"}
        assert (await ann.ask("POST", "/v1/addresses", whole)).body["wrong"] == []
        cart = await ann.cart(("bowl", 1))
        to = {"country": "JP", "region": "Tokyo", "postcode": "100-0001"}
        looked_over = (await ann.ask("POST", "/v1/addresses", to)).body
        assert [field["field"] for field in looked_over["fields"]] == ["postcode", "region", "lines", "company", "name"]
        quote = (await ann.quote(cart, to)).body
        total = quote["choices"][0]["total"]
        order = form | {
            "quote": quote["id"], "ship_to": to | {"name": "Ann", "lines": ["1-1 Chiyoda"]}, "total": total,
            "delivery": quote["choices"][0]["delivery"]["code"],
            "payments": [form["payments"][0] | {"amount": total}],
        }  # fmt: skip
        assert (await ann.ask("POST", "/v1/checkouts", order, idempotency_key="jp")).status == 202


async def test_a_neighbours_postcode_is_worth_a_second_look_and_stops_nobody(tmp_path: Path) -> None:
    """Fort Campbell is in Tennessee, and its post office in Kentucky."""
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        form: dict[str, Any] = await ann.form(("bowl", 1))
        home = {"country": "US", "region": "TN", "postcode": "42223", "city": "Fort Campbell", "name": "Ann",
                "lines": ["1 Main St"]}  # fmt: skip
        assert [(field, stops) for field, _, stops in told((await ann.ask("POST", "/v1/addresses", home)).body)] == [
            ("postcode", False)
        ]
        quote = (
            await ann.quote(await ann.cart(("bowl", 1)), {k: home[k] for k in ("country", "region", "postcode")})
        ).body
        choice = quote["choices"][0]
        order = form | {
            "quote": quote["id"], "ship_to": home, "total": choice["total"], "delivery": choice["delivery"]["code"],
            "payments": [form["payments"][0] | {"amount": choice["total"]}],
        }  # fmt: skip
        assert (await ann.ask("POST", "/v1/checkouts", order, idempotency_key="tn")).status == 202
