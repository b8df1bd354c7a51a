"""Pets by household, and whether they live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pawline.model import PetAdded, PetChanged, PetDied
from pawline.views.view import Seen, View, Write


def _added(seen: Seen) -> Iterable[Write]:
    pet = seen.event.pet
    yield "view_pet", (seen.shop, pet.id, pet.household, pet.species.value)
    if pet.died_on is not None:
        yield "view_pet_died", (seen.shop, pet.id, pet.household, pet.died_on.isoformat())


def _changed(seen: Seen) -> Iterable[Write]:
    pet = seen.event.pet
    yield "view_pet", (seen.shop, pet.id, pet.household, pet.species.value)


def _died(seen: Seen) -> Iterable[Write]:
    yield "view_pet_died", (seen.shop, seen.event.pet, seen.event.household, seen.event.on.isoformat())


PETS: Final = View(
    "pets@1", "pets by household, and whether they live", {PetAdded: _added, PetChanged: _changed, PetDied: _died}
)
