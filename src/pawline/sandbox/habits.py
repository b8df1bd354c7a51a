"""What vendors do by themselves, over HTTP: somebody sets it up, and a day passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from pawline.model import Subscription
from pawline.sandbox.answers import answering, decoded
from pawline.sandbox.marketing import Planned

if TYPE_CHECKING:
    from pawline.sandbox.web import Desk


class Day(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day passes at a vendor that does things by itself."""

    today: date


class Habits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who sends mails by itself: the shop, the subscription app, and the marketing tool (occurrence → message)."""

    shop_confirms: bool = False
    app_reminds: bool = False
    marketing: dict[str, str] = {}


def habits(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """Their routes; `admit` knows the token."""
    shop, renewing, marketing = desk.shop, desk.renewing, desk.vendors.marketing
    route = partial(answering, admit)

    async def subscribe(request: web.Request) -> None:
        renewing.start(decoded(await request.read(), Subscription))

    async def look(request: web.Request) -> Any:  # noqa: ANN401 - JSON
        return {"due": renewing.look(decoded(await request.read(), Day).today)}

    async def renew(request: web.Request) -> Any:  # noqa: ANN401 - JSON
        return {"renewed": renewing.renew(decoded(await request.read(), Day).today)}

    async def plan(request: web.Request) -> None:
        marketing.plan(decoded(await request.read(), Planned))

    async def send(request: web.Request) -> None:
        marketing.run(decoded(await request.read(), Day).today)

    async def put(request: web.Request) -> None:
        told = decoded(await request.read(), Habits)
        shop.confirms, renewing.mails, marketing.flows = told.shop_confirms, told.app_reminds, told.marketing

    async def show(_: web.Request) -> Any:  # noqa: ANN401 - JSON
        return Habits(shop_confirms=shop.confirms, app_reminds=renewing.mails, marketing=marketing.flows)

    return [
        web.post("/desk/subscriptions", route(subscribe)),
        web.post("/desk/look-ahead", route(look)),
        web.post("/desk/renew", route(renew)),
        web.post("/desk/marketing/plan", route(plan)),
        web.post("/desk/marketing/run", route(send)),
        web.put("/desk/habits", route(put)),
        web.get("/desk/habits", route(show)),
    ]
