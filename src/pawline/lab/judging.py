"""What the vendors' ledgers say of a day: what is whole, what is undone, what is neither. The hub is not asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.lab.rows import Back, Fate, OrderRow
from pawline.testing import SETTLED, duplicates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pawline.testing import Effect

ONCE: Final = frozenset(name for name, how in SETTLED.items() if how.value in {"key", "look_up"})
"""Effects that must never happen twice."""
WHOLE: Final = (
    "Payments.authorize", "Inventory.reserve", "Payments.capture", "Inventory.commit", "Marketing.send",
    "Shipping.book", "Fulfilment.request",
)  # fmt: skip
"""What an order that is on its way consists of at the vendors, each once. (The CRM's part is the household's.)"""
PAIRS: Final = (
    ("Payments.authorize", "Payments.void"), ("Inventory.reserve", "Inventory.release"),
    ("Shipping.book", "Shipping.cancel"),
)  # fmt: skip
"""What was begun, and what undoes it."""
PARCELS: Final = (("Shipping.book", "Shipping.cancel"), ("Fulfilment.request", "Fulfilment.cancel"))
"""Of an order that is called off."""


class Known(NamedTuple):
    """What is known of an order besides: whose it is, when buy was pressed for it (in seconds), whether it is refused.

    Not `sure`: it was sent, and nobody said that they took it. It is an order if a vendor heard of it, else none.
    `back`: whoever takes the orders was told that it is called off, or came back.
    """

    number: int
    placed: float
    refused: bool
    sure: bool = True
    back: Back | None = None


def judged(effects: Sequence[Effect], orders: Mapping[str, Known], begun: float) -> list[OrderRow]:
    """Every order against what the vendors did for it; `begun` is the day's beginning by their clock."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    last: dict[str, float] = {}
    for effect in effects:
        if not effect.again and effect.order:
            found[effect.order][effect.operation] += 1
            last[effect.order] = effect.at - begun
    twice = Counter(what.partition("/")[0] for _, what in duplicates(effects, ONCE))
    rows = []
    for order, known in orders.items():
        its = found.get(order, Counter())
        if not its and not known.sure:
            continue
        fate = _fate(its) if known.back is None else _fate_back(its, known.back)
        done = round(last[order], 4) if fate in {Fate.WHOLE, Fate.UNDONE} else None
        arrived = all(its[one] for one in WHOLE)
        rows.append(OrderRow(order=order, number=known.number, placed=round(known.placed, 4), done=done, fate=fate,
                             refused=known.refused, arrived=arrived, doubled=twice[order],
                             back=known.back))  # fmt: skip
    return rows


def oversold(effects: Iterable[Effect], stock: Mapping[str, int]) -> dict[str, int]:
    """Units asked of the warehouse over what there was, by SKU; empty where all is well."""
    asked: Counter[str] = Counter()
    for effect in effects:
        if effect.operation == "Fulfilment.request" and not effect.again:
            asked.update(effect.items)
    return {sku: units - stock[sku] for sku, units in sorted(asked.items()) if units > stock[sku]}


def lost(rows: Iterable[OrderRow]) -> list[OrderRow]:
    """Orders that were taken, and of which nothing is to be found, though nobody refused them."""
    return [one for one in rows if one.fate is Fate.NOTHING and not one.refused and one.back is not Back.CALLED_OFF]


def half_done(rows: Iterable[OrderRow]) -> list[OrderRow]:
    """Orders that somebody must put right: begun, and neither whole nor undone."""
    return [one for one in rows if one.fate is Fate.HALF]


def _fate_back(found: Counter[str], back: Back) -> Fate:
    """What came back is whole once its money went back, too; what was called off is undone once nothing is left of it.

    A label that was made and a parcel that was asked for are called off with it. Stock that was taken by then is put
    back by whoever unpacks it, which no interface of the lab's vendors has.
    """
    if back is Back.SENT_BACK:
        kept = {**found, "Marketing.send": min(found["Marketing.send"], 1)}
        return Fate.WHOLE if found["Payments.refund"] == 1 and all(kept.get(one) == 1 for one in WHOLE) else Fate.HALF
    if not found:
        return Fate.NOTHING
    money = found["Payments.authorize"] == found["Payments.void"] + found["Payments.refund"]
    goods = all(found[began] == found[undoes] for began, undoes in PARCELS)
    held = found["Inventory.reserve"] - found["Inventory.release"] - found["Inventory.commit"]
    return Fate.UNDONE if money and goods and not held else Fate.HALF


def _fate(found: Counter[str]) -> Fate:
    if not found:
        return Fate.NOTHING
    undone = any(found[undoes] for _, undoes in PAIRS)
    if all(found[one] == 1 for one in WHOLE) and not undone:
        return Fate.WHOLE
    back = all(found[began] == found[undoes] for began, undoes in PAIRS)
    taken = found["Payments.capture"] or found["Inventory.commit"] or found["Fulfilment.request"]
    return Fate.UNDONE if back and not taken else Fate.HALF
