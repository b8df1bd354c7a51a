"""A restored hub sends nothing, asks the vendors what it forgot, and goes on once the main switch is live."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pawline.hub import Hub, keyring_of, load_settings
from pawline.store import back_up, restore
from tests.unit.hub.shop import Dispenser, fill, hub_of, statuses, until, write


def lose(folder: Path) -> None:
    for file in folder.glob("pawline.db*"):
        file.unlink()


async def lost(folder: Path, vendor: Dispenser) -> None:
    """A backup of a store whose runs did not start, then runs that started, then the store is lost and restored."""
    settings = load_settings(folder / "pawline.toml", {})
    async with hub_of(folder) as hub:
        await order(hub, "stop", scope="all")
        await fill(hub, "Momo", id="1")
        await fill(hub, "Biscuit", id="2")
        await until(lambda: _statuses(hub, {"Momo": ["waiting"], "Biscuit": ["waiting"]}))
        await back_up(settings.url, folder / "backup")
    vendor.given.append("Momo")  # what the lost store did after its backup
    lose(folder)
    await restore(folder / "backup", settings.url, keyring_of(settings), by="ada", reason="disk died")


async def order(hub: Hub, action: str, **said: Any) -> dict[str, Any]:
    given = {"action": action, "target": "shop", "by": "ada", "reason": "test", "said": said}
    shop = {"shop": "*"} if action == "mode" else {}
    told: dict[str, Any] = await hub.desk.answer("order", given | shop)
    return told


async def _statuses(hub: Hub, wanted: dict[str, list[str]]) -> bool:
    return await statuses(hub) == wanted


async def test_what_the_store_forgot_is_looked_up_and_only_the_rest_is_sent(tmp_path: Path, vendor: Dispenser) -> None:
    vendor.open.set()
    write(tmp_path, 1, module="feeding_restored")
    await lost(tmp_path, vendor)
    async with hub_of(tmp_path) as hub:
        await order(hub, "go_on", scope="all")
        await until(lambda: sorted(vendor.looked) == ["Biscuit", "Momo"])
        await until(lambda: _statuses(hub, {"Momo": ["waiting"], "Biscuit": ["waiting"]}))
        await asyncio.sleep(0.6)
        assert vendor.given == ["Momo"]
        assert vendor.cleaned == []
        assert await _statuses(hub, {"Momo": ["waiting"], "Biscuit": ["waiting"]})
        assert (await order(hub, "mode", mode="live"))["state"] == "done"
        await until(lambda: _statuses(hub, {"Momo": ["done"], "Biscuit": ["done"]}))
    assert vendor.given == ["Momo", "Biscuit"]
    assert sorted(vendor.cleaned) == ["Biscuit", "Momo"]


async def test_an_event_from_before_the_restore_that_comes_again_is_looked_up_too(
    tmp_path: Path, vendor: Dispenser
) -> None:
    vendor.open.set()
    write(tmp_path, 1, module="feeding_refed")
    await lost(tmp_path, vendor)
    vendor.given.append("Rex")
    async with hub_of(tmp_path) as hub:
        await order(hub, "go_on", scope="all")
        await order(hub, "mode", mode="live")
        await fill(hub, "Rex", id="3", time="2026-01-01T00:00:00Z")  # a poll finds it: the store had lost it
        await fill(hub, "Ada", id="4")
        await until(lambda: _done(hub, 4))
    assert sorted(vendor.given) == ["Ada", "Biscuit", "Momo", "Rex"]
    assert sorted(vendor.looked) == ["Biscuit", "Momo", "Rex"]


async def _done(hub: Hub, count: int) -> bool:
    return [one for each in (await statuses(hub)).values() for one in each] == ["done"] * count


@pytest.mark.parametrize("mode", ["observe", "paused"])
async def test_the_main_switch_overrules_every_other_mode(tmp_path: Path, vendor: Dispenser, mode: str) -> None:
    vendor.open.set()
    write(tmp_path, 1, module=f"feeding_{mode}")
    async with hub_of(tmp_path) as hub:
        await hub.desk.answer("order", {
            "action": "mode", "target": "shop", "by": "ada", "reason": "why", "shop": "home",
            "said": {"mode": "live", "name": "feed"},
        })  # fmt: skip
        await order(hub, "mode", mode=mode)
        await fill(hub, "Momo")
        await until(lambda: _statuses(hub, {"Momo": ["waiting"]}))
        await order(hub, "mode", mode="live")
        await until(lambda: _statuses(hub, {"Momo": ["done"]}))
