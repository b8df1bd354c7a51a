"""The daily diff of an observed flow: per order, whether the old way did what the flow would have done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from pawline.runtime.observing import ASKED, FOUND, MISSING, UNKNOWN
from pawline.runtime.records import Observed, Record, Seen, decode_records
from pawline.runtime.seal import open_journal
from pawline.store import DataKey, EventRow, RunRow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pawline.store import Store

PAGE: Final = 200
EVIDENCE: Final = {
    "Erp.book": "order.booked@1", "Fulfilment.request": "shipment.dispatched@1", "Shop.refund": "refund.issued@1",
}  # fmt: skip
"""Events that say that an effect happened, whoever caused it."""
WORST: Final = ("missing", "extra", "asks", "late", "open", "same")
"""An order is what is worst of it."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An order, and what is to say of it: in words, a step each. `run` is None where the flow had none."""

    order: str
    verdict: str
    run: int | None = None
    says: tuple[str, ...] = ()


class Diff(msgspec.Struct, kw_only=True):
    """A span of one flow. `counts` by verdict; `orders` are those that are not the same, the worst first.

    missing: the flow would have done it, the old way did not. extra: the old way did what the flow would not have.
    asks: the flow would have asked people. late: the old way did it more than `late` seconds later. open: it is still
    looked for. `unknown` counts, by effect, steps of which nobody can be asked.
    """

    flow: str
    since: float
    until: float
    counts: dict[str, int]
    unknown: dict[str, int]
    orders: list[Found]


class Diffs:
    """Reads what observed runs recorded, and what events say of the old way."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def diff(self, shop: str, flow: str, since: float, until: float, late: float = 3_600.0) -> Diff:
        """Runs of events recorded in that span."""
        found, unknown, wanted = list[Found](), dict[str, int](), dict[str, set[str]]()
        async for row, history in self._observed(shop, flow, since, until):
            made, effects = _told(row, history, late, unknown)
            found.append(made)
            wanted.setdefault(row.run_key, set()).update(effects)
        known = {effect for effects in wanted.values() for effect in effects}
        for effect in sorted(known & EVIDENCE.keys()):
            for order in await self._evidence(shop, EVIDENCE[effect], since, until):
                if effect not in wanted.get(order, ()):
                    says = f"{effect}: the old way did it" + (
                        "" if order in wanted else "; we did not hear of the order"
                    )
                    found.append(Found(order=order, verdict="extra", says=(says,)))
        counts = {name: sum(one.verdict == name for one in found) for name in WORST}
        orders = sorted((one for one in found if one.verdict != "same"), key=_worst)
        return Diff(flow=flow, since=since, until=until, counts=counts, unknown=unknown, orders=orders)

    async def _observed(
        self, shop: str, flow: str, since: float, until: float
    ) -> AsyncIterator[tuple[RunRow, list[Record]]]:  # fmt: skip
        before = 2**62
        while page := await self._store.fetch("runs_page", (shop, flow, -1, before, PAGE)):
            rows = [RunRow._make(row) for row in page]
            before = rows[-1].no
            inside = [row for row in rows if since <= row.created < until]
            journals = await self._store.journals([row.no for row in inside])
            keys = await self._store.keys.by_nos(
                {part.key for parts in journals.values() for part in parts if part.key}
            )
            for row in inside:
                opened = ((part, keys.get(part.key or 0)) for part in journals.get(row.no, ()))
                history = [
                    one
                    for part, key in opened
                    if isinstance(key, DataKey)
                    for one in decode_records(open_journal(part, key))
                ]
                if any(isinstance(one, Observed) for one in history):
                    yield row, history
            if rows[-1].created < since:
                return

    async def _evidence(self, shop: str, kind: str, since: float, until: float) -> list[str]:
        """What the events of the span are about."""
        subjects, before = dict[str, None](), 2**62
        while page := await self._store.fetch("events_page", (shop, kind, before, PAGE)):
            rows = [EventRow._make(row) for row in page]
            before = rows[-1].no
            subjects.update({row.subject: None for row in rows if since <= row.recorded < until})
            if rows[-1].recorded < since:
                break
        return list(subjects)


def _told(row: RunRow, history: list[Record], late: float, unknown: dict[str, int]) -> tuple[Found, set[str]]:
    seen = {one.path: one for one in history if isinstance(one, Seen)}
    verdicts, says, effects = ["same"], list[str](), set[str]()
    for one in history:
        if not isinstance(one, Observed):
            continue
        what = f"{one.port}.{one.method}"
        if (one.port, one.method) == ASKED:
            verdicts.append("asks")
            says.append(f"would ask: {msgspec.json.decode(one.args)[0]}")
            continue
        effects.add(what)
        verdict, text = _of(one, seen.get(one.path), late, ended=row.ended is not None)
        if text:
            says.append(f"{what}: {text}")
        verdicts.append(verdict)
        if (then := seen.get(one.path)) is not None and then.how == UNKNOWN:
            unknown[what] = unknown.get(what, 0) + 1
    worst = min(verdicts, key=WORST.index)
    return Found(order=row.run_key, verdict=worst, run=row.no, says=tuple(says)), effects


def _of(one: Observed, then: Seen | None, late: float, *, ended: bool) -> tuple[str, str]:
    if then is None:
        return ("same", "") if ended else ("open", "not found yet")
    if then.how == MISSING:
        return "missing", f"the old way did not do it within {(then.at - one.at) / 3600:.1f} h"
    if then.how == FOUND and then.at - one.at > late:
        return "late", f"the old way did it {(then.at - one.at) / 60:.0f} min later"
    return "same", ""


def _worst(one: Found) -> tuple[int, str]:
    return WORST.index(one.verdict), one.order
