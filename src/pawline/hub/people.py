"""What accounts call our households, in the store: so it is known whose somebody was who is not there any more."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pawline.ports import Code, Transient
from pawline.store import StoreError
from pawline.views.households import HOUSEHOLD, KEPT_OUT

if TYPE_CHECKING:
    from pawline.model import HouseholdId
    from pawline.store import Store

_log = logging.getLogger("pawline.hub")


class AccountPeople:
    """See `kit.People`."""

    def __init__(self, store: Store, shop: str, account: str) -> None:
        self._store, self._shop, self._account = store, shop, account

    async def note(self, household: HouseholdId, person: str) -> None:
        """Written where it is new. Read each time: an erasure takes it out, and it stays out until they act anew.

        The account may well have them still, and say so whenever something of theirs changes there.
        """
        of = (self._shop, self._account, HOUSEHOLD)
        try:
            if await self._store.fetch("theirs", (*of, household)) == [(person,)]:
                return
            keys = await self._store.fetch("data_keys", (self._shop, [household]))
            if any(generation[5] is not None for generation in keys[-1:]):
                return
            writes = [("unlink_theirs", (*of, person)), ("insert_link", (*of, household, person))]
            problem = (await self._store.written(writes, keys=frozenset(row[0] for row in keys[-1:]), bulk=True)).error
        except StoreError as failed:
            problem = failed
        if problem is not None:
            _log.warning("%s: what it calls a household could not be kept: %s", self._account, type(problem).__name__)

    async def kept_out(self, household: HouseholdId) -> bool:
        """See `kit.People`."""
        try:
            return bool(await self._store.fetch("theirs", (self._shop, self._account, KEPT_OUT, household)))
        except StoreError as problem:
            raise Transient("whether they were erased there cannot be said now", Code.UNAVAILABLE) from problem
