"""Files: an order is one whole file, exports are read once whole, and a bad row keeps no other from it."""

from __future__ import annotations

import json
import os
import time
import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors import files
from pawline.connectors.files.erp import FilesErp
from pawline.connectors.files.settings import Settings
from pawline.kit import Folder, Guard, Quarantined, Seen
from pawline.model import (
    BookingRefused,
    CauseId,
    LocationId,
    OrderBooked,
    OrderId,
    SkuId,
    StockCounted,
    StockLevel,
)
from pawline.ports import Attempt, Booking, Erp, Transient, attempting
from pawline.sandbox import MemoryLedger, Vendors
from pawline.sandbox import erp as books
from pawline.testing.orders import order

SAMPLES = Path(files.__file__).parent / "samples"
FOUR = datetime(2026, 11, 27, 4, tzinfo=UTC)
STAMP = "20261127T040000000000Z"


def told(folder: Path) -> Settings:
    """The sandbox's ERP, as data."""
    return files.connector.configure(tomllib.loads(books.account(folder, 30.0))["accounts"][0]["settings"])


async def look(folder: Path, name: str, cursor: str = "") -> Seen:
    """One look of a watch."""
    settings = told(folder)
    (watch,) = [one for one in files.connector.watched(settings) if one.name == name]
    return await watch.look(Folder(folder), settings, cursor)


def known(seen: Seen) -> int:
    """How many files it remembers."""
    return len(json.loads(seen.cursor or "{}").get("done", []))


class Scene:
    def __init__(self, folder: Path, **stock: int) -> None:
        self.place = folder
        self.vendors = Vendors(now=time.time, ledger=MemoryLedger())
        self.erp = books.Erp(folder, {"chew-1": 10, "kibble-10": 10} | stock, time.time, self._did)
        self.plays: Any = files.connector.connect(told(folder), Guard()).plays[Erp]

    def _did(self, what: str, business: str, **given: Any) -> str:
        return self.vendors.did(what, business, **given)

    async def book(self, number: int) -> Booking:
        with attempting(Attempt("k", 1, datetime.now(UTC) + timedelta(seconds=9), "shop", "files/eu")):
            made: Booking = await self.plays.book(order(number))
            return made

    def did(self) -> Counter[tuple[str, bool]]:
        return Counter((one.operation, one.again) for one in self.vendors.effects())


MOMENTS = iter(range(int(FOUR.timestamp()), 2_000_000_000))


