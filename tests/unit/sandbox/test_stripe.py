"""What the pretended Stripe does by itself, at its addresses and at the desk's, also after it was started again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from pawline.sandbox import Desk, Fault, Faults, FileLedger, Manner, Vendors, served
from pawline.sandbox.diary import Clock, Diary, recall

TOKEN = "tok"  # noqa: S105 - of this test's own sandbox
PAY = {
    "amount": "2000", "currency": "eur", "payment_method": "pm_card_visa", "payment_method_types[]": "card",
    "capture_method": "manual", "confirm": "true",
}  # fmt: skip


class Scene:
    """The desk, and a client of its Stripe and of its own addresses."""

    def __init__(self, desk: Desk, url: str, session: aiohttp.ClientSession) -> None:
        self.desk, self.url, self.session = desk, url, session

    async def ask(self, method: str, path: str, form: dict[str, str] | None = None, key: str = "") -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {self.desk.stripe.key}", "stripe-version": "2026-08-26.dahlia"}
        headers |= {"idempotency-key": key} if key else {}
        async with self.session.request(method, f"{self.url}/stripe/v1/{path}", data=form, headers=headers) as said:
            return said.status, await said.json()

    async def at_desk(self, path: str, given: object, method: str = "POST") -> int:
        headers = {"authorization": f"Bearer {TOKEN}"}
        body = msgspec.json.encode(given)
        async with self.session.request(method, f"{self.url}/desk/{path}", data=body, headers=headers) as said:
            return said.status


def run(told: Callable[[Scene], Awaitable[None]]) -> None:
    async def within() -> None:
        desk = Desk(Vendors(now=time.time), TOKEN)
        async with asyncio.timeout(30), served(desk) as url, aiohttp.ClientSession() as session:
            await told(Scene(desk, url, session))

    asyncio.run(within())


def test_the_desk_says_what_shoppers_and_banks_do() -> None:
    async def told(here: Scene) -> None:
        asks = PAY | {"payment_method": "pm_card_authenticationRequired", "return_url": "https://shop.example"}
        _, made = await here.ask("POST", "payment_intents", asks)
        assert made["next_action"]["type"] == "redirect_to_url"
        assert await here.at_desk("stripe/confirm", {"intent": made["id"]}) == 200
        assert (await here.ask("GET", f"payment_intents/{made['id']}"))[1]["status"] == "requires_capture"
        await here.ask("POST", f"payment_intents/{made['id']}/capture")
        assert await here.at_desk("stripe/dispute", {"intent": made["id"], "inquiry": True}) == 200
        (dispute,) = (await here.ask("GET", "disputes"))[1]["data"]
        assert await here.at_desk("stripe/end", {"of": dispute["id"], "status": "warning_closed"}) == 200
        assert await here.at_desk("stripe/end", {"of": "dp_none", "status": "lost"}) == 404
        assert await here.at_desk("stripe/pay-out", True) == 200
        assert await here.at_desk("stripe/lacks", ["rak_payout_read"], "PUT") == 200
        assert (await here.ask("GET", "payouts"))[0] == 403
        assert [one["type"] for one in (await here.ask("GET", "events", None))[1]["data"]][:3] == [
            "payout.created", "charge.dispute.closed", "charge.dispute.created"
        ]  # fmt: skip

    run(told)


def test_it_refuses_as_the_vendor_does() -> None:
    async def told(here: Scene) -> None:
        for method, path, form, status, code in (
            ("POST", "payment_intents", PAY | {"amount": "x"}, 400, "parameter_invalid_integer"),
            ("POST", "payment_intents", PAY | {"amount": "0"}, 400, "parameter_invalid_integer"),
            ("POST", "payment_intents", PAY | {"currency": "EUR"}, 400, "invalid_currency"),
            ("POST", "payment_intents", {"amount": "1"}, 400, "parameter_missing"),
            ("POST", "payment_intents", PAY | {"colour": "red"}, 400, "parameter_unknown"),
            (
                "POST",
                "payment_intents",
                {"amount": "1", "currency": "eur", "return_url": "x"},
                400,
                "parameter_unknown",
            ),
            ("POST", "payment_intents/pi_none/cancel", None, 404, "resource_missing"),
            ("GET", "refunds/re_none", None, 404, "resource_missing"),
            ("GET", "charges?starting_after=ch_none", None, 400, "resource_missing"),
            ("POST", "webhook_endpoints", {"url": "https://x"}, 400, "parameter_missing"),
            ("GET", "cheques", None, 404, None),
        ):
            found, said = await here.ask(method, path, form)
            assert (found, said["error"].get("code")) == (status, code), path
        here.desk.manners["stripe"] = Manner(stranger=True)
        assert (await here.ask("GET", "charges"))[0] == 401
        here.desk.manners["stripe"] = Manner(limited=1.0)
        assert (await here.ask("GET", "charges"))[0] == 429
        assert here.desk.stripe.books.intents == {}

    run(told)


def test_killed_and_started_again_it_is_where_it_was(tmp_path: Path) -> None:
    async def first() -> tuple[str, Any]:
        clock = Clock()
        desk = Desk(Vendors(now=clock), TOKEN)
        recall(desk, Diary(tmp_path / "diary.jsonl", clock), tmp_path / "ledger.jsonl")
        async with served(desk) as url, aiohttp.ClientSession() as session:
            here = Scene(desk, url, session)
            _, made = await here.ask("POST", "payment_intents", PAY, key="k-1")
            await here.ask("POST", f"payment_intents/{made['id']}/capture", {"amount_to_capture": "1500"})
            await here.ask("POST", "refunds", {"payment_intent": made["id"], "amount": "500"})
            await here.ask(
                "POST", "payment_intents", PAY | {"payment_method": "pm_card_visa_chargeDeclined"}, key="k-2"
            )
            there = (await here.ask("GET", "events"))[1]
        assert desk.diary is not None
        desk.diary.close()
        return made["id"], there

    async def second(made: str, there: Any) -> None:
        clock = Clock()
        desk = Desk(Vendors(now=clock), TOKEN)
        books = recall(desk, Diary(tmp_path / "diary.jsonl", clock), tmp_path / "ledger.jsonl")
        async with served(desk) as url, aiohttp.ClientSession() as session:
            here = Scene(desk, url, session)
            assert (await here.ask("GET", "events"))[1] == there
            assert (await here.ask("POST", "payment_intents", PAY, key="k-1"))[1]["id"] == made
            assert (await here.ask("POST", "payment_intents", PAY | {"amount": "1"}, key="k-2"))[0] == 400
        assert [one.operation for one in books.read()] == ["Stripe.authorise", "Stripe.capture", "Stripe.refund"]
        assert isinstance(books, FileLedger)
        books.close()
        assert desk.diary is not None
        desk.diary.close()

    async def both() -> None:
        async with asyncio.timeout(30):
            await second(*await first())

    asyncio.run(both())


def test_a_fault_leaves_a_key_as_the_vendor_would() -> None:
    async def told(here: Scene) -> None:
        here.desk.vendors.faults = Faults(at={1: Fault.UNAVAILABLE, 2: Fault.STORED_ERROR})
        assert (await here.ask("POST", "payment_intents", PAY, key="k"))[0] == 503  # not begun
        assert (await here.ask("POST", "payment_intents", PAY, key="k"))[0] == 500
        assert (await here.ask("POST", "payment_intents", PAY, key="k"))[0] == 500
        assert len(here.desk.stripe.books.intents) == 1

    run(told)
