"""Analytics: counts what happened."""

from __future__ import annotations

from typing import Protocol

from pawline.ports.marketing import Occurrence
from pawline.ports.receipt import Receipt


class Analytics(Protocol):
    """A place where occurrences are counted. It is told, never asked: our own figures come from our own views."""

    async def record(self, occurrences: tuple[Occurrence, ...]) -> Receipt:
        """Count these. The same key twice counts once, where the tool can; its card says whether it does."""
        ...
