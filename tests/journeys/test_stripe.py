"""A shop with a checkout of its own that is paid by Stripe, from `pawline connect` to the last dispute.

Whatever breaks, the vendor's own ledger decides: one charge for an order, one refund, and nothing for one that was
refused.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from pawline.cli.connecting import _connected
from pawline.hub import Hub, load_settings
from pawline.hub.connecting import secret_of
from pawline.model import Envelope, Event, Order, OrderCancelled, OrderId, OrderPlaced, Tender
from pawline.sandbox import Desk, Fault, Faults, Mishaps, Vendors, served
from pawline.store import Keyring
from pawline.testing.orders import SKUS, order
from pawline.testing.port import free_port
from pawline.web import serving
from tests.journeys.adopted import Hub as Process
from tests.journeys.around import keep, until

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
FLOWS = ("fulfil_order", "refund_cancelled", "chase_refund", "answer_dispute")
SEALED = "secrets/stripe-eu.webhook_secrets.sealed"
SETTINGS = """
shops = ["paws"]
flows = [{flows}]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "stripe/eu"

[accounts.settings]
url = "{url}/stripe"
mode = "test"
label = "paws"
key = {{ file = "stripe.key" }}
poll = {poll}
{secrets}

[[accounts]]
name = "sandbox/eu"
plays = ["Inventory", "Crm", "Marketing", "Helpdesk"]

[accounts.settings]
url = "{url}"
token = {{ file = "sandbox.token" }}

[runtime]
first_retry = 0.05
deaths = 1000
"""
VISA, POOR, BOUNCES = "pm_card_visa", "pm_card_visa_chargeDeclinedInsufficientFunds", "pm_card_refundFail"
ASKS = "pm_card_authenticationRequired"


class Town:
    """A hub with its ear, and the vendors."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk = hub, desk

    def act(self, which: str, given: Any = None, /, **more: Any) -> Any:
        return self.desk.act(f"stripe/{which}", msgspec.json.encode(more if given is None else given))

    async def tell(self, *events: Event) -> None:
        for event in events:
            name = f"{type(event).__name__}-{event.subject}"
            await self.hub.engine.record(
                Envelope(shop="paws", source="test", id=name, at=datetime.now(UTC), event=event)
            )

    async def told(self, *kinds: str) -> dict[str, int]:
        rows = await self.hub.desk.answer("events", {"shop": "paws", "limit": 200})
        return dict(Counter(one["type"] for one in rows if one["type"].partition(".")[0] in kinds))

    async def done(self, flow: str, count: int = 1) -> bool:
        found = await self.hub.desk.answer("runs", {"shop": "paws", "limit": 100})
        return [one["status"] for one in found if one["flow"] == flow] == ["done"] * count

    async def cases(self) -> list[str]:
        return sorted(one["title"] for one in await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50}))


def did(desk: Desk, *ports: str) -> list[str]:
    """What the ledger says was done, by these; repeats that changed nothing left out."""
    return [
        f"{one.operation} {one.business}" for one in desk.vendors.effects()
        if not one.again and one.operation.partition(".")[0] in ports and one.operation != "Stripe.endpoint"
    ]  # fmt: skip


def write(folder: Path, desk: Desk, url: str, *, poll: float, port: int, secrets: str = "") -> None:
    if not (folder / "pawline.key").exists():
        Keyring.generate().save(folder / "pawline.key")
    flows = ", ".join(f'"pawline.flows.{name}"' for name in FLOWS)
    said = SETTINGS.format(port=port, url=url, poll=poll, secrets=secrets, flows=flows)
    (folder / "pawline.toml").write_text(said, "utf-8")
    keep(folder, {"stripe.key": desk.stripe.key, "sandbox.token": TOKEN})


