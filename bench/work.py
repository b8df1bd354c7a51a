"""The work that is measured: events, ports that do nothing or keep count, flows over them, and a hub to run them in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from pawline.model import Envelope, Event
from pawline.ports import EffectKind, Operation, Settle, current_attempt
from pawline.runtime import UNLIMITED, Binding, Bindings, Engine, Flow, Flows, flow, sleep_until, use
from pawline.store import Keyring, Store

SHOP = "bench"
STEPS = 6


class Begun(Event, tag="bench.begun@1"):
    """Six steps. A household of None seals with the shop's own key."""

    id: str
    body: str = ""
    house: str | None = None
    until: float = 0.0

    @property
    def subject(self) -> str:
        return self.id

    @property
    def household(self) -> str | None:
        return self.house


class Bought(Begun, tag="bench.bought@1"):
    """Six steps that a shopper waits for."""


class Slept(Begun, tag="bench.slept@1"):
    """A sleep, then a step."""


class Imported(Begun, tag="bench.imported@1"):
    """One step."""


class Nothing(Protocol):
    """A port whose step hands back what it got."""

    async def step(self, body: str) -> str: ...


class DoesNothing:
    """Plays it, after a turn of the loop or after so many seconds."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    async def step(self, body: str) -> str:
        await asyncio.sleep(self._seconds)
        return body


class Counts:
    """Plays it and keeps a ledger: key -> how often, and when the last effect of all was."""

    def __init__(self) -> None:
        self.ledger: dict[str, int] = {}
        self.moments: list[tuple[float, str]] = []
        self.hang = False
        self.asked: dict[str, bool] = {}  # looked up -> found

    async def find(self, body: str) -> str | None:
        """The look-up: what was under way happened for every second one."""
        self.asked[body] = found = int(body.split(maxsplit=1)[0]) % 2 == 1
        return body if found else None

    async def step(self, body: str) -> str:
        if self.hang:
            await asyncio.sleep(3600)
        key = current_attempt().key
        self.ledger[key] = self.ledger.get(key, 0) + 1
        self.moments.append((time.time(), body))
        return body


@flow(on=Begun)
async def six(begun: Begun) -> str:
    """Six steps, one after the other."""
    port, body = use(Nothing), begun.body
    for _ in range(STEPS):
        body = await port.step(body)
    return body


@flow(on=Bought, priority="shopper")
async def six_for_shopper(bought: Bought) -> str:
    """The same while a shopper waits."""
    port, body = use(Nothing), bought.body
    for _ in range(STEPS):
        body = await port.step(body)
    return body


@flow(on=Slept)
async def sleeper(slept: Slept) -> str:
    """Sleeps, then does one step."""
    await sleep_until(datetime.fromtimestamp(slept.until, UTC))
    return await use(Nothing).step(slept.body)


@flow(on=Imported)
async def one_step(imported: Imported) -> str:
    """One step."""
    return await use(Nothing).step(imported.body)


BY_KEY = Operation(settle=Settle.KEY, kind=EffectKind.MESSAGE)
BY_LOOK_UP = Operation(settle=Settle.LOOK_UP, look_up="find", kind=EffectKind.MESSAGE, timeout=timedelta(seconds=5))
FLOWS: tuple[Flow[Any, Any], ...] = (six, six_for_shopper, sleeper, one_step)


@asynccontextmanager
async def hub(
    url: str | Path, port: Nothing, *, keyring: Keyring | None = None, settle: Operation = BY_KEY
) -> AsyncIterator[Engine]:
    """An engine over a store, with everything on; left as a hub is left."""
    store = await Store.open(url, keyring or Keyring.generate())
    binding = Binding("nothing/bench", Nothing, port, {"step": settle}, UNLIMITED)
    engine = Engine(store, Flows(FLOWS), Bindings([binding]))
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()
        await store.close()


def envelope(event: Event, number: int, source: str = "bench") -> Envelope:
    """As a connector hands it in."""
    return Envelope(shop=SHOP, source=source, id=str(number), at=datetime.now(UTC), event=event)


def household(number: int, pool: int) -> str:
    """One of a pool, or a new one for each number where the pool is 0."""
    return f"h{number % pool}" if pool else f"h{number}"


async def gathered(inflight: int, work: Iterable[Any]) -> None:
    """Awaits all of it, so many at a time."""
    todo = iter(work)

    async def lane() -> None:
        for one in todo:
            await one

    async with asyncio.TaskGroup() as group:
        for _ in range(inflight):
            group.create_task(lane())


async def until(holds: Callable[[], object], seconds: float = 3_600.0, every: float = 0.05) -> bool:
    """Waits for something that nobody announces; whether it came in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(every)
    return True
