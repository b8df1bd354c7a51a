"""Waiting costs nothing: a sleep, an event, an answer or a far retry is a row, and the run leaves memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pawline.runtime import ending
from pawline.runtime.flow import digest63
from pawline.runtime.records import NOTHING, Asked, Done, Waiting
from pawline.store import Look, WaitKind, WaitRow

if TYPE_CHECKING:
    from pawline.runtime.fiber import Pending
    from pawline.runtime.run import Run
    from pawline.runtime.step import Ask, Wait


def begin(run: Run, pending: Pending, command: Wait[Any]) -> None:
    """Record a sleep or a wait for an event. A sleep of less than a moment stays in memory, without a row."""
    pending.begun = record = Waiting(pending.path, command.until, command.type, command.key)
    run.records.append(record)
    if command.type is None:
        if command.until is not None and command.until - run.engine.now() < run.engine.settings.moment:
            _nap(run, pending.path, command.until)
        else:
            _insert(run, pending.path, WaitKind.SLEEP, command.until)
        return
    about = digest63(run.row.shop, command.type, str(command.key))
    run.looks.append(Look(run.no, pending.path, about, run.recorded, tuple(run.taken)))
    _insert(run, pending.path, WaitKind.EVENT, command.until, about, command.type, command.key)


def ask(run: Run, pending: Pending, command: Ask[Any]) -> None:
    """Open the case of a question, and wait for its answer or its deadline."""
    question = command.question
    no = ending.open_case(
        run, pending.path, "ask", question.title, team=question.team, until=question.until,
        evidence=question.evidence, choices=question.choices, suggested=question.suggested,
        otherwise=question.otherwise, cause=question.cause or None,
    )  # fmt: skip
    pending.begun = record = Asked(pending.path, no)
    run.records.append(record)
    _insert(run, pending.path, WaitKind.ANSWER, None if question.until is None else question.until.timestamp())


def shelve(run: Run, path: str, due: float | None) -> None:
    """Let a row remember when a step is tried again (None: when a brake is off); the run may leave memory."""
    run.shelved.add(path)
    run.held.pop(path, None)
    unlimited(run, path)
    _insert(run, path, WaitKind.RETRY, due)


def unlimited(run: Run, path: str) -> None:
    """No timer of `within` keeps the run in memory: the step ended, or a row brings it back, see `settling.limit`."""
    if (handle := run.timers.pop(f"within {path}", None)) is not None:
        handle.cancel()


def settled(run: Run, path: str) -> None:
    """A person decided how this step goes on: its rows and cases are done with."""
    run.shelved.discard(path)
    run.held.pop(path, None)
    if path in run.timers:
        run.timers.pop(path).cancel()
    run.writes.append(("delete_wait", (run.no, path)))
    run.writes.append(("close_cases_at", (run.no, path, run.engine.now())))


def nap_again(run: Run, pending: Pending) -> None:
    """A short sleep that was kept in memory when its hub died."""
    begun = pending.begun
    if isinstance(begun, Waiting) and begun.type is None and begun.until is not None:
        _nap(run, pending.path, begun.until)


def _nap(run: Run, path: str, until: float) -> None:
    def woke() -> None:
        if run.engine.now() < until:  # the clock was put back, and waits until time has caught up
            _nap(run, path, until)
            return
        run.finish(Done(path, run.engine.now(), NOTHING))

    run.after(path, until - run.engine.now(), woke)


def _insert(
    run: Run, path: str, kind: WaitKind, due: float | None, about: int | None = None, name: str | None = None,
    subject: str | None = None,
) -> None:  # fmt: skip
    taken = "".join(f",{no}" for no in run.taken) + "," if run.taken else None
    row = WaitRow(
        run.no, path, run.row.lane, kind, about, run.row.shop, name, subject, run.recorded, due, None, 0, taken
    )
    run.writes.append(("insert_wait", row))
