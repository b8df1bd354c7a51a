"""What Formbricks keeps of one workspace: surveys, responses as far as they came, and who is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

MARKS: Final = ("pawline_household", "pawline_order", "pawline_pet", "shopify_order_id")
"""Hidden fields of the survey that is there at first."""


@dataclass
class Survey:
    """One, as far as anybody asks; `questions` as Formbricks shows them."""

    id: str
    name: str
    questions: list[dict[str, Any]]
    type: str = "link"
    status: str = "inProgress"
    hidden: list[str] = field(default_factory=lambda: list(MARKS))
    once: bool = False
    archived: str | None = None


@dataclass
class Webhook:
    """One, and whom it tells of what."""

    id: str
    url: str
    name: str | None
    source: str
    triggers: list[str]
    surveys: list[str]
    secret: str | None
    at: str


def question(name: str, kind: str, words: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """As it is shown."""
    return {"id": name, "type": kind, "headline": {"default": words}, "required": False, **more}


def asked_at_first() -> list[dict[str, Any]]:
    """The questions of the survey that is there at first."""
    choices = [
        {"id": "c1", "label": {"default": "Very satisfied", "de": "Sehr zufrieden"}},
        {"id": "c2", "label": {"default": "Unsatisfied", "de": "Unzufrieden"}},
    ]
    return [
        question("nps", "nps", "How likely are you to recommend us?"),
        question("stars", "rating", "How was the food?", scale="star", range=5),
        question("mood", "multipleChoiceSingle", "How satisfied are you?", choices=choices),
        question("why", "openText", "<p>Why?</p>"),
    ]


class Books:
    """The workspace. `did` writes into the sandbox's ledger, `tell` tells whoever listens of an event of a response.

    `responses` are as Formbricks shows them, by their ids, in the order in which they came.
    """

    def __init__(self, now: Callable[[], float], did: Callable[..., object]) -> None:
        self.now, self.did = now, did
        self._count = 0
        self.workspace = self.id("workspace")
        self.surveys: dict[str, Survey] = {}
        self.responses: dict[str, dict[str, Any]] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.links: set[str] = set()
        self.signs = True  # older versions make no secrets, and sign nothing
        self.tell: Callable[[str, dict[str, Any]], None] = lambda _, __: None
        self.add("How was it?", asked_at_first())

    def id(self, kind: str) -> str:
        """A new one: always the same in the same order, so that a diary can be done again."""
        self._count += 1
        return "c" + hashlib.md5(f"{kind} {self._count}".encode(), usedforsecurity=False).hexdigest()[:23]

    def moment(self, at: float) -> str:
        """As Formbricks writes it."""
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def add(self, name: str, questions: list[dict[str, Any]]) -> Survey:
        """A survey with these questions."""
        survey = Survey(self.id("survey"), name, questions)
        self.surveys[survey.id] = survey
        return survey

    def begin(self, survey: Survey, single: str | None, attributes: dict[str, str] | None, at: float) -> dict[str, Any]:
        """Somebody begins to answer."""
        moment, name = self.moment(at), self.id("response")
        made = {
            "id": name, "createdAt": moment, "updatedAt": moment, "finished": False, "surveyId": survey.id,
            "contactId": None if attributes is None else self.id("contact"), "endingId": None, "data": {},
            "variables": {}, "ttc": {}, "meta": {"userAgent": {"browser": "Firefox"}},
            "contactAttributes": attributes, "singleUseId": single, "language": "default", "displayId": None,
        }  # fmt: skip
        self.responses[name] = made
        return made
