"""Accounts that are looked at: what was seen is on record once, whatever is looked at again, fails or dies."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pawline.hub import Hub, HubRefused, load_settings
from pawline.hub.watching import LONGEST, Watched, Watching, _told
from pawline.kit import Folder, Quarantined, Seen
from pawline.model import BookingRefused, Envelope
from pawline.ports import Transient, Unauthorised
from pawline.runtime import untold_case
from pawline.sandbox import Vendors
from pawline.sandbox.erp import Erp, Mood, account
from pawline.store import LANES, Keyring
from tests.unit.hub.shop import until

SHOPS = 'shops = ["paws"]\n'
KINDS = {"stock.counted@1": 2, "order.booked@1": 1, "booking.refused@1": 1}


class Scene:
    """A hub beside an ERP in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        Keyring.generate().save(folder / "pawline.key")
        (folder / "pawline.toml").write_text(SHOPS + account(folder / "erp", 0.02), "utf-8")
        self.vendors = Vendors(now=time.time)
        self.erp = Erp(folder / "erp", {"chew-1": 5, "kibble-10": 7}, time.time, self.vendors.did, ["litter-5"])

    def order(self, name: str, sku: str) -> None:
        text = f"order,number,placed_at,currency,sku,quantity,total\n{name},1,2026-11-27,EUR,{sku},2,1000\n#end\n"
        (self.folder / "erp" / "inbox" / f"order-{name}.csv").write_text(text, "utf-8")

    async def open(self) -> Hub:
        return await Hub.open(load_settings(self.folder / "pawline.toml", {}))

    async def kinds(self, hub: Hub) -> Counter[str]:
        return Counter(one["type"] for one in await hub.desk.answer("events", {"shop": "paws", "limit": 1_000}))

    async def seen(self, hub: Hub, kinds: dict[str, int]) -> None:
        async def there() -> bool:
            return await self.kinds(hub) == kinds

        await until(there)


async def test_exports_become_events_once_also_for_the_next_hub(tmp_path: Path) -> None:
    one = Scene(tmp_path)
    one.order("o1", "chew-1")
    one.order("o2", "litter-5")
    one.erp.run()
    async with await one.open() as hub:
        await one.seen(hub, KINDS)
        assert [(sight.name, sight.problem, sight.quarantined) for sight in hub.watching.sights()] == [
            ("stock", "", 0), ("orders", "", 0), ("refusals", "", 0)
        ]  # fmt: skip
    async with await one.open() as hub:
        await until(lambda: all(sight.succeeded for sight in hub.watching.sights()))
        assert await one.kinds(hub) == KINDS
        await hub.store.job(
            lambda db: db.many(
                "set_checkpoint",
                [("paws", "files/main", name, "", 0.0) for name in ("stock", "orders", "refusals")],
            )
        )  # fmt: skip - all of it is seen again
        looked = {sight.name: sight.succeeded for sight in hub.watching.sights()}
        await until(lambda: all(sight.succeeded != looked[sight.name] for sight in hub.watching.sights()))
        assert await one.kinds(hub) == KINDS


async def test_what_the_second_books_refuse_says_that_it_was_them(tmp_path: Path, monkeypatch: Any) -> None:
    one, two = Scene(tmp_path), Scene(tmp_path / "two")
    other = account(tmp_path / "two" / "erp", 0.02, "b")
    with (tmp_path / "pawline.toml").open("a", encoding="utf-8") as file:
        file.write(other)
    two.order("o2", "litter-5")
    two.erp.run()
    told: list[Envelope] = []
    record = Watching._record

    async def recorded(watching: Watching, envelope: Envelope) -> None:
        told.append(envelope)
        await record(watching, envelope)

    monkeypatch.setattr(Watching, "_record", recorded)
    async with await one.open() as hub:
        await one.seen(hub, {"stock.counted@1": 2, "booking.refused@1": 1})
    refused = [(each.source, each.event) for each in told if isinstance(each.event, BookingRefused)]
    assert [(source, event.books, event.order) for source, event in refused] == [("accounts/files/b", "files/b", "o2")]


