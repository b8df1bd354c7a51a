"""What people ask about listeners: how each fares, what it is to be told again, and that it is opened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.hub.health import Check, span
from pawline.hub.listeners.following import Happened, owe
from pawline.hub.listeners.picking import FLOWS, Listens, listens_of
from pawline.kit import Listening
from pawline.model import Envelope
from pawline.model.events.listeners import ListenerReopened
from pawline.runtime import Refused
from pawline.runtime.flow import HISTORY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.hub.listeners.following import Following
    from pawline.hub.listeners.standing import Standings
    from pawline.runtime import Engine
    from pawline.store import Store

PAGE: Final = 500
"""Events that are looked through for one answer: whoever asks goes on behind them."""
BEHIND: Final = 3_600.0
"""Seconds after which what waits is news."""
TELL, MIND = FLOWS
ASKED: Final = ("listeners", "tell_again", "reopen")


class Fares(msgspec.Struct, frozen=True, kw_only=True):
    """How a listener fares: times in epoch seconds; `waits` was not begun to be told, `tries` is being told."""

    account: str
    shop: str
    off: float | None
    because: str
    taken: float | None
    waits: int
    since: float | None
    tries: int
    types: int
    whole: tuple[str, ...]


class ListenerDesk:
    """Answers where the hub itself runs: nobody else owes or opens anything."""

    def __init__(self, engine: Engine, following: Following, standings: Standings) -> None:
        self._engine, self._following, self._standings = engine, following, standings

    @property
    def questions(self) -> dict[str, Callable[..., Awaitable[Any]]]:
        """By name, as the desk asks them."""
        return dict(zip(ASKED, (self.fares, self.tell_again, self.reopen), strict=True))

    async def fares(self) -> list[Fares]:
        """Each of them."""
        return [await fares(self._engine.store, one, self._standings) for one in self._following.listens.values()]

    async def tell_again(
        self, account: str, since: float, until: float, kind: str, turn: str, by: str, reason: str, after: int = -1,
        *, anew: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """A page of what was recorded in a span is owed once more; `after` is where the next page begins, if any.

        The same `turn` again owes nothing twice. Raises Refused.
        """
        one, store = self._named(account), self._engine.store
        types = one.types
        if kind:
            types = _of(one, kind)
        if after < 0:
            detail = f"{_day(since)} to {_day(until)}{f', {kind}' if kind else ''}: {reason}"
            await self._write(("insert_audit", (one.shop, store.now(), by, "tell again", account, detail)))
        rows = await store.fetch("happened_between", (one.shop, since, until, after, PAGE))
        owed = 0
        for row in [Happened(*row) for row in rows]:
            if row.type in types and row.priority < HISTORY:
                owed += await owe(self._engine, one, row, turn, anew=anew)
        return {"owed": owed, "after": rows[-1][0] if len(rows) == PAGE else None}

    async def reopen(self, account: str, by: str, reason: str, *, drop: bool = False) -> dict[str, str]:
        """A listener that a person left off is told again. Raises Refused where it is not off, or is asked about."""
        one, engine = self._named(account), self._engine
        asked, _ = (await engine.store.fetch("unfinished_of", (one.shop, MIND, len(account), account)))[0]
        if asked:
            raise Refused(f"people are asked what becomes of {account}: answer that case (`pawline cases list`)")
        if not await self._standings.reopen(account, drop=drop):
            key, drop = f"{account}/", False
            if not (await engine.store.fetch("unfinished_of", (one.shop, TELL, len(key), key)))[0][0]:
                raise Refused(f"{account} is not off")
            # A death may have come between its opening and the word of it: whoever waits for that word gets it now.
        at = datetime.fromtimestamp(engine.store.now(), UTC)
        name = f"reopened/{account}/{self._standings.off(account).turn}"
        event = ListenerReopened(listener=account, dropped=drop)
        await engine.record(Envelope(shop=one.shop, source="listeners", id=name, at=at, event=event))
        how = "what waited is dropped" if drop else "what waited is sent"
        await self._write(("insert_audit", (one.shop, engine.store.now(), by, "reopen", account, f"{how}: {reason}")))
        return {"account": account, "state": f"is told again; {how}"}

    def _named(self, account: str) -> Listens:
        one = self._following.listens.get(account)
        if one is None:
            there = ", ".join(self._following.listens) or "none"
            raise Refused(f"{account} listens to nothing here; there are {there}")
        return one

    async def _write(self, *writes: tuple[str, tuple[object, ...]]) -> None:
        if (error := (await self._engine.store.written(writes)).error) is not None:
            raise error


def _of(one: Listens, kind: str) -> frozenset[str]:
    try:
        return listens_of(one.account, one.shop, Listening((kind,))).types & one.types
    except ValueError as problem:
        raise Refused(str(problem).replace("`events` names", "--type is")) from None


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="minutes")


async def fares(store: Store, one: Listens, standings: Standings) -> Fares:
    """How it fares, as the store has it."""
    off = standings.off(one.account)
    behind = [row for row in await store.fetch("unheard", (one.cursor, one.shop)) if row[0] in one.types]
    key = f"{one.account}/"
    tries, begun = (await store.fetch("unfinished_of", (one.shop, TELL, len(key), key)))[0]
    since = min([each for each in (*(row[2] for row in behind), begun) if each is not None], default=None)
    return Fares(
        account=one.account, shop=one.shop, off=off.at, because=off.because, taken=await standings.taken(one.account),
        waits=sum(row[1] for row in behind), since=since, tries=tries, types=len(one.types),
        whole=tuple(sorted(one.whole)),
    )  # fmt: skip


def listeners_check(found: Iterable[Fares], now: float) -> Check:
    """The doctor's question: who is off, what waits, and what was taken last."""
    said, worst = list[str](), "good"
    for one in found:
        taken = "has taken nothing yet" if one.taken is None else f"took something {span(now - one.taken)} ago"
        waits = one.waits + one.tries
        late = one.since is not None and now - one.since > BEHIND
        if one.off is not None:
            said.append(f"{one.account} is off since {span(now - one.off)} ({one.because}), {waits} wait")
        else:
            said.append(f"{one.account} {taken}, {waits} wait" + (f", since {span(now - (one.since or now))}" * late))
        if one.off is not None or late:
            worst = "look"
    return Check(name="listeners", state=worst, says="; ".join(said) or "nobody listens to our events")
