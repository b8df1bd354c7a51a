"""Returns: where a shop's goods come back to, and what it takes back. Played by the hub itself, from its settings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from pawline.model import Address, Line, SkuId
from pawline.ports.read import read


class ReturnRules(msgspec.Struct, frozen=True, kw_only=True):
    """What needs no person.

    `days` are those after the arrival (after the order, where nobody told of that) in which a return is asked for;
    None: at any time. SKUs in `never` are not taken back. A label that nobody used is called off after `unused_days`.
    A unit whose weight nobody said weighs `unit_grams`.
    """

    to: Address
    days: int | None
    never: tuple[SkuId, ...]
    unused_days: int
    unit_grams: int

    def takes(self, line: Line) -> bool:
        """Whether what the line has comes back at all: it was sent, and is not in `never`."""
        return line.ships and line.sku not in self.never

    def until(self, since: datetime) -> datetime | None:
        """Until when it is asked for, of what arrived at `since`; None: at any time."""
        return None if self.days is None else since + timedelta(days=self.days)


class Returns(Protocol):
    """For a shop that does not say where its returns go nobody plays it: its labels are made elsewhere, or by hand."""

    @read
    async def rules(self) -> ReturnRules:
        """As the settings say them now."""
        ...
