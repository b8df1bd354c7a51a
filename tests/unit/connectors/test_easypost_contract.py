"""What the connector sends and what the sandbox answers and tells, held against recordings of the real EasyPost."""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec
import pytest

from pawline.connectors.easypost.enrolling import enrol
from pawline.connectors.easypost.health import probe
from pawline.connectors.easypost.looking import parcels
from pawline.model import Address
from pawline.ports import Parcel, PortError
from pawline.sandbox.easypost.books import Listener
from tests.house.tree import ROOT
from tests.unit.connectors.easypost_scene import ANN, BERLIN, HELD, NOWHERE, PAWS, Scene, consignment, run
from tests.unit.sandbox.easypost_contract import ALSO, OPERATIONS, Held, contract, recordings

SPEC = ROOT.parent / "shared/specs/easypost"
REQUESTS, REPLIES, EVENTS = 12, 14, 1
"""Kinds of calls, of answers to them, and of webhooks that were held against recordings: they may only grow."""
AT = "https://127.0.0.1:1/hooks"


async def tour(here: Scene) -> None:
    """Everything that the connector says to EasyPost."""
    http, settings = here.http, here.settings
    await probe(http, settings, frozenset({"Shipping"}))
    here.books.listeners["hook_1"] = Listener("hook_1", f"{AT}/2", "x", here.books.now(), off=here.books.now())
    await enrol(http, settings, AT)
    await enrol(http, settings, f"{AT}/2")
    here.desk.easypost.teller.pauses = ()
    day = (await here.shipping.rates(consignment()))[0].delivers_on
    wanted = consignment(ship_on=day)
    made = await here.booked(wanted)
    for status, detail in (("in_transit", "arrived_at_facility"), ("delivered", "arrived_at_destination")):
        here.act("move", shipment=made.reference, status=status, detail=detail)
    await here.shipping.track(made)
    unused = await here.booked(consignment(order="1002", part="return-r1", ship_from=ANN, to=PAWS))
    await here.step(here.shipping.cancel(unused))
    vienna = Address(name="Eva", lines=("Ring 1", "Top 2"), city="Wien", postcode="1010", country="AT", company="E")
    await here.step(here.shipping.cancel(await here.booked(consignment(ship_from=BERLIN, to=vienna))))
    several = consignment(order="1004", parcels=(Parcel(weight=900), Parcel(weight=800)))
    await here.booked(several)
    here.act("move", shipment=here.last(), status="in_transit")
    for _ in range(2):
        cursor = (await parcels(http, settings, "")).cursor
    await parcels(http, settings, cursor)
    gone = msgspec.structs.replace(made, reference=f"shp_{32 * '0'}")
    for call in (
        here.shipping.track(gone),
        here.shipping.rates(consignment(to=NOWHERE)),
    ):
        with pytest.raises(PortError):
            await call
    none = msgspec.structs.replace(BERLIN, lines=("unknown street",))
    abroad = consignment(order="1003", ship_from=BERLIN, to=none)
    with pytest.raises(PortError):
        await here.step(here.shipping.book(abroad, await here.cheapest(abroad)))
    await here.desk.easypost.teller.rest()


def test_all_that_is_said_is_as_it_was_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    before = HELD.right.copy()
    HELD.right.clear()
    run(tour, webhook_secrets=["a secret"], carriers=["ca_1"])
    found = set(HELD.right)
    HELD.right.update(before)
    requests = {one for one in found if len(one.split()) == 2}
    events = found & {"event"}
    replies = found - requests - events
    assert requests == set(contract()["operations"]) == set(OPERATIONS)
    with capsys.disabled():
        sys.stdout.write(
            f"\nEasyPost: {len(requests)} calls, {len(replies)} answers, {len(events)} webhook held to its recordings\n"
        )
    assert len(requests) >= REQUESTS
    assert len(replies) >= REPLIES
    assert len(events) >= EVENTS


def test_a_word_that_the_vendor_does_not_have_is_found() -> None:
    held, plain = Held(), "application/json"
    shipment: dict[str, Any] = {"parcel": {"weight": 1.0}, "reference": "x"}
    held.request("POST", "/v2/shipments", {}, plain, json.dumps({"shipment": shipment}).encode())
    assert held.wrong == []
    shipment["parcel"]["weigth"] = 1.0
    held.request("POST", "/v2/shipments", {}, plain, json.dumps({"shipment": shipment}).encode())
    held.request("POST", "/v2/shipments", {}, plain, json.dumps({"shipment": {"parcel": {"weight": "1"}}}).encode())
    held.request("GET", "/v2/shipments", {"updated_since": "x"}, "", b"")
    held.request("GET", "/v2/shipments/shp_1", {}, plain, b"{}")
    held.request("GET", "/v2/parcels", {}, "", b"")
    held.request("POST", "/v2/webhooks", {}, "text/plain", b'{"webhook": {"url": "x"}}')
    held.reply("GET", "/v2/webhooks", 200, b'{"webhooks": [{"id": "hook_1"}]}')
    held.reply("POST", "/v2/shipments", 200, b"{}")
    held.reply("POST", "/v2/shipments", 422, b'{"message": "x"}')
    held.event(b'{"object": "Event"}')
    firsts = [one.split(" at ")[0] for one in held.wrong]
    assert firsts[:7] == [
        "POST /v2/shipments: Additional properties are not allowed ('weigth' was unexpected)",
        "POST /v2/shipments: '1' is not of type 'number'",
        "GET /v2/shipments: there is no parameter updated_since",
        "GET /v2/shipments/{id} has no body",
        "GET /v2/parcels is no call that was recorded",
        "POST /v2/webhooks: its body is said to be text/plain",
        "GET /v2/webhooks 200: 'created_at' is a required property",
    ]
    assert "POST /v2/shipments is not answered 200" in firsts
    assert "POST /v2/shipments 422: 'error' is a required property" in firsts
    assert any(one.startswith("event: ") for one in firsts)


def test_what_was_recorded_is_right_by_what_is_kept_of_it() -> None:
    if not (SPEC / "cassettes").exists():
        pytest.skip("the vendors' recordings are beside the checkout of whoever has them")
    pytest.importorskip("yaml", reason="the recordings are YAML")
    held, count = Held(), 0
    for name, query, given, status, told in recordings(SPEC / "cassettes"):
        if name not in OPERATIONS:
            continue
        method, path = name.split()
        raw = b"" if given is None else json.dumps(given).encode()
        path = path.replace("{id}", "shp_1" if "shipments" in path else "hook_1")
        held.request(method, path, query, "application/json", raw)
        held.reply(method, path, status, json.dumps(told).encode())
        count += 1
    held.event((SPEC / "event-body.json").read_bytes())
    assert held.wrong == []
    assert count == 9
    assert sum(held.right.values()) == 2 * count + 1


def test_what_was_not_recorded_names_the_page_that_has_it() -> None:
    for pages in ALSO.values():
        assert all(page.startswith("https://") for page in pages.values())
    options = contract()["operations"]["POST /v2/shipments"]["body"]["properties"]["shipment"]["properties"]["options"]
    assert set(ALSO["options"]) < set(options["properties"])
