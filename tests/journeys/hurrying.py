"""A flow that asks people, and decides by itself where nobody answers in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pawline.model import Event
from pawline.runtime import Question, ask, flow, now

SOON: Final = timedelta(seconds=9)


class Hurried(Event, tag="test.hurried@1"):
    """Something cannot wait long."""

    about: str

    @property
    def subject(self) -> str:
        return self.about


@flow(on=Hurried)
async def decide_in_time(hurried: Hurried) -> str:
    """As people say, or as it was."""
    choices, until = ("leave it", "end it"), now() + SOON
    return await ask(
        Question(f"what about {hurried.about}?", choices=choices, team="care", until=until, otherwise="leave it")
    )
