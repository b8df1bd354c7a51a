"""The four ways in which a port can fail, each named by its remedy.

    PortError            never raised itself
    ├── Transient        again: later, not before `retry_after`
    ├── Rejected         never: the flow decides
    ├── Unauthorised     a person: the account is paused until its credential or scope is put right
    └── Malformed        a developer: the other side, or our reading of it, is not what its page promises

A journal holds `to_record(error)`, never a class of a vendor or a pickle. The four are final: a replay could not
raise a subclass again.
"""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import ClassVar, Final, NamedTuple, final


@enum.unique
class Code(enum.StrEnum):
    """What went wrong, in words that a flow may compare with. The strings are stored: add, never rename."""

    # usually Rejected
    DECLINED = "declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED = "expired"
    OUT_OF_STOCK = "out_of_stock"
    NOT_FOUND = "not_found"
    GONE = "gone"
    CONFLICT = "conflict"
    INVALID = "invalid"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    UNDELIVERABLE = "undeliverable"
    NOT_ALLOWED = "not_allowed"
    TOO_LATE = "too_late"
    KEY_REUSED = "key_reused"
    # usually Transient
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    UNREACHABLE = "unreachable"  # nothing can have been sent
    TIMED_OUT = "timed_out"
    DISCONNECTED = "disconnected"
    IN_PROGRESS = "in_progress"
    NOT_TAKEN = "not_taken"  # the other side answered that nothing came of it
    KEPT_FAILURE = "kept_failure"  # the vendor failed, and answers this key with that as long as it knows it
    # usually Unauthorised
    CREDENTIALS = "credentials"
    FORBIDDEN = "forbidden"
    # usually Malformed
    BAD_REPLY = "bad_reply"
    BAD_REQUEST = "bad_request"


class PortError(Exception):
    """What a port raises; always one of its four subclasses. `text` is for people and holds no personal data."""

    kind: ClassVar[str]
    usual: ClassVar[Code]

    def __init__(self, text: str, code: Code | None = None) -> None:
        if type(self) is PortError:
            raise TypeError("raise one of Transient, Rejected, Unauthorised, Malformed")
        super().__init__(text)
        self.text: Final = text
        self.code: Final = self.usual if code is None else code

    def __init_subclass__(cls) -> None:
        if cls.__module__ != __name__:
            raise TypeError(f"{cls.__qualname__}: the four errors are final; say more with a Code and the text")
        super().__init_subclass__()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r}, {self.code.value})"


@final
class Transient(PortError):
    """It may work later: try again, not before `retry_after` if the other side named one."""

    kind = "transient"
    usual = Code.UNAVAILABLE

    def __init__(self, text: str, code: Code | None = None, *, retry_after: timedelta | None = None) -> None:
        super().__init__(text, code)
        self.retry_after: Final = retry_after


@final
class Rejected(PortError):
    """The answer is no and stays no, and nothing was done. The flow decides what follows."""

    kind = "rejected"
    usual = Code.INVALID


@final
class Unauthorised(PortError):
    """The account may not do this: its steps wait until a person has put the credential or its scope right."""

    kind = "unauthorised"
    usual = Code.CREDENTIALS


@final
class Malformed(PortError):
    """A reply (or a request of ours) is not what the page promises: a case for a developer."""

    kind = "malformed"
    usual = Code.BAD_REPLY


class ErrorRecord(NamedTuple):
    """An error as a journal keeps it: plain values, `retry_after` in seconds."""

    kind: str
    code: str
    text: str
    retry_after: float | None


_KINDS: Final[dict[str, type[PortError]]] = {
    error.kind: error for error in (Transient, Rejected, Unauthorised, Malformed)
}


def to_record(error: PortError) -> ErrorRecord:
    """The error in plain values, from which `from_record` makes an equal one."""
    wait = error.retry_after if isinstance(error, Transient) else None
    return ErrorRecord(error.kind, error.code.value, error.text, None if wait is None else wait.total_seconds())


def from_record(kind: str, code: str, text: str, retry_after: float | None = None) -> PortError:
    """The error back from its record. Raises ValueError for a kind or a code that this release does not know."""
    if kind not in _KINDS:
        raise ValueError(f"no port error is of kind {kind!r}")
    if kind == Transient.kind:
        wait = None if retry_after is None else timedelta(seconds=retry_after)
        return Transient(text, Code(code), retry_after=wait)
    return _KINDS[kind](text, Code(code))
