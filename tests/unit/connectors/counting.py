"""What scenes of analytics share: an occurrence, and the secret under which people are counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pawline.model import HouseholdId
from pawline.ports import Occurrence, OrderOccurrence

PEOPLE: Final = "a-secret-of-the-shop-canary-77"
VALUES: Final[dict[str, str | int | bool]] = {
    "order": "1001", "number": "#1001", "total": 1_234, "currency": "EUR", "channel": "web",
}  # fmt: skip


def occurrence(name: str = OrderOccurrence.REFUNDED, key: str = "refunded.order/r1", **more: Any) -> Occurrence:
    """Of an hour ago, unless it is said when."""
    at = datetime.now(UTC) - timedelta(hours=1)
    given: dict[str, Any] = {"at": at, "household": HouseholdId("h1"), "values": VALUES} | more
    return Occurrence(name=str(name), key=key, **given)
