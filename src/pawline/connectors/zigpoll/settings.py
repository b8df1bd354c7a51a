"""What a Zigpoll account needs to be told."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from pawline.kit import Score, Secret

BASE: Final = "https://v1.zigpoll.com"
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Of an account, a survey, a question: what Zigpoll's ids are made of, and more."""


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
            if wrong := score.wrong():
                raise ValueError(f"`scores.{slide}`: {wrong}")
