"""What Zigpoll keeps of one account: surveys, their questions, what was answered, and who is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass
class Slide:
    """A question."""

    id: str
    title: str
    type: str = "question"


@dataclass
class Poll:
    """A survey."""

    id: str
    title: str
    slides: list[Slide] = field(default_factory=list)
    visible: bool = True
    archived: bool = False


@dataclass
class Hook:
    """A webhook of one survey."""

    id: str
    poll: str
    url: str


class Books:
    """The account. `did` writes into the sandbox's ledger, `tell` tells who listens to a survey.

    `answers` are as Zigpoll shows them, in the order in which they came.
    """

    def __init__(self, now: Callable[[], float], did: Callable[..., object]) -> None:
        self.now, self.did = now, did
        self._count = 0
        self.user, self.account = self.id("user"), self.id("account")
        self.accounts = [self.account]
        self.polls: dict[str, Poll] = {}
        self.answers: list[dict[str, Any]] = []
        self.hooks: list[Hook] = []
        self.hushed_by_id = False  # what a DELETE names as `targetUrl`; which it is at the real one is not known
        self.links: dict[str, dict[str, Any]] = {}
        self.tell: Callable[[str, str], None] = lambda _, __: None
        self.add("How was it?", "How likely are you to recommend us?", "How satisfied are you?", "<p>Why?</p>")

    def id(self, kind: str) -> str:
        """A new one: always the same in the same order, so that a diary can be done again."""
        self._count += 1
        return hashlib.md5(f"{kind} {self._count}".encode(), usedforsecurity=False).hexdigest()[:24]

    def moment(self, at: float) -> str:
        """As Zigpoll writes it."""
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def add(self, title: str, *questions: str) -> Poll:
        """A survey with these questions."""
        poll = Poll(self.id("poll"), title)
        poll.slides = [Slide(self.id("slide"), one) for one in questions]
        self.polls[poll.id] = poll
        return poll

    def answer(self, poll: Poll, slide: Slide, participant: str, said: dict[str, Any], at: float) -> dict[str, Any]:
        """Somebody answered one question; `said` is what else stands in it."""
        made = {
            "_id": self.id("response"), "createdAt": self.moment(at), "accountId": self.account, "pollId": poll.id,
            "slideId": slide.id, "participantId": participant, "userAgent": "Mozilla/5.0", **said,
        }  # fmt: skip
        self.answers.append(made)
        return made
