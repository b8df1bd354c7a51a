"""An account's GraphQL Admin API: one document at a time, and what its errors mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, Final, TypeVar, cast

import msgspec
from typing_extensions import TypeForm

from pawline.connectors.shopify.errors import explain
from pawline.connectors.shopify.settings import VERSION, Settings
from pawline.kit import Bearer, BearerHttp, Guard, Http, refused
from pawline.ports import ATTEMPT, Code, Malformed, PortError, Rejected, Transient, Unauthorised

T = TypeVar("T")
TIMEOUT: Final = timedelta(seconds=9)
"""Of one request. An operation of several requests ends with its attempt, whichever of them it is at."""
MOST: Final = 4 << 20
"""Bytes of an answer: an order's page of lines with taxes is some hundred kilobytes."""
_NAMED: Final = re.compile(r"\s*(?:query|mutation)\s+(\w+)")
_NOTHING: Final = frozenset({Code.RATE_LIMITED, Code.UNREACHABLE})
"""What says that nothing happened: true of one document."""
_CHANGED: Final[ContextVar[str | None]] = ContextVar("shopify_changed", default=None)
"""The key of the attempt in which a document has changed something."""
_SCOPE: Final = re.compile(r"`((?:read|write)_[a-z_]+)`")


class Throttle(msgspec.Struct, frozen=True, rename="camel"):
    """How full the account's bucket is, in points; `restore_rate` is points per second."""

    currently_available: float
    restore_rate: float


class Cost(msgspec.Struct, frozen=True, rename="camel"):
    """What a document costs, in points."""

    requested_query_cost: float | None = None
    throttle_status: Throttle | None = None


class Costs(msgspec.Struct, frozen=True):
    """Beside an answer."""

    cost: Cost | None = None


class Meaning(msgspec.Struct, frozen=True, rename="camel"):
    """Beside an error."""

    code: str | None = None
    required_access: str | None = None


class Problem(msgspec.Struct, frozen=True):
    """One error of a whole document."""

    message: str = ""
    extensions: Meaning = Meaning()


class Envelope(msgspec.Struct, frozen=True):
    """An answer. `data` is read only where there are no errors: a half-read answer goes nowhere."""

    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: msgspec.Raw = msgspec.Raw(b"null")
    extensions: Costs = Costs()


class Said(Exception):
    """The vendor's own words, as the cause of an error: a case keeps causes sealed."""


class Admin:
    """The API of one shop. `http` is the account's client, which knows the token; see `client`."""

    def __init__(self, http: Http) -> None:
        self._http: Final = http
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

    async def ask(self, document: str, variables: Mapping[str, object], into: TypeForm[T]) -> T:
        """The document's `data`, read as `into`. Raises one of the four errors; `userErrors` are the caller's.

        Once a document of an attempt has changed something, no later one says that nothing happened: who has no points
        for it, or no line, leaves the whole operation unknown. https://shopify.dev/docs/api/admin-graphql/2026-07
        """
        try:
            answer = await self._ask(document, variables, into)
        except Transient as busy:
            if busy.code in _NOTHING and _CHANGED.get() == _attempt():
                raise Transient(busy.text, Code.UNAVAILABLE, retry_after=busy.retry_after) from busy
            raise
        if document.lstrip().startswith("mutation"):
            _CHANGED.set(_attempt())
        return answer

    async def _ask(self, document: str, variables: Mapping[str, object], into: TypeForm[T]) -> T:
        found = _NAMED.match(document)
        what = "Shopify" if found is None else found[1]
        body = {"query": document, "variables": variables}
        answer = await self._http.post("admin", "api", VERSION, "graphql.json", json=body, into=Envelope)
        if bytes(answer.errors) != b"null":
            raise _meant(answer.errors, answer.extensions.cost, what)
        if bytes(answer.data) == b"null":
            raise Malformed(f"{what} was answered with neither data nor errors")
        decoder = self._decoders.get(into)
        if decoder is None:
            decoder = self._decoders[into] = msgspec.json.Decoder(into)
        try:
            return cast("T", decoder.decode(answer.data))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            raise Malformed(f"{what} was answered, but not as the schema promises ({_where(problem)})") from None


