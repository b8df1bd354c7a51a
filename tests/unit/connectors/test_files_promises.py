"""Files keeps what every connector that speaks by files keeps; and its settings are refused in sentences."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from pawline.connectors import files
from pawline.connectors.files.settings import Server, Settings
from pawline.kit import BadSettings, Due, Guard
from pawline.model import Address, Order, OrderId
from pawline.ports import Booking, Erp
from pawline.sandbox import erp as books
from pawline.testing.conformance import PLACE, TOKEN, FilePromises
from pawline.testing.examples import CANARY
from pawline.testing.orders import order

SFTP = {"place": "sftp://pawline@erp.paws.example/exports", "password": TOKEN}


def given() -> dict[str, Any]:
    """The settings of the sandbox's ERP."""
    settings: dict[str, Any] = tomllib.loads(books.account(Path("/srv/erp"), 30.0))["accounts"][0]["settings"]
    return settings


WHERE = Address(name=CANARY, lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")


class TestFiles(FilePromises):
    connector = files.connector
    settings = given() | {"place": PLACE, "orders": given()["orders"] | {"columns": {"id": "order", "who": "name"}}}
    secret = given() | SFTP | {"passphrase": TOKEN}
    folders = ("inbox", "done", "refused", "outbox")
    examples: ClassVar[dict[Any, object]] = {Order: order(1, ship_to=WHERE)}


def export(**changed: Any) -> dict[str, Any]:
    """Settings with one export, that of the stock, with something in it changed; None takes it out."""
    one = given()["exports"][0] | changed
    return {"place": "/srv/erp", "exports": [{name: value for name, value in one.items() if value is not None}]}


def orders(**changed: Any) -> dict[str, Any]:
    return {"place": "/srv/erp", "orders": given()["orders"] | changed}


COLUMNS = given()["exports"][0]["columns"]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({}, "missing required field `place`"),
        ({"place": "erp"}, "`place` is an absolute path, such as /srv/erp, or sftp://user@host/path"),
        ({"place": "/srv/erp", "password": "x"}, "only the latter has `host_keys`, `password` and `key_file`"),
        ({"place": "/srv/erp", "every": 0}, "Expected `float` > 0.0 - at `$.every`"),
        ({"place": "/srv/erp", "zone": "Berlin"}, "`zone` is 'Berlin': name one such as Europe/Berlin"),
        ({"place": "sftp://a:b@erp.example/x", "password": "x"}, "a password does not stand in `place`"),
        ({"place": "sftp://erp.example/x", "password": "x"}, "with the user who logs in"),
        ({"place": "sftp://a@erp.example/x"}, "give either `password` or `key_file`"),
        (SFTP | {"key_file": "/k"}, "give either `password` or `key_file`"),
        ({"place": "sftp://a@erp.example/x", "key_file": "k"}, "`key_file` is an absolute path to a private key"),
        (SFTP | {"host_keys": ["SHA256:short"]}, "`host_keys`: SHA256:short is no fingerprint such as SHA256:"),
        (export(files="../x/*.csv"), "export stock: `files` is a path below `place`"),
        (export(files="/etc/*.csv"), "export stock: `files` is a path below `place`"),
        (export(files="*/x.csv"), "export stock: `files` has * in its last part only"),
        (export(done="out/../.."), "export stock: `done` is a path below `place`"),
        (export(done="outbox"), "export stock: `done` is where its files are: name another folder"),
        (export(columns={"sku": "sku"}), "does not say where location, on_hand, as_of is, or say `as_of` for as_of"),
        (export(columns=COLUMNS | {"price": "p"}), "`columns` names price, which is none of sku, location"),
        (export(constants={"price": "p"}), "`constants` names price; there are sku, location, on_hand"),
        (export(values={"colour": {}}), "`values` names colour, which `columns` does not"),
        (export(strict=["sku"]), "`strict` names sku, of which `values` says nothing"),
        (export(as_of="today"), '`as_of` is "modified", or the file\'s name with %Y%m%d'),
        (export(still=5), "a file is whole by one of `end`, `trailer`, `companion` and `still`"),
        (export(end=None, trailer="END"), "`trailer` is the last line with {rows} where their number stands"),
        (export(end=None, companion="done"), "`companion` is a name such as {name}.done or {stem}.ok"),
        (export(due="6:30"), '`due` is hours and minutes such as "06:30"'),
        (export(zone="CET/nowhere"), "export stock: `zone` is 'CET/nowhere'"),
        (export(encoding="utf-16"), "`encoding` 'utf-16' is not one that keeps ASCII"),
        (export(encoding="klingon"), "`encoding` 'klingon' is not one that keeps ASCII"),
        (export(delimiter="||"), "`delimiter` is one character"),
        (export(thousands=".", decimal="."), "`decimal` and `thousands` are the same"),
        (export(format="fixed"), "column sku is [from, to] in a file of fixed width, and only there"),
        (export(header=False), "column sku is a number from 1 on, for the file has no header"),
        (export(columns=COLUMNS | {"sku": 0}), "column sku: counted from 1 on"),
        (export(multiline=True, quote=""), "`multiline` is for quoted cells"),
        (export(colour=1), "unknown field `colour` - at `$.exports[0]`"),
        (
            {"place": "/srv/erp", "exports": [given()["exports"][0] | more for more in ({"done": "d"}, {"name": "b"})]},
            "export stock: `done` moves away what export b may read, too",
        ),
        ({"place": "/srv/erp", "exports": [given()["exports"][0]] * 2}, "two exports are called stock"),
        (orders(folder="in/.."), "orders: `folder` is a path below `place`"),
        (orders(name="order.csv"), "orders: `name` is a file's name with {order} in it, once"),
        (orders(cancel_name="order-{order}.csv"), "`name` and `cancel_name` are the same"),
        (orders(taken=[]), "say in `taken` where the system moves the files that it took, or `once = true`"),
        (orders(taken=["../done"]), "orders: `taken` is a path below `place`"),
        *((orders(taken=[one]), f"`taken` is {one!r}: a folder, where the file keeps its name, or one and a pattern")
          for one in ("done/*.csv", "*/order-{order}.csv", "done/{order}{order}", "done/*{order}.csv",
                      "done/{order}*")),
        (orders(taken=["inbox"]), "`taken` is 'inbox', where orders are put: each would be one that was taken"),
        (orders(taken=["inbox/*order-{order}.csv*"]), "would be one that was taken"),
        (orders(refused="done"), "orders: `refused` is 'done', where `taken` looks, too: an order that was refused"),
        (orders(refused="done/order-{order}.csv.err", taken=["done/order-{order}.csv*"]), "where `taken` looks, too"),
        (
            given() | {"orders": {name: it for name, it in given()["orders"].items() if name != "refused"}},
            "orders: say in `refused` where the system moves the files that it refused: an order whose refused file",
        ),
        (
            given() | {"orders": given()["orders"] | {"refused": "", "once": True, "acknowledged": "taken"}},
            "orders: say in `refused` where the system moves the files that it refused",
        ),
        (orders(booked_hours=0), "Expected `float` > 0.0 - at `$.orders.booked_hours`"),
        (orders(columns={}), "orders: `columns` says what stands in the file: name at least one"),
        (orders(taken=[], once=True, acknowledged="taken"), "say in `taken` where the system moves what it took"),
        (orders(columns={"A": "colour"}), "orders: `columns`: A is 'colour': one of order, number"),
        (orders(columns={"A": "title"}), "orders: `columns`: A is 'title': one of order, number"),
        (orders(cancel={"A": "sku"}), "orders: `cancel`: A is 'sku': one of order, or = and a text"),
        (orders(columns={"A": {"value": "sku", "width": 3}}), "A has a `width` in a file of fixed width, and only"),
        (orders(delimiter=""), "orders: `delimiter` is one character"),
        (orders(encoding="utf-32"), "orders: `encoding` 'utf-32' is not one that keeps ASCII"),
    ],
)  # fmt: skip
def test_settings_are_refused_in_a_sentence(told: dict[str, Any], says: str) -> None:
    with pytest.raises(BadSettings) as refused:
        files.connector.configure(told)
    assert says in f"{refused.value.text} - at `${refused.value.at}`"
    assert TOKEN not in str(refused.value)


