"""HubSpot at the sandbox: one account, its app's token and secret, its API and its webhooks."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from pawline.ports import Code, Rejected
from pawline.sandbox.answers import decoded
from pawline.sandbox.hubspot import defining, mailing, notes, objects, preferring, searching
from pawline.sandbox.hubspot.books import BOUNCED, Books, Email, Stand
from pawline.sandbox.hubspot.limits import Limits
from pawline.sandbox.hubspot.telling import Teller
from pawline.sandbox.hubspot.wrongs import Refusal, Said

if TYPE_CHECKING:
    from pawline.sandbox.vendors import Vendors


class Endpoint(NamedTuple):
    """A call: with which scopes, any of which will do, and what does it."""

    method: str
    path: str
    scopes: tuple[str, ...]
    do: Callable[[Books, Mapping[str, str], Any], Said]


_READ, _WRITE = ("crm.objects.contacts.read",), ("crm.objects.contacts.write",)
_DEFINE = ("crm.schemas.contacts.write",)
_ASK = ("communication_preferences.read", "communication_preferences.read_write")
_SAY = ("communication_preferences.write", "communication_preferences.read_write")
_ASK_MANY = ("communication_preferences.statuses.batch.read",)
_CRM, _NOTES = "/crm/objects/2026-09/contacts", "/crm/objects/2026-09/notes"
_DEFINED = "/crm/properties/2026-09/contacts"
_PREFERENCES = "/communication-preferences/2026-09"
ENDPOINTS: Final = (
    Endpoint("GET", "/account-info/2026-09/details", ("oauth",), mailing.account),
    Endpoint("GET", _CRM, _READ, objects.contacts),
    Endpoint("POST", _CRM, _WRITE, objects.make),
    Endpoint("POST", f"{_CRM}/search", _READ, searching.search),
    Endpoint("POST", f"{_CRM}/gdpr-delete", _WRITE, objects.erase),
    Endpoint("POST", f"{_CRM}/batch/read", _READ, objects.read_batch),
    Endpoint("POST", f"{_CRM}/batch/update", _WRITE, objects.change_batch),
    Endpoint("POST", f"{_CRM}/batch/upsert", _WRITE, objects.upsert_batch),
    Endpoint("GET", f"{_CRM}/{{id}}", _READ, objects.contact),
    Endpoint("PATCH", f"{_CRM}/{{id}}", _WRITE, objects.change),
    Endpoint("GET", _DEFINED, ("crm.schemas.contacts.read", *_READ), defining.properties),
    Endpoint("POST", f"{_DEFINED}/groups", _DEFINE, defining.group),
    Endpoint("POST", f"{_DEFINED}/batch/create", _DEFINE, defining.define),
    Endpoint("POST", _NOTES, _WRITE, notes.write_note),
    Endpoint("POST", f"{_NOTES}/batch/read", _READ, notes.notes),
    Endpoint("POST", "/crm/associations/2026-09/contacts/notes/batch/read", _READ, notes.associated),
    Endpoint("GET", f"{_PREFERENCES}/definitions", _ASK, preferring.definitions),
    Endpoint("POST", f"{_PREFERENCES}/statuses/batch/read", _ASK_MANY, preferring.of_many),
    Endpoint("POST", f"{_PREFERENCES}/statuses/batch/unsubscribe-all/read", _ASK_MANY, preferring.stopped_many),
    Endpoint("GET", f"{_PREFERENCES}/statuses/{{email}}", _ASK, preferring.of_one),
    Endpoint("POST", f"{_PREFERENCES}/statuses/{{email}}", _SAY, preferring.decide),
    Endpoint("GET", f"{_PREFERENCES}/statuses/{{email}}/unsubscribe-all", _ASK, preferring.stopped),
    Endpoint("POST", f"{_PREFERENCES}/statuses/{{email}}/unsubscribe-all", _SAY, preferring.stop),
    Endpoint(
        "POST", "/marketing/transactional/2026-09/single-email/send", ("transactional-email",), mailing.transactional
    ),
    Endpoint(
        "POST", "/marketing/email-campaigns/2026-03/single-send", ("marketing-email",), mailing.marketing
    ),
    Endpoint("POST", "/events/custom/2026-09/send", ("analytics.behavioral_events.send",), mailing.happened),
)  # fmt: skip
SCOPES: Final = frozenset(scope for one in ENDPOINTS for scope in one.scopes)
_OLDER: Final = (
    (re.compile(r"/crm/v[34]/objects/"), "/crm/objects/2026-09/"),
    (re.compile(r"/crm/v3/properties/"), "/crm/properties/2026-09/"),
    (re.compile(r"/crm/v4/associations/"), "/crm/associations/2026-09/"),
    (re.compile(r"/communication-preferences/v[34]/"), "/communication-preferences/2026-09/"),
    (re.compile(r"/marketing/v3/transactional/"), "/marketing/transactional/2026-09/"),
    (re.compile(r"/marketing/v4/email/single-send$"), "/marketing/email-campaigns/2026-03/single-send"),
    (re.compile(r"/events/v3/send$"), "/events/custom/2026-09/send"),
    (re.compile(r"/account-info/v3/"), "/account-info/2026-09/"),
)
"""The same calls as the vendor's own client makes them: it is older than the versions by date."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request to the API."""

    method: str
    path: str
    query: dict[str, str] = {}
    body: Any = None


