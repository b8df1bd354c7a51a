"""A recall that a list has: one case where it may touch us, nothing anywhere else, and nothing ever begins by it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec

from pawline.flows.ask_about_listed import ask_about_listed
from pawline.model import Description, ListedRecall, ProductDescribed, RecallId, RecallListed, SkuId
from pawline.testing.orders import SHOP
from tests.flows.house import House

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
OURS = Description(sku=SkuId("kibble-10"), as_of=NOON, title="Paws Chicken & Rice 10 lb", brand="Paws")
LISTED = ListedRecall(
    id=RecallId("F-0101-2027"), source="openFDA", firm="Example LLC", product="Paws Chicken & Rice dry dog food",
    codes="Lot: L1, L2", reason="Salmonella", severity="Class I", status="Ongoing", where="WI",
)  # fmt: skip


def test_what_may_be_ours_is_one_case_and_whatever_is_answered_nothing_begins() -> None:
    async def run() -> None:
        async with House([ask_about_listed]) as house:
            await house.tell(ProductDescribed(description=OURS, account="files/s"))
            await house.tell(RecallListed(listed=LISTED))
            (case,) = await house.until_asked(1)
            assert case.title == ("openFDA lists recall F-0101-2027, which may touch kibble-10: read the notice")
            evidence = await house.evidence(case)
            assert evidence["may be"] == {
                "kibble-10": "Paws Chicken & Rice 10 lb: its brand stands there, and chicken, rice of its title"
            }
            assert evidence["to see who is touched"] == (
                "pawline recalls begin F-0101-2027 --sku kibble-10 --lot L1 --lot L2 --class … --because … --source …"
            )
            assert "incomplete" in evidence["advisory"]
            await house.answer(case.no, "begun by hand")
            await house.rest()
            assert [run[0] for run in await house.runs()] == ["ask_about_listed"]
            assert await house.store.fetch("events_page", (SHOP, "lot.recalled@1", 2**62, 9)) == []
            assert house.vendors.effects() == ()

    asyncio.run(run())


def test_what_is_not_ours_asks_nobody() -> None:
    async def run() -> None:
        async with House([ask_about_listed]) as house:
            await house.tell(ProductDescribed(description=OURS, account="files/s"))
            await house.tell(
                RecallListed(listed=msgspec.structs.replace(LISTED, product="Paws Chicken Corn Dogs, rice"))
            )
            await house.rest()
            assert await house.cases() == []
            assert await house.runs() == [("ask_about_listed", "F-0101-2027", "done")]

    asyncio.run(run())
