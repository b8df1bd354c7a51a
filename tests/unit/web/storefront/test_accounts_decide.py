"""Where an account decides about stock, the flow says what an order was refused for; of a bank no reason is told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pawline.runtime import Binding
from pawline.sandbox.trades import DECLINES
from pawline.sandbox.vendors import Vendors
from pawline.testing import bindings
from tests.unit.hub.shop import settled
from tests.unit.web.storefront.shop import OURS, VENDORS, town
from tests.unit.web.storefront.test_again import problem


def connect() -> list[Binding]:
    return [one for one in bindings(VENDORS[-1]) if one.port.__name__ not in OURS - {"Inventory"}]


async def settings_of(folder: Path, profile: str) -> str:
    async with town(folder, profile):
        text = (folder / "pawline.toml").read_text("utf-8")
    text = text.replace("tests.unit.web.storefront.shop:connect", f"{__name__}:connect")
    return text.replace('stock = "hub"', 'stock = "accounts"')


SOLD_OUT = "Your order could not be fulfilled: it is sold out, and nothing is charged."
NOT = "Your order could not be fulfilled: nothing is charged."


@pytest.mark.parametrize("profile", ["event-driven", "hybrid", "synchronous"])
@pytest.mark.parametrize(
    ("units", "source", "status", "label", "says"),
    [
        (0, "card-0", 409, "out-of-stock", SOLD_OUT), (5, DECLINES, 402, "payment-declined", NOT),
        (0, DECLINES, 409, "out-of-stock", SOLD_OUT),
    ],
)  # fmt: skip
async def test_it_is_said_whether_it_was_the_stock_or_the_card(
    tmp_path: Path, profile: str, units: int, source: str, status: int, label: str, says: str
) -> None:
    settings = await settings_of(tmp_path, profile)
    vendors = Vendors(now=lambda: datetime.now(UTC).timestamp(), stock={"bowl": units})
    async with town(tmp_path, settings=settings, vendors=vendors) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        form = await ann.form(("bowl", 1), source=source)
        said = await ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine")
        await settled(one.hub)
        if profile == "event-driven" or said.status == 201:
            # The card's word may come before the warehouse's: with `hybrid` that is what is waited for.
            assert (profile, said.status) in (("event-driven", 202), ("hybrid", 201))
            at: dict[str, Any] = said.body
            now = (await ann.ask("GET", f"/v1/orders/{at['id']}", pawline_token=at["token"])).body
            assert (now["status"], now["says"]) == ("refused", says)
        else:
            assert problem(said) == (status, label)
            assert said.body["detail"] == said.body["title"]
            assert set(said.body) == {"type", "title", "status", "detail", "order"}
            again = await ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine")
            assert (again.status, again.body) == (said.status, said.body)
        assert (await one.types()).count("order.refused@1") == 1
