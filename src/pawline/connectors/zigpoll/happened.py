"""What an answer at Zigpoll is to us: one `survey.answered`, whether a webhook rang or a look found it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from pawline.connectors.zigpoll.settings import ID, Settings
from pawline.connectors.zigpoll.told import Scalar, ToldResponse, ToldSlide, bare
from pawline.kit import Http, Sighting, asked_household, asked_order, asked_pet, aware, plain, storable
from pawline.model import Answer, OrderId, ResponseId, SubmissionId, SurveyAnswered, SurveyId, SurveyResponse
from pawline.ports import PortError, Transient

ADDRESSES: Final = ("email", "customer_email")
"""Whose it is, says Zigpoll's Shopify app among other things: https://docs.zigpoll.com/slides/slide-logic ."""
VOTE: Final = "vote"
"""A choice of the question's own. Whatever else `valueType` is, somebody wrote it."""


class Questions:
    """What was asked, by survey and slide; each survey's slides are asked for once."""

    def __init__(self, http: Http) -> None:
        self._http, self._known = http, dict[str, Mapping[str, str]]()

    async def asked(self, told: ToldResponse) -> str | None:
        """Its words; None where they are not known: an answer is told all the same."""
        if told.poll_id not in self._known:
            self._known[told.poll_id] = await self._slides(told.poll_id)
        return self._known[told.poll_id].get(told.slide_id)

    async def _slides(self, poll: str) -> Mapping[str, str]:
        try:
            slides = await bare(self._http, "slides", {"pollId": poll}, tuple[ToldSlide, ...])
        except Transient:
            raise
        except PortError:  # the survey is gone, or its questions cannot be read: its answers can
            return {}
        return {one.id: plain(one.title) for one in slides if one.title}


def read(raw: msgspec.Raw, settings: Settings) -> ToldResponse | None:
    """The answer; None of one that is another account's or another survey's. Raises ValueError for what is none."""
    told = msgspec.json.decode(raw, type=ToldResponse)
    for one in (told.id, told.poll_id, told.slide_id):
        if not ID.fullmatch(one):
            raise ValueError("an id is none of Zigpoll's")
    aware(told.created_at)
    if settings.account and told.account_id not in (None, settings.account):
        return None
    return None if settings.polls and told.poll_id not in settings.polls else told


def response(told: ToldResponse, settings: Settings, asked: str | None) -> SurveyResponse:
    """In our words. Zigpoll tells answer by answer; those of one survey, visitor and order are of one submission."""
    said = told.metadata or {}
    order = asked_order(said)
    return SurveyResponse(
        id=ResponseId(told.id), survey=SurveyId(told.poll_id), at=aware(told.created_at),
        answers=(answer(told, settings, asked),), household=asked_household(said, ADDRESSES), order=order,
        pet=asked_pet(said), submission=_submission(told, order),
    )  # fmt: skip


def _submission(told: ToldResponse, order: OrderId | None) -> SubmissionId | None:
    """A visitor is known for as long as their session, or for good where the shop says who they are: by a digest."""
    who = told.participant_id
    if isinstance(who, bool) or not isinstance(who, str | int) or not (known := storable(str(who))):
        return None
    digest = hashlib.sha256(known.encode()).hexdigest()[:24]
    return SubmissionId("/".join([told.poll_id, digest, *([order] if order else [])]))


def sighting(told: ToldResponse, settings: Settings, asked: str | None, now: datetime) -> Sighting:
    """It happened when Zigpoll took it, and not later than now."""
    made = response(told, settings, asked)
    at = min(made.at, now)
    return Sighting(told.id, at, SurveyAnswered(response=msgspec.structs.replace(made, at=at)))


def answer(told: ToldResponse, settings: Settings, asked: str | None) -> Answer:
    """A score where the settings say that the question asks for one and the answer is one; else a choice, or a text."""
    given = "" if told.response is None else told.response  # 0 is an answer
    parts = given if isinstance(given, tuple) else (given,)
    raw = storable(", ".join(map(_text, parts)))
    said = settings.scores.get(told.slide_id)
    if said is not None and (score := said.of(raw)) is not None:
        return Answer(question=told.slide_id, asked=asked, raw=raw, scale=said.scale, score=score)
    if told.value_type == VOTE or isinstance(told.response, tuple):
        choices = tuple(choice for one in parts if (choice := plain(_text(one))))
        return Answer(question=told.slide_id, asked=asked, raw=raw, choices=choices)
    return Answer(question=told.slide_id, asked=asked, raw=raw, text=raw or None)


def _text(said: Scalar) -> str:
    return said if isinstance(said, str) else msgspec.json.encode(said).decode()
