"""A column of Pawline's: the hub in a process of its own with one profile, and what can be asked of it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from pawline.cli.demo.hub_process import HubProcess
from pawline.cli.lab.sandbox_process import TOKEN
from pawline.cli.lab.settings import AFTER, FLOWS, written
from pawline.cli.lab.tills import PRICE, FrontTill
from pawline.cli.lab.wire import Wire
from pawline.hub import HubRefused
from pawline.lab.judging import Known
from pawline.lab.rows import LOOKED, Back, Lag
from pawline.testing.orders import SHOP
from pawline.testing.port import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pawline.cli.lab.sandbox_process import SandboxProcess
    from pawline.cli.lab.shopping import Clock
    from pawline.lab.rows import Way

SHOWN: Final = "shown"
"""A SKU that nobody buys: how fast a page shows what is told of it is measured at it."""
EVERY, LOOK = 0.5, 0.01
"""Seconds between two tellings, and between two looks."""
AGAIN: Final = 0.1
"""Seconds until a hub that was down is told again."""
TRIES: Final = 300
"""For half a minute: a hub that was killed is up again long before."""
PAGE: Final = 1_000
DEADLINE: Final = 3.0
SCOPES: Final = ("catalog", "carts", "checkout", "orders")


class HubColumn:
    """The hub of one round. `start` before all else; `end` leaves no process. `back`: orders do not all stay orders.

    `by_hand` counts what no code of it takes care of: nothing.
    """

    by_hand = 0

    def __init__(self, way: Way, folder: Path, sandbox: SandboxProcess, *, back: bool = False) -> None:
        self.port, flows = free_port(), (*FLOWS, *(AFTER if back else ()))
        self.settings = written(sandbox.url, self.port, way.value, DEADLINE, _far(), flows)
        self.back: dict[str, Back] = {}
        self.hub = HubProcess(folder, self.settings, {TOKEN: sandbox.token})
        self._wire = Wire(self.port)
        self.till: FrontTill
        self.views = 0

    async def start(self, skus: Mapping[str, int]) -> FrontTill:
        """Up, with goods, stock and a key; the till at which shoppers stand."""
        await self.hub.start()
        for sku, units in {**skus, SHOWN: 1}.items():
            said = {"sku": sku, "as_of": _iso(), "title": sku, "kind": "food", "weight": 500,
                    "price": {"minor": PRICE, "currency": "EUR"}}  # fmt: skip
            await self._tell("product.described@1", {"description": said, "account": "lab"})
            await self._counted(sku, units)
        made = await self.hub.ask(
            "key_make", shop=SHOP, name="lab", by="lab", secret=True, scopes=list(SCOPES), origins=[]
        )
        self.till = FrontTill(self._wire, made["key"])
        for _ in range(500):  # keys are read once a second, and views follow behind
            if await self.till.units(SHOWN) == 1 and await self.till.units(next(iter(skus))) is not None:
                break
            await asyncio.sleep(0.02)
        return self.till

    async def kill(self) -> None:
        """No goodbye; and started again."""
        await self.hub.kill()

    async def end(self) -> None:
        """It leaves."""
        self._wire.close()
        await self.hub.end()

    async def known(self, begun: float) -> dict[str, Known]:
        """All orders that it has or told a shopper of, by the request that each came of.

        What it told of and does not have any more would else be missed by nobody.
        """
        told = {
            name: one._replace(placed=one.placed - begun, back=self.back.get(name))
            for name, one in self.till.taken.items()
        }
        placed = await self._events("order.placed@1")
        refused = {one["subject"] for one in await self._events("order.refused@1")}
        return told | {
            one["subject"]: Known(
                int(one["id"].partition("-")[0][1:]), self.till.sent.get(one["id"], one["recorded"]) - begun,
                one["subject"] in refused, back=self.back.get(one["subject"]),
            )
            for one in placed if one["id"].startswith("s")
        }  # fmt: skip

    async def call_off(self, order: str) -> None:
        """Its shopper does not want it any more."""
        self.back[order] = Back.CALLED_OFF
        said = {"order": order, "at": _iso(), "by": "shopper", "because": "changed their mind"}
        await self._surely("order.cancelled@1", said, order)

    async def send_back(self, order: str) -> None:
        """A unit of its first line came back."""
        self.back[order] = Back.SENT_BACK
        lines = [{"line": "l1", "quantity": 1}]
        said = {"id": f"r-{order}", "order": order, "at": _iso(), "lines": lines}
        await self._surely("return.received@1", said, order)

    async def cases(self) -> tuple[str, ...]:
        """Titles of questions that wait for a person."""
        return tuple(one["title"] for one in await self.hub.ask("cases", shop=SHOP, limit=PAGE))

    async def count_views(self) -> int:
        """How many read models it keeps."""
        return len(await self.hub.ask("views"))

    async def watch(self, clock: Clock, until: float) -> tuple[Lag, ...]:
        """A new figure is due every half second: how long it takes from then until a page shows it.

        One after the other, and each is counted from when it was due: what waits because the one before took long, or
        because the hub was down, waits. Left out, the slowest would hide those that came behind it.
        """
        found = list[Lag]()
        while (due := len(found) * EVERY) < until:
            await clock.until(due)
            shown = await self._shown(clock, due + LOOKED, len(found) + 2)
            found.append(Lag(at=round(due, 3), ms=round(1_000 * (clock.now() - due), 1) if shown else None))
        return tuple(found)

    async def _shown(self, clock: Clock, until: float, units: int) -> bool:
        try:
            async with asyncio.timeout(max(0.0, until - clock.now())):
                told = False
                while True:
                    told = told or await self._told(units)
                    if told and (await self.till.units(SHOWN) or 0) >= units:
                        return True
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            return False

    async def _told(self, units: int) -> bool:
        """Whether the hub has it; not while it is killed."""
        if self.hub.killing:
            return False
        try:
            await self._counted(SHOWN, units)
        except (HubRefused, OSError):
            return False
        return True

    async def _surely(self, kind: str, data: dict[str, Any], name: str) -> None:
        """Told until the hub has it: the same again is the same. Raises HubRefused where it never takes it."""
        event, why = {"type": kind, "data": data, "id": f"{kind}/{name}"}, "it is down"
        for _ in range(TRIES):
            try:
                if not self.hub.killing:
                    await self.hub.ask("send", event=event, shop=SHOP)
                    return
            except (HubRefused, OSError) as problem:
                why = str(problem)
            await asyncio.sleep(AGAIN)
        raise HubRefused(f"the lab's hub does not take {kind}: {why}")

    async def _counted(self, sku: str, units: int) -> None:
        level = {"sku": sku, "location": "main", "on_hand": units, "as_of": _iso()}
        await self._tell("stock.counted@1", {"level": level})

    async def _tell(self, kind: str, data: dict[str, Any]) -> None:
        await self.hub.ask("send", event={"type": kind, "data": data}, shop=SHOP)

    async def _events(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while page := await self.hub.ask("events", shop=SHOP, kind=kind, limit=PAGE,
                                         **({"before": found[-1]["no"]} if found else {})):  # fmt: skip
            found += page
        return found


def _iso() -> str:
    return datetime.fromtimestamp(time.time(), UTC).isoformat()


def _far() -> str:
    """A cut-off that no order of this day comes near: twelve hours away."""
    return (datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(hours=12)).strftime("%H:%M")
