"""Undoing a run from its journal alone: its code cannot be driven, but every intent says how it is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pawline.ports import PortError
from pawline.runtime.driver import Driver
from pawline.runtime.fiber import Fiber, Pending
from pawline.runtime.port import methods_of
from pawline.runtime.records import Cancelling, Done, Failed, Intent, Kept, Parked, Record, Resumed, Tried
from pawline.runtime.step import Call, Cancelled, FlowError, Late, Together

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.runtime.binding import Bindings
    from pawline.runtime.port import PortMethod
    from pawline.runtime.step import Command


def begins(history: list[Record]) -> int | None:
    """Where the journal says that the run goes on alone; None if it does not."""
    return next((at for at, one in enumerate(history) if isinstance(one, Cancelling) and one.alone), None)


class Alone(Driver):
    """Takes the flow's place: settles what is open, calls `back` of what was done, newest first, and ends cancelled."""

    def __init__(self, history: Iterable[Record], started: float, bindings: Bindings) -> None:
        super().__init__(self._undo(), started, lambda _: ())
        self._main = Fiber(self._main.awaited, "undo/", None, 0)
        self._bindings = bindings
        self._begun: dict[str, Intent] = {}
        self._tried: dict[str, Tried | Resumed] = {}
        self._done: dict[str, msgspec.Raw] = {}
        self._over: set[str] = set()  # ended in an error, or kept
        for record in history:
            self._note_past(record)
        self._open = [path for path in self._begun if path not in self._done and path not in self._over]

    def _note_past(self, record: Record) -> None:
        if isinstance(record, Intent):
            self._begun[record.path] = record
            self._tried.pop(record.path, None)
        elif isinstance(record, Done):
            self._done[record.path] = record.value
        elif isinstance(record, Failed):
            self._over.add(record.path)
        elif isinstance(record, Kept):
            self._over.update(record.paths)
        elif isinstance(record, (Tried, Resumed)):
            self._tried[record.path] = record
        elif isinstance(record, Parked):
            self._tried.pop(record.path, None)

    def cancel(self, at: float) -> None:
        """It is being cancelled: nothing to add."""

    def _enter(self, fiber: Fiber, command: Command[Any]) -> bool:
        if isinstance(command, Call) and command.path in self._open:
            path = command.path
            pending = self.pending[path] = Pending(path, fiber, command, self.now)
            pending.begun, pending.tried = self._begun[path], self._tried.get(path)
            return True
        return super()._enter(fiber, command)

    async def _undo(self) -> None:
        await Together([self._settle(path) for path in self._open])
        undone = {begun.undoes for path, begun in self._begun.items() if path in self._done or path in self._over}
        for path, value in reversed(self._done.items()):
            begun = self._begun.get(path)
            if begun is None or begun.back is None or path in undone or path in self._over:
                continue
            back: Call[Any] = Call(self._method(begun, begun.back), begun.account, b"[" + bytes(value) + b"]")
            back.undoes = path
            try:
                await back
            except PortError:
                continue  # a person decided that it stays done
        raise Cancelled("cancelled")

    async def _settle(self, path: str) -> None:
        """What was in flight when the run was parked: its outcome first."""
        begun = self._begun[path]
        method = self._method(begun, begun.method)
        call: Call[Any] = Call(method, begun.account, bytes(begun.args))
        call.path, call.undoes = path, begun.undoes
        try:
            value = await call
        except Late as late:
            if late.happened:
                self._done[path] = msgspec.Raw(method.encode_result(late.result))
        except PortError:
            self._over.add(path)
        else:
            self._done[path] = msgspec.Raw(method.encode_result(value))

    def _method(self, begun: Intent, name: str) -> PortMethod:
        binding = self._bindings.get(begun.port, begun.account)
        if binding is None:
            raise FlowError(f"{begun.account} no longer plays {begun.port}: connect it, then cancel again")
        return methods_of(binding.port)[name]
