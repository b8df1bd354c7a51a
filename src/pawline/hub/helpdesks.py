"""`[[helpdesks]]` in the settings: which teams' cases go to which helpdesk or board, and are answered there."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from pawline.hub.cases import ANSWERING, OwnCases, choices_of, mark_of
from pawline.model import CaseAsked, CaseEnded, Envelope, Event, HouseholdId
from pawline.ports import Board, Cases, Helpdesk
from pawline.runtime import Binding, digest63
from pawline.store import LANES, CaseRow, HouseholdErased
from pawline.views.answers import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pawline.runtime import Bindings, Engine, Flows
    from pawline.store import Store

_log = logging.getLogger("pawline.hub")
EVERY: Final = 2.0
"""Seconds between two looks at the inbox."""
PAGE: Final = 1_000
MOST: Final = 50
"""Choices of a case that can be numbered in a ticket."""
TELLING: Final[dict[str, type[Any]]] = {"ask_at_helpdesk": Helpdesk, "ask_on_board": Board}
"""Our flows that tell of cases, and whom."""
NOTED: Final = f"{ACCOUNT}/helpdesk"
"""Under which the store keeps which cases a helpdesk was told of."""


class HelpdeskSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cases of these `teams` are answered at the helpdesk or board `account`, for these `shops` (none named: all)."""

    account: str
    teams: list[str]
    shops: list[str] = []


KINDS: Final[dict[str, type[msgspec.Struct]]] = {"helpdesks": HelpdeskSettings}
"""What it is, by its key."""


def check(helpdesks: Sequence[HelpdeskSettings], shops: Sequence[str]) -> None:
    """Raises ValueError with a sentence that names the key and what to do."""
    taken: dict[tuple[str, str], int] = {}
    named: dict[tuple[str, str], int] = {}
    for n, one in enumerate(helpdesks):
        where = f"`helpdesks[{n}]"
        if not one.teams or not all(one.teams):
            raise ValueError(f'{where}.teams` names no team, or "": name those whose cases are answered there')
        if unknown := sorted(set(one.shops) - set(shops)):
            raise ValueError(f"{where}.shops` names {unknown[0]}, which is not in `shops`: correct one of them")
        for shop in one.shops or shops:
            if (before := named.setdefault((shop, one.account), n)) != n:
                raise ValueError(f"{where}`: {one.account} has `helpdesks[{before}]` in {shop}: name all teams there")
            for team in one.teams:
                if (before := taken.setdefault((shop, team), n)) != n:
                    raise ValueError(f"{where}`: cases of {team} in {shop} go to `helpdesks[{before}]`: leave one")


def check_wired(
    helpdesks: Sequence[HelpdeskSettings], shops: Sequence[str], bindings: Bindings, flows: Flows
) -> None:  # fmt: skip
    """The same of what they name. Raises ValueError."""
    playing = sorted(one.account for one in bindings if one.port in (Helpdesk, Board))
    for n, one in enumerate(helpdesks):
        if one.account not in playing:
            there = ", ".join(playing) or "none yet"
            raise ValueError(
                f"`helpdesks[{n}].account`: {one.account} plays neither Helpdesk nor Board: name one of {there}"
            )
        for shop in one.shops or shops:
            if not any(one.account in bindings.accounts(shop, port) for port in (Helpdesk, Board)):
                raise ValueError(
                    f"`helpdesks[{n}]`: {one.account} is not of {shop}, whose cases would be told nowhere: name its "
                    f"`shops`, or another account for {shop}"
                )
    telling = {flow.name for flow in flows if flow.on is CaseAsked}
    for n, one in enumerate(helpdesks):
        lacks = [
            name for name, port in TELLING.items() if bindings.get(port.__name__, one.account) and name not in telling
        ]
        if lacks and telling <= TELLING.keys():  # a flow of the shop's own may tell whomever it likes
            raise ValueError(
                f"`helpdesks[{n}]`: no flow tells {one.account} of cases: add pawline.flows.{lacks[0]} to `flows`"
            )


class CaseDesk(NamedTuple):
    """One helpdesk of one shop. One without teams is of settings of before: nothing is asked there any more."""

    shop: str
    account: str
    teams: frozenset[str]


def desks_of(helpdesks: Iterable[HelpdeskSettings], shops: Sequence[str]) -> tuple[CaseDesk, ...]:
    """Each helpdesk of each shop."""
    return tuple(
        CaseDesk(shop, one.account, frozenset(one.teams)) for one in helpdesks for shop in one.shops or shops
    )  # fmt: skip


class Noted(msgspec.Struct, frozen=True):
    """Cases that are asked at a helpdesk, and open ones that were taken away from it: each in which turn.

    One that is given back is asked in its next turn. An older Pawline noted the numbers alone.
    """

    told: dict[int, int] = {}
    taken: dict[int, int] = {}

    @classmethod
    def read(cls, cursor: str) -> Noted:
        """From its checkpoint. What an older Pawline told is turn 0."""
        said = msgspec.json.decode(cursor, type=Noted | list[int])
        return said if isinstance(said, Noted) else cls(dict.fromkeys(said, 0))


