"""Somebody else's Stripe, in a process of its own: a payment, a decline and a refund through our connector.

`localstripe` is of an older API, and refuses what it does not know. So a line in between leaves out what is said beside
the payment itself, and says of what was taken how much it was; nothing else is changed, and anything else would be
refused.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import aiohttp
import pytest
from aiohttp import web

from pawline.connectors.stripe import connector
from pawline.model import Money, OrderId
from pawline.ports import Attempt, AuthorisationState, Capture, Code, Payments, Rejected, attempting
from pawline.testing.counter import LOOPBACK
from pawline.testing.port import free_port
from tests.house.tree import ROOT
from tests.unit.connectors.stripe_scene import EUR20, card

PROGRAM: Final = ROOT / "bench/.venv-localstripe/bin/localstripe"
UNKNOWN: Final = {"description", "transfer_group", "error_on_requires_action", "metadata[pawline_capture]"}
"""What it refuses."""
GOOD, BAD = "4242424242424242", "4000000000000341"
KEY: Final = "sk_test_12345"


class Line:
    """In between. `left_out` is what was, by name."""

    def __init__(self, to: str) -> None:
        self._to = to
        self.left_out: set[str] = set()

    async def answer(self, request: web.Request) -> web.Response:
        given = parse_qsl((await request.read()).decode())
        self.left_out |= {name for name, _ in given} & UNKNOWN
        body = urlencode([(name, value) for name, value in given if name not in UNKNOWN])
        headers = {"authorization": request.headers["authorization"], "content-type": request.content_type}
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                request.method, f"{self._to}{request.path_qs}", data=body or None, headers=headers
            ) as reply,
        ):
            told: dict[str, Any] = await reply.json()
            if request.path.endswith("/capture") and reply.status == 200:
                told["amount_received"] = told["latest_charge"]["amount"]
            return web.json_response(told, status=reply.status)


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[str, str, Line]]:
    """Its address, that of the line to it, and the line."""
    port = free_port()
    process = subprocess.Popen(  # noqa: ASYNC220 - ours, and short
        [str(PROGRAM), "--port", str(port), "--from-scratch"], cwd=folder, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    line = Line(url)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", line.answer)
    runner = web.AppRunner(app)
    try:
        await runner.setup()
        between = free_port()
        await web.TCPSite(runner, "127.0.0.1", between).start()
        async with asyncio.timeout(20):
            while not await _is_up(url):  # noqa: ASYNC110 - another process tells nobody
                await asyncio.sleep(0.05)
        yield url, f"http://127.0.0.1:{between}", line
    finally:
        await runner.cleanup()
        process.kill()
        process.wait()


async def _is_up(url: str) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(url):
            return True
    except aiohttp.ClientConnectionError:
        return False


async def method(url: str, number: str) -> str:
    """A payment method, as a browser has one made: no number comes near our connector."""
    form = {
        "type": "card", "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2030", "card[cvc]": "123"
    }  # fmt: skip
    auth = {"authorization": f"Bearer {KEY}"}
    async with aiohttp.ClientSession() as s, s.post(f"{url}/v1/payment_methods", data=form, headers=auth) as reply:
        return str((await reply.json())["id"])


@pytest.mark.skipif(not PROGRAM.exists(), reason="localstripe is not installed: `make peers` installs it")
def test_localstripe_takes_a_payment_a_decline_and_a_refund_through_our_connector(tmp_path: Path) -> None:
    async def told() -> None:
        async with asyncio.timeout(60), served(tmp_path) as (url, between, line):
            settings = connector.configure({"key": KEY, "mode": "test", "label": "paws", "url": between})
            account = connector.connect(settings, LOOPBACK)
            payments: Any = account.plays[Payments]
            count = iter(range(9))

            async def step(call: Any) -> Any:
                until = datetime.now(UTC) + timedelta(seconds=20)
                with attempting(Attempt(f"k-{next(count)}", 1, until, "paws", "stripe/eu")):
                    return await call

            try:
                order = OrderId("o1")
                there = await step(payments.authorize(order, card(await method(url, GOOD))))
                assert (there.state, there.amount) == (AuthorisationState.AUTHORISED, EUR20)
                taken = await step(payments.capture(there, EUR20))
                assert taken == Capture(order=order, tender=card().id, amount=EUR20, reference=there.reference)
                back = await step(payments.refund(taken, Money(500, "EUR"), "it came back"))
                assert (back.amount, back.settled) == (Money(500, "EUR"), True)
                with pytest.raises(Rejected) as no:
                    await step(payments.authorize(order, card(await method(url, BAD), name="b")))
                assert (no.value.code, no.value.text) == (Code.DECLINED, "the payment was declined: card_declined")
                held = await step(payments.authorize(order, card(await method(url, GOOD), name="c")))
                assert (await step(payments.void(held))).reference == held.reference
            finally:
                await account.http.close()
            async with aiohttp.ClientSession() as session:
                auth = {"authorization": f"Bearer {KEY}"}
                found = {}
                for kind in ("payment_intents", "refunds"):
                    async with session.get(f"{url}/v1/{kind}", headers=auth) as reply:
                        found[kind] = (await reply.json())["data"]
            assert sorted(one["status"] for one in found["payment_intents"]) == [
                "canceled", "requires_payment_method", "succeeded"
            ]  # fmt: skip
            assert [(one["id"], one["amount"], one["payment_intent"]) for one in found["refunds"]] == [
                (back.reference, 500, taken.reference)
            ]  # fmt: skip
            assert found["refunds"][0]["metadata"]["pawline_order"] == "o1"
            assert line.left_out == UNKNOWN

    asyncio.run(told())


def test_what_is_skipped_says_so() -> None:
    """A check that is not made is no check: whoever has installed the others is told to install this one."""
    lock = (ROOT / "requirements/bench/localstripe.lock").read_text("utf-8")
    assert lock.startswith("aiohappyeyeballs==")
    assert "localstripe==1.15.10" in lock
    assert "localstripe" in (ROOT / "Makefile").read_text("utf-8").partition("PEERS")[2].partition("\n")[0]