def test_where_refused_files_go_is_asked_of_who_looks_for_them_only() -> None:
    told = given() | {"orders": given()["orders"] | {"refused": "done/order-{order}.err", "taken": ["done"]}}
    assert refused_of(told) == "done/order-{order}.err"
    once = {name: it for name, it in given()["orders"].items() if name != "refused"} | {"once": True}
    assert refused_of(given() | {"orders": once}) == ""


@pytest.mark.parametrize(
    ("exports", "more", "hours"),
    [
        (3, {}, 24), (3, {"booked_hours": 80}, 80), (1, {}, None), (0, {}, None),
        (1, {"acknowledged": "taken", "booked_hours": 0.5}, 0.5),
    ],
)  # fmt: skip
async def test_how_long_it_takes_until_an_order_is_acknowledged_is_said_with_it(
    exports: int, more: dict[str, Any], hours: float | None, tmp_path: Path
) -> None:
    told = given() | {"place": str(tmp_path), "exports": given()["exports"][:exports]}
    for name in ("inbox", "done"):
        (tmp_path / name).mkdir()
    settings: Settings = files.connector.configure(told | {"orders": given()["orders"] | more})
    plays: Any = files.connector.connect(settings, Guard()).plays[Erp]
    booking = await plays.book(order(1))
    within = None if hours is None else timedelta(hours=hours)
    assert booking == Booking(order=OrderId("o1"), reference="order-o1.csv", told_within=within)
    assert await plays.find_booking(order(1)) == booking


def refused_of(told: dict[str, Any]) -> str:
    settings: Settings = files.connector.configure(told)
    assert settings.orders is not None
    return settings.orders.refused


def test_what_an_account_is_told_is_what_it_does() -> None:
    settings: Settings = files.connector.configure(export(due="06:30", zone="Europe/Berlin") | {"every": 7})
    assert files.connector.connect(settings, Guard()).plays == {}  # it hands no orders over
    (watch,) = files.connector.watched(settings)
    assert (watch.name, watch.every(settings).total_seconds()) == ("stock", 7)
    assert watch.due is not None
    week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    assert watch.due(settings) == Due("06:30", "Europe/Berlin", week, 6.0)
    assert files.connector.configure(SFTP).server == Server("erp.paws.example", 22, "pawline", "/exports")
    names = [one.name for one in files.connector.watched(files.connector.configure(given()))]
    assert names == ["stock", "orders", "refusals"]


def test_the_library_of_sftp_is_loaded_by_whoever_has_such_an_account() -> None:
    code = "import sys, pawline.cli, pawline.connectors.files; sys.exit('asyncssh' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
