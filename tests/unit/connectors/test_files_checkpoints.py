"""A file is read in pieces, each row once, whatever becomes of the file or of us in between."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawline.connectors.files import looking, reading
from pawline.kit import REMEMBERED, Quarantined
from pawline.ports import Unauthorised
from tests.unit.connectors.files_desk import LATELY, NOON, Desk, counts

PLAIN: dict[str, Any] = {
    "columns": {"sku": 1, "on_hand": 2},
    "header": False,
    "constants": {"location": "main"},
    "as_of": "modified",
}


def rows(begin: int, end: int, more: int = 0) -> str:
    return "".join(f"s{n},{n + more}\n" for n in range(begin, end))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of 64 bytes and looks of ten rows."""
    monkeypatch.setattr(reading, "PIECE", 64)
    monkeypatch.setattr(reading, "ROWS", 10)


async def test_each_look_goes_on_where_the_one_before_ended_and_a_lost_one_is_made_again(
    tmp_path: Path, small: None
) -> None:
    desk = Desk(tmp_path, **PLAIN)
    desk.put("stock.csv", rows(0, 35))
    sizes = []
    while True:
        before = desk.cursor
        first = await desk.look()
        desk.cursor = before  # killed before the cursor was committed
        desk.restart()
        again = await desk.look()
        assert again == first
        sizes.append(len(again.sightings))
        if not again.more:
            break
    assert sizes == [10, 10, 10, 5, 0]
    assert counts(desk.seen) == {f"s{n}@main": n for n in range(35)}
    assert len({one.id for one in desk.seen}) == 35


ODD = ["s,1", "", '"a\nb",2', '"c', "d", "e,f", '"g,""\n\n",3', "\r", 'h",4', "ü,5"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(ODD), max_size=30),
    st.integers(1, 40), st.integers(1, 6), st.booleans(),
)  # fmt: skip
def test_however_a_file_is_cut_into_pieces_and_looks_it_says_the_same(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], piece: int, most: int, ended: bool
) -> None:
    place = tmp_path_factory.mktemp("cut")

    async def read(piece: int, most: int) -> tuple[Any, Any]:
        desk = Desk(place, **PLAIN | {"multiline": True})
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(reading, "PIECE", piece)
            patched.setattr(reading, "ROWS", most)
            await desk.all()
        return desk.seen, desk.bad

    Desk(place, **PLAIN).put("stock.csv", "\n".join(lines) + "\n" * ended)
    assert asyncio.run(read(piece, most)) == asyncio.run(read(1 << 20, 10_000))


async def test_a_file_that_is_written_anew_while_it_is_read_is_read_from_its_beginning(
    tmp_path: Path, small: None
) -> None:
    desk = Desk(tmp_path, **PLAIN)
    desk.put("stock.csv", rows(0, 35))
    await desk.look()
    assert desk.offset > 0
    desk.put("stock.csv", rows(0, 5, more=100), at=60)  # another one, and shorter
    new = await desk.all()
    assert counts(new) == {f"s{n}@main": n + 100 for n in range(5)}
    assert {one.at.timestamp() - NOON.timestamp() for one in new} == {60.0}
    assert desk.bad == []


async def test_a_file_that_is_taken_away_while_it_is_read_is_told_with_the_line(tmp_path: Path, small: None) -> None:
    desk = Desk(tmp_path, **PLAIN)
    desk.put("stock.csv", rows(0, 35)).rename(tmp_path / "kept" / "x")
    (tmp_path / "kept" / "x").rename(tmp_path / "out" / "stock.csv")
    await desk.look()
    (tmp_path / "out" / "stock.csv").unlink()
    assert await desk.all() == []
    assert desk.bad == [Quarantined("stock.csv", "it was taken away once line 10 was read")]


async def test_one_name_for_every_delivery(tmp_path: Path) -> None:
    """As many systems have it: `stock.csv`, written over each time. What did not change is news, too."""
    desk = Desk(tmp_path, **PLAIN)
    desk.put("stock.csv", rows(0, 3))
    assert counts(await desk.all()) == {"s0@main": 0, "s1@main": 1, "s2@main": 2}
    assert await desk.all() == []
    desk.put("stock.csv", rows(0, 2), at=3600)
    new = await desk.all()
    assert counts(new) == {"s0@main": 0, "s1@main": 1}
    assert {one.at.timestamp() - NOON.timestamp() for one in new} == {3600.0}


