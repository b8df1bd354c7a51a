"""A household's pets in a CRM that knows no pets: entries of one list, some of them in places of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

from pawline.model import HouseholdId, Pet, PetId

PLACES: Final = 4
"""A pet keeps its place while it lives; who comes when all are taken has none."""
IN_PLACE: Final = ("name", "species", "breed", "born_on", "weight")
"""What stands in a place by itself."""


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

    def entry(self) -> dict[str, Any]:
        """What `filed` reads again."""
        more = {"place": self.place, "because": self.because}
        return self.known | {name: value for name, value in more.items() if value is not None}


def filed(entry: object) -> Filed:
    """A pet of its entry. Raises ValueError for what is none: somebody changed it by hand."""
    if not (
        isinstance(entry, dict) and isinstance(entry.get("id"), str) and isinstance(entry.get("place"), int | None)
    ):
        raise ValueError("an entry that is no pet")  # noqa: TRY004 - what somebody else's system holds is no argument
    place, because = entry.get("place"), entry.get("because")
    known = {key: value for key, value in entry.items() if key not in ("place", "because")}
    return Filed(entry["id"], known, place, None if because is None else str(because))


def pets_of(entries: Iterable[Filed], household: HouseholdId) -> tuple[Pet, ...]:
    """The household's, the dead ones too; not those of which only is known that nothing is to be said.

    Raises ValueError for an entry that is no pet any more.
    """
    known = [{**one.known, "household": household} for one in entries if "species" in one.known]
    try:
        return msgspec.convert(known, tuple[Pet, ...])
    except msgspec.ValidationError as problem:
        raise ValueError("a pet that is not as it was written") from problem


def with_pet(entries: Iterable[Filed], pet: Pet) -> list[Filed]:
    """The same with this pet as it is now. What is None stays, and so does a death."""
    every = {one.id: one for one in entries}
    before = every.get(pet.id, Filed(pet.id, {}))
    now = {key: value for key, value in msgspec.to_builtins(pet).items() if value is not None and key != "household"}
    if not pet.allergies:
        now.pop("allergies", None)
    known = {**before.known, **now}
    if "died_on" in before.known:
        known["died_on"] = before.known["died_on"]
    every[pet.id] = before._replace(known=known)
    return list(every.values())


def without_pet(entries: Iterable[Filed], pet: PetId, because: str) -> list[Filed]:
    """The same, and nothing more about this pet."""
    every = {one.id: one for one in entries}
    every[pet] = every.get(pet, Filed(pet, {"id": pet}))._replace(because=because)
    return list(every.values())


def placed(entries: Iterable[Filed]) -> tuple[list[Filed], list[Filed]]:
    """Those that live, in their places, and those that are gone, out of them."""
    every = list(entries)
    living = [one for one in every if not one.gone]
    taken = {one.place for one in living}
    free = [number for number in range(1, PLACES + 1) if number not in taken]
    living = [one if one.place is not None or not free else one._replace(place=free.pop(0)) for one in living]
    return living, [one._replace(place=None) for one in every if one.gone]


def in_places(living: Iterable[Filed]) -> dict[tuple[int, str], Any]:
    """What stands where, by place and what it is."""
    return {
        (one.place, what): one.known[what]
        for one in living if one.place is not None for what in IN_PLACE if what in one.known
    }  # fmt: skip
