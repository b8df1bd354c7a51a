"""Whoever is unhappy in a survey is heard by a person, once for all that they answered in one go."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pawline.model import Answer, Skipped, SurveyAnswered
from pawline.runtime import Question, ask, flow, now, wait_for

FRESH: Final = timedelta(days=7)
"""Who answered longer ago does not wait for us any more: history that is brought in is no inbox full of cases."""
REST: Final = timedelta(minutes=15)
"""So long after it the other answers of the same go may come, one by one: the reason is in them."""
MOST: Final = 20
"""Answers that are shown of one go."""
SEEN_TO, NOTHING = "seen to", "nothing to be done"


def _line(answered: SurveyAnswered) -> str:
    """One for the unhappy answers of a go; the others keep nobody's place in it."""
    return answered.subject if _unhappy(answered) else f"{answered.subject}/{answered.response.id}"


def _unhappy(answered: SurveyAnswered) -> list[Answer]:
    return [one for one in answered.response.answers if one.unhappy]


@flow(on=SurveyAnswered, key=_line, busy="skip")
async def hear_the_unhappy(answered: SurveyAnswered) -> str | Skipped:
    """A person is asked to see to it; nobody is written to by itself, and nobody whom nobody knows is a case."""
    response, unhappy = answered.response, _unhappy(answered)
    if not unhappy:
        return Skipped("nobody is unhappy in it")
    if response.household is None and response.order is None:
        return Skipped("nobody knows whose answer it is")
    if now() - response.at > FRESH:
        return Skipped("it was answered too long ago")
    said = [*response.answers, *await _rest(answered, len(response.answers))]
    about = f" about order {response.order}" if response.order else ""
    return await ask(
        Question(
            f"somebody is unhappy{about}: {', '.join(f'{one.scale} {one.score}' for one in unhappy)}", team="care",
            evidence={
                "household": response.household, "order": response.order, "pet": response.pet,
                "survey": response.survey, "tool": answered.account, "answers": said[:MOST],
            },
            choices=(SEEN_TO, NOTHING), cause="somebody is unhappy",
        )
    )  # fmt: skip


async def _rest(answered: SurveyAnswered, count: int) -> list[Answer]:
    """What comes of the same go, where its tool tells answer by answer."""
    if answered.response.submission is None:
        return []
    more, until = list[Answer](), now() + REST
    while count + len(more) < MOST:
        after = await wait_for(SurveyAnswered, key=answered.subject, until=until)
        if after is None:
            break
        if after.response.id != answered.response.id:  # the first that is found is the one that began this
            more += after.response.answers
    return more
