"""Reads of the views wait until they are as new as the question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.ports import Code, Transient

if TYPE_CHECKING:
    from pawline.views.projector import Projector

PATIENCE: Final = 5.0
"""Seconds that a read waits for the views to be as new as itself."""


async def current(projector: Projector) -> None:
    """Raises Transient(unavailable) where they are not by then."""
    if not await projector.caught_up(PATIENCE):
        raise Transient("the views are behind: `pawline views` says how far", Code.UNAVAILABLE)
