"""The hub is killed while it tells Klaviyo of orders and has people written to: each once, by Klaviyo's own book."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pawline.sandbox import Desk
from tests.journeys.mailing import EVERYBODY, Tool, killed

ACCOUNT = """\
[[accounts]]
name = "klaviyo/eu"
plays = ["Marketing", "Crm"]
[accounts.settings]
key = { env = "K" }
poll = 0
url = "%s"
"""


def prepared(desk: Desk) -> str:
    desk.klaviyo.windows.on = False
    desk.act("klaviyo/flows", msgspec.json.encode({"name": "Refund", "metric": "Pawline refund_notice"}))
    return desk.klaviyo.key


async def test_whatever_the_hub_dies_at_klaviyo_hears_of_each_order_once_and_writes_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Tool("Klaviyo", ACCOUNT, prepared, ("Placed Order",), ("Shipped Order", "Pawline refund_notice"))
    desk = await killed(tmp_path, monkeypatch, tool)
    people = desk.klaviyo.books.people.values()
    assert sorted(str(one.known["external_id"]) for one in people) == sorted(EVERYBODY)
    assert {str(one.known["email"]) for one in people} == {f"p{one[1:]}@example.com" for one in EVERYBODY}
