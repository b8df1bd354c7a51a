"""Zendesk at the sandbox: one account, its token, its API, its people and its webhooks."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from aiohttp import web

from pawline.ports import Code, Rejected
from pawline.sandbox.answers import JSON, Refused, decoded, encode
from pawline.sandbox.zendesk.api import Api
from pawline.sandbox.zendesk.books import Books, Ticket, User
from pawline.sandbox.zendesk.calls import Call, No
from pawline.sandbox.zendesk.hooking import secret_of
from pawline.sandbox.zendesk.telling import Teller

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors

Role = Literal["end-user", "agent", "admin"]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody writes to the helpdesk."""

    email: str
    title: str
    text: str
    channel: str = "web"


class Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody writes in a ticket, and may set its status in the same breath. `channel`: how it came."""

    ticket: int
    email: str
    text: str
    public: bool = True
    channel: str = "web"
    status: str | None = None


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of its people, or a shopper, from now on."""

    email: str
    role: Role = "agent"
    role_type: int | None = None
    active: bool = True
    suspended: bool = False


class Turned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ticket is thrown away, closed for good by an automation, or opened again."""

    ticket: int
    status: Literal["deleted", "closed", "open", "solved", "pending"]


class Limits:
    """Calls a minute, of the account and of its exports. `calls` may be made larger by a test."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._minute, self._used, self._exports = now, 0, 0, 0
        self.calls, self.exports = 700, 10

    def wait(self, *, export: bool) -> float | None:
        """Seconds until another call is let in; None where this one is."""
        minute = int(self._now() // 60)
        if minute != self._minute:
            self._minute, self._used, self._exports = minute, 0, 0
        if self._used >= self.calls or (export and self._exports >= self.exports):
            return 60 - self._now() % 60
        self._used += 1
        self._exports += export
        return None

    def says(self) -> dict[str, str]:
        """As in the headers of every answer."""
        left = str(max(0, self.calls - self._used))
        return {
            "x-rate-limit": str(self.calls), "x-rate-limit-remaining": left, "ratelimit-limit": str(self.calls),
            "ratelimit-remaining": left, "ratelimit-reset": str(round(60 - self._now() % 60)),
        }  # fmt: skip


class Zendesk:
    """The vendor. It shares the sandbox's clock and ledger; its token follows from the sandbox's.

    `acts` are what changes it, by name, each from a body in JSON: a diary may write them down and do them again.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self.email, self.token = "hub@paws.example", hashlib.sha256(f"zendesk of {token}".encode()).hexdigest()[:40]
        self.books = Books(vendors.now, vendors.did, User(900, self.email, "admin", role_type=4))
        self.api, self.limits = Api(self.books), Limits(vendors.now)
        self.teller = Teller(self.books, vendors.hooks)
        self.books.tell = self.teller.tell
        self.acts: dict[str, Callable[[bytes], Any]] = {
            "zendesk/call": self._called,
            "zendesk/tickets": self._asked,
            "zendesk/comments": self._written,
            "zendesk/people": self._known,
            "zendesk/turn": self._turned,
            "zendesk/secrets": self._reset,
        }

    def _called(self, raw: bytes) -> Any:  # noqa: ANN401 - JSON
        try:
            return self.api.answer(decoded(raw, Call))
        except No as no:
            raise Refused(web.Response(status=no.status, body=encode(no.body), headers=JSON)) from None

    def _asked(self, raw: bytes) -> dict[str, int]:
        told, books = decoded(raw, Asked), self.books
        now, who = books.second(), books.user(told.email)
        made = Ticket(books.number(), told.title, who.id, now, now, channel=told.channel)
        books.open(made, who.id, {"body": told.text, "public": True}, {})
        return {"ticket": made.id}

    def _written(self, raw: bytes) -> dict[str, int]:
        told, books = decoded(raw, Written), self.books
        change: dict[str, Any] = {"comment": {"body": told.text, "public": told.public}}
        if told.status is not None:
            change["status"] = told.status
        by = books.user(told.email)
        audit = books.update(self._one(told.ticket), by.id, told.channel, change)
        return {"note": audit.events[0]["id"]}

    def _known(self, raw: bytes) -> dict[str, int]:
        told = decoded(raw, Person)
        one = self.books.user(told.email, told.role)
        one.role, one.role_type = told.role, told.role_type
        one.active, one.suspended = told.active, told.suspended
        return {"user": one.id}

    def _turned(self, raw: bytes) -> None:
        told = decoded(raw, Turned)
        self.books.update(self._one(told.ticket), self.books.me.id, "rule", {"status": told.status})

    def _reset(self, _: bytes) -> None:
        """Somebody resets the signing secret of every webhook in the Admin Center."""
        for turn, one in enumerate(self.books.listeners.values(), 1):
            one.secret = secret_of(self.books, turn, self.books.number())

    def _one(self, number: int) -> Ticket:
        found = self.books.tickets.get(number)
        if found is None:
            raise Rejected(f"there is no ticket {number}", Code.NOT_FOUND)
        return found
