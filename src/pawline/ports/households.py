"""Households: what our own record knows of them and their pets. Played by the hub itself."""

from __future__ import annotations

from typing import Protocol

from pawline.model import PetId
from pawline.ports.read import read


class Households(Protocol):
    """Answers are as new as the call: a death that was told before it is in them, whatever the Crm knows yet.

    Transient(unavailable) while the record is being built or is far behind.
    """

    @read
    async def lost(self, pets: tuple[PetId, ...]) -> tuple[PetId, ...]:
        """Those of them that died, in the order given. Whoever writes about a pet asks this when sending."""
        ...
