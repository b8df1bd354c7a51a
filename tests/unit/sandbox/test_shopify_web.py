"""The pretended Shopify over HTTP: who is let in, what it costs, how it fails, and what it says then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from pawline.sandbox import Desk, Fault, Faults, Manner, Says, Vendors, served
from tests.unit.sandbox.shopify_scene import STOCK, gid, json, order

TOKEN = "tok"  # noqa: S105 - of this test's own sandbox
NAME = "{ shop { myshopifyDomain } }"
TAG = 'mutation ($id: ID!) { tagsAdd(id: $id, tags: ["late"]) { userErrors { message } } }'


class Scene:
    """A sandbox over HTTP and a client of its Shopify."""

    def __init__(self, url: str, desk: Desk, http: aiohttp.ClientSession) -> None:
        self.url, self.desk, self.http, self.token = url, desk, http, desk.shopify.door.token

    async def ask(self, query: str, version: str = "2026-07", **given: Any) -> tuple[int, Any]:
        """Status and body."""
        headers = {"X-Shopify-Access-Token": self.token}
        address = f"{self.url}/admin/api/{version}/graphql.json"
        async with self.http.post(address, json={"query": query, "variables": given}, headers=headers) as said:
            return said.status, await said.json()

    async def tell(self, how: str, path: str, body: object = None) -> Any:
        """What the desk says."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with self.http.request(how, f"{self.url}/desk/{path}", json=json(body), headers=headers) as said:
            assert said.status in {200, 204}, await said.text()
            return await said.json() if said.status == 200 else None

    async def place(self, number: int = 1) -> str:
        return str((await self.tell("POST", "shopify/checkout", order(number)))["id"])

    async def get_token(self, **told: str) -> tuple[int, Any]:
        door = self.desk.shopify.door
        form = {"grant_type": "client_credentials", "client_id": door.client, "client_secret": door.secret} | told
        async with self.http.post(f"{self.url}/admin/oauth/access_token", data=form) as said:
            return said.status, await said.json()


def scene(play: Callable[[Scene], Awaitable[None]], now: Callable[[], float] = lambda: 1_800_000_000.0) -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=now, stock=STOCK), TOKEN)
        async with asyncio.timeout(20), served(desk) as url, aiohttp.ClientSession() as http:
            await play(Scene(url, desk, http))

    asyncio.run(run())


def test_what_happens_after_an_order_left_is_told_over_http_too() -> None:
    async def play(one: Scene) -> None:
        number = await one.place()
        (parcel,) = await one.tell("POST", "shopify/dispatch", {"order": number})
        await one.tell("POST", "shopify/tracking", {"parcel": parcel, "tracking": "T1"})
        await one.tell("POST", "shopify/word", {"parcel": parcel, "status": "delivered"})
        for act in ("return", "decline", "dispute"):
            await one.tell("POST", f"shopify/{act}", {"order": number})
        await one.tell("POST", "shopify/consent", {"email": "ann1@example.com", "state": "subscribed"})
        books = one.desk.shopify.books
        assert [(each.numbers, [word.status for word in each.words]) for each in books.parcels.values()] == [
            (["T1"], ["DELIVERED"])
        ]
        assert (len(books.returns), len(books.disputes)) == (1, 1)
        assert [each.agreed for each in books.people.values()] == ["SUBSCRIBED"]
        assert [each.status for each in books.orders[int(number)].transactions] == ["SUCCESS", "SUCCESS", "FAILURE"]

    scene(play)


def test_an_order_is_brought_in_with_the_day_of_its_time() -> None:
    async def play(one: Scene) -> None:
        made = await one.tell("POST", "shopify/import", order())
        asked = "query ($id: ID!) { order(id: $id) { createdAt processedAt } }"
        _, said = await one.ask(asked, id=f"gid://shopify/Order/{made['id']}")
        assert said["data"]["order"] == {"createdAt": "2027-01-15T08:00:00Z", "processedAt": "2026-01-01T12:00:00Z"}

    scene(play)


def test_a_token_lets_in_and_every_answer_says_what_it_cost() -> None:
    async def play(one: Scene) -> None:
        status, said = await one.ask(NAME)
        assert (status, said) == (200, {
            "data": {"shop": {"myshopifyDomain": "pawline-sandbox.myshopify.com"}},
            "extensions": {"cost": {
                "requestedQueryCost": 1, "actualQueryCost": 1,
                "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 1999.0, "restoreRate": 100.0},
            }},
        })  # fmt: skip
        assert (await one.ask(NAME, version="2025-01"))[0] == 404
        one.token = "shpat_other"  # noqa: S105 - nobody's
        status, said = await one.ask(NAME)
        assert (status, list(said)) == (401, ["errors"])
        assert len(one.desk.vendors.effects()) == 0

    scene(play)


