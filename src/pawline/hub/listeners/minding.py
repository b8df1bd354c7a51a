"""Between a listener's connector and the runtime: when it is enough, for one event or for all of an account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pawline.hub.health import span
from pawline.ports import Code, Listener, Malformed, Notice, PortError, Receipt, Rejected, Transient

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pawline.hub.listeners.picking import Listens
    from pawline.hub.listeners.standing import Standings
    from pawline.runtime import Binding
    from pawline.store import Store

HIS: Final = frozenset({Code.BAD_REQUEST})
"""Malformed that is our own fault: a developer's case, and no receiver's."""

UNANSWERED: Final = frozenset({Code.TIMED_OUT, Code.DISCONNECTED, Code.UNREACHABLE, Code.RATE_LIMITED})
"""What is Transient as it stands: nobody answered, or said by when to come again."""


GRACE: Final = 6 * 3_600.0
"""Seconds for which a receiver is tried at least once we are there again, before it is to blame for what went by."""
GAP: Final = 3 * 3_600.0
"""Seconds without an attempt after which we were away: stopped, or paused. Attempts are an hour apart, or as asked."""


class Tried:
    """Since when an account was tried without a pause of ours, as far as this process knows. Times in epoch seconds.

    What it did not take while the hub was down, or the account stopped, is no fault of its receiver.
    """

    def __init__(self) -> None:
        self._since: float | None = None
        self._until = 0.0

    def failed(self, now: float, problem: PortError) -> float:
        """For so many seconds by now."""
        if self._since is None or now - self._until > GAP or now < self._since:
            self._since = now
        asked = problem.retry_after if isinstance(problem, Transient) else None
        self._until = max(self._until, now + (0.0 if asked is None else asked.total_seconds()))
        return now - self._since


class Minded:
    """A Listener that is tried for as long as it has patience: what is not taken is Transient until then.

    Whatever a receiver says but 410 is "not taken": it is no vendor whose page says what an answer means. After that it
    is Rejected: `gone` where the account took nothing else for so long either, or is off; `undeliverable` where others
    are taken, and this event is not. Not before it was tried for a while since we were away last, see `Tried`.
    """

    def __init__(self, play: Listener, listens: Listens, standings: Standings, store: Store) -> None:
        self._play, self._listens, self._standings, self._store = play, listens, standings, store
        self._tried = Tried()

    async def tell(self, notice: Notice) -> Receipt:
        account = self._listens.account
        if self._standings.off(account).at is not None and (await self._standings.stands(account)).at is not None:
            raise Rejected("it is off until a person says otherwise", Code.GONE)
        try:
            done = await self._play.tell(notice)
        except PortError as problem:
            if (isinstance(problem, Rejected) and problem.code is Code.GONE) or (
                isinstance(problem, Malformed) and problem.code in HIS
            ):
                raise
            if (over := await self._over(notice, problem)) is not None:
                raise over from None
            if problem.code in UNANSWERED:
                raise
            after = problem.retry_after if isinstance(problem, Transient) else None
            raise Transient(problem.text, Code.NOT_TAKEN, retry_after=after) from None
        self._standings.took(account)
        return done

    async def _over(self, notice: Notice, problem: PortError) -> Rejected | None:
        now, patience = self._store.now(), self._listens.patience
        tried = self._tried.failed(now, problem)
        if now - notice.owed.timestamp() < patience or tried < min(patience, GRACE):
            return None
        taken = await self._standings.taken(self._listens.account)
        if taken is not None and now - taken < patience:
            return Rejected(f"not taken for {span(patience)}: {problem.text}", Code.UNDELIVERABLE)
        return Rejected(f"nothing was taken for {span(patience)}: {problem.text}", Code.GONE)


def minded(
    bindings: Iterable[Binding], listens: Mapping[str, Listens], standings: Standings, store: Store
) -> list[Binding]:  # fmt: skip
    """The same bindings, those that play Listener with their patience."""
    return [
        replace(one, implementation=Minded(one.implementation, listens[one.account], standings, store))
        if one.port is Listener and one.account in listens
        else one
        for one in bindings
    ]
