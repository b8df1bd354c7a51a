"""The roles that outside systems can play, and the four ways in which they can fail."""

from pawline.ports.attempt import ATTEMPT, Attempt, attempting, current_attempt
from pawline.ports.errors import (
    Code,
    ErrorRecord,
    Malformed,
    PortError,
    Rejected,
    Transient,
    Unauthorised,
    from_record,
    to_record,
)
from pawline.ports.operation import KEY_LIFE, Breaker, EffectKind, Limits, Operation, Settle
from pawline.ports.read import is_read, read

__all__ = [
    "ATTEMPT",
    "KEY_LIFE",
    "Attempt",
    "Breaker",
    "Code",
    "EffectKind",
    "ErrorRecord",
    "Limits",
    "Malformed",
    "Operation",
    "PortError",
    "Rejected",
    "Settle",
    "Transient",
    "Unauthorised",
    "attempting",
    "current_attempt",
    "from_record",
    "is_read",
    "read",
    "to_record",
]
