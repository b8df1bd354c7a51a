"""Who follows what happens rests where telling it leads nowhere: nothing piles up, and no core is burned."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pawline.hub.listeners.following import LOOK
from pawline.hub.listeners.standing import Write
from pawline.model import HouseholdId, OrderConfirmed, OrderId
from pawline.model.events.listeners import Reopening
from pawline.runtime import Refused
from pawline.store import Outcome, Store, StoreError
from tests.journeys.around import until
from tests.journeys.listening import AGENCY, Town, town


def confirmed(no: int) -> OrderConfirmed:
    return OrderConfirmed(order=OrderId(f"o{no}"), household=HouseholdId(f"h-{no}"))


async def test_of_who_asks_for_rest_no_more_runs_are_begun(tmp_path: Path) -> None:
    async def waits(here: Town, count: int) -> bool:
        return bool((await here.fares())["waits"] == count)

    async def sleeps(here: Town) -> bool:
        return await here.runs("tell_listener") == ["waiting"]

    async with asyncio.timeout(90), town(tmp_path) as here:
        here.agency.status, here.agency.more = 429, ("retry-after: 10",)
        await here.tell(confirmed(0))
        await until(lambda: sleeps(here))
        await here.tell(*[confirmed(no) for no in range(1, 6)])
        await until(lambda: waits(here, 5))
        await asyncio.sleep(4 * LOOK)
        assert (await waits(here, 5), await sleeps(here)) == (True, True)
        here.agency.status, here.agency.more = 200, ()
        await here.rest()
        assert sorted({one["subject"] for one in here.agency.told}) == [f"o{no}" for no in range(6)]


async def test_a_cursor_that_cannot_be_written_is_tried_ever_more_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look owes the same page anew: four times a second that was a fifth of a core for as long as it lasted."""
    written, tried = Store.written, list[float]()

    async def fails(store: Store, writes: Sequence[Write] = (), **given: Any) -> Outcome:
        if writes and writes[0][0] == "move_cursor" and str(writes[0][1][0]).startswith("listener/"):
            tried.append(time.monotonic())
            return Outcome(StoreError("the cursor cannot be written"))
        return await written(store, writes, **given)

    async with asyncio.timeout(90), town(tmp_path) as here:
        with monkeypatch.context() as during:
            during.setattr(Store, "written", fails)
            await here.tell(confirmed(1))
            await until(lambda: len(tried) >= 4)
        assert tried[3] - tried[0] >= (2 + 4 + 8) * LOOK - 0.1
        await here.rest()
        assert len(here.agency.heard) == 1


async def test_an_opening_that_a_death_broke_off_is_asked_for_again(tmp_path: Path) -> None:
    """It is on record that it is open, and who waits for the word of it would wait for a month."""

    async def off(here: Town) -> bool:
        return (await here.fares())["off"] is not None

    async with asyncio.timeout(90), town(tmp_path) as here:
        here.agency.status = 410
        await here.tell(confirmed(1))
        await until(here.cases)
        await here.answer(Reopening.LEAVE.value)
        await until(lambda: off(here))
        here.agency.status = 200
        await here.hub.following._standings.reopen(AGENCY, drop=False)
        await here.ask("reopen", account=AGENCY, by="ann", reason="they are back")
        await here.rest()
        assert [one["subject"] for one in here.agency.told[1:]] == ["o1"]
        with pytest.raises(Refused, match="is not off"):
            await here.ask("reopen", account=AGENCY, by="ann", reason="they are back")
