"""The sandbox: vendors that are pretended well, for trying flows and for the demo."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from pawline.connectors.sandbox.crm import SandboxCrm
from pawline.connectors.sandbox.errors import explain
from pawline.connectors.sandbox.events import HOOK, missed
from pawline.connectors.sandbox.fulfilment import SandboxFulfilment
from pawline.connectors.sandbox.helpdesk import SandboxHelpdesk
from pawline.connectors.sandbox.inventory import SandboxInventory
from pawline.connectors.sandbox.mail import SandboxMail
from pawline.connectors.sandbox.marketing import SandboxMarketing
from pawline.connectors.sandbox.payments import SandboxPayments
from pawline.connectors.sandbox.shipping import SandboxShipping
from pawline.connectors.sandbox.shop import SandboxShop
from pawline.connectors.sandbox.subscriptions import SandboxSubscriptions
from pawline.connectors.sandbox.terms import TIMEOUT
from pawline.kit import Connector, Guard, Http, Offer, Secret, Watch
from pawline.ports import (
    Crm,
    Fulfilment,
    Helpdesk,
    Inventory,
    Limits,
    Mail,
    Marketing,
    Payments,
    Shipping,
    Shop,
    Subscriptions,
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account needs: the sandbox's address, and the token that it printed when it started.

    `webhook_secrets` are those that its webhooks may be signed with: none, and nobody is believed. `poll` is seconds
    between two looks for what no webhook told; 0: none.
    """

    url: str
    token: Secret
    webhook_secrets: tuple[Secret, ...] = ()
    poll: float = 0.0


def http(settings: Settings, guard: Guard) -> Http:
    """An account's client."""
    return Http(
        settings.url, guard=guard, headers={"authorization": Secret(f"Bearer {settings.token.reveal()}")},
        explain=explain, timeout=TIMEOUT,
    )  # fmt: skip


class Habits(msgspec.Struct, frozen=True):
    """Who sends mails by itself."""

    shop_confirms: bool
    app_reminds: bool
    marketing: dict[str, str]


async def sends(http: Http, _: Settings) -> frozenset[str]:
    """Messages that the shop, the subscription app and the marketing tool send by themselves now."""
    habits = await http.get("desk", "habits", into=Habits)
    found = set(habits.marketing.values())
    found |= {"order_confirmation"} if habits.shop_confirms else set()
    return frozenset(found | ({"renewal_reminder"} if habits.app_reminds else set()))


async def probe(http: Http, _: Settings, __: frozenset[str]) -> None:
    """Whether it is there, and knows the token, which opens everything. Raises PortError."""
    await http.get("desk", "habits", into=Habits)


def every(settings: Settings) -> timedelta:
    """How often its list of what happened is looked at."""
    return timedelta(seconds=settings.poll)


connector = Connector(
    name="sandbox",
    title="Sandbox",
    settings=Settings,
    http=http,
    hook=HOOK,
    probe=probe,
    sends=sends,
    watches=(Watch("events", every, missed),),
    limits=Limits(concurrency=64),
    offers={
        Crm: Offer(SandboxCrm, SandboxCrm.OPERATIONS),
        Fulfilment: Offer(SandboxFulfilment, SandboxFulfilment.OPERATIONS),
        Helpdesk: Offer(SandboxHelpdesk, SandboxHelpdesk.OPERATIONS),
        Inventory: Offer(SandboxInventory, SandboxInventory.OPERATIONS),
        Mail: Offer(SandboxMail, SandboxMail.OPERATIONS),
        Marketing: Offer(SandboxMarketing, SandboxMarketing.OPERATIONS),
        Payments: Offer(SandboxPayments, SandboxPayments.OPERATIONS),
        Shipping: Offer(SandboxShipping, SandboxShipping.OPERATIONS),
        Shop: Offer(SandboxShop, SandboxShop.OPERATIONS),
        Subscriptions: Offer(SandboxSubscriptions, SandboxSubscriptions.OPERATIONS),
    },
)
