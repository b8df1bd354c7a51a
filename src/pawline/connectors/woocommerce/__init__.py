"""WooCommerce: a shop in WordPress that owns its checkout, by REST API v3."""

from __future__ import annotations

from pawline.connectors.woocommerce.catalog import WooCommerceCatalog
from pawline.connectors.woocommerce.client import client
from pawline.connectors.woocommerce.enrolling import ENROLMENT
from pawline.connectors.woocommerce.health import probe
from pawline.connectors.woocommerce.hook import HOOK
from pawline.connectors.woocommerce.inventory import WooCommerceInventory
from pawline.connectors.woocommerce.looking import ORDERS
from pawline.connectors.woocommerce.looking_goods import GOODS
from pawline.connectors.woocommerce.past import PAST
from pawline.connectors.woocommerce.settings import Settings
from pawline.connectors.woocommerce.shop import WooCommerceShop
from pawline.kit import Api, Connector, Offer
from pawline.ports import Catalog, Inventory, Limits, Shop

connector = Connector(
    name="woocommerce",
    title="WooCommerce",
    settings=Settings,
    http=client,
    hook=HOOK,
    enrolment=ENROLMENT,
    probe=probe,
    past=PAST,
    counts=True,
    api=Api("wc/v3"),  # no end of it is announced
    watches=(ORDERS, GOODS),
    # WooCommerce has no limit of its own: each call is a whole start of WordPress, on a machine that shoppers are on.
    limits=Limits(rate=5, burst=10, concurrency=4),
    offers={
        Catalog: Offer(WooCommerceCatalog, WooCommerceCatalog.OPERATIONS),
        Inventory: Offer(WooCommerceInventory, WooCommerceInventory.OPERATIONS),
        Shop: Offer(WooCommerceShop, WooCommerceShop.OPERATIONS),
    },
)
