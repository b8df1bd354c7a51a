"""What people answer when they are asked: texts, choices, and scores on the scales that the field knows."""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from pawline.model.ids import HouseholdId, OrderId, PetId, ResponseId, SubmissionId, SurveyId
from pawline.model.moment import Aware, check_aware


class Scale(enum.StrEnum):
    """What a score counts on: more is better on each. The strings are stored: add, never rename."""

    NPS = "nps"
    """0 to 10: how likely somebody is to recommend the shop. A tool that begins at 1 leaves the 0 out."""
    CSAT = "csat"
    """1 to 5: how satisfied."""
    CES = "ces"
    """1 to 7: how easy it was."""


RANGES: Final = {Scale.NPS: (0, 10), Scale.CSAT: (1, 5), Scale.CES: (1, 7)}
"""The least and the most on each scale."""
_UNHAPPY: Final = {Scale.NPS: 6, Scale.CSAT: 2, Scale.CES: 3}
"""So much at most says who is unhappy: NPS calls them detractors; the lower two of five, the lower three of seven."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer in a survey: a text, a score or choices, as the question asked.

    `question` is the tool's own id of the question, `asked` what it says where the tool tells. `raw` is the answer in
    the tool's own words, whatever was made of it. `score` counts on `scale`, or, without one, as the tool counts.

    Raises ValueError for a score that is not on its scale.
    """

    question: str
    text: str | None = None
    score: int | None = None
    choices: tuple[str, ...] = ()
    scale: Scale | None = None
    raw: str | None = None
    asked: str | None = None

    def __post_init__(self) -> None:
        if self.scale is None:
            return
        least, most = RANGES[self.scale]
        if self.score is None or not least <= self.score <= most:
            raise ValueError(f"a score of {self.scale.value} is {least} to {most}")

    @property
    def unhappy(self) -> bool:
        """Whether its score says so; what counts on no scale says nothing."""
        return self.scale is not None and self.score is not None and self.score <= _UNHAPPY[self.scale]


class SurveyResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What one person answered, and about what. Raises ValueError for a time without a zone.

    A tool that keeps each answer by itself tells it by itself; those that somebody gave in one go have one
    `submission`.
    """

    id: ResponseId
    survey: SurveyId
    at: Aware
    answers: tuple[Answer, ...]
    finished: bool = True
    household: HouseholdId | None = None
    order: OrderId | None = None
    pet: PetId | None = None
    submission: SubmissionId | None = None

    def __post_init__(self) -> None:
        check_aware("a response's time", self.at)
