"""Orders out: what stands in the file, exactly; what does not fit is refused; and how one knows that it was taken."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors import files
from pawline.kit import REMEMBERED, Guard, Seen
from pawline.model import Address, Contact, Discount, Item, Line, LineId, Money, Order, OrderBooked, OrderId, SkuId
from pawline.ports import Booking, Code, Erp, PortError, Rejected
from pawline.testing.orders import order
from tests.unit.connectors.files_desk import LATELY
from tests.unit.kit.sftp_servers import PASSWORD, USER, of_asyncssh

WHERE = Address(
    name="Anja Grün", company=None, lines=("Hauptstr. 1", "2. OG", "links", "bei Müller"), city="Köln",
    postcode="50667", country="DE", phone="+4922112345",
)  # fmt: skip


def bought() -> Order:
    """Two lines, one of them a bundle, with a discount; and one that an edit took out."""
    euro = "EUR"
    lines = (
        Line(id=LineId("l1"), sku=SkuId("kibble-10"), title="Kibble;10", quantity=2, price=Money(1999, euro),
             discounts=(Discount(title="d", amount=Money(100, euro)),)),
        Line(id=LineId("l2"), sku=SkuId("box"), title="=Box", quantity=1, price=Money(500, euro),
             components=(Item(SkuId("chew-1"), 3), Item(SkuId("kibble-10"), 1))),
        Line(id=LineId("l3"), sku=SkuId("gone"), title="gone", quantity=0, price=Money(500, euro)),
    )  # fmt: skip
    one = order(7, ship_to=WHERE)
    return msgspec.structs.replace(
        one, lines=lines, total=Money(4398, euro), tenders=(), contact=Contact(email="anja@example.com")
    )


def erp(place: Path, **orders: Any) -> Any:
    for name in ("in", "done"):
        (place / name).mkdir(exist_ok=True)
    told = {"place": str(place), "orders": {"folder": "in", "taken": ["done"]} | orders}
    return files.connector.connect(files.connector.configure(told), Guard()).plays[Erp]


async def written(place: Path, one: Order, **orders: Any) -> bytes:
    booking = await erp(place, **orders).book(one)
    data: bytes = (place / "in" / booking.reference).read_bytes()
    return data


async def test_a_row_for_each_item_of_it_with_amounts_and_times_as_they_are_wanted(tmp_path: Path) -> None:
    columns = {"NR": "order", "ZEIT": "placed_at", "QUELLE": "=WEB", "ART": "sku", "ANZ": "quantity", "SUMME": "total"}
    data = await written(
        tmp_path, bought(), columns=columns, delimiter=";", decimal=",", newline="\r\n", dates="%d.%m.%Y %H:%M",
        zone="Europe/Berlin", end="*", name="auftrag_{order}.txt",
    )  # fmt: skip
    local = bought().placed_at.astimezone(
        files.connector.configure({"place": "/x", "zone": "Europe/Berlin"}).zone_of("")
    )
    at = f"{local:%d.%m.%Y %H:%M}"
    assert data.decode() == (
        f"NR;ZEIT;QUELLE;ART;ANZ;SUMME\r\no7;{at};WEB;chew-1;3;43,98\r\no7;{at};WEB;kibble-10;3;43,98\r\n*\r\n"
    )
    assert [one.name for one in (tmp_path / "in").iterdir()] == ["auftrag_o7.txt"]


async def test_a_row_for_each_line_of_it_and_where_it_goes(tmp_path: Path) -> None:
    columns = {
        "n": "row", "line": "line", "sku": "sku", "title": "title", "q": "quantity", "price": "price",
        "sum": "line_total_minor", "name": "name", "a1": "address1", "a2": "address2", "a3": "address3",
        "city": "city", "zip": "postcode", "land": "country", "tel": "phone", "mail": "email", "firm": "company",
    }  # fmt: skip
    data = await written(tmp_path, bought(), columns=columns, rows="lines", header=False, encoding="cp1252")
    where = 'Anja Grün,Hauptstr. 1,2. OG,"links, bei Müller",Köln,50667,DE,+4922112345,anja@example.com,'
    assert data.decode("cp1252") == (
        f"1,l1,kibble-10,Kibble;10,2,19.99,3898,{where}\n2,l2,box,'=Box,1,5.00,500,{where}\n"
    )
    plain = await written(tmp_path, bought(), columns={"t": "title", "tel": "phone"}, rows="lines", escape=False)
    assert plain.decode() == "t,tel\nKibble;10,+4922112345\n=Box,+4922112345\n"


async def test_a_formula_is_none_and_what_systems_match_by_stands_as_it_is(tmp_path: Path) -> None:
    """A telephone number is digits; an order's id and a SKU come back in exports, where they must be the same."""
    where = msgspec.structs.replace(
        WHERE, name="=HYPERLINK(1)", phone="+1+cmd()", postcode="-5", city="@Köln", region="-"
    )
    lines = (msgspec.structs.replace(bought().lines[0], sku=SkuId("=10"), title="+1 free"),)
    one = msgspec.structs.replace(bought(), id=OrderId("=o/1"), ship_to=where, lines=lines, total=lines[0].total())
    columns = {word: word for word in ("order", "sku", "title", "name", "phone", "postcode", "city", "region")}
    data = await written(tmp_path, one, columns=columns, rows="lines", header=False)
    assert data.decode() == "=o/1,=10,'+1 free,'=HYPERLINK(1),'+1+cmd(),-5,'@Köln,-\n"
    for phone, said in (("+49 (0)221/123-45", "+49 (0)221/123-45"), ("+49 221 1x", "'+49 221 1x"), ("=1", "'=1")):
        rings = msgspec.structs.replace(one, ship_to=msgspec.structs.replace(where, phone=phone))
        assert (await written(tmp_path, rings, columns={"t": "phone"}, header=False)).decode() == f"{said}\n"


