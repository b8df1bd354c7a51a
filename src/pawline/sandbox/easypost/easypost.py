"""EasyPost at the sandbox: one account, its test key, its API, its parcels and its webhooks."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from pawline.model import Aware
from pawline.ports import Code, Rejected
from pawline.sandbox.answers import JSON, Refused, decoded, encode
from pawline.sandbox.easypost.api import Api
from pawline.sandbox.easypost.books import Books, Shipment, Word
from pawline.sandbox.easypost.calls import Call, No
from pawline.sandbox.easypost.telling import Teller

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors


class Moved(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The carrier says something of a parcel, by the shipment's id or reference; now, unless it says when."""

    shipment: str
    status: str
    detail: str = "status_update"
    message: str = "Scanned"
    at: Aware | None = None


class Settled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the carrier says to a refund that was submitted: `refunded` or `rejected`."""

    shipment: str
    status: str


class EasyPost:
    """The vendor. It shares the sandbox's clock and ledger; its key follows from the sandbox's token.

    `acts` are what changes it, by name, each from a body in JSON: a diary may write them down and do them again.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self.books = Books(vendors.now, vendors.did)
        self.key = f"EZTK{hashlib.sha256(f'easypost of {token}'.encode()).hexdigest()[:54]}"
        self.api = Api(self.books)
        self.teller = Teller(self.books, vendors.hooks)
        self.books.tell = self.teller.tell
        self.broke = False
        self.acts: dict[str, Callable[[bytes], Any]] = {
            "easypost/call": self._called,
            "easypost/move": self._moved,
            "easypost/settle": self._settled,
            "easypost/fresh": self._freshened,
        }

    def _called(self, raw: bytes) -> dict[str, Any]:
        try:
            return self.api.answer(decoded(raw, Call))
        except No as no:
            raise Refused(web.Response(status=no.status, body=encode(no.body), headers=JSON)) from None

    def _moved(self, raw: bytes) -> None:
        told = decoded(raw, Moved)
        one = self._bought(told.shipment)
        at = self.books.now() if told.at is None else told.at.timestamp()
        self.books.move(one, Word(at, told.status, told.detail, told.message))

    def _settled(self, raw: bytes) -> None:
        told = decoded(raw, Settled)
        one = self._bought(told.shipment)
        one.refund, one.changed = told.status, self.books.now()

    def _freshened(self, raw: bytes) -> None:
        self.books.fresh = decoded(raw, float)

    def _bought(self, name: str) -> Shipment:
        for one in reversed(self.books.shipments.values()):
            if name in (one.id, one.given.get("reference")) and one.label is not None:
                return one
        raise Rejected(f"nothing of {name} was bought", Code.NOT_FOUND)
