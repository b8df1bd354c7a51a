"""The shop of the stories: its events, its one port, and flows that use every word in an order that an event gives."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, NoReturn, Protocol

import msgspec

from pawline.model import Event
from pawline.ports import Code, Operation, Rejected, Settle, read
from pawline.runtime import (
    Flows,
    Late,
    Question,
    again,
    ask,
    flow,
    now,
    publish,
    reached,
    sleep_until,
    together,
    undoing,
    use,
    wait_for,
    within,
)

TIMEOUT, MARGIN, KEY_LIFE = 2.0, 1.0, 9.0


class Act(msgspec.Struct, frozen=True, array_like=True):
    """One thing that a flow does. `n` is unique in the flow; `limit` means what `op` makes of it."""

    op: str
    n: int
    limit: float = 0.0
    acts: tuple[Act, ...] = ()
    fails: bool = False


class Begun(Event, tag="sim.begun@1"):
    id: str
    key: str
    acts: tuple[Act, ...]
    round: int = 0
    rounds: int = 0
    named: bool = False

    @property
    def subject(self) -> str:
        return self.key

    @property
    def household(self) -> str | None:
        return self.key if self.named else None

    @property
    def fact(self) -> str | None:
        return f"begun/{self.id}" if self.named else None


class Paid(Event, tag="sim.paid@1"):
    n: int
    key: str

    @property
    def subject(self) -> str:
        return self.key


class Withdrawn(Event, tag="sim.withdrawn@1"):
    key: str

    @property
    def subject(self) -> str:
        return self.key


class Noted(Event, tag="sim.noted@1"):
    label: str

    @property
    def subject(self) -> str:
        return self.label


class Counted(Event, tag="sim.counted@1"):
    n: int
    key: str

    @property
    def subject(self) -> str:
        return self.key


class Vendor(Protocol):
    async def keyed(self, label: str, after: float) -> str: ...
    async def found(self, label: str, after: float) -> str: ...
    async def plain(self, label: str, after: float) -> str: ...
    async def once(self, label: str, after: float) -> str: ...
    async def forever(self, label: str, after: float) -> str: ...
    async def back(self, receipt: str) -> str: ...
    async def back_found(self, receipt: str) -> str: ...
    @read
    async def level(self, label: str) -> int: ...


def _times(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


_T: dict[str, Any] = {"timeout": _times(TIMEOUT), "margin": _times(MARGIN)}
OPERATIONS = {
    "keyed": Operation(
        settle=Settle.KEY, key_life=_times(KEY_LIFE), after_key_life=Settle.LOOK_UP, look_up="look_up", **_T
    ),
    "found": Operation(settle=Settle.LOOK_UP, look_up="look_up", **_T),
    "plain": Operation(settle=Settle.REPEAT, **_T),
    "once": Operation(settle=Settle.ASK, **_T),
    "forever": Operation(settle=Settle.KEY, key_life=None, **_T),
    "back": Operation(settle=Settle.KEY, key_life=None, **_T),
    "back_found": Operation(settle=Settle.LOOK_UP, look_up="look_up_back", **_T),
}

SEEN: dict[str, tuple[Any, ...]] = {}
"""What flows saw, by label; the latest execution overwrites, so a replay at the end tells what the journal holds."""


CHANGED: set[str] = set()
"""Not empty: the code was changed under its version number; steps come in another order."""


class Telling:
    """One execution of a flow that follows its event's acts."""

    def __init__(self, begun: Begun) -> None:
        self.begun = begun
        self.after = 0.0

    def label(self, act: Act) -> str:
        return f"{self.begun.id}.{self.begun.round}.{act.n}"

    async def acts(self, acts: tuple[Act, ...], undo: Any = None) -> None:
        if CHANGED:
            acts = _other_order(acts)
        for act in acts:
            if act.op in OPERATIONS:
                await self.call(act, undo)
            elif act.op == "together":
                await together(*[self.acts((one,), undo) for one in act.acts])
            elif act.op == "undoing":
                await self.undoing(act)
            else:
                await self.word(act)

    async def call(self, act: Act, undo: Any) -> None:
        vendor, label = use(Vendor), self.label(act)
        step: Awaitable[str] = getattr(vendor, act.op)(label, self.after)
        if act.limit:
            step = within(_times(act.limit), step)
        if undo is not None:
            step = undo.step(step, back=vendor.back if act.n % 2 else vendor.back_found)
        try:
            SEEN[label] = ("ok", await step)
        except Rejected as no:
            SEEN[label] = ("rejected", no.text)
            if act.fails:
                raise
        except Late as late:
            SEEN[label] = ("late", late.happened, late.result)
            if act.fails:
                raise

    async def undoing(self, act: Act) -> None:
        label = self.label(act)
        SEEN[label] = ("in", act)
        try:
            async with undoing() as undo:
                await self.acts(act.acts, undo)
                if act.fails:
                    _fail()
            SEEN[label] = ("kept", act)  # to leave it is an await, too: a run that is cancelled by then undoes it
        except (Rejected, Late):
            SEEN[label] = ("undone", act)

    async def word(self, act: Act) -> None:
        label, until = self.label(act), now() + _times(act.limit)
        if act.op == "sleep":
            SEEN[label] = ("asleep", until.timestamp())
            await sleep_until(until)
            self.after = max(self.after, until.timestamp())
            SEEN[label] = ("awake", until.timestamp(), now().timestamp())
        elif act.op == "wait":
            SEEN[label] = ("waiting", until.timestamp())
            paid = await wait_for(Paid, key=self.begun.key, until=until)
            SEEN[label] = ("none", until.timestamp()) if paid is None else ("got", until.timestamp(), paid.n)
        elif act.op == "publish":
            await publish(Noted(label=label))
            SEEN[label] = ("published",)
        elif act.op == "reached":
            await reached(f"m{act.n}", label)
            SEEN[label] = ("reached",)
        elif act.op == "ask":
            answer = await ask(Question(label, choices=("yes", "no"), until=until, otherwise="no"))
            SEEN[label] = ("answered", answer)
        elif act.op == "read":
            SEEN[label] = ("read", await use(Vendor).level(label))


def _other_order(acts: tuple[Act, ...]) -> tuple[Act, ...]:
    """The first two neighbouring calls of different methods change places: what a replay can notice."""
    for at in range(len(acts) - 1):
        if acts[at].op != acts[at + 1].op and {acts[at].op, acts[at + 1].op} <= set(OPERATIONS):
            return (*acts[:at], acts[at + 1], acts[at], *acts[at + 2 :])
    return acts


def _fail() -> NoReturn:
    raise Rejected("on purpose", Code.INVALID)


@flow(on=Begun, cancel_on=Withdrawn)
async def tell(begun: Begun) -> str:
    """Does what its event says."""
    telling = Telling(begun)
    await telling.acts(begun.acts)
    if begun.round < begun.rounds:
        again(msgspec.structs.replace(begun, round=begun.round + 1))
    return begun.id


@flow(on=Noted)
async def take_note(noted: Noted) -> str:
    """Has one effect for each event that a flow published."""
    return await use(Vendor).forever(f"note:{noted.label}", 0.0)


@flow(on=Counted, busy="latest")
async def count_latest(counted: Counted) -> str:
    """Only the latest of those that wait is worth its effect."""
    return await use(Vendor).found(f"count:{counted.key}.{counted.n}", 0.0)


FLOWS = Flows([tell, take_note, count_latest])