FIXED = {
    "nr": {"value": "order", "width": 6}, "sku": {"value": "sku", "width": 10},
    "q": {"value": "quantity", "width": 4, "right": True, "fill": "0"}, "x": {"value": "=EUR", "width": 4},
}  # fmt: skip


async def test_fixed_width_and_what_does_not_fit_is_refused_and_never_cut(tmp_path: Path) -> None:
    data = await written(tmp_path, bought(), columns=FIXED, format="fixed")
    assert data == b"o7    chew-1    0003EUR \no7    kibble-10 0003EUR \n"
    long = msgspec.structs.replace(bought(), id=OrderId("o-1234567"))
    with pytest.raises(Rejected, match="column nr: 9 characters, and there is room for 6") as refused:
        await written(tmp_path, long, columns=FIXED, format="fixed")
    assert refused.value.code is Code.INVALID
    assert [one.name for one in (tmp_path / "in").iterdir()] == ["order-o7.csv"]


async def test_a_character_that_the_reader_has_not_is_refused_or_replaced_as_told(tmp_path: Path) -> None:
    odd = msgspec.structs.replace(bought(), ship_to=msgspec.structs.replace(WHERE, name="Anja 🐶\nGrün\t"))
    with pytest.raises(Rejected, match="column who: a character that cp1252 has not") as refused:
        await written(tmp_path, odd, columns={"who": "name"}, encoding="cp1252")
    assert "Anja" not in refused.value.text
    assert list((tmp_path / "in").iterdir()) == []
    data = await written(tmp_path, odd, columns={"who": "name"}, encoding="cp1252", replace="?", header=False)
    assert data.decode("cp1252") == "Anja ? Grün\t\n" * 2


async def test_an_order_that_is_only_empty_lines_is_not_sent(tmp_path: Path) -> None:
    lines = tuple(msgspec.structs.replace(one, quantity=0, discounts=()) for one in bought().lines)
    empty = msgspec.structs.replace(bought(), lines=lines, total=Money(0, "EUR"))
    with pytest.raises(Rejected, match="nothing is left of the order"):
        await written(tmp_path, empty, columns={"a": "order"})


