"""A small shop for tests of the hub: settings, a flow file and vendors that live as long as the test."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from pawline.hub import Hub, load_settings
from pawline.model import Event
from pawline.ports import Operation, Settle
from pawline.runtime import Binding
from pawline.store import Keyring


class BowlFilled(Event, tag="bowl.filled@1"):
    pet: str

    @property
    def subject(self) -> str:
        return self.pet


class Feeder(Protocol):
    """Gives food."""

    async def give(self, pet: str) -> str: ...
    async def clean(self, pet: str) -> str: ...


@dataclass
class Dispenser:
    """The vendor: what it gave it remembers; while `open` is not set, an answer does not come."""

    given: list[str] = field(default_factory=list)
    cleaned: list[str] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def give(self, pet: str) -> str:
        self.given.append(pet)
        await self.open.wait()
        return f"fed {pet}"

    async def find(self, pet: str) -> str | None:
        self.looked.append(pet)
        return f"fed {pet}" if pet in self.given else None

    async def clean(self, pet: str) -> str:
        self.cleaned.append(pet)
        return "clean"


VENDOR: list[Dispenser] = []


def connect() -> list[Binding]:
    timeout, margin = timedelta(seconds=0.3), timedelta(seconds=0.05)
    operations = {
        "give": Operation(settle=Settle.LOOK_UP, look_up="find", timeout=timeout, margin=margin),
        "clean": Operation(settle=Settle.REPEAT, timeout=timeout, margin=margin),
    }
    return [Binding("dispenser/home", Feeder, VENDOR[-1], operations)]


FLOW = """
from pawline.runtime import flow, use
from tests.unit.hub.shop import BowlFilled, Feeder

{flows}
"""
FEED = '''
@flow(on=BowlFilled, version={version})
async def feed{name}(filled: BowlFilled) -> str:
    """A pet is fed once."""
    fed = await use(Feeder).give(filled.pet)
    await use(Feeder).clean(filled.pet)
    return fed

feed{name}.__dict__["name"] = "feed"
'''


def write(folder: Path, *versions: int, module: str, more: str = "") -> None:
    """The settings and a module with these versions of `feed`."""
    flows = "\n".join(FEED.format(version=one, name=f"_{one}") for one in versions)
    (folder / f"{module}.py").write_text(FLOW.format(flows=flows), "utf-8")
    (folder / "pawline.toml").write_text(
        f'shops = ["home"]\nflows = ["{module}"]\naccounts = [{{ use = "tests.unit.hub.shop:connect" }}]\n{more}',
        "utf-8",
    )
    if not (folder / "pawline.key").exists():
        Keyring.generate().save(folder / "pawline.key")
    sys.modules.pop(module, None)


@asynccontextmanager
async def hub_of(folder: Path) -> AsyncIterator[Hub]:
    async with await Hub.open(load_settings(folder / "pawline.toml", {})) as hub:
        yield hub


async def until(true: Callable[[], Awaitable[bool] | bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while True:
            found = true()
            if found is True or (not isinstance(found, bool) and await found):
                return
            await asyncio.sleep(0.02)


async def settled(hub: Hub) -> None:
    """Until the hub's first look is over, all that was recorded is dispatched, and every view has read it.

    A hub that just began records events, too, and dispatches them once it found that no older ones wait.
    """

    async def read() -> bool:
        if hub.engine.intake.behind or await hub.store.fetch("oldest_undispatched", (1,)):
            return False
        return not any(lag.events for lag in await hub.projector.lags())

    await until(read)


async def fill(hub: Hub, pet: str, **more: Any) -> int:
    told = await hub.desk.answer("send", {"event": {"type": "bowl.filled@1", "data": {"pet": pet}} | more})
    number: int = told["no"]
    return number


async def statuses(hub: Hub) -> dict[str, list[str]]:
    """Statuses of runs by pet, oldest first."""
    found: dict[str, list[str]] = {}
    for row in reversed(await hub.desk.answer("runs", {"shop": "home"})):
        found.setdefault(row["key"], []).append(row["status"])
    return found
