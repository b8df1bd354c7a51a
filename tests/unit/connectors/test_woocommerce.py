"""WooCommerce keeps what every connector keeps."""

from __future__ import annotations

import base64

from pawline.connectors import woocommerce
from pawline.kit import Headers, Secret
from pawline.model import LocationId, OrderId, SkuId
from pawline.ports import Adjustment
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises, mac

ROW = b'{"id": %d, "date_created_gmt": "2026-11-30T12:%02d:00", "date_modified_gmt": "2026-11-30T12:%02d:00"}'


def page(hour: int, many: int) -> bytes:
    """Orders of which nobody asks more than their number and their time."""
    rows = [
        b'{"id": %d, "date_created_gmt": "2026-11-30T%02d:%02d:00", "date_modified_gmt": "2026-11-30T%02d:%02d:00"}'
        % (hour * 100 + n, hour, n, hour, n)
        for n in range(many)
    ]
    return b"[" + b",".join(rows) + b"]"


class TestWooCommerce(ConnectorPromises):
    connector = woocommerce.connector
    settings = {  # noqa: RUF012 - a card's
        "url": "{url}", "key": "ck_1", "secret": TOKEN, "webhook_secrets": list(SECRETS[:2]),
    }  # fmt: skip
    silent = frozenset({"Inventory.reserve", "Inventory.release", "Inventory.commit"})
    refusal = b'{"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}'
    examples = {  # noqa: RUF012 - the same
        OrderId: OrderId("1001"),
        tuple[Adjustment, ...]: (Adjustment(sku=SkuId("kibble"), location=LocationId("woocommerce"), by=2),),
        str | None: "2026-11-30T12:00:00&offset=0",
    }
    pages = (page(13, 50), page(14, 50), page(15, 49))
    vendor_pages = {"Shop.changed_since": pages, "Catalog.changed_since": pages}  # noqa: RUF012 - the same

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        made = base64.b64encode(mac(self._scheme(), secret, body)).decode()
        return [("X-WC-Webhook-Signature", made)]
