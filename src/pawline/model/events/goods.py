"""What is told about what is sold. No personal data."""

from __future__ import annotations

import hashlib
from datetime import UTC

import msgspec

from pawline.model.event import Event
from pawline.model.product import Description, ListedLot


class ProductDescribed(Event, tag="product.described@1"):
    """An account said what it knows of one SKU; of each account the newest `as_of` counts, not the last to arrive."""

    description: Description
    account: str = ""

    @property
    def subject(self) -> str:
        """The SKU."""
        return self.description.sku

    @property
    def fact(self) -> str:
        """One per account, SKU, as-of time and what is said: not every system moves its time with every change."""
        as_of = self.description.as_of.astimezone(UTC).isoformat()
        said = hashlib.blake2b(msgspec.json.encode(self.description), digest_size=6).hexdigest()
        return f"product.described/{self.account}/{self.description.sku}/{as_of}/{said}"

    def told_by(self, account: str) -> Event:
        """The same, as that account's word."""
        return msgspec.structs.replace(self, account=account)


class LotListed(Event, tag="lot.listed@1"):
    """A list of lots has this one: it was here, and may have left. The newest `as_of` counts."""

    lot: ListedLot

    @property
    def subject(self) -> str:
        """The SKU."""
        return self.lot.sku

    @property
    def fact(self) -> str:
        """One per SKU, lot and as-of time."""
        return f"lot.listed/{self.lot.sku}/{self.lot.lot}/{self.lot.as_of.astimezone(UTC).isoformat()}"
