"""Postgres where names are not in lower case, and one that never looked at what its texts are: of SQL_ASCII."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from pawline.connectors.database import asking
from pawline.connectors.database.feed import Feed
from pawline.kit import Quarantined
from tests.databases import databases
from tests.unit.connectors.database_desk import Desk, at, counts
from tests.unit.connectors.test_database_postgres import TABLE, Postgres


def test_a_column_that_the_query_quotes_is_found_as_it_is_written() -> None:
    query = 'SELECT "Id", sku, store, qty, "changedAt" FROM stock WHERE "changedAt" >= :after'
    feed = Feed(kind="stock", query=query, columns={}, watermark="changedAt", key="Id")
    assert 'ORDER BY pawline_feed."changedAt", pawline_feed."Id"' in asking.page(feed, "postgresql", behind=True)
    plain = Feed(kind="stock", query=query.replace('"', ""), columns={}, watermark="changedAt", key="Id")
    assert "ORDER BY pawline_feed.changedAt, pawline_feed.Id" in asking.page(plain, "postgresql", behind=True)


@pytest.fixture
def ascii_url() -> Iterator[tuple[str, str]]:
    """As psycopg takes it, and as an account does."""
    with databases() as new_database:
        given = new_database()
        postgres = Postgres(given)
        postgres.do("create database old encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'")
        yield given.replace(f"/{postgres.name}?", "/old?"), postgres.url.replace(f"/{postgres.name}?", "/old?")


def test_a_text_that_is_no_utf_8_is_one_bad_row(ascii_url: tuple[str, str]) -> None:
    theirs, ours = ascii_url
    with psycopg.connect(theirs, autocommit=True) as db:
        db.execute("set client_encoding to 'SQL_ASCII'")
        db.execute(TABLE.encode())
        insert = b"insert into stock (id, sku, store, qty, changed_at) values (%d, '%s', 'm', '1', '%s')"
        for number, sku in enumerate((b"k\xe4se", "käse".encode(), b"s3"), 1):
            db.execute(insert % (number, sku, at(number).encode()))

    async def seen(key: str) -> tuple[list[tuple[str, int]], list[Quarantined]]:
        desk = Desk(ours, key=key, page=2)
        try:
            return counts(await desk.all()), desk.bad
        finally:
            await desk.close()

    for key, why in (("id", "sku is not UTF-8"), ("sku", "sku is nothing that rows are in the order of")):
        told, bad = asyncio.run(seen(key))
        assert told == [("käse", 1), ("s3", 1)]
        assert [one.why for one in bad] == [why]
