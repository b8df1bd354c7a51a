"""What a vendor may do to us, on demand: by the number of the request, or by chance from a seed."""

from __future__ import annotations

import enum
import random
from collections.abc import Mapping
from typing import NamedTuple

import msgspec


class Fault(enum.StrEnum):
    """One way in which a request can go wrong."""

    LIMITED = "limited"
    """429 with `retry_after`: nothing happens."""
    UNAVAILABLE = "unavailable"
    """503: nothing happens."""
    UNHEARD = "unheard"
    """The connection breaks before the vendor heard the request: nothing happens."""
    BROKEN = "broken"
    """The effect happens, then the connection breaks."""
    LATE = "late"
    """The connection breaks, and the effect happens `late_after` seconds later."""
    SILENT = "silent"
    """The effect happens, and no answer comes."""
    STORED_ERROR = "stored_error"
    """The effect happens, the answer is a 500, and it stays a 500 for this key."""


ANY_TIME = (Fault.LIMITED, Fault.UNAVAILABLE, Fault.UNHEARD, Fault.BROKEN, Fault.LATE, Fault.SILENT)
"""Faults that a hub gets over by itself."""


class Faults(msgspec.Struct, kw_only=True):
    """A plan of faults. `at` names them by the number of the request, counted from 1; else chance decides by `rates`.

    The same seed gives the same faults to the same sequence of requests. `latency` is the most seconds that a request
    takes to come in, and again for its answer to come out.
    """

    seed: int = 0
    rates: dict[Fault, float] = {}
    at: dict[int, Fault] = {}
    latency: float = 0.0
    retry_after: float = 0.2
    late_after: float = 3.0

    def dice(self) -> Dice:
        """The plan, ready to be played."""
        return Dice(self)


class Drawn(NamedTuple):
    """What one request meets: a fault or none, and seconds on the way in and on the way out."""

    fault: Fault | None
    on_the_way_in: float
    on_the_way_out: float


class Dice:
    """Draws what each request meets."""

    def __init__(self, plan: Faults) -> None:
        self.plan = plan
        self.requests = 0
        self._random = random.Random(plan.seed)  # noqa: S311 - chance that can be repeated is the point

    def draw(self) -> Drawn:
        """What the next request meets."""
        self.requests += 1
        chance, come, go = (self._random.random() for _ in range(3))
        latency = self.plan.latency
        return Drawn(self.plan.at.get(self.requests) or _chosen(self.plan.rates, chance), latency * come, latency * go)


def _chosen(rates: Mapping[Fault, float], chance: float) -> Fault | None:
    for fault, rate in rates.items():
        chance -= rate
        if chance < 0:
            return fault
    return None
