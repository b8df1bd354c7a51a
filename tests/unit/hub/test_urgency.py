"""A renewal waits behind shoppers; everything else is work."""

from __future__ import annotations

import msgspec
import pytest

from pawline.hub.urgency import urgency
from pawline.model import Channel, OrderCancelled, OrderId, OrderPlaced
from pawline.testing import NOON
from pawline.testing.orders import order


@pytest.mark.parametrize("channel", list(Channel))
def test_an_order_of_an_autoship_is_bulk_and_no_other(channel: Channel) -> None:
    placed = OrderPlaced(order=msgspec.structs.replace(order(1), channel=channel))
    assert urgency(placed) == ("bulk" if channel is Channel.SUBSCRIPTION else "work")


def test_what_ends_a_renewal_is_work() -> None:
    assert urgency(OrderCancelled(order=OrderId("o1"), at=NOON, by="shopper", because="no")) == "work"
