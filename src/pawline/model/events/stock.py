"""What happens to stock and lots. No personal data."""

from __future__ import annotations

from datetime import UTC

from pawline.model.event import Event
from pawline.model.stock import Recall, StockLevel


class StockCounted(Event, tag="stock.counted@1"):
    """A source said how much of one SKU it has in one place; the newest `as_of` counts, not the last to arrive."""

    level: StockLevel

    @property
    def subject(self) -> str:
        """SKU and place."""
        return f"{self.level.sku}@{self.level.location}"

    @property
    def fact(self) -> str:
        """One per SKU, place and as-of time."""
        as_of = self.level.as_of.astimezone(UTC)
        return f"stock.counted/{self.level.location}/{self.level.sku}/{as_of.isoformat()}"


class LotRecalled(Event, tag="lot.recalled@1"):
    """A recall was confirmed by a person."""

    recall: Recall

    @property
    def subject(self) -> str:
        """The recall."""
        return self.recall.id

    @property
    def fact(self) -> str:
        """One per recall."""
        return f"lot.recalled/{self.recall.id}"