@asynccontextmanager
async def town(folder: Path, *, poll: float = 0.0, more: str = "") -> AsyncIterator[Town]:
    """Connected as people do it: the secret of its webhooks is kept, and named in the settings."""
    desk, port = Desk(Vendors(now=time.time, stock=dict.fromkeys(SKUS, 100)), TOKEN), free_port()
    desk.stripe.teller.pauses = (0.05,) * 5
    async with served(desk) as url:
        write(folder, desk, url, poll=poll, port=port)
        address = f"http://127.0.0.1:{port}/hooks/stripe/eu"
        line = f'webhook_secrets = [{{ sealed = "{SEALED}" }}]'
        assert await _connected(load_settings(folder / "pawline.toml", {}), "stripe/eu") == [
            "it lets us in, and lacks nothing", f"its webhooks are sent to {address}",
            f"what they are signed with is kept, sealed: its settings are to say `{line}`, or none of them is believed",
        ]  # fmt: skip
        write(folder, desk, url, poll=poll, port=port, secrets=f"{line}\n{more}")
        settings = load_settings(folder / "pawline.toml", {})
        assert await _connected(settings, "stripe/eu") == [
            "it lets us in, and lacks nothing", f"its webhooks are sent to {address}",
        ]  # fmt: skip
        (endpoint,) = desk.stripe.books.endpoints.values()
        assert endpoint.secret not in (folder / SEALED).read_text("utf-8")
        async with asyncio.timeout(60), await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk)


def paid_by(number: int, source: str) -> Order:
    one = order(number, placed_at=datetime.now(UTC))
    tender: Tender = msgspec.structs.replace(one.tenders[0], source=source)
    return msgspec.structs.replace(one, tenders=(tender,))


def called_off(number: int) -> OrderCancelled:
    return OrderCancelled(order=OrderId(f"o{number}"), at=datetime.now(UTC), by="shopper", because="ordered twice")


