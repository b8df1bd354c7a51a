"""What a response at Formbricks is to us: a `survey.answered` for each answer, once its person is done or has left.

Until then answers may be taken back and changed, so nobody tells them: docs/why/0044.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from pawline.connectors.formbricks.answering import answer
from pawline.connectors.formbricks.settings import ID, Settings
from pawline.connectors.formbricks.told import Data, ToldResponse, ToldSurvey
from pawline.kit import Http, Sighting, asked_household, asked_order, asked_pet, aware
from pawline.model import ResponseId, SubmissionId, SurveyAnswered, SurveyId, SurveyResponse
from pawline.ports import Code, Malformed, Rejected

LEFT: Final = timedelta(hours=1)
"""Who has not gone on for so long has left: what they answered is told, and what they answer later, too."""
VERIFIED: Final = "verifiedEmail"
"""An address that Formbricks sent a link to, and that was opened from there."""
ADDRESSES: Final = (VERIFIED, "email", "customer_email", "userId")
KNOWN: Final = ("email", "userId", "shopify_customer_id")
"""Attributes of a contact that say who it is. A page or a contact's import set them; a link cannot."""
SHOPIFYS: Final = "gid://shopify/Customer/"


class Known:
    """The workspace's surveys; each is asked for once."""

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http, self._settings = http, settings
        self._surveys = dict[str, ToldSurvey | Malformed | None]()

    async def of(self, survey: str) -> ToldSurvey | None:
        """None of what is gone (its answers are, too), is another workspace's, or is not heard. Raises PortError."""
        if self._settings.surveys and survey not in self._settings.surveys:
            return None
        if survey not in self._surveys:
            self._surveys[survey] = await self._asked(survey)
        found = self._surveys[survey]
        if isinstance(found, Malformed):
            raise found
        return found

    async def _asked(self, survey: str) -> ToldSurvey | Malformed | None:
        try:
            told = await survey_of(self._http, survey)
        except Rejected as no:
            return None if no.code is Code.NOT_FOUND else Malformed(f"its survey is not shown: {no.text}")
        except Malformed as problem:
            return problem
        return told if told.of(self._settings.workspace) else None


async def survey_of(http: Http, survey: str) -> ToldSurvey:
    """https://formbricks.com/docs/api-reference/management-api--survey/get-survey-by-id - v2 shows no surveys."""
    told = (await http.get("v1", "management", "surveys", survey, into=Data[ToldSurvey])).data
    if told.id != survey:
        raise Malformed("one survey was asked for, and another one answered")
    return told


def read(raw: msgspec.Raw) -> ToldResponse:
    """Raises ValueError for what is none."""
    return checked(msgspec.json.decode(raw, type=ToldResponse))


def checked(told: ToldResponse) -> ToldResponse:
    """The same, its times in UTC. Raises ValueError."""
    if not (ID.fullmatch(told.id) and ID.fullmatch(told.survey_id)):
        raise ValueError("an id is none of Formbricks'")
    return msgspec.structs.replace(told, created_at=aware(told.created_at), updated_at=aware(told.updated_at))


def done(told: ToldResponse, now: datetime) -> bool:
    """Whether its person is done, or has left."""
    return told.finished or told.updated_at <= now - LEFT


def response(told: ToldResponse, survey: ToldSurvey, settings: Settings) -> SurveyResponse:
    """The whole of it. What is no question of the survey is no answer."""
    said = _said(told, survey)
    given = [answer(question, told.data.get(name), settings.scores.get(name)) for name, question in survey.asks.items()]
    return SurveyResponse(
        id=ResponseId(told.id), survey=SurveyId(told.survey_id), at=told.created_at, finished=told.finished,
        answers=tuple(one for one in given if one is not None), household=asked_household(said, ADDRESSES),
        order=asked_order(said), pet=asked_pet(said), submission=SubmissionId(told.id),
    )  # fmt: skip


def sightings(told: ToldResponse, survey: ToldSurvey, settings: Settings, now: datetime) -> tuple[Sighting, ...]:
    """Its answers one by one: what comes later is a fact of its own. It was when it was begun, or now at the latest."""
    whole = response(told, survey, settings)
    at = min(whole.at, now)
    return tuple(
        Sighting(name, at, SurveyAnswered(
            response=msgspec.structs.replace(whole, id=ResponseId(name), at=at, answers=(one,))
        ))
        for one in whole.answers for name in [f"{told.id}/{one.question}"]
    )  # fmt: skip


def _said(told: ToldResponse, survey: ToldSurvey) -> dict[str, Any]:
    """Who and what it is about, as far as anything says: hidden fields, and what Formbricks knows of its contact.

    A question has no say in it: whatever is typed there, anybody may type.
    """
    asks = survey.asks
    said = {
        name: value for name, value in told.data.items()
        if name == VERIFIED or (name in survey.hidden and name not in asks)
    }  # fmt: skip
    of_contact = told.contact_attributes or {}
    said |= {name: of_contact[name] for name in KNOWN if of_contact.get(name)}
    who = said.get("userId")
    if isinstance(who, str) and who.startswith(SHOPIFYS):
        said.setdefault("shopify_customer_id", who)
    return said
