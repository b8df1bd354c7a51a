"""An account's client, and the calls that several of its parts make.

https://developer.zendesk.com/api-reference/introduction/security-and-auth/ : an API token of an agent, or OAuth.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Final, TypeVar

from typing_extensions import TypeForm

from pawline.connectors.zendesk.errors import explain
from pawline.connectors.zendesk.settings import Settings
from pawline.connectors.zendesk.told import Audit, ManyAudits, OneUser, ToldUser
from pawline.kit import Guard, Http, Page, Secret, every_item
from pawline.ports import Code, Rejected, Unauthorised

T = TypeVar("T")
TIMEOUT: Final = timedelta(seconds=9)
"""Of one request. An operation of several requests ends with its attempt, whichever of them it is at."""
MOST: Final = 8 << 20
"""Bytes of an answer: a page is a hundred tickets, each with its first comment, of 64 KiB at most."""
PAGE: Final = "100"


class ZendeskHttp(Http):
    """See `Http`. `me` is who we are there, once it was asked."""

    me: ToldUser | None = None


def client(settings: Settings, guard: Guard) -> ZendeskHttp:
    """An account's client."""
    token = settings.token.reveal()
    if settings.email:
        token = f"Basic {base64.b64encode(f'{settings.email}/token:{token}'.encode()).decode()}"
    else:
        token = f"Bearer {token}"
    headers: dict[str, str | Secret] = {"authorization": Secret(token), "accept": "application/json"}
    return ZendeskHttp(
        f"{settings.home}/api/v2",
        guard=guard,
        timeout=TIMEOUT,
        most=MOST,
        explain=explain,
        headers=headers,
        key_header=None,
    )


class Api:
    """Calls by path. Raises one of the four errors."""

    def __init__(self, http: ZendeskHttp) -> None:
        self._http: Final = http

    @property
    def whose(self) -> str:
        """See `Http`."""
        return self._http.whose

    async def get(self, *path: str, query: dict[str, str] | None = None, into: TypeForm[T]) -> T:
        """A GET."""
        return await self._http.get(*path, query=query, into=into)

    async def send(
        self, method: str, *path: str, json: object, into: TypeForm[T], headers: dict[str, str] | None = None
    ) -> T:
        """Anything that changes something."""
        return await self._http.send(method, *path, json=json, headers=headers, into=into)

    async def me(self) -> ToldUser:
        """Who we are there; asked once. Raises Unauthorised where we are nobody.

        https://developer.zendesk.com/api-reference/ticketing/users/users/#show-self
        """
        if self._http.me is None:
            found = (await self.get("users", "me", into=OneUser)).user
            if found.id is None:
                raise Unauthorised("Zendesk does not know this token", Code.CREDENTIALS)
            self._http.me = found
        return self._http.me

    async def user(self, number: int) -> ToldUser:
        """One that is not there any more is nobody."""
        try:
            return (await self.get("users", str(number), into=OneUser)).user
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                raise
            return ToldUser()

    async def audits(self, ticket: str) -> list[Audit]:
        """All that happened to a ticket, in whichever order Zendesk has it.

        https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/#list-audits-for-a-ticket
        """

        async def fetch(after: str | None) -> Page[Audit]:
            query = {"page[size]": PAGE} | ({} if after is None else {"page[after]": after})
            page = await self.get("tickets", ticket, "audits", query=query, into=ManyAudits)
            return Page(page.audits, page.meta.after)

        return [one async for one in every_item(fetch, lambda one: one.id)]


def number_of(ticket: str) -> str:
    """A ticket's number. Raises Rejected(not_found) for what is none: there is no such ticket at Zendesk."""
    if not (ticket.isascii() and ticket.isdigit() and len(ticket) <= 18):
        raise Rejected(f"no ticket at Zendesk is called {ticket[:40]!r}", Code.NOT_FOUND)
    return ticket
