"""Who only looks asks once more where a line broke, and waits for points: what was read is not read again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, TypeVar

from typing_extensions import TypeForm

from pawline.connectors.shopify.admin import Admin
from pawline.ports import Code, Transient

T = TypeVar("T")
PATIENCE: Final = 10
"""So often a document is asked for again that Shopify had no points for."""
LONGEST: Final = 60.0
"""Seconds of one wait."""
BROKEN: Final = frozenset({Code.DISCONNECTED, Code.UNAVAILABLE})
"""What is over as often as not by the time that it was told: a document is asked for once more, at once."""


class Patient(Admin):
    """Each document waits for its own points: what was read before it is not paid for twice.

    Raises Transient after ten times, and where a line broke twice: what was read of that page by then is read again at
    the next look.
    """

    async def _ask(self, document: str, variables: Mapping[str, object], into: TypeForm[T]) -> T:
        broke = False
        for _ in range(PATIENCE):
            try:
                return await super()._ask(document, variables, into)
            except Transient as busy:
                if busy.code in BROKEN and not broke:
                    broke = True
                    continue
                if busy.code is not Code.RATE_LIMITED:
                    raise
                wait = 1.0 if busy.retry_after is None else busy.retry_after.total_seconds()
                await asyncio.sleep(min(wait, LONGEST))
        return await super()._ask(document, variables, into)
