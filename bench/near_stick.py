"""An order's vendor calls as a stick: by the hub, or by a bare asyncio script with the same client and no durability.

Both make the same calls of `fulfil_order` against the sandbox at `--url`, so many orders at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from bench.line import SCRATCH, folder, say
from pawline.connectors import sandbox
from pawline.flows.fulfil_order import fulfil_order
from pawline.hub import tune
from pawline.hub.register import Register
from pawline.kit import Guard
from pawline.model import Household, HouseholdId, Medium, Message, Order, Purpose
from pawline.ports import Attempt, Crm, Inventory, Marketing, Payments, Senders, attempting
from pawline.runtime import Binding, Bindings, Engine, Flows
from pawline.store import Keyring, Store
from pawline.testing.orders import order, placed

GUARD = Guard(["127.0.0.0/8"])
One = Callable[[int], Awaitable[None]]


async def by_kit(url: str, token: str, measure: Callable[[One], Awaitable[None]]) -> None:
    """The script with `kit.Http`: the same calls, one after the other where the flow does so, and nothing kept."""
    account = sandbox.connector.connect(sandbox.connector.configure({"url": url, "token": token}), GUARD)
    play: dict[Any, Any] = dict(account.plays)
    until = datetime.now(UTC) + timedelta(hours=1)

    def keyed(key: str, call: Callable[[], Awaitable[Any]]) -> Awaitable[Any]:
        async def made() -> Any:  # noqa: ANN401 - what the call answers
            with attempting(Attempt(key, 1, until, "shop", "sandbox/bench")):
                return await call()

        return made()

    async def one(number: int) -> None:
        taken = order(number)
        stock, paid = await asyncio.gather(
            keyed(f"{number}r", lambda: play[Inventory].reserve(taken.id, taken.demand())),
            keyed(f"{number}a", lambda: play[Payments].authorize(taken.id, taken.tenders[0])),
        )
        await asyncio.gather(
            keyed(f"{number}k", lambda: play[Inventory].commit(stock)),
            keyed(f"{number}c", lambda: play[Payments].capture(paid, paid.amount)),
        )
        house = HouseholdId(f"h{number}")
        await keyed(f"{number}h", lambda: play[Crm].upsert(Household(id=house)))
        await keyed(f"{number}m", lambda: play[Marketing].send(_confirmation(taken, house)))

    await measure(one)
    await account.http.close()


def _confirmation(taken: Order, house: HouseholdId) -> Message:
    return Message(
        name="order_confirmation", household=house, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL, order=taken.id
    )


async def bare(url: str, token: str, measure: Callable[[One], Awaitable[None]]) -> None:
    """The script as somebody in a hurry writes it: the bare client and dictionaries."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    connector = aiohttp.TCPConnector(limit=64)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:

        async def call(path: str, key: str, **given: Any) -> Any:  # noqa: ANN401 - JSON
            more = {"idempotency-key": key}
            async with session.post(f"{url}/{path}", data=json.dumps(given).encode(), headers=more) as reply:
                assert reply.status == 200
                return json.loads(await reply.read())

        async def one(number: int) -> None:
            no, house = f"o{number}", f"h{number}"
            sku = ("kibble-10", "litter-5", "chew-1")[number % 3]
            tender = {
                "id": "t0",
                "kind": "card",
                "amount": {"minor": 1000, "currency": "EUR"},
                "state": "pending",
                "source": "card-0",
            }
            stock, paid = await asyncio.gather(
                call("inventory/reserve", f"{number}r", order=no, items=[{"sku": sku, "quantity": 1}]),
                call("payments/authorize", f"{number}a", order=no, tender=tender),
            )
            await asyncio.gather(
                call("inventory/commit", f"{number}k", reservation=stock),
                call("payments/capture", f"{number}c", authorisation=paid, amount=paid["amount"]),
            )
            await call("crm/upsert", f"{number}h", household={"id": house})
            await call("marketing/send", f"{number}m", message={
                "name": "order_confirmation", "household": house, "purpose": "transaction", "medium": "email",
                "order": no,
            })  # fmt: skip

        await measure(one)


async def by_hub(url: str, token: str, measure: Callable[[One], Awaitable[None]], place: Path) -> None:
    """The flow, durable, on SQLite with every commit synced."""
    account = sandbox.connector.connect(sandbox.connector.configure({"url": url, "token": token}), GUARD)
    offers, limits = sandbox.connector.offers, sandbox.connector.limits
    every = [
        Binding("sandbox/bench", port, play, offers[port].operations, limits) for port, play in account.plays.items()
    ]
    bindings = Bindings([Binding("pawline/register", Senders, Register({})), *every])
    store = await Store.open(str(place / "near.sqlite3"), Keyring.generate())
    engine = Engine(store, Flows([fulfil_order]), bindings)
    await engine.start()
    tune()

    async def one(number: int) -> None:
        recorded = await engine.record(placed(order(number)), "shopper")
        await engine.reached(recorded.no, "", 60)

    await measure(one)
    await engine.stop()
    await store.close()
    await account.http.close()


async def main(given: argparse.Namespace, place: Path) -> None:
    """One line."""

    async def measure(one: One) -> None:
        numbers = iter(range(given.start, given.start + given.orders))
        for number in range(given.start + given.orders, given.start + given.orders + 32):
            await one(number)
        before, since = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()

        async def lane() -> None:
            for number in numbers:
                await one(number)

        await asyncio.gather(*(lane() for _ in range(given.inflight)))
        after, wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - since
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        say({"name": given.name, "cpu_ms_per_order": round(cpu * 1000 / given.orders, 3),
             "orders_per_s": round(given.orders / wall, 1)})  # fmt: skip

    if given.name == "hub":
        await by_hub(given.url, given.token, measure, place)
    else:
        await {"kit": by_kit, "bare": bare}[given.name](given.url, given.token, measure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=("hub", "kit", "bare"))
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--orders", type=int, default=2_000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--inflight", type=int, default=48)
    parser.add_argument("--dir", type=Path, default=SCRATCH)
    words = parser.parse_args()
    with folder(words.dir) as scratch:
        uvloop.run(main(words, scratch))
