"""WooCommerce over HTTP: WordPress below `/woocommerce`, and the desk's addresses for what happens there."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from pawline.sandbox.answers import JSON, Refused, acting, answering, encode
from pawline.sandbox.calling import Asked
from pawline.sandbox.manner import Manner
from pawline.sandbox.meeting import meeting
from pawline.sandbox.saying import mannered
from pawline.sandbox.woocommerce.calls import Listed, No

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.web import Desk

NAME: Final = "woocommerce"
ACTS: Final = ("checkout", "change", "refund", "product", "describe")
OAUTH: Final = "oauth_"


def woocommerce_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    route = partial(answering, admit)
    return [
        web.route("*", "/woocommerce/wp-json/wc/v3/{path:.*}", partial(_call, desk)),
        *(web.post(f"/desk/woocommerce/{name}", route(acting(desk, f"woocommerce/{name}"))) for name in ACTS),
    ]


async def _call(desk: Desk, request: web.Request) -> web.StreamResponse:
    manner = desk.manners.get(NAME, Manner())

    async def admit() -> Asked:
        try:
            if manner.stranger:
                raise No(401, "woocommerce_rest_authentication_error")
            desk.woocommerce.door.admit(request)
            return _asked(request, await request.read())
        except No as no:
            raise _refused(no) from None

    def limit(_: Asked, seconds: float | None) -> None:
        if seconds is not None:  # what stands in front of WordPress; it has no limit of its own
            headers = {**JSON, "retry-after": f"{seconds:g}"}
            raise Refused(web.Response(status=429, body=b"{}", headers=headers))

    return await mannered(manner, request, admit, limit, partial(_met, desk))


def _asked(request: web.Request, raw: bytes) -> Asked:
    try:
        body = msgspec.json.decode(raw, type=dict[str, Any]) if raw else {}
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise No(400, "rest_invalid_json") from None
    path = tuple(part for part in request.match_info["path"].split("/") if part)
    query = {name: value for name, value in request.query.items() if not name.startswith(OAUTH)}
    return Asked(method=request.method, path=path, query=query, body=body)


async def _met(desk: Desk, asked: Asked) -> web.Response:
    def refuse(status: int) -> Refused:
        code = "internal_server_error" if status == 500 else HTTPStatus(status).phrase.lower()
        return _refused(No(status, code))

    answer = await meeting(desk.vendors, partial(_do, desk, asked), refuse)
    made = asked.method == "POST" and asked.path[-1] != "batch"
    headers = dict(JSON)
    if isinstance(answer, Listed):
        headers |= {"X-WP-Total": str(answer.total), "X-WP-TotalPages": str(answer.pages)}
        answer = answer.rows
    return web.Response(status=201 if made else 200, body=encode(answer), headers=headers)


def _do(desk: Desk, asked: Asked) -> Any:  # noqa: ANN401 - JSON
    if asked.writes:
        return desk.act("woocommerce/call", encode(asked))
    try:
        return desk.woocommerce.api.answer(asked)
    except No as no:
        raise _refused(no) from None


def _refused(no: No) -> Refused:
    return Refused(web.Response(status=no.status, body=encode(no.body), headers=JSON))