COLUMNS = {"sku": "sku", "on_hand": "n", "as_of": "t"}
TIMED: dict[str, Any] = {"columns": COLUMNS, "constants": {"location": "main"}}


async def test_of_counts_as_of_the_same_second_the_file_that_was_written_later_wins(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **TIMED)
    head, at = "sku,n,t\n", "2026-11-27T11:59:00Z"
    desk.put("stock.csv", f"{head}a,1,{at}\nb,2,{at}\n")
    told = [await desk.all()]
    desk.put("stock.csv", f"{head}a,1,{at}\nb,5,{at}\n", at=60)
    told.append(await desk.all())
    desk.put("stock-b.csv", f"{head}b,6,{at}\n", at=90)  # and again, by another name
    told.append(await desk.all())
    assert [counts(one) for one in told] == [{"a@main": 1, "b@main": 2}, {"a@main": 1, "b@main": 5}, {"b@main": 6}]
    events: list[Any] = [one[-1].event for one in told]
    assert [one.level.as_of.microsecond for one in events] == [60, 120, 150]
    assert {one.level.as_of.replace(microsecond=0) for one in events} == {told[0][0].at}


async def test_a_figure_that_goes_back_to_what_it_was_is_told_again(tmp_path: Path) -> None:
    """One name and one time for every file: 5, 8 and 5 again. What a file said before does not count for this one."""
    desk = Desk(tmp_path, **TIMED)
    for n, number in enumerate((5, 8, 5)):
        desk.put("stock.csv", f"sku,n,t\na,{number},2026-11-27T00:00:00Z\n", at=3_600.0 * n)
        assert counts(await desk.all()) == {"a@main": number}
    events: list[Any] = [one.event for one in desk.seen]
    assert [one.level.as_of.microsecond for one in events] == [43_200, 46_800, 50_400]
    assert len({one.fact for one in events}) == len({one.id for one in desk.seen}) == 3
    desk.restart()
    desk.cursor = ""  # whatever is read twice is one: the id of a row of a file that did not change is the same
    assert await desk.all() == []


async def test_a_file_that_is_touched_once_a_map_was_mended_says_what_it_says_now(tmp_path: Path) -> None:
    head, at = "sku,n,t\n", "2026-11-27T11:59:00Z"
    desk = Desk(tmp_path, **TIMED)
    desk.put("stock.csv", f"{head}a,1,{at}\nb,2,{at}\nc,2.0,{at}\n")
    first = await desk.all()
    assert (counts(first), desk.bad) == ({"a@main": 1, "b@main": 2, "c@main": 2}, [])
    mended = Desk(tmp_path, **TIMED, values={"sku": {"b": "chew-1"}}, decimal=",", thousands=".")
    mended.cursor, mended.seen = desk.cursor, desk.seen
    os.utime(tmp_path / "out" / "stock.csv", (NOON.timestamp() + 60,) * 2)
    assert counts(await mended.all()) == {"a@main": 1, "chew-1@main": 2}
    assert mended.bad == [Quarantined("stock.csv", "n is no count", 4)]


async def test_a_file_that_grew_says_what_is_new(tmp_path: Path) -> None:
    columns = {"order": 1, "reference": 2}
    desk = Desk(tmp_path, kind="booked", columns=columns, header=False, as_of="modified", noon=LATELY)
    desk.put("stock.csv", "o1,B1\n")
    await desk.all()
    desk.put("stock.csv", "o1,B1\no2,B2\n", at=60)
    assert [one.id for one in await desk.all()] == ["booked/o2"]


BINS = "a,main,3\nb,main,1\na,main,40\na,annex,7\n"
TWICE = "its SKU stands in this place on a line before: counts are not added up"


