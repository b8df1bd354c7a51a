"""An adopted day is told and sent once, and charges nobody, whatever dies meanwhile."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.adopted import Size, adopted_day, crm_down


async def test_a_small_day_with_three_kills(tmp_path: Path) -> None:
    await adopted_day(tmp_path, Size(orders=60, kills=3, pause=0.01), seconds=120)


async def test_a_crm_that_is_down_keeps_no_parcel_waiting_and_hears_of_all_once_it_is_back(tmp_path: Path) -> None:
    down, back = await crm_down(tmp_path, orders=40, seconds=120)
    assert (down["Fulfilment.request"], down["Crm.upsert"], down["Marketing.track"]) == (40, 0, 0)
    assert (back["Fulfilment.request"], back["Crm.upsert"], back["Marketing.track"]) == (40, 40, 40)
