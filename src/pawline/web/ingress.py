"""`POST /hooks/{connector}/{account}`: read whole, believed, on disk, and answered by 202, or as its hook says.

Behind it stands a secret where the vendor signs nothing (`kit.SecretPath`): no log may name such an address.

Errors are problem details (RFC 9457). A sender that is not believed is told 401 and nothing more; what could not be
kept is 503 with `Retry-After`: most senders send again, and a watch finds what the others lost. Bare ASGI, for in a
rush a framework's share of each request is what webhooks wait for; everything else is Litestar's.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final, TypeAlias

from litestar import Litestar, get
from litestar.enums import ScopeType

from pawline.hub import NoEar
from pawline.kit import METHOD, PATH, URL, SecretPath, Unsigned, as_text
from pawline.store import StoreError
from pawline.web.bodies import Bodies, HungUp
from pawline.web.incoming import AGAIN, DEFECT, DETAILS, TOLD, Problem, details
from pawline.web.quoting import rates_route
from pawline.web.storefront import PREFIX as STOREFRONT
from pawline.web.storefront import storefront_app
from pawline.web.visits import PREFIX as PIXELS
from pawline.web.visits import Pixels

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from litestar.types import ASGIApp, ControllerRouterHandler, HTTPScope, Receive, Scope, Send

    from pawline.hub import Quoting, Tray, Visits
    from pawline.hub.storefront import Storefront

_log = logging.getLogger("pawline.web")
KINDS: Final = frozenset({
    b"application/json", b"application/x-www-form-urlencoded", b"text/plain", b"application/xml", b"text/xml",
    b"multipart/form-data",
})  # fmt: skip
"""Content types that senders of webhooks use, besides `application/…+json`."""
HEADERS: Final = 32 << 10
"""Bytes of its headers: they are kept with it."""
PREFIX: Final = "/hooks/"
_METHOD, _URL, _PATH = METHOD.encode(), URL.encode(), PATH.encode()
Pages: TypeAlias = "Callable[[Callable[[Receive, bytes], Awaitable[bytes]]], Sequence[ControllerRouterHandler]]"
"""Those for people, given how bodies are read: one that stalls stands in the way of webhooks, whoever sends it."""


def application(
    tray: Tray, public: str = "", quoting: Quoting | None = None, pages: Pages | None = None,
    visits: Visits | None = None, front: Storefront | None = None,
) -> ASGIApp:  # fmt: skip
    """The ASGI application of one hub, called `public` from outside.

    Without `quoting` nobody may ask for rates, without `visits` no page tell of any, without `front` nobody buy here.
    """

    @get("/health", sync_to_thread=False)
    def health() -> dict[str, bool]:
        """Whether this process answers; `pawline doctor` asks everything else."""
        return {"up": True}

    bodies = Bodies()
    routes: list[ControllerRouterHandler] = [health, *([] if pages is None else pages(bodies.read))]
    if quoting is not None:
        routes.append(rates_route(quoting, bodies))
    hooks, others = (
        Hooks(tray, public, bodies),
        Litestar(routes, openapi_config=None, logging_config=None, exception_handlers=TOLD),
    )

    store = None if front is None else storefront_app(front, bodies)
    pixels = Pixels(visits, bodies) if visits is not None and visits.sites else None

    def app(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == ScopeType.HTTP and scope["path"].startswith(PREFIX):
            return hooks(scope, receive, send)
        if pixels is not None and scope["type"] == ScopeType.HTTP and scope["path"].startswith(PIXELS):
            return pixels(scope, receive, send)
        if store is not None and scope["type"] == ScopeType.HTTP and scope["path"].startswith(STOREFRONT):
            return store(scope, receive, send)
        return others(scope, receive, send)

    return app


class Hooks:
    """The ASGI application that webhooks are sent to."""

    def __init__(self, tray: Tray, public: str, bodies: Bodies) -> None:
        self._tray, self._public, self._bodies = tray, public.rstrip("/").encode(), bodies

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answers one request; one whose sender hung up, with nothing."""
        try:
            taken = await self._hear(scope, receive)
        except HungUp:
            return
        except Problem as problem:
            await _say(send, problem)
        except Exception as problem:  # noqa: BLE001 - its text may hold what was sent, so it is named and no more
            name = self._named(scope)[0]
            _log.error("%s %s%s failed with %s", scope["method"], PREFIX, name, type(problem).__name__)
            await _say(send, Problem(500, DEFECT, AGAIN))
        else:
            await send({"type": "http.response.start", "status": taken, "headers": []})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _hear(self, scope: HTTPScope, receive: Receive) -> int:
        """The status that tells that it was taken."""
        name, secret = self._named(scope)
        ear, came = self._tray.hearing.ears.get(name), scope["headers"]
        if ear is None or (secret is not None and not isinstance(ear.hook.signature, SecretPath)):
            raise Problem(404, "no account of this name hears webhooks")
        if scope["method"] != "POST":
            raise Problem(405, "webhooks are sent by POST", {"allow": "POST"})
        headers = dict(came)
        _check_kind(headers.get(b"content-type", b""))
        if sum([len(one) + len(value) for one, value in came]) > HEADERS:
            raise Problem(431, f"a webhook's headers have {HEADERS} bytes at most")
        body = await self._bodies.read(receive, headers.get(b"content-length", b""))
        hello = ear.hook.hello
        if hello is not None and hello(as_text(came), body):
            return 200
        called = self._called(scope)
        if secret:
            called.append((_PATH, secret.encode("utf-8", "replace")))
        called += came
        try:
            await self._tray.accept(name, called, body, time.time())
        except Unsigned:
            raise Problem(401, "not signed by a secret that is live here") from None
        except NoEar:
            raise Problem(404, "no account of this name hears webhooks") from None
        except StoreError as problem:
            _log.warning("%s: a webhook is not kept (%s): its sender is to come again", name, type(problem).__name__)
            raise Problem(503, "not kept: send it again", AGAIN) from None
        return ear.hook.taken

    @staticmethod
    def _named(scope: HTTPScope) -> tuple[str, str | None]:
        """The account, and what stands behind it, if anything does."""
        connector, _, rest = scope["path"][len(PREFIX) :].partition("/")
        account, behind, secret = rest.partition("/")
        return f"{connector}/{account}", secret if behind else None

    def _called(self, scope: HTTPScope) -> list[tuple[bytes, bytes]]:
        """How and where it was called, as the outside sees it: some vendors sign that, too."""
        how = (_METHOD, scope["method"].encode())
        if not self._public:
            return [how]
        query = scope["query_string"]
        return [how, (_URL, self._public + scope["raw_path"] + (b"?" + query if query else b""))]


def _check_kind(said: bytes) -> None:
    if said in KINDS:
        return
    kind = said.partition(b";")[0].strip().lower()
    if kind not in KINDS and not (kind.startswith(b"application/") and kind.endswith(b"+json")):
        raise Problem(415, "a webhook is JSON, a form, XML or text: set its content-type")


async def _say(send: Send, problem: Problem) -> None:
    body = details(problem.status_code, problem.detail)
    told = {"content-type": DETAILS, "content-length": str(len(body)), **(problem.headers or {})}
    encoded = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": problem.status_code, "headers": encoded})
    await send({"type": "http.response.body", "body": body, "more_body": False})
