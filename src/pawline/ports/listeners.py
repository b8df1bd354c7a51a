"""Listeners: what the hub knows of those who listen, and whether they are told at all. Played by the hub itself."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Aware
from pawline.ports.listener import Notice
from pawline.ports.read import read
from pawline.ports.receipt import Receipt


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a listener fares: since when it is off (None: it is told), how often it was opened, what it took last."""

    turn: int
    off: Aware | None = None
    taken: Aware | None = None


class Listeners(Protocol):
    """A listener is named by its account."""

    @read
    async def notice(self, listener: str, event: int, turn: str) -> Notice | None:
        """An event as it is told there now; `turn` names a telling of its own, with an id of its own.

        None where its body is not kept any more, its household was erased, or nobody there asks for such events.
        """
        ...

    @read
    async def standing(self, listener: str) -> Standing:
        """How it fares."""
        ...

    async def shut(self, listener: str, because: str) -> Receipt:
        """Nothing is told there from now on, and what happens waits. Twice is as good as once."""
        ...

    async def reopen(self, listener: str, drop: bool) -> Receipt:
        """It is told again: what waits, too, unless that is to be dropped. Nothing where it is not off."""
        ...
