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


class Minded:
    """A Listener that is tried for as long as it has patience: what is not taken is Transient until then.

    Whatever a receiver says but 410 is "not taken": it is no vendor whose page says what an answer means. After that it
    is Rejected: `gone` where the account took nothing else for so long either, or is off; `undeliverable` where others
    are taken, and this event is not.
    """

    def __init__(self, play: Listener, listens: Listens, standings: Standings, store: Store) -> None:
        self._play, self._listens, self._standings, self._store = play, listens, standings, store

    async def tell(self, notice: Notice) -> Receipt:
        account = self._listens.account
        if self._standings.off(account).at is not None:
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
        if now - notice.owed.timestamp() < patience:
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
