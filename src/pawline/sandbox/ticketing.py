"""The helpdesk over HTTP: people write to it, and its own people close, reopen and delete."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from pawline.model import TicketId
from pawline.sandbox.answers import acting, answering, decoded
from pawline.sandbox.tickets import Asked, Noted, Tickets

if TYPE_CHECKING:
    from pawline.sandbox.web import Desk

ACTS: Final = ("ticket", "ticket/close", "ticket/reopen", "ticket/delete", "ticket/note")


class Named(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which ticket."""

    ticket: TicketId


def ticketed(tickets: Tickets) -> dict[str, Callable[[bytes], Any]]:
    """What happens there, by name, each from a body in JSON."""
    does = (
        lambda raw: tickets.ask(decoded(raw, Asked)),
        lambda raw: tickets.finish(decoded(raw, Named).ticket),
        lambda raw: tickets.reopen(decoded(raw, Named).ticket),
        lambda raw: tickets.delete(decoded(raw, Named).ticket),
        lambda raw: tickets.write(decoded(raw, Noted)),
    )
    return dict(zip(ACTS, does, strict=True))


def ticketing(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """Their routes; `admit` knows the token."""
    route = partial(answering, admit)
    return [web.post(f"/desk/{name}", route(acting(desk, name))) for name in ACTS]
