"""Klaviyo at the sandbox: one account, its key, its API and its webhooks."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import msgspec

from pawline.ports import Code, Rejected
from pawline.sandbox.answers import decoded
from pawline.sandbox.klaviyo import reading, writing
from pawline.sandbox.klaviyo.books import Books, Flow, Person
from pawline.sandbox.klaviyo.limits import XL, XS, L, M, Rate, S, Windows
from pawline.sandbox.klaviyo.telling import Teller
from pawline.sandbox.klaviyo.wrongs import Refusal, Said

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors

REVISION: Final = "2026-07-15"
_SUPPRESSING: Final = "profile-suppression-bulk-create-jobs"


class Endpoint(NamedTuple):
    """A call: how often it may be made, with which scopes, and what does it."""

    method: str
    path: str
    rate: Rate
    scopes: tuple[str, ...]
    do: Callable[[Books, str, Any], Said]


_SUBSCRIBING: Final = ("lists:write", "profiles:write", "subscriptions:write")
ENDPOINTS: Final = (
    Endpoint("GET", "/api/accounts", XS, ("accounts:read",), reading.accounts),
    Endpoint("GET", "/api/profiles", L, ("profiles:read",), reading.profiles),
    Endpoint("PATCH", "/api/profiles/{id}", L, ("profiles:write",), writing.update_profile),
    Endpoint("POST", "/api/profile-import", L, ("profiles:write",), writing.import_profile),
    Endpoint("GET", "/api/events", XL, ("events:read",), reading.events),
    Endpoint("POST", "/api/events", XL, ("events:write",), writing.create_event),
    Endpoint("GET", "/api/metrics", M, ("metrics:read",), reading.metrics),
    Endpoint("GET", "/api/flows", S, ("flows:read",), reading.flows),
    Endpoint("POST", "/api/profile-subscription-bulk-create-jobs", L, _SUBSCRIBING, writing.subscribe),
    Endpoint("POST", "/api/profile-subscription-bulk-delete-jobs", L, _SUBSCRIBING, writing.unsubscribe),
    Endpoint("GET", f"/api/{_SUPPRESSING}", L, ("subscriptions:read",), reading.jobs),
    Endpoint("POST", f"/api/{_SUPPRESSING}", L, ("profiles:write", "subscriptions:write"), writing.suppress),
    Endpoint("GET", f"/api/{_SUPPRESSING}/{{job_id}}", L, ("subscriptions:read",), reading.job),
    Endpoint("GET", "/api/webhooks", XS, ("webhooks:read",), reading.webhooks),
    Endpoint("POST", "/api/webhooks", XS, ("webhooks:write",), writing.create_webhook),
    Endpoint("PATCH", "/api/webhooks/{id}", XS, ("webhooks:write",), writing.update_webhook),
)
SCOPES: Final = frozenset(scope for one in ENDPOINTS for scope in one.scopes)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request to the API. `given` is its query or its body."""

    method: str
    path: str
    given: Any = None


class Flowing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A flow from now on, by its name; its message goes out upon events of a `metric`, or on a profile's `day`."""

    name: str
    metric: str | None = None
    day: str | None = None
    status: Literal["live", "draft", "manual"] = "live"
    transactional: bool = False
    archived: bool = False


class Deciding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody, known by an address, says yes or no; `spam`: by telling their provider that it is spam."""

    email: str
    granted: bool
    channel: Literal["email", "sms", "whatsapp"] = "email"
    spam: bool = False


class Knowing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody whom an integration of Klaviyo's own brings, with what it knows of them; `bounced`: mail comes back."""

    email: str | None = None
    phone_number: str | None = None
    external_id: str | None = None
    properties: dict[str, Any] = {}
    bounced: bool = False


class Klaviyo:
    """The vendor. It shares the sandbox's clock and ledger; its key follows from the sandbox's token.

    `acts` are what changes it, by name, each from a body in JSON: a diary may write them down and do them again.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self.books = Books(vendors.now, vendors.did)
        self.key = f"pk_{hashlib.sha256(f'klaviyo of {token}'.encode()).hexdigest()[:34]}"
        self.scopes = SCOPES
        self.windows = Windows(vendors.now)
        self.teller = Teller(self.books, vendors.hooks)
        self.books.tell = self.teller.tell
        self.acts: dict[str, Callable[[bytes], Any]] = {
            "klaviyo/write": lambda raw: self.answer(decoded(raw, Asked)),
            "klaviyo/flows": self._flows,
            "klaviyo/decisions": self._decides,
            "klaviyo/people": self._brings,
            "klaviyo/pace": self._paces,
            "klaviyo/days": self._passes,
        }

    def answer(self, asked: Asked) -> Said:
        """What the API says to it; of a write, once it was done (see `acts`)."""
        self.books.do_due()
        try:
            one, no = endpoint(asked.method, asked.path)
            return one.do(self.books, no, asked.given)
        except Refusal as refused:
            return refused.said

    def allows(self, one: Endpoint) -> None:
        """Refuses what the key has no scope for."""
        if lacking := [scope for scope in one.scopes if scope not in self.scopes]:
            raise Refusal(403, "permission_denied", f"The API key is missing the scopes {', '.join(lacking)}.")

    # -- what happens there ----------------------------------------------------------------------------------------

    def _flows(self, raw: bytes) -> dict[str, str]:
        told = decoded(raw, Flowing)
        known = next((one for one in self.books.flows.values() if one.name == told.name), None)
        flow = known or Flow(self.books.number("FL", 6), told.name, self.books.now())
        flow.status, flow.metric, flow.day = told.status, told.metric, told.day
        flow.transactional, flow.archived = told.transactional, told.archived
        self.books.flows[flow.id] = flow
        if told.metric is not None:
            self.books.metric(told.metric)
        return {"id": flow.id}

    def _decides(self, raw: bytes) -> None:
        told = decoded(raw, Deciding)
        person = self._somebody(told.email)
        self.books.decide(person, told.channel, told.granted, method="PREFERENCE_PAGE", spam=told.spam)

    def _brings(self, raw: bytes) -> dict[str, str]:
        told = decoded(raw, Knowing)
        by = ("phone_number", told.phone_number) if told.email is None else ("email", told.email)
        person = self.books.by(*by) or self.books.new()
        known = {"email": told.email, "phone_number": told.phone_number, "external_id": told.external_id}
        person.known |= {name: value for name, value in known.items() if value is not None}
        person.properties |= told.properties
        if told.bounced:
            person.email.suppressed.append(("HARD_BOUNCE", self.books.now()))
        return {"id": person.id}

    def _somebody(self, email: str) -> Person:
        found = self.books.by("email", email)
        if found is None:
            raise Rejected("nobody has this address", Code.NOT_FOUND)
        return found

    def _paces(self, raw: bytes) -> None:
        self.books.pace = decoded(raw, float)

    def _passes(self, raw: bytes) -> None:
        """A day passes: flows that wait for one send."""
        self.books.run(decoded(raw, str))


def endpoint(method: str, path: str) -> tuple[Endpoint, str]:
    """The call of a path, and the id in it. Refuses what is none."""
    known = False
    for one in ENDPOINTS:
        found = re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", one.path), path.removesuffix("/"))
        if found is not None:
            known = True
            if one.method == method:
                return one, found[1] if found.groups() else ""
    if known:
        raise Refusal(405, "method_not_allowed", f"Method {method} is not allowed.")
    raise Refusal(404, "not_found", "There is no such endpoint.")
