"""The daily diff of an observed flow: per order, whether the old way did what the flow would have done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.hub.settings import HubRefused
from pawline.runtime import digest63
from pawline.runtime.observing import ASKED, FAILED, FOUND, MISSING
from pawline.runtime.records import Observed, Record, Seen, decode_records
from pawline.runtime.seal import open_journal
from pawline.store import DataKey, RunRow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from pawline.runtime import Flows
    from pawline.store import Store

PAGE: Final = 200
EVIDENCE: Final = {
    "Erp.book": "order.booked@1", "Fulfilment.request": "shipment.dispatched@1", "Shop.refund": "refund.issued@1",
}  # fmt: skip
"""Events that say that an effect happened, whoever caused it."""
WORST: Final = ("missing", "extra", "asks", "late", "open", "unknown", "same")
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
    looked for. unknown: nothing of it could be looked up, or nobody answered. `unknown` counts such steps, by effect.
    """

    flow: str
    since: float
    until: float
    counts: dict[str, int]
    unknown: dict[str, int]
    orders: list[Found]


class Diffs:
    """Reads what observed runs recorded, and what events say of the old way."""

    def __init__(self, store: Store, flows: Flows) -> None:
        self._store, self._flows = store, flows

    async def diff(self, shop: str, flow: str, since: float, until: float, late: float = 3_600.0) -> Diff:
        """Runs of events recorded in that span. Raises HubRefused for a flow that is not here."""
        began_on = {one.on.__struct_config__.tag for one in self._flows if one.name == flow}
        if not began_on:
            raise HubRefused(f"there is no flow {flow}: `pawline flows list` shows those there are")
        found, unknown, wanted = list[Found](), dict[str, int](), dict[str, set[str]]()
        async for row, history in self._observed(shop, flow, since, until):
            made, effects = _told(row, history, late, unknown)
            found.append(made)
            wanted.setdefault(row.run_key, set()).update(effects)
        known = {effect for effects in wanted.values() for effect in effects}
        for effect in sorted(known & EVIDENCE.keys()):
            span = (shop, EVIDENCE[effect], since, until)
            happened = [order for (order,) in await self._store.fetch("subjects_between", span)]
            left = [order for order in happened if effect not in wanted.get(order, ())]
            found += await self._extra(shop, flow, began_on, effect, left)
        counts = {name: sum(one.verdict == name for one in found) for name in WORST}
        orders = sorted((one for one in found if one.verdict != "same"), key=_worst)
        return Diff(flow=flow, since=since, until=until, counts=counts, unknown=unknown, orders=orders)

    async def _observed(
        self, shop: str, flow: str, since: float, until: float
    ) -> AsyncIterator[tuple[RunRow, list[Record]]]:  # fmt: skip
        before = 2**62
        while page := await self._store.fetch("runs_between", (shop, flow, since, until, before, PAGE)):
            rows = [RunRow._make(row) for row in page]
            before = rows[-1].no
            for row, history in await self._histories(rows):
                if any(isinstance(one, Observed) for one in history):
                    yield row, history

    async def _histories(self, rows: Sequence[RunRow]) -> list[tuple[RunRow, list[Record]]]:
        journals = await self._store.journals([row.no for row in rows])
        keys = await self._store.keys.by_nos({part.key for parts in journals.values() for part in parts if part.key})
        return [
            (row, [
                one
                for part in journals.get(row.no, ())
                if isinstance(key := keys.get(part.key or 0), DataKey)
                for one in decode_records(open_journal(part, key))
            ])
            for row in rows
        ]  # fmt: skip

    async def _extra(
        self, shop: str, flow: str, began_on: set[Any], effect: str, orders: Sequence[str]
    ) -> list[Found]:  # fmt: skip
        """Of these, what the flow would not have done: on whatever day it had the order, and if that was not ours."""
        found = list[Found]()
        for start in range(0, len(orders), PAGE):
            page = orders[start : start + PAGE]
            about = [digest63(shop, str(tag), order) for tag in began_on for order in page]
            runs: dict[str, list[int]] = {}
            for order, run in await self._store.fetch("events_on", (flow, about)):
                runs.setdefault(order, []).extend([] if run is None else [run])
            numbers = [run for some in runs.values() for run in some]
            rows = list((await self._store.runs(numbers)).values())
            of = {row.no: history for row, history in await self._histories(rows)}
            for order in page:
                if order not in runs:
                    says = f"{effect}: the old way did it; we did not hear of the order"
                    found.append(Found(order=order, verdict="extra", says=(says,)))
                elif runs[order] and not any(_accounts_for(of.get(run, []), effect) for run in runs[order]):
                    found.append(Found(order=order, verdict="extra", says=(f"{effect}: the old way did it",)))
        return found


def _accounts_for(history: Sequence[Record], effect: str) -> bool:
    """Whether a run is one of ours, or would have done it."""
    observed = [f"{one.port}.{one.method}" for one in history if isinstance(one, Observed)]
    return not observed or effect in observed


def _told(row: RunRow, history: list[Record], late: float, unknown: dict[str, int]) -> tuple[Found, set[str]]:
    seen = {one.path: one for one in history if isinstance(one, Seen)}
    verdicts, says, effects, blind = list[str](), list[str](), set[str](), False
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
        if verdict:
            verdicts.append(verdict)
        else:
            blind = True
            unknown[what] = unknown.get(what, 0) + 1
    worst = min(verdicts, key=WORST.index, default="unknown" if blind else "same")
    return Found(order=row.run_key, verdict=worst, run=row.no, says=tuple(says)), effects


def _of(one: Observed, then: Seen | None, late: float, *, ended: bool) -> tuple[str, str]:
    """Verdict and text of one step; no verdict where nobody can be asked, or nobody was before its run ended."""
    if then is None:
        return ("", "") if ended else ("open", "not found yet")
    if then.how == MISSING:
        return "missing", f"the old way did not do it within {(then.at - one.at) / 3600:.1f} h"
    if then.how == FAILED:
        return "unknown", f"could not be looked up for {(then.at - one.at) / 3600:.1f} h"
    if then.how == FOUND and then.at - one.at > late:
        return "late", f"the old way did it {(then.at - one.at) / 60:.0f} min later"
    return ("same" if then.how == FOUND else ""), ""


def _worst(one: Found) -> tuple[int, str]:
    return WORST.index(one.verdict), one.order
