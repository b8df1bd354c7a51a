"""Households: the people behind the orders, and the pets they buy for."""

from __future__ import annotations

import enum
from datetime import date

import msgspec

from pawline.model.contact import Address, Contact
from pawline.model.ids import HouseholdId, PersonId, PetId


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a household."""

    id: PersonId
    contact: Contact
    name: str | None = None


class Household(msgspec.Struct, frozen=True, kw_only=True):
    """Those who share pets, orders and one encryption key. The first person and the first address are the main ones.

    Raises ValueError if a person is there twice.
    """

    id: HouseholdId
    people: tuple[Person, ...] = ()
    addresses: tuple[Address, ...] = ()
    since: date | None = None

    def __post_init__(self) -> None:
        if len({person.id for person in self.people}) < len(self.people):
            raise ValueError(f"household {self.id} has a person twice")


class Species(enum.StrEnum):
    """What kind of animal. The strings are stored: add, never rename."""

    DOG = "dog"
    CAT = "cat"
    BIRD = "bird"
    FISH = "fish"
    RABBIT = "rabbit"
    SMALL_MAMMAL = "small_mammal"
    REPTILE = "reptile"
    HORSE = "horse"
    OTHER = "other"


class Sex(enum.StrEnum):
    """Of an animal."""

    FEMALE = "female"
    MALE = "male"


class Activity(enum.StrEnum):
    """How much a pet moves, as its owner says."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    WORK = "work"


class Pet(msgspec.Struct, frozen=True, kw_only=True):
    """One animal, as far as it is known: None is "not known", never "no".

    `weight` and `adult_weight` are grams, `body_condition` is the 9-point score (5 is ideal), `allergies` are the
    owner's words. `died_on` is set once and never taken back; where only the report is known it is the report's day.
    Raises ValueError for weights that are not positive, scores outside 1 to 9, and a death before the birth.
    """

    id: PetId
    household: HouseholdId
    species: Species
    name: str | None = None
    breed: str | None = None
    sex: Sex | None = None
    neutered: bool | None = None
    born_on: date | None = None
    weight: int | None = None
    weighed_on: date | None = None
    adult_weight: int | None = None
    body_condition: int | None = None
    activity: Activity | None = None
    allergies: tuple[str, ...] = ()
    died_on: date | None = None

    def __post_init__(self) -> None:
        if any(weight is not None and weight <= 0 for weight in (self.weight, self.adult_weight)):
            raise ValueError(f"pet {self.id}: a weight is above zero grams")
        if self.body_condition is not None and not 1 <= self.body_condition <= 9:
            raise ValueError(f"pet {self.id}: a body condition score is 1 to 9")
        if self.born_on is not None and self.died_on is not None and self.died_on < self.born_on:
            raise ValueError(f"pet {self.id} died before it was born")

    @property
    def alive(self) -> bool:
        """Whether no death is known. Ask again when sending, not only when planning."""
        return self.died_on is None

    def age(self, on: date) -> int | None:
        """Days since birth, None if the birth is not known or comes later."""
        if self.born_on is None or on < self.born_on:
            return None
        return (on - self.born_on).days
