"""A system that stopped to tell us is told again where it once told us everything; where that fails, a case says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pawline.hub import Hub, connections_of, load_settings
from pawline.hub.connecting import Enrols
from pawline.hub.subscribed import Subscribed, Told, told_of
from pawline.ports import Transient, Unauthorised
from pawline.store import Keyring, StoreFull

ADDRESS = "https://hooks.pets.example/hooks/shopify/eu"
TOPICS = ("orders/create", "orders/paid")


@dataclass
class System:
    """Sends `topics` to us; `refuses` is raised where it is told to, or (`silent`) asked."""

    topics: set[str] = field(default_factory=set)
    refuses: Exception | None = None
    silent: Exception | None = None
    lost: str = ""
    told: list[str] = field(default_factory=list)

    async def lacking(self, address: str) -> tuple[str, ...]:
        if self.silent:
            raise self.silent
        return tuple(one for one in TOPICS if one not in self.topics or address != ADDRESS)

    async def enrol(self, address: str) -> tuple[str, ...]:
        self.told.append(address)
        if self.refuses:
            raise self.refuses
        self.topics |= set(TOPICS) - {self.lost}
        return ()


def looking(hub: Hub, *systems: System) -> Subscribed:
    return looking_at(hub, ADDRESS, *systems)


def looking_at(hub: Hub, address: str, *systems: System) -> Subscribed:
    one = Subscribed(Told("shopify/eu", "paws", "enrolled", Enrols(x.lacking, x.enrol), address) for x in systems)
    one._engine = hub.engine
    return one


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Hub]:
    if not (folder / "pawline.key").exists():
        Keyring.generate().save(folder / "pawline.key")
        (folder / "pawline.toml").write_text('shops = ["paws"]\nstore = "sqlite:///pawline.db"\n', "utf-8")
    async with await Hub.open(load_settings(folder / "pawline.toml", {})) as hub:
        yield hub


async def cases(hub: Hub) -> list[str]:
    return [one["title"] for one in await hub.desk.answer("cases", {"shop": "paws", "limit": 50})]


async def test_what_was_whole_is_made_whole_again_also_in_the_hubs_next_life(tmp_path: Path) -> None:
    system = System(set(TOPICS))
    async with opened(tmp_path) as hub:
        await looking(hub, system).look()
        assert system.told == []
    system.topics = {"orders/paid"}
    async with opened(tmp_path) as hub:
        one = looking(hub, system)
        await one.look()
        assert (system.told, system.topics) == ([ADDRESS], set(TOPICS))
        await one.look()
        assert (system.told, await cases(hub)) == ([ADDRESS], [])
        found = [row[3:7] for row in await hub.store.fetch("audit_page", (0, 10)) if row[4] == "enrol"]
        assert found == [("hub", "enrol", "shopify/eu", "orders/create")]


async def test_what_never_was_whole_is_left_alone(tmp_path: Path) -> None:
    """It is not connected yet, or somebody has it sent elsewhere: `pawline connect` is for that."""
    system = System({"orders/paid"})
    async with opened(tmp_path) as hub:
        await looking(hub, system).look()
        assert (system.told, await cases(hub)) == ([], [])


async def test_a_hub_of_another_address_takes_nothing_from_this_one(tmp_path: Path) -> None:
    """It was restored from a copy of it, or it moved."""
    system = System(set(TOPICS))
    async with opened(tmp_path) as hub:
        await looking(hub, system).look()
        await looking_at(hub, "https://rehearsal.example/hooks/shopify/eu", system).look()
        assert (system.told, await cases(hub)) == ([], [])


@pytest.mark.parametrize(
    ("shop", "action", "said"),
    [
        ("*", "mode", {"mode": "observe", "name": "*", "account": "*"}),  # as a restored store is
        ("paws", "mode", {"mode": "paused", "name": "*", "account": "shopify/eu"}),
        ("paws", "stop", {"scope": "account", "name": "shopify/eu"}),
        ("*", "stop", {"scope": "all"}),
    ],
)
async def test_nothing_leaves_where_calls_do_not(tmp_path: Path, shop: str, action: str, said: dict[str, str]) -> None:
    system = System(set(TOPICS))
    async with opened(tmp_path) as hub:
        one = looking(hub, system)
        await one.look()
        system.topics = set()
        order = {"action": action, "target": "shop", "by": "ann", "reason": "a rehearsal", "shop": shop, "said": said}
        await hub.desk.answer("order", order)
        await one.look()
        assert (system.told, await cases(hub)) == ([], [])


@pytest.mark.parametrize(
    ("refuses", "lost", "says"),
    [
        (Unauthorised("the scope is gone"), "", "the scope is gone"),
        (None, "orders/create", "it was told again, and does not"),
    ],
)
async def test_where_it_does_not_help_a_person_is_asked_once_until_it_is_well(
    tmp_path: Path, refuses: Exception | None, lost: str, says: str
) -> None:
    system = System(set(TOPICS))
    for life in range(2):
        async with opened(tmp_path) as hub:
            one = looking(hub, system)
            if life == 0:
                await one.look()
                system.topics, system.refuses, system.lost = {"orders/paid"}, refuses, lost
            await one.look()
            await one.look()
            assert await cases(hub) == ["shopify/eu does not send us orders/create any more"]
            (case,) = await hub.desk.answer("cases", {"shop": "paws", "limit": 50})
            shown = await hub.desk.answer("case", {"no": case["no"]})
            assert says in str(shown)
            assert "`pawline connect shopify/eu` says more" in str(shown)
            if life == 1:
                system.topics = set(TOPICS)  # somebody saw to it
                await one.look()
                assert await cases(hub) == []
                system.topics = {"orders/paid"}
                await one.look()
                assert await cases(hub) == ["shopify/eu does not send us orders/create any more"]


async def test_whoever_cannot_be_asked_or_breaks_keeps_no_other_from_being_looked_at(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away, broken, well = System(set(TOPICS)), System(set(TOPICS)), System(set(TOPICS))
    async with opened(tmp_path) as hub:
        one = looking(hub, away, broken, well)
        await one.look()
        away.silent, broken.silent, well.topics = Transient("503"), KeyError("canary"), set()
        await one.look()
        assert (away.told, broken.told, well.told) == ([], [], [ADDRESS])
        assert await cases(hub) == []
    assert "shopify/eu: whether it tells us cannot be seen: KeyError" in caplog.text
    assert "canary" not in caplog.text


async def test_a_case_that_was_not_kept_is_made_at_the_next_look(tmp_path: Path) -> None:
    system = System(set(TOPICS))
    async with opened(tmp_path) as hub:
        one, fails = looking(hub, system), [1]
        await one.look()
        system.topics, system.lost = set(), "orders/paid"

        def refuse(units: Any) -> None:
            if fails and any(name == "insert_case" for unit in units for name, _ in unit.writes):
                fails.pop()
                raise StoreFull("no space")

        hub.store.hooks.before_commit = refuse
        await one.look()
        assert (fails, await cases(hub)) == ([], [])
        await one.look()
        assert await cases(hub) == ["shopify/eu does not send us orders/paid any more"]


@pytest.mark.parametrize(("listen", "public"), [("", "https://hooks.pets.example"), ("127.0.0.1:1", "")])
def test_without_an_address_nobody_is_told(tmp_path: Path, listen: str, public: str) -> None:
    assert _told(tmp_path, listen, public) == ()


def test_each_account_that_hears_is_looked_at_under_its_address(tmp_path: Path) -> None:
    (one,) = _told(tmp_path, "127.0.0.1:1", "https://hooks.pets.example/")
    assert (one.account, one.shop, one.what, one.address) == ("shopify/eu", "paws", "enrolled", ADDRESS)


def _told(folder: Path, listen: str, public: str) -> tuple[Told, ...]:
    for name in ("token", "secret"):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text("canary", "utf-8")
    (folder / "pawline.toml").write_text(
        f'shops = ["paws"]\nlisten = "{listen}"\npublic = "{public}"\n[[accounts]]\nname = "shopify/eu"\n'
        '[accounts.settings]\nshop = "pets-eu.myshopify.com"\ntoken = { file = "token" }\n'
        'webhook_secrets = [{ file = "secret" }]\n', "utf-8",
    )  # fmt: skip
    settings = load_settings(folder / "pawline.toml", {})
    return told_of(settings, connections_of(settings))
