"""Whoever is unhappy in a survey is heard by a person, once for all that they answered in one go."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from pawline.model import Answer, ShopperDisappointed, Skipped, SurveyAnswered, SurveyResponse
from pawline.runtime import Question, ask, flow, now, publish, wait_for

FRESH: Final = timedelta(days=7)
"""Who answered longer ago does not wait for us any more: history that is brought in is no inbox full of cases."""
REST: Final = timedelta(minutes=15)
"""So long after it the other answers of the same go may come, one by one: the reason is in them."""
MOST: Final = 20
"""Answers that are shown of one go."""
SEEN_TO, NOTHING = "seen to", "nothing to be done"


def _line(answered: SurveyAnswered) -> str:
    """One for the unhappy answers of a go; the others keep nobody's place in it."""
    return answered.subject if _unhappy(answered.response) else f"{answered.subject}/{answered.response.id}"


def _unhappy(response: SurveyResponse) -> list[Answer]:
    return [one for one in response.answers if one.unhappy]


# The line is free again once the go is over, and not once a person has seen to it: who answers anew, a week later and
# about something else, while that case is open, is another case.
@flow(on=SurveyAnswered, key=_line, busy="skip")
async def notice_the_unhappy(answered: SurveyAnswered) -> str | Skipped:
    """What else is answered in the same go is waited for: whose it is may be said last."""
    if not _unhappy(answered.response):
        return Skipped("nobody is unhappy in it")
    if now() - answered.response.at > FRESH:
        return Skipped("it was answered too long ago")
    whole = await _whole(answered)
    if whole.household is None and whole.order is None:
        return Skipped("nobody knows whose answer it is")
    await publish(ShopperDisappointed(response=whole, account=answered.account))
    return "a person is asked"


@flow(on=ShopperDisappointed)
async def hear_the_unhappy(disappointed: ShopperDisappointed) -> str:
    """A person is asked to see to it; nobody is written to by itself, and nobody whom nobody knows is a case."""
    response = disappointed.response
    about = f" about order {response.order}" if response.order else ""
    said = ", ".join(f"{one.scale} {one.score}" for one in _unhappy(response))
    return await ask(
        Question(
            f"somebody is unhappy{about}: {said}", team="care",
            evidence={
                "household": response.household, "order": response.order, "pet": response.pet,
                "survey": response.survey, "tool": disappointed.account, "answers": response.answers,
            },
            choices=(SEEN_TO, NOTHING), cause="somebody is unhappy",
        )
    )  # fmt: skip


async def _whole(answered: SurveyAnswered) -> SurveyResponse:
    """The first response with what comes of the same go, where its tool tells answer by answer."""
    whole, until = answered.response, now() + REST
    while whole.submission is not None and len(whole.answers) < MOST:
        after = await wait_for(SurveyAnswered, key=answered.subject, until=until)
        if after is None:
            break
        more = after.response
        if more.id != answered.response.id:  # the first that is found is the one that began this
            whole = msgspec.structs.replace(
                whole, answers=(*whole.answers, *more.answers), household=whole.household or more.household,
                order=whole.order or more.order, pet=whole.pet or more.pet,
            )  # fmt: skip
    return msgspec.structs.replace(whole, answers=whole.answers[:MOST])