def outbox(folder: Path, name: str, text: str | bytes) -> Path:
    (folder / "outbox").mkdir(exist_ok=True)
    (folder / "outbox" / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    written = next(MOMENTS)
    os.utime(folder / "outbox" / name, (written, written))
    return folder


HANDED = Booking(order=OrderId("o3"), reference="order-o3.csv", told_within=timedelta(days=1))
HEAD = "sku,location,on_hand,as_of,contains_until\n"
GOOD = "chew-1,main,3,2026-11-27T04:00:00+00:00,\n"


async def test_an_order_is_handed_over_taken_once_and_appears_in_the_next_export(tmp_path: Path) -> None:
    one = Scene(tmp_path)
    for _ in range(2):
        assert await one.book(3) == HANDED
    assert (tmp_path / "inbox" / "order-o3.csv").read_text() == (
        "order,number,placed_at,currency,sku,quantity,total\n"
        f"o3,1003,{order(3).placed_at.isoformat()},EUR,kibble-10,1,1000\n#end\n"
    )
    assert await one.plays.find_booking(order(3)) == HANDED
    assert await one.plays.find_booking(order(4)) is None
    assert one.did() == {}
    assert one.erp.run() == 1
    assert await one.plays.find_booking(order(3)) == HANDED
    await one.book(3)  # whoever doubts and hands it over again
    one.erp.run()
    assert one.did() == {("Erp.book", False): 1, ("Erp.book", True): 1}
    assert one.erp.stock == {"chew-1": 10, "kibble-10": 9}
    seen = await look(tmp_path, "orders")
    assert [(each.event.order, each.event.reference) for each in seen.sightings] == [("o3", "B1")]  # type: ignore[attr-defined]
    await one.plays.cancel(Booking(order=OrderId("o3"), reference="order-o3.csv"))
    one.erp.run()
    assert one.erp.stock == {"chew-1": 10, "kibble-10": 10}


async def test_an_id_is_no_way_out_of_the_folder_and_a_cell_is_no_formula(tmp_path: Path) -> None:
    one = Scene(tmp_path)
    evil = msgspec.structs.replace(order(3), id=OrderId("../../etc/x"), number="=cmd()")
    with attempting(Attempt("k", 1, datetime.now(UTC) + timedelta(seconds=9), "shop", "files/eu")):
        await one.plays.book(evil)
    (file,) = (tmp_path / "inbox").iterdir()
    assert file.name == "order-%2E%2E%2F%2E%2E%2Fetc%2Fx.csv"
    assert "../../etc/x,'=cmd()," in file.read_text()
    minus = msgspec.structs.replace(order(6), id=OrderId("-5"))
    with attempting(Attempt("k", 1, datetime.now(UTC) + timedelta(seconds=9), "shop", "files/eu")):
        await one.plays.book(minus)
    one.erp.run()
    assert (one.erp.has("-5"), one.erp.has("../../etc/x"), one.erp.booked) == (True, True, 2)
    booked = (await look(tmp_path, "orders")).sightings
    assert [each.event.subject for each in booked] == ["../../etc/x", "-5"]  # as they are called here


async def test_each_sample_is_exactly_its_events(tmp_path: Path) -> None:
    for sample in SAMPLES.iterdir():
        outbox(tmp_path, sample.name, sample.read_bytes())
        os.utime(tmp_path / "outbox" / sample.name, (FOUR.timestamp(), FOUR.timestamp()))

    async def read(name: str) -> list[Any]:
        """By a dry run, for which no order is too long ago."""
        (watch,) = [one for one in files.connector.watched(told(tmp_path)) if one.name == name]
        assert watch.rehearse is not None
        tried = await watch.rehearse(Folder(tmp_path), told(tmp_path))
        assert tried is not None
        assert (tried.rows, tried.quarantined) == (len(tried.first), ())
        return [one.event for one in tried.first]

    main = LocationId("main")
    assert await read("stock") == [
        StockCounted(level=StockLevel(
            sku=SkuId("chew-1"), location=main, on_hand=12, as_of=FOUR, contains_until=FOUR - timedelta(hours=1)
        )),
        StockCounted(level=StockLevel(sku=SkuId("kibble-10"), location=main, on_hand=-2, as_of=FOUR)),
    ]  # fmt: skip
    assert await read("orders") == [OrderBooked(order=OrderId("o1"), reference="B1", at=FOUR)]
    assert await read("refusals") == [
        BookingRefused(order=OrderId("o2"), cause=CauseId("chew-9 is not in the books"), at=FOUR)
    ]
    told_elsewhere = {"lots.csv", "products.csv", "products.toml"}  # see test_files_goods
    names = {one.name for one in SAMPLES.iterdir()} - told_elsewhere
    assert {name.split("-")[0] for name in names} == {"stock", "orders", "refused"}


async def test_three_bad_rows_in_ten_thousand_are_named_and_the_rest_goes_through(tmp_path: Path) -> None:
    rows = [f"sku-{n},main,{n},2026-11-27T04:00:00+00:00,\n" for n in range(10_000)]
    rows[17] = "sku-17,main,many,2026-11-27T04:00:00+00:00,\n"
    rows[4_000] = "sku-4000,main,5,yesterday,\n"
    rows[9_000] = "sku-9000,main\n"
    seen = await look(outbox(tmp_path, "stock-1.csv", HEAD + "".join(rows) + "#end\n"), "stock")
    assert (len(seen.sightings), known(seen), seen.more) == (9_997, 0, True)
    assert seen.quarantined == (
        Quarantined("stock-1.csv", "on_hand is no count", 19),
        Quarantined("stock-1.csv", "as_of is no time", 4_002),
        Quarantined("stock-1.csv", "2 columns, and not 5", 9_002),
    )
    last = await look(tmp_path, "stock", seen.cursor)
    assert (last.sightings, last.quarantined, known(last), last.more) == ((), (), 1, True)
    assert await look(tmp_path, "stock", last.cursor) == Seen((), last.cursor)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ('"chew-1,main,3,2026-11-27T04:00:00+00:00,', "no row of a CSV: unexpected end of data"),
        ("chew-1," + "m" * 140_000, "no row of a CSV: field larger than field limit (131072)"),
        (f"chew-1,main,{'9' * 10},2026-11-27T04:00:00+00:00,", "on_hand is no count"),
        ("chew-1,main,1_0,2026-11-27T04:00:00+00:00,", "on_hand is no count"),
        ("chew-1,main,٣,2026-11-27T04:00:00+00:00,", "on_hand is no count"),
        ("chew-1,main,3.5,2026-11-27T04:00:00+00:00,", "on_hand is no count"),
        ("chew-1,main,3,9999-12-31T23:59:59-23:59,", "as_of is no time"),
        ("chew-1,main,3,2026-11-27T04:00:00+00:00,2099-01-01T00:00:00+00:00", "contains_until is still to come"),
        ("chew-1,main,3,0001-01-01T00:00:00+23:59,", "as_of is no time"),
        (" ,main,3,2026-11-27T04:00:00+00:00,", "sku is empty"),
    ],
)  # fmt: skip
async def test_a_row_that_is_none_swallows_no_other_and_does_not_block_the_rest(
    row: str, why: str, tmp_path: Path
) -> None:
    seen = await look(outbox(tmp_path, "stock-1.csv", f"{HEAD}{row}\n{GOOD}#end\n"), "stock")
    assert [one.id.partition("-")[0] + one.id[5:14] for one in seen.sightings] == ["stock-1.csv/3-"]
    assert seen.quarantined == (Quarantined("stock-1.csv", why, 2),)


