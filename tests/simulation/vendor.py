"""A vendor that has effects when it likes, and answers as badly as vendors do. Its ledger is the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from pawline.ports import Code, Malformed, Rejected, Transient, Unauthorised, current_attempt
from tests.simulation.shop import KEY_LIFE

if TYPE_CHECKING:
    from pawline.testing.simulation import World

_LATE = 1.2
"""The longest that an effect takes after its connection broke."""
_STEP = 0.95
"""How far clocks are put: an effect keeps so far away from the time at which it must have ended."""


@dataclass
class Effect:
    op: str
    label: str
    key: str
    at: float
    receipt: str


@dataclass
class Known:
    """What the vendor remembers of an idempotency key: since when, and its answer once there is one."""

    since: float
    receipt: str | None = None
    no: str | None = None
    stuck: bool = False


@dataclass
class Shop:
    """The vendor's side: survives every death of the hub."""

    world: World
    clock: Callable[[], float]
    faults: float = 0.3
    ledger: list[Effect] = field(default_factory=list)
    keys: dict[str, Known] = field(default_factory=dict)
    arrivals: list[tuple[float, str, str]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    committed: dict[tuple[str, int], int] = field(default_factory=dict)  # (label, attempt) -> owner who recorded it
    passed: set[str] = field(default_factory=set)  # milestones on disk
    closed: bool = False

    def effects(self, label: str, *, back: bool = False) -> list[Effect]:
        return [e for e in self.ledger if e.label == label and e.op.startswith("back") == back]

    def happen(self, op: str, label: str, key: str) -> str:
        """The effect itself; once per key that the vendor remembers."""
        known = self.keys.get(key)
        if known is not None and known.receipt is not None:
            return known.receipt
        receipt = f"{label}!{len(self.ledger)}"
        self.ledger.append(Effect(op, label, key, self.world.time, receipt))
        self.world.note(f"EFFECT {op} {label}")
        if known is not None:
            known.receipt = receipt
        return receipt


class Counter:
    """What one hub talks to: the vendor as seen by the process of one owner."""

    def __init__(self, shop: Shop, owner: int) -> None:
        self._shop = shop
        self._owner = owner

    async def keyed(self, label: str, after: float) -> str:
        return await self._request("keyed", label, after)

    async def found(self, label: str, after: float) -> str:
        return await self._request("found", label, after)

    async def plain(self, label: str, after: float) -> str:
        return await self._request("plain", label, after)

    async def once(self, label: str, after: float) -> str:
        return await self._request("once", label, after)

    async def forever(self, label: str, after: float) -> str:
        return await self._request("forever", label, after)

    async def back(self, receipt: str) -> str:
        return await self._request("back", receipt.partition("!")[0], 0.0)

    async def back_found(self, receipt: str) -> str:
        return await self._request("back_found", receipt.partition("!")[0], 0.0)

    async def look_up(self, label: str, after: float) -> str | None:
        return await self._find(label, back=False)

    async def look_up_back(self, receipt: str) -> str | None:
        return await self._find(receipt.partition("!")[0], back=True)

    async def level(self, label: str) -> int:
        await self._nap(0.2)
        if self._chance() < 0.3:
            self._fail("no level just now")
        return 7

    # -- what happens to a request -------------------------------------------------------------------------------

    def _chance(self) -> float:
        """Below 1: what goes wrong; faults end with the story's bad part."""
        shop = self._shop
        bad = not shop.closed and shop.world.random.random() < shop.faults
        return shop.world.random.random() if bad else 1.0

    async def _nap(self, most: float) -> None:
        await asyncio.sleep(self._shop.world.random.random() * most)

    def _fail(self, text: str, code: Code = Code.UNAVAILABLE) -> NoReturn:
        raise Transient(text, code)

    async def _find(self, label: str, *, back: bool) -> str | None:
        await self._nap(0.3)
        found = self._shop.effects(label, back=back)
        if self._chance() < 0.4:
            self._fail("cannot look just now")
        return found[0].receipt if found else None

    def _arrived(self, op: str, label: str, after: float) -> None:
        """Nothing may leave before what it depends on is on disk, nor before its time."""
        shop, attempt = self._shop, current_attempt()
        name = f"{op}/{label}"
        shop.world.note(f"call {name} attempt {attempt.number} key {attempt.key[:6]} by {self._owner}")
        shop.arrivals.append((shop.world.time, name, attempt.key))
        if shop.committed.get((name, attempt.number)) != self._owner:
            shop.violations.append(f"{name} attempt {attempt.number} left before its intent was on disk")
        if shop.clock() < after - 1e-6:
            shop.violations.append(f"{name} left before the timer it follows was due")
        if shop.clock() > attempt.settle_by.timestamp():
            shop.violations.append(f"{name} attempt {attempt.number} left after its settle-by")

    async def _request(self, op: str, label: str, after: float) -> str:
        self._arrived(op, label, after)
        shop, world, key = self._shop, self._shop.world, current_attempt().key
        keyed = op in {"keyed", "forever", "back"}
        if keyed:
            known = shop.keys.get(key)
            if known is not None and op == "keyed" and world.time - known.since > KEY_LIFE:
                del shop.keys[key]
                known = None
            if known is not None:
                return await self._again(known)
        chance = self._chance()
        await self._refuse(op, label, key, chance, keyed=keyed)
        known = Known(world.time)
        if keyed:
            shop.keys[key] = known
        work = world.random.random() * 0.6
        if chance < 0.5:  # the connection breaks, and the effect comes when it comes
            left = current_attempt().settle_by.timestamp() - shop.clock() - _STEP
            delay = min(work + world.random.random() * _LATE, max(0.0, left))
            world.after(delay, shop.happen, op, label, key)
            await asyncio.sleep(work)
            if chance < 0.4:
                self._fail("the connection broke", Code.DISCONNECTED)
            await asyncio.sleep(1_000)
        known.stuck = keyed and 0.5 <= chance < 0.55
        made: list[str] = []
        world.after(work, lambda: made.append(shop.happen(op, label, key)))
        await asyncio.sleep(work + 0.001 + world.random.random() * 0.2)
        if chance < 0.7:
            self._fail("503 after the effect")
        if chance < 0.8:
            await asyncio.sleep(1_000)
        return made[0]

    async def _refuse(self, op: str, label: str, key: str, chance: float, *, keyed: bool) -> None:
        """Answers that are given without an effect."""
        if chance >= 0.3:
            return
        await self._nap(0.5)
        if chance < 0.08:
            raise Transient("slow down", Code.RATE_LIMITED, retry_after=timedelta(seconds=0.3))
        if chance < 0.15:
            self._fail("503")
        if chance < 0.17:
            raise Unauthorised("the credential ran out")
        if chance < 0.2 and not op.startswith("back"):
            raise Malformed("not what the page says")
        if chance < 0.26 and not op.startswith("back") and not label.startswith("note:"):
            mine = Known(self._shop.world.time, no="declined")
            if keyed and self._shop.keys.setdefault(key, mine) is not mine:
                self._fail("still at it", Code.IN_PROGRESS)  # another attempt came while this one was thought about
            raise Rejected("declined", Code.DECLINED)
        await asyncio.sleep(1_000)

    async def _again(self, known: Known) -> str:
        await self._nap(0.2)
        if known.no is not None:
            raise Rejected(known.no, Code.DECLINED)
        if known.stuck and not self._shop.closed:
            self._fail("503, as stored under this key")
        if known.receipt is None:
            self._fail("still at it", Code.IN_PROGRESS)
        if self._chance() < 0.2:
            self._fail("503")
        return known.receipt
