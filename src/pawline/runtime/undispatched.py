"""Events that nobody dispatched: found by a look, in their order. One that does not open is a case, and passed over."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.model import UnreadableEvent, decode_event
from pawline.runtime.ending import PLAIN, CaseBody, fingerprint_of
from pawline.runtime.flow import PRIORITIES
from pawline.runtime.seal import event_aad
from pawline.store import CaseRow, Erased, StoreError, Unit, Unreadable

if TYPE_CHECKING:
    from pawline.runtime.engine import Engine
    from pawline.store import EventRow

_log = logging.getLogger("pawline.runtime")
PAGE: Final = 200
BULK: Final = PRIORITIES["bulk"]
SOON: Final = 0.05
"""Seconds to the next look while bulk waits: its corner of the memory is small, and free again soon."""


class Undispatched:
    """Dispatches what is found; remembers what could not be opened until the process ends."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._poison: set[int] = set()  # they stay undispatched: a restart, with other code, tries them again
        self._cases: dict[str, set[str]] = {}  # by shop: fingerprints that have their case
        self._more = self._soon = False  # bulk events wait beyond the page that was read last; a look for them is due

    async def look(self, lanes: list[int]) -> None:
        """Dispatch in order of recording; bulk comes last, while there is room: no shopper is behind it."""
        engine = self._engine
        engine.turns.look()
        intake, after = engine.intake, None
        failures = intake.failures
        while rows := await engine.store.pending_events(lanes, PAGE, after):
            passed = await self._page(rows)
            if len(rows) < PAGE or not (intake.behind or passed):
                break
            after = (rows[-1].recorded, rows[-1].no)
            await engine.hear()
        if len(rows) < PAGE and intake.failures == failures:
            intake.behind = False
        after, rows = None, []
        while engine.room(BULK) and (rows := await engine.store.pending_events(lanes, PAGE, after, bulk=True)):
            if not await self._page(rows) or len(rows) < PAGE:
                break  # a page a look: the rest is the next one's
            after = (rows[-1].recorded, rows[-1].no)
            await engine.hear()
        if engine.room(BULK) or rows:
            self._more = len(rows) == PAGE
        if self._more and not self._soon:
            self._soon = True
            engine.loop.call_later(SOON, self._again)

    def _again(self) -> None:
        self._soon = False
        self._engine.nudge()

    async def _page(self, rows: list[EventRow]) -> int:
        """Dispatches them; how many were passed over."""
        engine, passed = self._engine, 0
        for row in rows:
            if row.no in self._poison:
                passed += 1
            elif row.no not in engine.intake.dispatching and (row.priority < BULK or engine.room(row.priority)):
                await self._try(row)
                if row.priority >= BULK:
                    await asyncio.sleep(0)  # whoever came meanwhile goes first
        return passed

    async def _try(self, row: EventRow) -> None:
        try:
            await self._redispatch(row)
        except Exception as problem:  # noqa: BLE001 - one bad event must not keep the others out
            if isinstance(problem, StoreError) and not isinstance(problem, Unreadable):
                self._engine.intake.failures += 1  # the store's trouble, not the event's: the next look tries again
                _log.exception("event %d could not be dispatched", row.no)
                return
            _log.error("event %d cannot be dispatched: passed over", row.no, exc_info=problem)
            self._poison.add(row.no)
            await self._open_case(row, problem)

    async def _redispatch(self, row: EventRow) -> None:
        engine = self._engine
        key = await engine.keys.by_no(row.key or 0)
        if isinstance(key, Erased):
            unit = Unit(lambda _: None, lanes=(engine.fence(row.lane),), dispatched=[(row.no, row.lane, row.about)])
            engine.store.commit(unit)
            return
        event = decode_event(row.type, key.open(row.body, event_aad(row.no)))
        engine.intake.dispatch(row, event, key, hinted=False)

    async def _open_case(self, row: EventRow, problem: Exception) -> None:
        """One, also after restarts. In the clear, for the key may be what is missing: it holds nothing of anybody's."""
        engine = self._engine
        malformed = isinstance(problem, (Unreadable, UnreadableEvent))
        kind = "malformed" if malformed else "code"
        cause = fingerprint_of(kind, f"event {row.no}" if malformed else f"event {row.type} {type(problem).__name__}")
        if cause in await self._known(row.shop):
            return
        title = f"event {row.no} ({row.type}) cannot be dispatched: {type(problem).__name__}; mend it and restart"
        body = msgspec.json.encode(CaseBody(detail="".join(traceback.format_tb(problem.__traceback__, -6))))
        case = CaseRow(
            engine.store.next_no(), row.shop, row.lane, None, "", kind, title, cause, "developers", "open",
            engine.now(), None, None, PLAIN, None, body, None, None, None,
        )  # fmt: skip
        self._cases[row.shop].add(cause)
        engine.store.commit(Unit(lambda _: None, lanes=(engine.fence(row.lane),), writes=[("insert_case", case)]))

    async def _known(self, shop: str) -> set[str]:
        known = self._cases.get(shop)
        if known is None:
            known, after = set(), -1
            while cases := await self._engine.store.open_cases(shop, PAGE, after):
                after = cases[-1].no
                known.update(case.fingerprint for case in cases)
            self._cases[shop] = known
        return known