async def test_what_cannot_be_read_is_one_case_and_the_rest_goes_through(tmp_path: Path) -> None:
    one = Scene(tmp_path)
    one.erp.mood = Mood.HEADLESS
    one.erp.export()
    one.erp.mood = Mood.WELL
    one.erp.export()
    async with await one.open() as hub:
        await one.seen(hub, {"stock.counted@1": 2})
        await until(lambda: _cases(hub, 2))
        cases = await hub.desk.answer("cases", {"shop": "paws"})
        assert sorted((case["kind"], case["title"], case["run"]) for case in cases) == [
            ("malformed", f"files/main: 1 in {name} cannot be read; the rest went through", None)
            for name in ("orders", "stock")
        ]  # fmt: skip
        for case in cases:
            told = await hub.desk.answer("order", {
                "action": "close", "target": f"case:{case['no']}", "by": "ann", "reason": "the ERP was updated"
            })  # fmt: skip
            assert told["state"] == "done"
        assert await hub.desk.answer("cases", {"shop": "paws"}) == []


async def test_what_a_connector_saw_and_no_store_keeps_is_told_and_keeps_no_other_back(tmp_path: Path) -> None:
    one = Scene(tmp_path)
    one.erp.stock["bad\0one"] = 3
    one.erp.export()
    async with await one.open() as hub:
        await one.seen(hub, {"stock.counted@1": 2})
        await until(lambda: _cases(hub, 1))
        assert {sight.name: sight.problem for sight in hub.watching.sights()} == dict.fromkeys(
            ("stock", "orders", "refusals"), ""
        )


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a directory": (lambda out: (out / "stock-0.csv").mkdir(), "stock-0.csv is no file"),
    "a link to nothing": (lambda out: (out / "stock-0.csv").symlink_to("/no/x"), "stock-0.csv is a link to nothing"),
    "a link to itself": (
        lambda out: (out / "stock-0.csv").symlink_to("stock-0.csv"), "stock-0.csv is a link that leads to no file"
    ),
    "no UTF-8": (
        lambda out: Path(os.fsdecode(os.fsencode(out) + b"/stock-\xe4.csv")).write_text("junk\n#end\n"),
        "stock-\\xe4.csv is written in a name that is not UTF-8",
    ),
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
async def test_an_odd_entry_of_an_outbox_is_one_case_and_the_rest_goes_through(tmp_path: Path, odd: str) -> None:
    one, (make, why) = Scene(tmp_path), ODD[odd]
    make(tmp_path / "erp" / "outbox")
    one.erp.export()
    async with await one.open() as hub:
        await one.seen(hub, {"stock.counted@1": 2})
        if odd == "no UTF-8":  # its name comes after those of the exports: nothing else waits for it
            await until(lambda: _cases(hub, 1))
        (case,) = await hub.desk.answer("cases", {"shop": "paws"})
        assert case["title"] == "files/main: 1 in stock cannot be read; the rest went through"
        assert case["kind"] == "malformed"
        assert (await hub.desk.answer("case", {"no": case["no"]}))["detail"].endswith(why)
        looked = {sight.name: sight.succeeded for sight in hub.watching.sights()}
        await until(lambda: all(sight.succeeded != looked[sight.name] for sight in hub.watching.sights()))
        assert [(each.name, each.problem, each.quarantined) for each in hub.watching.sights()] == [
            ("stock", "", 1), ("orders", "", 0), ("refusals", "", 0)
        ]  # fmt: skip
        assert (len(await hub.desk.answer("cases", {"shop": "paws"})), await one.kinds(hub)) == (
            1, {"stock.counted@1": 2}
        )  # fmt: skip


async def _refused(*_: Any, **__: Any) -> list[str]:
    raise Unauthorised("this user may not")