class Typed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A subscription type that the shop has."""

    id: int
    name: str


class Keeping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An e-mail that the shop made: transactional, or of a subscription type."""

    id: int
    name: str
    type: int | None = None


class Deciding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody, known by an address, says yes or no on a page of HubSpot's: to a type, or to all mail."""

    email: str
    granted: bool
    type: int | None = None


class Knowing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody whom people of the shop enter, or change."""

    email: str
    properties: dict[str, str] = {}
    bounced: bool = False


class Subscribing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the app has its webhooks sent, and of what: `contact.creation`, `contact.propertyChange:email`."""

    url: str
    types: list[str]


class HubSpot:
    """The vendor. It shares the sandbox's clock and ledger; its token and secret follow from the sandbox's token.

    `acts` are what changes it, by name, each from a body in JSON: a diary may write them down and do them again.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self.books = Books(vendors.now, vendors.did)
        self.token, self.secret = f"pat-eu1-{_from(token, 'token')}", _from(token, "secret")
        self.scopes = SCOPES
        self.limits = Limits(vendors.now)
        self.teller = Teller(self.books, vendors.hooks, self.secret)
        self.books.tell = self.teller.tell
        self.acts: dict[str, Callable[[bytes], Any]] = {
            "hubspot/write": lambda raw: self.answer(decoded(raw, Asked)),
            "hubspot/types": self._types,
            "hubspot/emails": self._emails,
            "hubspot/events": lambda raw: self.books.events.update(decoded(raw, list[str])),
            "hubspot/people": self._people,
            "hubspot/decisions": self._decides,
            "hubspot/campaigns": self._campaign,
            "hubspot/days": self._day,
            "hubspot/erasures": self._erases,
            "hubspot/webhooks": self._subscribes,
        }

    def answer(self, asked: Asked) -> Said:
        """What the API says to it; of a write, once it was done (see `acts`)."""
        try:
            one, named = endpoint(asked.method, asked.path)
            return one.do(self.books, {**asked.query, **named}, asked.body)
        except Refusal as refused:
            return refused.said

    def allows(self, one: Endpoint) -> None:
        """Refuses what the token has no scope for."""
        if not self.scopes & set(one.scopes):
            text = "This app hasn't been granted all required scopes to make this call."
            raise Refusal(403, "MISSING_SCOPES", text, {"context": {"requiredGranularScopes": list(one.scopes[:1])}})

    # -- what happens there ----------------------------------------------------------------------------------------

    def _types(self, raw: bytes) -> None:
        told = decoded(raw, Typed)
        self.books.types[told.id] = told.name

    def _emails(self, raw: bytes) -> None:
        told = decoded(raw, Keeping)
        self.books.emails[told.id] = Email(told.id, told.name, told.type)

    def _people(self, raw: bytes) -> dict[str, str]:
        told = decoded(raw, Knowing)
        known = self.books.by("email", told.email)
        dead = {BOUNCED: "UNKNOWN_USER" if told.bounced else ""}
        found = self.books.write(known, dead | told.properties | {"email": told.email})
        return {"id": found.id}

    def _decides(self, raw: bytes) -> None:
        told = decoded(raw, Deciding)
        stand = Stand("SUBSCRIBED" if told.granted else "UNSUBSCRIBED", self.books.now(), "PREFERENCES_PAGE")
        if told.type is not None:
            self.books.decide(told.email, told.type, stand)
        elif told.granted:
            self.books.go_on(told.email)
        else:
            self.books.stop(told.email, stand)

    def _campaign(self, raw: bytes) -> dict[str, int]:
        """An e-mail of a type goes to everybody who has an address, and may be written to."""
        email = self.books.emails.get(decoded(raw, int))
        if email is None or email.type is None:
            raise Rejected("there is no such e-mail of a subscription type", Code.NOT_FOUND)
        every = [one.properties["email"] for one in self.books.contacts.values() if one.properties.get("email")]
        return {"sent": sum(self.books.mail(email, one, "") == "SENT" for one in every)}

    def _day(self, raw: bytes) -> None:
        """A day passes: a workflow writes to whom it is a pet's birthday, as a property of a contact has it."""
        today = decoded(raw, str)
        for one in list(self.books.contacts.values()):
            days = [value for name, value in one.properties.items() if name.endswith("_born_on")]
            if any(day[5:10] == today[5:10] for day in days) and one.properties.get("email"):
                self.books.mail(Email(0, "Birthday", next(iter(self.books.types), 0)), one.properties["email"], "")

    def _erases(self, raw: bytes) -> None:
        found = self.books.by("email", decoded(raw, str))
        if found is None:
            raise Rejected("nobody has this address", Code.NOT_FOUND)
        self.books.erase(found)

    def _subscribes(self, raw: bytes) -> None:
        told = decoded(raw, Subscribing)
        self.teller.subscribe(told.url, told.types)


def endpoint(method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
    """The call of a path, and what is named in it. Refuses what is none."""
    for old, new in _OLDER:
        path = old.sub(new, path)
    known = False
    for one in ENDPOINTS:
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", one.path), path.removesuffix("/"))
        if found is not None:
            known = True
            if one.method == method:
                return one, found.groupdict()
    if known:
        raise Refusal(405, "METHOD_NOT_ALLOWED", f"Method {method} is not allowed.")
    raise Refusal(404, "NOT_FOUND", "There is no such endpoint.")


def _from(token: str, what: str) -> str:
    return hashlib.sha256(f"hubspot {what} of {token}".encode()).hexdigest()[:32]
