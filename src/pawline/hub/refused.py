"""What an erased household's key refuses is seen to in one place, whoever heard it: a webhook, a look or a bell."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import TYPE_CHECKING, Final

from pawline.model import OrderPlaced, public_name
from pawline.runtime import digest63, untold_case
from pawline.store import HouseholdErased, StoreError, Unstorable
from pawline.views.households import LATELY

if TYPE_CHECKING:
    from pawline.model import Envelope, Order
    from pawline.runtime import Engine
    from pawline.store.database import Database

_log = logging.getLogger("pawline.hub")
EARLY: Final = 600.0
"""Seconds for which what was done since an erasure may be heard before what it follows from: by then a look has found
that. Less than `pawline doctor` lets a webhook wait before it says so."""
AGAIN: Final = (1.0, 10.0, 30.0)
"""Seconds until what was seen is tried again; the last until EARLY is over."""
KIND: Final = "told_late"
SAID: Final = "told late"
"""In the names of checkpoints: a person was asked about this order."""


async def for_good(
    engine: Engine, began: float, envelope: Envelope, erased: HouseholdErased, came: float
) -> bool:  # fmt: skip
    """Whether it is done with; False while what it follows from may yet be heard.

    `came`: when it was heard first, and `began`: when this hub began to hear; before that it could not be taken apart.
    An order that nobody ever heard of is a person's: somebody paid, and nothing of it can be kept. One of long ago is
    not (LATELY): a look of an account that is new tells all that it ever had.
    """
    event, now = envelope.event, engine.store.now()
    if event.acted(envelope.at) is None and envelope.at.timestamp() > erased.at and now < max(began, came) + EARLY:
        return False
    _log.warning("%s: what was told is about an erased household: nothing of it is kept", envelope.source)
    if isinstance(event, OrderPlaced) and event.order.placed_at.timestamp() > now - LATELY:
        about = digest63(envelope.shop, public_name(OrderPlaced), event.subject)
        if not await engine.store.fetch("events_on", ("", [about])):
            await _ask(engine, envelope, event.order)
    return True


async def _ask(engine: Engine, envelope: Envelope, order: Order) -> None:
    """Once for each order, in one commit with that it was said. A number is of nobody, and opens without a key."""
    account = envelope.source.removeprefix("accounts/")
    title = f"order {order.number} was placed before its shopper was erased, and told after: send it or pay it back"
    detail = (
        f"{account} told of it ({order.id}, placed {order.placed_at.isoformat(timespec='minutes')}) when nothing of it "
        "could be kept any more: nothing is sent for it and nothing paid back unless you do so in the shop."
    )
    case = untold_case(engine, envelope.shop, KIND, title, order.id, detail)
    mark = (envelope.shop, SAID, order.id)

    def work(db: Database) -> None:
        if not db.fetch("checkpoint", mark):
            db.many("set_checkpoint", [(*mark, "", engine.store.now())])
            db.many("insert_case", [case])

    await engine.store.job(work)


async def keep(engine: Engine, envelope: Envelope) -> None:
    """Records what was seen. What came too early is tried again beside whatever comes next: no cursor waits for it.

    It waits in memory: what one page tells is recorded together, so that what waits was told by two; and a cursor that
    waited could keep back the very page that the order is on.
    """
    if not await _kept(engine, envelope, since := engine.store.now()):
        engine.spawn(_again(engine, envelope, since))


async def _kept(engine: Engine, envelope: Envelope, since: float) -> bool:
    try:
        await engine.record(envelope)
    except HouseholdErased as erased:
        return await for_good(engine, since, envelope, erased, since)
    return True


async def _again(engine: Engine, envelope: Envelope, since: float) -> None:
    for tried in itertools.count():
        await asyncio.sleep(AGAIN[min(tried, len(AGAIN) - 1)])
        try:
            if await _kept(engine, envelope, since):
                return
        except Unstorable:
            raise  # the engine's log says so
        except StoreError as problem:  # busy, or away
            _log.warning("%s: what was seen is tried again: %s", envelope.source, problem)
