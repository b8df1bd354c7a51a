"""The vendors over HTTP: a plain API with a token, keys and ordinary status codes, and a desk to change their manner.

`POST /{vendor}/{call}` with a JSON object of named arguments answers the result, or an error as
`{"error": code, "text": sentence}`. The desk: `GET /desk/effects` is the ledger, `GET /desk/booked` what the carrier
was booked for, `PUT /desk/manners/{vendor}` and `PUT /desk/faults` change how the vendors behave.
"""

from __future__ import annotations

import asyncio
import hmac
from contextlib import nullcontext
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import msgspec
from aiohttp import web

from pawline.ports import Code
from pawline.sandbox.answers import JSON, acting, answering, decoded, encode, error, refusal, refusing
from pawline.sandbox.counter import counted, counter
from pawline.sandbox.easypost.easypost import EasyPost
from pawline.sandbox.easypost.web import easypost_routes
from pawline.sandbox.faults import Faults
from pawline.sandbox.formbricks.formbricks import Formbricks
from pawline.sandbox.formbricks.web import formbricks_routes
from pawline.sandbox.ga4.ga4 import Ga4
from pawline.sandbox.ga4.web import ga4_routes
from pawline.sandbox.habits import habits, habitual
from pawline.sandbox.hooks import Subscription
from pawline.sandbox.manner import Manner, Turns
from pawline.sandbox.openfda.openfda import OpenFda
from pawline.sandbox.openfda.web import openfda_routes
from pawline.sandbox.plain import VENDORS, asked
from pawline.sandbox.posting import Mishaps, Telling
from pawline.sandbox.recharge.recharge import Recharge
from pawline.sandbox.recharge.web import recharge_routes
from pawline.sandbox.renewing import Renewing
from pawline.sandbox.saying import hang_up, said
from pawline.sandbox.segment.segment import Segment
from pawline.sandbox.segment.web import segment_routes
from pawline.sandbox.slack.slack import Slack
from pawline.sandbox.slack.web import slack_routes
from pawline.sandbox.stripe.stripe import Stripe
from pawline.sandbox.stripe.web import stripe_routes
from pawline.sandbox.ticketing import ticketed, ticketing
from pawline.sandbox.twilio.twilio import Twilio
from pawline.sandbox.twilio.web import twilio_routes
from pawline.sandbox.woocommerce.web import woocommerce_routes
from pawline.sandbox.woocommerce.woocommerce import WooCommerce
from pawline.sandbox.zendesk.web import zendesk_routes
from pawline.sandbox.zendesk.zendesk import Zendesk
from pawline.sandbox.zigpoll.web import zigpoll_routes
from pawline.sandbox.zigpoll.zigpoll import Zigpoll

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from pawline.sandbox.diary import Diary
    from pawline.sandbox.hubspot.hubspot import HubSpot
    from pawline.sandbox.klaviyo.klaviyo import Klaviyo
    from pawline.sandbox.shopify.engine import Noted
    from pawline.sandbox.shopify.shopify import Shopify
    from pawline.sandbox.vendors import Line, Vendors

AT_SHOPIFY: Final = tuple(
    f"shopify/{name}" for name in (
        "dispatch", "tracking", "word", "return", "decline", "dispute", "consent", "pace", "checkout", "import",
        "locations", "products", "mutation",
    )
)  # fmt: skip
OTHERS: Final = (
    "easypost", "formbricks", "ga4", "hubspot", "klaviyo", "openfda", "recharge", "segment", "shopify", "slack",
    "stripe", "twilio", "woocommerce", "zendesk", "zigpoll",
)  # fmt: skip
"""Vendors with an API of their own."""
AT_KLAVIYO: Final = (
    "klaviyo/write", "klaviyo/flows", "klaviyo/decisions", "klaviyo/people", "klaviyo/pace", "klaviyo/days",
)  # fmt: skip
AT_HUBSPOT: Final = (
    "hubspot/write", "hubspot/types", "hubspot/emails", "hubspot/events", "hubspot/people", "hubspot/decisions",
    "hubspot/campaigns", "hubspot/days", "hubspot/erasures", "hubspot/webhooks",
)  # fmt: skip


class Own(Protocol):
    """A vendor with an API of its own: what happens there when somebody asks for it, by name."""

    @property
    def acts(self) -> Mapping[str, Callable[[bytes], Any]]: ...


