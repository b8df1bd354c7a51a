"""A flow that asks people, and does as they say."""

from __future__ import annotations

from pawline.model import Event, HouseholdId
from pawline.runtime import Question, ask, flow


class Wondered(Event, tag="test.wondered@1"):
    """Somebody wonders what to do about something."""

    about: str
    team: str = "care"
    of: HouseholdId | None = None

    @property
    def subject(self) -> str:
        return self.about

    @property
    def household(self) -> str | None:
        return self.of


@flow(on=Wondered)
async def decide(wondered: Wondered) -> str:
    """As people say."""
    choices = ("leave it", "end it")
    return await ask(Question(f"what about {wondered.about}?", choices=choices, team=wondered.team, evidence="a@b.c"))