async def test_an_order_is_paid_one_is_declined_and_one_is_called_off_and_paid_back(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        for number, source in ((1, VISA), (2, POOR), (3, VISA)):
            await here.tell(OrderPlaced(order=paid_by(number, source)))
        await until(lambda: here.done("fulfil_order", 3))
        await here.tell(called_off(3))
        await until(lambda: here.done("refund_cancelled"))
        await here.desk.stripe.teller.rest()
        assert sorted(did(here.desk, "Stripe")) == [
            "Stripe.authorise o1/t0", "Stripe.authorise o3/t0", "Stripe.capture o1/t0", "Stripe.capture o3/t0",
            "Stripe.refund o3/t0",
        ]  # fmt: skip
        stock = Counter(did(here.desk, "Inventory"))
        assert stock == {
            "Inventory.reserve o1": 1, "Inventory.reserve o2": 1, "Inventory.reserve o3": 1, "Inventory.commit o1": 1,
            "Inventory.commit o3": 1, "Inventory.release o2": 1,
        }  # fmt: skip
        await until(lambda: _has(here, "payment.declined@1"))
        assert await here.told("payment", "refund") == {"payment.declined@1": 1, "refund.issued@1": 1}
        assert await here.told("order") == {
            "order.placed@1": 3, "order.confirmed@1": 2, "order.refused@1": 1, "order.cancelled@1": 1
        }  # fmt: skip
        assert await here.cases() == []


async def _has(here: Town, kind: str, count: int = 1) -> bool:
    return (await here.told(kind.partition(".")[0])).get(kind, 0) == count


async def test_a_shopper_whom_a_bank_asks_confirms_and_is_charged(tmp_path: Path) -> None:
    async with town(tmp_path, more='return_url = "https://shop.example/paid"') as here:
        await here.tell(OrderPlaced(order=paid_by(1, ASKS)))
        (intent,) = await until(
            lambda: [one for one in here.desk.stripe.books.intents.values() if one.status == "requires_action"]
        )
        await asyncio.sleep(0.2)
        assert await here.told("order") == {"order.placed@1": 1}  # nothing is confirmed that is not paid
        here.act("confirm", intent=intent.id)
        await until(lambda: here.done("fulfil_order"))
        assert did(here.desk, "Stripe") == ["Stripe.authorise o1/t0", "Stripe.capture o1/t0"]
        assert await here.told("order") == {"order.placed@1": 1, "order.confirmed@1": 1}
        assert await here.cases() == []


async def test_a_shopper_whose_bank_says_no_is_refused_when_it_is_told_and_not_a_quarter_of_an_hour_later(
    tmp_path: Path,
) -> None:
    async with town(tmp_path, more='return_url = "https://shop.example/paid"') as here:
        await here.tell(OrderPlaced(order=paid_by(1, ASKS)))
        (intent,) = await until(
            lambda: [one for one in here.desk.stripe.books.intents.values() if one.status == "requires_action"]
        )
        here.act("confirm", intent=intent.id, good=False)
        await until(lambda: here.done("fulfil_order"))
        assert sorted(did(here.desk, "Stripe", "Inventory")) == [
            "Inventory.release o1", "Inventory.reserve o1", "Stripe.cancel o1/t0"
        ]  # fmt: skip
        assert await here.told("order", "payment") == {
            "order.placed@1": 1, "order.refused@1": 1, "payment.declined@1": 1
        }  # fmt: skip
        assert await here.cases() == []


async def test_what_banks_do_later_is_a_persons_once_in_whatever_order_it_is_told(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.desk.hooks.mishaps = Mishaps(seed=3, twice=0.7, late=0.5, late_after=0.2)
        for number, source in ((1, VISA), (2, BOUNCES)):
            await here.tell(OrderPlaced(order=paid_by(number, source)))
        await until(lambda: here.done("fulfil_order", 2))
        await here.tell(called_off(2))
        await until(lambda: here.done("refund_cancelled"))
        (refund,) = here.desk.stripe.books.refunds
        here.act("end", of=refund, status="failed", because="expired_or_canceled_card")
        dispute = here.act("dispute", intent="o1/t0", inquiry=True)["id"]
        await until(lambda: _has(here, "payment.questioned@1"))
        here.act("end", of=dispute, status="needs_response")
        await until(lambda: _has(here, "payment.disputed@1"))
        here.act("end", of=dispute, status="lost")
        (payout,) = here.act("pay-out", False)
        here.act("end", of=payout, status="paid")
        here.act("end", of=payout, status="reconciled")
        await until(lambda: _has(here, "payment.dispute_closed@1"))
        await until(lambda: _has(here, "payout.paid@1"))
        await until(lambda: _has(here, "refund.failed@1"))
        await here.desk.stripe.teller.rest()
        assert await here.told("payment", "payout") == {
            "payment.questioned@1": 1, "payment.disputed@1": 1, "payment.dispute_closed@1": 1, "payout.paid@1": 1
        }  # fmt: skip
        await until(lambda: _asked(here, 3))
        due = datetime.fromtimestamp(here.desk.stripe.books.disputes[dispute].due, UTC).date()
        assert await here.cases() == [
            f"a bank asks about a payment, by {due}", "a bank refused a refund of order o2",
            f"a bank took money back, by {due}",
        ]  # fmt: skip


async def _asked(here: Town, count: int) -> bool:
    return len(await here.cases()) == count


async def test_what_no_webhook_told_is_seen_by_a_look(tmp_path: Path) -> None:
    async with town(tmp_path, poll=0.3) as here:
        here.desk.hooks.mishaps = Mishaps(lost=1.0)
        await here.tell(OrderPlaced(order=paid_by(1, VISA)), OrderPlaced(order=paid_by(2, POOR)))
        await until(lambda: here.done("fulfil_order", 2))
        here.act("dispute", intent="o1/t0")
        await until(lambda: _has(here, "payment.disputed@1"))
        await until(lambda: _has(here, "payment.declined@1"))
        assert here.desk.stripe.teller.told == []


async def test_connecting_that_breaks_off_is_told_and_made_good_by_connecting_again(tmp_path: Path) -> None:
    desk, port = Desk(Vendors(now=time.time), TOKEN), free_port()
    async with served(desk) as url:
        write(tmp_path, desk, url, poll=0.0, port=port)
        settings = load_settings(tmp_path / "pawline.toml", {})
        desk.vendors.faults = Faults(at={12: Fault.BROKEN})  # of twelve: all that it may read and do; then it is made
        lets_in, said = await _connected(settings, "stripe/eu")
        assert lets_in == "it lets us in, and lacks nothing"
        assert said.startswith("its webhooks could not be seen to (")
        assert not (tmp_path / SEALED).exists()
        assert len(desk.stripe.books.endpoints) == 1
        desk.vendors.faults = Faults()
        assert len(await _connected(settings, "stripe/eu")) == 3
        _, endpoint = desk.stripe.books.endpoints.values()  # the old one goes once the new secret is in the settings
        assert secret_of(settings, {"sealed": SEALED}).reveal() == endpoint.secret
        line = f'webhook_secrets = [{{ sealed = "{SEALED}" }}]'
        write(tmp_path, desk, url, poll=0.0, port=port, secrets=line)
        settings = load_settings(tmp_path / "pawline.toml", {})
        assert await _connected(settings, "stripe/eu") == [
            "it lets us in, and lacks nothing", "an endpoint of ours that was there before is removed",
        ]  # fmt: skip
        assert list(desk.stripe.books.endpoints.values()) == [endpoint]


async def test_killed_at_every_turn_each_order_is_charged_once_and_paid_back_once(tmp_path: Path) -> None:
    """The hub is a process: it is killed once Stripe has set aside, taken, and paid back, mostly before it said so.

    What is repeated is so when the call before has certainly ended, half a minute later.
    """
    desk, port = Desk(Vendors(now=time.time, stock=dict.fromkeys(SKUS, 100)), TOKEN), free_port()
    async with asyncio.timeout(240), served(desk) as url:
        write(tmp_path, desk, url, poll=0.0, port=port)
        hub = Process(tmp_path, port)
        await hub.start()

        async def send(event: Event) -> None:
            body = msgspec.json.decode(msgspec.json.encode(event))
            kind = body.pop("type")
            await hub.caller.ask("send", event={"type": kind, "data": body}, shop="paws")

        async def killed_after(what: str) -> None:
            await until(lambda: what in did(desk, "Stripe"), 100)
            await hub.kill()
            await hub.start()

        desk.vendors.faults = Faults(seed=5, latency=0.6)  # its answers take a while
        await send(OrderPlaced(order=paid_by(1, VISA)))
        await send(OrderPlaced(order=paid_by(2, POOR)))
        await killed_after("Stripe.authorise o1/t0")
        await killed_after("Stripe.capture o1/t0")
        desk.vendors.faults = Faults(seed=5, latency=0.2)
        await until(lambda: len(_told(desk, "Marketing")) == 1, 100)
        desk.vendors.faults = Faults(seed=6, latency=0.6)
        await send(called_off(1))
        await killed_after("Stripe.refund o1/t0")
        desk.vendors.faults = Faults()
        await until(lambda: len(_told(desk, "Marketing")) == 2, 100)
        await hub.end()
    assert did(desk, "Stripe") == ["Stripe.authorise o1/t0", "Stripe.capture o1/t0", "Stripe.refund o1/t0"]
    (one,) = [each for each in desk.stripe.books.intents.values() if each.charges and each.status == "succeeded"]
    charge = desk.stripe.books.charges[one.charges[-1]]
    assert (charge.taken, charge.back) == (1_000, 1_000)
    assert Counter(did(desk, "Inventory")) == {
        "Inventory.reserve o1": 1, "Inventory.commit o1": 1, "Inventory.reserve o2": 1, "Inventory.release o2": 1
    }  # fmt: skip


def _told(desk: Desk, port: str) -> list[str]:
    return [one for one in did(desk, port) if one.startswith("Marketing.send")]