async def test_a_sku_that_stands_twice_in_a_place_is_refused_the_second_time(tmp_path: Path) -> None:
    """By bin or by lot: which of the two figures it is, or both together, is nobody's guess."""
    desk = Desk(tmp_path, columns={"sku": 1, "location": 2, "on_hand": 3}, header=False, as_of="modified")
    desk.put("stock.csv", BINS)
    assert counts(await desk.all()) == {"a@main": 3, "b@main": 1, "a@annex": 7}
    assert desk.bad == [Quarantined("stock.csv", TWICE, 3)]
    desk.put("stock.csv", "a,main,4\n", at=60)  # another file says it anew
    assert (counts(await desk.all()), len(desk.bad)) == ({"a@main": 4}, 1)
    assert desk.watch.rehearse is not None
    desk.put("stock.csv", BINS, at=90)
    tried = await desk.watch.rehearse(desk.client, desk.settings)
    assert tried is not None
    assert (tried.rows, tried.quarantined) == (3, (Quarantined("stock.csv", TWICE, 3),))


async def test_two_places_that_a_map_makes_one_are_refused_as_two_rows_of_one(tmp_path: Path) -> None:
    desk = Desk(
        tmp_path, columns={"sku": 1, "location": 2, "on_hand": 3}, header=False, as_of="modified",
        values={"location": {"*": "main"}},
    )  # fmt: skip
    desk.put("stock.csv", "a,01,40\na,02,38-\n")
    assert (counts(await desk.all()), desk.bad) == ({"a@main": 40}, [Quarantined("stock.csv", TWICE, 2)])


async def test_counts_of_several_times_in_one_file_are_each_a_count(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **TIMED)
    desk.put("stock.csv", "sku,n,t\na,1,2026-11-27T10:00:00Z\na,2,2026-11-27T11:00:00Z\n")
    assert ([one.at.hour for one in await desk.all()], desk.bad) == ([10, 11], [])


@pytest.mark.parametrize("lost", ["nothing", "process", "commit"])
async def test_what_stood_in_a_file_before_is_known_whatever_dies_in_between(
    tmp_path: Path, small: None, lost: str
) -> None:
    desk = Desk(tmp_path, **PLAIN)
    desk.put("stock.csv", rows(0, 25) + "s3,8\ns24,9\n" + rows(25, 30))
    more = True
    while more:
        before = desk.cursor
        more = (await desk.look()).more
        if lost == "process":
            desk.restart()
        if lost == "commit" and more:
            first = desk.seen[-1:], desk.bad[-1:]
            desk.cursor = before
            await desk.look()
            assert (desk.seen[-1:], desk.bad[-1:]) == first
    assert counts(desk.seen) == {f"s{n}@main": n for n in range(30)}
    assert dict.fromkeys(desk.bad) == dict.fromkeys(Quarantined("stock.csv", TWICE, line) for line in (26, 27))


async def test_a_late_file_that_is_older_is_read_all_the_same(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **PLAIN)
    desk.put("stock-2.csv", "a,2\n", at=60)
    await desk.all()
    desk.put("stock-1.csv", "a,1\n", at=0)
    (late,) = await desk.all()
    assert (counts([late]), late.at) == ({"a@main": 1}, NOON)  # it is as of its own time: the newer one counts on


async def test_a_refusal_that_is_exported_again_and_again_is_told_once(tmp_path: Path) -> None:
    columns = {"order": 1, "cause": 2, "at": 3}
    desk = Desk(tmp_path, kind="refused", columns=columns, header=False)
    first, second = f"o1,E1,{LATELY:%Y-%m-%dT11:00Z}\n", f"o1,E1,{LATELY:%Y-%m-%dT11:30Z}\n"
    desk.put("stock-1.csv", first)
    assert len(await desk.all()) == 1
    desk.put("stock-2.csv", first + second)
    assert [one.at.minute for one in await desk.all()] == [30]


