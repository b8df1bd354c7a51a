"""A key-encryption key that is not on the ring: what it wrapped waits, and everything else goes on."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from pawline.runtime import flow, now, use, wait_for
from pawline.store import Keyring, Status
from tests.unit.runtime.clerk import Begun, Paid, Shelf
from tests.unit.runtime.hub import Hub


@flow(on=Begun)
async def is_paid(begun: Begun) -> int | None:
    await use(Shelf).put(begun.id)
    paid = await wait_for(Paid, key=begun.id, until=now() + timedelta(days=1))
    return None if paid is None else paid.amount


async def test_only_the_runs_of_that_key_wait_and_go_on_when_it_is_back(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    await hub.up(is_paid)
    hub.clerk.says["put", "o1"] = [timedelta(seconds=9)] * 2
    flying, waiting = await hub.begin(Begun(id="o1", house="h1")), await hub.begin(Begun(id="o2", house="h1"))
    await hub.die()
    whole, hub.keyring = hub.keyring, Keyring.generate()
    with caplog.at_level(logging.ERROR):
        await hub.up()
        others = [await hub.begin(Begun(id=f"n{number}", house="h2")) for number in range(3)]
        await hub.record(Paid(id="n0", amount=5))
        await hub.quiet(5)
    assert [await hub.status(no) for no in (flying, waiting)] == [Status.READY, Status.WAITING]
    assert [await hub.status(no) for no in others] == [Status.DONE, Status.WAITING, Status.WAITING]
    assert await hub.cases() == []
    assert [one.message.partition(":")[0] for one in caplog.records] == ["runs wait, because their key cannot be read"]
    await hub.die()
    hub.keyring = Keyring.parse(f"{encoded(hub.keyring)} {encoded(whole)}")
    await hub.up()
    for number, name in enumerate(("o1", "o2", "n1", "n2")):
        await hub.record(Paid(id=name, amount=number))
    await hub.quiet(15)
    assert set(await hub.statuses()) == {Status.DONE}
    assert [await hub.outcome(no) for no in (flying, waiting)] == [0, 1]


async def test_a_wait_whose_event_cannot_be_read_is_not_taken_for_a_time_out(hub: Hub) -> None:
    await hub.up(is_paid)
    no = await hub.begin(Begun(id="o1", house="h1"))
    await hub.record(Paid(id="o1", amount=7))
    hub.engine.closing = True
    await hub.die()
    whole = hub.keyring
    hub.keyring = Keyring.generate()
    await hub.up()
    await hub.quiet(5)
    before = await hub.status(no)
    await hub.die()
    hub.keyring = whole
    await hub.up()
    await hub.quiet()
    assert (before, await hub.outcome(no)) == (Status.WAITING, 7)


def encoded(ring: Keyring) -> str:
    from base64 import b64encode

    return " ".join(b64encode(key).decode() for key in ring._keys.values())
