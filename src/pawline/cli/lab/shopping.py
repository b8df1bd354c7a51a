"""Shoppers at a checkout: they press once, their page asks again where it broke, and each has patience of their own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from pawline.lab.day import SCARCE
from pawline.lab.rows import Left, Visit

if TYPE_CHECKING:
    from pawline.lab.day import Shopper

AGAIN: Final = 1.0
"""Seconds until somebody presses again who was answered by an error, or by nothing."""
LOOK: Final = 0.25
"""Seconds between two looks of a page that follows its order."""
AWAY: Final = 2.0
"""Seconds after which somebody comes back who gave up."""
CARDS: Final = 2


class Says(Enum):
    """What an answer comes to for its shopper."""

    BOUGHT = "bought"
    HAVE_IT = "we have it"
    REFUSED = "refused"
    WAIT = "it is being answered"
    BROKEN = "broken"


class Answer(NamedTuple):
    """What was said; `order` where it has one, `token` to follow it."""

    says: Says
    status: int
    order: str = ""
    token: str = ""


class Till(Protocol):
    """A checkout. No method raises: what breaks is an Answer."""

    async def ready(self, shopper: Shopper) -> object:
        """Cart and quote, as the page gets them; None where it does not."""
        ...

    async def press(self, ready: object, shopper: Shopper, card: int) -> Answer:
        """The order, by this card (0: declined, of whom that is so; 1: good). Asked again, it is the same order."""
        ...

    async def look(self, answer: Answer) -> Answer:
        """How far it is now."""
        ...


class Clock:
    """Seconds of the day."""

    def __init__(self, begun: float) -> None:
        self.begun = begun

    def now(self) -> float:
        return asyncio.get_running_loop().time() - self.begun

    async def until(self, second: float) -> None:
        """Until then, or not at all where it is over."""
        await asyncio.sleep(max(0.0, second - self.now()))


@dataclass
class _Story:
    """What happens to one shopper."""

    asked: int = 0
    broken: int = 0
    status: int = 0
    waited: float | None = None
    stayed: float = 0.0
    gave_up: bool = False
    came_back: bool = False
    orders: list[str] = field(default_factory=list)


class Visitor:
    """One of them, at one till. Who hears of a refusal tries another card, which is good."""

    def __init__(self, till: Till, shopper: Shopper, clock: Clock) -> None:
        self._till, self._shopper, self._clock = till, shopper, clock
        self._story, self._rest = _Story(), shopper.patience

    async def visit(self) -> Visit:
        """From coming in to leaving."""
        shopper, story, clock = self._shopper, self._story, self._clock
        await clock.until(shopper.due)
        ready = await self._page()
        page_ms, pressed = 1_000 * (clock.now() - shopper.due), clock.now()
        self._rest -= min(self._rest, page_ms / 1_000)  # one patience for the page and the first answer
        left = Left.GAVE_UP if ready is None else await self._buy(ready)
        story.gave_up |= ready is None
        return Visit(
            number=shopper.number, part=shopper.part, due=shopper.due, pressed=round(pressed, 4),
            waited=None if story.waited is None else round(story.waited, 3),
            stayed=round(page_ms + story.stayed, 3), page_ms=round(page_ms, 3),
            status=story.status, asked=story.asked, broken=story.broken, gave_up=story.gave_up,
            came_back=story.came_back, left=left, orders=tuple(story.orders), autoship=shopper.autoship,
        )  # fmt: skip

    async def _page(self) -> object:
        """Cart and quote; asked again while there is patience."""
        until = self._clock.now() + self._shopper.patience
        while True:
            try:
                async with asyncio.timeout(max(0.0, until - self._clock.now())):
                    ready = await self._till.ready(self._shopper)
            except TimeoutError:
                return None
            if ready is not None:
                return ready
            self._story.broken += 1
            await asyncio.sleep(AGAIN)

    async def _buy(self, ready: object) -> Left:
        shopper, left = self._shopper, Left.GAVE_UP
        for card in range(0 if shopper.declined else 1, CARDS):
            answer = await self._patiently(ready, card)
            if answer is None:
                return Left.GAVE_UP
            if not await self._refused(answer):
                return Left.BOUGHT
            if card == CARDS - 1:  # a card that is good: only what is scarce may not be there
                return Left.SOLD_OUT if shopper.sku == SCARCE else Left.DECLINED
            left = Left.DECLINED
            if (again := await self._page()) is None:
                return left
            ready = again
        return left

    async def _patiently(self, ready: object, card: int) -> Answer | None:
        """The answer, for which they come back once, if they are of that kind; None where they had none."""
        began = self._clock.now()
        answer = await self._pressed(ready, card)
        stayed = 1_000 * (self._clock.now() - began)
        self._story.stayed, self._rest = self._story.stayed or stayed, self._shopper.patience
        if answer is not None:
            if self._story.waited is None and not self._story.gave_up:
                self._story.waited, self._story.status = stayed, answer.status
            return answer
        self._story.gave_up = True
        if not self._shopper.returns or self._story.came_back:
            return None
        self._story.came_back = True
        await asyncio.sleep(AWAY)
        return await self._pressed(ready, card)

    async def _pressed(self, ready: object, card: int) -> Answer | None:
        try:
            async with asyncio.timeout(self._rest):
                while True:
                    self._story.asked += 1
                    answer = await self._till.press(ready, self._shopper, card)
                    if answer.order and answer.order not in self._story.orders:
                        self._story.orders.append(answer.order)
                    if answer.says not in {Says.BROKEN, Says.WAIT}:
                        return answer
                    self._story.broken += answer.says is Says.BROKEN
                    await asyncio.sleep(AGAIN)
        except TimeoutError:
            return None

    async def _refused(self, answer: Answer) -> bool:
        """Whether they hear that it is: at once, or by their page while they look at it, as long as they do."""
        until = self._clock.now() + self._shopper.patience
        while answer.says is Says.HAVE_IT and self._clock.now() < until:
            await asyncio.sleep(LOOK)
            seen = await self._till.look(answer)
            answer = answer if seen.says is Says.BROKEN else seen
        return answer.says is Says.REFUSED
