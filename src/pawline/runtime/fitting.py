"""How commands and records belong together: answers decoded, misfits named, coroutines put away."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pawline.model import public_name
from pawline.ports import from_record
from pawline.runtime.records import Asked, Done, Failed, Intent, Published, Reached, Record, Waiting
from pawline.runtime.step import Ask, Call, Command, FlowError, Late, Misfit, Publish, Reach, Wait

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.runtime.fiber import Pending

_NOT_THE_FLOWS: Final = (str(Path(os.__file__).parent), str(Path(__file__).parent))
"""Where the standard library, what was installed, and the runtime live."""


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
    if isinstance(thing, (Reached, Reach)):
        return f"the milestone {thing.milestone}"
    if isinstance(thing, Published):
        return f"{thing.type} published"
    if isinstance(thing, Publish):
        return f"{public_name(type(thing.event))} published"
    return type(thing).__name__


def outside(problem: BaseException) -> BaseException:
    """Without the first line of its trace: the driver's own frame, which holds the run, and everybody who called it."""
    trace = problem.__traceback__
    return problem if trace is None else problem.with_traceback(trace.tb_next)


def close(coroutines: Iterable[Any]) -> None:
    """End coroutines that are put away, all of them. Raises FlowError if one of them did anything while it ended."""
    problem: FlowError | None = None
    for awaited in coroutines:
        place = line_of(awaited)
        try:
            awaited.close()
        except Exception as error:  # noqa: BLE001 - the flow's author's code
            problem = FlowError(
                f"{place} did not end when it was put away ({error}): no `finally` or broad `except` in flows"
            )
    if problem is not None:
        raise problem


def line_of(awaited: Any) -> str:
    """Where a coroutine stands, innermost of the flow's own code: `file:line in name`."""
    place = ""
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is not None and (not place or not frame.f_code.co_filename.startswith(_NOT_THE_FLOWS)):
            place = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
    return place or "the flow"
