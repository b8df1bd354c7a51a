"""Hints between processes: there may be something new in the store. They make things fast; looking makes them right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Hints(Protocol):
    """A way to wake the other processes of one store. Losing any hint, or all of them, costs time and nothing else."""

    def tell(self) -> None:
        """Called in the event loop after a commit that others may act on. Never waits, never raises.

        Several calls in one turn of the loop are one message.
        """

    async def listen(self, wake: Callable[[], None]) -> None:
        """From now on `wake` is called, in the event loop, soon after another process told; once for many hints."""

    async def close(self) -> None:
        """Nobody is told and nobody is woken any more."""


class Alone:
    """Hints where there is no other process."""

    def tell(self) -> None:
        """Nobody is there."""

    async def listen(self, wake: Callable[[], None]) -> None:
        """Nobody will ever call."""

    async def close(self) -> None:
        """Nothing to end."""
