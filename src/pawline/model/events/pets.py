"""What happens in a pet's life."""

from __future__ import annotations

from datetime import date

from pawline.model.event import Event
from pawline.model.household import Pet
from pawline.model.ids import HouseholdId, PetId, PrescriptionId
from pawline.model.product import Prescription


class PetAdded(Event, tag="pet.added@1"):
    """A household told us of a pet."""

    pet: Pet

    @property
    def subject(self) -> str:
        """The pet."""
        return self.pet.id

    @property
    def household(self) -> str:
        """Where it lives."""
        return self.pet.household

    @property
    def fact(self) -> str:
        """One per pet."""
        return f"pet.added/{self.pet.id}"


class PetChanged(Event, tag="pet.changed@1"):
    """What a household says of a pet now: all of it, in place of what was known. A death is not told so."""

    pet: Pet

    @property
    def subject(self) -> str:
        """The pet."""
        return self.pet.id

    @property
    def household(self) -> str:
        """Where it lives."""
        return self.pet.household


class PetWeighed(Event, tag="pet.weighed@1"):
    """A pet was on the scales: `weight` in grams."""

    pet: PetId
    household: HouseholdId
    on: date
    weight: int
    body_condition: int | None = None

    @property
    def subject(self) -> str:
        """The pet."""
        return self.pet


class PetDied(Event, tag="pet.died@1"):
    """A pet died. Never taken back; `on` is the day of the report where no other is known, `source` who said so."""

    pet: PetId
    household: HouseholdId
    on: date
    source: str

    @property
    def subject(self) -> str:
        """The pet."""
        return self.pet

    @property
    def fact(self) -> str:
        """One per pet, whoever reports it."""
        return f"pet.died/{self.pet}"


class PrescriptionApproved(Event, tag="prescription.approved@1"):
    """A vet agreed to a prescription item."""

    prescription: Prescription

    @property
    def subject(self) -> str:
        """The prescription."""
        return self.prescription.id

    @property
    def household(self) -> str:
        """Whose pet it is for."""
        return self.prescription.household

    @property
    def fact(self) -> str:
        """One per prescription."""
        return f"prescription.approved/{self.prescription.id}"


class PrescriptionDeclined(Event, tag="prescription.declined@1"):
    """A vet said no."""

    prescription: PrescriptionId
    household: HouseholdId
    because: str | None = None

    @property
    def subject(self) -> str:
        """The prescription."""
        return self.prescription

    @property
    def fact(self) -> str:
        """One per prescription."""
        return f"prescription.declined/{self.prescription}"
