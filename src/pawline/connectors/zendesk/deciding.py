"""Whether a note of a ticket answers a case: asked of Zendesk, whatever a webhook said of it."""

from __future__ import annotations

from typing import Final

from pawline.connectors.zendesk.client import Api, number_of
from pawline.connectors.zendesk.told import Audit, AuditEvent, OneTicket, about
from pawline.ports import Decision, choice_of

BY_HAND: Final = ("web", "mobile")
"""Channels in which an agent is logged in. A mail is none of them: its sender can be forged, and what it quotes is a
shopper's. Nor is the API: an app is nobody.
https://developer.zendesk.com/documentation/ticketing/reference-guides/via-types ."""


def notes(audits: list[Audit]) -> list[tuple[Audit, AuditEvent]]:
    """The notes that begin as an answer does, written by hand: who wrote them is not known yet."""
    return [
        (audit, event) for audit in audits for event in audit.events
        if event.type == "Comment" and event.public is False and choice_of(str(event.body or "")) is not None
        and _by_hand(audit, event)
    ]  # fmt: skip


def _by_hand(audit: Audit, event: AuditEvent) -> bool:
    """Where the event says nothing of its own it came as its audit did, and from the same person."""
    via = event.via or audit.via
    own = audit.via is not None and audit.via.channel in BY_HAND
    same = event.author_id is None or event.author_id == audit.author_id
    return own and via is not None and via.channel in BY_HAND and same and audit.author_id is not None


def case_of(external_id: str | None, whose: str) -> int | None:
    """The case of this shop that a ticket is about: another shop's, or another hub's, bears the same number."""
    begin, _, number = (external_id or "").rpartition("/")
    right = f"{begin}/" == about(whose, "case", "") and number.isascii() and number.isdigit() and len(number) <= 18
    return int(number) if right else None


async def decision(api: Api, ticket: str, note: str) -> Decision | None:
    """What this note decides; see `Helpdesk.decided`."""
    told = (await api.get("tickets", number_of(ticket), into=OneTicket)).ticket
    case = case_of(told.external_id, api.whose)
    if case is None or told.status == "deleted":
        return None
    for audit, event in notes(await api.audits(ticket)):
        choice = choice_of(str(event.body))
        if str(event.id) != note or choice is None or audit.author_id is None:
            continue
        who = await api.user(audit.author_id)
        if who.decides and who.id == audit.author_id and who.id != (await api.me()).id:
            return Decision(case=case, choice=choice, by=str(who.id))
    return None
