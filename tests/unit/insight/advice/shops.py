"""Shops that ask for advice, each described as its own people would."""

from __future__ import annotations

from pawline.insight.advice import Access, Answers, Goal, System
from pawline.model import Channel

API = (Access.API, Access.WEBHOOKS)
OFFERS = {
    "database": frozenset[str](), "easypost": frozenset({"shipping"}), "files": frozenset({"erp"}),
    "http": frozenset({"calls"}), "klaviyo": frozenset({"crm", "marketing"}),
    "recharge": frozenset({"subscriptions"}), "stripe": frozenset({"payments"}),
    "shopify": frozenset({"catalog", "fulfilment", "inventory", "payments", "shop"}),
    "woocommerce": frozenset({"inventory", "shop"}), "zendesk": frozenset({"helpdesk"}),
    "zigpoll": frozenset({"surveys"}),
}  # fmt: skip


def system(name: str, *roles: str, access: tuple[Access, ...] | None = API) -> System:
    return System(name=name, roles=roles, access=access)


SHOPIFY = system("Shopify", "shop", "payments", "inventory", "fulfilment")
BOOKS = system("Dynamics GP", "erp", access=(Access.FILES,))

BRAND = Answers(
    people=60, editor=True, orders_a_day=3_000, orders_peak_day=15_000, autoship_share=0.4, checkout="theirs",
    channels=(Channel.WEB, Channel.SUBSCRIPTION), countries=("US", "CA"), zones=("America/New_York", "Europe/Berlin"),
    minutes_per_order=0.5, returns_a_week=400, minutes_per_return=6, tickets_a_week=1_400, minutes_per_ticket=5,
    stock_minutes_a_day=90, renewal_minutes_a_week=300, goals=(Goal.LESS_WORK, Goal.NO_OVERSELL, Goal.FEEDBACK),
    systems=(
        SHOPIFY, BOOKS, system("Recharge", "subscriptions"), system("Klaviyo", "marketing", "crm"),
        system("EasyPost", "shipping"), system("Zendesk", "helpdesk"), system("Zigpoll", "surveys"),
    ),
)  # fmt: skip
"""The brand of the design: 60 people, Shopify's checkout, an ERP by files, 40 % autoship."""

WORDPRESS = Answers(
    people=3, editor=True, orders_a_day=40, orders_peak_hour=30, checkout="theirs", channels=(Channel.WEB,),
    minutes_per_order=4, stock_minutes_a_day=20,
    systems=(
        system("WooCommerce", "shop", "inventory"), system("Lexware", "erp", access=(Access.DATABASE,)),
        system("Gorgias", "helpdesk", access=(Access.API,)), system("The fax", "fulfilment", access=(Access.NONE,)),
    ),
)  # fmt: skip
HEADLESS = Answers(
    people=25, editor=True, orders_a_day=900, orders_peak_hour=2_000, checkout="ours", tell_later=False,
    minutes_per_order=1, goals=(Goal.FASTER_CHECKOUT, Goal.ALWAYS_ON),
    systems=(system("Stripe", "payments"), system("Depot WMS", "inventory", "fulfilment", access=(Access.FILES,))),
)  # fmt: skip
PATIENT = Answers(
    editor=True, orders_a_day=200, checkout="ours", tell_later=True, minutes_per_order=2,
    systems=(system("Stripe", "payments"), system("EasyPost", "shipping")),
)  # fmt: skip
PHARMACY = Answers(
    people=12, editor=True, orders_a_day=300, orders_peak_day=400, checkout="ours", must_confirm=True,
    minutes_per_order=3, systems=(system("Stripe", "payments"), system("Vetdesk", "inventory", "erp")),
)  # fmt: skip
UNSURE = Answers(systems=(SHOPIFY, system("Sage", "erp", access=None)))
GIANT = Answers(
    editor=True, orders_a_day=900_000, orders_peak_hour=200_000, checkout="theirs", minutes_per_order=0.1,
    systems=(SHOPIFY, BOOKS),
)  # fmt: skip

CORNER = Answers(
    people=1, editor=True, orders_a_day=3, checkout="theirs", channels=(Channel.WEB,), systems=(SHOPIFY,),
)  # fmt: skip
"""Twenty orders a week and one system."""
SMALL = Answers(
    people=2, editor=True, orders_a_day=3, checkout="theirs", minutes_per_order=2, returns_a_week=1,
    minutes_per_return=5, stock_minutes_a_day=0, systems=(SHOPIFY, BOOKS), goals=(Goal.LESS_WORK,),
)  # fmt: skip
"""The same with a second system, which it hardly needs."""
TRADING = Answers(
    people=40, editor=True, orders_a_day=2_000, checkout="ours", must_confirm=True, agree_within=0.3,
    minutes_per_order=1, systems=(system("SAP", "erp", access=(Access.FILES,)), system("Stripe", "payments")),
)  # fmt: skip
SELLERS = Answers(
    people=4, editor=False, orders_a_day=120, channels=(Channel.MARKETPLACE,), minutes_per_order=3,
    systems=(system("A marketplace", "shop"), BOOKS),
)  # fmt: skip
CLOSED = Answers(
    editor=True, orders_a_day=100, checkout="theirs", minutes_per_order=3,
    systems=(SHOPIFY, system("Till", "erp", access=(Access.NONE,)), system("Fax", "fulfilment", access=(Access.NONE,))),
)  # fmt: skip
