"""What is said to a system that nobody knows, and what of its reply a flow needs."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from pawline.ports import Reply, saying
from pawline.runtime import flow, use
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Clerk, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import run_virtual


class Bag(msgspec.Struct):
    shelf: str


def test_the_same_is_said_by_the_same_words() -> None:
    at = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
    assert saying({"b": 1, "a": [at]}) == saying({"a": [at], "b": 1}) == '{"a":["2026-11-27T09:30:00Z"],"b":1}'
    assert saying(Bag("ä")) == '{"shelf":"ä"}'


def test_of_a_reply_a_flow_reads_what_it_needs() -> None:
    assert Reply(status=200, body='{"shelf": "B4", "more": 1}').read(Bag) == Bag("B4")


@pytest.mark.parametrize(
    "body", ["", "null", "{}", '{"shelf": 7}', "[" * 100_000], ids=lambda body: body[:12] or "none"
)
def test_a_reply_that_is_another_one_is_told_without_its_words(body: str) -> None:
    with pytest.raises(ValueError, match=r"^the reply is no Bag \(\w+\)$"):
        Reply(status=200, body=body).read(Bag)


@flow(on=Begun)
async def reads(begun: Begun) -> str:
    """One effect, whose reply is not as its flow has it."""
    await use(Shelf).put("thing")
    return Reply(status=200, body="{}").read(Bag).shelf


def test_a_run_that_cannot_read_its_reply_waits_and_does_nothing_again() -> None:
    hub = Hub()
    clerk = Clerk(hub.clock)

    async def work() -> None:
        hub.bindings = (hub.shelf(clerk=clerk),)
        await hub.up(reads)
        await hub.record(Begun())
        await hub.quiet(60)
        assert await hub.statuses() == [Status.PARKED]
        (case,) = await hub.cases()
        assert case.team == "developers"
        await hub.down()

    run_virtual(hub.clock, work)
