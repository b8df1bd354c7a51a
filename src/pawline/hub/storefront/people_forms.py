"""What is asked and said of people: what they allow, the pets that live with them, and a pass for their own page."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

import msgspec

from pawline.hub.storefront.forms import END, ContactForm, Name, Written
from pawline.model import Activity, Aware, HouseholdId, Medium, Pet, PetId, Purpose, Sex, Species

Grams = Annotated[int, msgspec.Meta(ge=1, le=2_000_000)]
Words = Annotated[str, msgspec.Meta(pattern=rf"^[^\x00]+{END}", max_length=4_000)]
ALLERGIES: Final = 30


class PassForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is logged in: their `household`, or the address by which they order. Valid for so many `minutes`."""

    household: Name | None = None
    email: Annotated[str, msgspec.Meta(pattern=rf"^[^\x00-\x20\x7f]*{END}", max_length=254)] | None = None
    minutes: Annotated[int, msgspec.Meta(ge=1, le=1_440)] = 60

    def __post_init__(self) -> None:
        if (self.household is None) == (self.email is None):
            raise ValueError("say the household, or the email by which it orders")
        ContactForm(email=self.email)


class ConsentForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One decision: for a purpose, over one medium or (left out) over all.

    `wording` is the text that they saw, or its name and version: a yes needs it. `at` is when they said yes, told by a
    secret key only; what is taken back is so from now on. `contact` is the address that it was said of.
    """

    purpose: Purpose
    granted: bool
    medium: Medium | None = None
    wording: Words | None = None
    at: Aware | None = None
    contact: ContactForm | None = None


class PetForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is known of a pet: what is left out is not known. Weights are grams; 5 is the ideal `body_condition`."""

    species: Species
    name: Written | None = None
    breed: Written | None = None
    sex: Sex | None = None
    neutered: bool | None = None
    born_on: date | None = None
    weight: Grams | None = None
    weighed_on: date | None = None
    adult_weight: Grams | None = None
    body_condition: Annotated[int, msgspec.Meta(ge=1, le=9)] | None = None
    activity: Activity | None = None
    allergies: Annotated[list[Written], msgspec.Meta(max_length=ALLERGIES)] = []

    def told(self, pet: PetId, household: HouseholdId) -> Pet:
        """As the model has it."""
        said = {**msgspec.structs.asdict(self), "allergies": tuple(self.allergies)}
        return Pet(id=pet, household=household, **said)


class DeathForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The day on which a pet died; left out, it is today's. It is never taken back."""

    on: date | None = None


# -- what it says --------------------------------------------------------------------------------------------------


class PassSaid(msgspec.Struct, frozen=True, kw_only=True):
    """`token` is what their page gives as Pawline-Token, with its publishable key, to be let in to this household."""

    household: str
    token: str
    expires_at: Aware


class ConsentSaid(msgspec.Struct, frozen=True, kw_only=True):
    """The newest decision for a purpose over a medium; null is all that have none of their own since."""

    purpose: Purpose
    medium: Medium | None
    granted: bool
    at: Aware
    source: str
    wording: str | None


class ConsentsSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a household decided, wherever it did; `allows` is what follows, by purpose: what is not there is a no."""

    household: str
    consents: list[ConsentSaid]
    allows: dict[str, list[Medium]]


class PetSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A pet as far as it is known. Who has a `died_on` is written about no more, and changes no more."""

    id: str
    household: str
    species: Species
    name: str | None
    breed: str | None
    sex: Sex | None
    neutered: bool | None
    born_on: date | None
    weight: int | None
    weighed_on: date | None
    adult_weight: int | None
    body_condition: int | None
    activity: Activity | None
    allergies: tuple[str, ...]
    died_on: date | None


class PetsSaid(msgspec.Struct, frozen=True, kw_only=True):
    """All of a household's, those that died too."""

    household: str
    pets: list[PetSaid]
