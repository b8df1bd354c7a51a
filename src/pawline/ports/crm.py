"""The Crm: who the households are, which pets they have, and what they allowed."""

from __future__ import annotations

from typing import Protocol

from pawline.model import Household, HouseholdId, Medium, Pet, Purpose
from pawline.ports.read import read
from pawline.ports.receipt import Receipt


class Crm(Protocol):
    """Households as the business knows them.

    An effect is Rejected(gone) where the household was erased there, and nobody said that it may be made anew.
    """

    @read
    async def household(self, household: HouseholdId) -> Household:
        """The household. Rejected(not_found) if there is none, Rejected(gone) if it was erased."""
        ...

    @read
    async def pets(self, household: HouseholdId) -> tuple[Pet, ...]:
        """All its pets, the dead ones too: whoever writes looks at `Pet.alive`. Empty for an unknown household."""
        ...

    @read
    async def allows(self, household: HouseholdId, purpose: Purpose, medium: Medium) -> bool:
        """Whether it may be reached so, for this: no for an unknown household. Ask again when sending."""
        ...

    async def upsert(self, household: Household) -> Receipt:
        """Make the household known, or what is known of it new. What is None stays as it was."""
        ...

    async def upsert_pet(self, pet: Pet) -> Receipt:
        """The same for a pet. A death that is known stays."""
        ...

    async def note(self, household: HouseholdId, text: str) -> Receipt:
        """Something that the people who talk to the household should read."""
        ...
