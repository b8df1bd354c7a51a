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

from pawline.connectors.klaviyo.profiles import Profile
from pawline.kit.filed import IN_PLACE, PLACES, Filed, filed, in_places, pets_of, placed, with_pet, without_pet
from pawline.model import HouseholdId, Pet, PetId
from pawline.ports import Malformed

LIVING: Final = "pawline_pets"
LOST: Final = "pawline_pets_lost"


class Laid(NamedTuple):
    """What is to be set, and what is to be taken out."""

    properties: dict[str, Any]
    unset: list[str]


def entries(profile: Profile) -> list[Filed]:
    """All of them. Raises Malformed for what is none: somebody changed it by hand."""
    try:
        return [filed(entry) for name in (LIVING, LOST) for entry in profile.properties.get(name) or ()]
    except ValueError as problem:
        raise Malformed(f"Klaviyo: profile {profile.id} has {problem}") from None


def pets(profile: Profile, household: HouseholdId) -> tuple[Pet, ...]:
    """See `kit.pets_of`. Raises Malformed for an entry that is no pet any more."""
    try:
        return pets_of(entries(profile), household)
    except ValueError:
        raise Malformed(f"Klaviyo: a pet of profile {profile.id} is not as we wrote it") from None


def silent(profile: Profile) -> frozenset[str]:
    """Pets of which nothing is to be said."""
    return frozenset(one.id for one in entries(profile) if one.gone)


def laid_with(profile: Profile, pet: Pet) -> Laid:
    """The profile's pets with this one as it is now; see `kit.with_pet`."""
    return _laid(with_pet(entries(profile), pet))


def laid_without(profile: Profile, pet: PetId, because: str) -> Laid:
    """The profile's pets, and nothing more about this one."""
    return _laid(without_pet(entries(profile), pet, because))


def ours(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Of a profile's properties, those that Pawline wrote."""
    places = tuple(f"pet_{place}_" for place in range(1, PLACES + 1))
    return {name: value for name, value in properties.items() if name.startswith(("pawline_", *places))}


def _laid(every: Iterable[Filed]) -> Laid:
    living, gone = placed(every)
    properties: dict[str, Any] = {
        LIVING: [one.entry() for one in living],
        LOST: [one.entry() for one in gone],
        "pawline_pet_names": [one.known["name"] for one in living if "name" in one.known],
        "pawline_pet_species": sorted({one.known["species"] for one in living if "species" in one.known}),
        "pawline_pet_count": len(living),
    }
    where = {f"pet_{place}_{what}": value for (place, what), value in in_places(living).items()}
    every_name = [f"pet_{place}_{what}" for place in range(1, PLACES + 1) for what in IN_PLACE]
    return Laid(properties | where, [name for name in every_name if name not in where])
