"""Cutting over, and back: the moment from which on a flow is ours, or the old way's again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pawline.hub.settings import HubRefused
from pawline.store import Unit

if TYPE_CHECKING:
    from pawline.store import Outcome, Store

MARGIN: Final = 10.0
"""Seconds ahead: by then every owner knows, also of events from a clock that is a little fast."""
WHOSE: Final = {"live": "ours", "observe": "the old way's"}


async def hand(
    store: Store, whose: tuple[str, str], mode: str, at: float | None, who: tuple[str, str]
) -> dict[str, Any]:
    """Writes it down. Raises HubRefused where it is so already, or the moment is not ahead.

    A flow that never ran is observed from the beginning; else the moment is `at`, or as soon as may be.
    """
    if mode not in WHOSE:
        raise HubRefused(f"{mode!r} is no mode that a flow is handed over to: {' or '.join(WHOSE)}")
    shop, flow = whose
    known = [(moment, was) for owner, name, moment, was in await store.fetch("handovers") if (owner, name) == whose]
    ran = bool(await store.fetch("runs_page", (shop, flow, -1, 2**62, 1)))
    now = store.now()
    current = known[-1][1] if known else "live"
    if current == mode and (known or ran or mode == "observe"):
        raise HubRefused(f"{flow} is {WHOSE[mode]} already" + (f" (from {_iso(known[-1][0])} on)" if known else ""))
    if mode == "observe" and not known and not ran and at is None:
        moment = 0.0
    else:
        moment = now + MARGIN if at is None else at
        if moment < now + MARGIN or (known and moment <= known[-1][0]):
            raise HubRefused(f"{_iso(moment)} is too near, or over: give a moment at least {MARGIN:g} s ahead")
    waiter: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    audit = (shop, now, who[0], "cutover" if mode == "live" else "back", flow, f"{who[1]} -> from {_iso(moment)} on")
    writes = [("insert_handover", (shop, flow, moment, mode)), ("insert_audit", audit)]
    store.commit(Unit(waiter.set_result, writes=writes))
    if (error := (await waiter).error) is not None:
        raise error
    return {"shop": shop, "flow": flow, "mode": mode, "at": moment}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
