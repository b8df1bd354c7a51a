"""The checklist's line of asynchronous communication: who waits for whom, and what piles up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from pawline.measure.checklist import STUCK, Line, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pawline.measure.checklist import Span

LONG_WAIT: Final = 900.0
"""Seconds that a webhook may wait to be taken apart: as the doctor has it."""


class Queues(msgspec.Struct, frozen=True, kw_only=True):
    """What waits: webhooks to be taken apart and events to be dispatched, with the age of the oldest; runs by status.

    `rates` are accounts whose checkouts ask us, `rates_well` whether they are answered in time. `here`: they can be
    asked; the workers of PostgreSQL cannot. `stopped`: what brakes hold, so that it piles up. `checkouts` are those of
    our own: the shop, its profile, and for how many seconds at most its shoppers wait.
    """

    tray: int
    tray_age: float
    undispatched: int
    undispatched_age: float
    runs: Mapping[str, int]
    rates: tuple[str, ...] = ()
    rates_well: bool = True
    here: bool = True
    stopped: tuple[str, ...] = ()
    checkouts: tuple[tuple[str, str, float], ...] = ()


def asynchronous(queues: Queues, span: Span) -> Line:
    """Nobody waits for a system, and what came in does not pile up."""
    late = []
    if queues.tray_age > LONG_WAIT:
        late.append(f"the oldest webhook has waited {span(queues.tray_age)}")
    if queues.undispatched_age > STUCK:
        late.append(f"the oldest event has waited {span(queues.undispatched_age)} to be dispatched")
    late += [
        f"whoever buys at {shop} waits for every system, {most:g} s at most (synchronous)"
        for shop, profile, most in queues.checkouts if profile == "synchronous"
    ]  # fmt: skip
    if queues.stopped:
        late.append(f"stopped, so that its work waits: {', '.join(queues.stopped)}")
    if not queues.rates_well:
        late.append(
            "some checkouts that asked for rates had the backup, were refused or waited: `pawline doctor` says why"
        )
    runs = ", ".join(f"{count} {status}" for status, count in queues.runs.items()) or "none"
    path = f"{', '.join(queues.rates)} ask us for rates, which come from views"
    path = path if queues.rates else "no checkout asks us for rates"
    path = path if queues.here else "whether checkouts that ask for rates had them cannot be asked from here"
    says = (
        f"webhooks are answered once they are on disk, and {_waited(queues.checkouts)}: {path}; in the tray"
        f" {queues.tray}, undispatched {queues.undispatched}, unfinished runs: {runs}"
    )
    state = State.NOT_MET if late else State.MET if queues.here else State.UNKNOWN
    return Line(
        name="asynchronous communication", state=state, says="; ".join([*late, says]),
        proof=("pawline doctor", "pawline events waiting", *(["pawline profile"] if queues.checkouts else [])),
    )  # fmt: skip


def _waited(checkouts: tuple[tuple[str, str, float], ...]) -> str:
    words = [
        f"whoever buys at {shop} waits for the payment's first word, {most:g} s at most (hybrid)"
        for shop, profile, most in checkouts if profile == "hybrid"
    ]  # fmt: skip
    if any(profile == "synchronous" for _, profile, _ in checkouts):
        return ", ".join([*words, "no other checkout waits for an account"])
    return ", ".join(words) or "no account is asked while a checkout waits"
