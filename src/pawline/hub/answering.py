"""Cases that are answered by a link in a letter: what its page shows, and an answer, which is taken as a click is.

Whoever follows a link is shown the case as it is now; nothing is done by that, for mail is opened by machines as well.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.hub.cases import choices_of, mark_of
from pawline.hub.helpdesks import desks_of, plain
from pawline.hub.links import GOOD, CaseLinks, NoLink
from pawline.hub.settings import HubRefused
from pawline.kit import CaseLink, Smtp
from pawline.model import CaseClicked, Envelope
from pawline.ports import Board
from pawline.store import StoreError

if TYPE_CHECKING:
    from pawline.hub.helpdesks import CaseDesk
    from pawline.hub.settings import Settings
    from pawline.hub.wiring import Connections
    from pawline.runtime import Engine
    from pawline.store import CaseRow, Keyring

_log = logging.getLogger("pawline.hub")
MOMENT: Final = 3.0
"""Seconds that whoever answered waits to see that it was taken."""


class NoAnswer(Exception):
    """This cannot be answered here: `gone` says whether it could be once. The text is for whoever tried."""

    def __init__(self, text: str, *, gone: bool) -> None:
        super().__init__(text)
        self.gone: Final = gone


class Stand(StrEnum):
    """How a case stands, for somebody who may answer it by a link."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"
    EXPIRED = "expired"
    ELSEWHERE = "answered elsewhere now"


class Shown(NamedTuple):
    """A case for the page of a link. `who` follows it, and has `zone` on the wall; `by` answered it."""

    case: int
    team: str
    title: str
    choices: tuple[str, ...]
    until: datetime | None
    stand: Stand
    by: str | None
    who: str
    zone: str


class Mailed(NamedTuple):
    """An account whose letters have links, and what is asked there."""

    desk: CaseDesk
    board: Board
    links: CaseLinks


class Answering:
    """Answers for every account whose letters have links."""

    def __init__(self, engine: Engine, mailed: Iterable[Mailed]) -> None:
        self._engine, self._store = engine, engine.store
        self._mailed: Final[Mapping[str, tuple[Mailed, ...]]] = _by_account(mailed)

    @property
    def accounts(self) -> frozenset[str]:
        """Those whose links lead here."""
        return frozenset(self._mailed)

    async def shown(self, account: str, token: str) -> Shown:
        """The case of a link. Raises NoAnswer."""
        return (await self._found(account, token))[0]

    async def click(self, account: str, token: str, choice: int, nonce: str) -> None:
        """Takes an answer, and waits for a MOMENT until it is taken up: a page shows what became of it.

        The same `nonce` again is the same click. Raises NoAnswer, and what the store says: then nothing was taken.
        """
        shown, link, mailed = await self._found(account, token)
        if shown.stand is not Stand.OPEN:
            return
        if not 1 <= choice <= len(shown.choices):
            raise NoAnswer(f"case {link.case} has no such choice", gone=False)
        at = datetime.fromtimestamp(self._store.now(), UTC)
        clicked = CaseClicked(
            card=link.card, case=link.case, mark=link.mark, choice=choice, who=link.who, click=nonce, at=at,
            account=account,
        )  # fmt: skip
        await self._engine.record(
            Envelope(shop=mailed.desk.shop, source=f"accounts/{account}", id=clicked.fact, at=at, event=clicked)
        )
        loop = asyncio.get_running_loop()
        until = loop.time() + MOMENT
        with suppress(NoAnswer, StoreError):  # it is taken, whether or not that can be seen just now
            while (await self.shown(account, token)).stand is Stand.OPEN:
                if loop.time() >= until:
                    break
                await asyncio.sleep(0.05)

    async def _found(self, account: str, token: str) -> tuple[Shown, CaseLink, Mailed]:
        mailed = self._mailed.get(account, ())
        if not mailed:
            raise NoAnswer("nothing is answered by links here", gone=False)
        try:
            link = mailed[0].links.opened(token)
        except NoLink:
            _log.warning("%s: somebody followed a link that is none of ours", account)
            raise NoAnswer(
                "this link is not whole, or not from here: open it from the letter again", gone=False
            ) from None
        if datetime.fromtimestamp(self._store.now(), UTC) >= link.asked + GOOD:
            raise NoAnswer(f"this link was good for {GOOD.days} days: answer by `pawline cases answer`", gone=True)
        if (by := await mailed[0].board.may(link.who)) is None:
            _log.warning("%s: somebody who may not answer any more followed a link", account)
            raise NoAnswer("you may not answer cases here any more", gone=True)
        row = await self._store.case(link.case)
        ours = [one for one in mailed if row is not None and one.desk.shop == row.shop]
        if not ours or row is None or mark_of(row) != link.mark:
            raise NoAnswer(f"case {link.case} is not kept any more", gone=True)
        return await self._shown(row, link, ours[0], by), link, ours[0]

    async def _shown(self, row: CaseRow, link: CaseLink, mailed: Mailed, who: str) -> Shown:
        raw = await choices_of(self._store, row)
        choices = () if raw is None else tuple(map(plain, raw))
        here = row.kind == "ask" and row.team in mailed.desk.teams and bool(choices)
        stand = Stand(row.state) if row.state != "open" or here else Stand.ELSEWHERE
        until = None if row.until is None else datetime.fromtimestamp(row.until, UTC)
        return Shown(row.no, row.team, row.title, choices, until, stand, row.answered_by, who, link.zone)


class Lettered(NamedTuple):
    """An account that writes letters about cases, by its client; of which desks they are, or of none any more."""

    account: str
    client: Smtp
    board: Board
    desks: tuple[CaseDesk, ...]


def lettered_of(settings: Settings, connections: Connections) -> tuple[Lettered, ...]:
    """Those accounts. Raises HubRefused where the links in their letters would lead nowhere."""
    found = list[Lettered]()
    desks = desks_of(settings.helpdesks, settings.shops)
    numbers = {one.account: n for n, one in enumerate(settings.helpdesks)}
    for spoken in connections.spoken:
        client, binding = spoken.http, connections.bindings.get(Board.__name__, spoken.account)
        if not isinstance(client, Smtp) or binding is None:
            continue
        theirs = tuple(one for one in desks if one.account == spoken.account)
        if theirs and not (settings.listen and settings.public):
            raise HubRefused(
                f"`helpdesks[{numbers[spoken.account]}]`: cases at {spoken.account} are answered by links that lead to"
                " this hub: name `listen` and `public`"
            )
        found.append(Lettered(spoken.account, client, binding.implementation, theirs))
    return tuple(found)


def answering_of(settings: Settings, connections: Connections, keyring: Keyring) -> tuple[Mailed, ...]:
    """Gives accounts that write letters their links, if those lead anywhere, and says which have cases.

    Raises HubRefused as `lettered_of`.
    """
    found = list[Mailed]()
    for one in lettered_of(settings, connections):
        if settings.listen and settings.public:
            one.client.links = links = CaseLinks(keyring, one.account, settings.public)
            found += [Mailed(desk, one.board, links) for desk in one.desks]
    return tuple(found)


def _by_account(mailed: Iterable[Mailed]) -> dict[str, tuple[Mailed, ...]]:
    found: dict[str, tuple[Mailed, ...]] = {}
    for one in mailed:
        found[one.desk.account] = (*found.get(one.desk.account, ()), one)
    return found
