"""`POST /hooks/{connector}/{account}`: read whole, believed, recorded, and answered 202 once that is on disk.

A sender that is not believed is told 401 and nothing more; what could not be recorded is 503 with `Retry-After`: most
senders send again, and a watch finds what the others lost.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_202_ACCEPTED

from pawline.hub import NoEar
from pawline.kit import Unsigned
from pawline.store import StoreError
from pawline.web.incoming import AGAIN, MOST, TOLD, Problem, body_of, headers_of
from pawline.web.quoting import rates_route

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from pawline.hub import Hearing, Quoting

_log = logging.getLogger("pawline.web")
KINDS: Final = frozenset({
    "application/json", "application/x-www-form-urlencoded", "text/plain", "application/xml", "text/xml",
    "multipart/form-data",
})  # fmt: skip
"""Content types that senders of webhooks use, besides `application/…+json`."""


def application(hearing: Hearing, quoting: Quoting | None = None) -> Litestar:
    """The ASGI application of one hub; without `quoting` nobody may ask for rates."""

    @post("/hooks/{connector:str}/{account:str}", status_code=HTTP_202_ACCEPTED, request_max_body_size=MOST)
    async def hook(
        request: Request[Any, Any, Any], connector: FromPath[str], account: FromPath[str]
    ) -> Response[bytes]:
        name = f"{connector}/{account}"
        if name not in hearing.ears:
            raise Problem(404, "no account of this name hears webhooks")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in KINDS and not (kind.startswith("application/") and kind.endswith("+json")):
            raise Problem(415, "a webhook is JSON, a form, XML or text: set its content-type")
        try:
            await hearing.hear(name, headers_of(request), await body_of(request), time.time())
        except Unsigned:
            raise Problem(401, "not signed by a secret that is live here") from None
        except NoEar:
            raise Problem(404, "no account of this name hears webhooks") from None
        except StoreError as problem:
            _log.warning(
                "%s: a webhook is not recorded (%s): its sender is to come again", name, type(problem).__name__
            )
            raise Problem(503, "not recorded: send it again", AGAIN) from None
        return Response(b"", status_code=HTTP_202_ACCEPTED, media_type="text/plain")

    @get("/health", sync_to_thread=False)
    def health() -> dict[str, bool]:
        """Whether this process answers; `pawline doctor` asks everything else."""
        return {"up": True}

    routes: list[ControllerRouterHandler] = [hook, health]
    if quoting is not None:
        routes.append(rates_route(quoting))
    return Litestar(routes, openapi_config=None, logging_config=None, exception_handlers=TOLD)
