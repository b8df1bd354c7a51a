"""Cases, played by the hub: which case it is, and an answer that is taken as an operator's order is."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.ports import Code, Operation, Receipt, Rejected, Settle, Transient
from pawline.runtime import Refused, Said, command, sealed
from pawline.runtime.ending import CaseBody
from pawline.runtime.seal import answer_aad, case_aad
from pawline.store import PURGED, CaseRow, Erased

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.hub.helpdesks import CaseDesk
    from pawline.runtime import Engine
    from pawline.store import Store

MOMENT: Final = 10.0
"""Seconds that an answer has to be taken."""
ANSWERING: Final = {"answer": Operation(settle=Settle.REPEAT, timeout=timedelta(seconds=30))}


class OwnCases:
    """See `Cases`: of one shop. `engine` takes the answers, once there is one."""

    def __init__(self, shop: str, desks: Iterable[CaseDesk], store: Store) -> None:
        self._shop, self._store = shop, store
        self._teams = {one.account: one.teams for one in desks if one.shop == shop}
        self.engine: Engine | None = None

    async def answer(self, case: int, choice: int, desk: str, by: str, until: datetime | None) -> Receipt:
        row = await self._store.case(case)
        if row is None or row.shop != self._shop or row.kind != "ask" or row.team not in self._teams.get(desk, ()):
            raise Rejected(f"there is no case {case} that is answered here", Code.NOT_FOUND)
        choices = await choices_of(self._store, row)
        if choices is None or not 1 <= choice <= len(choices):
            raise Rejected(f"case {case} has no choice {choice}", Code.INVALID)
        who = f"{desk} {by}"
        good = None if until is None else until.timestamp()
        if row.state == "open" and await self._ordered(row, choices[choice - 1], who, good):
            return Receipt(str(case))
        after = await self._store.case(case)
        if after is not None and after.state == "open" and good is not None and self._store.now() >= good:
            raise Rejected(f"it is too late to answer case {case} by that", Code.TOO_LATE)
        if after is None or after.state == "open":
            raise Rejected(f"case {case} does not take it: `pawline cases show {case}` says more", Code.GONE)
        if after.answered_by == who and await self._said(after) == msgspec.json.decode(choices[choice - 1]):
            return Receipt(str(case))  # the same again, be it at the same moment
        raise Rejected(f"case {case} is {after.state} already", Code.GONE)

    async def bears(self, case: int, mark: str) -> bool:
        row = await self._store.case(case)
        return row is not None and row.shop == self._shop and mark_of(row) == mark

    async def _said(self, row: CaseRow) -> Any:
        key = None if row.key is None else await self._store.keys.by_no(row.key)
        if row.answer is None or key is None or isinstance(key, Erased):
            return None
        return msgspec.json.decode(key.open(row.answer, answer_aad(row.no)))

    async def _ordered(self, row: CaseRow, value: msgspec.Raw, who: str, until: float | None) -> bool:
        """As an operator's order, audited under who answered; whether it was taken, once that is known.

        What was ordered before and not taken yet says by itself until when it is good.
        """
        if until is not None and self._store.now() >= until:
            return False
        asked = command(
            self._store, row.shop, "answer", f"case:{row.no}", by=who, reason="answered where its team works",
            said=Said(value=value, until=until), lane=row.lane,
        )  # fmt: skip
        try:
            writes = await sealed(self._store, asked)
        except Refused:  # its household was erased just now
            raise Rejected(f"case {row.no} is nobody's any more", Code.GONE) from None
        if (error := (await self._store.written(writes)).error) is not None:
            raise Transient(f"the answer to case {row.no} could not be written down") from error
        if self.engine is not None:
            self.engine.hints.tell()
            self.engine.nudge()
        until = asyncio.get_running_loop().time() + MOMENT
        while True:
            state = (await self._store.fetch("command", (asked.no,)))[0][9]
            if state != "pending":
                break
            if asyncio.get_running_loop().time() >= until:
                raise Transient(f"the answer to case {row.no} is not taken yet")
            await asyncio.sleep(0.03)
        return bool(state != "refused")


def mark_of(row: CaseRow) -> str:
    """A case's own name. Its body was sealed with chance in it, so another hub's case of this number has another."""
    return hashlib.sha256(f"{row.shop}/{row.no}/".encode() + row.body).hexdigest()[:32]


async def choices_of(store: Store, row: CaseRow) -> list[msgspec.Raw] | None:
    """A case's choices, each in JSON; None where nobody can read them any more."""
    key = None if row.key is None else await store.keys.by_no(row.key)
    if row.codec == PURGED or key is None or isinstance(key, Erased):
        return None
    body = msgspec.json.decode(key.open(row.body, case_aad(row.no)), type=CaseBody)
    return msgspec.json.decode(body.choices, type=list[msgspec.Raw])
