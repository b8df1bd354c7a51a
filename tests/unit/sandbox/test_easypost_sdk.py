"""EasyPost's own client against the pretended EasyPost: an independent witness of both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import easypost
import pytest

from pawline.sandbox import Desk, Vendors, served

SECRET, OTHER = "a secret", "another one"
HERE = {
    "name": "Paws", "street1": "179 N Harbor Dr", "city": "Redondo Beach", "state": "CA", "zip": "90277",
    "country": "US",
}  # fmt: skip
THERE = {
    "name": "Ann", "street1": "388 Townsend St", "city": "San Francisco", "state": "CA", "zip": "94107",
    "country": "US",
}  # fmt: skip
BOX = {"length": 10, "width": 8, "height": 4, "weight": 15.4}


def witness(told: Callable[[Any, Desk], None]) -> None:
    async def within() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        async with asyncio.timeout(30), served(desk) as url:
            client = easypost.EasyPostClient(desk.easypost.key, api_base=f"{url}/easypost/v2")
            await asyncio.to_thread(told, client, desk)

    asyncio.run(within())


def test_the_vendors_own_client_does_all_that_the_connector_does() -> None:
    def told(client: Any, desk: Desk) -> None:
        address = client.address.create(verify=True, **THERE)
        assert address.verifications.delivery.success is True
        made = client.shipment.create(
            from_address=HERE, to_address={"id": address.id}, parcel=BOX, reference="r-1",
            options={"label_format": "PDF"},
        )  # fmt: skip
        assert [(rate.service, rate.rate) for rate in made.rates] == [
            ("GroundAdvantage", "6.07"), ("Priority", "7.42"), ("Express", "34.15")
        ]  # fmt: skip
        assert client.shipment.all(page_size=5)["shipments"] == []
        assert [one.id for one in client.shipment.all(page_size=5, purchased=False)["shipments"]] == [made.id]
        bought = client.shipment.buy(made.id, rate=made.lowest_rate())
        assert bought.postage_label.label_file_type == "application/pdf"
        assert bought.tracker.tracking_code == bought.tracking_code
        assert client.shipment.retrieve("r-1").id == made.id
        second = client.shipment.create(
            from_address=HERE, to_address=THERE, parcel=BOX, service="Priority", carrier_accounts=["ca_1"],
            carrier="USPS",
        )  # fmt: skip
        page = client.shipment.all(page_size=1)
        assert [one.id for one in page["shipments"]] == [second.id]
        assert [one.id for one in client.shipment.get_next_page(page, page_size=1)["shipments"]] == [made.id]
        assert client.shipment.refund(second.id).refund_status == "submitted"
        hook = client.webhook.create(
            url="https://hooks.example", webhook_secret=SECRET, custom_headers=[{"name": "a", "value": "b"}]
        )
        assert client.webhook.update(hook.id, webhook_secret=OTHER).id == hook.id
        assert [(one.url, one.disabled_at) for one in client.webhook.all()["webhooks"]] == [
            ("https://hooks.example", None)
        ]
        assert next(iter(desk.easypost.books.listeners.values())).secret == OTHER
        assert [(one.operation, one.business) for one in desk.vendors.effects()] == [
            ("EasyPost.buy", "r-1"), ("EasyPost.buy", second.id), ("EasyPost.refund", second.id),
            ("EasyPost.webhook", "https://hooks.example"), ("EasyPost.webhook", "https://hooks.example"),
        ]  # fmt: skip

    witness(told)


def test_the_vendors_own_client_knows_our_errors_for_its_own() -> None:
    def told(client: Any, desk: Desk) -> None:
        with pytest.raises(easypost.errors.InvalidRequestError) as wrong:
            client.shipment.create()
        assert (wrong.value.code, wrong.value.http_status) == ("PARAMETER.REQUIRED", 422)
        with pytest.raises(easypost.errors.NotFoundError):
            client.shipment.retrieve("shp_none")
        made = client.shipment.create(from_address=HERE, to_address=THERE, parcel=BOX)
        client.shipment.buy(made.id, rate=made.rates[0])
        with pytest.raises(easypost.errors.InvalidRequestError) as twice:
            client.shipment.buy(made.id, rate=made.rates[0])
        assert twice.value.code == "SHIPMENT.POSTAGE.EXISTS"
        nowhere = client.address.create(verify=True, **{**THERE, "street1": "000 unknown street"})
        assert nowhere.verifications.delivery.errors[0].code == "E.ADDRESS.NOT_FOUND"
        desk.easypost.key = "another"
        with pytest.raises(easypost.errors.UnauthorizedError):
            client.webhook.all()

    witness(told)
