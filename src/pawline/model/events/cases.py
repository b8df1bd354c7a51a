"""Events about cases that are answered at a helpdesk."""

from __future__ import annotations

from pawline.model.event import Event
from pawline.model.ids import HouseholdId
from pawline.model.moment import Aware


class CaseAsked(Event, tag="case.asked@1"):
    """A case that people of the helpdesk `account` may answer. `choices` are for people to read, numbered from 1.

    Nothing of its evidence is in it, for that may be personal; `of` is whose case it is.
    """

    case: int
    title: str
    choices: tuple[str, ...]
    team: str
    account: str
    until: Aware | None = None
    of: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The case."""
        return str(self.case)

    @property
    def household(self) -> str | None:
        """Whose it is, if it is somebody's."""
        return self.of

    @property
    def fact(self) -> str:
        """One per case."""
        return f"case.asked/{self.case}"


class CaseEnded(Event, tag="case.ended@1"):
    """Nobody needs to answer it there any more: it was answered, closed, expired, or withdrawn from there (`state`)."""

    case: int
    state: str
    by: str | None = None

    @property
    def subject(self) -> str:
        """The case."""
        return str(self.case)

    @property
    def fact(self) -> str:
        """One per case."""
        return f"case.ended/{self.case}"