async def test_an_account_that_does_not_let_us_in_is_one_case_a_watch_and_the_same_for_the_next_hub(
    tmp_path: Path, monkeypatch: Any
) -> None:
    one = Scene(tmp_path)

    with monkeypatch.context() as locked:
        locked.setattr(Folder, "entries", _refused)
        for _ in range(2):
            async with await one.open() as hub:
                await until(lambda: _cases(hub, 3))
                await until(lambda: _all_troubled(hub))
                assert sorted(case["title"] for case in await hub.desk.answer("cases", {"shop": "paws"})) == [
                    f"files/main: {name} cannot be looked at: unauthorised" for name in ("orders", "refusals", "stock")
                ]
        case = (await hub_cases(one))[0]
        assert case["kind"] == "locked_out"
    async with await one.open() as hub:  # the right was given back: nobody has anything left to do
        await until(lambda: _cases(hub, 0))
        with monkeypatch.context() as locked:
            locked.setattr(Folder, "entries", _refused)
            await until(lambda: _cases(hub, 3))
            case = (await hub.desk.answer("cases", {"shop": "paws"}))[0]
            order = {"action": "close", "target": f"case:{case['no']}", "by": "ann", "reason": "I look after it"}
            assert (await hub.desk.answer("order", order))["state"] == "done"
        await until(lambda: _cases(hub, 0))


OLD = {
    "unauthorised": "files/main stock",
    "code": "files/main orders code",
    "rejected": "files/main refusals rejected",
}
"""Cases of watches as older Pawlines opened them: the kind, and the cause."""
OTHERS = {"malformed": "files/main stock", "unauthorised": "files/main"}
"""What is about rows that could not be read, or about the account: a look ends neither."""


async def test_a_case_that_an_older_pawline_opened_ends_with_the_first_look_and_is_not_asked_twice(
    tmp_path: Path, monkeypatch: Any
) -> None:
    one = Scene(tmp_path)

    with monkeypatch.context() as locked:
        locked.setattr(Folder, "entries", _refused)
        async with await one.open() as hub:
            await until(lambda: _cases(hub, 3))
            engine: Any = hub.engine
            cases = [untold_case(engine, "paws", kind, "old", cause, "") for kind, cause in OLD.items()]
            others = [untold_case(engine, "paws", kind, "another", cause, "") for kind, cause in OTHERS.items()]
            await hub.store.job(lambda db: db.many("insert_case", [*cases, *others]))
            news = [
                (case["no"], "closed", 0.0)
                for case in await hub.desk.answer("cases", {"shop": "paws"})
                if case["kind"] == "locked_out"
            ]
            await hub.store.job(lambda db: db.many("end_case", news))
        async with await one.open() as hub:
            await until(lambda: _all_troubled(hub))
            assert {case["title"] for case in await hub.desk.answer("cases", {"shop": "paws"})} == {"old", "another"}
    async with await one.open() as hub:
        await until(lambda: _cases(hub, len(OTHERS)))
        assert {case["title"] for case in await hub.desk.answer("cases", {"shop": "paws"})} == {"another"}


async def hub_cases(one: Scene) -> list[dict[str, Any]]:
    async with await one.open() as hub:
        found: list[dict[str, Any]] = await hub.desk.answer("cases", {"shop": "paws"})
        return found


async def _all_troubled(hub: Hub) -> bool:
    return all(sight.problem for sight in hub.watching.sights())


async def test_a_watch_that_failed_a_thousand_times_and_more_is_still_looked_at(monkeypatch: Any) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1_100:
            raise asyncio.CancelledError

    async def look(_: str) -> Seen:
        raise Transient("away")

    monkeypatch.setattr("pawline.hub.watching.asyncio.sleep", sleep)
    watching = Watching([Watched("files/main", "paws", "stock", 2.0, look)])
    spawned: list[Any] = []
    watching.start(StubEngine(spawned.append))  # type: ignore[arg-type]
    with pytest.raises(asyncio.CancelledError):
        await spawned[0]
    assert (pauses[:3], set(pauses[10:])) == ([4.0, 8.0, 16.0], {LONGEST})


