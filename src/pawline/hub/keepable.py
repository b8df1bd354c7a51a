"""What a connector made of what it was told: whether the store can keep it, found out before it is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.model import Event, encode_event

if TYPE_CHECKING:
    from datetime import datetime


def check_keepable(name: str, at: datetime, event: Event) -> None:
    """Raises where the store could not keep it under this id: ValueError, or what the event's encoding says."""
    check_names(name, event.subject, event.household, event.fact)
    if not name or at.tzinfo is None:
        raise ValueError("it has no id, or its time has no zone")
    encode_event(event)


def check_names(*names: str | None) -> None:
    """Raises ValueError for a name that one of the databases would not keep."""
    for text in names:
        if text is not None and "\0" in text:
            raise ValueError("a name holds a character that no database keeps")
        (text or "").encode()
