"""One side of the demo: its orders, vendors of its own, and what can be seen of its day from the vendors' ledger."""

from __future__ import annotations

import random
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pawline.cli.demo.figures import reckon
from pawline.cli.demo.wire import Watched
from pawline.sandbox import Desk, Fault, Faults, Vendors
from pawline.testing.orders import SKUS, order, placed

if TYPE_CHECKING:
    from pawline.cli.demo.figures import Figures

AT_ONCE: Final = 48
"""Shoppers who check out at the same time."""
WEATHER: Final = {
    Fault.BROKEN: 0.004, Fault.UNHEARD: 0.004, Fault.LIMITED: 0.004, Fault.UNAVAILABLE: 0.004, Fault.LATE: 0.001,
}  # fmt: skip
"""How often the vendors fail, and in which way."""


@dataclass
class Progress:
    """How far the day is: what a screen shows."""

    orders: int
    accepted: int = 0
    ended: int = 0
    kills: int = 0
    says: list[str] = field(default_factory=list)


class Side:
    """The same seed gives both sides the same orders, the same stock, and vendors of the same mood."""

    def __init__(self, orders: int, kills: int, seed: int) -> None:
        self.envelopes = [placed(order(n, declined=n % 37 == 5)) for n in range(1, orders + 1)]
        scarce = {SKUS[-1]: max(1, round(orders / 3 * 0.95))}
        faults = Faults(seed=seed, rates=WEATHER, latency=0.01, late_after=1.0)
        self.watched = Watched(Vendors(now=time.time, stock=dict.fromkeys(SKUS, orders) | scarce, faults=faults))
        self.token = secrets.token_urlsafe(24)
        self.desk = Desk(self.watched.vendors, self.token, self.watched)
        chance = random.Random(seed)  # noqa: S311 - chance to be repeated
        self.kills_at = sorted(chance.uniform(0.02, 0.9) for _ in range(kills))
        self.progress = Progress(orders)
        self._ended: set[str] = set()
        self._read = 0

    def refresh(self) -> int:
        """How many orders came to an end, as far as the vendors can see."""
        books = self.watched.vendors.books.read()
        self._ended.update(one.order for one in books[self._read :] if one.operation == "Marketing.send")
        self._read = len(books)
        self._ended.update(self.watched.refused)
        self.progress.ended = len(self._ended)
        return self.progress.ended

    def figures(self, seconds: float) -> Figures:
        """The day by the vendors' ledger."""
        return reckon(
            [one.event.subject for one in self.envelopes], self.watched.vendors.effects(),
            refused=self.watched.refused, settled=self.watched.settled, kills=self.progress.kills, seconds=seconds,
        )  # fmt: skip
