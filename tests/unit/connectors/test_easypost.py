"""EasyPost keeps what every connector keeps."""

from __future__ import annotations

from pawline.connectors import easypost
from pawline.kit import Headers, Secret
from pawline.model import Money, OrderId
from pawline.ports import Label, Rate, Shipment
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises, mac

RATE = Rate(carrier="USPS", service="Priority", price=Money(742, "USD"), reference="shp_1/rate_1")
SHIPMENT = Shipment(
    order=OrderId("1001"), part="all", carrier="USPS", service="Priority", price=Money(742, "USD"),
    reference="shp_1", labels=(Label(tracking="9400"),),
)  # fmt: skip


class TestEasyPost(ConnectorPromises):
    connector = easypost.connector
    settings = {"url": "{url}", "key": TOKEN, "webhook_secrets": list(SECRETS[:2])}  # noqa: RUF012 - a card's
    examples = {Rate: RATE, Shipment: SHIPMENT}  # noqa: RUF012 - the same

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        return [("X-Hmac-Signature", f"hmac-sha256-hex={mac(self._scheme(), secret, body).hex()}")]
