"""Unclaimed webhooks, heard again: once their connector was mended, or knows their type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.model import public_name
from pawline.model.events.webhooks import WebhookUnclaimed
from pawline.store import PURGED, EventRow, HouseholdErased

if TYPE_CHECKING:
    from pawline.hub.hearing import Heard, Hearing
    from pawline.runtime import Engine

PAGE: Final = 100


async def hear_again(engine: Engine, hearing: Hearing, shop: str, who: tuple[str, str]) -> dict[str, int]:
    """Oldest first, as they came. What was claimed before is known by its id: again, nothing happens to it."""
    store, rows, before = engine.store, list[EventRow](), 2**62
    kind = public_name(WebhookUnclaimed)
    while page := await store.fetch("events_page", (shop, kind, before, PAGE)):
        rows += map(EventRow._make, page)
        before = page[-1][0]
    told = {"claimed": 0, "known": 0, "unclaimed": 0, "erased": 0}
    for row in reversed([row for row in rows if row.codec != PURGED]):
        event = await engine.open_event(row)
        if not isinstance(event, WebhookUnclaimed) or event.account not in hearing.ears:
            told["unclaimed"] += 1
            continue
        try:
            heard = await hearing.again(event, row.recorded)
        except HouseholdErased:  # too early: another time
            told["unclaimed"] += 1
            continue
        told[_became(heard)] += 1
    audit = (shop, store.now(), who[0], "hear again", kind, f"{who[1]} -> {told}")
    await store.written([("insert_audit", audit)])
    return told


def _became(heard: Heard) -> str:
    if heard.unclaimed:
        return "unclaimed"
    return "claimed" if heard.new else "erased" if heard.refused else "known"
