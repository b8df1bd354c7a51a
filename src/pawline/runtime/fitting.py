"""How commands and records belong together: answers decoded, misfits named, coroutines put away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pawline.ports import from_record
from pawline.runtime.records import Asked, Done, Failed, Intent, Published, Reached, Record, Waiting
from pawline.runtime.step import Ask, Call, Command, FlowError, Late, Misfit, Publish, Reach, Wait

if TYPE_CHECKING:
    from pawline.runtime.driver import Pending


def outcome(pending: Pending, record: Done | Failed) -> tuple[Any, BaseException | None]:
    """What the flow gets: always a freshly decoded copy."""
    if isinstance(record, Failed):
        if record.late:
            return None, Late(record.text)
        return None, from_record(record.kind, record.code, record.text)
    command = pending.command
    if isinstance(command, Call):
        value = command.target.decode_result(record.value)
        return (None, Late("it took too long", happened=True, result=value)) if record.late else (value, None)
    if isinstance(command, Wait):
        return (None if command.decode is None or record.event is None else command.decode(record.value)), None
    if isinstance(command, Ask):
        return command.question.read(record.value), None
    raise Misfit(f"step {pending.path}: {in_words(command)} cannot end in {record}")


def fits(command: Command[Any], record: Record) -> bool:
    """Whether the flow does what the journal says it did: the same port and method, wait, event or milestone."""
    if isinstance(command, Call):
        target = command.target
        return isinstance(record, Intent) and record.port == target.port and record.method == target.name
    if isinstance(command, Wait):
        return isinstance(record, Waiting) and record.type == command.type
    if isinstance(command, Ask):
        return isinstance(record, Asked)
    if isinstance(command, Publish):
        return isinstance(record, Published) and record.type == type(command.event).__struct_config__.tag
    return isinstance(command, Reach) and isinstance(record, Reached) and record.milestone == command.milestone


def in_words(thing: object) -> str:
    """A command or record in words for a Misfit, without its arguments: they may be personal."""
    if isinstance(thing, Intent):
        return f"{thing.port}.{thing.method}"
    if isinstance(thing, Call):
        return f"{thing.target.port}.{thing.target.name}"
    if isinstance(thing, (Waiting, Wait)):
        return f"a wait for {thing.type}" if thing.type else "a sleep"
    return type(thing).__name__


def close(awaited: Any) -> None:
    """End a coroutine that is put away. Raises FlowError if it awaits while it ends."""
    try:
        awaited.close()
    except RuntimeError as error:
        raise FlowError(f"{line_of(awaited)} awaited while it was put away: no `finally` or broad `except` in flows") from error


def line_of(awaited: Any) -> str:
    """Where a coroutine stands, innermost of ours: `file:line in name`."""
    frame, place = None, "the flow"
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is not None:
            place = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
        if not hasattr(awaited, "cr_frame") and not hasattr(awaited, "gi_frame"):
            break
    return place
