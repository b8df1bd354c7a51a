"""What a flow awaits: commands that the driver takes from its coroutine, and the errors that it may meet there."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

    from pawline.model import Event
    from pawline.runtime.port import PortMethod

A = TypeVar("A")
R = TypeVar("R")

Step = Awaitable
"""A call through a port, or another of the runtime's words, not yet awaited."""


class FlowError(Exception):
    """A flow used the runtime in a way it cannot keep its promises for; a case for the flow's developer."""


class ForeignAwait(FlowError):
    """The flow awaited something that is not one of the runtime's words, so it could not be recorded or replayed."""


class Misfit(FlowError):
    """The flow's code no longer does what its journal says it did: deploy the old code under its version number."""


class Late(Exception):
    """`within` ran out. The step is settled: `happened` says whether it had its effect, `result` what it returned."""

    def __init__(self, text: str, *, happened: bool = False, result: Any = None) -> None:
        super().__init__(text)
        self.happened = happened
        self.result = result


class Cancelled(BaseException):
    """The run is being cancelled: `undoing` blocks undo their steps, and nothing new is begun."""


class Again(BaseException):
    """Carries the event with which the run begins afresh. Raised by `again`, caught by the driver only."""

    def __init__(self, event: Event) -> None:
        super().__init__("again")
        self.event = event


class Command(Generic[R]):
    """Something the driver does for a flow. Awaiting it hands it over; the answer comes back through `send`."""

    __slots__ = ()

    def __await__(self) -> Generator[Command[Any], Any, R]:
        """Hand over, come back with the answer or the error."""
        answer: R = yield self
        return answer


class Call(Command[R]):
    """One call of a port's method. `args` are encoded at the call, so what the flow changes later does not count."""

    __slots__ = ("account", "args", "back", "deadline", "late", "path", "target", "undoes")

    def __init__(self, target: PortMethod, account: str, args: bytes) -> None:
        self.target = target
        self.account = account
        self.args = args
        self.back: str | None = None
        self.undoes: str | None = None
        self.late: float | None = None
        self.deadline: float | None = None  # when `late` is over, for a step that had to wait before it was sent
        self.path = ""


class Wait(Command[R]):
    """Sleep until a moment, or wait for an event until then."""

    __slots__ = ("decode", "key", "type", "until")

    def __init__(
        self, until: float | None, kind: str | None, key: str | None, decode: Callable[[msgspec.Raw], Any] | None
    ) -> None:
        self.until = until
        self.type = kind
        self.key = key
        self.decode = decode


class Ask(Command[R]):
    """A question to people."""

    __slots__ = ("question",)

    def __init__(self, question: Question[R]) -> None:
        self.question = question


class Publish(Command[None]):
    """An event for the next commit."""

    __slots__ = ("event",)

    def __init__(self, event: Event) -> None:
        self.event = event


class Reach(Command[None]):
    """A milestone for the next commit."""

    __slots__ = ("milestone", "value")

    def __init__(self, milestone: str, value: msgspec.Raw) -> None:
        self.milestone = milestone
        self.value = value


class Together(Command[tuple[Any, ...]]):
    """Branches that run side by side; all of them end before the first error in argument order is raised."""

    __slots__ = ("branches",)

    def __init__(self, branches: Sequence[Awaitable[Any]]) -> None:
        self.branches = branches


class Halt(Command[NoReturn]):
    """Stop here: the flow met a bug, and neither its handlers nor its undoing should act on it."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


def is_bug(error: BaseException) -> bool:
    """Whether the error says that the flow's code is wrong: Python's own, its libraries', or misuse of the runtime."""
    if not isinstance(error, Exception):
        return False
    module = type(error).__module__.partition(".")[0]
    return isinstance(error, FlowError) or module in sys.stdlib_module_names or module == "msgspec"


class Question(Generic[A]):
    """What a person is asked, and what happens if nobody answers.

    `choices` are the allowed answers (any, if empty, of type `answer`); `evidence` is shown beside the question and
    stored with it: ids, not personal data, where possible. At `until` the answer is `otherwise`; without `until` the
    run waits for ever. `suggested` is marked in the inbox. `team` is who gets it. Questions of one flow and one
    `cause` (the title, if not given) are one group in the inbox, and may be answered together.
    """

    __slots__ = ("answer", "cause", "choices", "evidence", "otherwise", "suggested", "team", "title", "until")

    def __init__(
        self, title: str, *, choices: Sequence[A] = (), answer: type[A] | Any = str, team: str = "operations",
        evidence: object = None, until: datetime | None = None, otherwise: A | None = None, suggested: A | None = None,
        cause: str = "",
    ) -> None:  # fmt: skip
        if until is not None and otherwise is None:
            raise ValueError("a question with a deadline says what its answer is `otherwise`")
        if until is not None and until.utcoffset() is None:
            raise ValueError("a question's deadline needs a time zone")
        for given in (otherwise, suggested):
            if choices and given is not None and given not in choices:
                raise ValueError(f"{given!r} is not among the choices of {title!r}: {list(choices)}")
        for given in (*choices, otherwise, suggested):
            if given is not None:  # as the flow will get it
                msgspec.json.decode(msgspec.json.encode(given), type=answer)
        self.title = title
        self.cause = cause
        self.choices = tuple(choices)
        self.answer = answer
        self.team = team
        self.evidence = evidence
        self.until = until
        self.otherwise = otherwise
        self.suggested = suggested

    def read(self, value: msgspec.Raw) -> A:
        """The answer in its type. Raises ValueError for one that was not among the choices."""
        answer: A = msgspec.json.decode(value, type=self.answer)
        if self.choices and answer not in self.choices:
            raise ValueError(f"{answer!r} is not among the choices of {self.title!r}: {list(self.choices)}")
        return answer