def test_a_token_for_a_day_ends_after_it_and_anybody_elses_client_gets_none() -> None:
    at = [1_800_000_000.0]

    async def play(one: Scene) -> None:
        status, grant = await one.get_token()
        assert (status, grant["expires_in"], "write_orders" in grant["scope"].split(",")) == (200, 86_399, True)
        one.token = grant["access_token"]
        assert (await one.ask(NAME))[0] == 200
        at[0] += 86_398
        assert (await one.ask(NAME))[0] == 200
        at[0] += 1
        assert (await one.ask(NAME))[0] == 401
        one.token = (await one.get_token())[1]["access_token"]
        assert (await one.ask(NAME))[0] == 200
        await one.tell("POST", "shopify/expired")
        assert (await one.ask(NAME))[0] == 401
        assert (await one.get_token(client_secret="x"))[0] == 401  # noqa: S106 - nobody's
        assert (await one.get_token(client_id="x"))[1]["error"] == "invalid_client"
        assert await one.get_token(grant_type="password") == (400, {"error": "unsupported_grant_type"})

    scene(play, lambda: at[0])


def test_points_run_out_and_come_back_with_time() -> None:
    at = [1_800_000_000.0]
    dear = "{ " + " ".join(f"a{n}: orders(first: 250) {{ nodes {{ id customer {{ id }} }} }}" for n in range(41)) + " }"

    async def play(one: Scene) -> None:
        for _ in range(8):
            await one.place()
        one.desk.shopify.engine.bucket.take(1_500)
        status, said = await one.ask(dear)
        cost = said["extensions"]["cost"]
        assert (status, said["errors"][0]["extensions"]["code"]) == (200, "THROTTLED")
        assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (984, None)
        assert cost["throttleStatus"]["currentlyAvailable"] == 500.0
        assert "data" not in said
        at[0] += 5
        status, said = await one.ask(dear)
        assert (said["extensions"]["cost"]["actualQueryCost"], "errors" in said) == (123, False)
        assert said["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 877.0

    scene(play, lambda: at[0])


def test_a_document_that_is_too_dear_is_never_done() -> None:
    async def play(one: Scene) -> None:
        levels = "inventoryItem { inventoryLevels(first: 250) { nodes { id } } }"
        inner = f"lineItems(first: 250) {{ nodes {{ variant {{ {levels} }} }} }}"
        status, said = await one.ask(f"{{ orders(first: 250) {{ nodes {{ {inner} }} }} }}")
        assert (status, said["errors"][0]["extensions"]["code"]) == (200, "MAX_COST_EXCEEDED")
        assert one.desk.shopify.engine.bucket.left() == 2_000

    scene(play)


def test_a_field_needs_its_scope() -> None:
    async def play(one: Scene) -> None:
        number = await one.place()
        await one.tell("PUT", "shopify/scopes", ["read_orders"])
        _, said = await one.ask("{ currentAppInstallation { accessScopes { handle } } }")
        assert said["data"] == {"currentAppInstallation": {"accessScopes": [{"handle": "read_orders"}]}}
        _, said = await one.ask(TAG, id=gid("Order", number))
        assert said["data"] == {"tagsAdd": None}
        assert said["errors"][0]["path"] == ["tagsAdd"]
        assert said["errors"][0]["extensions"] == {
            "code": "ACCESS_DENIED", "documentation": "https://shopify.dev/api/usage/access-scopes",
            "requiredAccess": "`write_orders` or `write_products` access scope.",
        }  # fmt: skip
        assert one.desk.shopify.books.orders[int(number)].tags == []

    scene(play)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ order(id: 1) { nothing } }", "undefinedField"),
        ("{ order { id } }", "missingRequiredArguments"),
        ("{ shop(x: 1) { id } }", "argumentNotAccepted"),
        ("{ shop }", "selectionMismatch"),
        ("{ shop {", "parseError"),
        ("query ($id: ID!) { order(id: $id) { id } }", "INVALID_VARIABLE"),
        ("query A { shop { id } } query B { shop { id } }", "BAD_REQUEST"),
    ],
)
def test_a_document_that_is_wrong_is_told_so_with_status_200(query: str, code: str) -> None:
    async def play(one: Scene) -> None:
        status, said = await one.ask(query)
        assert (status, "data" in said, [found["extensions"]["code"] for found in said["errors"]]) == (
            200,
            False,
            [code],
        )

    scene(play)


