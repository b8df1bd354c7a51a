"""Formbricks at the sandbox: one workspace, its key, its API, what people answer, and its webhooks."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from aiohttp import web

from pawline.model import Aware
from pawline.ports import Code, Rejected
from pawline.sandbox.answers import JSON, Refused, decoded, encode
from pawline.sandbox.calling import Asked
from pawline.sandbox.formbricks.api import Api, No
from pawline.sandbox.formbricks.books import Books, Survey
from pawline.sandbox.formbricks.telling import Teller

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors


class Answered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody answers, by the questions' ids: the first survey, unless another is named, or goes on with a response.

    By a `link`, whose hidden fields come along; `contact` are the attributes of whom Formbricks knows them to be.
    """

    answers: dict[str, Any]
    survey: str = ""
    response: str = ""
    link: str = ""
    hidden: dict[str, str] = {}
    contact: dict[str, str] | None = None
    finished: bool = True
    at: Aware | None = None


class Added(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A survey more, with its questions as Formbricks shows them."""

    name: str
    questions: list[dict[str, Any]]


class Formbricks:
    """The vendor. It shares the sandbox's clock and ledger; its key follows from the sandbox's token.

    `acts` are what changes it, by name, each from a body in JSON: a diary may write them down and do them again.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self.books = Books(vendors.now, vendors.did)
        self.key = f"fbk_{hashlib.sha256(f'formbricks of {token}'.encode()).hexdigest()[:40]}"
        self.api = Api(self.books)
        self.teller = Teller(self.books, vendors.hooks)
        self.books.tell = self.teller.tell
        self.acts: dict[str, Callable[[bytes], Any]] = {
            "formbricks/call": self._called,
            "formbricks/answer": self._answered,
            "formbricks/survey": self._added,
        }

    def _called(self, raw: bytes) -> Any:  # noqa: ANN401 - JSON
        try:
            return self.api.answer(decoded(raw, Asked))
        except No as no:
            raise Refused(web.Response(status=no.status, body=encode(no.body), headers=JSON)) from None

    def _answered(self, raw: bytes) -> str:
        told, books = decoded(raw, Answered), self.books
        at = books.now() if told.at is None else told.at.timestamp()
        if told.response:
            one = books.responses.get(told.response)
            if one is None or one["finished"]:
                raise Rejected("there is no such response, or it is finished", Code.NOT_FOUND)
        else:
            survey, single, hidden = self._opened(told)
            one = books.begin(survey, single, told.contact, at)
            one["data"] |= hidden
        one["data"] |= told.answers
        one["finished"], one["updatedAt"] = told.finished, books.moment(at)
        books.tell("responseUpdated" if told.response else "responseCreated", dict(one))
        if told.finished:
            books.tell("responseFinished", dict(one))
        return str(one["id"])

    def _opened(self, told: Answered) -> tuple[Survey, str | None, dict[str, str]]:
        """By its link: only hidden fields that the survey has come along, and a link of one's own is good once."""
        parts, books = urlsplit(told.link), self.books
        said = {name: values[0] for name, values in parse_qs(parts.query).items()} | told.hidden
        name = parts.path.removeprefix("/s/") or told.survey or next(iter(books.surveys), "")
        survey = books.surveys.get(name)
        if survey is None or survey.status != "inProgress":
            raise Rejected("there is no such survey, or nobody can answer it", Code.NOT_FOUND)
        single = said.get("suId") if survey.once else None
        if survey.once and (single is None or single in books.links):
            raise Rejected("it can only be answered by a link of one's own, and once", Code.INVALID)
        if single is not None:
            books.links.add(single)
        return survey, single, {name: said[name] for name in survey.hidden if name in said}

    def _added(self, raw: bytes) -> str:
        told = decoded(raw, Added)
        return self.books.add(told.name, told.questions).id
