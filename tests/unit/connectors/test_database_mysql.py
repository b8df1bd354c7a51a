"""Feeds of a real MySQL or MariaDB, where there is one: the same promises, and its own types.

Run with PAWLINE_TEST_MYSQL_SOCKET, the socket of a server on which root may do anything without a password.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pymysql
import pytest

from pawline.connectors.database import health
from pawline.kit import Guard, Quarantined
from pawline.kit.database import mysql
from pawline.ports import Code, Malformed, Transient, Unauthorised
from pawline.testing.conformance import TOKEN
from pawline.testing.counter import LOOPBACK
from tests.unit.connectors.database_desk import STOCK, Desk, ago, at, counts
from tests.unit.connectors.relaying import Spoil, cuts, never, relay

SOCKET: Final = os.environ.get("PAWLINE_TEST_MYSQL_SOCKET", "")
TABLE = """
create table stock (id integer primary key, sku text, store text, qty varchar(400), changed_at datetime,
                    ts timestamp null, amount decimal(60, 2), raw blob)
"""
pytestmark = pytest.mark.skipif(not SOCKET, reason="no MySQL: name the socket of one in PAWLINE_TEST_MYSQL_SOCKET")


def do(statement: str, *given: tuple[object, ...]) -> None:
    with pymysql.connect(unix_socket=SOCKET, user="root", autocommit=True) as db, db.cursor() as cursor:
        cursor.execute("create database if not exists tried")
        cursor.execute("use tried")
        cursor.executemany(statement, given) if given else cursor.execute(statement)


@asynccontextmanager
async def by_tcp(spoil: Spoil = never) -> AsyncIterator[str]:
    async with relay(SOCKET, spoil) as where:
        yield f"mysql://reader@{where}/tried"


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    made: list[Desk] = []
    do("drop table if exists stock")
    do(TABLE)
    do("create user if not exists reader@localhost")
    do(f"alter user reader@localhost identified by '{TOKEN}'")
    do("grant select, delete on tried.* to reader@localhost")
    yield made
    for one in made:
        asyncio.run(one.close())


def opened(desks: list[Desk], **more: Any) -> Desk:
    account = {"password": TOKEN} | more.pop("account", {})
    desks.append(Desk(more.pop("url", f"mysql://reader@/tried?host={SOCKET}"), LOOPBACK, account, **more))
    return desks[-1]


def put(*rows: tuple[object, ...]) -> None:
    do("insert into stock (id, sku, store, qty, changed_at) values (%s, %s, %s, %s, %s)", *rows)


@pytest.mark.parametrize("page", [1, 4, 100])
async def test_each_row_is_told_once_and_what_is_late_or_changed_is_told_too(page: int, desks: list[Desk]) -> None:
    put(*[(n, f"s{n}", "main", n, at(n // 4)) for n in range(1, 12)])
    desk = opened(desks, page=page)
    assert counts(await desk.all()) == [(f"s{n}", n) for n in range(1, 12)]
    desk.restart()
    assert await desk.is_still()
    put((90, "s90", "main", 90, at(-200)))
    do("update stock set qty = '33' where id = 3")
    assert counts(await desk.all()) == [("s90", 90), ("s3", 33)]
    assert desk.bad == []


async def test_values_that_are_none_are_one_bad_row_each_and_timestamps_are_told_in_utc(desks: list[Desk]) -> None:
    do("insert into stock values (1, 's1', 'm', 1, '2026-11-01', null, 1, null), (2, 's2', 'm', repeat('9', 40),"
       " '2026-11-01', null, 1, null), (3, '', 'm', 1, '2026-11-01', null, 1, x'ff'),"
       " (4, 's4', 'm', '50%', '2026-11-01', null, 1, null)")  # fmt: skip
    query = STOCK["query"].replace("changed_at FROM", "changed_at, '0000-00-00 00:00:00' AS never FROM")
    desk = opened(desks, query=query)
    assert counts(await desk.all()) == [("s1", 1)]
    assert [(one.line, one.why) for one in desk.bad] == [
        (2, "qty is no count"),
        (3, "sku is empty"),
        (4, "qty is no count"),
    ]
    never = opened(desks, query=query, columns=STOCK["columns"] | {"contains_until": "never"})
    assert await never.all() == []
    assert never.bad[0] == Quarantined("stock by id", "never is no time", 1)
    do("set time_zone = '+05:00'")
    do("update stock set ts = from_unixtime(1793000000)")
    by_ts = opened(desks, query="SELECT * FROM stock WHERE ts >= :after", watermark="ts", zone="Europe/Berlin", page=1)
    assert {int(one.at.timestamp()) for one in await by_ts.all()} == {1_793_000_000}


async def test_a_server_that_knows_no_time_limit_is_read_all_the_same(
    desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql, "MARIADB", "max_statement_time_of_later_versions")
    put((1, "s1", "m", 1, at(1)))
    assert counts(await opened(desks).all()) == [("s1", 1)]


async def test_a_line_that_breaks_in_the_middle_of_a_page_loses_and_doubles_nothing(desks: list[Desk]) -> None:
    put(*[(n, f"s{n}" + "x" * 300, "main", 1, at(n)) for n in range(1, 2_001)])
    spoil = cuts([200_000, 300_000])
    broke = list[Code]()
    async with by_tcp(spoil) as url:
        desk = opened(desks, url=url, account={"tls": False}, page=1_200)
        while True:
            try:
                seen = await desk.look()
            except Transient as problem:
                broke.append(problem.code)
                continue
            if not seen.more:
                break
        await desk.close()
        desks.clear()
    assert broke == [Code.DISCONNECTED] * 2
    assert len({one.id for one in desk.seen}) == len(desk.seen) == 2_000


async def test_a_query_that_never_ends_is_broken_off(desks: list[Desk]) -> None:
    put((1, "s1", "m", 1, at(1)))
    slow = (
        "SELECT a.* FROM stock a, (SELECT BENCHMARK(100000000000, SHA2('a', 512)) x) b"
        " WHERE b.x = 0 AND changed_at >= :after"
    )
    desk = opened(desks, query=slow, account={"timeout": 0.3})
    with pytest.raises(Transient, match="took longer than `timeout`"):
        await desk.look()
    other = opened(desks)
    desk.watch, desk.settings = other.watch, other.settings
    assert len(await desk.all()) == 1  # by the very client


async def test_nothing_is_written_and_who_may_not_read_is_said(desks: list[Desk]) -> None:
    put((1, "s1", "m", 1, at(1)))
    desk = opened(desks)
    with pytest.raises(Unauthorised, match="the query writes, and this account only reads"):
        await desk.client.read("DELETE FROM stock", {}, 1)
    assert len(await desk.all()) == 1
    with pytest.raises(Unauthorised, match=r"^the query does not run: Unknown column 'nothing' in "):
        await opened(desks, query="SELECT nothing FROM stock WHERE changed_at >= :after").look()
    with pytest.raises(Unauthorised, match=r"^reader may not read what the query reads"):
        await opened(desks, query="SELECT * FROM mysql.user WHERE changed_at >= :after").look()
    with pytest.raises(Unauthorised, match=r"^the database does not let reader in"):
        await opened(desks, account={"password": "wrong"}).look()


async def test_tls_is_wanted_unless_it_is_said_and_the_network_allowed(desks: list[Desk]) -> None:
    async with by_tcp() as url:
        with pytest.raises(
            Unauthorised, match="the query does not run: TLS: its certificate is not believed, or it has"
        ):
            await opened(desks, url=url).look()
        desk = opened(desks, url=url, account={"tls": False})
        await health.probe(desk.client, desk.settings, frozenset())
        desks.append(Desk(url, Guard(), {"password": TOKEN, "tls": False}))
        with pytest.raises(Malformed, match="see `allow_networks`"):
            await desks[-1].look()
        for one in desks:
            await one.close()
        desks.clear()


async def test_the_dry_run_says_whether_an_index_serves(desks: list[Desk]) -> None:
    put(*[(n, f"s{n}", "main", n, at(n)) for n in range(1, 200)])
    desk = opened(desks)
    assert desk.watch.rehearse is not None
    tried = await desk.watch.rehearse(desk.client, desk.settings)
    assert tried is not None
    slow = "no index serves changed_at, so each look reads everything"
    assert tried.where == f"its newest 199 rows, the last {ago()}; {slow}"
    do("create index stock_changed on stock (changed_at, id)")
    tried = await desk.watch.rehearse(desk.client, desk.settings)
    assert tried is not None
    assert tried.where == f"its newest 199 rows, the last {ago()}"