@pytest.mark.parametrize(
    ("kind", "columns"),
    [("refused", {"order": 1, "cause": 2, "at": 3}), ("booked", {"order": 1, "reference": 2, "at": 3}),
     ("sent", {"order": 1, "shipment": 2, "at": 3})],
)  # fmt: skip
async def test_what_the_store_may_have_forgotten_is_not_told_again(
    kind: str, columns: dict[str, int], tmp_path: Path
) -> None:
    """An export that lists every order for ever: a refusal of two months ago would ask again whether to book it."""
    desk = Desk(tmp_path, kind=kind, columns=columns, header=False)
    now = datetime.now(UTC)
    old, lately = now - REMEMBERED - timedelta(minutes=1), now - REMEMBERED + timedelta(hours=1)
    desk.put("stock.csv", f"o1,x,{old.isoformat()}\no2,y,{lately.isoformat()}\n")
    told: list[Any] = [one.event for one in await desk.all()]
    assert ([(one.order, one.at) for one in told], desk.bad) == ([("o2", lately)], [])
    assert desk.watch.rehearse is not None  # whoever tries an old file of theirs sees what it means
    tried = await desk.watch.rehearse(desk.client, desk.settings)
    assert tried is not None
    assert (tried.rows, tried.quarantined) == (2, ())


async def test_an_old_count_is_told_all_the_same(tmp_path: Path) -> None:
    """It is as of its own time, and harms nobody: what was counted last year, and not since, is what is there."""
    desk = Desk(tmp_path, **TIMED)
    desk.put("stock.csv", "sku,n,t\na,1,2025-11-27T10:00:00Z\n")
    assert counts(await desk.all()) == {"a@main": 1}


async def test_whole_by_a_file_beside_it_which_must_not_be_older(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **PLAIN, still=None, companion="{stem}.ok")
    desk.put("stock.csv", "a,1\n")
    assert await desk.all() == []
    desk.put("stock.ok", "", at=1)
    assert counts(await desk.all()) == {"a@main": 1}
    desk.put("stock.csv", "a,", at=60)  # the next one: it is being written, and the old mark lies there
    assert await desk.all() == []
    desk.put("stock.csv", "a,2\n", at=61)
    desk.put("stock.ok", "", at=61)
    assert (counts(await desk.all()), desk.bad) == ({"a@main": 2}, [])


async def test_whole_by_a_last_line_that_counts(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **PLAIN, still=None, trailer="TRL;{rows};*")
    for wrong in ("a,1\nb,2\n", "a,1\nb,2\nTRL;3;x\n", "a,1\nb,2\nTRL;x;\n", ""):
        desk.put("stock.csv", wrong)
        assert (await desk.all(), desk.bad) == ([], [])
    desk.put("stock.csv", "a,1\nb,2\nTRL; 0002 ;20261127\n", at=1)
    assert counts(await desk.all()) == {"a@main": 1, "b@main": 2}
    desk.put("stock-1.csv", "a,1\nTRL;2;\n", at=2)
    desk.put("stock-2.csv", "a,3\nTRL;1;\n", at=3)
    assert counts(await desk.all()) == {"a@main": 3}
    assert desk.bad == [Quarantined("stock-1.csv", "its last line says 2 rows, and there are 1")]


@pytest.mark.parametrize("last", [{"end": "ENDE"}, {"trailer": "ENDE{rows}"}])
async def test_whole_although_a_mark_of_old_systems_comes_after_the_last_line(
    last: dict[str, Any], tmp_path: Path
) -> None:
    desk = Desk(tmp_path, **PLAIN, still=None, **last)
    said = "ENDE" if "end" in last else "ENDE 2"
    for n, after in enumerate(("\r\n\x1a", "\x1a", "\r\n\x1a\x1a\x1a\r\n", " \x1a")):
        desk.put("stock.csv", f"a,{n}\r\nb,{n}\r\n{said}{after}", at=n)
        assert (counts(await desk.all()), desk.bad) == ({"a@main": n, "b@main": n}, [])


