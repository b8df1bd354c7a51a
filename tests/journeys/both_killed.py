"""A day in which the hub and the vendors are killed, each by chance: real processes on both sides, the ledger decides.

The sandbox keeps a diary; whoever asks it something while it is dead asks again. Every tenth order is called off by its
shopper, every tenth has a parcel that comes back, all are paid by a gift card and a card.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from pawline.hub import HubRefused
from pawline.model import Checkout, Money, Order, Tender, TenderId, TenderKind, TenderState
from pawline.sandbox import Effect, Subscription, read_ledger
from pawline.store import Keyring
from pawline.testing.orders import order
from pawline.testing.port import free_port
from tests.journeys.adopted import HOME, SECRET, SETTINGS, TOKEN, Hub, Size

POLL: Final = 'webhook_secrets = [{ env = "S" }]\npoll = 0.5'
FLOWS: Final = ("adopt_order", "introduce_order", "refund_return", "refund_cancelled")
GIFT: Final = 300


def bought(n: int) -> Order:
    """Two units, by two tenders."""
    one = order(n, checkout=Checkout.ADOPTED, paid=True, quantity=2, ship_to=HOME, placed_at=datetime.now(UTC))
    parts = ((TenderKind.GIFT_CARD, GIFT), (TenderKind.CARD, one.total.minor - GIFT))
    tenders = tuple(
        Tender(id=TenderId(kind.value), kind=kind, amount=Money(minor, "EUR"), state=TenderState.CAPTURED)
        for kind, minor in parts
    )
    return msgspec.structs.replace(one, tenders=tenders)


class Sandbox:
    """`pawline sandbox --keep` in a process of its own, which is killed."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.process: asyncio.subprocess.Process
        self.http = aiohttp.ClientSession(headers={"authorization": f"Bearer {TOKEN}"})

    async def start(self) -> None:
        words = [sys.executable, "-m", "pawline.cli", "sandbox", "--port", str(self.port), "--json"]
        self.process = await asyncio.create_subprocess_exec(
            *words, "--keep", str(self.folder), stdout=asyncio.subprocess.PIPE, env={"PAWLINE_SANDBOX_TOKEN": TOKEN}
        )
        assert self.process.stdout is not None
        assert await self.process.stdout.readline(), "the sandbox does not come up"

    async def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        await self.start()

    async def ask(self, method: str, path: str, given: object = None) -> Any:
        """Until it answers: what it was asked to do, it does once however often it is asked."""
        body = None if given is None else msgspec.json.encode(given)
        while True:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self.http.request(method, f"http://127.0.0.1:{self.port}/{path}", data=body) as said:
                    text = await said.read()
                    if said.status < 500:
                        return msgspec.json.decode(text) if text else None
            await asyncio.sleep(0.05)

    async def end(self) -> None:
        await self.http.close()
        with suppress(ProcessLookupError):
            self.process.terminate()
        await self.process.wait()

    def effects(self) -> list[Effect]:
        return [one for one in read_ledger(self.folder / "ledger.jsonl") if not one.again]


class Day:
    """The people of the shop, and what dies."""

    def __init__(self, hub: Hub, sandbox: Sandbox, size: Size, seed: int) -> None:
        self.hub, self.sandbox, self.size = hub, sandbox, size
        self.chance, self.kills = random.Random(seed), Counter[str]()

    async def place(self) -> None:
        for number in range(1, self.size.orders + 1):
            await self.sandbox.ask("POST", "shop/checkout", bought(number))
            await asyncio.sleep(self.size.pause)

    async def die(self) -> None:
        """By chance one or the other; the span between two kills is chance, too."""
        for _ in range(self.size.kills):
            await asyncio.sleep(self.chance.uniform(0.2, 1.0))
            if self.chance.random() < 0.5:
                self.kills["sandbox"] += 1
                await self.sandbox.kill()
            else:
                self.kills["hub"] += 1
                await self.hub.kill()
                await self.hub.start()

    async def send(self) -> None:
        """What is at the warehouse leaves; every tenth order is called off before, every tenth comes back in part."""
        left = set(range(1, self.size.orders + 1))
        returned: set[int] = set()
        while left:
            asked = {one.order for one in self.sandbox.effects() if one.operation == "Fulfilment.request"}
            for number in sorted(left):
                name = f"o{number}"
                if name not in asked:
                    continue
                left.discard(number)
                if number % 10 == 0:
                    await self.sandbox.ask("POST", "shop/call-off", {"order": name})
                    continue
                await self.sandbox.ask("POST", "desk/dispatch", {"order": name})
                if number % 10 == 5 and number not in returned:
                    returned.add(number)
                    await self._back(name)
            await asyncio.sleep(0.2)

    async def _back(self, name: str) -> None:
        """Once: a return that was counted, and whose answer was lost, is not counted again."""
        diary = self.sandbox.folder / "diary.jsonl"
        mark = f'"order":"{name}","lines"'.encode()
        while mark not in diary.read_bytes():
            with suppress(aiohttp.ClientError):
                body = msgspec.json.encode({"order": name, "lines": [{"line": "l1", "quantity": 1}]})
                url = f"http://127.0.0.1:{self.sandbox.port}/desk/return"
                async with self.sandbox.http.post(url, data=body) as said:
                    assert said.status == 200, await said.text()
            await asyncio.sleep(0.05)

    async def rest(self) -> None:
        """Until what came back is paid back, and nothing is under way for a while."""
        quiet = 0
        while quiet < 4:
            await asyncio.sleep(1.0)
            try:
                left = sum((await self.hub.caller.ask("unfinished")).values())
            except HubRefused:
                left = 1
            paid = sum(one.operation == "Shop.refund" for one in self.sandbox.effects())
            quiet = quiet + 1 if left == 0 and paid >= self.size.orders // 10 else 0


