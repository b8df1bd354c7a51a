"""What is told to outside systems that listen to our events, and what people decide where one does not take it."""

from __future__ import annotations

import enum

from pawline.model.event import Event
from pawline.model.ids import HouseholdId


class ListenerOwed(Event, tag="listener.owed@1"):
    """An account that listens is to be told of an event, by the event's number in this store.

    `household` is whose the event is, where all of it is told: what is owed goes when they are erased. `turn` names one
    telling again on purpose, empty for the first; `anew` has it told under another id, as a new one.
    """

    listener: str
    event: int
    household: HouseholdId | None = None
    turn: str = ""
    anew: bool = False

    @property
    def subject(self) -> str:
        """The listener and the event, in its turn."""
        return "/".join(filter(None, (self.listener, str(self.event), self.turn)))

    @property
    def fact(self) -> str:
        """One per listener, event and turn."""
        return f"listener.owed/{self.subject}"


class ListenerLost(Event, tag="listener.lost@1"):
    """A listener takes nothing any more. `turn` is how often it was opened again before; `because` holds no secret."""

    listener: str
    turn: int
    because: str

    @property
    def subject(self) -> str:
        """The listener."""
        return self.listener

    @property
    def fact(self) -> str:
        """One per listener and turn, however many events it did not take."""
        return f"listener.lost/{self.listener}/{self.turn}"


class Reopening(enum.StrEnum):
    """What becomes of a listener that took nothing any more. The strings are stored: add, never rename."""

    SEND = "send what waits"
    DROP = "drop what waits, and send what comes"
    LEAVE = "leave it off"


class ListenerReopened(Event, tag="listener.reopened@1"):
    """A listener is told again; `dropped` says that it is not told of what waited until then."""

    listener: str
    dropped: bool

    @property
    def subject(self) -> str:
        """The listener."""
        return self.listener
