"""Orders that the system took: their files are where it moves them, and that is all that it ever says of them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from pawline.connectors.files.looking import State, token
from pawline.connectors.files.meaning import is_news
from pawline.connectors.files.reading import ROWS
from pawline.connectors.files.settings import Settings
from pawline.kit import Entry, Files, Seen, Sighting
from pawline.model import OrderBooked, OrderId


async def taken(files: Files, settings: Settings, cursor: str) -> Seen:
    """What was taken since, at most 10,000 at a look. `at` is when the order's file was written: no move says when."""
    orders = settings.orders
    if orders is None:
        return Seen((), cursor)
    state = msgspec.json.decode(cursor, type=State) if cursor else State()
    there = [(place, one) for place in orders.places for one in await files.entries(*place.folder)]
    entries = [one for _, one in there]
    found = [(one, _booked(one, order)) for place, one in there if (order := place.order_of(one))]
    told = [(one, seen) for one, seen in found if is_news(seen) and not state.knows(one)]
    if not told:
        return Seen((), cursor)
    state.prune(entries)
    state.done |= {token(one) for one, _ in told[:ROWS]}
    return Seen(tuple(seen for _, seen in told[:ROWS]), state.said(), more=len(told) > ROWS)


def _booked(entry: Entry, order: OrderId) -> Sighting:
    at = datetime.fromtimestamp(entry.changed, UTC)
    return Sighting(f"booked/{order}", at, OrderBooked(order=order, reference=entry.name, at=at))
