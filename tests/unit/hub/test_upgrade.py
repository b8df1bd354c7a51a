"""Version n and n-1 over the same store, with runs in flight, in both directions; refused where they cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pawline.hub import Hub, HubRefused, load_settings
from pawline.store import LANES, StoreTooNew
from pawline.store.database import Database
from pawline.store.migrate import MIGRATIONS, SCHEMA, Migration, migrate
from pawline.store.postgres import Postgres
from pawline.store.sqlite import Sqlite
from tests.databases import databases
from tests.unit.hub.shop import Dispenser, fill, hub_of, statuses, until, write

WIDER = "alter table run add column mood text"
EXPANDED = Migration(SCHEMA + 1, SCHEMA, [WIDER], [WIDER])
"""What a next Pawline may do to the store while this one works on it."""
CONTRACTED = Migration(
    SCHEMA + 2, SCHEMA + 1, ["alter table run drop column mood"], ["alter table run drop column mood"]
)
"""What the one after that does, once nobody of this version is left."""


@dataclass
class Home:
    """A shop's folder, and its store: a file in it, or a database on a server."""

    folder: Path
    url: str = ""

    def write(self, *versions: int, module: str) -> None:
        write(self.folder, *versions, module=module, more=f'store = "{self.url}"\n' if self.url else "")

    async def refused(self) -> str:
        """How a hub is refused that would be opened now."""
        with pytest.raises((HubRefused, StoreTooNew)) as refusal:
            await Hub.open(load_settings(self.folder / "pawline.toml", {}))
        return str(refusal.value)

    def migrate(self, *migrations: Migration) -> None:
        """As a Pawline that knows these, too, does when it opens the store."""
        database: Database = Postgres(self.url) if self.url else Sqlite(str(self.folder / "pawline.db"))
        database.begin()
        migrate(database, "postgres" if self.url else "sqlite", [*MIGRATIONS, *migrations])
        database.commit()
        database.close()


@pytest.fixture(scope="module")
def new_database() -> Iterator[Callable[[], str]]:
    with databases() as new:
        yield new


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path, new_database: Callable[[], str]) -> Home:
    return Home(tmp_path, new_database() if request.param == "postgres" else "")


@pytest.fixture
def shared(tmp_path: Path, new_database: Callable[[], str]) -> Home:
    """A store that several hubs may work on at once."""
    return Home(tmp_path, new_database())


async def versions(hub: Hub) -> list[tuple[str, int, str]]:
    rows = await hub.desk.answer("runs", {"shop": "home"})
    return [(row["key"], row["version"], row["status"]) for row in reversed(rows)]


async def test_a_run_in_flight_ends_under_its_version_and_new_ones_take_the_newest(
    home: Home, vendor: Dispenser
) -> None:
    home.write(1, module="feeding_up")
    async with hub_of(home.folder) as hub:
        await fill(hub, "Momo")
        await until(lambda: vendor.given == ["Momo"])
    home.write(1, 2, module="feeding_up")
    vendor.open.set()
    async with hub_of(home.folder) as hub:
        await fill(hub, "Biscuit")
        await until(lambda: _all_done(hub, 2))
        assert await versions(hub) == [("Momo", 1, "done"), ("Biscuit", 2, "done")]
        flows = await hub.desk.answer("flows", {})
        assert [(row["version"], row["unfinished"], row["here"]) for row in flows] == [(1, 0, True), (2, 0, True)]
    assert vendor.given == ["Momo", "Biscuit"]
    assert vendor.looked == ["Momo"]