async def test_a_byte_that_is_no_text_is_one_bad_row(tmp_path: Path) -> None:
    bad = b"chew-\xff,main,3,2026-11-27T04:00:00+00:00,\n"
    seen = await look(outbox(tmp_path, "stock-1.csv", HEAD.encode() + bad + GOOD.encode() + b"#end\n"), "stock")
    assert seen.quarantined == (Quarantined("stock-1.csv", "it is not utf-8 (byte 5)", 2),)
    assert len(seen.sightings) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "SKU,location,ON_HAND,as_of,contains_until\nann@example.com,x\n#end\n",
            "its first line has no column sku, on_hand, or has it twice",
        ),
        ("sku,location,on_hand,as_of,contains_until,sku\n#end\n", "its first line has no column sku, or has it twice"),
        (b"sku,\xff\n#end\n", "its first line: it is not utf-8 (byte 4)"),
        ("#end\n", "its first line has no column sku, location, on_hand, as_of, contains_until, or has it twice"),
    ],
)
async def test_a_file_that_is_not_what_it_is_called_is_passed_over_as_a_whole(
    text: str | bytes, why: str, tmp_path: Path
) -> None:
    outbox(tmp_path, "stock-1.csv", text)
    outbox(tmp_path, "stock-2.csv", "more," + HEAD[:-1] + ",other\nx," + GOOD[:-1] + ",y\n#end\n")
    seen = await look(tmp_path, "stock")
    assert (seen.sightings, known(seen), seen.more) == ((), 1, True)
    assert seen.quarantined == (Quarantined("stock-1.csv", why),)
    after = await look(tmp_path, "stock", seen.cursor)
    assert (len(after.sightings), known(after), after.quarantined, after.more) == (1, 2, (), True)
    assert await look(tmp_path, "stock", after.cursor) == Seen((), after.cursor)


