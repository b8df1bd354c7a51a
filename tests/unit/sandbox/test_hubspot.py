"""What the pretended HubSpot does by itself: its limits, its webhooks, its mail, and a diary of it all."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from pawline.connectors.hubspot.hook import HOOK
from pawline.kit import METHOD, URL, Secret
from pawline.ports import PortError
from pawline.sandbox import Desk, Manner, Vendors, served
from pawline.sandbox.diary import Clock, Diary, recall
from pawline.sandbox.manner import Says

EMAIL = "ann@example.com"
CONTACTS = "/hubspot/crm/objects/2026-09/contacts"
Ask = Callable[..., Awaitable[tuple[int, Any, dict[str, str]]]]


@asynccontextmanager
async def sandbox() -> AsyncIterator[tuple[Desk, Ask]]:
    desk = Desk(Vendors(now=time.time), "tok")
    async with served(desk) as url, aiohttp.ClientSession() as session:

        async def ask(method: str, path: str, *, who: str | None = None, **given: Any) -> Any:
            headers = {"Authorization": f"Bearer {who or desk.hubspot.token}"} | given.pop("headers", {})
            async with session.request(method, url + path, headers=headers, **given) as said:
                raw = await said.read()
                return said.status, msgspec.json.decode(raw) if raw else None, dict(said.headers)

        yield desk, ask


def act(desk: Desk, which: str, /, **given: Any) -> Any:
    return desk.act(f"hubspot/{which}", msgspec.json.encode(given))


def searching(*filters: dict[str, str], **more: Any) -> dict[str, Any]:
    asked = {"filterGroups": [{"filters": list(filters)}], "sorts": [], "limit": 10, "after": "0", "properties": []}
    return asked | more


async def test_who_has_no_token_or_asks_for_nothing_that_is_there_is_told() -> None:
    async with sandbox() as (desk, ask):
        assert (await ask("GET", CONTACTS, who="no"))[0] == 401
        assert (await ask("GET", "/hubspot/crm/v1/lists"))[0] == 404
        assert (await ask("DELETE", CONTACTS))[0] == 405
        assert (await ask("POST", CONTACTS, data="x"))[0] == 415
        assert (await ask("POST", CONTACTS, data="{", headers={"Content-Type": "application/json"}))[0] == 400
        assert (await ask("POST", CONTACTS, json={"properties": {}, "color": 1}))[0] == 400
        desk.hubspot.scopes = frozenset()
        status, said, _ = await ask("GET", CONTACTS)
        scopes = [one["context"]["requiredGranularScopes"] for one in said["errors"]]
        assert (status, said["category"], scopes) == (403, "MISSING_SCOPES", [["crm.objects.contacts.read"]])


async def test_its_limits_are_the_vendors() -> None:
    async with sandbox() as (desk, ask):
        for number in range(100):
            status, _, headers = await ask("GET", CONTACTS)
            assert (status, headers["X-HubSpot-RateLimit-Remaining"]) == (200, str(99 - number))
        status, said, headers = await ask("GET", CONTACTS)
        assert (status, said["policyName"], "Retry-After" in headers) == (429, "TEN_SECONDLY_ROLLING", False)
        assert headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
        found = [await ask("POST", f"{CONTACTS}/search", json=searching()) for _ in range(5)]
        assert [status for status, _, _ in found] == [200] * 5
        assert not [name for name in found[0][2] if name.startswith("X-HubSpot")]
        desk.hubspot.limits.searches = 0
        status, said, _ = await ask("POST", f"{CONTACTS}/search", json=searching())
        assert (status, said["policyName"]) == (429, "SECONDLY")


async def test_a_search_compares_as_the_vendor_does_and_ends_after_ten_thousand() -> None:
    async with sandbox() as (desk, ask):
        desk.hubspot.limits.on = False
        for number, name in enumerate(("Bo", "Ann", "Cy"), 1):
            act(desk, "people", email=f"p{number}@example.com", properties={"firstname": name})

        async def found(*filters: dict[str, str], **more: Any) -> list[str]:
            status, said, _ = await ask("POST", f"{CONTACTS}/search", json=searching(*filters, **more))
            assert status == 200
            return [one["id"] for one in said["results"]]

        first = {"propertyName": "firstname", "operator": "EQ", "value": "Ann"}
        assert await found(first) == ["102"]
        assert await found({"propertyName": "hs_object_id", "operator": "GT", "value": "101"}) == ["102", "103"]
        assert await found({"propertyName": "phone", "operator": "HAS_PROPERTY"}) == []
        assert await found(sorts=["-firstname"]) == ["103", "101", "102"]
        assert await found(sorts=["firstname"], limit=1, after="1") == ["101"]
        for wrong in (searching(limit=201), searching(after="9995"), searching(first | {"operator": "LIKE"})):
            assert (await ask("POST", f"{CONTACTS}/search", json=wrong))[0] == 400


async def test_changes_are_told_in_arrays_signed_and_told_again_until_they_are_taken() -> None:
    heard: list[Any] = []
    refused = [500]

    async def hear(request: web.Request) -> web.Response:
        body = await request.read()
        address = [(METHOD, "POST"), (URL, str(request.url))]
        HOOK.signature.verify((Secret(secret),), [*address, *request.headers.items()], body, time.time())
        heard.append(msgspec.json.decode(body))
        return web.Response(status=refused.pop() if refused else 200)

    app = web.Application()
    app.router.add_post("/hooks/hubspot/eu", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/hubspot/eu"
    async with sandbox() as (desk, _):
        secret = desk.hubspot.secret
        desk.hubspot.teller.pauses = (0.01,)
        types = ["contact.creation", "contact.propertyChange:city", "contact.privacyDeletion"]
        act(desk, "webhooks", url=url, types=types)
        act(desk, "people", email=EMAIL, properties={"city": "Bonn", "zip": "53113"})
        await desk.hubspot.teller.rest()
        kinds = [[(one["subscriptionType"], one["attemptNumber"]) for one in told] for told in heard]
        both = ("contact.creation", "contact.propertyChange")
        assert kinds == [[(kind, 0) for kind in both], [(kind, 1) for kind in both]]
        assert heard[0][1]["propertyName"] == "city"
        desk.act("hubspot/erasures", f'"{EMAIL}"'.encode())
        await desk.hubspot.teller.rest()
        (last,) = heard[-1]
        assert (last["subscriptionType"], last["objectId"]) == ("contact.privacyDeletion", 101)
        assert len(desk.hubspot.teller.told) == 3
        desk.hooks.silent = True
        act(desk, "people", email=EMAIL)
        await desk.hubspot.teller.rest()
        assert len(heard) == 3
    await runner.cleanup()


async def test_a_campaign_goes_to_whom_it_may_and_a_birthday_too() -> None:
    async with sandbox() as (desk, _):
        act(desk, "types", id=11, name="Offers")
        act(desk, "emails", id=1, name="Refund")
        act(desk, "emails", id=2, name="Offer", type=11)
        for name in ("ann", "bo", "cy", "di"):
            act(desk, "people", email=f"{name}@example.com", bounced=name == "di")
        act(desk, "decisions", email="bo@example.com", granted=False)
        act(desk, "decisions", email="cy@example.com", granted=False, type=11)
        assert desk.act("hubspot/campaigns", b"2") == {"sent": 1}
        act(desk, "decisions", email="bo@example.com", granted=True)
        assert desk.act("hubspot/campaigns", b"2") == {"sent": 2}
        desk.hubspot.books.contacts["101"].properties["pawline_pet_1_born_on"] = "2020-03-01"
        desk.act("hubspot/days", b'"2027-03-01"')
        desk.act("hubspot/days", b'"2027-03-02"')
        mailed = [one.business for one in desk.vendors.effects() if one.operation == "HubSpot.mailed"]
        assert mailed == ["101/Offer", "101/Offer", "102/Offer", "101/Birthday"]
        with pytest.raises(PortError):
            desk.act("hubspot/campaigns", b"1")
        with pytest.raises(PortError):
            desk.act("hubspot/erasures", b'"no@example.com"')


async def test_its_manners_are_those_of_the_others() -> None:
    async with sandbox() as (desk, ask):
        desk.manners["hubspot"] = Manner(limited=3)
        status, _, headers = await ask("GET", CONTACTS)
        assert (status, headers["Retry-After"]) == (429, "3")
        desk.manners["hubspot"] = Manner(says=Says.PAGE)
        with pytest.raises(msgspec.DecodeError):
            await ask("GET", CONTACTS)
        desk.manners["hubspot"] = Manner(stranger=True)
        assert (await ask("GET", CONTACTS))[0] == 401
        desk.manners["hubspot"] = Manner(down=True)
        with pytest.raises(aiohttp.ClientError):
            await ask("GET", CONTACTS)


def test_killed_and_started_again_it_is_where_it_was(tmp_path: Path) -> None:
    def live(does: Callable[[Desk], None]) -> tuple[Any, bytes]:
        clock = Clock()
        desk = Desk(Vendors(now=clock), "tok")
        diary = Diary(tmp_path / "diary.jsonl", clock)
        book = recall(desk, diary, tmp_path / "ledger.jsonl")
        try:
            does(desk)
            books = desk.hubspot.books
            return (books.contacts, books.addresses, books.properties), msgspec.json.encode(book.read())
        finally:
            book.close()
            diary.close()

    def first(desk: Desk) -> None:
        act(desk, "types", id=11, name="Offers")
        act(desk, "webhooks", url="http://127.0.0.1:1/", types=["contact.creation"])
        desk.hooks.silent = True  # outside of a loop nobody can be told
        act(desk, "people", email=EMAIL)
        act(desk, "decisions", email=EMAIL, granted=False, type=11)
        contact = {"properties": {"email": "bo@example.com"}, "associations": []}
        given = {"method": "POST", "path": "/crm/objects/2026-09/contacts", "body": contact}
        desk.act("hubspot/write", msgspec.json.encode(given))
        desk.act("hubspot/erasures", f'"{EMAIL}"'.encode())

    before = live(first)
    assert live(lambda _: None) == before
    assert list(before[0][0]) == ["102"]
