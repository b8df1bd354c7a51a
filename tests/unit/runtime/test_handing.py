"""Whose an event is does not change with time, and not with the order in which anybody asks."""

from __future__ import annotations

import pytest

from pawline.model import Household, HouseholdId, Order, OrderId
from pawline.ports import Booking, Call, Calls, Crm, Erp, Receipt, Subscriptions
from pawline.runtime.handing import Handovers, Way
from pawline.runtime.observing import made_up
from pawline.runtime.port import methods_of
from pawline.testing.orders import order

LIVE, OBSERVE, OLD = Way


@pytest.mark.parametrize(
    ("entries", "ways"),
    [
        ([], [LIVE, LIVE, LIVE]),
        ([(0.0, "observe")], [OBSERVE, OBSERVE, OBSERVE]),
        ([(10.0, "live")], [OLD, LIVE, LIVE]),
        ([(20.0, "observe")], [LIVE, LIVE, OBSERVE]),
        ([(0.0, "observe"), (10.0, "live"), (20.0, "observe")], [OBSERVE, LIVE, OBSERVE]),
        ([(20.0, "live"), (10.0, "observe")], [LIVE, OBSERVE, LIVE]),
    ],
)
def test_an_event_is_whose_the_newest_entry_before_it_says(entries: list[tuple[float, str]], ways: list[Way]) -> None:
    known = Handovers([("paws", "adopt", at, mode) for at, mode in entries])
    assert [known.way("paws", "adopt", at) for at in (5.0, 10.0, 20.0)] == ways
    assert known.way("paws", "other", 5.0) is known.way("cats", "adopt", 5.0) is LIVE


def made(port: type, name: str, *args: object) -> object:
    method = methods_of(port)[name]
    found = made_up(method, method.encode_args(args, {}))
    return None if found is None else method.decode_result(found)


def test_a_result_is_made_up_of_what_was_asked_for() -> None:
    one: Order = order(1)
    assert made(Erp, "book", one) == Booking(order=OrderId("o1"), reference="observed")
    assert made(Crm, "upsert", Household(id=HouseholdId("h1"))) == Receipt()
    assert made(Erp, "cancel", Booking(order=one.id, reference="7")) == Receipt()


def test_what_nobody_can_make_up_is_nothing() -> None:
    assert made(Subscriptions, "resume", "a1", "2026-12-01") is None
    assert made(Calls, "send", Call()) is None  # a reply that nobody gave is read by its flow