async def both_killed(
    folder: Path, size: Size, seed: int, seconds: float
) -> tuple[Day, list[Effect], list[Any], dict[str, Any]]:
    """The day, its ledger, the open cases, and the shop's orders as it has them."""
    ports = free_port(), free_port()
    Keyring.generate().save(folder / "pawline.key")
    flows = ", ".join(f'"pawline.flows.{name}"' for name in FLOWS)
    settings = SETTINGS % (ports[0], f"http://127.0.0.1:{ports[1]}")
    settings = settings.replace('webhook_secrets = [{ env = "S" }]', POLL).replace(
        '"pawline.flows.adopt_order", "pawline.flows.introduce_order"', flows
    )
    (folder / "pawline.toml").write_text(settings + "last_retry = 2.0\n", "utf-8")
    sandbox, hub = Sandbox(folder / "sandbox", ports[1]), Hub(folder, ports[0])
    day = Day(hub, sandbox, size, seed)
    async with asyncio.timeout(seconds):
        try:
            await sandbox.start()
            hook = Subscription(url=f"http://127.0.0.1:{ports[0]}/hooks/sandbox/eu", secret=SECRET)
            await sandbox.ask("PUT", "desk/hooks", hook)
            await hub.start()
            await asyncio.gather(day.place(), day.die(), day.send())
            await day.rest()
            cases = await hub.caller.ask("cases", shop="paws", limit=100)
            orders, after = dict[str, Any](), ""
            while True:
                page = await sandbox.ask("GET", f"shop/orders?after={after}")
                orders |= {one["id"]: one for one in page["orders"]}
                after = page["after"]
                if not after:
                    break
        finally:
            await hub.end()
            await sandbox.end()
    return day, sandbox.effects(), cases, orders


def balanced(effects: list[Effect]) -> dict[str, int]:
    """What the processor has of each order, in minor units."""
    kept: dict[str, int] = defaultdict(int)
    for one in effects:
        kept[one.order] += {"Shop.charged": 1, "Shop.paid_back": -1}.get(one.operation, 0) * one.amount
    return dict(kept)


def check(day: Day, effects: list[Effect], cases: list[Any], orders: dict[str, Any]) -> None:
    """The invariants, by the ledger."""
    count = day.size.orders
    names = [f"o{n}" for n in range(1, count + 1)]
    off, back = {f"o{n}" for n in range(10, count + 1, 10)}, {f"o{n}" for n in range(5, count + 1, 10)}
    assert cases == []
    assert sorted(orders) == sorted(names)
    done: dict[str, Counter[str]] = defaultdict(Counter)
    for one in effects:
        if one.key:  # asked for by somebody, not done by a vendor of itself
            done[one.operation][one.order or one.business] += 1
    assert set(done["Fulfilment.request"]) == set(names)
    assert set(done["Fulfilment.request"].values()) == {1}
    assert (set(done["Fulfilment.cancel"]), set(done["Shop.refund"])) == (off, back)  # none both called off and sent
    assert set(done["Fulfilment.cancel"].values()) | set(done["Shop.refund"].values()) == {1}
    assert "Payments.authorize" not in done
    assert max(Counter((one.operation, one.business) for one in effects).values()) == 1
    kept = balanced(effects)
    for name in names:
        whole = orders[name]["total"]["minor"]
        owed = 0 if name in off else whole // 2 if name in back else whole
        assert kept[name] == owed, name
