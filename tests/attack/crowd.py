"""Two thousand orders, most of them fine, and what must have become of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pawline.flows.fulfil_order import fulfil_order
from pawline.model import Order
from pawline.runtime import Flow
from pawline.testing import Effect, Told, counts, duplicates, money, repeats, several_keys, stock
from pawline.testing.orders import order, placed
from tests.promises.verdict import ASKED, CERTAIN, HARMLESS


@dataclass(frozen=True)
class Crowd:
    """Orders that come one after the other within `seconds`: what hub processes are told to live."""

    events: Sequence[Told]
    flow: Flow[Any, Any] = fulfil_order
    answers: Mapping[str, object] = field(default_factory=dict)


def orders(count: int) -> list[Order]:
    """Every seventh order is declined by the bank; every third is paid in two parts."""
    return [order(n, declined=n % 7 == 0, tenders=1 + (n % 3 == 0)) for n in range(1, count + 1)]


def crowd(count_and_seconds: str) -> Crowd:
    """From its text, `2000/60`: hub processes cannot be given anything else."""
    count, seconds = map(int, count_and_seconds.split("/"))
    return Crowd([Told(seconds * n / count, placed(one)) for n, one in enumerate(orders(count))])


def wrongs(count: int, effects: Sequence[Effect], kills: int, faults: int, parked: Collection[str]) -> list[str]:
    """Every broken promise, in words. `parked`: ids of the orders whose run is a case."""
    told: list[str] = []
    if more := duplicates(effects, CERTAIN | ASKED):
        told.append(f"done twice: {more}")
    if keys := several_keys(effects):
        told.append(f"done under several keys: {keys}")
    if (again := repeats(effects, HARMLESS)) > kills * 100 + faults:
        told.append(f"{again} repeats after {kills} kills and {faults} faults")
    balances, movements = money(effects), stock(effects)
    by_order: dict[str, list[Effect]] = defaultdict(list)
    for effect in effects:
        by_order[effect.order or effect.business.replace("h", "o", 1)].append(effect)
    for one in orders(count):
        if one.id in parked:
            continue
        found, balance = counts(by_order[one.id]), balances.get(one.id)
        declined = one.tenders[-1].source == "declines"
        if balance is not None and (balance.held or balance.captured != (0 if declined else one.total.minor)):
            told.append(f"{one.id}: {balance}")
        if found != expected(one, declined=declined):
            told.append(f"{one.id}: {found}")
    held = sum(movement.held for movement in movements.values())
    if held > len(parked):
        told.append(f"stock: {movements}")
    return told


def expected(one: Order, *, declined: bool) -> dict[str, int]:
    """The exact effects of an order."""
    parts = len(one.tenders)
    if declined:
        undone = Counter({"Inventory.reserve": 1, "Inventory.release": 1})
        undone.update({"Payments.authorize": parts - 1, "Payments.void": parts - 1})
        return dict(sorted((+undone).items()))
    return {
        "Crm.upsert": 1, "Inventory.commit": 1, "Inventory.reserve": 1, "Marketing.send": 1,
        "Payments.authorize": parts, "Payments.capture": parts,
    }  # fmt: skip
