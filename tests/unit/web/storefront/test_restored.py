"""Keys after a restore: a backup does not know which were revoked since, so none lives before a person says so."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pawline.hub import HubRefused, keyring_of, load_settings
from pawline.store import Restored, back_up, restore, revocations_of
from tests.unit.web.storefront.shop import Shopper, Town, town


def lose(folder: Path) -> None:
    (folder / "lost").mkdir()
    for file in folder.glob("pawline.db*"):
        shutil.move(file, folder / "lost" / file.name)


async def back(folder: Path, source: Path, **more: Any) -> Restored:
    settings = load_settings(folder / "pawline.toml", {})
    return await restore(source, settings.url, keyring_of(settings), by="ada", reason="disk died", **more)


async def revoke(one: Town, who: Shopper) -> None:
    await one.hub.desk.answer("key_revoke", {"shop": "pets", "id": who.key[:11], "by": "ann", "reason": "it leaked"})


async def release(one: Town, **more: Any) -> Any:
    done = await one.hub.desk.answer("key_release", {"shop": "pets", "by": "ann", "reason": "looked at", **more})
    assert one.hub.storefront is not None
    await one.hub.storefront.read()
    return done


async def live(one: Town, *keys: str) -> list[bool]:
    said = [(await Shopper(one.http, one.url, key).ask("GET", "/v1/products")).status for key in keys]
    assert set(said) <= {200, 401}
    return [status == 200 for status in said]


async def test_no_key_lives_before_a_person_says_so(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        early, leaked, page = await one.key(), await one.key(secret=True), await one.key()
        await revoke(one, early)
        await back_up(one.hub.settings.url, tmp_path / "backup")
        await revoke(one, leaked)  # the backup does not know it
        keys = early.key, leaked.key, page.key
    lose(tmp_path)
    assert (await back(tmp_path, tmp_path / "backup")).held == 2
    async with town(tmp_path) as one:
        assert await live(one, *keys) == [False, False, False]
        listed = {row["id"]: row["revoked"] for row in await one.hub.desk.answer("keys", {"shop": "pets"})}
        assert [listed[key[:11]] for key in keys[1:]] == ["held", "held"]
        assert listed[keys[0][:11]] not in ("held", None)
        (check,) = [each for each in await one.hub.desk.answer("health", {}) if each["name"] == "storefront"]
        assert (check["state"], "pets has 2 held since the restore" in check["says"]) == ("look", True)
        with pytest.raises(HubRefused, match="say why"):
            await release(one, reason="")
        with pytest.raises(HubRefused, match="that a restore holds"):
            await release(one, id=keys[0][:11])  # a person revoked it
        await release(one, id=keys[2][:11])
        assert await live(one, *keys) == [False, False, True]
        new = await one.key()
        assert await live(one, new.key) == [True]  # made since: nobody can have revoked it unseen
        done = await release(one)
        assert done["about"] == keys[1][:11]
        with pytest.raises(HubRefused, match="that a restore holds"):
            await release(one)
        audit = await one.hub.store.fetch("audit_page", (0, 100))
        assert [row[5] for row in audit if row[4] == "release key"] == [keys[2][:11], keys[1][:11]]


async def test_what_the_lost_store_had_revoked_nobody_lets_live_again(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        leaked, page = await one.key(secret=True), await one.key()
        await back_up(one.hub.settings.url, tmp_path / "backup")
        await revoke(one, leaked)
    lose(tmp_path)
    known = await revocations_of(f"sqlite:///{tmp_path / 'lost' / 'pawline.db'}")
    assert [(id_, shop) for id_, shop, _ in known] == [(leaked.key[:11], "pets")]
    assert (await back(tmp_path, tmp_path / "backup", revocations=known)).held == 1
    async with town(tmp_path) as one:
        await release(one)
        assert await live(one, leaked.key, page.key) == [False, True]


async def test_what_one_restore_holds_the_next_one_holds_too(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        page = await one.key()
        await back_up(one.hub.settings.url, tmp_path / "first")
    lose(tmp_path)
    await back(tmp_path, tmp_path / "first")
    url = f"sqlite:///{tmp_path / 'pawline.db'}"
    await back_up(url, tmp_path / "second")
    assert await revocations_of(url) == []  # held, and ended by nobody
    shutil.rmtree(tmp_path / "lost")
    lose(tmp_path)
    assert (await back(tmp_path, tmp_path / "second")).held == 1
    async with town(tmp_path) as one:
        await release(one)
        assert await live(one, page.key) == [True]


async def test_what_leaked_is_revoked_while_it_is_held(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        leaked, page = await one.key(secret=True), await one.key()
        await back_up(one.hub.settings.url, tmp_path / "backup")
    lose(tmp_path)
    await back(tmp_path, tmp_path / "backup")
    async with town(tmp_path) as one:
        await revoke(one, leaked)
        with pytest.raises(HubRefused, match="no live key"):
            await revoke(one, leaked)
        assert (await release(one))["about"] == page.key[:11]
        assert await live(one, leaked.key, page.key) == [False, True]
