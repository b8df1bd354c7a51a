"""Database keeps what every connector keeps; its settings are refused in sentences, and its password is never seen."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.connectors import database
from pawline.connectors.database import health
from pawline.connectors.database.settings import Settings
from pawline.kit import BadSettings, Due, Guard, Secret
from pawline.kit.database import Address, Database
from pawline.ports import Code, PortError, Transient, Unauthorised
from pawline.testing.conformance import TOKEN, CardPromises
from pawline.testing.counter import LOOPBACK
from tests.unit.connectors.database_desk import STOCK, File, at

PG = {"url": "postgresql://pawline@erp.paws.example/erp", "password": TOKEN}


class TestDatabase(CardPromises):
    connector = database.connector
    settings = PG | {"feeds": [STOCK]}


def feed(**changed: Any) -> dict[str, Any]:
    """Settings of one feed, with something in it changed; None takes it out."""
    one = STOCK | changed
    return {"url": "sqlite:///srv/erp.db", "feeds": [{name: it for name, it in one.items() if it is not None}]}


def query(said: str) -> dict[str, Any]:
    return feed(query=said)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({}, "missing required field `url`"),
        ({"url": f"postgresql://pawline:{TOKEN}@erp.example/erp"}, "a password does not stand in `url`"),
        ({"url": f"mysql://pawline:{TOKEN}@erp.example:what/erp"}, "`url` cannot be read: write it as postgresql://"),
        ({"url": "oracle://pawline@erp.example/erp"}, "other databases are not spoken to"),
        ({"url": "postgresql://erp.example/erp"}, "`url` says user, host and database"),
        ({"url": "postgresql://pawline@erp.example/"}, "`url` says user, host and database"),
        ({"url": "postgresql://pawline@/erp?host=run"}, "`url` has nothing behind ? but host="),
        ({"url": f"postgresql://pawline@erp.example/erp?password={TOKEN}"}, "`url` has nothing behind ? but host="),
        ({"url": "postgresql://pawline@/erp?host=/run,10.0.0.5"}, "`url` has nothing behind ? but host="),
        ({"url": "sqlite://erp.db"}, "`url` of SQLite is the absolute path of a file"),
        ({"url": "sqlite:///srv/erp.db", "password": "x"}, "a file of SQLite has neither `password` nor `ca`"),
        (PG | {"ca": "erp.pem"}, "`ca` is the absolute path of a file of certificates"),
        (PG | {"zone": "Berlin"}, "`zone` is 'Berlin': name one such as Europe/Berlin"),
        (PG | {"timeout": 0}, "Expected `float` > 0.0 - at `$.timeout`"),
        (PG | {"feeds": [STOCK, STOCK]}, "two feeds are called stock: give each a `name` of its own"),
        (query("DELETE FROM stock"), "feed stock: `query` begins with SELECT, or with WITH"),
        (query("SELECT 1; DROP TABLE stock"), "feed stock: `query` is one query, without a semicolon"),
        (query("WITH x AS (DELETE FROM a RETURNING *) SELECT 1"), "only reads, and has DELETE: quote it where"),
        (query("SELECT * INTO x FROM a WHERE b >= :after"), "only reads, and has INTO"),
        (query("SELECT * FROM a WHERE b >= :after FOR UPDATE"), "only reads, and has UPDATE"),
        (query("SELECT * FROM a WHERE b >= :after LIMIT 9"), "`query` has LIMIT: leave it out, pages are made by"),
        (query("SELECT * FROM (SELECT * FROM a WHERE b >= :after LIMIT 9) x"), "`query` has LIMIT: leave it out"),
        (query("WITH x AS (SELECT * FROM a WHERE b IN (:after) FETCH FIRST 9 ROWS ONLY) SELECT 1"), "has FETCH: leave"),
        (query("SELECT * FROM a WHERE b > (:after)"), "write >= :after, and not >"),
        (query("SELECT * FROM a WHERE b >= :after) x --"), "`query` has parentheses that do not match"),
        (query("SELECT * FROM a WHERE b >= :after AND (c"), "`query` has parentheses that do not match"),
        (query("SELECT 'a FROM a WHERE b >= :after"), "`query` has a quote that is not closed"),
        (query("SELECT 'a\\' FROM a WHERE b >= :after"), "`query` has a backslash"),
        (query("SELECT * FROM a WHERE b >= :after AND c = :shop"), "`query` has :shop; there is :after only"),
        (query("SELECT * FROM a"), "`query` does not say :after: compare the watermark with it"),
        (query("SELECT * FROM a WHERE b > :after"), "write >= :after, and not >: rows of the very moment"),
        (query("SELECT * FROM a WHERE :after < b"), "write >= :after, and not >"),
        (query("SELECT a, SUM(c) FROM t WHERE b >= :after GROUP BY a"), "a sum would lack the others"),
        (feed(watermark=""), "feed stock: `watermark` and `key` are columns of the query"),
        (feed(columns={"sku": "sku"}), "feed stock: `columns` does not say where location, on_hand is"),
        (feed(mark="number"), 'does not say where as_of is, or `mark = "time"`, which says it for as_of'),
        (feed(columns=STOCK["columns"] | {"colour": "c"}), "`columns` names colour, which is none of sku"),
        (feed(mark="text", overlap=5, columns=STOCK["columns"] | {"as_of": "c"}), "nobody can tell how far"),
        (feed(mark="number", overlap=5_000, columns=STOCK["columns"] | {"as_of": "c"}), "`overlap` is 4000 numbers"),
        (feed(since="yesterday"), "feed stock: `since` is a time such as 2026-11-27 00:00:00"),
        (feed(page=0), "Expected `int` >= 1 - at `$.feeds[0].page`"),
        (feed(due="6:30"), 'feed stock: `due` is hours and minutes such as "06:30"'),
        (feed(zone="Mars"), "feed stock: `zone` is 'Mars'"),
        (feed(decimal=",", thousands=","), "feed stock: `decimal` and `thousands` are the same"),
        (feed(colour=1), "unknown field `colour` - at `$.feeds[0]`"),
    ],
)  # fmt: skip
def test_settings_are_refused_in_a_sentence(told: dict[str, Any], says: str) -> None:
    with pytest.raises(BadSettings) as refused:
        database.connector.configure(told)
    assert says in f"{refused.value.text} - at `${refused.value.at}`"
    assert TOKEN not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (PG["url"], Address("postgresql", "erp.paws.example", 5432, "pawline", "erp")),
        ("postgres://a%40b@erp:6432/x", Address("postgresql", "erp", 6432, "a@b", "x")),
        ("mariadb://a@erp/x", Address("mysql", "erp", 3306, "a", "x")),
        ("postgresql://a@/x?host=/run/pg", Address("postgresql", "", 5432, "a", "x", "/run/pg")),
        ("sqlite:////srv/erp.db", Address("sqlite", "", 0, "", "/srv/erp.db")),
    ],
)
def test_an_address_is_read_out_of_its_url(url: str, address: Address) -> None:
    assert Address.of(url) == address


@pytest.mark.parametrize("url", ["postgresql://pawline@127.0.0.1:1/erp", "mysql://pawline@127.0.0.1:1/erp"])
async def test_the_password_is_seen_nowhere(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings: Settings = database.connector.configure({"url": url, "password": TOKEN, "tls": False, "feeds": [STOCK]})
    account = database.connector.connect(settings, LOOPBACK)
    assert isinstance(account.http, Database)
    with pytest.raises(Transient, match=r"^the database cannot be reached$") as refused:
        await database.connector.watched(settings)[0].look(account.http, settings, "")
    seen: list[object] = [settings, account, account.http, database.connector, *caplog.records, refused.value]
    problem: BaseException | None = refused.value
    while problem is not None:
        seen += [problem, problem.args, *traceback.format_exception(problem)]
        problem = problem.__context__
    assert TOKEN not in " ".join(map(repr, seen)) + caplog.text
    assert refused.value.__context__ is None  # nor what a driver put into its own
    await account.http.close()


@pytest.mark.parametrize("url", ["postgresql://pawline@{}/erp", "mysql://pawline@{}/erp"])
@pytest.mark.parametrize(
    ("host", "tls", "guard"),
    [
        ("127.0.0.1", True, Guard()), ("127.0.0.1", False, Guard()), ("169.254.169.254", True, Guard(["127.0.0.0/8"])),
        ("9.9.9.9:22", True, Guard()), ("9.9.9.9", False, Guard()), ("[::ffff:127.0.0.1]", True, Guard()),
        ("localhost", True, Guard()),
    ],
)  # fmt: skip
async def test_what_allow_networks_does_not_name_is_not_reached(
    host: str, tls: bool, guard: Guard, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.1")  # what is in the hub's own environment is none of its business
    settings: Settings = database.connector.configure({"url": url.format(host), "password": TOKEN, "tls": tls})
    client = database.connector.connect(settings, guard).http
    assert isinstance(client, Database)
    with pytest.raises(PortError, match="the database is on a private network, or is spoken to without TLS"):
        await client.now()
    await client.close()


def test_what_an_account_is_told_is_what_it_does() -> None:
    given = PG | {"zone": "Europe/Berlin", "feeds": [STOCK | {"due": "06:30", "every": 7}, STOCK | {"name": "more"}]}
    settings: Settings = database.connector.configure(given)
    assert settings.password == Secret(TOKEN)
    assert database.connector.connect(settings, Guard()).plays == {}  # it writes nothing
    first, second = database.connector.watched(settings)
    assert (first.name, second.name) == ("stock", "more")
    assert (first.every(settings), second.every(settings)) == (timedelta(seconds=7), timedelta(seconds=60))
    assert first.due is not None
    assert second.due is not None
    week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    assert (first.due(settings), second.due(settings)) == (Due("06:30", "Europe/Berlin", week, 6.0), None)


def test_each_sample_is_a_feed_that_settings_take() -> None:
    import tomllib

    for sample in (Path(database.__file__).parent / "samples").glob("*.toml"):
        read: Settings = database.connector.configure(tomllib.loads(sample.read_text("utf-8")))
        assert len(database.connector.watched(read)) == len(read.feeds) > 0


def test_drivers_are_loaded_by_whoever_has_such_an_account() -> None:
    code = (
        "import sys, pawline.connectors.database; sys.exit(any(one in sys.modules for one in ('psycopg', 'pymysql')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_driver_that_is_not_there_is_named_with_what_to_install() -> None:
    code = (
        "import asyncio, sys\n"
        "sys.modules['pymysql'] = None\n"
        "from pawline.kit.database import Address, Database\n"
        "client = Database(Address.of('mysql://a@127.0.0.1/erp'))\n"
        "try: asyncio.run(client.now())\n"
        "except Exception as problem: print(problem)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == ("PyMySQL is not installed, by which that database is read: pip install 'pawline[mysql]'\n")


def test_the_probe_names_all_that_lacks_and_writes_nothing(tmp_path: Path) -> None:
    file = File(tmp_path)
    file.put((1, "s1", "main", 1, at(1)))
    feeds = [
        STOCK, STOCK | {"name": "b", "columns": STOCK["columns"] | {"safety": "reserve"}},
        STOCK | {"name": "c", "query": "SELECT * FROM nowhere WHERE changed_at >= :after"},
        STOCK | {"name": "d", "key": "no"},
    ]  # fmt: skip

    async def probed(given: list[dict[str, Any]]) -> str:
        settings: Settings = database.connector.configure({"url": file.url, "feeds": given})
        client = database.connector.connect(settings, Guard()).http
        assert isinstance(client, Database)
        try:
            await health.probe(client, settings, frozenset())
        except Unauthorised as problem:
            return problem.text if problem.code is Code.FORBIDDEN else problem.code
        finally:
            await client.close()
        return ""

    assert asyncio.run(probed(feeds[:1])) == ""
    assert asyncio.run(probed(feeds)) == (
        "feed b: its query has no column reserve, or has it twice; feed c: the query does not run: no such table:"
        " nowhere; feed d: the query does not run: no such column: pawline_feed.no"
    )


@pytest.mark.parametrize(
    ("minutes", "says"), [(4, ""), (-4, ""), (7, "7 minutes ahead of ours"), (-90, "90 minutes behind ours")]
)
async def test_a_clock_that_is_wrong_is_said(minutes: int, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Settings = database.connector.configure(PG)
    client = database.connector.connect(settings, Guard()).http
    assert isinstance(client, Database)

    async def now(_: Database) -> datetime:
        return datetime.now(UTC) + timedelta(minutes=minutes)

    monkeypatch.setattr(Database, "now", now)
    told = ""
    try:
        await health.probe(client, settings, frozenset())
    except Unauthorised as problem:
        told = problem.text
    assert told == (f"its clock is {says}: set one of them" if says else "")
    await client.close()
