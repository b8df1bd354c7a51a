"""What vendors do by themselves, over HTTP: somebody sets it up, and a day passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from pawline.model import Subscription
from pawline.sandbox.answers import acting, answering, decoded
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


def habitual(desk: Desk) -> dict[str, Callable[[bytes], Any]]:
    """What is set up, and what happens when a day passes, by name, each from a body in JSON."""
    shop, renewing, marketing = desk.shop, desk.renewing, desk.vendors.marketing

    def put(raw: bytes) -> None:
        told = decoded(raw, Habits)
        shop.confirms, renewing.mails, marketing.flows = told.shop_confirms, told.app_reminds, told.marketing

    return {
        "subscriptions": lambda raw: renewing.start(decoded(raw, Subscription)),
        "look-ahead": lambda raw: {"due": renewing.look(decoded(raw, Day).today)},
        "renew": lambda raw: {"renewed": renewing.renew(decoded(raw, Day).today)},
        "marketing/plan": lambda raw: marketing.plan(decoded(raw, Planned)),
        "marketing/run": lambda raw: marketing.run(decoded(raw, Day).today),
        "habits": put,
    }


def habits(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """Their routes; `admit` knows the token."""
    route, names = (
        partial(answering, admit),
        ("subscriptions", "look-ahead", "renew", "marketing/plan", "marketing/run"),
    )

    async def show(_: web.Request) -> Any:  # noqa: ANN401 - JSON
        shop, renewing, marketing = desk.shop, desk.renewing, desk.vendors.marketing
        return Habits(shop_confirms=shop.confirms, app_reminds=renewing.mails, marketing=marketing.flows)

    return [
        *(web.post(f"/desk/{name}", route(acting(desk, name))) for name in names),
        web.put("/desk/habits", route(acting(desk, "habits"))),
        web.get("/desk/habits", route(show)),
    ]
