"""`[surveys]` in the settings: how seldom one person is asked, over all survey tools."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from pawline.views.invitations import EVERY

LONGEST: Final = 3_650.0


class SurveySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A household is asked once in so many `days`, whichever flow and tool it is; see `Invitations`.

    `exit_intent` and `post_purchase` are the tools' ids of the surveys that ask who leaves, and who has bought: only
    the shop knows which they are, and `pawline checklist` asks for an answer of each.
    """

    days: float = EVERY / timedelta(days=1)
    exit_intent: list[str] = []
    post_purchase: list[str] = []

    @property
    def every(self) -> timedelta:
        """The same."""
        return timedelta(days=self.days)


KINDS: Final[dict[str, type[msgspec.Struct]]] = {"surveys": SurveySettings}
"""What each part of it is, by its key."""


def check(said: SurveySettings) -> None:
    """Raises ValueError with a sentence that names the key and what to do."""
    if not 0 < said.days <= LONGEST:
        raise ValueError(f"`surveys.days` is {said.days:g}: give more than 0, and {LONGEST:g} at most")