async def test_books_that_take_nothing_back_say_so(tmp_path: Path) -> None:
    plays = erp(tmp_path, columns={"a": "order"})
    with pytest.raises(Rejected, match="take nothing back by a file") as refused:
        await plays.cancel(Booking(order=OrderId("o7"), reference="x"))
    assert (refused.value.code, list((tmp_path / "in").iterdir())) == (Code.UNSUPPORTED, [])


PATTERNS = [
    ("done", "order-o1.csv"), ("done/*order-{order}.csv*", "order-o1.csv"),
    ("done/*order-{order}.csv*", "20261127-order-o1.csv"), ("done/*order-{order}.csv*", "order-o1.csv.bak"),
    ("done/order-{order}_*.csv", "order-o1_20261127.csv"), ("in/order-{order}.csv.ok", "order-o1.csv.ok"),
]  # fmt: skip


@pytest.mark.parametrize(("taken", "name"), PATTERNS)
async def test_an_order_that_was_renamed_when_it_was_taken_is_found_by_the_pattern(
    taken: str, name: str, tmp_path: Path
) -> None:
    """Else it would be handed over again, and be in the books twice."""
    plays = erp(tmp_path, columns={"a": "order"}, taken=[taken])
    one, other = (msgspec.structs.replace(order(1), id=OrderId(name)) for name in ("o1", "o11"))
    assert await plays.find_booking(one) is None
    await plays.book(one)
    assert await plays.find_booking(one) == Booking(order=one.id, reference="order-o1.csv")
    (tmp_path / "in" / "order-o1.csv").rename(tmp_path / Path(taken).parts[0] / name)
    assert await plays.find_booking(one) == Booking(order=one.id, reference="order-o1.csv")
    assert await plays.find_booking(other) is None


async def test_a_name_of_an_order_is_no_pattern_and_one_that_was_cut_is_found(tmp_path: Path) -> None:
    plays = erp(tmp_path, columns={"a": "order"}, taken=["done/*order-{order}.csv"])
    odd, long = (msgspec.structs.replace(order(1), id=OrderId(name)) for name in ("o*[1]?", "x" * 300))
    for one in (odd, long):
        name = (await plays.book(one)).reference
        (tmp_path / "in" / name).rename(tmp_path / "done" / f"1-{name}")
    assert [await plays.find_booking(one) is not None for one in (odd, long, order(1))] == [True, True, False]


async def test_where_an_order_is_booked_once_however_often_it_comes_only_the_inbox_is_looked_into(
    tmp_path: Path,
) -> None:
    """What it refused may lie among what it took: handed over again it harms nobody, found there it would be lost."""
    plays = erp(tmp_path, columns={"a": "order"}, once=True)
    await plays.book(order(1))
    assert await plays.find_booking(order(1)) is not None
    (tmp_path / "in" / "order-o1.csv").rename(tmp_path / "done" / "order-o1.csv")
    assert await plays.find_booking(order(1)) is None


async def test_a_cancellation_takes_the_order_away_that_was_not_taken_yet(tmp_path: Path) -> None:
    """Read by name, a cancellation comes before its order: the books would know nothing of it, and then book it."""
    plays = erp(tmp_path, columns={"a": "order"}, cancel={"a": "order"})
    booking = await plays.book(order(1))
    await plays.book(order(2))
    for _ in range(2):
        await plays.cancel(booking)
        assert sorted(one.name for one in (tmp_path / "in").iterdir()) == ["cancel-o1.csv", "order-o2.csv"]
    assert (tmp_path / "in" / "cancel-o1.csv").read_text() == "a\no1\n"  # it may have been read a moment ago


