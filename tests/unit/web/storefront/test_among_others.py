"""A checkout among other flows, and among other hubs over one database: what it waits for, and what it is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pawline.sandbox.trades import DECLINES
from tests.unit.hub.shop import settled, until
from tests.unit.web.storefront.shop import town, write
from tests.unit.web.storefront.test_buying import holding

OURS = '"pawline.flows.fulfil_order"'


@pytest.mark.parametrize(
    ("profile", "heard"), [("hybrid", {"authorised", "confirmed"}), ("synchronous", {"confirmed"})]
)
async def test_other_flows_of_an_order_end_no_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str, heard: set[str]
) -> None:
    """They have nothing to do for an order of our own, and are over at once."""
    write(tmp_path, profile, deadline=30)
    text = (tmp_path / "pawline.toml").read_text("utf-8")
    text = text.replace(OURS, f'"pawline.flows.adopt_order", "pawline.flows.introduce_order", {OURS}')
    async with town(tmp_path, settings=text) as one:
        await one.sells("bowl", 9)
        ann = await one.key()
        async with holding(one, monkeypatch, "Payments.authorize") as opens:
            asking = asyncio.create_task(ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1))))
            await until(lambda: [run.row.flow for run in one.hub.engine.live.values()] == ["fulfil_order"])
            await settled(one.hub)
            await asyncio.sleep(0.1)
            assert not asking.done()
            opens.set()
            said = await asking
        assert (said.status, said.body["status"] in heard) == (201, True)
        no = await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1), source=DECLINES))
        assert no.status == 402
