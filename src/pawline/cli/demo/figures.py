"""What the vendors' ledger says about a day: nothing here asks the hub what it believes."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.testing import SETTLED, counts, duplicates, repeats

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pawline.testing import Effect

ONCE: Final = frozenset(name for name, how in SETTLED.items() if how.value in {"key", "look_up"})
"""Effects that must never happen twice."""
AGAIN: Final = frozenset(SETTLED) - ONCE
SEND: Final = "Marketing.send"
WHOLE: Final = {
    "Payments.authorize": 1, "Payments.capture": 1, "Inventory.reserve": 1, "Inventory.commit": 1, "Marketing.send": 1,
}  # fmt: skip
"""What a confirmed order consists of at the vendors."""


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor's part of the day."""

    effects: int
    settled_after_doubt: int
    doubled: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The day in numbers. `doubled` names effects that happened twice; `lost` and `half_done` name orders.

    Half done is whatever is neither whole, once, nor undone: an order whose card was charged twice too.

    `written_twice` counts households that were told the same again, `taken_too_much` is money by currency in minor
    units that was captured a second time, `stock_tied_up` units that are set aside and neither sold nor given back.
    """

    orders: int
    confirmed: int
    refused: dict[str, int]
    vendors: dict[str, Vendor]
    lost: list[str]
    half_done: list[str]
    doubled: list[str]
    repeated_harmlessly: int
    written_twice: int
    taken_too_much: dict[str, int]
    stock_tied_up: int
    kills: int
    seconds: float
    orders_per_second: float

    @property
    def good(self) -> bool:
        """Nothing was lost, half done or doubled."""
        return not (self.lost or self.half_done or self.doubled)


def reckon(
    orders: Iterable[str], effects: Sequence[Effect], *, refused: Mapping[str, str], settled: Mapping[str, int],
    kills: int, seconds: float,
) -> Figures:  # fmt: skip
    """Every order against what the vendors did for it. `refused`: whom they turned away, and why."""
    done: dict[str, Counter[str]] = defaultdict(Counter)
    for effect in effects:
        if not effect.again:
            done[effect.order][effect.operation] += 1
    confirmed, half, lost, why = 0, list[str](), list[str](), Counter[str]()
    every = list(orders)
    for order in every:
        found = done.get(order, Counter())
        if all(found[name] == times for name, times in WHOLE.items()) and not found["Payments.void"]:
            confirmed += 1
        elif order in refused and found["Payments.capture"] == 0 and _undone(found):
            why[refused[order]] += 1
        else:
            (half if found else lost).append(order)
    twice = duplicates(effects, ONCE)
    return Figures(
        orders=len(every), confirmed=confirmed, refused=dict(why.most_common()),
        vendors=_vendors(effects, settled, twice),
        lost=lost, half_done=half, doubled=[f"{operation} of {what}" for operation, what in twice],
        repeated_harmlessly=repeats(effects, AGAIN),
        written_twice=sum(times > 1 for (operation, _), times in counted(effects).items() if operation == SEND),
        taken_too_much=_taken_twice(effects), stock_tied_up=_tied_up(effects), kills=kills, seconds=round(seconds, 2),
        orders_per_second=round(len(every) / seconds, 1),
    )  # fmt: skip


def counted(effects: Sequence[Effect]) -> Counter[tuple[str, str]]:
    """How often each thing was done that changed something."""
    return Counter((one.operation, one.business) for one in effects if not one.again)


def _taken_twice(effects: Sequence[Effect]) -> dict[str, int]:
    """Captures after the first of the same tender."""
    seen, twice = set[str](), Counter[str]()
    for one in effects:
        if one.operation == "Payments.capture":
            if one.business in seen:
                twice[one.currency] += one.amount
            seen.add(one.business)
    return dict(twice)


def _tied_up(effects: Sequence[Effect]) -> int:
    signs = {"Inventory.reserve": 1, "Inventory.release": -1, "Inventory.commit": -1}
    return sum(signs.get(one.operation, 0) * sum(one.items.values()) for one in effects if not one.again)


def _undone(found: Counter[str]) -> bool:
    return (
        found["Payments.authorize"] == found["Payments.void"]
        and found["Inventory.reserve"] == found["Inventory.release"]
    )


def _vendors(
    effects: Sequence[Effect], settled: Mapping[str, int], twice: Mapping[tuple[str, str], int]
) -> dict[str, Vendor]:
    sums: Counter[str] = Counter()
    doubled: Counter[str] = Counter()
    for operation, count in counts(effects).items():
        sums[operation.partition(".")[0]] += count
    for (operation, _), times in twice.items():
        doubled[operation.partition(".")[0]] += times - 1
    return {
        port: Vendor(effects=count, settled_after_doubt=settled.get(port, 0), doubled=doubled[port])
        for port, count in sorted(sums.items())
    }
