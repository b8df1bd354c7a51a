"""openFDA over HTTP, below `/openfda`, and the desk's address for what its list says."""

from __future__ import annotations

import base64
import re
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

from pawline.sandbox.answers import JSON, Refused, acting, answering, encode
from pawline.sandbox.manner import Manner
from pawline.sandbox.meeting import meeting
from pawline.sandbox.openfda.openfda import Asked
from pawline.sandbox.saying import mannered

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.web import Desk

NAME: Final = "openfda"
SEARCH: Final = re.compile(r"report_date:\[(\d{8}) TO (\d{8})\]")
LIMIT, SKIP = 1_000, 25_000
"""The most that each may be."""
DISCLAIMER: Final = "Do not rely on openFDA to make decisions regarding medical care."


def openfda_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    return [
        web.get("/openfda/food/enforcement.json", partial(_list, desk)),
        web.post("/desk/openfda/report", answering(admit, acting(desk, "openfda/report"))),
    ]


async def _list(desk: Desk, request: web.Request) -> web.StreamResponse:
    manner = desk.manners.get(NAME, Manner())

    async def admit() -> Asked:
        given = request.headers.get("authorization")
        known = f"Basic {base64.b64encode(f'{desk.openfda.key}:'.encode()).decode()}"
        if manner.stranger or given not in (None, known):
            raise _refused(403, "API_KEY_INVALID", "An invalid api_key was supplied.")
        return _asked(request)

    def limit(_: Asked, seconds: float | None) -> None:
        if seconds is not None:
            raise _refused(429, "OVER_RATE_LIMIT", "You have exceeded your rate limit.", round(seconds))

    return await mannered(manner, request, admit, limit, partial(_met, desk))


def _asked(request: web.Request) -> Asked:
    """Raises Refused for what is asked otherwise than by days, the oldest report first: that is not pretended."""
    found = SEARCH.fullmatch(request.query.get("search", ""))
    limit, skip = (request.query.get(name, other) for name, other in (("limit", "1"), ("skip", "0")))
    if found is None or request.query.get("sort") != "report_date:asc" or not (limit.isdecimal() and skip.isdecimal()):
        raise _refused(400, "BAD_REQUEST", "Bad search, sort, limit or skip.")
    if int(limit) > LIMIT or int(skip) > SKIP:
        raise _refused(400, "BAD_REQUEST", f"limit is {LIMIT} at most, and skip {SKIP}.")
    return Asked(found[1], found[2], int(limit), int(skip))


async def _met(desk: Desk, asked: Asked) -> web.Response:
    def refuse(status: int) -> Refused:
        return _refused(status, HTTPStatus(status).phrase.upper().replace(" ", "_"), HTTPStatus(status).phrase)

    total, page = await meeting(desk.vendors, partial(desk.openfda.page, asked), refuse)
    if not page:
        raise _refused(404, "NOT_FOUND", "No matches found!")
    meta = {"disclaimer": DISCLAIMER, "results": {"skip": asked.skip, "limit": asked.limit, "total": total}}
    return web.Response(body=encode({"meta": meta, "results": page}), headers=JSON)


def _refused(status: int, code: str, text: str, seconds: int | None = None) -> Refused:
    headers = {} if seconds is None else {"retry-after": f"{max(1, seconds)}"}
    body = encode({"error": {"code": code, "message": text}})
    return Refused(web.Response(status=status, body=body, headers={**JSON, **headers}))
