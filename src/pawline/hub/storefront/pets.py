"""Pets of households, told by their page or by the shop's server: what a pet is, its newest event says.

Those events are kept until the household is erased. A death may be told by whoever hears of it: it is never taken back.
"""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.hub.storefront.answers import Known
from pawline.hub.storefront.people_forms import PetSaid, PetsSaid
from pawline.hub.storefront.refusals import Cause, Refusal
from pawline.model import (
    Envelope,
    Event,
    HouseholdId,
    Pet,
    PetAdded,
    PetChanged,
    PetDied,
    PetId,
    Species,
    public_name,
)
from pawline.ports import Transient
from pawline.runtime import digest63
from pawline.store import EventRow, HouseholdErased
from pawline.views.waiting import current

if TYPE_CHECKING:
    from pawline.hub.storefront.answers import Answers, Asked
    from pawline.hub.storefront.people_forms import PetForm
    from pawline.runtime import Engine
    from pawline.views import Projector

SOURCE: Final = "/v1/pets"
TICK: Final = timedelta(milliseconds=1)
AHEAD: Final = timedelta(hours=14)
"""Somewhere it is tomorrow already: whoever lives there may say so of a pet that was born, weighed, or died today."""
MOST: Final = 50
"""Pets of one household that are told, or may be made."""


class Head(NamedTuple):
    """A pet, with the number of the event that says what it is, and that event's time."""

    no: int
    at: datetime
    pet: Pet

    @property
    def tag(self) -> str:
        """Its ETag: a death changes it, too."""
        return f'"{self.no}{"" if self.pet.alive else "-died"}"'


