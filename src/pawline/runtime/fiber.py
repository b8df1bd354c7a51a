"""Lines of execution in a run, and what each of them waits for."""

from __future__ import annotations

from typing import Any

from pawline.runtime.records import Asked, Intent, Parked, Resumed, Tried, Waiting
from pawline.runtime.step import Command


class Fiber:
    """One line of execution in a run: the flow itself, or a branch of `together`."""

    __slots__ = ("awaited", "branch", "count", "join", "prefix")

    def __init__(self, awaited: Any, prefix: str, join: Join | None, branch: int) -> None:
        self.awaited = awaited
        self.prefix = prefix
        self.join = join
        self.branch = branch
        self.count = 0


class Join:
    """A fiber that waits for its branches."""

    __slots__ = ("fiber", "left", "outcomes")

    def __init__(self, fiber: Fiber, branches: int) -> None:
        self.fiber = fiber
        self.left = branches
        self.outcomes: list[tuple[Any, BaseException | None]] = [(None, None)] * branches


class Pending:
    """A command that waits for its answer, since the flow came to it at `since`.

    `begun`: its latest intent, wait or question, once that is recorded.
    """

    __slots__ = ("asked", "begun", "command", "doubt", "fiber", "path", "since", "tried")

    def __init__(self, path: str, fiber: Fiber, command: Command[Any], since: float) -> None:
        self.path = path
        self.since = since
        self.fiber = fiber
        self.command = command
        self.begun: Intent | Waiting | Asked | None = None
        self.tried: Tried | Parked | Resumed | None = None
        self.asked = False  # the engine has taken it up
        self.doubt = False  # an attempt before the latest may have happened under the same key

    def attempt(self, intent: Intent) -> None:
        """A new attempt: a later refusal tells nothing of what became of the ones before under its key."""
        before, tried = self.begun, self.tried
        if isinstance(before, Intent):
            refused = isinstance(tried, Tried) and tried.attempt == before.attempt and not tried.unknown
            self.doubt = before.fresh == intent.fresh and (self.doubt or not refused)
        self.begun = intent
        self.tried = None