def test_what_is_no_request_is_refused_by_its_status() -> None:
    async def play(one: Scene) -> None:
        address = f"{one.url}/admin/api/2026-07/graphql.json"
        headers = {"X-Shopify-Access-Token": one.token}
        async with one.http.post(address, data=b"{", headers=headers) as said:
            assert said.status == 400
        words = headers | {"Content-Type": "application/graphql"}
        async with one.http.post(address, data=NAME, headers=words) as said:
            assert (said.status, "data" in await said.json()) == (200, True)

    scene(play)


def test_faults_are_those_of_the_sandbox() -> None:
    async def play(one: Scene) -> None:
        number = await one.place()
        tags = one.desk.shopify.books.orders[int(number)].tags
        given = {"id": gid("Order", number)}
        await one.tell("PUT", "faults", Faults(at={
            1: Fault.LIMITED, 2: Fault.UNAVAILABLE, 3: Fault.UNHEARD, 4: Fault.BROKEN, 5: Fault.STORED_ERROR,
        }))  # fmt: skip
        assert (await one.ask(TAG, **given))[0] == 429
        assert (await one.ask(TAG, **given))[0] == 503
        with pytest.raises(aiohttp.ClientError):
            await one.ask(TAG, **given)
        assert tags == []
        with pytest.raises(aiohttp.ClientError):
            await one.ask(TAG, **given)
        assert one.desk.shopify.books.orders[int(number)].tags == ["late"]
        assert (await one.ask(TAG, **given))[0] == 500
        assert [(effect.operation, effect.again) for effect in one.desk.vendors.effects()] == [
            ("Shopify.placed", False), ("Shopify.tagsAdd", False), ("Shopify.tagsAdd", True),
        ]  # fmt: skip

    scene(play)


def test_an_effect_may_come_late() -> None:
    async def play(one: Scene) -> None:
        number = await one.place()
        own = one.desk.shopify.books.orders[int(number)]
        await one.tell("PUT", "faults", Faults(at={1: Fault.LATE}, late_after=0.05))
        with pytest.raises(aiohttp.ClientError):
            await one.ask(TAG, id=gid("Order", number))
        while not own.tags:  # noqa: ASYNC110 - it is to happen by itself
            await asyncio.sleep(0.01)
        assert own.tags == ["late"]

    scene(play)


def test_it_has_a_manner_as_every_vendor() -> None:
    async def play(one: Scene) -> None:
        await one.tell("PUT", "manners/shopify", Manner(limited=2.0))
        headers = {"X-Shopify-Access-Token": one.token}
        async with one.http.post(
            f"{one.url}/admin/api/2026-07/graphql.json", json={"query": NAME}, headers=headers
        ) as said:
            assert (said.status, said.headers["Retry-After"]) == (429, "2.0")
        await one.tell("PUT", "manners/shopify", Manner(stranger=True))
        assert (await one.ask(NAME))[0] == 401
        await one.tell("PUT", "manners/shopify", Manner(says=Says.DRIFTED))
        assert await one.ask(NAME) == (200, {"data": [{"v2": True}]})
        await one.tell("PUT", "manners/shopify", Manner(down=True))
        for call in (one.ask(NAME), one.get_token()):
            with pytest.raises(aiohttp.ClientError):
                await call

    scene(play)


def test_the_warehouses_people_send_what_may_leave_and_nothing_twice() -> None:
    async def play(one: Scene) -> None:
        number = await one.place()
        told = {"order": number, "carrier": "van", "tracking": "V1"}
        (sent,) = await one.tell("POST", "shopify/dispatch", told)
        _, said = await one.ask(
            "query ($id: ID!) { fulfillment(id: $id) { status trackingInfo { company number } totalQuantity } }",
            id=gid("Fulfillment", sent),
        )
        assert said["data"]["fulfillment"] == {
            "status": "SUCCESS", "trackingInfo": [{"company": "van", "number": "V1"}], "totalQuantity": 4,
        }  # fmt: skip
        for again in (told, {"order": "1"}):
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with one.http.post(f"{one.url}/desk/shopify/dispatch", json=again, headers=headers) as refused:
                assert refused.status == 409
        assert [effect.operation for effect in one.desk.vendors.effects()] == ["Shopify.placed", "Shopify.dispatched"]

    scene(play)


def test_a_new_location_gets_the_orders_if_it_is_told_to() -> None:
    async def play(one: Scene) -> None:
        made = await one.tell("POST", "shopify/locations", {"name": "3PL", "service": True, "assigned": True})
        await one.place()
        _, said = await one.ask(
            "{ fulfillmentOrders(first: 1) { nodes { assignedLocation { location { id isFulfillmentService } } } } }"
        )
        assert said["data"]["fulfillmentOrders"]["nodes"] == [
            {"assignedLocation": {"location": {"id": gid("Location", made["id"]), "isFulfillmentService": True}}}
        ]

    scene(play)