class ShopPets:
    """Of one shop."""

    def __init__(self, shop: str, engine: Engine, projector: Projector, answers: Answers) -> None:
        self._shop, self._engine, self._projector, self._answers = shop, engine, projector, answers

    async def of(self, household: HouseholdId) -> PetsSaid:
        """All of them; of those that somebody else told of, as much as is known still. Raises Refusal."""
        found: list[PetSaid] = []
        for name, species, died in (await self._names(household))[:MOST]:
            head = await self._known(PetId(name))
            if head is not None and head.pet.household == household:
                found.append(said(head.pet))
            elif head is None and species is not None:
                gone = None if died is None else date.fromisoformat(died)
                found.append(said(Pet(id=PetId(name), household=household, species=Species(species), died_on=gone)))
        return PetsSaid(household=household, pets=found)

    async def head(self, household: HouseholdId, pet: PetId) -> Head:
        """As it is now. Raises Refusal, also for another household's."""
        found = await self._known(pet)
        if found is None or found.pet.household != household:
            raise Refusal(Cause.NOT_FOUND, "there is no such pet, or not any more")
        return found

    async def add(self, household: HouseholdId, form: PetForm, one: Asked) -> Known:
        """A new one, once for each name of a request. Raises Refusal."""
        if (known := await self._answers.known(one)) is not None:
            return known
        if len(await self._names(household)) >= MOST:
            raise Refusal(Cause.INVALID, f"a household has {MOST} pets at most")
        pet = self._told(form, PetId(f"p-{secrets.token_hex(12)}"), household)
        made = Known(201, msgspec.json.encode(said(pet)))
        if await self._record(PetAdded(pet=pet), f"/v1/{one.caller}", one.event, self._now(), (one, made)) is not None:
            return made
        return await self._kept(one)

    async def change(self, household: HouseholdId, pet: PetId, form: PetForm, tag: str) -> Head:
        """This in place of what was known, where it is as `tag` says. Raises Refusal."""
        head = await self.head(household, pet)
        if not head.pet.alive:
            raise Refusal(Cause.PET_DIED)
        told = {each.strip().removeprefix("W/") for each in tag.split(",")}
        if told.isdisjoint((head.tag, "*")):
            raise Refusal(Cause.PET_CHANGED)
        changed, at = self._told(form, pet, household), max(self._now(), head.at + TICK)
        no = await self._record(PetChanged(pet=changed), SOURCE, f"{pet}/{head.no}", at)
        if no is None:
            raise Refusal(Cause.PET_CHANGED)
        return Head(no, at, changed)

    async def died(self, household: HouseholdId, pet: PetId, on: date | None, one: Asked, *, source: str) -> Known:
        """On record, once, whoever told it first: the day stays the first one's. Raises Refusal."""
        if (known := await self._answers.known(one)) is not None:
            return known
        head = await self.head(household, pet)
        if not head.pet.alive:
            return Known(200, msgspec.json.encode(said(head.pet)))
        today, born = self._now().date(), head.pet.born_on
        day = on or max(today, born or today)
        if day > self._latest() or day < (born or day):
            raise Refusal(Cause.INVALID, "on: it is no day between its birth and today")
        gone = msgspec.structs.replace(head.pet, died_on=day)
        made = Known(200, msgspec.json.encode(said(gone)))
        event = PetDied(pet=pet, household=household, on=day, source=source)
        if await self._record(event, f"/v1/{one.caller}", one.event, self._now(), (one, made)) is not None:
            return made
        return Known(200, msgspec.json.encode(said((await self.head(household, pet)).pet)))

    # -- how it is kept ------------------------------------------------------------------------------------------

    async def _names(self, household: HouseholdId) -> list[tuple[str, str | None, str | None]]:
        try:
            await current(self._projector)
        except Transient:
            raise Refusal(Cause.BUSY) from None
        return [(name, species, died) for name, species, died in await self._engine.store.fetch(
            "pets_of", (self._shop, household)
        )]  # fmt: skip

    async def _known(self, pet: PetId) -> Head | None:
        found = await self._newest(PetChanged, pet) or await self._newest(PetAdded, pet)
        if found is None:
            return None
        row, event = found
        assert isinstance(event, PetAdded | PetChanged)  # noqa: S101 - by its type
        one = Head(row.no, datetime.fromtimestamp(row.at, UTC), event.pet)
        gone = await self._newest(PetDied, pet)
        if gone is None or not one.pet.alive:
            return one
        assert isinstance(gone[1], PetDied)  # noqa: S101 - by its type
        on = max(gone[1].on, one.pet.born_on or gone[1].on)  # told by somebody who does not know the birth
        return one._replace(pet=msgspec.structs.replace(one.pet, died_on=on))

    async def _newest(self, kind: type[Event], pet: PetId) -> tuple[EventRow, Event] | None:
        name = public_name(kind)
        about = (digest63(self._shop, name, pet), self._shop, name, pet)
        for row in map(EventRow._make, await self._engine.store.fetch("cart_head", about)):
            if (event := await self._engine.open_event(row)) is not None:
                return row, event
        return None

    async def _record(
        self, event: Event, source: str, name: str, at: datetime, answer: tuple[Asked, Known] | None = None
    ) -> int | None:  # fmt: skip
        """Its number; None where something else followed already, or this was recorded before."""
        once = [] if answer is None else await self._answers.keep(*answer, event.household)
        envelope = Envelope(shop=self._shop, source=source, id=name, at=at, event=event)
        try:
            recorded = await self._engine.record(envelope, "shopper", once=once)
        except HouseholdErased:  # a pet alone makes nobody known again
            raise Refusal(Cause.INVALID, "household: it was erased, and is known again by its next order") from None
        return recorded.no if recorded.new else None

    async def _kept(self, one: Asked) -> Known:
        if (known := await self._answers.known(one)) is None:
            raise Refusal(Cause.REUSED)  # longer ago than answers are kept
        return known

    def _told(self, form: PetForm, pet: PetId, household: HouseholdId) -> Pet:
        latest = self._latest()
        for name, day in (("born_on", form.born_on), ("weighed_on", form.weighed_on)):
            if day is not None and day > latest:
                raise Refusal(Cause.INVALID, f"{name}: it is a day to come")
        one = form.told(pet, household)
        weighed = one.weighed_on or (self._now().date() if one.weight is not None else None)
        return msgspec.structs.replace(one, weighed_on=weighed)

    def _latest(self) -> date:
        return (self._now() + AHEAD).date()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._engine.now(), UTC)


def said(pet: Pet) -> PetSaid:
    """As it is told."""
    return PetSaid(**msgspec.structs.asdict(pet))