async def test_back_to_the_version_before_is_refused_while_its_runs_are_unfinished(
    home: Home, vendor: Dispenser
) -> None:
    home.write(1, 2, module="feeding_back")
    async with hub_of(home.folder) as hub:
        await fill(hub, "Momo")
        await until(lambda: vendor.given == ["Momo"])
    home.write(1, module="feeding_back")
    assert await home.refused() == (
        "1 unfinished run(s) of feed need version 2: keep that flow's file until `pawline flows drain` says 0"
    )
    vendor.open.set()
    home.write(1, 2, module="feeding_back")
    async with hub_of(home.folder) as hub:
        await until(lambda: _all_done(hub, 1))
    home.write(1, module="feeding_back")
    async with hub_of(home.folder) as hub:
        await fill(hub, "Biscuit")
        await until(lambda: _all_done(hub, 2))
        assert await versions(hub) == [("Momo", 2, "done"), ("Biscuit", 1, "done")]


async def test_a_hub_goes_on_over_a_store_that_the_next_pawline_widened(home: Home, vendor: Dispenser) -> None:
    home.write(1, module="feeding_wider")
    async with hub_of(home.folder) as hub:
        await fill(hub, "Momo")
        await until(lambda: vendor.given == ["Momo"])
        if home.url:  # on a server while this one works
            home.migrate(EXPANDED)
            await fill(hub, "Biscuit")
            await until(lambda: vendor.given == ["Momo", "Biscuit"])
    if not home.url:
        home.migrate(EXPANDED)
    vendor.open.set()
    async with hub_of(home.folder) as hub:
        if not home.url:
            await fill(hub, "Biscuit")
        await until(lambda: _all_done(hub, 2))
        meta: dict[str, str] = dict(await hub.store.fetch("meta"))
        assert len(meta.pop("hub")) == 8
        assert meta == {"schema": str(SCHEMA + 1), "oldest": str(SCHEMA)}
    assert vendor.given == ["Momo", "Biscuit"]


async def test_a_store_that_needs_a_newer_pawline_is_refused_and_left_alone(home: Home, vendor: Dispenser) -> None:
    home.write(1, module="feeding_new")
    async with hub_of(home.folder) as hub:
        await fill(hub, "Momo")
        await until(lambda: vendor.given == ["Momo"])
    home.migrate(EXPANDED, CONTRACTED)
    before = _rows(home)
    assert await home.refused() == (
        f"the store needs schema {SCHEMA + 1} or newer, this Pawline knows {SCHEMA}: "
        "upgrade it, or restore a backup from before the upgrade"
    )
    assert _rows(home) == before


async def test_where_hubs_of_two_versions_share_a_store_a_run_waits_for_one_that_has_its_code(
    shared: Home, vendor: Dispenser
) -> None:
    shared.write(1, module="feeding_side")
    async with hub_of(shared.folder) as old:
        shared.write(1, 2, module="feeding_side")
        async with hub_of(shared.folder) as new:
            await old.engine.stop()
            await new.engine.owning.renew()  # it takes the lanes that are free now
            shared.write(1, module="feeding_side")
            async with hub_of(shared.folder) as late:  # nothing is unfinished: it may come
                await fill(late, "Momo")
                await until(lambda: vendor.given == ["Momo"])
                await new.engine.stop()
                await late.engine.owning.renew()
                await until(lambda: len(late.engine.lanes) == LANES)
                await late.engine.loading.look()
                assert await versions(late) == [("Momo", 2, "ready")]  # as it was: this one does not guess
            assert "need version 2" in await shared.refused()
    vendor.open.set()
    shared.write(1, 2, module="feeding_side")
    async with hub_of(shared.folder) as new:
        await until(lambda: _all_done(new, 1))
        assert await versions(new) == [("Momo", 2, "done")]
    assert (vendor.given, vendor.looked) == (["Momo"], ["Momo"])


def _rows(home: Home) -> list[tuple[object, ...]]:
    """What the store says about itself and its owners."""
    database: Database = Postgres(home.url) if home.url else Sqlite(str(home.folder / "pawline.db"))
    database.begin()
    rows = [*database.fetch("meta"), *database.fetch("take_numbers", (0, "owner"))]
    database.rollback()
    database.close()
    return rows


async def _all_done(hub: Hub, count: int) -> bool:
    found = [one for each in (await statuses(hub)).values() for one in each]
    return found == ["done"] * count
