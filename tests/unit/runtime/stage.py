"""A driver alone: no store, no loop. Tests answer its steps by path and replay what it recorded."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec

from pawline.ports import PortError
from pawline.runtime.driver import Driver
from pawline.runtime.records import Asked, Cancelling, Done, Failed, Intent, Record, Waiting
from pawline.runtime.step import Ask, Call, Wait

START = 1000.0


class Stage:
    """Keeps the journal as an engine would: an intent for each new command, then results in the order given."""

    def __init__(self, flow: Callable[[], Coroutine[Any, Any, Any]], accounts: Sequence[str] = ("shelf/eu",)) -> None:
        self.history: list[Record] = []
        self.bound = tuple(accounts)
        self._flow = flow
        self.driver = Driver(flow(), START, lambda _: self.bound)

    def start(self) -> Stage:
        self.driver.start()
        self._take()
        return self

    def _take(self) -> None:
        driver = self.driver
        self.history += driver.records
        driver.records.clear()
        for pending in driver.fresh:
            pending.begun = _begun(pending.path, pending.command)
            if pending.begun is not None:
                self.history.append(pending.begun)
        driver.fresh.clear()

    def answer(self, path: str, value: object = "ok", *, at: float = START, event: int | None = None) -> None:
        self.driver.finish(Done(path, at, msgspec.Raw(msgspec.json.encode(value)), event))
        self._take()

    def fail(self, path: str, error: PortError, *, at: float = START) -> None:
        self.driver.finish(Failed(path, at, error.kind, error.code.value, error.text))
        self._take()

    def cancel(self, at: float = START) -> None:
        self.history.append(Cancelling(at, "because"))
        self.driver.cancel(at)
        self._take()

    def replayed(self, flow: Callable[[], Coroutine[Any, Any, Any]] | None = None) -> Driver:
        """Another driver that went through the same history."""
        driver = Driver((flow or self._flow)(), START, lambda _: ("another",))
        driver.start(self.history)
        return driver

    @property
    def open(self) -> list[str]:
        return list(self.driver.pending)


def _begun(path: str, command: object) -> Intent | Waiting | Asked | None:
    if isinstance(command, Call) and not command.target.read:
        target = command.target
        args = msgspec.Raw(command.args)
        back, undoes = command.back, command.undoes
        return Intent(path, target.port, target.name, args, command.account, 0.0, back=back, undoes=undoes)
    if isinstance(command, Wait):
        return Waiting(path, command.until, command.type, command.key)
    return Asked(path, 1) if isinstance(command, Ask) else None
