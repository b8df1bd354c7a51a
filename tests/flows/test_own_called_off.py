"""Own orders that are called off by a recall, or by another process in the moment in which they are confirmed."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest

from pawline.flows.act_on_recall import act_on_recall, search_recall, stop_recalled_order
from pawline.flows.fulfil_order import fulfil_order
from pawline.flows.refund_cancelled import refund_cancelled
from pawline.flows.ship_order import ship_order
from pawline.hub.alarms.settings import DAYS
from pawline.model import Envelope, LotRecalled, OrderPlaced
from pawline.runtime import RuntimeSettings
from pawline.store import Unit
from pawline.store.retention import Retention, purge
from pawline.testing import NOON, counts
from pawline.testing.orders import SHOP
from pawline.views.answers import OwnOrders
from tests.flows.carriers import played, said
from tests.flows.house import House
from tests.flows.test_act_on_recall import RECALL
from tests.flows.test_ship_order import CANCELLED, OWN, SKU

ALWAYS = said("00:00", "06:00", "12:00", "18:00", "23:59", days=DAYS)
SOLD = {
    "Inventory.reserve": 1, "Payments.authorize": 1, "Inventory.commit": 1, "Payments.capture": 1, "Crm.upsert": 1,
}  # fmt: skip


@pytest.mark.parametrize("purged", [False, True])
async def test_a_recall_that_cancels_an_own_order_takes_back_its_label_and_pays_it_back(purged: bool) -> None:
    """Also when the answer comes after what was said of the order has gone."""
    flows = (act_on_recall, search_recall, stop_recalled_order, fulfil_order, ship_order, refund_cancelled)
    async with House(flows, more=[played(ALWAYS, time.time)]) as house:
        house.vendors.warehouse.free[SKU] = 5
        await house.tell(OrderPlaced(order=OWN))
        while "Fulfilment.request" not in counts(house.vendors.effects()):  # noqa: ASYNC110 - the vendors' book
            await asyncio.sleep(0.02)
        await house.tell(LotRecalled(recall=msgspec.structs.replace(RECALL, skus=(SKU,), lots=())))
        (case,) = await house.until_asked(1)
        record = OwnOrders(SHOP, house.store, house.views)
        while purged and await record.order(OWN.id) is not None:
            await purge(house.store, Retention(payloads=0))
            await asyncio.sleep(0.02)
        await house.answer(case.no, "cancel")
        while "Payments.refund" not in counts(house.vendors.effects()):  # noqa: ASYNC110 - the vendors' book
            await asyncio.sleep(0.02)
        await house.rest()
        told = counts(house.vendors.effects())
        assert told == SOLD | {
            "Shipping.book": 1, "Shipping.cancel": 1, "Fulfilment.request": 1, "Fulfilment.hold": 1,
            "Fulfilment.cancel": 1, "Payments.refund": 1, "Marketing.send": 2,
        }  # fmt: skip
        assert await house.cases() == []


async def test_an_own_order_that_another_process_calls_off_as_it_is_confirmed_is_not_sent() -> None:
    flows, settings = (fulfil_order, ship_order, refund_cancelled), RuntimeSettings(look=0.25)
    async with House(flows, settings=settings, more=[played(ALWAYS, time.time)]) as house:
        house.vendors.warehouse.free[SKU] = 5
        await house.tell(OrderPlaced(order=OWN))
        # As a web process does on PostgreSQL: its event is a row, and this hub does not know of it yet.
        envelope = Envelope(shop=SHOP, source="web", id="c1", at=NOON, event=CANCELLED)
        key = await house.engine.keys.obtain(SHOP, CANCELLED.household)
        row, marks = house.engine.intake._row(envelope, key, 1)
        done = asyncio.get_running_loop().create_future()
        house.store.commit(Unit(done.set_result, events=[(row._replace(recorded=row.recorded - 0.0012), marks)]))
        assert (await done).error is None
        while "Payments.refund" not in counts(house.vendors.effects()):  # noqa: ASYNC110 - the vendors' book
            await asyncio.sleep(0.02)
        await house.rest()
        told = counts(house.vendors.effects())
        assert [told.get(one, 0) for one in ("Payments.capture", "Payments.refund")] == [1, 1]
        assert told.get("Shipping.book", 0) == told.get("Shipping.cancel", 0)
        assert told.get("Fulfilment.request", 0) == told.get("Fulfilment.cancel", 0)
        assert house.vendors.depot.ready(OWN.id) == ()
        assert await house.cases() == []