async def test_a_half_written_file_is_waited_for_until_a_newer_one_is_there(tmp_path: Path) -> None:
    outbox(tmp_path, "stock-1.csv", HEAD + GOOD)
    assert await look(tmp_path, "stock") == Seen((), "")
    outbox(tmp_path, "stock-2.csv", HEAD + GOOD + "#end\n")
    given_up = await look(tmp_path, "stock")
    assert (given_up.sightings, known(given_up), given_up.more) == ((), 1, True)
    assert given_up.quarantined == (Quarantined("stock-1.csv", "its last line is not #end"),)
    outbox(tmp_path, "stock-1.csv", HEAD + GOOD + "#end\n")  # and somebody ends it after all
    assert len((await look(tmp_path, "stock", given_up.cursor)).sightings) == 1


async def test_a_link_to_nothing_is_waited_for_until_a_newer_file_can_be_read(tmp_path: Path) -> None:
    """Where its target is on a mount that is away, passing it over would lose it."""
    outbox(tmp_path, "other", "")
    away = tmp_path / "away"
    for name in ("stock-1.csv", "stock-2.csv"):
        (tmp_path / "outbox" / name).symlink_to(away / name)
        os.utime(tmp_path / "outbox" / name, (1.0, 1.0), follow_symlinks=False)
    for _ in range(2):
        with pytest.raises(Transient, match=r"^stock-1\.csv is a link to nothing, and no newer file can be read"):
            await look(tmp_path, "stock")
    outbox(tmp_path, "stock-3.csv", HEAD + GOOD + "#end\n")
    passed = await look(tmp_path, "stock")
    assert (passed.quarantined, passed.more) == (
        (Quarantined("stock-1.csv", "stock-1.csv is a link to nothing"),),
        True,
    )
    away.mkdir()
    (away / "stock-1.csv").write_text(HEAD + GOOD + "#end\n")
    found, seen = list[str](), passed
    while seen.more:
        seen = await look(tmp_path, "stock", seen.cursor)
        found += [one.id.partition("/")[0] for one in seen.sightings]
    assert sorted(found) == ["stock-1.csv", "stock-3.csv"]


async def test_an_order_that_was_called_off_before_it_was_taken_is_not_in_the_books(tmp_path: Path) -> None:
    one = Scene(tmp_path)
    booking = await one.book(3)
    await one.plays.cancel(booking)
    one.erp.run()
    assert (one.erp.booked, one.erp.stock) == (0, {"chew-1": 10, "kibble-10": 10})


async def test_moods_of_the_old_system(tmp_path: Path) -> None:
    one = Scene(tmp_path)
    one.erp.unknown = {"litter-5"}
    await one.book(1)
    one.erp.mood = books.Mood.HANGS
    assert one.erp.run() == 0
    one.erp.mood = books.Mood.HALF
    one.erp.export()
    assert await look(tmp_path, "stock") == Seen((), "")
    one.erp.mood = books.Mood.WELL
    assert one.erp.run() == 1
    (no,) = (await look(tmp_path, "refusals")).sightings
    assert isinstance(no.event, BookingRefused)
    assert (no.event.order, no.event.cause) == ("o1", "litter-5 is not in the books")
    assert (one.did(), one.erp.has("o1")) == ({}, False)


async def test_what_was_refused_is_not_taken_for_handed_over(tmp_path: Path) -> None:
    """Booked again, and killed in the middle: whoever looks for the file must not find the one that was refused."""
    one = order(1)
    old = books.Erp(tmp_path, {}, time.time, lambda *_, **__: "1", [one.lines[0].sku])
    ours = FilesErp(Folder(tmp_path), told(tmp_path))
    await ours.book(one)
    assert await ours.find_booking(one) is not None
    assert old.run() == 1
    assert (await ours.find_booking(one), old.has(one.id)) == (None, False)
    old.unknown.clear()
    await ours.book(one)
    assert old.run() == 1
    assert (await ours.find_booking(one) is not None, old.has(one.id)) == (True, True)
