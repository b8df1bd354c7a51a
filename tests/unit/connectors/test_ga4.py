"""GA4 keeps what every connector keeps."""

from __future__ import annotations

from datetime import UTC, datetime

from pawline.connectors import ga4
from pawline.model import HouseholdId
from pawline.ports import Occurrence, OrderOccurrence
from pawline.testing.conformance import TOKEN, ConnectorPromises

LATELY = Occurrence(
    name=OrderOccurrence.REFUNDED, key="refunded.order/r1", at=datetime.now(UTC), household=HouseholdId("h1"),
    values={"order": "1001", "total": 1_234, "currency": "EUR"},
)  # fmt: skip


class TestGa4(ConnectorPromises):
    connector = ga4.connector
    settings = {  # noqa: RUF012 - a card's
        "url": "{url}", "measurement_id": "G-ABC123", "api_secret": TOKEN,
        "people_secret": f"people of {TOKEN} and more",
    }  # fmt: skip
    unread = frozenset({"Analytics.record"})
    silent = frozenset({"Analytics.may_be_counted"})
    examples = {tuple[Occurrence, ...]: (LATELY,)}  # noqa: RUF012 - the same
