"""What an account calls our households, kept beside what we keep of them: the account may be asked no more one day."""

from __future__ import annotations

from typing import Protocol

from pawline.model import HouseholdId


class People(Protocol):
    """One account's, of one shop."""

    async def note(self, household: HouseholdId, person: str) -> None:
        """The account's own number of a household, the latest that is known. Never raises: it is worth no order."""
        ...

    async def kept_out(self, household: HouseholdId) -> bool:
        """Whether it was erased there, and nobody said that it may be made anew. Transient where that is not known."""
        ...


class NoPeople:
    """Of an account that several shops share, and of one without a hub: nothing is kept."""

    async def note(self, household: HouseholdId, person: str) -> None:
        """See `People`."""

    async def kept_out(self, household: HouseholdId) -> bool:  # noqa: ARG002 - nobody is
        """See `People`."""
        return False
