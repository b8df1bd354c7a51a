"""Pets as properties of a contact: lists for texts and segments, and places for dates that workflows wait for.

| property | what it is |
|---|---|
| `pawline_pets` | the pets that live, as JSON: each with `id`, `species`, `name`, `born_on`, ... |
| `pawline_pet_names`, `pawline_pet_species`, `pawline_pet_count` | the same as a text, choices and a number |
| `pawline_pet_1_name`, `_species`, `_breed`, `_born_on`, `_weight`, to `pawline_pet_4_…` | four places |
| `pawline_pets_lost` | the others, as JSON: they died, or nothing more is to be said about them |
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from pawline.connectors.hubspot.contacts import Contact
from pawline.connectors.hubspot.schema import COUNT, LOST, NAMES, PETS, SPECIES, place
from pawline.kit.filed import IN_PLACE, PLACES, Filed, filed, in_places, pets_of, placed, with_pet, without_pet
from pawline.model import HouseholdId, Pet, PetId
from pawline.ports import Code, Malformed, Rejected

LONGEST: Final = 65_536
"""Characters of a property."""


def entries(contact: Contact) -> list[Filed]:
    """All of them. Raises Malformed for what is none: somebody changed it by hand."""
    found: list[Filed] = []
    for name in (PETS, LOST):
        try:
            found += map(filed, msgspec.json.decode(contact.says(name) or "[]", type=list[Any]))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise Malformed(f"HubSpot: {name} of contact {contact.id} holds what is no pet") from None
    return found


def pets(contact: Contact, household: HouseholdId) -> tuple[Pet, ...]:
    """See `kit.pets_of`. Raises Malformed for an entry that is no pet any more."""
    try:
        return pets_of(entries(contact), household)
    except ValueError:
        raise Malformed(f"HubSpot: a pet of contact {contact.id} is not as we wrote it") from None


def silent(contact: Contact) -> frozenset[str]:
    """Pets of which nothing is to be said."""
    return frozenset(one.id for one in entries(contact) if one.gone)


def laid_with(contact: Contact, pet: Pet) -> dict[str, str]:
    """What the properties are with this pet as it is now; see `kit.with_pet`."""
    return _laid(with_pet(entries(contact), pet))


def laid_without(contact: Contact, pet: PetId, because: str) -> dict[str, str]:
    """What the properties are, and nothing more about this pet."""
    return _laid(without_pet(entries(contact), pet, because))


def _laid(every: Iterable[Filed]) -> dict[str, str]:
    """Rejected(too_large) where they are more than a property holds."""
    living, gone = placed(every)
    found = {place(number, what): "" for number in range(1, PLACES + 1) for what in IN_PLACE}
    found |= {place(number, what): str(value) for (number, what), value in in_places(living).items()}
    found |= {
        PETS: _json(living), LOST: _json(gone),
        NAMES: ", ".join(one.known["name"] for one in living if "name" in one.known),
        SPECIES: ";".join(sorted({one.known["species"] for one in living if "species" in one.known})),
        COUNT: str(len(living)),
    }  # fmt: skip
    if any(len(value) > LONGEST for value in found.values()):
        raise Rejected("these pets are more than a property at HubSpot holds", Code.TOO_LARGE)
    return found


def _json(every: Iterable[Filed]) -> str:
    """'' for none: an empty property is no property, which is what segments ask for."""
    told = [one.entry() for one in every]
    return msgspec.json.encode(told).decode() if told else ""
