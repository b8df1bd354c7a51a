"""Households: what our own record knows of them and their pets. Played by the hub itself."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from pawline.model import HouseholdId, OrderId, PersonId, PetId
from pawline.ports.read import read
from pawline.ports.receipt import Receipt


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What the record holds of a person: ids and figures.

    `theirs` are the households that they are, and that have a key: none, and nobody can be read. `orders` are the
    newest, 100 at most, of `count`; `under_way` are those of the last 90 days that are neither delivered nor called
    off. `runs` are unfinished.
    """

    theirs: tuple[HouseholdId, ...]
    orders: tuple[OrderId, ...] = ()
    under_way: tuple[OrderId, ...] = ()
    count: int = 0
    runs: int = 0
    pets: int = 0
    carts: int = 0
    autoships: int = 0


class Households(Protocol):
    """Answers are as new as the call: a death that was told before it is in them, whatever the Crm knows yet.

    Transient(unavailable) while the record is being built or is far behind.
    """

    @read
    async def lost(self, pets: tuple[PetId, ...]) -> tuple[PetId, ...]:
        """Those of them that died, in the order given. Whoever writes about a pet asks this when sending."""
        ...

    @read
    async def held(self, households: tuple[HouseholdId, ...], orders: tuple[OrderId, ...]) -> Held:
        """What there is of these households, and of those that these orders are of: one person may be several."""
        ...

    @read
    async def filed(self, account: str, person: PersonId) -> HouseholdId | None:
        """Whose this number of an account's is, also where it is not there any more; None where nobody kept it."""
        ...

    async def keep_out(self, household: HouseholdId, account: str) -> Receipt:
        """It was erased there: it is not made anew by us, until `let_in`, or until it is erased here."""
        ...

    async def let_in(self, household: HouseholdId, account: str) -> Receipt:
        """Who is told of there next is made anew; that they were known and erased there is forgotten."""
        ...

    async def erase(self, households: tuple[HouseholdId, ...], as_of: datetime) -> Receipt:
        """Cancel and undo what is under way for them, then destroy their keys. Again changes nothing.

        Who was erased `as_of` then or later, and acted anew, is not erased once more. Rejected(conflict) where one of
        them acted since `as_of`, and that is under way: it is not cancelled, and their key stays. Those before it are
        gone by then, so ask for one at a time.

        `reference` names the runs that had not ended when their key went, if any, also when it is asked for again:
        nothing of them is undone any more.
        """
        ...
