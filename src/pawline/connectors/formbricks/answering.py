"""What one answer is: a score where its question's type or the settings say so; else choices, a number, or a text."""

from __future__ import annotations

import re
from typing import Any, Final

from pawline.connectors.formbricks.told import ToldQuestion
from pawline.kit import Score, plain, storable
from pawline.model import Answer, Scale
from pawline.model.survey import RANGES

TYPES: Final = {"nps": Scale.NPS, "csat": Scale.CSAT, "ces": Scale.CES}
"""Question types that say their scale. An effort may be asked from 1 to 5, too: that is not the scale of seven."""
RATED: Final = frozenset({"rating", "csat", "ces"})
CHOSEN: Final = frozenset({
    "multipleChoiceSingle", "multipleChoiceMulti", "ranking", "pictureSelection", "matrix", "consent", "cta", "cal",
})  # fmt: skip
"""Question types whose answers are the survey's own words. An `Other` that somebody wrote stands among them."""
_INTEGER: Final = re.compile(r"[0-9]{1,3}")


def answer(question: ToldQuestion, value: object, said: Score | None) -> Answer | None:
    """In our words; None of a question that was passed over."""
    labels = question.labels
    parts, default = _parts(value, {}), _parts(value, labels)
    raw = storable(", ".join(parts))
    if not raw:
        return None
    asked, words = question.asked, ", ".join(default)
    scale = TYPES.get(question.type)
    if said is None and scale is not None and span(question) == RANGES[scale]:
        said = Score(scale=scale)
    if said is not None and fits(question, said) and (score := said.of(words)) is not None:
        return Answer(question=question.id, asked=asked, raw=raw, scale=said.scale, score=score)
    if (number := _number(question, raw)) is not None:
        return Answer(question=question.id, asked=asked, raw=raw, score=number)
    if question.type in CHOSEN:
        choices = tuple(choice for one in default if (choice := plain(one)))
        return Answer(question=question.id, asked=asked, raw=raw, choices=choices)
    return Answer(question=question.id, asked=asked, raw=raw, text=raw)


def span(question: ToldQuestion) -> tuple[int, int] | None:
    """The least and the most that it counts; None where it does not count."""
    if question.type == "nps":
        return 0, 10
    counts = question.type in RATED and isinstance(question.range, int) and not isinstance(question.range, bool)
    return (1, question.range) if counts else None


def fits(question: ToldQuestion, said: Score) -> bool:
    """Whether its numbers are those of the scale, or each of them has a word: nothing is stretched."""
    counts = span(question)
    if counts is None or counts == RANGES[said.scale]:
        return True
    least, most = counts
    return most <= 99 and {str(one) for one in range(least, most + 1)} <= {word.strip() for word in said.words}


def _number(question: ToldQuestion, raw: str) -> int | None:
    """What it counts as the tool counts."""
    counts = span(question)
    if counts is None or not _INTEGER.fullmatch(raw):
        return None
    least, most = counts
    return int(raw) if least <= int(raw) <= most else None


def _parts(value: Any, labels: dict[str, str] | Any) -> list[str]:  # noqa: ANN401 - JSON
    """What was given, one by one, in the words of `labels` where they have others for it."""
    if isinstance(value, dict):  # a matrix: what was chosen of each row
        return [f"{labels.get(row, row)}: {_one(one, labels)}" for row, one in value.items() if _one(one, labels)]
    every = value if isinstance(value, list) else [value]
    return [text for one in every if (text := _one(one, labels))]


def _one(value: Any, labels: dict[str, str] | Any) -> str:  # noqa: ANN401 - JSON
    if value is None or isinstance(value, bool | list | dict):
        return ""
    text = str(value)
    return labels.get(text, text) if text.strip() else ""
