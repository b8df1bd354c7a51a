"""Zigpoll at the sandbox: one account, its key, its API, what people answer, and its webhooks."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from pawline.model import Aware
from pawline.ports import Code, Rejected
from pawline.sandbox.answers import JSON, Refused, decoded, encode
from pawline.sandbox.zigpoll.api import Api, Call, No
from pawline.sandbox.zigpoll.books import Books
from pawline.sandbox.zigpoll.telling import Teller

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer to one question, by its number in the survey, from 0 on; `vote` is a choice of the question's own."""

    slide: int
    response: str
    vote: bool = False


class Answered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody answers: the first survey, unless another is named; by a `link`, or with `metadata` from a page.

    `completed`: to its end, so that webhooks are told.
    """

    answers: tuple[Said, ...]
    poll: str = ""
    participant: str = ""
    link: str = ""
    metadata: dict[str, Any] = {}
    completed: bool = True
    at: Aware | None = None


class Zigpoll:
    """The vendor. It shares the sandbox's clock and ledger; its key follows from the sandbox's token.

    `acts` are what changes it, by name, each from a body in JSON: a diary may write them down and do them again.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self.books = Books(vendors.now, vendors.did)
        self.key = hashlib.sha256(f"zigpoll of {token}".encode()).hexdigest()[:40]
        self.api = Api(self.books)
        self.teller = Teller(self.books, vendors.hooks)
        self.books.tell = self.teller.tell
        self.acts: dict[str, Callable[[bytes], Any]] = {
            "zigpoll/call": self._called,
            "zigpoll/answer": self._answered,
            "zigpoll/poll": self._added,
        }

    def _called(self, raw: bytes) -> Any:  # noqa: ANN401 - JSON
        try:
            return self.api.answer(decoded(raw, Call))
        except No as no:
            raise Refused(web.Response(status=no.status, body=encode(no.body), headers=JSON)) from None

    def _answered(self, raw: bytes) -> list[str]:
        told, books = decoded(raw, Answered), self.books
        link = books.links.get(told.link, {})
        poll = books.polls.get(link.get("pollId") or told.poll or next(iter(books.polls)))
        if poll is None or any(one.slide >= len(poll.slides) for one in told.answers):
            raise Rejected("there is no such survey, or no such question in it", Code.NOT_FOUND)
        who = told.participant or books.id("participant")
        at = books.now() if told.at is None else told.at.timestamp()
        names = list[str]()
        for n, one in enumerate(told.answers):
            said = {
                "response": one.response, "valueType": "vote" if one.vote else "dynamic-response",
                "metadata": {**told.metadata, **link.get("metadata", {})},
            }  # fmt: skip
            moment = at - (len(told.answers) - n) / 1_000
            names.append(books.answer(poll, poll.slides[one.slide], who, said, moment)["_id"])
        if told.completed:
            books.tell(poll.id, who)
        return names

    def _added(self, raw: bytes) -> str:
        title, *questions = decoded(raw, list[str])
        return self.books.add(title, *questions).id
