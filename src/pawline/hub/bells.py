"""What webhooks named and did not tell: asked of the account, one after the other, beside whatever else comes in."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.hub.keepable import check_keepable
from pawline.hub.refused import keep
from pawline.model import Envelope
from pawline.ports import PortError, Transient
from pawline.store import StoreError

if TYPE_CHECKING:
    from pawline.hub.hearing import Ear
    from pawline.runtime import Engine

_log = logging.getLogger("pawline.hub")
MOST: Final = 10_000
"""Things of one account that wait to be asked about, and so many that are patient; what is rung beyond them is left to
a watch."""
PAUSES: Final = (1.0, 10.0, 60.0)
"""Seconds before something is asked about again that could not be; after that it is left to a watch."""


class Rung(NamedTuple):
    """Something that was rung, and how often it was asked about already."""

    ear: Ear
    thing: str
    tried: int


class Bells:
    """No account waits for another, and no delivery for an answer. What is rung twice while it waits is asked once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: dict[str, tuple[dict[str, Rung], dict[str, Rung]]] = {}  # soon, and behind all of those
        self._answering: set[str] = set()

    def ring(self, ear: Ear, thing: str) -> None:
        """Asks the account about it, soon. Never waits."""
        self._put(Rung(ear, thing, 0))

    def _put(self, rung: Rung) -> None:
        waiting = self._waiting.setdefault(rung.ear.account, ({}, {}))[rung.ear.hook.patient(rung.thing)]
        if len(waiting) >= MOST and rung.thing not in waiting:
            _log.warning("%s: more is rung than can be asked about: a look finds the rest", rung.ear.account)
            return
        waiting.setdefault(rung.thing, rung)
        self._begin(rung.ear.account)

    def _begin(self, account: str) -> None:
        if not self._engine.closing and account not in self._answering:
            self._answering.add(account)
            self._engine.spawn(self._answer(account))

    async def _answer(self, account: str) -> None:
        soon, later = self._waiting[account]
        try:
            while waiting := soon or later:
                await self._ask(waiting.pop(next(iter(waiting))))
        finally:
            self._answering.discard(account)

    async def _ask(self, rung: Rung) -> None:
        ear = rung.ear
        assert ear.about is not None  # noqa: S101 - nobody else rings
        try:
            for one in await ear.about(rung.thing):
                check_keepable(one.id, one.at, one.event)
                event = one.event.told_by(ear.account)
                told = Envelope(shop=ear.shop, source=f"accounts/{ear.account}", id=one.id, at=one.at, event=event)
                await keep(self._engine, told)
        except Exception as problem:  # noqa: BLE001 - a connector's defect must not be the last thing that is asked
            again = isinstance(problem, (Transient, StoreError)) and rung.tried < len(PAUSES)
            said = problem.text if isinstance(problem, PortError) else type(problem).__name__
            _log.warning("%s: %s, %s", ear.account, said, "it is asked again" if again else "it is left to a look")
            if again:
                pause = PAUSES[rung.tried]
                self._engine.loop.call_later(pause, self._put, rung._replace(tried=rung.tried + 1))
