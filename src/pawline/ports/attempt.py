"""Which attempt at which step is being made: what a connector needs to send the right idempotency key."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from datetime import datetime
from types import TracebackType
from typing import Final

import msgspec


class Attempt(msgspec.Struct, frozen=True):
    """One try at one step. All tries at a step carry one `key`; `number` counts them from 1.

    `key` is a short hash without personal data. `settle_by` (aware) is when the call must have ended: a connector
    never works past it, and nobody settles the step before it.
    """

    key: str
    number: int
    settle_by: datetime
    shop: str
    account: str


ATTEMPT: Final[ContextVar[Callable[[], Attempt]]] = ContextVar("pawline_attempt")
"""What makes the attempt when it is asked for. The runtime sets it in a context of its own; everyone else reads
`current_attempt()`."""


def current_attempt() -> Attempt:
    """The attempt that this call is part of. Raises LookupError outside of one."""
    try:
        make = ATTEMPT.get()
    except LookupError:
        raise LookupError(
            "no attempt is being made here: a port was called outside of a step; in a test, use `with attempting(...)`"
        ) from None
    return make()


class attempting:  # noqa: N801 - reads as a sentence: `with attempting(attempt):`
    """`with attempting(attempt):` makes `attempt` the current one inside the block. Each use needs a fresh object."""

    __slots__ = ("_attempt", "_token")

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._token: Token[Callable[[], Attempt]] | None = None

    def __enter__(self) -> Attempt:
        self._token = ATTEMPT.set(lambda: self._attempt)
        return self._attempt

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            ATTEMPT.reset(self._token)
            self._token = None
