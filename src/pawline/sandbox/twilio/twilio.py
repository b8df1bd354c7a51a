"""Twilio at the sandbox: one account, its token, its number, its service, texts and webhooks."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from pawline.ports import Code, Rejected
from pawline.sandbox.answers import JSON, Refused, decoded, encode
from pawline.sandbox.twilio.api import Api
from pawline.sandbox.twilio.books import Books, Message
from pawline.sandbox.twilio.calls import Call, No
from pawline.sandbox.twilio.telling import Teller

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors


class Became(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the carrier says of a text, by its SID or its recipient (the last one to them)."""

    text: str
    status: str
    code: int | None = None


class Came(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody writes to the number; `opt_out` is what Advanced Opt-Out makes of it."""

    sender: str
    body: str
    opt_out: str | None = None


class Fate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Texts to this number fail with this code; None: they arrive."""

    to: str
    code: int | None = None


class Twilio:
    """The vendor. It shares the sandbox's clock and ledger; its SIDs are always the same, its token follows from ours.

    `acts` are what changes it, by name, each from a body in JSON: a diary may write them down and do them again.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self.books = Books(vendors.now, vendors.did)
        self.token = hashlib.sha256(f"twilio of {token}".encode()).hexdigest()[:32]
        self.api = Api(self.books)
        self.teller = Teller(vendors.hooks, self.token)
        self.books.tell = self.teller.call
        self.acts: dict[str, Callable[[bytes], Any]] = {
            "twilio/call": self._called,
            "twilio/become": self._became,
            "twilio/write": self._came,
            "twilio/fate": self._fated,
            "twilio/slow": self._slowed,
        }

    @property
    def account(self) -> str:
        """The Account SID."""
        return self.books.account

    def _called(self, raw: bytes) -> Any:  # noqa: ANN401 - JSON
        try:
            return self.api.answer(decoded(raw, Call))
        except No as no:
            raise Refused(web.Response(status=no.status, body=encode(no.body), headers=JSON)) from None

    def _became(self, raw: bytes) -> None:
        told = decoded(raw, Became)
        self.books.become(self._text(told.text), told.status, told.code)

    def _came(self, raw: bytes) -> str:
        told = decoded(raw, Came)
        return self.books.receive(told.sender, told.body, told.opt_out).sid

    def _fated(self, raw: bytes) -> None:
        told = decoded(raw, Fate)
        self.books.fates.pop(told.to, None)
        if told.code is not None:
            self.books.fates[told.to] = told.code

    def _slowed(self, raw: bytes) -> None:
        """While it is slow, texts stay in the queue; what waits goes out when it is not any more."""
        self.books.slow = decoded(raw, bool)
        for one in list(self.books.messages.values()):
            self.books.flow(one)

    def _text(self, name: str) -> Message:
        for one in reversed(self.books.messages.values()):
            if name in (one.sid, one.to):
                return one
        raise Rejected(f"there is no text {name}", Code.NOT_FOUND)
