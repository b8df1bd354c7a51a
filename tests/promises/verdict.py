"""What must hold after a trial, whatever was killed on the way. The vendors' ledger is asked, not our own tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pawline.ports import Settle
from pawline.runtime import Engine
from pawline.store import Status
from pawline.testing import (
    SETTLED,
    Effect,
    Told,
    counts,
    duplicates,
    money,
    open_cases,
    repeats,
    runs,
    several_keys,
    stock,
)  # fmt: skip
from pawline.testing.orders import SHOP
from tests.promises.trials import Trial

CERTAIN = {name for name, how in SETTLED.items() if how in {Settle.KEY, Settle.LOOK_UP}}
HARMLESS = {name for name, how in SETTLED.items() if how is Settle.REPEAT}
ASKED = {name for name, how in SETTLED.items() if how is Settle.ASK}


@dataclass(frozen=True)
class Found:
    """What the hub's own store says at the end."""

    events: Counter[str]
    ids: Counter[str]
    runs: Counter[str]
    cases: tuple[str, ...]


async def look(engine: Engine) -> Found:
    rows = await engine.store.fetch("events_page", (SHOP, "", 1 << 62, 10_000))
    found = await runs(engine.store, SHOP)
    return Found(
        events=Counter(row[4] for row in rows),
        ids=Counter(row[8] for row in rows),
        runs=Counter(Status(run.status).name for run in found),
        cases=tuple(case.kind for case in await open_cases(engine.store, SHOP)),
    )


def problems(
    trial: Trial, found: Found, effects: Sequence[Effect], *, accepted: AbstractSet[str], blows: int
) -> list[str]:
    """Every broken promise, in words; empty for a hub that keeps them. `blows`: deaths and vendors' faults it took."""
    told = list(_told(trial, found, effects, blows))
    if lost := sorted(accepted - set(found.ids)):
        told.append(f"accepted and lost: {lost}")
    if set(_ids(trial.events)) != accepted:
        told.append(f"accepted {sorted(accepted)}, sent {_ids(trial.events)}")
    if twice := [name for name, times in found.ids.items() if times > 1]:
        told.append(f"recorded twice: {twice}")
    if sum(found.runs.values()) != 1:
        told.append(f"runs: {found.runs}")
    ended = not found.cases
    if found.runs != Counter([Status.DONE.name if ended else Status.PARKED.name]):
        told.append(f"ended as {found.runs} with cases {found.cases}")
    if ended and counts(effects) != dict(trial.effects):
        told.append(f"effects: {counts(effects)}")
    published = {name: times for name, times in found.events.items() if name not in _names(trial.events)}
    if ended and published != dict(trial.published):
        told.append(f"published: {published}")
    return told


def _told(trial: Trial, found: Found, effects: Sequence[Effect], blows: int) -> Iterable[str]:
    if more := duplicates(effects, CERTAIN | ASKED):
        yield f"done twice: {more}"
    if (again := repeats(effects, HARMLESS)) > blows:
        yield f"{again} repeats after {blows} blows"
    if keys := several_keys(effects):
        yield f"done under several keys: {keys}"
    if found.cases not in {(), ("unknown",)}:
        yield f"cases: {found.cases}"
    if found.cases and not ASKED & set(trial.effects):
        yield f"a person is asked about what could have been found out: {found.cases}"
    if not found.cases:
        if held := {order: one for order, one in money(effects).items() if one.held or one.captured < one.refunded}:
            yield f"money: {held}"
        if kept := {sku: one for sku, one in stock(effects).items() if one.held}:
            yield f"stock: {kept}"


def _ids(events: Sequence[Told]) -> list[str]:
    return sorted(told.envelope.id for told in events)


def _names(events: Sequence[Told]) -> set[str]:
    return {str(told.envelope.event.__struct_config__.tag) for told in events}
