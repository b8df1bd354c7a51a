"""An order's status as server-sent events: each stage with its number, so that who comes back goes on behind it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.hub.storefront import Cause, Refusal, Scope
from pawline.hub.storefront.orders import OVER, Stage
from pawline.hub.storefront.orders import said as order_said
from pawline.store import StoreError

if TYPE_CHECKING:
    from pawline.hub.storefront import Storefront
    from pawline.hub.storefront.orders import Placed
    from pawline.web.storefront.operations import Call

EVERY: Final = 0.5
"""Seconds between two looks at first; they grow to `SELDOM`."""
SELDOM: Final = 3.0
BEAT: Final = 10.0
"""Seconds of silence after which a comment says that we are still here: proxies hang up on who says nothing."""
LIFE: Final = 300.0
"""Seconds of one stream; the browser comes back by itself, with the id of what it heard last."""
MOST: Final = 256
"""Streams at once in one hub. Who finds none asks by GET."""
EACH: Final = 4
"""Of one order: a shopper's devices. Else one shopper could take all there are."""
RANK: Final = {stage: n for n, stage in enumerate(Stage, 1)}
"""The ids of events. A stage that passed while nobody looked is not told: only how far it is now."""


class Streams:
    """Those of one hub that are open."""

    def __init__(self, front: Storefront) -> None:
        self._front, self._open = front, Counter[tuple[str, str]]()

    async def begin(self, call: Call) -> AsyncIterator[bytes]:
        """The stream of one order, for who may see it. Raises Refusal, before anything is told."""
        placed = await call.shop.orders.placed(call.own("order", call.path["order"]))
        if self._open.total() >= MOST or self._open[_about(call)] >= EACH or self._front.leaving:
            raise Refusal(Cause.BUSY, "too many follow their orders just now: ask by GET")
        last = call.headers.get("last-event-id", "")
        return self._told(call, placed, int(last[:4]) if last.isascii() and last.isdigit() else 0)

    async def _told(self, call: Call, placed: Placed, last: int) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        self._open[about := _about(call)] += 1
        try:
            until, said, wait = loop.time() + LIFE, loop.time(), EVERY
            told: dict[str, bytes] = {}
            yield b"retry: 1000\n\n"
            while loop.time() < until and not self._front.leaving and self._front.keys.lives(call.key):
                stand = await call.shop.orders.stand(placed)
                rank = RANK[stand.stage]
                if rank > last:
                    body = msgspec.json.encode(order_said(placed.order, stand))
                    yield b"id: %d\nevent: status\ndata: %s\n\n" % (rank, body)
                    last, said, wait = rank, loop.time(), EVERY
                elif loop.time() - said >= BEAT:
                    yield b": still here\n\n"
                    said = loop.time()
                back, more = await _returns(call, told)
                for body in back:
                    yield b"event: return\ndata: %s\n\n" % body
                    said, wait = loop.time(), EVERY
                if stand.stage in OVER and not more:
                    return
                await asyncio.sleep(wait)
                wait = min(SELDOM, wait * 1.5)
        except (Refusal, StoreError):
            return  # the browser comes back, and is told
        finally:
            self._open[about] -= 1
            self._open += Counter()  # forgets whom nobody follows


async def _returns(call: Call, told: dict[str, bytes]) -> tuple[list[bytes], bool]:
    """Those that are not told as they are now, and whether anything comes after any; `told` takes note of them.

    They have no id: who comes back hears each once more as it is. To a key that may not read returns none is told: a
    label says where somebody lives.
    """
    fresh: list[bytes] = []
    more = False
    if Scope.RETURNS not in call.key.scopes:
        return fresh, more
    for one, goes_on in await call.shop.returns.told(call.path["order"]):
        body = msgspec.json.encode(one)
        more = more or goes_on
        if told.get(one.id) != body:
            told[one.id] = body
            fresh.append(body)
    return fresh, more


def _about(call: Call) -> tuple[str, str]:
    return call.key.shop, call.path["order"]
