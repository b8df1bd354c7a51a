"""What people have until a day for: asked at once, and again shortly before that day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pawline.runtime import Question, ask

BEFORE: Final = timedelta(days=7)
_LATER: Final = "ask again shortly before"


async def in_time(
    title: str, by: datetime, choices: Sequence[str], evidence: object, suggested: str, before: timedelta = BEFORE
) -> str:  # fmt: skip
    """The answer. Unanswered so long before `by`, it is another case: whoever is told of new cases is told again.

    Nothing is ever answered by itself.
    """
    answer = await ask(
        Question(
            f"{title}, by {by.date()}", choices=(*choices, _LATER), evidence=evidence, suggested=suggested,
            until=by - before, otherwise=_LATER, cause=title,
        )
    )  # fmt: skip
    if answer != _LATER:
        return answer
    return await ask(
        Question(
            f"{title}: {before.days} days are left, until {by.date()}", choices=choices, evidence=evidence,
            suggested=suggested, cause=f"{title}: {before.days} days are left",
        )
    )  # fmt: skip
