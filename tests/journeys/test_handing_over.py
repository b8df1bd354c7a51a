"""Over and back in the middle of the day: nothing is done twice, nothing is left, and the diff says so."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.handing_over import handed_over_and_back


async def test_each_of_200_orders_is_done_once_and_an_observed_one_changes_nothing_outside(tmp_path: Path) -> None:
    day, found, asked = await handed_over_and_back(tmp_path, orders=200, seconds=150)
    assert asked == {f"o{n}": 1 for n in range(1, 201)}
    assert len(day.ours()) > 20
    assert len(day.old.asked) > 20
    # What an observed run did not do is nothing at all: no effect of another kind is about an order of the old way's.
    effects = [one for one in day.desk.vendors.effects() if one.key and not one.again]
    told = {one.business.removeprefix("placed.order/") for one in effects if one.operation == "Marketing.track"}
    assert told & set(day.old.asked) == set()
    assert {one.operation for one in effects} == {"Crm.upsert", "Marketing.track", "Fulfilment.request"}
    assert (found["orders"], found["counts"]["same"]) == ([], len(day.old.asked))
