"""Shopify: the shop, its orders, its stock and its money, by the GraphQL Admin API."""

from __future__ import annotations

from pawline.connectors.shopify.admin import client
from pawline.connectors.shopify.catalog import ShopifyCatalog
from pawline.connectors.shopify.enrolling import ENROLMENT
from pawline.connectors.shopify.fulfilment import ShopifyFulfilment
from pawline.connectors.shopify.health import probe
from pawline.connectors.shopify.hook import HOOK
from pawline.connectors.shopify.inventory import ShopifyInventory
from pawline.connectors.shopify.looking import ORDERS
from pawline.connectors.shopify.looking_disputes import DISPUTES
from pawline.connectors.shopify.looking_goods import GOODS
from pawline.connectors.shopify.looking_people import CONSENTS
from pawline.connectors.shopify.looking_round import ON_THE_WAY
from pawline.connectors.shopify.past import PAST
from pawline.connectors.shopify.payments import ShopifyPayments
from pawline.connectors.shopify.pixel import PIXEL
from pawline.connectors.shopify.rates import QUOTES
from pawline.connectors.shopify.settings import UNTIL, VERSION, Settings
from pawline.connectors.shopify.shop import ShopifyShop
from pawline.kit import Api, Connector, Offer
from pawline.ports import Catalog, Fulfilment, Inventory, Limits, Payments, Shop

connector = Connector(
    name="shopify",
    title="Shopify",
    settings=Settings,
    http=client,
    hook=HOOK,
    enrolment=ENROLMENT,
    quotes=QUOTES,
    pixel=PIXEL,
    probe=probe,
    past=PAST,
    api=Api(VERSION, UNTIL, headers=("x-shopify-api-deprecated-reason",)),
    watches=(ORDERS, ON_THE_WAY, CONSENTS, DISPUTES, GOODS),
    # 100 points a second, 2,000 at once, on the standard plan; an operation is three to five documents, of about 100
    # together. What is throttled waits for as long as Shopify says.
    limits=Limits(rate=1, burst=15, concurrency=8),
    offers={
        Catalog: Offer(ShopifyCatalog, ShopifyCatalog.OPERATIONS),
        Fulfilment: Offer(ShopifyFulfilment, ShopifyFulfilment.OPERATIONS),
        Inventory: Offer(ShopifyInventory, ShopifyInventory.OPERATIONS),
        Payments: Offer(ShopifyPayments, ShopifyPayments.OPERATIONS),
        Shop: Offer(ShopifyShop, ShopifyShop.OPERATIONS),
    },
)
