"""Invitations: who was asked lately, over all survey tools. Played by the hub itself: no tool knows of the others."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Aware, HouseholdId
from pawline.ports.receipt import Receipt


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a household may be asked now; if not, `last` is when it was asked, or answered, last.

    `reference` is the turn that was taken, for who gives it back. Whoever only observes takes it as granted.
    """

    reference: str
    granted: bool = True
    last: Aware | None = None


class Invitations(Protocol):
    """A household is asked once in so many days (`[surveys]` in the settings), whichever tool and flow it is.

    An answer that any tool told counts like an invitation: it was asked, whoever did. Who asks claims first.
    """

    async def claim(self, household: HouseholdId) -> Claim:
        """Take the household's turn, if it has one: of two who claim at once one has it.

        The same step again has the turn that it took. Transient(unavailable) while the record is far behind.
        """
        ...

    async def give_back(self, household: HouseholdId, reference: str) -> Receipt:
        """Nobody was asked after all. Again, or once others had their turn, it changes nothing."""
        ...
