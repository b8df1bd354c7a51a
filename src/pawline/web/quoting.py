"""`POST /rates/{connector}/{account}`: a checkout asks what deliveries cost, and is answered from what is known here.

A checkout that is not believed is told 401, and goes on with rates of its own; so it does after any other error. Once
it is believed there is none: see `Quoting`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from pawline.hub import NoAsker
from pawline.kit import Unsigned
from pawline.web.incoming import Problem, headers_of

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from pawline.hub import Quoting
    from pawline.web.bodies import Bodies


def rates_route(quoting: Quoting, bodies: Bodies) -> ControllerRouterHandler:
    """The address of one hub's rates."""

    @post("/rates/{connector:str}/{account:str}", status_code=HTTP_200_OK)
    async def rates(
        request: Request[Any, Any, Any], connector: FromPath[str], account: FromPath[str]
    ) -> Response[bytes]:
        name = f"{connector}/{account}"
        if name not in quoting.askers:
            raise Problem(404, "no account of this name asks for rates")
        body = await bodies.read(request.receive, request.headers.get("content-length", "").encode())
        try:
            said = await quoting.answer(name, headers_of(request), body, time.time())
        except Unsigned:
            raise Problem(401, "not signed by a secret that is live here") from None
        except NoAsker:
            raise Problem(404, "no account of this name asks for rates") from None
        return Response(said, status_code=HTTP_200_OK, media_type="application/json")

    return rates