@runtime_checkable
class Tells(Protocol):
    """One that tells others of what happens."""

    @property
    def teller(self) -> Telling[Any, Any]: ...


ROUTES: Final = (
    recharge_routes, easypost_routes, stripe_routes, zendesk_routes, slack_routes, zigpoll_routes, twilio_routes,
    formbricks_routes, segment_routes, ga4_routes, woocommerce_routes, openfda_routes,
)  # fmt: skip


class Desk:
    """What the vendors share over HTTP: the line that does the work, the token, and each one's manner."""

    def __init__(self, vendors: Vendors, token: str, line: Line | None = None) -> None:
        self.vendors, self.token = vendors, token
        self.line: Line = vendors if line is None else line
        self.manners: dict[str, Manner] = {}
        self._turns = Turns()
        self.hooks, self.shop = vendors.hooks, vendors.shop
        mailed = partial(vendors.did, "Subscriptions.mailed")
        self.diary: Diary | None = None
        self.renewing = Renewing(vendors.autoships, self.shop, self.hooks, vendors.now, mailed)
        self.recharge, self.zendesk = Recharge(vendors, token), Zendesk(vendors, token)
        self.easypost, self.slack = EasyPost(vendors, token), Slack(vendors, token)
        self.stripe, self.zigpoll = Stripe(vendors, token), Zigpoll(vendors, token)
        self.twilio, self.formbricks = Twilio(vendors, token), Formbricks(vendors, token)
        self.segment, self.ga4 = Segment(vendors, token), Ga4(vendors, token)
        self.woocommerce, self.openfda = WooCommerce(vendors, token), OpenFda(vendors, token)
        self._own: tuple[Own, ...] = (
            self.recharge, self.zendesk, self.easypost, self.slack, self.stripe, self.zigpoll, self.twilio,
            self.formbricks, self.segment, self.ga4, self.woocommerce, self.openfda,
        )  # fmt: skip
        self.acts: dict[str, Callable[[bytes], Any]] = (
            counted(self.shop) | habitual(self) | ticketed(vendors.tickets) | {"hooks": self._subscribe}
            | {name: partial(self._at_shopify, name) for name in AT_SHOPIFY}
            | {name: partial(self._at_klaviyo, name) for name in AT_KLAVIYO}
            | {name: partial(self._at_hubspot, name) for name in AT_HUBSPOT}
            | {name: act for one in self._own for name, act in one.acts.items()}
        )  # fmt: skip

    @cached_property
    def shopify(self) -> Shopify:
        """Made when it is first asked for: only who needs it waits for its schema."""
        from pawline.sandbox.shopify.shopify import Shopify  # noqa: PLC0415 - see above

        return Shopify(self.vendors, self.token, self._noting)

    @cached_property
    def klaviyo(self) -> Klaviyo:
        """The same of Klaviyo."""
        from pawline.sandbox.klaviyo.klaviyo import Klaviyo  # noqa: PLC0415 - only who needs it

        return Klaviyo(self.vendors, self.token)

    @cached_property
    def hubspot(self) -> HubSpot:
        """The same of HubSpot."""
        from pawline.sandbox.hubspot.hubspot import HubSpot  # noqa: PLC0415 - only who needs it

        return HubSpot(self.vendors, self.token)

    def _at_hubspot(self, name: str, raw: bytes) -> Any:  # noqa: ANN401 - JSON
        return self.hubspot.acts[name](raw)

    def _at_klaviyo(self, name: str, raw: bytes) -> Any:  # noqa: ANN401 - JSON
        self.klaviyo.books.do_due()
        return self.klaviyo.acts[name](raw)

    def _at_shopify(self, name: str, raw: bytes) -> Any:  # noqa: ANN401 - JSON
        self.shopify.books.do_due()  # here as when it is done again: things keep the order in which they happened
        return self.shopify.acts[name](raw)

    def _noting(self, noted: Noted) -> AbstractContextManager[None]:
        return nullcontext() if self.diary is None else self.diary.doing("shopify/mutation", noted)

    def act(self, name: str, raw: bytes) -> Any:  # noqa: ANN401 - JSON
        """Something that changes a vendor, asked for over HTTP: into the diary, if there is one, and done."""
        with nullcontext() if self.diary is None else self.diary.doing(name, decoded(raw, msgspec.Raw)):
            return self.acts[name](raw)

    def do_late(self) -> None:
        """What is late and due by now, at whichever vendor."""
        self.vendors.do_late()
        for name in {"shopify", "klaviyo"} & vars(self).keys():
            getattr(self, name).books.do_due()

    async def close(self) -> None:
        """Nobody is told any more."""
        await self.hooks.close()
        for one in self._own:
            if isinstance(one, Tells):
                await one.teller.close()
        if "shopify" in vars(self):
            await self.shopify.close()
        if "klaviyo" in vars(self):
            await self.klaviyo.teller.close()
        if "hubspot" in vars(self):
            await self.hubspot.teller.close()

    def app(self) -> web.Application:
        """The application: one for all vendors."""
        from pawline.sandbox.hubspot.web import hubspot_routes  # noqa: PLC0415 - in a circle, else
        from pawline.sandbox.klaviyo.web import klaviyo_routes  # noqa: PLC0415 - the same
        from pawline.sandbox.shopify.web import shopify_routes  # noqa: PLC0415 - only who serves waits for its schema

        app = web.Application(client_max_size=1 << 20, middlewares=[refusing])
        app.add_routes(
            [
                web.get("/desk/effects", self._effects),
                web.get("/desk/booked", self._booked),
                web.put("/desk/manners/{vendor}", self._manner),
                web.put("/desk/faults", self._faults),
                web.put("/desk/hooks", answering(self._admit, acting(self, "hooks"))),
                web.put("/desk/mishaps", self._mishaps),
                *counter(self, self._admit),
                *habits(self, self._admit),
                *ticketing(self, self._admit),
                *shopify_routes(self, self._admit),
                *(route for routes in ROUTES for route in routes(self, self._admit)),
                *klaviyo_routes(self, self._admit),
                *hubspot_routes(self, self._admit),
                web.post("/{vendor}/{call}", self._call),
            ]
        )
        return app

    # -- the desk ------------------------------------------------------------------------------------------------

    async def _effects(self, request: web.Request) -> web.Response:
        self._admit(request)
        return web.Response(body=encode(self.vendors.effects()), headers=JSON)

    async def _booked(self, request: web.Request) -> web.Response:
        self._admit(request)
        return web.Response(body=encode(self.vendors.carrier.booked()), headers=JSON)

    async def _manner(self, request: web.Request) -> web.Response:
        self._admit(request)
        vendor = request.match_info["vendor"]
        if vendor not in {*VENDORS, *OTHERS}:
            raise error(404, Code.NOT_FOUND, f"the vendors are {', '.join(sorted({*VENDORS, *OTHERS}))}")
        self.manners[vendor] = decoded(await request.read(), Manner)
        return web.Response(status=204)

    async def _faults(self, request: web.Request) -> web.Response:
        self._admit(request)
        self.vendors.faults = decoded(await request.read(), Faults)
        return web.Response(status=204)

    def _subscribe(self, raw: bytes) -> None:
        self.hooks.subscription = decoded(raw, Subscription)

    async def _mishaps(self, request: web.Request) -> web.Response:
        self._admit(request)
        self.hooks.mishaps = decoded(await request.read(), Mishaps)
        return web.Response(status=204)

    # -- the vendors ---------------------------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.StreamResponse:
        vendor = request.match_info["vendor"]
        manner = self.manners.get(vendor, Manner())
        if manner.down:
            return hang_up(request)
        self._admit(request, stranger=manner.stranger)
        try:
            call = await asked(request)  # before it takes its time: who hangs up meanwhile has asked for it
        except ConnectionError:  # in the middle of what was asked
            return hang_up(request)
        if late := self._turns.seconds(vendor, manner):
            await asyncio.sleep(late)
        if manner.limited is not None:
            raise error(429, Code.RATE_LIMITED, "too many requests", {"retry-after": f"{manner.limited:g}"})
        try:
            # Whoever hangs up changes nothing: what was asked for goes on.
            reply = await asyncio.shield(asyncio.ensure_future(self.line.ask(call)))
        except ConnectionError:
            return hang_up(request)
        except ValueError as problem:  # msgspec's own, and what the model refuses
            raise error(422, Code.INVALID, str(problem)) from None
        if manner.says is not None:
            return said(manner.says)
        if reply.error is not None:
            raise refusal(reply.error)
        return web.Response(body=bytes(reply.value), headers=JSON)

    def _admit(self, request: web.Request, *, stranger: bool = False) -> None:
        given = request.headers.get("authorization", "")
        if stranger or not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            raise error(401, Code.CREDENTIALS, "this token is not known")
