"""What is said to databases: each driver's own parameters, and what each of their errors means to us."""

from __future__ import annotations

import ssl
from typing import Any

import psycopg
import pymysql
import pytest

from pawline.kit.database import mysql, postgres, sql_name
from pawline.kit.database.line import BUDGET, table
from pawline.kit.database.statement import Engine, as_driver
from pawline.ports import Code, Malformed, PortError, Transient, Unauthorised


@pytest.mark.parametrize(
    ("query", "engine", "said"),
    [
        ("a >= :after", "sqlite", "a >= :after"),
        ("a >= :after", "mysql", "a >= %(after)s"),
        ("a >= :after::timestamp", "postgresql", "a >= %(after)s::timestamp"),
        ("a LIKE '50%' AND b = ':after'", "mysql", "a LIKE '50%%' AND b = ':after'"),
        ('a % 2 -- :after\n, "b:after"', "postgresql", 'a %% 2  \n, "b:after"'),
        ("/* :after */ a", "postgresql", "  a"),
        ("time '12:30:after'", "sqlite", "time '12:30:after'"),
    ],
)  # fmt: skip
def test_a_query_is_said_as_its_driver_takes_it(query: str, engine: Engine, said: str) -> None:
    assert as_driver(query, engine) == said


def test_a_server_that_asks_for_a_file_of_ours_is_none_that_is_meant() -> None:
    told = mysql.problem(RuntimeError("**WARN**: Received LOAD_LOCAL packet"), "u")
    assert isinstance(told, Malformed)
    assert "LOAD" not in told.text


class Wide:
    """A cursor of rows that are large; `held` is most of what it handed over at a time."""

    description = (("a",),)

    def __init__(self, cell: int) -> None:
        self._cell, self.held = cell, 0

    def fetchmany(self, size: int = 1, /) -> list[tuple[str]]:
        self.held = max(self.held, size * self._cell)
        return [("x" * self._cell,)] * size


@pytest.mark.parametrize("cell", [10, 2_000, 200_000, 3_000_000])
def test_large_rows_are_handed_over_few_at_a_time(cell: int) -> None:
    cursor = Wide(cell)
    found = table(cursor, 1_001)
    assert cursor.held <= max(10 * cell, BUDGET // 4)
    assert (len(found.rows), found.cut) == ((1_001, False) if cell <= 2_000 else (BUDGET // cell + 1, True))


@pytest.mark.parametrize(
    ("column", "engine", "said"),
    [
        ("a", "sqlite", '"a"'), ('a"b', "sqlite", '"a""b"'), ("a`b", "mysql", "`a``b`"),
        ("GEAENDERT", "postgresql", "GEAENDERT"),
        ("a b", "postgresql", '"a b"'), ('x"; drop', "postgresql", '"x""; drop"'),
    ],
)  # fmt: skip
def test_a_columns_name_is_no_way_out_of_the_query(column: str, engine: Engine, said: str) -> None:
    assert sql_name(column, engine) == said


@pytest.mark.parametrize(
    ("code", "kind", "meant"),
    [
        (1045, Unauthorised, Code.CREDENTIALS), (1049, Unauthorised, Code.CREDENTIALS),
        (1142, Unauthorised, Code.FORBIDDEN),
        (1054, Unauthorised, Code.FORBIDDEN), (1146, Unauthorised, Code.FORBIDDEN),
        (1792, Unauthorised, Code.FORBIDDEN),
        (2026, Unauthorised, Code.FORBIDDEN), (3024, Transient, Code.TIMED_OUT), (1969, Transient, Code.TIMED_OUT),
        (2013, Transient, Code.DISCONNECTED), (1040, Transient, Code.UNAVAILABLE), (1365, Malformed, Code.BAD_REPLY),
    ],
)  # fmt: skip
def test_what_an_error_of_mysql_means(code: int, kind: type[PortError], meant: Code) -> None:
    found = mysql.problem(pymysql.OperationalError(code, "Unknown column 'qty' in 'field list'"), "pawline")
    assert (type(found), found and found.code) == (kind, meant)


@pytest.mark.parametrize(
    ("state", "kind", "meant"),
    [
        ("28P01", Unauthorised, Code.CREDENTIALS), ("3D000", Unauthorised, Code.CREDENTIALS),
        ("42501", Unauthorised, Code.FORBIDDEN), ("42P01", Unauthorised, Code.FORBIDDEN),
        ("25006", Unauthorised, Code.FORBIDDEN),
        ("57014", Transient, Code.TIMED_OUT), ("53300", Transient, Code.UNAVAILABLE),
        ("40001", Transient, Code.UNAVAILABLE),
        ("57P01", Transient, Code.DISCONNECTED), ("22012", Malformed, Code.BAD_REPLY),
        (None, Transient, Code.UNREACHABLE),
    ],
)  # fmt: skip
def test_what_an_error_of_postgres_means(state: str | None, kind: type[PortError], meant: Code) -> None:
    made: Any = (psycopg.DataError if kind is Malformed else psycopg.OperationalError)(
        "whatever it says: ann@example.com"
    )
    made.sqlstate = state
    found = postgres.problem(made, "pawline")
    assert (type(found), found and found.code) == (kind, meant)
    assert "ann@example.com" not in str(found)


def test_what_no_driver_raises_is_a_defect_of_ours() -> None:
    assert postgres.problem(KeyError("x"), "a") is None
    assert mysql.problem(KeyError("x"), "a") is None
    assert isinstance(mysql.problem(ssl.SSLError("x"), "a"), Unauthorised)
    assert isinstance(mysql.problem(ConnectionResetError(), "a"), Transient)


def test_a_certificate_that_is_not_believed_is_no_line_that_broke() -> None:
    """As PyMySQL tells it: an error of the line, with what it was beside it."""
    made: Any = pymysql.OperationalError(2003, "Can't connect to MySQL server on 'erp.example'")
    made.original_exception = ssl.SSLCertVerificationError("certificate verify failed")
    found = mysql.problem(made, "pawline")
    assert isinstance(found, Unauthorised)
    assert found.text.startswith("the query does not run: TLS: its certificate is not believed")
