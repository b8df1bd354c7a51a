"""The client of an account, and the system in the role of Calls."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from pawline.connectors.http.calling import REFERENCE, Calling, allowed, is_segment
from pawline.connectors.http.settings import OAuth, Settings
from pawline.kit import Answer, Bearer, BearerHttp, Guard, Http, Secret, error_of, refused, standard_headers
from pawline.ports import Call, Code, Get, Malformed, PortError, Rejected, Reply, Transient, current_attempt

MOST: Final = 30 << 10
"""Bytes of a body either way: a journal keeps 64 KiB of it, written as a text."""
TOKEN_LIFE: Final = timedelta(minutes=10)
"""Of a token whose answer names no end; one that ends sooner is found out by a 401."""
REFERENCES: Final = 200
"""Characters of a reference."""


def client(settings: Settings, guard: Guard) -> Http:
    """An account's client. Raises ValueError for an address that is none."""
    calls = settings.calls or Calling()
    given: dict[str, Any] = {
        "guard": guard, "timeout": timedelta(seconds=calls.timeout_seconds), "most": MOST,
        "key_header": calls.key_header or None, "headers": _known_by(settings),
    }  # fmt: skip
    if settings.oauth is None:
        return Http(settings.address, **given)
    return BearerHttp(settings.address, bearer=_bearer(settings.oauth, guard), **given)


def _known_by(settings: Settings) -> dict[str, str | Secret]:
    if settings.token is not None:
        return {"authorization": Secret(f"Bearer {settings.token.reveal()}")}
    if settings.password is not None:
        pair = f"{settings.user}:{settings.password.reveal()}".encode()
        return {"authorization": Secret(f"Basic {base64.b64encode(pair).decode()}")}
    if settings.header_secret is not None:
        return {settings.header: settings.header_secret}
    return {}


def _bearer(oauth: OAuth, guard: Guard) -> Bearer:
    more = {name: value for name, value in {"scope": oauth.scope, "audience": oauth.audience}.items() if value}
    http = Http(oauth.url, guard=guard, key_header=None, explain=refused)
    return Bearer(http, (), oauth.client, oauth.secret, more, TOKEN_LIFE)


class HttpCalls:
    """See `Calls`. The address is the settings' alone: a call names a path below it, and one that they allow."""

    def __init__(self, http: Http, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._http: Final = http
        self._given: Final = settings.calls or Calling()
        self._clock: Final = clock

    async def send(self, call: Call) -> Reply:
        body = self._checked(call)
        json, unread = msgspec.Raw(body), self._given.reply == "none"
        answer = await self._http.ask(
            self._given.method, *call.path, query=call.query, json=json, headers=self._signed(body), unread=unread
        )
        if answer.status == self._given.in_progress and self._given.settle == "key":
            raise Transient(
                "a call of the same key is still at work there, or its outcome is not told", Code.IN_PROGRESS
            )
        what = f"{self._given.method} {call.path[0] if call.path else '/'}"
        return self._reply(answer, what, unread=unread)

    async def find(self, call: Call) -> Reply | None:
        """Whether it happened: 404 says that it did not, and 2xx that it did; anything else says neither."""
        self._checked(call)
        path = tuple(call.reference if one == REFERENCE else one for one in self._given.look_up.split("/"))
        answer = await self._http.ask("GET", *path)
        if answer.status == 404:
            return None
        found = self._reply(answer, "the look-up")  # a page that says "not found" with a 200 says nothing
        return msgspec.structs.replace(found, body="") if self._given.reply == "none" else found

    async def get(self, what: Get) -> Reply:
        self._check_path(self._given.reads, what)
        answer = await self._http.ask("GET", *what.path, query=what.query)
        return self._reply(answer, f"GET {what.path[0] if what.path else '/'}")

    def _checked(self, call: Call) -> bytes:
        """The body. Raises Rejected before anything is sent."""
        self._check_path(self._given.paths, call)
        if not _is_json(call.body):
            raise Rejected("the body is no JSON: write it with `saying`", Code.INVALID)
        body = call.body.encode()
        if len(body) > MOST:
            raise Rejected(f"the body is longer than {MOST} bytes: send ids, or a page", Code.TOO_LARGE)
        if self._given.look_up and not (len(call.reference) <= REFERENCES and is_segment(call.reference)):
            raise Rejected("calls of this account are looked up: say a `reference` of this one", Code.INVALID)
        return body

    def _check_path(self, paths: tuple[str, ...], call: Call | Get) -> None:
        if not allowed(paths, call.path):
            raise Rejected("the account's settings do not allow this path", Code.NOT_ALLOWED)
        if strange := set(call.query) - set(self._given.query):
            raise Rejected(f"the account's settings do not allow {len(strange)} of the parameters", Code.NOT_ALLOWED)

    def _signed(self, body: bytes) -> Mapping[str, str]:
        signs = self._given.signs
        if signs is None:
            return {}
        if signs.own is not None:
            return signs.own.headers(signs.secrets[0], self._clock(), body)
        return standard_headers(signs.secrets, current_attempt().key, int(self._clock()), body)

    def _reply(self, answer: Answer, what: str, *, unread: bool = False) -> Reply:
        error: PortError | None = error_of(answer, what)
        if error is not None:
            raise error
        if unread:
            return Reply(status=answer.status, body="")
        if not _is_json(answer.body):
            raise Malformed(f"{what} was answered {answer.status}, and with no JSON")
        return Reply(status=answer.status, body=answer.body.decode())


def _is_json(body: bytes | str) -> bool:
    try:
        msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return True


def host_of(settings: Settings) -> str:
    """Where it is called, as far as people may see it."""
    return urlsplit(settings.address).hostname or ""
