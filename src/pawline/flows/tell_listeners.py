"""Who listens is told of what happens; who takes nothing any more is one question. See docs/why/0039."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pawline.model import Skipped
from pawline.model.events.listeners import ListenerLost, ListenerOwed, ListenerReopened, Reopening
from pawline.ports import Code, Listener, Listeners, Notice, Receipt, Rejected
from pawline.runtime import Account, Question, accounts, ask, flow, now, publish, use, wait_for

KEPT: Final = timedelta(days=30)
"""So long what a listener did not take waits for a person; bodies of events are kept no longer either."""
AGAIN, DROP = "tell it again", "drop it"


@flow(on=ListenerOwed, priority="bulk")
async def tell_listener(owed: ListenerOwed) -> Receipt | Skipped:
    """What is owed to a listener is told, however long that takes, or a person says that it is not."""
    listener = Account(owed.listener)
    if listener not in accounts(Listener):
        return Skipped("nobody listens there any more")
    until = now() + KEPT
    while True:
        notice = await use(Listeners).notice(listener, owed.event, owed.turn if owed.anew else "")
        if notice is None:
            return Skipped("it is not kept any more, or nobody there asks for it")
        try:
            return await use(Listener, listener).tell(notice)
        except Rejected as no:
            if no.code is Code.GONE:
                standing = await use(Listeners).standing(listener)
                await publish(ListenerLost(listener=listener, turn=standing.turn, because=no.text))
                reopened = await wait_for(ListenerReopened, key=listener, until=max(until, now()))
                if reopened is None or reopened.dropped:
                    return Skipped("it took nothing, and what waited was dropped")
            elif await _refused(listener, notice, no) == DROP:
                return Skipped("it did not take this one, and a person dropped it")


async def _refused(listener: Account, notice: Notice, no: Rejected) -> str:
    """Others are taken, and this one is not: something in it is too much for its receiver."""
    return await ask(
        Question(
            f"{listener} takes others, and not {notice.id} ({notice.type})", choices=(AGAIN, DROP), suggested=AGAIN,
            evidence={"said": no.text, "subject": notice.subject}, team="developers", until=now() + KEPT,
            otherwise=DROP, cause=f"{listener} takes others",
        )
    )  # fmt: skip


@flow(on=ListenerLost, busy="skip")
async def mind_listener(lost: ListenerLost) -> Reopening:
    """A listener that takes nothing is left alone, and is one question; what happens meanwhile is kept."""
    await use(Listeners).shut(lost.listener, lost.because)
    standing = await use(Listeners).standing(lost.listener)
    taken = "never" if standing.taken is None else f"{standing.taken:%Y-%m-%d %H:%M} UTC"
    decision = await ask(
        Question(
            f"{lost.listener} takes nothing that it is told", choices=tuple(Reopening), answer=Reopening,
            suggested=Reopening.SEND, team="developers", cause=f"{lost.listener} takes nothing",
            evidence={
                "said": lost.because, "took something last": taken,
                Reopening.LEAVE.value: f"`pawline events reopen {lost.listener}` opens it later",
                "kept": f"what happened is kept for {KEPT.days} days unless `retention` says otherwise",
            },
        )
    )  # fmt: skip
    if decision is not Reopening.LEAVE:
        dropped = decision is Reopening.DROP
        await use(Listeners).reopen(lost.listener, dropped)
        await publish(ListenerReopened(listener=lost.listener, dropped=dropped))
    return decision