@pytest.mark.parametrize(("named", "wait"), [(None, LONGEST), (40, LONGEST), (3_600, 3_600.0)])
async def test_a_walk_that_is_made_once_a_day_is_not_put_off_to_tomorrow_by_one_page(
    monkeypatch: Any, named: float | None, wait: float
) -> None:
    pauses: list[float] = []
    looks = iter((True, False, None))  # a page, a failure, the last page

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise asyncio.CancelledError

    async def look(_: Watched) -> bool:
        if (good := next(looks)) is False:
            raise Transient("too much", retry_after=None if named is None else timedelta(seconds=named))
        return bool(good)

    monkeypatch.setattr("pawline.hub.watching.asyncio.sleep", sleep)
    watching = Watching([Watched("files/main", "paws", "goods", 86_400.0, lambda _: _nothing())])
    monkeypatch.setattr(watching, "look", look)
    spawned: list[Any] = []
    watching.start(StubEngine(spawned.append))  # type: ignore[arg-type]
    with pytest.raises(asyncio.CancelledError):
        await spawned[0]
    assert pauses == [wait, 86_400.0]


async def _nothing() -> Seen:
    return Seen((), "")


class StubEngine:
    """As much of an engine as a watch that never succeeds asks for."""

    lanes = range(LANES)

    def __init__(self, spawn: Any) -> None:
        self.spawn = spawn
        self.store = SimpleNamespace(now=time.time, fetch=self._none)

    async def _none(self, *_: Any) -> list[Any]:
        return []


async def _cases(hub: Hub, count: int) -> bool:
    return len(await hub.desk.answer("cases", {"shop": "paws"})) == count


async def test_a_folder_that_is_away_is_said_once_and_looked_at_again(tmp_path: Path, caplog: Any) -> None:
    one = Scene(tmp_path)
    one.erp.export()
    away = (tmp_path / "erp").rename(tmp_path / "away")
    async with await one.open() as hub:
        await until(lambda: all(sight.problem for sight in hub.watching.sights()))
        await asyncio.sleep(0.1)
        assert all("erp is not there" in sight.problem for sight in hub.watching.sights())
        away.rename(tmp_path / "erp")
        await one.seen(hub, {"stock.counted@1": 2})
        await until(lambda: not any(sight.problem for sight in hub.watching.sights()))
    said = [record.getMessage() for record in caplog.records if "cannot be looked at" in record.getMessage()]
    assert len(said) == 3, said


def test_a_case_names_every_line_by_what_is_wrong_with_it() -> None:
    rows = [Quarantined("a.csv", "N is no count", 3), Quarantined("a.csv", "t is no time", 4)]
    rows += [Quarantined("a.csv", "N is no count", 9), Quarantined("b.csv", "b.csv is no file")]
    said = "a.csv lines 3, 9: N is no count\na.csv line 4: t is no time\nb.csv: b.csv is no file"
    assert _told(tuple(rows)) == said
    names = tuple(Quarantined(f"{n:02}.csv", "it is no file") for n in range(25))
    assert _told(names).splitlines()[-2:] == ["19.csv: it is no file", "and 5 more"]
    many = tuple(Quarantined("a.csv", "N is no count", n) for n in range(6_000))
    assert _told(many) == f"a.csv lines {', '.join(map(str, range(5_000)))}: N is no count\nand 1000 more"


def test_an_account_that_is_looked_at_is_of_one_shop(tmp_path: Path) -> None:
    one = Scene(tmp_path)
    text = (tmp_path / "pawline.toml").read_text("utf-8").replace('["paws"]', '["paws", "tails"]')
    (tmp_path / "pawline.toml").write_text(text, "utf-8")
    with pytest.raises(HubRefused, match="files/main is looked at for events, which are of one shop"):
        asyncio.run(one.open())
