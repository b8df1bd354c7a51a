"""What an effect passes before it may leave: modes, brakes, caps, and the limits of its account."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final

from pawline.ports import Code
from pawline.runtime import settling, waits
from pawline.runtime.account_gate import AccountGate, Trouble
from pawline.runtime.records import Intent, Tried

if TYPE_CHECKING:
    from pawline.ports import EffectKind, PortError
    from pawline.runtime.binding import Binding
    from pawline.runtime.brakes import Brakes
    from pawline.runtime.engine import Engine
    from pawline.runtime.fiber import Pending
    from pawline.runtime.lining import Step
    from pawline.runtime.run import Run
    from pawline.runtime.step import Call

QUEUED: Final = 64
"""Steps that wait in memory for one account; more wait as rows, so that a slow vendor delays its own work only."""


def _budgeted(pending: Pending) -> bool:
    """Whether this is a retry after a failure of the vendor's; what our own death left open is no storm of retries.

    Nor is what comes again because the vendor, which is well, said when.
    """
    begun, tried = pending.begun, pending.tried
    if not isinstance(tried, Tried) or tried.code == Code.RATE_LIMITED.value:
        return False
    return begun is None or (isinstance(begun, Intent) and tried.attempt == begun.attempt)


class Gates:
    """All gates of an engine. `enter` lets a step through, or sees to it that it comes again."""

    def __init__(self, engine: Engine, brakes: Brakes) -> None:
        self._engine = engine
        self._accounts: dict[str, AccountGate] = {}
        self._number = 0
        self.brakes = brakes

    def _account(self, binding: Binding) -> AccountGate:
        gate = self._accounts.get(binding.account)
        if gate is None:
            gate = self._accounts[binding.account] = AccountGate(binding.limits)
        return gate

    @property
    def queued(self) -> int:
        """Steps that wait in memory for room at their accounts."""
        return sum(len(gate.queue) for gate in self._accounts.values())

    def troubles(self) -> dict[str, Trouble]:
        """Accounts that failed last, as far as this process called them."""
        now = self._engine.loop.time()
        found = {account: gate.trouble(now) for account, gate in self._accounts.items()}
        return {account: one for account, one in found.items() if one is not None}

    def unasked(self, account: str) -> float | None:
        """See `AccountGate.unasked`, as far as this process called it."""
        gate = self._accounts.get(account)
        return None if gate is None else gate.unasked(self._engine.loop.time())

    def answered(self) -> set[str]:
        """Accounts that answered since this was asked last."""
        found = {account for account, gate in self._accounts.items() if gate.heard}
        for account in found:
            self._accounts[account].heard = False
        return found

    def enter(self, run: Run, pending: Pending, call: Call[Any], binding: Binding) -> bool:
        """True: the step may leave now, and counts. False: it waits, in memory or as a row, and comes again."""
        gate, brakes = self._accounts.get(binding.account) or self._account(binding), self.brakes
        if brakes.any and not brakes.off(run, call):
            waits.shelve(run, pending.path, None)
            return False
        if gate.calm and not brakes.caps and not gate.rows:
            return True
        retried = pending.begun is not None or call.undoes is not None  # it was counted, or gives back what was
        kind = None if retried else binding.operations[call.target.name].kind
        return self._pass(gate, run, pending, kind)

    def enter_read(self, run: Run, pending: Pending, binding: Binding) -> bool:
        """The same for a call without effect, or a look-up: limits and stops hold for it too, modes and caps do not."""
        gate, brakes = self._accounts.get(binding.account) or self._account(binding), self.brakes
        if brakes.any and brakes.stopped(run.row.shop, run.row.flow, binding.account):
            waits.shelve(run, pending.path, None)
            return False
        return (gate.calm and not gate.rows) or self._pass(gate, run, pending, None)

    def _pass(self, gate: AccountGate, run: Run, pending: Pending, kind: EffectKind | None) -> bool:
        budgeted, call = _budgeted(pending), (run.no, pending.path)
        wait = 0.0 if gate.calm else gate.wait(self._engine.loop.time(), retry=budgeted)
        if wait == 0.0:
            if kind is not None and self.brakes.unsure(run, kind):
                waits.shelve(run, pending.path, self._engine.now() + self._engine.settings.moment)
                return False
            if kind is not None and not self.brakes.spend(run, kind):
                if run.unborn is not None:
                    run.unborn.append(pending)  # asked again once it is known to be born
                else:
                    waits.shelve(run, pending.path, None)
                return False
            gate.rows.came(call)
            if not gate.calm:
                gate.take(call, retry=budgeted)
            return True
        moment = self._engine.settings.moment
        self._call(gate, call)
        if wait > moment or len(gate.queue) >= QUEUED or gate.rows.before(run.row.priority, call):
            most = max(wait, moment)
            if wait <= moment:  # it may leave sooner: as soon as those before it have
                most = max(moment, gate.rows.add(run.row.priority, call))
            now = self._engine.now()
            due, late = now + most * (1.0 + self._engine.random.random()), settling.deadline(run, pending)
            # Past its limit only what may have happened is still here: it waits like others.
            waits.shelve(run, pending.path, due if late is None or late <= now else min(due, late))
            return False
        gate.rows.came(call)
        self._number += 1
        heappush(gate.queue, (run.row.priority, self._number, run, pending))
        run.held[pending.path] = pending
        if wait > 0:
            self._pump_later(gate, wait)
        return False

    def _pump_later(self, gate: AccountGate, seconds: float) -> None:
        if gate.timer is None:
            gate.timer = self._engine.loop.call_later(seconds, self._timed, gate)

    def _timed(self, gate: AccountGate) -> None:
        gate.timer = None
        self._pump(gate)

    def _pump(self, gate: AccountGate) -> None:
        """Those in the queue go on as far as they may, and others come up behind them.

        Not while the hub leaves: each run that it drops frees a place, and who took it would not be sent any more.
        """
        if self._engine.closing:
            return
        self._drain(gate)
        self._call(gate)

    def _call(self, gate: AccountGate, here: Step | None = None) -> None:
        """When half of the queue is empty, the next of those who wait as rows come into it; one may be here already."""
        if gate.rows and len(gate.queue) <= QUEUED // 2:
            for step in gate.rows.next(QUEUED // 2, self._engine.loop.time()):
                if step != here:
                    self._engine.loading.again(*step)

    def _drain(self, gate: AccountGate) -> None:
        """Let the next in line try again; a run that left memory meanwhile is passed over."""
        while gate.queue:
            priority, number, run, pending = heappop(gate.queue)
            if run.lost or run.held.get(pending.path) is not pending:
                continue
            wait = gate.wait(self._engine.loop.time(), retry=_budgeted(pending))
            if wait != 0.0:
                heappush(gate.queue, (priority, number, run, pending))
                if wait > 0:
                    self._pump_later(gate, wait)
                return
            del run.held[pending.path]
            settling.resume(run, pending)

    def leave(self, run: Run, path: str, account: str, error: Exception | None) -> None:
        """An attempt ended: its place is free, and the breaker hears how it went."""
        gate = self._accounts[account]
        if error is None and gate.calm:
            gate.heard = True
            if gate.rows:
                self._pump(gate)
            return
        gate.told(self._engine.loop.time(), (run.no, path), error)
        if gate.queue or gate.rows:
            self._pump(gate)

    def unborn(self, run: Run) -> None:
        """A run that will never be leaves memory: what it counted for what it was about to send is given back."""
        self.brakes.give_back(run)
        calls = [((run.no, pending.path), self._accounts.get(one.account))
                 for pending, _, one in (*run.launches, *run.units[1][0])]  # fmt: skip
        gates = {gate for call, gate in calls if gate is not None and gate.stays(call)}
        self._engine.forget(run)  # before others get what it had: it may stand in the same queue
        for gate in gates:
            if gate.queue or gate.rows:
                self._pump(gate)

    def leave_all(self, run: Run, flying: list[tuple[str, str]]) -> None:
        """A run left memory: its places are free, nothing is known of how its calls went."""
        for path, account in flying:
            gate = self._accounts.get(account)
            if gate is not None and (run.no, path) in gate.flying:
                gate.unheard((run.no, path))
                if gate.queue or gate.rows:
                    self._pump(gate)

    def pause(self, run: Run, account: str, error: PortError) -> None:
        """Stop everything through this account, with one case for a person. In the clear, so they say the code only."""
        code = error.code.value
        self.brakes.stop(run, "account", account, code, f"{account}: {code}, said to run {run.no}")
