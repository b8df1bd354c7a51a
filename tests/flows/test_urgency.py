"""Whoever sits at a screen goes first: a renewal's run may wait, every other order's is work."""

from __future__ import annotations

import msgspec
import pytest

from pawline.flows.adopt_order import adopt_order
from pawline.flows.introduce_order import introduce_order
from pawline.model import Channel, OrderPlaced
from pawline.testing.orders import order


@pytest.mark.parametrize("channel", list(Channel))
def test_only_a_renewal_may_wait(channel: Channel) -> None:
    placed = OrderPlaced(order=msgspec.structs.replace(order(1), channel=channel))
    level = 2 if channel is Channel.SUBSCRIPTION else 1
    assert [flow.priority(placed) for flow in (adopt_order, introduce_order)] == [level, level]
