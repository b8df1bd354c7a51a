"""Formbricks in the role of Surveys: links of one's own, and what was answered."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from pawline.connectors.formbricks.happened import Known, read, response, survey_of
from pawline.connectors.formbricks.listing import Spot, page_of
from pawline.connectors.formbricks.settings import ID, Settings
from pawline.connectors.formbricks.told import Data, ToldSurvey
from pawline.kit import Http, marked
from pawline.model import Aware, Medium, SurveyId, SurveyResponse
from pawline.ports import Code, Invitation, Invited, Malformed, Operation, Rejected, ResponsePage, Settle

PAGE: Final = 50
LIVE, DRAFT = "inProgress", "draft"
_URL: Final = re.compile(r"https://[!-~]{1,2000}")


class FormbricksSurveys:
    """See `Surveys`. Formbricks need not know the household: a message of ours takes the link to them.

    Its own personal links are for contacts that it knows, and need a licence: they are not asked for.
    """

    OPERATIONS: Final = {"invite": Operation(settle=Settle.REPEAT)}

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http: Final = http
        self._settings: Final = settings

    async def invite(self, invitation: Invitation) -> Invited:
        # https://formbricks.com/docs/surveys/general-features/hidden-fields#set-hidden-field-via-url - a link that
        # nobody is given asks nobody, so that two do no harm
        if invitation.medium is not Medium.WEB:
            raise Rejected("Formbricks has no address of theirs: it makes the link only", Code.UNSUPPORTED)
        self._check(invitation.survey)
        survey = await survey_of(self._http, invitation.survey)
        if not survey.of(self._settings.workspace) or survey.status == DRAFT:
            raise Rejected("it is no survey of this workspace, or a draft", Code.NOT_FOUND)
        if survey.status != LIVE or survey.archived_at is not None:
            raise Rejected("the survey is paused, completed or put away", Code.GONE)
        if survey.type != "link":
            raise Rejected("it is no link survey: nobody can open it by a link", Code.UNSUPPORTED)
        marks = marked(invitation)
        if lacks := [name for name in marks if name not in survey.hidden]:
            raise Rejected(f"the survey lacks the hidden fields {', '.join(lacks)}: add them there", Code.INVALID)
        link = await self._once(survey) if survey.once else f"{self._settings.opened_at}/s/{survey.id}"
        url = f"{link}{'&' if '?' in link else '?'}{urlencode(marks)}"
        if not _URL.fullmatch(url):
            raise Malformed("the link is no https address: say in `links` where shoppers open surveys")
        return Invited(survey=invitation.survey, household=invitation.household, url=url)

    async def responses(self, survey: SurveyId, since: Aware, after: str | None) -> ResponsePage:
        # https://formbricks.com/docs/api-v2-reference - of one that cannot be read the look tells people
        self._check(survey)
        try:
            spot = Spot(since) if after is None else Spot.read(after)
        except ValueError:
            raise Rejected("`after` is no place in this list", Code.INVALID) from None
        rows, onward = await page_of(self._http, "createdAt", spot, PAGE, {"surveyId": survey})
        known, found = Known(self._http, self._settings), list[SurveyResponse]()
        for raw in rows:
            try:
                told = read(raw)
            except (ValueError, RecursionError):  # msgspec's own errors too
                continue
            if told.survey_id == survey and told.created_at >= since and (of := await known.of(survey)) is not None:
                found.append(response(told, of, self._settings))
        return ResponsePage(responses=tuple(found), after=None if onward is None else onward.said)

    def _check(self, survey: SurveyId) -> None:
        if not ID.fullmatch(survey) or (self._settings.surveys and survey not in self._settings.surveys):
            raise Rejected("it is no survey of this account", Code.NOT_FOUND)

    async def _once(self, survey: ToldSurvey) -> str:
        """https://formbricks.com/docs/surveys/link-surveys/single-use-links#generate-links-via-the-api ."""
        path = ("v1", "management", "surveys", survey.id, "singleUseIds")
        made = (await self._http.get(*path, query={"limit": "1"}, into=Data[tuple[str, ...]])).data
        if len(made) != 1:
            raise Malformed(f"one link of its own was asked for, and {len(made)} came")
        return made[0]
