"""What a Zigpoll account needs to be told."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from pawline.kit import Secret
from pawline.model import Scale
from pawline.model.survey import RANGES

BASE: Final = "https://v1.zigpoll.com"
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Of an account, a survey, a question: what Zigpoll's ids are made of, and more."""
_INTEGER: Final = re.compile(r"[0-9]{1,3}")


class Score(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question whose answer counts on `scale`: by its number, and by its words where those are given.

    Words may turn a scale round, "1" being its best: of all its numbers, for half of it would count both ways.
    """

    scale: Scale
    words: dict[str, int] = {}

    def half_turned(self) -> list[int]:
        """Numbers of the scale that count as themselves while words have others count as something else."""
        numbers = {word.strip(): number for word, number in self.words.items() if _INTEGER.fullmatch(word.strip())}
        least, most = RANGES[self.scale]
        turned = any(int(word) != number for word, number in numbers.items())
        return [one for one in range(least, most + 1) if turned and str(one) not in numbers]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One private key. `account` is which of Zigpoll's accounts, where the key sees several.

    `polls` are the surveys that are heard, none: all of that account. `scores` says which questions (their slides' ids)
    count on a scale: Zigpoll does not. `webhook_secrets` are those that end the address of webhooks, two while one is
    changed; none, and only looks find answers. `poll` is seconds between two looks; 0: none. `prefix` stands before the
    key. `url` is for tests only.

    Raises ValueError for what is no id, for words of no number on their scale, and for those that turn half of one.
    """

    key: Secret
    account: str = ""
    polls: tuple[str, ...] = ()
    scores: dict[str, Score] = {}
    webhook_secrets: tuple[Secret, ...] = ()
    poll: float = 300.0
    prefix: Literal["", "Bearer"] = ""
    url: str = BASE

    def __post_init__(self) -> None:
        accounts = [self.account] if self.account else []
        for name, ids in {"account": accounts, "polls": self.polls, "scores": self.scores}.items():
            for one in ids:
                if not ID.fullmatch(one):
                    raise ValueError(f"`{name}`: {one[:40]!r} is no id of Zigpoll's: copy it from there")
        for slide, score in self.scores.items():
            least, most = RANGES[score.scale]
            wrong = sorted(word for word, number in score.words.items() if not least <= number <= most)
            if wrong:
                raise ValueError(f"`scores.{slide}`: {score.scale} is {least} to {most}, and {wrong[0][:40]!r} is not")
            if half := score.half_turned():
                raise ValueError(f"`scores.{slide}`: `words` say what other numbers count, and not what {half[0]} does")
