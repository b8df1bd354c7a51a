"""Whether an account can do its work: the key may write in the workspace, and its surveys are what the settings say."""

from __future__ import annotations

from pawline.connectors.formbricks.answering import fits, span
from pawline.connectors.formbricks.happened import survey_of
from pawline.connectors.formbricks.settings import Settings
from pawline.connectors.formbricks.told import Data, ToldQuestion, ToldSurvey
from pawline.kit import Http, Page, every_item
from pawline.ports import Code, Rejected, Unauthorised

MANY = 20
"""Surveys of a page: each comes whole, with its questions in all its languages."""


async def probe(http: Http, settings: Settings, _: frozenset[str]) -> None:
    """Raises Unauthorised, naming what the key lacks, or what of the settings is not there."""
    await _may_write(http, settings)
    asks = {
        name: question
        for survey in await _surveys(http, settings) for name, question in survey.asks.items()
    }  # fmt: skip
    for name, score in settings.scores.items():
        if name not in asks:
            raise Unauthorised(f"`scores` names {name}, which is no question of these surveys", Code.FORBIDDEN)
        if not fits(asks[name], score):
            least, most = _span(asks[name])
            text = f"`scores.{name}`: it counts {least} to {most}, which is not {score.scale}: give a word for each"
            raise Unauthorised(text, Code.FORBIDDEN)


async def _may_write(http: Http, settings: Settings) -> None:
    """A webhook without an address is refused, by who may make one for that; nothing happens.

    Formbricks looks at the workspace and the permission first: `apps/web/modules/api/v2/auth/api-wrapper.ts`.
    """
    body = {"workspaceId": settings.workspace, "environmentId": settings.workspace}
    try:
        await http.post("v2", "management", "webhooks", json=body, into=object)
    except Unauthorised as no:
        if no.code is Code.CREDENTIALS:
            raise Unauthorised("Formbricks does not know the key", Code.CREDENTIALS) from None
        text = f"the key may not write in the workspace {settings.workspace}: give it that at Formbricks"
        raise Unauthorised(text, Code.FORBIDDEN) from None
    except Rejected as no:
        if no.code is Code.NOT_FOUND:
            text = f"there is no workspace {settings.workspace}: copy its id from Formbricks"
            raise Unauthorised(text, Code.FORBIDDEN) from None


async def _surveys(http: Http, settings: Settings) -> list[ToldSurvey]:
    """Those that are heard, where the settings say anything about them. Raises Unauthorised where one is not there."""
    if settings.surveys:
        return [await _named(http, settings, one) for one in settings.surveys]

    async def fetch(after: str | None) -> Page[ToldSurvey]:
        query = {"limit": str(MANY), "offset": after or "0"}
        told = (await http.get("v1", "management", "surveys", query=query, into=Data[tuple[ToldSurvey, ...]])).data
        return Page(told, str(int(after or 0) + MANY) if len(told) == MANY else None)

    every = every_item(fetch, lambda one: one.id)
    return [one async for one in every if one.of(settings.workspace)] if settings.scores else []


async def _named(http: Http, settings: Settings, survey: str) -> ToldSurvey:
    try:
        told = await survey_of(http, survey)
    except Rejected as no:
        if no.code is not Code.NOT_FOUND:
            raise
        told = None
    if told is None or not told.of(settings.workspace):
        raise Unauthorised(f"`surveys` names {survey}, which is no survey of that workspace", Code.FORBIDDEN)
    return told


def _span(question: ToldQuestion) -> tuple[int, int]:
    found = span(question)
    assert found is not None  # noqa: S101 - what does not count fits everything
    return found
