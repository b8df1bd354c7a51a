"""What vendors will not serve for ever: a case 90 and 30 days before a version ends, and for what they say is to go."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.hub.health import Check
from pawline.kit import Http
from pawline.runtime import digest63, untold_case
from pawline.store import LANES

if TYPE_CHECKING:
    from pawline.kit import Api
    from pawline.kit.connector import Client
    from pawline.runtime import Engine

_log = logging.getLogger("pawline.hub")
BEFORE: Final = (30, 90)
"""Days before the end on which it is told: with the second people plan, with the first they hurry."""
EVERY: Final = 300.0
"""Seconds between two looks."""
MOST: Final = 100
"""Different things of one account that are to go; a vendor that says more of them says nothing."""
KIND: Final = "ends"


class Spoken(NamedTuple):
    """An account, a shop that it is of, its client, and what its connector speaks, if that has a version."""

    account: str
    shop: str
    http: Client
    api: Api | None


class Ageing:
    """Listens to the answers of accounts, and looks at the calendar. What was told once is not told again."""

    def __init__(
        self, spoken: Iterable[Spoken], today: Callable[[], date] = lambda: datetime.now(UTC).date()
    ) -> None:  # fmt: skip
        self._spoken: Final = tuple(spoken)
        self._today: Final = today
        self._heard: dict[str, set[str]] = {}
        self._turn: Final = asyncio.Lock()
        self._engine: Engine

    def start(self, engine: Engine) -> None:
        """Begins to listen, and to look."""
        self._engine = engine
        for one in self._spoken:
            if isinstance(one.http, Http):
                one.http.hears_what_goes(() if one.api is None else one.api.headers, partial(self._note, one.account))
        engine.spawn(self._follow())

    def _note(self, account: str, said: str) -> None:
        heard = self._heard.setdefault(account, set())
        if len(heard) < MOST:
            heard.add(said)

    async def _follow(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:  # noqa: BLE001 - one failed look must not be the last
                _log.exception("what vendors will not serve for ever could not be looked at; it is tried again")
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """A case for each that is new, and on which nobody was told."""
        async with self._turn:
            await self._look()

    async def _look(self) -> None:
        for one in self._spoken:
            for said in sorted(self._heard.get(one.account, ())):
                title = f"{one.account}: something that is called is to go"
                await self._told(one, f"goes {_digest(said)}", title, said)
            if digest63(one.account) % LANES in self._engine.lanes and (near := _near(one.api, self._today())):
                what = f"version {near.version} of its API ends on {near.until}"
                title = f"{one.account}: {what}, in {near.left} days" if near.left > 0 else f"{one.account}: {what}"
                detail = "upgrade Pawline, or the connector, to one that speaks a newer version"
                await self._told(one, f"ends {near.version} {near.step}", title, detail)

    async def _told(self, one: Spoken, name: str, title: str, detail: str) -> None:
        """The case, and that it was told, in one commit."""
        engine = self._engine
        if await engine.store.fetch("checkpoint", (one.shop, one.account, name)):
            return
        case = untold_case(engine, one.shop, KIND, title, f"{one.account} {name}", detail)
        mark = (one.shop, one.account, name, title, engine.store.now())
        written = await engine.store.written([("insert_case", case), ("set_checkpoint", mark)])
        if written.error is not None:
            raise written.error


class Near(NamedTuple):
    """An end that is near: so many days are left, no more than `step`."""

    version: str
    until: date
    left: int
    step: int


def _near(api: Api | None, today: date) -> Near | None:
    if api is None or api.until is None:
        return None
    left = (api.until - today).days
    step = next((days for days in BEFORE if left <= days), None)
    return None if step is None else Near(api.version, api.until, left, step)


def _digest(said: str) -> str:
    return hashlib.sha256(said.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def versions_check(spoken: Iterable[Spoken], today: date) -> Check:
    """Whether each account's connector speaks what its vendor serves for a while yet."""
    near = [(one.account, found) for one in spoken if (found := _near(one.api, today)) is not None]
    says = "; ".join(
        f"{account} speaks {one.version}, which is {'served until' if one.left > 0 else 'not served since'} {one.until}"
        for account, one in near
    )
    if not says:
        return Check(name="versions", state="good", says="what is spoken is served for a while yet")
    soon = any(one.step == min(BEFORE) for _, one in near)
    return Check(name="versions", state="bad" if soon else "look", says=f"{says}: upgrade Pawline, or the connector")
