"""How a vendor's webhooks leave: a few at a time, lost, doubled and late as planned, and posted to whoever hears."""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Mapping, MutableSequence
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

import aiohttp
import msgspec

if TYPE_CHECKING:
    from pawline.sandbox.hooks import Hooks

Made = TypeVar("Made")
"""One thing that is told, as its vendor has it."""
To = TypeVar("To")
"""Whoever it is told."""
AT_ONCE: Final = 16
"""Deliveries under way: a vendor with much to tell does not open a thousand connections."""


class Mishaps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often a delivery comes twice, comes `late_after` seconds late (and so after others), or never comes.

    What never comes is found by whoever lists the shop's orders. The same seed gives the same mishaps.
    """

    seed: int = 0
    twice: float = 0.0
    late: float = 0.0
    late_after: float = 1.0
    lost: float = 0.0

    def chance(self) -> random.Random:
        """Of this plan, from its beginning."""
        return random.Random(self.seed)  # noqa: S311 - chance to be repeated

    def waits(self, chance: random.Random) -> tuple[float, ...]:
        """Seconds before each time that the next message is sent; none where it never is."""
        lost, twice, late = (chance.random() for _ in range(3))
        if lost < self.lost:
            return ()
        wait = self.late_after if late < self.late else 0.0
        return (wait, wait) if twice < self.twice else (wait,)


class Moods:
    """One vendor's mishaps, by the plan that the sandbox has for all: a new plan begins its chance anew."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._plan, self._chance = hooks.mishaps, hooks.mishaps.chance()

    def waits(self) -> tuple[float, ...] | None:
        """As `Mishaps.waits`; None while the sandbox is silent."""
        if self._hooks.silent:
            return None
        if self._hooks.mishaps is not self._plan:
            self._plan, self._chance = self._hooks.mishaps, self._hooks.mishaps.chance()
        return self._plan.waits(self._chance)


class Post:
    """Deliveries under way, and their connection. `patience` is how long an answer is waited for."""

    def __init__(self, patience: aiohttp.ClientTimeout) -> None:
        self.gate = asyncio.Semaphore(AT_ONCE)
        self._patience = patience
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def begin(self, delivery: Coroutine[Any, Any, None]) -> None:
        """A delivery is on its way, with all its repeats."""
        task = asyncio.get_running_loop().create_task(delivery)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def taken(self, url: str, body: bytes, headers: Mapping[str, str], only: int | None = None) -> bool:
        """Whether it was answered with 2xx, or with the one status that this vendor takes. Redirects are no answer."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._patience)
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as said:
                return 200 <= said.status < 300 if only is None else said.status == only
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False

    async def rest(self) -> None:
        """Until nothing is under way."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    async def close(self) -> None:
        """Forget what is under way."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        session, self._session = self._session, None
        if session is not None:
            await session.close()


class Letter(NamedTuple):
    """A delivery as it is posted now; `only`: see `Post.taken`."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    only: int | None = None


class Telling(ABC, Generic[Made, To]):
    """A vendor's webhooks on their way. `hooks` is the sandbox's own outbox: its mishaps and its silence are theirs.

    `pauses` are seconds before each time that one is sent again. `told` were taken, `lost` never will be.
    """

    def __init__(self, hooks: Hooks, patience: aiohttp.ClientTimeout, pauses: tuple[float, ...] = ()) -> None:
        self._moods, self._post = Moods(hooks), Post(patience)
        self.pauses = pauses
        self.told: MutableSequence[Made] = []
        self.lost: MutableSequence[Made] = []

    @abstractmethod
    def letter(self, made: Made, to: To) -> Letter:
        """It, as it is sent just now."""

    def listens(self, to: To) -> bool:  # noqa: ARG002 - for those who can be switched off
        """Whether it still does."""
        return True

    def answered(self, to: To, *, taken: bool) -> None:
        """For vendors that count what failed."""

    def gave_up(self, to: To) -> None:
        """For vendors that do not go on with whoever never answered."""

    def lose(self, made: Made) -> None:
        """It never comes."""
        self.lost.append(made)

    def send(self, made: Made, to: To) -> None:
        """With its mishaps. Never waits."""
        waits = self._moods.waits()
        if waits == ():
            self.lose(made)
        for wait in waits or ():
            self._post.begin(self._deliver(made, to, wait))

    async def _deliver(self, made: Made, to: To, wait: float) -> None:
        await asyncio.sleep(wait)
        for pause in (*self.pauses, None):
            if not self.listens(to):
                break
            async with self._post.gate:
                taken = await self._post.taken(*self.letter(made, to))
            self.answered(to, taken=taken)
            if taken:
                self.told.append(made)
                return
            if pause is None:
                self.gave_up(to)
            elif self.listens(to):
                await asyncio.sleep(pause)
        self.lose(made)

    async def rest(self) -> None:
        """Until nothing is under way."""
        await self._post.rest()

    async def close(self) -> None:
        """Forget what is under way."""
        await self._post.close()
