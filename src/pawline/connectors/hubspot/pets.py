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
from typing import Any, Final, NamedTuple

import msgspec

from pawline.connectors.hubspot.contacts import Contact
from pawline.connectors.hubspot.schema import COUNT, IN_PLACE, LOST, NAMES, PETS, PLACES, SPECIES, place
from pawline.model import HouseholdId, Pet, PetId
from pawline.ports import Code, Malformed, Rejected

LONGEST: Final = 65_536
"""Characters of a property."""


class Filed(NamedTuple):
    """A pet's entry, as it stands there: what is known of it, its place, and why nothing is said of it any more."""

    id: str
    known: dict[str, Any]
    place: int | None = None
    because: str | None = None

    @property
    def gone(self) -> bool:
        """Whether nothing is to be said of it."""
        return self.because is not None or "died_on" in self.known


def filed(contact: Contact) -> list[Filed]:
    """All entries. Raises Malformed for what is none: somebody changed it by hand."""
    found: list[Filed] = []
    for name in (PETS, LOST):
        try:
            entries = msgspec.json.decode(contact.says(name) or "[]", type=list[dict[str, Any]])
            for entry in entries:
                known = {key: value for key, value in entry.items() if key not in ("place", "because")}
                where, because = entry.get("place"), entry.get("because")
                if not isinstance(entry["id"], str) or not isinstance(where, int | None):
                    raise TypeError
                found.append(Filed(entry["id"], known, where, None if because is None else str(because)))
        except (msgspec.MsgspecError, RecursionError, KeyError, TypeError):
            raise Malformed(f"HubSpot: {name} of contact {contact.id} holds what is no pet") from None
    return found


def pets(contact: Contact, household: HouseholdId) -> tuple[Pet, ...]:
    """The household's, the dead ones too; not those of which HubSpot only knows that nothing is to be said.

    Raises Malformed for an entry that is no pet any more.
    """
    try:
        return tuple(
            msgspec.convert({**one.known, "household": household}, Pet)
            for one in filed(contact) if "species" in one.known
        )  # fmt: skip
    except msgspec.ValidationError:
        raise Malformed(f"HubSpot: a pet of contact {contact.id} is not as we wrote it") from None


def silent(contact: Contact) -> frozenset[str]:
    """Pets of which nothing is to be said."""
    return frozenset(one.id for one in filed(contact) if one.gone)


def with_pet(contact: Contact, pet: Pet) -> dict[str, str]:
    """What the properties are with this pet as it is now. What is None stays, and so does a death."""
    entries = {one.id: one for one in filed(contact)}
    before = entries.get(pet.id, Filed(pet.id, {}))
    now = {key: value for key, value in msgspec.to_builtins(pet).items() if value is not None and key != "household"}
    if not pet.allergies:
        now.pop("allergies", None)
    known = {**before.known, **now}
    if "died_on" in before.known:
        known["died_on"] = before.known["died_on"]
    entries[pet.id] = before._replace(known=known)
    return _laid(entries.values())


def without(contact: Contact, pet: PetId, because: str) -> dict[str, str]:
    """What the properties are, and nothing more about this pet."""
    entries = {one.id: one for one in filed(contact)}
    entries[pet] = entries.get(pet, Filed(pet, {"id": pet}))._replace(because=because)
    return _laid(entries.values())


def _laid(entries: Iterable[Filed]) -> dict[str, str]:
    """Rejected(too_large) where they are more than a property holds."""
    every = list(entries)
    living = [one for one in every if not one.gone]
    taken = {one.place for one in living}
    free = [number for number in range(1, PLACES + 1) if number not in taken]
    living = [one if one.place is not None or not free else one._replace(place=free.pop(0)) for one in living]
    found = {place(number, what): "" for number in range(1, PLACES + 1) for what in IN_PLACE}
    for one in living:
        if one.place is not None:
            found |= {place(one.place, what): str(one.known[what]) for what in IN_PLACE if what in one.known}
    found |= {
        PETS: _json(living), LOST: _json([one._replace(place=None) for one in every if one.gone]),
        NAMES: ", ".join(one.known["name"] for one in living if "name" in one.known),
        SPECIES: ";".join(sorted({one.known["species"] for one in living if "species" in one.known})),
        COUNT: str(len(living)),
    }  # fmt: skip
    if any(len(value) > LONGEST for value in found.values()):
        raise Rejected("these pets are more than a property at HubSpot holds", Code.TOO_LARGE)
    return found


def _json(entries: Iterable[Filed]) -> str:
    """'' for none: an empty property is no property, which is what segments ask for."""
    told = [_entry(one) for one in entries]
    return msgspec.json.encode(told).decode() if told else ""


def _entry(one: Filed) -> dict[str, Any]:
    more = {"place": one.place, "because": one.because}
    return one.known | {name: value for name, value in more.items() if value is not None}
