"""Version n and n-1 over the same store, with runs in flight, in both directions; refused where they cannot."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pawline.hub import Hub, HubRefused, load_settings
from pawline.store import StoreTooNew
from pawline.store.migrate import SCHEMA
from tests.unit.hub.shop import Dispenser, fill, hub_of, statuses, until, write


async def versions(hub: Hub) -> list[tuple[str, int, str]]:
    rows = await hub.desk.answer("runs", {"shop": "home"})
    return [(row["key"], row["version"], row["status"]) for row in reversed(rows)]


async def test_a_run_in_flight_ends_under_its_version_and_new_ones_take_the_newest(
    tmp_path: Path, vendor: Dispenser
) -> None:
    write(tmp_path, 1, module="feeding_up")
    async with hub_of(tmp_path) as hub:
        await fill(hub, "Momo")
        await until(lambda: vendor.given == ["Momo"])
    write(tmp_path, 1, 2, module="feeding_up")
    vendor.open.set()
    async with hub_of(tmp_path) as hub:
        await fill(hub, "Biscuit")
        await until(lambda: _all_done(hub, 2))
        assert await versions(hub) == [("Momo", 1, "done"), ("Biscuit", 2, "done")]
        flows = await hub.desk.answer("flows", {})
        assert [(row["version"], row["unfinished"], row["here"]) for row in flows] == [(1, 0, True), (2, 0, True)]
    assert vendor.given == ["Momo", "Biscuit"]
    assert vendor.looked == ["Momo"]


async def test_back_to_the_version_before_is_refused_while_its_runs_are_unfinished(
    tmp_path: Path, vendor: Dispenser
) -> None:
    write(tmp_path, 1, 2, module="feeding_back")
    async with hub_of(tmp_path) as hub:
        await fill(hub, "Momo")
        await until(lambda: vendor.given == ["Momo"])
    write(tmp_path, 1, module="feeding_back")
    with pytest.raises(HubRefused) as refusal:
        await Hub.open(load_settings(tmp_path / "pawline.toml", {}))
    assert str(refusal.value) == (
        "1 unfinished run(s) of feed need version 2: keep that flow's file until `pawline flows drain` says 0"
    )
    vendor.open.set()
    write(tmp_path, 1, 2, module="feeding_back")
    async with hub_of(tmp_path) as hub:
        await until(lambda: _all_done(hub, 1))
    write(tmp_path, 1, module="feeding_back")
    async with hub_of(tmp_path) as hub:
        await fill(hub, "Biscuit")
        await until(lambda: _all_done(hub, 2))
        assert await versions(hub) == [("Momo", 2, "done"), ("Biscuit", 1, "done")]


async def test_a_store_of_a_newer_pawline_is_refused_and_left_alone(tmp_path: Path, vendor: Dispenser) -> None:
    write(tmp_path, 1, module="feeding_new")
    async with hub_of(tmp_path):
        pass
    for name, value in (("schema", "9"), ("oldest", "9")):
        with sqlite3.connect(tmp_path / "pawline.db") as db:
            db.execute("update meta set value = ? where name = ?", (value, name))
        db.close()
        if name == "schema":  # newer, but this version may still work with it: expanded, not contracted
            async with hub_of(tmp_path):
                pass
    before = (tmp_path / "pawline.db").read_bytes()
    with pytest.raises(StoreTooNew, match=f"the store needs schema 9 or newer, this Pawline knows {SCHEMA}"):
        await Hub.open(load_settings(tmp_path / "pawline.toml", {}))
    assert (tmp_path / "pawline.db").read_bytes() == before


async def _all_done(hub: Hub, count: int) -> bool:
    found = [one for each in (await statuses(hub)).values() for one in each]
    return found == ["done"] * count