class Hours:
    """A clock of this process, as looks see it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        monkeypatch.setattr("pawline.connectors.files.looking.time.monotonic", lambda: self.now)

    def later(self, hours: float) -> None:
        self.now += hours * 3_600


NEVER = "its last line is not #; no file was whole for 6 hours, and this one is still waited for"


@pytest.mark.parametrize("anew", [True, False], ids=["written anew each time", "left there"])
async def test_where_no_file_is_ever_whole_a_person_hears_of_it_once(
    anew: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One name for every delivery, and since its update the system leaves out the last line."""
    clock = Hours(monkeypatch)
    desk = Desk(tmp_path, **PLAIN, still=None, end="#")
    desk.put("stock.csv", "a,1\n#\n")
    assert counts(await desk.all()) == {"a@main": 1}
    for n in range(1, 24):
        if anew or n == 1:
            desk.put("stock.csv", f"a,{n}\n", at=n)
        assert await desk.all() == []
        assert desk.bad == ([] if n <= 6 else [Quarantined("stock.csv", NEVER)])
        clock.later(1)
    desk.restart()  # another life knows that it was told
    for _ in range(2):
        clock.later(7)
        before = desk.cursor
        assert (await desk.all(), len(desk.bad), desk.cursor) == ([], 1, before)
    desk.put("stock.csv", "a,30\n#\n", at=30)  # somebody mends it
    assert counts(await desk.all()) == {"a@main": 30}
    desk.put("stock.csv", "a,31\n", at=31)  # and breaks it once more
    assert await desk.all() == []
    clock.later(6)
    assert (await desk.all(), desk.bad) == ([], [Quarantined("stock.csv", NEVER)] * 2)


async def test_a_file_that_only_takes_long_is_no_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Hours(monkeypatch)
    desk = Desk(tmp_path, **PLAIN, still=None, companion="{name}.ok")
    for n in range(3):
        desk.put(f"stock-{n}.csv", f"a,{n}\n", at=n)
        assert await desk.all() == []
        clock.later(5)
        desk.put(f"stock-{n}.csv.ok", "", at=n)
        assert counts(await desk.all()) == {"a@main": n}
        clock.later(5)
        assert (await desk.all(), desk.bad) == ([], [])


async def test_whole_as_it_has_been_still_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("pawline.connectors.files.whole.time.monotonic", lambda: clock[0])
    desk = Desk(tmp_path, **PLAIN, still=30)
    desk.put("stock.csv", "a,1\n")
    for later in (0, 29.9):
        clock[0] = 1000.0 + later
        assert (await desk.all(), desk.cursor) == ([], "")
    desk.put("stock.csv", "a,1\nb,2\n", at=5)  # it grows: the time begins anew
    clock[0] = 1030.0
    assert await desk.all() == []
    clock[0] = 1060.0
    assert counts(await desk.all()) == {"a@main": 1, "b@main": 2}


async def test_what_was_read_is_kept_elsewhere_once_it_is_recorded(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **PLAIN, still=None, companion="{name}.done", done="kept")
    for at in (0, 60):
        desk.put("stock.csv", f"a,{at}\n", at=at)
        desk.put("stock.csv.done", "", at=at)
        seen = await desk.look()
        assert (counts(list(seen.sightings)), len(list((tmp_path / "out").iterdir()))) == ({"a@main": at}, 2)
        assert await desk.all() == []
        assert list((tmp_path / "out").iterdir()) == []
    desk.put("stock.csv", "a,60\n", at=60)  # the very same once more
    desk.put("stock.csv.done", "", at=60)
    assert (await desk.all(), list((tmp_path / "out").iterdir())) == ([], [])
    kept = sorted((one.name[:17], one.name[26:]) for one in (tmp_path / "kept").iterdir())
    assert kept == [
        ("20261127T120000Z-", "stock.csv"), ("20261127T120000Z-", "stock.csv.done"),
        ("20261127T120100Z-", "stock.csv"), ("20261127T120100Z-", "stock.csv"),
        ("20261127T120100Z-", "stock.csv.done"), ("20261127T120100Z-", "stock.csv.done"),
    ]  # fmt: skip
    assert desk.bad == []


async def test_what_cannot_be_kept_elsewhere_is_told_and_read_no_second_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **PLAIN, done="kept")
    desk.put("stock.csv", "a,1\n")
    await desk.look()
    (tmp_path / "kept").rmdir()
    for _ in range(2):
        with pytest.raises(Exception, match="is not there, or not as it should be"):
            await desk.look()
    (tmp_path / "kept").mkdir()
    assert (await desk.all(), list((tmp_path / "out").iterdir())) == ([], [])


