"""`POST /pixels/{connector}/{account}/{key}`: a page tells what its shopper did, and nobody waits for the disk.

Unsigned, as everything is that a browser sends. What is too much, too long or not ours is refused before it is read.
Of a page that says nothing of its origin, or `null`, nothing can be told: a pixel runs in a sandbox, which has none.
Any origin may read the answer: there is nothing in it, and no cookie is looked at.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from pawline.hub import BadVisit, NoSite, StrangeOrigin, TooMuch
from pawline.hub.visits import BODY
from pawline.web.addresses import address_of
from pawline.web.bodies import HungUp
from pawline.web.incoming import AGAIN, DEFECT, DETAILS, Problem, details

if TYPE_CHECKING:
    from litestar.types import HTTPScope, Receive, Send

    from pawline.hub import Visits
    from pawline.web.bodies import Bodies

_log = logging.getLogger("pawline.web")
PREFIX: Final = "/pixels/"
LATER: Final = {"retry-after": "60"}
_OPEN: Final = [(b"access-control-allow-origin", b"*")]
_MAY: Final = [
    (b"access-control-allow-methods", b"POST"), (b"access-control-allow-headers", b"content-type"),
    (b"access-control-max-age", b"86400"),
]  # fmt: skip


class Pixels:
    """The ASGI application that pages tell. Bare, as `Hooks`: a flood is refused for as little as can be."""

    def __init__(self, visits: Visits, bodies: Bodies) -> None:
        self._visits, self._bodies = visits, bodies

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answers one request; one whose sender hung up, with nothing."""
        if scope["method"] == "OPTIONS":  # a page asks whether it may tell
            await _answer(send, 204, _MAY)
            return
        try:
            await self._count(scope, receive)
        except HungUp:
            return
        except Problem as problem:
            await _refuse(send, problem)
        except Exception as problem:  # noqa: BLE001 - its text may hold what was sent, so it is named and no more
            _log.error("%s failed with %s", PREFIX, type(problem).__name__)
            await _refuse(send, Problem(500, DEFECT, AGAIN))
        else:
            await _answer(send, 202, [])

    async def _count(self, scope: HTTPScope, receive: Receive) -> None:
        if scope["method"] != "POST":
            raise Problem(405, "pages tell by POST", {"allow": "POST"})
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        account, _, key = scope["path"].removeprefix(PREFIX).rpartition("/")
        try:
            site = self._visits.admit(
                account, key, headers.get(b"origin"), address_of(scope, headers.get(b"x-forwarded-for", ""))
            )
        except NoSite:
            raise Problem(404, "no account of this name and key has pages that tell") from None
        except StrangeOrigin:
            raise Problem(403, "not a page of this shop") from None
        except TooMuch:
            raise Problem(429, "more than is counted", LATER) from None
        length = headers.get(b"content-length", "")
        if not length.isdigit():
            raise Problem(411, "say how long it is")
        if int(length) > BODY:
            raise Problem(413, f"a page tells {BODY} bytes at once at most")
        body = await self._bodies.read(receive, length.encode())
        try:
            self._visits.take(site, body, whose=headers.get(b"sec-gpc") != "1")
        except BadVisit:
            raise Problem(422, "not what a pixel of Pawline tells; nothing of it is counted") from None


async def _refuse(send: Send, problem: Problem) -> None:
    told = {"content-type": DETAILS, **(problem.headers or {})}
    headers = [(name.encode(), value.encode()) for name, value in told.items()]
    await _answer(send, problem.status_code, headers, details(problem.status_code, problem.detail))


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> None:
    sized = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*_OPEN, *headers, *sized]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
