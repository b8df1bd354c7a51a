"""What a Formbricks account needs to be told."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from pawline.kit import Score, Secret

BASE: Final = "https://app.formbricks.com"
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Of a workspace, a survey, a response, a question: what Formbricks' ids are made of (`packages/types`)."""
SIGNS: Final = "whsec_"
"""How the secrets begin that Formbricks makes for its webhooks."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key of one workspace (an environment, in older versions), whose answers are one shop's.

    `surveys` are those that are heard, none: all of the workspace. `scores` says which questions count on a scale where
    their type does not. `webhook_secrets` are those that Formbricks made, two while a webhook is replaced.
    `path_secrets` are for versions that sign nothing: they end the address, and make a webhook a hint. `poll` is
    seconds between two looks; 0: none. `links` is where shoppers open surveys, where that is not `url`.

    Raises ValueError for what is no id, for scores that cannot be meant, for a secret in the wrong place, and for
    links without https.
    """

    key: Secret
    workspace: str
    surveys: tuple[str, ...] = ()
    scores: dict[str, Score] = {}
    webhook_secrets: tuple[Secret, ...] = ()
    path_secrets: tuple[Secret, ...] = ()
    poll: float = 300.0
    links: str = ""
    url: str = BASE

    def __post_init__(self) -> None:
        for name, ids in {"workspace": [self.workspace], "surveys": self.surveys, "scores": self.scores}.items():
            for one in ids:
                if not ID.fullmatch(one):
                    raise ValueError(f"`{name}`: {one[:40]!r} is no id of Formbricks': copy it from there")
        for question, score in self.scores.items():
            if wrong := score.wrong():
                raise ValueError(f"`scores.{question}`: {wrong}")
        if not all(one.reveal().startswith(SIGNS) for one in self.webhook_secrets):
            raise ValueError(f"`webhook_secrets` are made by Formbricks, and begin with {SIGNS}: copy it again, whole")
        if any(one.reveal().startswith(SIGNS) for one in self.path_secrets):
            raise ValueError(f"`path_secrets` are yours to make: what begins with {SIGNS} is for `webhook_secrets`")
        if self.links and not self.links.startswith("https://"):
            raise ValueError("`links` is where shoppers open surveys, and begins with https://")

    @property
    def opened_at(self) -> str:
        """Where a shopper opens a survey, without a slash at its end."""
        return (self.links or self.url).rstrip("/")
