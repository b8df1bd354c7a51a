"""The sandbox in the role of Crm: everything in it may be written twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.connectors.sandbox.terms import operation
from pawline.kit import Http
from pawline.model import Household, HouseholdId, Medium, Pet, Purpose
from pawline.ports import Receipt, Settle

if TYPE_CHECKING:
    from pawline.connectors.sandbox import Settings


class SandboxCrm:
    """See `Crm`."""

    OPERATIONS: Final = {
        "upsert": operation(settle=Settle.REPEAT),
        "upsert_pet": operation(settle=Settle.REPEAT),
        "note": operation(settle=Settle.REPEAT),
    }

    def __init__(self, http: Http, _: Settings) -> None:
        self._http = http

    async def household(self, household: HouseholdId) -> Household:
        return await self._http.post("crm", "household", json={"household": household}, into=Household)

    async def pets(self, household: HouseholdId) -> tuple[Pet, ...]:
        return await self._http.post("crm", "pets", json={"household": household}, into=tuple[Pet, ...])

    async def allows(self, household: HouseholdId, purpose: Purpose, medium: Medium) -> bool:
        given = {"household": household, "purpose": purpose, "medium": medium}
        return await self._http.post("crm", "allows", json=given, into=bool)

    async def upsert(self, household: Household) -> Receipt:
        return await self._http.post("crm", "upsert", json={"household": household}, into=Receipt)

    async def upsert_pet(self, pet: Pet) -> Receipt:
        return await self._http.post("crm", "upsert_pet", json={"pet": pet}, into=Receipt)

    async def note(self, household: HouseholdId, text: str) -> Receipt:
        given = {"household": household, "text": text}
        return await self._http.post("crm", "note", json=given, into=Receipt)
