"""When people were last asked by a survey, or answered one: the hub in the role of Invitations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pawline.model import HouseholdId, SurveyAnswered
from pawline.ports import Claim, Operation, Receipt, Settle, Transient, current_attempt
from pawline.store import Conflict
from pawline.views.view import Seen, View, Write
from pawline.views.waiting import current

if TYPE_CHECKING:
    from pawline.store import Store
    from pawline.views.projector import Projector

EVERY: Final = timedelta(days=30)
TRIES: Final = 3
"""So often it is looked again who has the turn, where somebody else took it in between."""
CLAIMING: Final = {
    "claim": Operation(settle=Settle.KEY, key_life=None), "give_back": Operation(settle=Settle.REPEAT)
}  # fmt: skip


def _answered(seen: Seen) -> Iterable[Write]:
    response = seen.event.response
    if response.household is not None:
        yield "view_answered", (seen.shop, response.household, response.at.timestamp())
    if response.order is not None:
        yield "view_answered_about", (seen.shop, response.order, response.at.timestamp())


# Turns that were taken stand in the same table: a rebuild leaves them.
INVITED: Final = View("invited@1", "when people were last asked, or answered", {SurveyAnswered: _answered})


class OwnInvitations:
    """See `Invitations`. A turn is taken on condition that nobody took one since it was looked."""

    def __init__(self, shop: str, store: Store, projector: Projector, every: timedelta = EVERY) -> None:
        self._shop, self._store, self._projector = shop, store, projector
        self._every = every.total_seconds()

    async def claim(self, household: HouseholdId) -> Claim:
        await current(self._projector)
        mine = current_attempt().key
        for _ in range(TRIES):
            rows = await self._store.fetch("invited", (self._shop, household))
            asked, answered, turn = rows[0] if rows else (0.0, 0.0, "")
            if turn == mine:
                return Claim(reference=mine)
            now, last = self._store.now(), max(asked, answered)
            if last > now - self._every:
                return Claim(reference="", granted=False, last=datetime.fromtimestamp(last, UTC))
            error = await self._written(("claim_turn", (self._shop, household, now, asked, answered, mine)))
            if error is None:
                return Claim(reference=mine)
            if not isinstance(error, Conflict):
                raise Transient(str(error)) from error
        raise Transient("others are taking the turn")

    async def give_back(self, household: HouseholdId, reference: str) -> Receipt:
        error = await self._written(("give_back_turn", (self._shop, household, reference)))
        if error is not None:
            raise Transient(str(error)) from error
        return Receipt()

    async def _written(self, write: Write) -> Exception | None:
        return (await self._store.written([write])).error