@pytest.mark.parametrize(("taken", "before"), [("done", ""), ("done/*order-{order}.csv", "20261127-")])
async def test_where_nothing_is_exported_being_taken_is_the_acknowledgement(
    taken: str, before: str, tmp_path: Path
) -> None:
    plays = erp(tmp_path, columns={"a": "order"}, acknowledged="taken", taken=[taken])
    told = {"place": str(tmp_path), "orders": {
        "folder": "in", "taken": [taken], "columns": {"a": "order"}, "acknowledged": "taken",
    }}  # fmt: skip
    settings = files.connector.configure(told)
    (watch,) = files.connector.watched(settings)
    client = files.connector.http(settings, Guard())

    async def look(cursor: str) -> Seen:
        return await watch.look(client, settings, cursor)

    for name in ("o/1", "o2"):
        await plays.book(msgspec.structs.replace(order(1), id=OrderId(name)))
    assert await look("") == Seen((), "")
    for n, name in enumerate(("order-o2.csv", "order-o%2F1.csv")):  # the one that was written first is taken last
        (tmp_path / "in" / name).rename(tmp_path / "done" / f"{before}{name}")
        os.utime(tmp_path / "done" / f"{before}{name}", (LATELY.timestamp() - n, LATELY.timestamp() - n))
        if not n:
            (tmp_path / "done" / "cancel-o9.csv").write_text("")
            first = await look("")
    second = await look(first.cursor)
    assert [one.event for each in (first, second) for one in each.sightings] == [
        OrderBooked(order=OrderId("o2"), reference=f"{before}order-o2.csv", at=LATELY),
        OrderBooked(
            order=OrderId("o/1"), reference=f"{before}order-o%2F1.csv", at=LATELY.replace(hour=11, minute=59, second=59)
        ),
    ]  # fmt: skip
    old = time.time() - REMEMBERED.total_seconds()
    for name, at in (("order-o3.csv", old - 60), ("order-o4.csv", old + 3_600)):
        (tmp_path / "done" / name).write_text("")
        os.utime(tmp_path / "done" / name, (at, at))
    second = await look(second.cursor)  # one that the store may have forgotten is not told again
    assert [one.id for one in second.sightings] == ["booked/o4"]
    assert await look(second.cursor) == Seen((), second.cursor)


async def test_the_same_account_by_sftp(tmp_path: Path) -> None:
    for name in ("in", "done", "out"):
        (tmp_path / name).mkdir()
    async with of_asyncssh(tmp_path) as server:
        told: dict[str, Any] = {
            "place": f"sftp://{USER}@127.0.0.1:{server.port}/", "password": PASSWORD,
            "exports": [{"kind": "booked", "files": "out/o*.csv", "columns": {"order": 1, "reference": 2},
                         "header": False, "as_of": "modified", "end": "#end"}],
            "orders": {"folder": "in", "taken": ["done/*order-{order}.csv"],
                       "columns": {"a": "order"}, "cancel": {"a": "order"}},
        }  # fmt: skip
        card = files.connector
        stranger = card.configure(told)
        client: Any = card.http(stranger, Guard(["127.0.0.0/8"]))
        assert card.shows is not None
        assert await card.shows(client, stranger) == {"host_keys": server.fingerprint}
        settings = card.configure(told | {"host_keys": [server.fingerprint]})
        account = card.connect(settings, Guard(["127.0.0.0/8"]))
        assert await card.shows(account.http, settings) == {}
        assert card.probe is not None
        await card.probe(account.http, settings, frozenset())
        plays: Any = account.plays[Erp]
        await plays.book(order(1))
        assert (tmp_path / "in" / "order-o1.csv").read_text() == "a\no1\n"
        (tmp_path / "in" / "order-o1.csv").rename(tmp_path / "done" / "7-order-o1.csv")
        handed = Booking(order=OrderId("o1"), reference="order-o1.csv", told_within=timedelta(days=1))
        assert await plays.find_booking(order(1)) == handed
        await plays.cancel(await plays.book(order(2)))
        assert [one.name for one in (tmp_path / "in").iterdir()] == ["cancel-o2.csv"]
        (tmp_path / "out" / "o.csv").write_text("o1,B1\n#end\n")
        (watch,) = card.watched(settings)
        seen = await watch.look(account.http, settings, "")
        assert [one.id for one in seen.sightings] == ["booked/o1"]
        (tmp_path / "done" / "7-order-o1.csv").unlink()
        (tmp_path / "done").rmdir()
        with pytest.raises(PortError, match=r"^done is not there: make it, or correct the settings$"):
            await card.probe(account.http, settings, frozenset())
        await account.http.close()
        await client.close()