def _attempt() -> str:
    made = ATTEMPT.get(None)
    return "" if made is None else made().key


def client(settings: Settings, guard: Guard) -> Http:
    """An account's client: with its lasting token, or with tokens of 24 hours that it asks for itself.

    https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
    """
    base = settings.url or f"https://{settings.shop}"
    header = "x-shopify-access-token"
    if settings.token is not None:
        return Http(base, guard=guard, timeout=TIMEOUT, most=MOST, explain=explain, headers={header: settings.token})
    assert settings.client is not None and settings.client_secret is not None  # noqa: S101, PT018 - `Settings` saw to it
    tokens = Http(base, guard=guard, timeout=TIMEOUT, explain=refused, key_header=None)
    bearer = Bearer(tokens, ("admin", "oauth", "access_token"), settings.client, settings.client_secret)
    return BearerHttp(
        base, bearer=bearer, header=header, prefix="", guard=guard, timeout=TIMEOUT, most=MOST, explain=explain
    )


def _where(problem: Exception) -> str:
    """Which field is another than promised: a path of the schema's names, without the value that was there."""
    path = re.search(r"at `\$([\w.\[\]]*)`", str(problem))
    return f"at `{path[1]}`" if path is not None and path[1] else type(problem).__name__


def _meant(raw: msgspec.Raw, cost: Cost | None, what: str) -> PortError:
    try:
        problems = msgspec.json.decode(raw, type=list[Problem])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        problems = []
    if not problems:
        return Malformed(f"{what} was answered with errors of another shape")
    codes = {one.extensions.code or "" for one in problems}
    error = _error_of(codes, problems, cost, what)
    error.__cause__ = Said("; ".join(one.message for one in problems)[:500])
    return error


def _error_of(codes: set[str], problems: list[Problem], cost: Cost | None, what: str) -> PortError:
    """One for all: the person's before the vendor's, the vendor's before the developer's."""
    if "ACCESS_DENIED" in codes:
        said = " ".join(one.extensions.required_access or one.message for one in problems)
        scopes = ", ".join(sorted(set(_SCOPE.findall(said)))) or "a scope that Shopify does not name"
        return Unauthorised(f"{what}: the app's token lacks {scopes}", Code.FORBIDDEN)
    if "SHOP_INACTIVE" in codes:
        return Unauthorised(f"{what}: the shop is not active", Code.FORBIDDEN)
    if "THROTTLED" in codes:
        return Transient(f"{what}: too many points at once", Code.RATE_LIMITED, retry_after=_restored(cost))
    if codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"}:
        return Transient(f"{what}: Shopify failed, and does not say at what", Code.UNAVAILABLE)
    if "IDEMPOTENCY_CONCURRENT_REQUEST" in codes:
        return Transient(f"{what}: the same request is under way", Code.IN_PROGRESS)
    if "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" in codes:
        return Rejected(f"{what}: its key came before with other words", Code.KEY_REUSED)
    if "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" in codes:
        return Rejected(f"{what}: the attempt before failed, and its key is spent", Code.CONFLICT)
    return Malformed(f"{what}: Shopify does not take the document ({_tidy(codes)})", Code.BAD_REQUEST)


def _tidy(codes: set[str]) -> str:
    return ", ".join(sorted(code for code in codes if re.fullmatch(r"\w{1,60}", code))) or "no code"


def _restored(cost: Cost | None) -> timedelta | None:
    """When the bucket holds the document's points again; None where the answer does not say."""
    if cost is None or cost.requested_query_cost is None or (bucket := cost.throttle_status) is None:
        return None
    missing = cost.requested_query_cost - bucket.currently_available
    if bucket.restore_rate <= 0 or missing <= 0:
        return timedelta(seconds=1)
    return min(timedelta(seconds=missing / bucket.restore_rate), timedelta(hours=1))
