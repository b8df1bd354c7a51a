"""Zigpoll in the role of Surveys: links of one's own, and what was answered."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from pawline.connectors.zigpoll.happened import Questions, read, response
from pawline.connectors.zigpoll.looking import page_of
from pawline.connectors.zigpoll.settings import ID, Settings
from pawline.connectors.zigpoll.told import ToldPoll, bare
from pawline.kit import Http, aware, marked
from pawline.model import Aware, Medium, SurveyId, SurveyResponse
from pawline.ports import Code, Invitation, Invited, Malformed, Operation, Rejected, ResponsePage, Settle

PAGE: Final = 50
_URL: Final = re.compile(r"https://[!-~]{1,2000}")


class Link(msgspec.Struct, frozen=True, rename="camel"):
    """A link that was made."""

    url: str
    activity_id: str | None = None


class ZigpollSurveys:
    """See `Surveys`. Zigpoll knows no households: it makes the link, and a message of ours takes it to them."""

    OPERATIONS: Final = {"invite": Operation(settle=Settle.REPEAT)}

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http: Final = http
        self._settings: Final = settings

    async def invite(self, invitation: Invitation) -> Invited:
        # https://apidocs.zigpoll.com - a link that nobody is given asks nobody, so that two do no harm
        if invitation.medium is not Medium.WEB:
            raise Rejected("Zigpoll has no address of theirs: it makes the link only", Code.UNSUPPORTED)
        self._check(invitation.survey)
        poll = await bare(self._http, "poll", {"pollId": invitation.survey}, ToldPoll)
        if poll.id != invitation.survey:
            raise Malformed("one survey was asked for, and another one answered")
        if not poll.live:
            raise Rejected("the survey is hidden or put away", Code.GONE)
        asked = {"pollId": invitation.survey, "metadata": marked(invitation)}
        made = await self._http.post("generate-survey-link", json=asked, into=Link)
        if not _URL.fullmatch(made.url):
            raise Malformed("the link is no address of the web")
        return Invited(
            survey=invitation.survey, household=invitation.household, reference=made.activity_id, url=made.url
        )

    async def responses(self, survey: SurveyId, since: Aware, after: str | None) -> ResponsePage:
        # https://apidocs.zigpoll.com/reference/cursor-pagination - of one that cannot be read the look tells people
        self._check(survey)
        page = await page_of(self._http, {"pollId": survey}, since, after, PAGE)
        goes_on, questions, found = page.goes_on(after), Questions(self._http), list[SurveyResponse]()
        for raw in page.data:
            try:
                told = read(raw, self._settings)
            except (ValueError, RecursionError):  # msgspec's own errors too
                continue
            if told is not None and told.poll_id == survey and aware(told.created_at) >= since:
                found.append(response(told, self._settings, await questions.asked(told)))
        return ResponsePage(responses=tuple(found), after=goes_on)

    def _check(self, survey: SurveyId) -> None:
        if not ID.fullmatch(survey) or (self._settings.polls and survey not in self._settings.polls):
            raise Rejected("it is no survey of this account", Code.NOT_FOUND)
