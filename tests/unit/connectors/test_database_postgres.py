"""Feeds of a real Postgres: the same promises, its own types, and a line that breaks in the middle of a page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from pawline.connectors.database import health, looking, passing
from pawline.kit import Guard, Quarantined, Seen
from pawline.ports import Code, Malformed, Transient, Unauthorised
from pawline.testing.counter import LOOPBACK
from tests.databases import databases
from tests.unit.connectors.database_desk import STOCK, Desk, ago, at, counts
from tests.unit.connectors.relaying import Spoil, cuts, never, relay

TABLE = """
create table stock (id integer primary key, sku text, store text, qty text, changed_at timestamp, tz timestamptz,
                    more jsonb, amount numeric, raw bytea)
"""


class Postgres:
    """A database that others write to."""

    def __init__(self, url: str) -> None:
        self._url = url
        parts = urlsplit(url)
        (self.folder,) = parse_qs(parts.query)["host"]
        self.name = parts.path.strip("/")
        self.do("drop schema public cascade")
        self.do("create schema public")
        self.do("grant usage on schema public to public")
        self.do(TABLE)

    def do(self, statement: str, *given: object) -> None:
        with psycopg.connect(self._url, autocommit=True) as db:
            db.execute(statement.encode(), given)

    def put(self, *rows: tuple[object, ...]) -> None:
        with psycopg.connect(self._url) as db:
            sql = "insert into stock (id, sku, store, qty, changed_at) values (%s, %s, %s, %s, %s)"
            db.cursor().executemany(sql, rows)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{self.name}?host={self.folder}"

    @asynccontextmanager
    async def relay(self, spoil: Spoil = never) -> AsyncIterator[str]:
        """By TCP."""
        async with relay(f"{self.folder}/.s.PGSQL.5432", spoil) as where:
            yield f"postgresql://postgres@{where}/{self.name}"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with databases() as new_database:
        yield new_database()


@pytest.fixture
def postgres(url: str) -> Postgres:
    return Postgres(url)


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    made: list[Desk] = []
    yield made
    for one in made:
        asyncio.run(one.close())


def opened(desks: list[Desk], url: str, guard: Guard = LOOPBACK, **more: Any) -> Desk:
    desks.append(Desk(url, guard, **more))
    return desks[-1]


def rows(count: int) -> list[tuple[object, ...]]:
    return [(n, f"s{n}", "main", str(n), at(n // 4)) for n in range(1, count + 1)]


@pytest.mark.parametrize("page", [1, 4, 100])
async def test_each_row_is_told_once_and_what_is_late_or_changed_is_told_too(
    page: int, postgres: Postgres, desks: list[Desk]
) -> None:
    postgres.put(*rows(11))
    desk = opened(desks, postgres.url, page=page)
    assert counts(await desk.all()) == [(f"s{n}", n) for n in range(1, 12)]
    desk.restart()
    assert await desk.is_still()
    postgres.put((90, "s90", "main", "90", at(-200)))
    postgres.do("update stock set qty = '33' where id = 3")
    assert counts(await desk.all()) == [("s90", 90), ("s3", 33)]
    assert desk.bad == []


async def test_a_row_that_is_committed_after_a_newer_one_was_read_is_told(
    postgres: Postgres, desks: list[Desk]
) -> None:
    desk = opened(desks, postgres.url)
    with psycopg.connect(postgres._url) as slow:
        slow.execute("insert into stock (id, sku, store, qty, changed_at) values (1, 's1', 'm', '1', %s)", (at(1),))
        postgres.put((2, "s2", "m", "2", at(2)))
        assert counts(await desk.all()) == [("s2", 2)]
        slow.commit()
    assert counts(await desk.all()) == [("s1", 1)]


async def test_values_that_python_has_not_are_one_bad_row_each(postgres: Postgres, desks: list[Desk]) -> None:
    postgres.put(*rows(3))
    postgres.do("update stock set changed_at = 'infinity' where id = 1")
    postgres.do("update stock set changed_at = '2026-11-01', tz = '-infinity' where id = 2")
    desk = opened(
        desks, postgres.url, query=STOCK["query"].replace("changed_at FROM", "changed_at, tz FROM"),
        columns=STOCK["columns"] | {"contains_until": "tz"},
    )  # fmt: skip
    assert counts(await desk.all()) == [("s3", 3)]
    assert sorted(desk.bad, key=str) == [
        Quarantined("stock by id", "changed_at is no time", 1),
        Quarantined("stock by id", "tz is a time that there is not", 2),
    ]
    assert desk.state.high is not None
    assert desk.state.high[1] == "i3"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("'NaN'::numeric", "q is no count"), (f"{'9' * 40}::numeric", "q is no count"),
        ("1.5::float8", "q is no count"),
        ("'NaN'::float8", "q is no count"), ("repeat('9', 2000000)", "q has more than 1,048,576 characters"),
        ("'{\"a\": 1}'::jsonb", "q is no single value: have the query cast it to text"),
        ("array[1, 2]", "q is no single value"), ("'\\xff00'::bytea", "q is bytes, and no text"),
        ("interval '1 day'", "q is no single value"), ("null", "q is no count"),
    ],
)  # fmt: skip
async def test_a_type_that_is_no_count_is_a_bad_row(
    value: str, why: str, postgres: Postgres, desks: list[Desk]
) -> None:
    postgres.do(f"create view seen as select *, {value} as q from stock")  # noqa: S608 - a type of ours
    postgres.put(*rows(1))
    query = "SELECT id, sku, store, q, changed_at FROM seen WHERE changed_at >= :after"
    desk = opened(desks, postgres.url, query=query, columns=STOCK["columns"] | {"on_hand": "q"})
    assert await desk.all() == []
    assert [(one.where, one.line, one.why.startswith(why)) for one in desk.bad] == [("stock by id", 1, True)]


async def test_times_with_a_zone_are_exact_and_columns_are_found_whatever_their_case(
    postgres: Postgres, desks: list[Desk]
) -> None:
    postgres.put(*rows(2))
    postgres.do("update stock set tz = timestamptz '2026-10-25 02:30:00+02' + id * interval '1 hour'")
    desk = opened(
        desks, postgres.url, query="SELECT ID, SKU, STORE, QTY, TZ FROM stock WHERE tz >= :after", watermark="TZ",
        key="ID", zone="Europe/Berlin", columns={"sku": "SKU", "location": "STORE", "on_hand": "QTY"},
    )  # fmt: skip
    assert [one.at.isoformat() for one in await desk.all()] == [
        "2026-10-25T01:30:00+00:00",
        "2026-10-25T02:30:00+00:00",
    ]


async def test_a_watermark_that_is_a_day_is_read_again_until_the_day_is_over(
    postgres: Postgres, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    for module in (passing, looking):
        monkeypatch.setattr(module.time, "time", lambda: now)
    postgres.put((1, "s1", "m", "1", at(1)), (9, "s9", "m", "9", at(9)))
    query = "SELECT id, sku, store, qty, changed_at::date AS day FROM stock WHERE changed_at::date >= :after"
    desk = opened(desks, postgres.url, query=query, watermark="day", page=100)
    assert counts(await desk.all()) == [("s1", 1), ("s9", 9)]
    now += 3_600
    assert await desk.is_still()
    postgres.do("update stock set qty = '100' where id = 1")
    assert counts(await desk.all()) == [("s1", 100)]
    now += 90_000
    assert await desk.is_still()
    postgres.do("update stock set qty = '7' where id = 1")
    assert await desk.is_still()  # as late as nobody said


async def test_a_line_that_breaks_in_the_middle_of_a_page_loses_and_doubles_nothing(
    postgres: Postgres, desks: list[Desk]
) -> None:
    postgres.put(*[(n, f"s{n}" + "x" * 300, "main", "1", at(n)) for n in range(1, 2_001)])
    spoil = cuts([200_000, 500_000])
    async with postgres.relay(spoil) as url:
        desk = opened(desks, url, account={"tls": False}, page=1_200)
        broke = list[bool]()
        while True:
            try:
                seen = await desk.look()
            except Transient as problem:
                broke.append(problem.code in (Code.DISCONNECTED, Code.UNREACHABLE))
                continue
            if not seen.more:
                break
        await desk.close()
        desks.clear()
    assert broke == [True, True]
    assert len({one.id for one in desk.seen}) == len(desk.seen) == 2_000


async def test_a_query_that_never_ends_is_broken_off_by_the_database_or_by_us(
    postgres: Postgres, desks: list[Desk]
) -> None:
    postgres.put(*rows(3))
    slow = "SELECT * FROM stock, pg_sleep(60) WHERE changed_at >= :after"
    desk = opened(desks, postgres.url, query=slow, account={"timeout": 0.2})
    with pytest.raises(Transient, match="took longer than `timeout`") as refused:
        await desk.look()
    assert refused.value.code is Code.TIMED_OUT
    other = opened(desks, postgres.url)
    desk.watch, desk.settings = other.watch, other.settings
    assert len(await desk.all()) == 3  # by the very client


async def test_nothing_is_written_even_by_a_function_in_a_query(postgres: Postgres, desks: list[Desk]) -> None:
    postgres.put(*rows(3))
    postgres.do("create function spoil() returns int language sql as 'delete from stock; select 1'")
    desk = opened(desks, postgres.url, query="SELECT *, spoil() FROM stock WHERE changed_at >= :after")
    with pytest.raises(Unauthorised, match="the query writes, and this account only reads"):
        await desk.look()
    with pytest.raises(Unauthorised, match="the query writes, and this account only reads"):
        await desk.client.read("SELECT set_config('transaction_read_only', 'off', false), spoil()", {}, 1)
    assert len(await opened(desks, postgres.url).all()) == 3


async def test_who_is_not_let_in_or_may_not_read_is_a_question_for_a_person(
    postgres: Postgres, desks: list[Desk]
) -> None:
    postgres.do("drop role if exists reader")
    postgres.do("create role reader login")
    desk = opened(desks, postgres.url.replace("postgres@", "reader@"))
    with pytest.raises(Unauthorised, match=r"^reader may not read what the query reads: grant it SELECT"):
        await desk.look()
    postgres.do("grant select on stock to reader")
    assert await desk.all() == []
    nobody = opened(desks, postgres.url.replace("postgres@", "nobody_knows@"))
    with pytest.raises(Unauthorised, match=r"^the database does not let nobody_knows in"):
        await nobody.look()
    away = opened(desks, postgres.url.replace(f"/{postgres.name}?", "/elsewhere?"))
    with pytest.raises(
        Unauthorised, match=r"^the database does not let postgres in: is `password` right, and the data"
    ):
        await away.look()


async def test_a_column_that_is_dropped_is_named_and_a_row_that_a_cast_fails_on_is_not_shown(
    postgres: Postgres, desks: list[Desk]
) -> None:
    postgres.put((1, "ann@example.com", "m", "1", at(1)))
    desk = opened(desks, postgres.url, query=STOCK["query"].replace("sku,", "sku::int as sku,"))
    with pytest.raises(Malformed, match=r"^the query fails on a row of its data \(error 22P02\)"):
        await desk.look()
    postgres.do("alter table stock drop column qty")
    desk = opened(desks, postgres.url)
    with pytest.raises(Unauthorised, match=r'^the query does not run: column "qty" does not exist$'):
        await desk.look()


async def test_without_tls_only_allowed_networks_are_reached_and_with_it_none_that_has_none(
    postgres: Postgres, desks: list[Desk]
) -> None:
    async with postgres.relay() as url:
        with pytest.raises(Malformed, match="see `allow_networks`"):
            await opened(desks, url, Guard(), account={"tls": False}).look()
        with pytest.raises(
            Unauthorised, match="the query does not run: TLS: its certificate is not believed, or it has"
        ):
            await opened(desks, url).look()
        assert await opened(desks, url, account={"tls": False}).look() == Seen((), "")
        for one in desks:
            await one.close()
        desks.clear()


async def test_the_probe_and_the_dry_run_say_what_they_found(postgres: Postgres, desks: list[Desk]) -> None:
    postgres.put(*rows(9))
    desk = opened(desks, postgres.url)
    await health.probe(desk.client, desk.settings, frozenset())
    assert desk.watch.rehearse is not None
    tried = await desk.watch.rehearse(desk.client, desk.settings)
    assert tried is not None
    slow = "no index serves changed_at, so each look reads everything"
    assert (tried.where, tried.rows) == (f"its newest 9 rows, the last {ago()}; {slow}", 9)
    postgres.do("create index on stock (changed_at, id)")
    tried = await desk.watch.rehearse(desk.client, desk.settings)
    assert tried is not None
    assert tried.where == f"its newest 9 rows, the last {ago()}"
