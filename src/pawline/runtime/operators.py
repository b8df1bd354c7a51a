"""What people do to runs: every action is a command row, taken once by the run's owner, and audited."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from pawline.ports import Code
from pawline.runtime import addressing, intervening, waits
from pawline.runtime.brakes import CASES
from pawline.runtime.commands import NotYet, Refused, Said, command, opened, plainly
from pawline.runtime.ending import fingerprint_of
from pawline.runtime.records import Done, Failed
from pawline.runtime.replaying import generations
from pawline.runtime.seal import answer_aad
from pawline.runtime.step import Ask, Call, FlowError
from pawline.store import ENDED, CaseRow, CommandRow, Conflict, RunRow, Status, StoreError, Unit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pawline.runtime.engine import Engine
    from pawline.runtime.fiber import Pending
    from pawline.runtime.run import Run
    from pawline.store import NewRun, Outcome

PAGE: Final = 50
AGAIN: Final = 5.0
"""Seconds after which a command whose commit got lost is taken again."""
Writes = list[tuple[str, tuple[object, ...]]]


class Operators:
    """Takes commands of its engine's lanes and does them, once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._busy: dict[int, float] = {}  # command -> when it was taken; taken again if it is pending long after
        self._loaded: set[int] = set()  # runs that the command being taken asked for
        self._made: dict[int, list[NewRun]] = {}  # by command: runs that begin with its end
        self._actions: dict[str, Callable[[CommandRow, Said], Awaitable[Writes | None]]] = {
            "retry": self._retry, "skip": self._skip, "refuse": self._refuse, "edit": self._edit,
            "cancel": self._cancel, "answer": self._answer, "replay": self._replay, "pass": self._pass,
            "stop": self._stop, "go_on": self._go_on, "mode": self._mode, "close": self._close,
        }  # fmt: skip

    async def look(self) -> None:
        """Take what is pending: what stops and what lets go on before the rest, however much of that there is."""
        lanes, store = list(self._engine.lanes), self._engine.store
        for row in await store.pending_brakes(lanes, PAGE):
            await self._take_once(row)
        rows = await store.pending_commands(lanes, PAGE)
        self._forget({row.no for row in rows}, len(rows) == PAGE)
        for row in rows:
            await self._take_once(row)

    def _forget(self, pending: set[int], more: bool) -> None:
        """Commands that ended with the unit of their run, of which nobody tells us."""
        now = self._engine.loop.time()
        for no, at in list(self._busy.items()):
            if no not in pending and (not more or now - at >= AGAIN):
                del self._busy[no]

    async def _take_once(self, row: CommandRow) -> None:
        now = self._engine.loop.time()
        if now - self._busy.get(row.no, -AGAIN) < AGAIN:
            return
        self._busy[row.no] = now
        try:
            home = await addressing.at_home(self._engine, row, self._busy)
        except (ArithmeticError, ValueError):  # a number that is none
            home = row
        if home is not None:
            await self._take(home)

    async def _take(self, row: CommandRow) -> None:
        action = self._actions.get(row.action)
        try:
            if action is None:
                raise Refused(f"there is no action {row.action!r}; there are {', '.join(sorted(self._actions))}")
            writes = await action(row, await opened(self._engine.store, row))
        except NotYet:
            return  # it stays pending, and is taken again
        except (Refused, FlowError, StoreError, ValueError) as problem:
            self._finish(row, "refused", plainly(str(problem)), [])
            return
        except Exception as problem:  # noqa: BLE001 - of a flow's own code: asked again, it would say the same
            self._finish(row, "refused", plainly(f"{type(problem).__name__}: {problem}"), [])
            return
        finally:
            loaded, self._loaded = self._loaded, set()
            self._engine.loading.settle(loaded)
        if writes is not None:
            self._finish(row, "done", None, writes)

    def _closing(self, row: CommandRow, state: str = "done", result: str | None = None) -> Writes:
        """The end of a command. What it does to a run and its end are one commit: it is done once, or not at all."""
        detail = row.reason if result is None else f"{row.reason} -> {result}"
        audit = (row.shop, self._engine.now(), row.by, f"{row.action} {state}", row.target, detail)
        return [("finish_command", (row.no, state, result)), ("insert_audit", audit)]

    def _finish(self, row: CommandRow, state: str, result: str | None, writes: Writes) -> None:
        engine = self._engine

        def done(outcome: Outcome) -> None:
            self._busy.pop(row.no, None)
            if outcome.error is None:
                engine.told(outcome)
                engine.nudge()
                engine.hints.tell()
            elif row.action == "cancel" and isinstance(outcome.error, Conflict):
                engine.nudge()  # its key came free meanwhile: taken again, it is cancelled as one under way
            elif state == "done" and isinstance(outcome.error, Conflict):  # somebody was faster
                self._finish(row, "refused", f"it changed meanwhile: {outcome.error}", [])

        unit = Unit(done, lanes=(engine.fence(row.lane),))
        unit.writes = [*writes, *self._closing(row, state, result)]
        unit.runs = self._made.pop(row.no, [])
        engine.store.commit(unit)

    # -- runs ----------------------------------------------------------------------------------------------------

    async def _run(self, target: str) -> Run:
        kind, _, number = target.partition(":")
        if kind != "run" or not number.isdigit():
            raise Refused(f"{target!r} names no run: give run:NUMBER")
        no = int(number)
        run = await self._live(no)
        if run is None and await addressing.awaits_trial(self._engine, no):
            raise NotYet
        if run is None:
            raise Refused(f"run {no} is not under way here: it ended, waits for its key, or another owner has it")
        return run

    def keeps(self, run: Run) -> bool:
        """Whether a run that only waits stays in memory: a command is being taken that is for it."""
        return run.no in self._loaded and run.status not in ENDED

    async def _live(self, no: int) -> Run | None:
        """The run in memory, where it stays until the command is taken."""
        self._loaded.add(no)
        while True:
            await self._engine.loading.load([no], keep=True)
            run = self._engine.live.get(no)
            if run is None or not run.committing:
                return run
            await asyncio.sleep(0.005)  # what is on its way to disk first; with that it may leave memory: then in again

    def _step(self, run: Run, path: str) -> Pending:
        pending = run.driver.pending.get(path)
        if pending is None:
            open_paths = ", ".join(sorted(run.driver.pending)) or "none"
            raise Refused(f"step {path!r} of run {run.no} is not open; open are: {open_paths}")
        if run.leaving(path):
            raise Refused(f"step {path} is on its way to the vendor just now: wait for its end")
        return pending

    async def _retry(self, row: CommandRow, said: Said) -> None:
        run = await self._run(row.target)
        if not run.parked:
            self._step(run, said.path)
        run.writes += self._closing(row)
        intervening.again(run, said.path, None)

    async def _edit(self, row: CommandRow, said: Said) -> None:
        run = await self._run(row.target)
        pending = self._step(run, said.path)
        call = pending.command
        if not isinstance(call, Call) or not said.args:
            raise Refused("edit takes the path of a call and its new arguments as a JSON list")
        call.target.decode_args(said.args)
        intervening.known(pending)
        run.writes += self._closing(row)
        intervening.again(run, said.path, said.args)

    async def _skip(self, row: CommandRow, said: Said) -> None:
        run = await self._run(row.target)
        call = self._step(run, said.path).command
        if not isinstance(call, Call) or not said.value:
            raise Refused("skip takes the path of a call and the result that stands in for it")
        call.target.decode_result(said.value)
        waits.settled(run, said.path)
        run.writes += self._closing(row)
        run.finish(Done(said.path, self._engine.now(), said.value))

    async def _refuse(self, row: CommandRow, said: Said) -> None:
        run = await self._run(row.target)
        self._step(run, said.path)
        code = Code(said.code or "invalid")
        waits.settled(run, said.path)
        run.writes += self._closing(row)
        run.finish(Failed(said.path, self._engine.now(), "rejected", code.value, row.reason))

    async def _cancel(self, row: CommandRow, said: Said) -> Writes | None:
        if not row.target.startswith("key:"):
            kind, _, number = row.target.partition(":")
            found = await self._engine.store.runs([int(number)]) if kind == "run" and number.isdigit() else {}
            if any(one.status == Status.QUEUED for one in found.values()):
                return [("cancel_queued", (int(number), self._engine.now()))]
            run = await self._run(row.target)
            run.writes += self._closing(row)
            intervening.cancel(run, row.reason)
            return None
        # One command for each run: what it does to the run and its end are one commit.
        runs = [RunRow._make(raw) for raw in await self._engine.store.fetch("runs_of_key", (int(row.target[4:]),))]
        events = await self._engine.store.events([one.event for one in runs])
        writes = Writes()
        for one in runs:
            if said.before is None or events[one.event].recorded <= said.before:
                each = command(
                    self._engine.store, row.shop, "cancel", f"run:{one.no}", by=row.by, reason=row.reason, lane=one.lane
                )
                writes.append(("insert_command", each))
        return writes

    async def _open_case(self, row: CommandRow) -> CaseRow:
        case = await self._engine.store.case(int(row.target.partition(":")[2]))
        if case is None or case.state != "open":
            raise Refused(f"{row.target} is not open" + ("" if case is None else f": it is {case.state}"))
        return case

    async def _answer(self, row: CommandRow, said: Said) -> None:
        case = await self._open_case(row)
        if case.run is None or case.kind != "ask" or not said.value:
            raise Refused("only a question takes an answer; retry, skip or cancel the run of another case")
        if said.until is not None and self._engine.now() >= said.until:
            raise Refused("it was good for some time only, which is over: answer anew")
        run = await self._run(f"run:{case.run}")
        command_ = self._step(run, case.path).command
        if not isinstance(command_, Ask):
            raise Refused("the run does not ask there any more")
        command_.question.read(said.value)
        run.woken.add(case.path)
        answer = run.key.seal(said.value, answer_aad(case.no))
        run.writes.append(("answer_case", (case.no, answer, row.by, self._engine.now())))
        run.writes.append(("delete_wait", (run.no, case.path)))
        run.writes += self._closing(row)
        run.finish(Done(case.path, self._engine.now(), said.value))

    async def _close(self, row: CommandRow, _: Said) -> Writes:
        case = await self._open_case(row)
        if case.run is not None or case.kind in CASES.values():
            raise Refused(
                "only a case about no run is closed by itself; answer, retry or cancel what this one is about"
            )
        return [("end_case", (case.no, "closed", self._engine.now()))]

    async def _replay(self, row: CommandRow, said: Said) -> Writes:
        self._made[row.no] = await generations(self._engine, row, said)
        return []

    async def _pass(self, row: CommandRow, _: Said) -> Writes:
        number = row.target.removeprefix("run:")
        found = await self._engine.store.runs([int(number)]) if number.isdigit() else {}
        status = next((Status(one.status) for one in found.values()), None)
        if status is not Status.PARKED:
            what = "is not there" if status is None else f"is {status.name.lower()}"
            raise Refused(f"{row.target} {what}: only a run that became a case lets the next of its key pass")
        return [("let_pass", (int(number),))]

    # -- brakes and modes ----------------------------------------------------------------------------------------

    async def _stop(self, row: CommandRow, said: Said) -> Writes:
        if said.scope not in {"all", "flow", "account", "sku"}:
            raise Refused("stop takes a scope: all, flow, account or sku")
        name = said.name or "*"
        self._engine.brakes.put(row.shop, said.scope, name)
        return [("set_brake", (row.shop, said.scope, name, row.by, self._engine.now(), row.reason))]

    async def _go_on(self, row: CommandRow, said: Said) -> Writes:
        await self._engine.brakes.load()  # another owner may have pulled it just now
        if (row.shop, said.scope, said.name or "*") not in self._engine.brakes.stops:
            on = ", ".join(
                sorted(f"{scope} {name}" for shop, scope, name in self._engine.brakes.stops if shop == row.shop)
            )
            raise Refused(f"{said.scope or 'nothing'} {said.name or '*'} is not stopped; stopped are: {on or 'none'}")
        writes = self._engine.brakes.lift(row.shop, said.scope, said.name or "*")
        kind, after = CASES.get(said.scope), -1
        while kind and (cases := await self._engine.store.open_cases(row.shop, 200, after)):
            after = cases[-1].no
            cause = fingerprint_of(kind, said.name)
            writes += [
                ("end_case", (case.no, "closed", self._engine.now())) for case in cases if case.fingerprint == cause
            ]
        return writes

    async def _mode(self, row: CommandRow, said: Said) -> Writes:
        if said.mode not in {"observe", "live", "paused"}:
            raise Refused("a mode is observe, live or paused")
        flow = said.name or "*"
        self._engine.brakes.set_mode(row.shop, flow, said.account, said.mode, said.watermark)
        writes: Writes = [("set_mode", (row.shop, flow, said.account, said.mode, said.watermark))]
        if said.mode == "live":
            writes.append(self._engine.brakes.wake(row.shop))
        return writes


__all__ = ["Operators", "Refused", "Said", "command"]
