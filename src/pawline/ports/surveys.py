"""Surveys: asks people, and keeps what they answered."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Aware, HouseholdId, Medium, OrderId, PetId, SurveyId, SurveyResponse
from pawline.ports.read import read


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """Ask this household, about this order or pet. With `medium` WEB nothing is sent: only the link is made."""

    survey: SurveyId
    household: HouseholdId
    medium: Medium
    order: OrderId | None = None
    pet: PetId | None = None


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """The invitation is out. `url` is this household's own link, to be answered once; '' where the tool makes none.

    It must be said, so that whoever only observes has one: what may be left out nobody makes up.
    """

    survey: SurveyId
    household: HouseholdId
    url: str
    reference: str | None = None


class ResponsePage(msgspec.Struct, frozen=True, kw_only=True):
    """Some responses, and where to go on: `after` of the next call, None on the last page."""

    responses: tuple[SurveyResponse, ...]
    after: str | None = None


class Surveys(Protocol):
    """Surveys are made in the tool; here people are invited to them and answers are read."""

    async def invite(self, invitation: Invitation) -> Invited:
        """Ask. Rejected(not_found) if there is no such survey, Rejected(gone) if it is closed."""
        ...

    @read
    async def responses(self, survey: SurveyId, since: Aware, after: str | None) -> ResponsePage:
        """Responses made at or after `since`, in the order of the tool, at most 50 a page."""
        ...
