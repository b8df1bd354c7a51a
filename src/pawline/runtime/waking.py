"""A wait ends: what it brought reaches its run, which goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pawline.runtime import settling
from pawline.runtime.records import NOTHING, Done
from pawline.runtime.step import Ask
from pawline.store import WaitKind

if TYPE_CHECKING:
    from pawline.runtime.run import Run, Write
    from pawline.store import WaitRow


class Waking:
    """Ends waits of runs that are in memory; what is for a run that is not driven yet is kept until it is."""

    def __init__(self) -> None:
        self._early: dict[int, list[tuple[WaitRow, bytes | None]]] = {}

    def started(self, run: Run) -> None:
        """A run that was on its way to a trial is driven now, or lost: what woke it reaches it."""
        for wait, body in self._early.pop(run.no, ()):
            if not run.lost:
                self.end(run, wait, body)

    def end(self, run: Run, wait: WaitRow, body: bytes | None) -> None:
        """Its row goes with the commit of what the flow does next. `body`: of the event that ends it, if one does."""
        if not run.parked and not run.driver.pending and not run.driver.ended:
            self._early.setdefault(run.no, []).append((wait, body))  # on its way to a trial: it is not driven yet
            return
        if wait.path in run.woken or run.parked:
            return  # a parked run finds its row again when a person lets it go on
        run.woken.add(wait.path)
        pending = run.driver.pending.get(wait.path)
        lapses = pending is not None and wait.kind == WaitKind.EVENT and wait.event is None
        gone: Write = ("expire_wait" if lapses else "delete_wait", (wait.run, wait.path))
        at = run.engine.now()
        if pending is None:
            run.writes.append(gone)
            run.flush()
        elif wait.kind == WaitKind.RETRY:
            run.woken.discard(wait.path)
            if wait.path in run.shelved:  # else somebody else was faster, and it has its place in a queue
                self.retry(run, wait.path)
        elif wait.kind == WaitKind.ANSWER:
            command = pending.command
            assert isinstance(command, Ask)
            expired: Write = ("expire_cases_of", (run.no, wait.path, at))
            answer = msgspec.Raw(msgspec.json.encode(command.question.otherwise))
            run.finish(Done(wait.path, at, answer), gone, expired)
        elif wait.event is None or body is None:
            run.finish(Done(wait.path, at, NOTHING), gone)
        else:
            run.finish(Done(wait.path, at, msgspec.Raw(body), wait.event), gone)

    def retry(self, run: Run, path: str) -> None:
        """A step that was shelved is tried again, and its row goes, which may not even be on disk yet."""
        run.shelved.discard(path)
        run.writes.append(("delete_wait", (run.no, path)))
        settling.resume(run, run.driver.pending[path])
        run.flush()