async def test_what_is_remembered_of_files_that_stay_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "KNOWN", 5)
    desk = Desk(tmp_path, **PLAIN)
    for n in range(20):
        desk.put(f"stock-{n:02}.csv", f"a,{n}\n", at=n)
    assert [one for each in await desk.all() for one in counts([each]).values()] == list(range(20))
    assert await desk.all() == []
    assert len(json.loads(desk.cursor)["done"]) <= 6
    desk.put("stock-99.csv", "a,99\n", at=30)
    assert counts(await desk.all()) == {"a@main": 99}
    desk.restart()
    assert await desk.all() == []
    for n in range(20):
        (tmp_path / "out" / f"stock-{n:02}.csv").unlink()
    desk.put("stock-98.csv", "a,98\n", at=31)
    await desk.all()
    assert len(json.loads(desk.cursor)["done"]) == 2


async def test_a_look_that_finds_nothing_says_so_by_the_same_cursor(tmp_path: Path) -> None:
    """The alarm of a file that is late goes by the cursor's change."""
    desk = Desk(tmp_path, **PLAIN)
    desk.put("stock.csv", "a,1\n")
    desk.put("other.csv", "a,1\n")
    await desk.all()
    for change in (tmp_path.exists, (tmp_path / "out" / "other.csv").unlink, (tmp_path / "out" / "stock.csv").unlink):
        change()
        before = desk.cursor
        seen = await desk.look()
        assert (seen.cursor, seen.more) == (before, False)


@pytest.mark.parametrize("piece", [64, 999, 100_000])
async def test_a_line_without_an_end_takes_no_memory_and_keeps_no_other_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(reading, "LONGEST", 1 << 10)
    monkeypatch.setattr(reading, "PIECE", piece)
    desk = Desk(tmp_path, **PLAIN, multiline=True)
    desk.put("stock.csv", "a,1\n" + "x" * 5_000 + '\nb,2\n"c\n' + "y" * 5_000 + "\nd,3\n" + "z" * 5_000)
    assert counts(await desk.all()) == {"a@main": 1, "b@main": 2, "d@main": 3}
    long = "it has no end within 1 KB"
    assert [one for one in desk.bad if one.line != 4] == [Quarantined("stock.csv", long, line) for line in (2, 5, 7)]
    assert [one.line for one in desk.bad] == [2, 4, 5, 7]


async def test_a_folder_that_may_not_be_read_is_for_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, **PLAIN)

    def refused(_: object) -> object:
        raise PermissionError

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(Unauthorised):
        await desk.look()
    assert desk.cursor == ""


async def test_a_dry_run_makes_what_it_would_of_the_newest_whole_file_and_remembers_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **PLAIN, still=None, trailer="T{rows}")
    assert desk.watch.rehearse is not None
    assert await desk.watch.rehearse(desk.client, desk.settings) is None
    desk.put("stock-1.csv", "a,1\nT1\n")
    desk.put("stock-2.csv", rows(0, 12) + "bad\nx,y\nT14\n", at=60)
    desk.put("stock-3.csv", "a,3\n", at=120)  # it is being written
    tried = await desk.watch.rehearse(desk.client, desk.settings)
    assert tried is not None
    assert (tried.where, tried.rows, len(tried.first)) == ("stock-2.csv", 12, 5)
    assert [(one.line, one.why) for one in tried.quarantined] == [(13, "1 columns only"), (14, "column 2 is no count")]
    assert len(await desk.all()) == 13
    (tmp_path / "out" / "stock-1.csv").unlink()
    (tmp_path / "out" / "stock-2.csv").unlink()
    none = await desk.watch.rehearse(desk.client, desk.settings)
    assert none is not None
    why = "its last line is not the one that says how many rows there are"
    assert (none.where, none.rows, none.quarantined) == ("stock-3.csv", 0, (Quarantined("stock-3.csv", why),))
