"""Pets as properties of a profile: lists for templates and segments, and places for dates that flows wait for.

| property | what it is |
|---|---|
| `pawline_pets` | the pets that live, each with `id`, `species`, `name`, `born_on`, ... : templates go through it |
| `pawline_pet_names`, `pawline_pet_species`, `pawline_pet_count` | the same as texts and a number, for segments |
| `pet_1_name`, `pet_1_species`, `pet_1_breed`, `pet_1_born_on`, `pet_1_weight` | up to four places, for date flows |
| `pawline_pets_lost` | the others: they died, or nothing more is to be said about them; no template goes through it |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from pawline.connectors.klaviyo.profiles import Profile
from pawline.model import HouseholdId, Pet, PetId
from pawline.ports import Malformed

LIVING: Final = "pawline_pets"
LOST: Final = "pawline_pets_lost"
PLACES: Final = 4
"""A pet keeps its place while it lives; who comes when all are taken has none."""
_IN_PLACE: Final = ("name", "species", "breed", "born_on", "weight")


class Filed(NamedTuple):
    """A pet's entry, as it stands there: what is known of it, its place, and why nothing is said of it any more."""

    id: str
    known: dict[str, Any]
    place: int | None = None
    because: str | None = None


class Laid(NamedTuple):
    """What is to be set, and what is to be taken out."""

    properties: dict[str, Any]
    unset: list[str]


def filed(profile: Profile) -> list[Filed]:
    """All entries. Raises Malformed for what is none: somebody changed it by hand."""
    found: list[Filed] = []
    for name in (LIVING, LOST):
        for entry in profile.properties.get(name) or ():
            if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
                raise Malformed(f"Klaviyo: {name} of profile {profile.id} holds what is no pet")
            known = {key: value for key, value in entry.items() if key not in ("place", "because")}
            found.append(Filed(entry["id"], known, entry.get("place"), entry.get("because")))
    return found


def pets(profile: Profile, household: HouseholdId) -> tuple[Pet, ...]:
    """The household's, the dead ones too; not those of which Klaviyo only knows that nothing is to be said.

    Raises Malformed for an entry that is no pet any more.
    """
    try:
        return tuple(
            msgspec.convert({**one.known, "household": household}, Pet)
            for one in filed(profile) if "species" in one.known
        )  # fmt: skip
    except msgspec.ValidationError:
        raise Malformed(f"Klaviyo: a pet of profile {profile.id} is not as we wrote it") from None


def silent(profile: Profile) -> frozenset[str]:
    """Pets of which nothing is to be said."""
    return frozenset(one.id for one in filed(profile) if _gone(one))


def with_pet(profile: Profile, pet: Pet) -> Laid:
    """The profile's pets with this one as it is now. What is None stays, and so does a death."""
    entries = {one.id: one for one in filed(profile)}
    before = entries.get(pet.id, Filed(pet.id, {}))
    now = {key: value for key, value in msgspec.to_builtins(pet).items() if value is not None and key != "household"}
    if not pet.allergies:
        now.pop("allergies", None)
    known = {**before.known, **now}
    if "died_on" in before.known:
        known["died_on"] = before.known["died_on"]
    entries[pet.id] = before._replace(known=known)
    return _laid(entries.values())


def without(profile: Profile, pet: PetId, because: str) -> Laid:
    """The profile's pets, and nothing more about this one."""
    entries = {one.id: one for one in filed(profile)}
    entries[pet] = entries.get(pet, Filed(pet, {"id": pet}))._replace(because=because)
    return _laid(entries.values())


def ours(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Of a profile's properties, those that Pawline wrote."""
    places = tuple(f"pet_{place}_" for place in range(1, PLACES + 1))
    return {name: value for name, value in properties.items() if name.startswith(("pawline_", *places))}


def _gone(one: Filed) -> bool:
    return one.because is not None or "died_on" in one.known


def _laid(entries: Iterable[Filed]) -> Laid:
    every = list(entries)
    living = [one for one in every if not _gone(one)]
    taken = {one.place for one in living}
    free = [place for place in range(1, PLACES + 1) if place not in taken]
    living = [
        one if one.place is not None or not free else one._replace(place=free.pop(0)) for one in living
    ]  # fmt: skip
    properties: dict[str, Any] = {
        LIVING: [_entry(one) for one in living],
        LOST: [_entry(one._replace(place=None)) for one in every if _gone(one)],
        "pawline_pet_names": [one.known["name"] for one in living if "name" in one.known],
        "pawline_pet_species": sorted({one.known["species"] for one in living if "species" in one.known}),
        "pawline_pet_count": len(living),
    }
    placed = {f"pet_{one.place}_{key}": one.known[key] for one in living for key in _IN_PLACE if key in one.known}
    placed = {name: value for name, value in placed.items() if not name.startswith("pet_None")}
    every_name = [f"pet_{place}_{key}" for place in range(1, PLACES + 1) for key in _IN_PLACE]
    return Laid(properties | placed, [name for name in every_name if name not in placed])


def _entry(one: Filed) -> dict[str, Any]:
    more = {"place": one.place, "because": one.because}
    return one.known | {name: value for name, value in more.items() if value is not None}
