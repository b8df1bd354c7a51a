"""A shop that is told of recalls which the FDA lists: one question for each that may be its own, and nothing begins."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from pawline.cli.connecting import _connected
from pawline.hub import Hub, HubRefused, load_settings
from pawline.model import Description, Envelope, Event, ProductDescribed, SkuId
from pawline.sandbox import Desk, Manner, Vendors, served
from pawline.store import Keyring
from tests.journeys.around import keep, until

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
NOW = datetime.now(UTC)
SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.ask_about_listed"]
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "openfda/us"

[accounts.settings]
url = "{url}/openfda"
key = {{ file = "openfda.key" }}

[runtime]
first_retry = 0.05
"""
OURS = "Paws Chicken & Rice dry dog food, 10 lb bag, UPC 77890 27864"


class Town(NamedTuple):
    """A hub, and what the FDA lists."""

    hub: Hub
    desk: Desk

    async def tell(self, event: Event) -> None:
        at = datetime.fromtimestamp(time.time(), UTC)
        await self.hub.engine.record(Envelope(shop="paws", source="test", id=str(event.fact), at=at, event=event))

    async def heard(self) -> list[str]:
        rows = await self.hub.desk.answer("events", {"shop": "paws", "kind": "recall.listed@1", "limit": 50})
        return sorted(one["subject"] for one in rows)

    async def cases(self) -> list[str]:
        rows: list[dict[str, Any]] = await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})
        return [one["title"] for one in rows]


@asynccontextmanager
async def town(folder: Path, *told: Event, listed: Sequence[tuple[str, str, int]] = ()) -> AsyncIterator[Town]:
    """Its hub was there before it had the account: it knows what it was told. Listed is so many days old."""
    desk = Desk(Vendors(now=time.time), TOKEN)
    for number, product, days in listed:
        day = f"{NOW - timedelta(days=days):%Y%m%d}"
        report = {"recall_number": number, "report_date": day, "product_description": product}
        desk.act("openfda/report", msgspec.json.encode(report))
    async with served(desk) as url:
        Keyring.generate().save(folder / "pawline.key")
        keep(folder, {"openfda.key": desk.openfda.key})
        whole, toml = SETTINGS.format(url=url), folder / "pawline.toml"
        for text in (whole.partition("[[accounts]]")[0], whole):
            toml.write_text(text, "utf-8")
            async with await Hub.open(load_settings(toml, {})) as hub:
                here = Town(hub, desk)
                for event in told:
                    await here.tell(event)
                if text is whole:
                    yield here


async def test_what_may_be_ours_is_one_question_and_what_is_not_is_none(tmp_path: Path) -> None:
    ours = Description(sku=SkuId("chew-7"), as_of=NOW, title="Chicken & Rice dry dog food", gtin="00077890278642")
    listed = [("F-0101-2027", OURS, 0), ("F-0102-2027", "Frozen corn dogs", 3), ("F-0001-2020", OURS, 60)]
    async with town(tmp_path, ProductDescribed(description=ours), listed=listed) as here:
        assert await _connected(here.hub.settings, "openfda/us") == ["it lets us in, and lacks nothing"]
        await until(here.cases)
        assert await here.heard() == ["F-0101-2027", "F-0102-2027"]  # nobody looks back for sixty days
        assert await here.cases() == ["openFDA lists recall F-0101-2027, which may touch chew-7: read the notice"]
        assert here.desk.vendors.effects() == ()


async def test_a_key_that_openfda_does_not_know_is_told_by_connecting(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.desk.manners["openfda"] = Manner(stranger=True)
        with pytest.raises(HubRefused, match="openFDA does not know the key"):
            await _connected(here.hub.settings, "openfda/us")
