"""A day by its seed: who comes when, with how much patience, what they buy, whose card is declined, what goes wrong.

Arrivals are an open model: shoppers come when they come, however slow the answers are. **Patience** is lognormal: 53 of
100 have left after 3 s (Akamai 2017, phones, of pages: https://www.mediapost.com/publications/article/306009), which is
near what Nah found for pages without a sign of life (2 s; Behaviour & Information Technology, 2004). Its spread is an
assumption. Who has pressed "buy" may wait longer than who waits for a page: `--patience` says how long.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.lab.latencies import drawn
from pawline.lab.log import Operation
from pawline.lab.rows import Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PATIENCE: Final = 2.82
"""Seconds, the median: with SPREAD, 53 of 100 are gone after 3 s."""
SPREAD: Final = 0.8
DECLINED: Final = 0.08
"""Of cards; made up. Each is tried again with another one, which is good."""
RETURNS: Final = 0.5
"""Of those that gave up come back once; made up."""
SKUS: Final = ("kibble-10", "litter-5", "chew-1", "toy-last")
SCARCE: Final = SKUS[-1]
"""Of which there is less than is wanted."""
WANTED: Final = (0.4, 0.32, 0.2, 0.08)
PEAK: Final = (0.15, 0.82)
"""Shares of the day between which three times as many come as else."""
TIMES: Final = 3.0
A_SECOND: Final = 15.0
"""Orders a second of a day, on average."""
SHORTEST: Final = 6.0


class Shopper(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who comes to buy. `due` is seconds after the day began; `returns`: after giving up, once.

    `basket` is what they buy where it is more than so many of one SKU. An `autoship` is a renewal: a machine orders it,
    and nobody waits. `called_off` and `sent_back` are what becomes of the order, once it is one.
    """

    number: int
    due: float
    part: str
    sku: str
    quantity: int
    declined: bool
    patience: float
    returns: bool
    basket: tuple[tuple[str, int], ...] = ()
    autoship: bool = False
    called_off: bool = False
    sent_back: bool = False

    @property
    def lines(self) -> tuple[tuple[str, int], ...]:
        """What they buy, by SKU."""
        return self.basket or ((self.sku, self.quantity),)


class Trouble(NamedTuple):
    """What goes wrong, in which share of the day, and how `vendors` behave then (as the sandbox's desk is told)."""

    name: str
    begin: float
    end: float
    vendors: tuple[str, ...]
    manner: Mapping[str, float | bool]


TROUBLES: Final = (
    Trouble("the stock system takes 2 s", 0.34, 0.46, ("inventory",), {"latency": 2.0}),
    Trouble("payments take 1.5 s", 0.46, 0.56, ("payments",), {"latency": 1.5}),
    Trouble("the carrier says 429", 0.56, 0.64, ("shipping",), {"limited": 1.0}),
    Trouble("CRM and marketing are dead", 0.62, 0.74, ("crm", "marketing"), {"down": True}),
)
"""By plan; a kill of whoever takes the orders comes at KILL."""
KILL: Final = 0.78
AFTER_KILL: Final = 0.08
"""Of the day, that counts as trouble after the kill: what it takes to be up again is part of it."""
KILLED: Final = "whoever takes the orders is killed"


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A day that was: what was taken from its log and what is assumed beside it, in sentences, and the figures.

    `faster` is how many times as fast as it was. A count is None where the source cannot tell.
    """

    source: str
    day: str
    zone: str
    orders: int
    of: int
    faster: float
    burstiness: float
    units: float
    goods: int
    autoship: int | None
    cancelled: int | None
    returned: int | None
    carts: int | None
    operations: tuple[Operation, ...]
    taken: tuple[str, ...]
    assumed: tuple[str, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One day. `draws` are seconds of each call by vendor; `stock` what there is of each SKU.

    `measured` names the vendors whose times somebody measured, and `whose` says who. `recorded` is what was taken out
    of a log, and what was not; None of a day that is made up.
    """

    seed: int
    seconds: float
    shoppers: tuple[Shopper, ...]
    draws: dict[str, list[float]]
    stock: dict[str, int]
    patience: float = PATIENCE
    measured: tuple[str, ...] = ()
    whose: str = ""
    recorded: Recorded | None = None

    def spans(self) -> tuple[Span, ...]:
        """When what goes wrong, in seconds of the day."""
        day = self.seconds
        planned = [Span(name=one.name, begin=one.begin * day, end=one.end * day) for one in TROUBLES]
        return (*planned, Span(name=KILLED, begin=KILL * day, end=(KILL + AFTER_KILL) * day))


def planned(
    seed: int, orders: int, patience: float = PATIENCE, measured: Mapping[str, Sequence[float]] | None = None,
    whose: str = "",
) -> Plan:  # fmt: skip
    """The same seed is the same day, to the last draw. `whose` says who measured."""
    chance = random.Random(seed)  # noqa: S311 - chance to be repeated
    seconds = max(SHORTEST, orders / A_SECOND)
    comes = sorted(_moment(chance) for _ in range(orders))
    shoppers = tuple(_shopper(n, share, seconds, patience, chance) for n, share in enumerate(comes, 1))
    wanted = sum(one.quantity for one in shoppers if one.sku == SCARCE)
    stock = dict.fromkeys(SKUS, 1_000_000) | {SCARCE: math.ceil(wanted * 0.75)}
    return Plan(
        seed=seed, seconds=round(seconds, 3), shoppers=shoppers, draws=drawn(seed, measured), stock=stock,
        patience=patience, measured=tuple(sorted(measured or ())),
        whose=f"{', '.join(sorted(measured))} by {whose}" if measured else "",
    )  # fmt: skip


def in_peak(share: float) -> bool:
    """Whether this share of the day is its peak."""
    return PEAK[0] <= share < PEAK[1]


def _moment(chance: random.Random) -> float:
    while True:
        share = chance.random()
        if in_peak(share) or chance.random() < 1 / TIMES:
            return share


def _shopper(number: int, share: float, seconds: float, patience: float, chance: random.Random) -> Shopper:
    (sku,) = chance.choices(SKUS, WANTED)
    quantity, declined = chance.choice((1, 1, 1, 2)), chance.random() < DECLINED
    waits, returns = chance.lognormvariate(math.log(patience), SPREAD), chance.random() < RETURNS
    if sku == SCARCE:  # so that how many of them are sold hangs on nobody's timing
        quantity, declined = 1, False
    return Shopper(
        number=number, due=round(share * seconds, 4), part="peak" if in_peak(share) else "quiet", sku=sku,
        quantity=quantity, declined=declined, patience=round(waits, 3), returns=returns,
    )  # fmt: skip
