"""Observed runs: what they would do is recorded and not done; what the old way did in their place is their result.

A step with a look-up is looked up until it is found, or given up as missing. Where nobody can be asked, or nothing was
found, a result is made up of the step's own arguments, so that the run goes on to what it would do next. Where that
cannot be, and where people would be asked, the run ends: it was observed as far as that.
"""

from __future__ import annotations

import types
from contextvars import Context
from typing import TYPE_CHECKING, Any, Final, NewType, get_type_hints

import msgspec

from pawline.runtime import settling, waits
from pawline.runtime.records import Done, Observed, Seen

if TYPE_CHECKING:
    from pawline.runtime.binding import Binding
    from pawline.runtime.fiber import Pending
    from pawline.runtime.port import PortMethod
    from pawline.runtime.run import Run
    from pawline.runtime.step import Ask, Call

FOUND, MISSING, UNKNOWN, FAILED = "found", "missing", "unknown", "failed"
ASKED: Final = ("people", "ask")
"""Stands in a record for the port and method of a question."""
MADE_UP: Final = "observed"
"""A reference, a number, a name that nobody gave."""


def intend(run: Run, pending: Pending, call: Call[Any], binding: Binding) -> None:
    """An effect that an observed run would have now."""
    if run.unborn is not None:
        run.unborn.append(pending)
        return
    engine, path, target = run.engine, pending.path, call.target
    since = run.driver.observed.get(path)
    if since is None:
        since = run.driver.observed[path] = engine.now()
        run.records.append(Observed(path, since, target.port, target.name, msgspec.Raw(call.args), call.account))
    operation = binding.operations[target.name]
    if operation.look_up is None or call.undoes is not None:
        run.after(path, 0.0, _assume, run, pending, UNKNOWN)
    elif engine.gates.enter_read(run, pending, binding):
        task = engine.loop.create_task(_look(run, pending, since, binding), context=Context())
        run.working[path] = task


async def _look(run: Run, pending: Pending, since: float, binding: Binding) -> None:
    engine, path, settings = run.engine, pending.path, run.engine.settings
    call: Any = pending.command
    value, error = await settling.found_out(call, call.args, binding)
    if run.lost:
        return
    engine.gates.leave(run, path, call.account, error)
    del run.working[path]
    at = engine.now()
    if value is not None:
        _seen(run, path, at, FOUND, value)
    elif at - since >= settings.observed_within:
        _assume(run, pending, MISSING if error is None else FAILED)  # it may be there: nobody got to look
    else:
        pause = min(max(settings.observed_first, at - since), settings.observed_last)
        waits.shelve(run, path, min(at + pause, since + settings.observed_within))
        run.flush()


def _assume(run: Run, pending: Pending, how: str) -> None:
    call: Any = pending.command
    value = made_up(call.target, call.args)
    if value is None:
        run.records.append(Seen(pending.path, run.engine.now(), how))
        end(run, f"{call.target.port}.{call.target.name}, whose result nobody knows")
    else:
        _seen(run, pending.path, run.engine.now(), how, value)


def _seen(run: Run, path: str, at: float, how: str, value: bytes) -> None:
    run.records.append(Seen(path, at, how))
    run.finish(Done(path, at, msgspec.Raw(value)))


def ask(run: Run, pending: Pending, command: Ask[Any]) -> None:
    """Nobody is asked: what they would say is theirs."""
    at, title = run.engine.now(), command.question.title
    run.records.append(Observed(pending.path, at, *ASKED, msgspec.Raw(msgspec.json.encode([title])), ""))
    run.after(pending.path, 0.0, end, run, f"the question: {title}")


def end(run: Run, where: str) -> None:
    """The run is done, as far as it can be observed."""
    for path in run.driver.pending:
        run.writes.append(("delete_wait", (run.no, path)))
    run.driver.ended, run.driver.result = True, f"observed as far as {where}"
    run.flush()


def made_up(method: PortMethod, args: bytes | msgspec.Raw) -> bytes | None:
    """A result such as the method gives, made of its arguments; None where it has parts that nobody can make up."""
    given = dict(zip(method.signature.parameters, method.decode_args(args), strict=True))
    try:
        data = msgspec.json.encode(_made(method.result, given))
        method.decode_result(data)
    except (LookupError, msgspec.MsgspecError, ValueError):
        return None
    return data


def _made(kind: Any, given: dict[str, Any]) -> Any:
    if kind is None or kind is types.NoneType:
        return None
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind, given)
    if _is_text(kind):
        return MADE_UP
    raise LookupError(kind)


def _is_text(kind: Any) -> bool:
    while isinstance(kind, NewType):
        kind = kind.__supertype__
    return kind is str


def _struct(kind: type[msgspec.Struct], given: dict[str, Any]) -> dict[str, Any]:
    """Its required fields: by the arguments of the same name, or those of one that is given whole."""
    for value in given.values():
        if type(value) is kind:
            return msgspec.to_builtins(value)  # type: ignore[no-any-return]
    hints, made = get_type_hints(kind), dict[str, Any]()
    whole = {name: value for one in given.values() for name, value in _fields(one).items()} | given
    for field in msgspec.structs.fields(kind):
        if not field.required:
            continue
        found = whole.get(field.name)
        if found is None:
            made[field.name] = _made(hints[field.name], {})
        elif _is_text(hints[field.name]) and not isinstance(found, str):
            made[field.name] = found.id if hasattr(found, "id") else MADE_UP
        else:
            made[field.name] = found
    return made


def _fields(value: Any) -> dict[str, Any]:
    return msgspec.structs.asdict(value) if isinstance(value, msgspec.Struct) else {}
