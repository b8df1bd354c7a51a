"""The hub is killed while it tells HubSpot of orders and has people written to: each once, by HubSpot's own book."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pawline.sandbox import Desk
from tests.journeys.mailing import EVERYBODY, Tool, killed

ACCOUNT = """\
[[accounts]]
name = "hubspot/eu"
[accounts.settings]
token = { env = "K" }
marketing = [11]
poll = 0
url = "%s/hubspot"
[accounts.settings.emails]
refund_notice = 1
[accounts.settings.events]
"Placed Order" = "pe1_placed"
"Shipped Order" = "pe1_shipped"
"""


def prepared(desk: Desk) -> str:
    desk.hubspot.limits.on = False
    desk.act("hubspot/types", b'{"id": 11, "name": "Offers"}')
    desk.act("hubspot/emails", b'{"id": 1, "name": "Refund"}')
    desk.act("hubspot/events", msgspec.json.encode(["pe1_placed", "pe1_shipped"]))
    return desk.hubspot.token


async def test_whatever_the_hub_dies_at_hubspot_hears_of_each_order_once_and_writes_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await killed(tmp_path, monkeypatch, Tool("HubSpot", ACCOUNT, prepared, ("pe1_placed",), ("pe1_shipped",)))
    people = [one.properties for one in desk.hubspot.books.contacts.values()]
    assert {one["pawline_household"]: one["email"] for one in people} == {
        one: f"p{one[1:]}@example.com" for one in EVERYBODY
    }  # fmt: skip
    assert len(people) == len(EVERYBODY)
