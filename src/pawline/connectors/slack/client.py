"""An account's client, and how a method of the Web API is called.

https://docs.slack.dev/apis/web-api/ : POST with JSON for what changes something, GET for what is read.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, TypeVar

import msgspec
from typing_extensions import TypeForm

from pawline.connectors.slack.errors import problem
from pawline.connectors.slack.settings import Settings
from pawline.kit import Answer, Guard, Http, Secret, error_of
from pawline.ports import Malformed

T = TypeVar("T")
TIMEOUT: Final = timedelta(seconds=9)
MOST: Final = 8 << 20
"""Bytes of an answer: a page of history is two hundred messages with their blocks."""
JSON: Final = {"content-type": "application/json; charset=utf-8"}
"""Slack warns where the charset is not said."""
SCOPES: Final = "x-oauth-scopes"


class Me(msgspec.Struct, frozen=True):
    """Whose token it is: https://docs.slack.dev/reference/methods/auth.test .

    A workspace of an organisation (Enterprise Grid) has an `enterprise_id`, too.
    """

    team_id: str
    user_id: str
    bot_id: str | None = None
    enterprise_id: str | None = None
    is_enterprise_install: bool = False


class SlackHttp(Http):
    """See `Http`. `me` is who we are there, once it was asked."""

    me: Me | None = None


def client(settings: Settings, guard: Guard) -> SlackHttp:
    """An account's client. Slack knows no keys of repeated calls, so none is sent."""
    return SlackHttp(
        settings.url, guard=guard, timeout=TIMEOUT, most=MOST, key_header=None,
        headers={"authorization": Secret(f"Bearer {settings.token.reveal()}"), "accept": "application/json"},
    )  # fmt: skip


class Api:
    """Calls by method. Raises one of the four errors."""

    def __init__(self, http: SlackHttp) -> None:
        self._http: Final = http

    async def read(self, method: str, *, query: dict[str, str], into: TypeForm[T]) -> T:
        """A method that only reads, of the account's own channel or its people."""
        return _decoded(await self._checked("GET", method, query, None, ours=True), method, into)

    async def write(self, method: str, body: dict[str, Any], *, ours: bool, into: TypeForm[T]) -> T:
        """A method that changes something; `ours` as in `problem`."""
        return _decoded(await self._checked("POST", method, None, body, ours=ours), method, into)

    async def me(self) -> Me:
        """Who we are there; asked once."""
        if self._http.me is None:
            await self.scopes()
        assert self._http.me is not None  # noqa: S101 - `scopes` puts it there or raises
        return self._http.me

    async def scopes(self) -> frozenset[str] | None:
        """Which scopes the token has, and who we are, asked anew; None where Slack does not say."""
        self._http.me = None
        answer = await self._checked("POST", "auth.test", None, None, ours=True)
        self._http.me = _decoded(answer, "auth.test", Me)
        said = answer.headers.get(SCOPES)
        return None if said is None else frozenset(one.strip() for one in said.split(",") if one.strip())

    async def _checked(
        self, verb: str, method: str, query: dict[str, str] | None, body: dict[str, Any] | None, *, ours: bool
    ) -> Answer:
        headers = None if body is None else JSON
        answer = await self._http.ask(verb, method, query=query, json=body, headers=headers)
        if (error := error_of(answer, method) or problem(answer, method, ours=ours)) is not None:
            raise error
        return answer


def _decoded(answer: Answer, method: str, into: TypeForm[T]) -> T:
    try:
        found: T = msgspec.json.decode(answer.body, type=into)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as odd:
        raise Malformed(f"{method} was answered, but not as promised ({type(odd).__name__})") from None
    return found
