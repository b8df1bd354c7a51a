"""Tokens that end: OAuth 2 client credentials, renewed before their time is over, by one call however many wait."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from pawline.kit.address import Query
from pawline.kit.answer import Answer
from pawline.kit.http import Http
from pawline.kit.secret import Secret
from pawline.ports import ATTEMPT, Code, Malformed, PortError, Rejected, Transient, Unauthorised

EARLY: Final = timedelta(minutes=5)
"""A token is renewed this long before its end, or a tenth of its life where that is less."""
_REFUSED: Final = frozenset({"invalid_client", "unauthorized_client", "invalid_grant", "access_denied"})


class Grant(msgspec.Struct, frozen=True):
    """What the token's address answers (RFC 6749, 5.1). `expires_in` is seconds."""

    access_token: str
    expires_in: int | None = None


class Refusal(msgspec.Struct, frozen=True):
    """What it answers where it will not (RFC 6749, 5.2)."""

    error: str


def refused(answer: Answer) -> PortError | None:
    """A refusal of who we say we are is a person's; None leaves the answer to its status."""
    try:
        error = msgspec.json.decode(answer.body, type=Refusal).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if answer.status not in {400, 401, 403} or error not in _REFUSED:
        return None
    return Unauthorised(f"no token was given for this client ({error})", Code.CREDENTIALS)


class Bearer:
    """The token of one account, asked for at `path` by `client` and `secret`; it is in this process's memory only.

    `more` are fields that a server wants besides (`scope`, `audience`). `life` is a token's whose answer says none, as
    RFC 6749 allows; None: such an answer is not what this vendor promises.

    However many ask at once, one request is made, and all get its token or its error. It is made in nobody's attempt:
    whoever began it may be given up, the others still get it.
    """

    def __init__(
        self, http: Http, path: tuple[str, ...], client: str, secret: Secret, more: Mapping[str, str] | None = None,
        life: timedelta | None = None,
    ) -> None:  # fmt: skip
        self._http: Final = http
        self._path: Final = path
        self._client: Final = client
        self._secret: Final = secret
        self._more: Final = dict(more or {})
        self._life: Final = life
        self._token: Secret | None = None
        self._until = 0.0
        self._asking: asyncio.Task[Secret] | None = None

    def __repr__(self) -> str:
        return f"Bearer({self._http!r})"

    async def token(self) -> Secret:
        """One that is good for a while. Raises one of the four errors."""
        if self._token is not None and time.monotonic() < self._until:
            return self._token
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(), context=contextvars.Context())
            self._asking.add_done_callback(self._asked)
        return await asyncio.shield(self._asking)

    def forget(self, token: Secret) -> None:
        """The vendor does not take this one. Where another was given since, that one stays."""
        if self._token is not None and self._token == token:
            self._token = None

    async def close(self) -> None:
        """Hang up."""
        if self._asking is not None:
            self._asking.cancel()
        await self._http.close()

    async def _ask(self) -> Secret:
        form = self._more | {
            "grant_type": "client_credentials", "client_id": self._client, "client_secret": self._secret.reveal(),
        }  # fmt: skip
        asked = time.monotonic()
        try:
            grant = await self._http.send("POST", *self._path, form=form, into=Grant)
        except Rejected as no:  # it is no answer to the call that waits: a flow would take it for one
            raise Unauthorised(f"no token is to be had: {no.text}", Code.CREDENTIALS) from None
        life = self._life if grant.expires_in is None else timedelta(seconds=min(grant.expires_in, 10**9))
        if life is None:
            raise Malformed("a token was given without its end")
        try:
            token = Secret(grant.access_token)
        except ValueError:
            raise Malformed("a token was given that is none") from None
        self._token, self._until = token, asked + (life - min(EARLY, life / 10)).total_seconds()
        return token

    def _asked(self, task: asyncio.Task[Secret]) -> None:
        self._asking = None
        if not task.cancelled():
            task.exception()  # whoever waited has it; where nobody does any more, nobody is to be told


class BearerHttp(Http):
    """A client whose calls carry a token that ends, in `header`, behind `prefix`.

    Where the vendor answers 401, the token is given up and the call made once more with a new one: a 401 says that
    nothing was done. A second 401 stays, and stops the account.
    """

    def __init__(
        self, base: str, *, bearer: Bearer, header: str = "authorization", prefix: str = "Bearer ", **given: Any,  # noqa: ANN401 - what Http takes
    ) -> None:  # fmt: skip
        super().__init__(base, **given)
        self._bearer: Final = bearer
        self._header: Final = header
        self._prefix: Final = prefix

    async def ask(
        self, method: str, *path: str, query: Query | None = None, json: object = None,
        form: Mapping[str, str] | None = None, headers: Mapping[str, str | Secret] | None = None, unread: bool = False,
    ) -> Answer:  # fmt: skip
        """See `Http.ask`."""
        for again in (True, False):
            token = await self._in_time()
            more = {**(headers or {}), self._header: Secret(self._prefix + token.reveal())}
            answer = await super().ask(method, *path, query=query, json=json, form=form, headers=more, unread=unread)
            if answer.status != 401:
                break
            self._bearer.forget(token)
            if not again:
                break
        return answer

    async def close(self) -> None:
        """Hang up."""
        await self._bearer.close()
        await super().close()

    async def _in_time(self) -> Secret:
        """A token, within the attempt: no call waits for one past its settle-by time.

        Without one nothing of the call was sent, whatever became of the request for it: that is no unknown outcome.
        """
        made = ATTEMPT.get(None)
        seconds = None if made is None else made().settle_by.timestamp() - time.time()
        if seconds is not None and seconds <= 0:
            raise Transient("the time of this attempt was over before it was sent", Code.UNREACHABLE)
        try:
            async with asyncio.timeout(seconds):
                return await self._bearer.token()
        except TimeoutError:
            raise Transient(f"no token within {seconds:.3g} s", Code.UNREACHABLE) from None
        except Transient as no:
            code = no.code if no.code is Code.RATE_LIMITED else Code.UNREACHABLE
            raise Transient(f"no token is to be had: {no.text}", code, retry_after=no.retry_after) from None