class CaseDesks:
    """Tells flows of the cases that go to helpdesks, and of their end: each once, by its fact, whoever tells it."""

    def __init__(self, helpdesks: Sequence[HelpdeskSettings], shops: Sequence[str], store: Store) -> None:
        self._desks, self._shops, self._store = desks_of(helpdesks, shops), shops, store
        self._plays = {shop: OwnCases(shop, self._desks, store) for shop in dict.fromkeys(d.shop for d in self._desks)}
        self._engine: Engine

    def bindings(self) -> list[Binding]:
        """The hub's own accounts that play Cases, one for each shop that has a helpdesk."""
        return [
            Binding(f"{ACCOUNT}/{shop}", Cases, play, ANSWERING, shops=frozenset([shop]))
            for shop, play in self._plays.items()
        ]  # fmt: skip

    async def start(self, engine: Engine) -> None:
        """Begins to look at the inbox. Of helpdesks that the settings name no more it withdraws what is open there."""
        self._engine = engine
        for play in self._plays.values():
            play.engine = engine
        for desk in (*self._desks, *await self.left()):
            engine.spawn(self._follow(desk))

    async def left(self) -> list[CaseDesk]:
        """Those that were told of cases and are in the settings no more."""
        known, found = {(one.shop, one.account) for one in self._desks}, list[CaseDesk]()
        for shop in self._shops:
            names = [name for (name,) in await self._store.fetch("checkpoints", (shop, NOTED))]
            found += [CaseDesk(shop, name, frozenset()) for name in names if (shop, name) not in known]
        return found

    async def _follow(self, desk: CaseDesk) -> None:
        lane = digest63(desk.shop, NOTED, desk.account) % LANES
        while True:
            if lane in self._engine.lanes:
                try:
                    await self.look(desk)
                    if not desk.teams:
                        return
                except Exception:  # noqa: BLE001 - the store is busy or away: it is looked at again
                    _log.exception("%s: the cases of %s cannot be looked at", desk.account, desk.shop)
            await asyncio.sleep(EVERY)

    async def look(self, desk: CaseDesk) -> None:
        """What opened and what ended since the last look. What an older Pawline told is told anew: its ticket ends."""
        rows = await self._store.fetch("checkpoint", (desk.shop, NOTED, desk.account))
        noted = Noted.read(rows[0][0]) if rows else Noted()
        there = await self._open(desk.shop)
        ours = {no for no, team in there.items() if team in desk.teams}
        over = {no: turn for no, turn in noted.told.items() if no not in ours or not turn}
        for no, turn in sorted(over.items()):
            ended = await self._ended(desk, no, turn)
            await self._record(desk, f"ended/{_name(desk, no, turn)}", self._store.now(), ended)
        taken = {no: max(turn, 1) for no, turn in (noted.taken | over).items() if no in there}
        told = {no: turn for no, turn in noted.told.items() if no not in over}
        for no in sorted(ours - told.keys()):
            turn = told[no] = taken.pop(no, 0) + 1
            row = await self._store.case(no)
            if row is not None and (asked := await self._asked(desk, row, turn)) is not None:
                await self._record(desk, f"asked/{_name(desk, no, turn)}", row.opened, asked)
        if (now := Noted(told, taken)) != noted:
            write = (desk.shop, NOTED, desk.account, msgspec.json.encode(now).decode(), self._store.now())
            if (error := (await self._store.written([("set_checkpoint", write)])).error) is not None:
                raise error

    async def _open(self, shop: str) -> dict[int, str]:
        """The open questions, and of which team each is."""
        found: dict[int, str] = {}
        after = -1
        while page := await self._store.fetch("open_questions", (shop, after, PAGE)):
            after = page[-1][0]
            found |= dict(page)
        return found

    async def _ended(self, desk: CaseDesk, no: int, turn: int) -> CaseEnded:
        """One that is open is asked somewhere else now, or in another turn."""
        row = await self._store.case(no)
        state = "closed" if row is None else "withdrawn" if row.state == "open" else row.state
        by = None if row is None else row.answered_by
        return CaseEnded(case=no, state=state, by=by, account=desk.account, turn=turn)

    async def _asked(self, desk: CaseDesk, row: CaseRow, turn: int) -> CaseAsked | None:
        """None for a question that a number does not answer: it is for the inbox alone."""
        choices = await choices_of(self._store, row)
        if not choices or len(choices) > MOST:
            return None
        return CaseAsked(
            case=row.no, title=row.title, choices=tuple(map(plain, choices)), team=row.team, account=desk.account,
            until=None if row.until is None else datetime.fromtimestamp(row.until, UTC),
            of=None if row.household is None else HouseholdId(row.household), turn=turn, mark=mark_of(row),
        )  # fmt: skip

    async def _record(self, desk: CaseDesk, name: str, at: float, event: Event) -> None:
        moment = datetime.fromtimestamp(at, UTC)
        try:
            await self._engine.record(Envelope(shop=desk.shop, source="cases", id=name, at=moment, event=event))
        except HouseholdErased:
            _log.warning("%s: a case of an erased household is not told of", desk.account)


def _name(desk: CaseDesk, no: int, turn: int) -> str:
    """Under which a case in its turn is told of; see `CaseAsked.fact`."""
    return f"{desk.account}/{no}/{turn}" if turn else str(no)


def plain(choice: msgspec.Raw) -> str:
    """A choice for people to read: a text as it is, anything else as JSON."""
    said = msgspec.json.decode(choice)
    return said if isinstance(said, str) else bytes(choice).decode()
