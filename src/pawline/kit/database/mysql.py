"""MySQL and MariaDB by PyMySQL, which is there where somebody installed `pawline[mysql]`: docs/why/0047."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from pawline.kit.database.line import (
    OPENING,
    Access,
    Given,
    Table,
    does_not_run,
    fails_on_a_row,
    forbidden,
    locked_out,
    lost,
    no_driver,
    reached,
    table,
    too_long,
    writes,
)  # fmt: skip
from pawline.kit.database.statement import as_driver
from pawline.ports import Code, Malformed, PortError, Transient

try:
    import pymysql
    from pymysql.constants import FIELD_TYPE
    from pymysql.converters import conversions, convert_datetime
    from pymysql.cursors import SSCursor
except ModuleNotFoundError:
    raise no_driver("PyMySQL", "mysql") from None

KEPT_OUT: Final = frozenset({1044, 1045, 1049, 1698, 1820, 3118})
FORBIDDEN: Final = frozenset({1142, 1143, 1227, 1356, 1370})
QUERY: Final = frozenset({1051, 1052, 1054, 1060, 1064, 1109, 1146, 1235, 1248, 1305, 1630})
SLOW: Final = frozenset({1205, 1317, 1969, 3024})
FULL: Final = frozenset({1040, 1203, 1226, 1213})
LINE: Final = frozenset({2003, 2006, 2013, 2014, 2055, 1053, 1927})
TLS: Final = frozenset({2026})
WRITES: Final = frozenset({1290, 1792})
UNKNOWN: Final = 1193
"""Numbers of errors: MySQL's reference, "Server Error Message Reference", and MariaDB's "Error Codes"."""
NONSENSE: Final = (RuntimeError, AssertionError, IndexError, struct.error, UnicodeDecodeError)
"""What PyMySQL raises by a packet that is none, and by one that asks for a file of ours."""
MYSQL: Final = "max_execution_time"
MARIADB: Final = "max_statement_time"
"""How long a query may take: milliseconds, and seconds."""


class _NeverInClear:
    """A server that asks for the password itself gets none, unless TLS hides it and its certificate is believed."""

    def __init__(self, _: Any) -> None: ...  # noqa: ANN401 - the connection

    def authenticate(self, _: Any) -> None:  # noqa: ANN401 - its packet
        raise pymysql.OperationalError(1045, "it asks for the password in clear")


class MysqlLine:
    """A session whose transactions only read, each of one snapshot, by UTC: TIMESTAMP is told in UTC."""

    def __init__(self, access: Access) -> None:
        address = access.address
        plain = bool(address.socket) or not access.tls
        context = None if plain else ssl.create_default_context(cafile=access.ca or None)
        self._db = pymysql.connect(
            host=address.host, user=address.user, database=address.name, unix_socket=address.socket or None,
            password="" if access.password is None else access.password.reveal(), charset="utf8mb4",
            ssl=context, ssl_disabled=plain, connect_timeout=int(OPENING), read_timeout=int(access.seconds) + 5,
            write_timeout=int(OPENING), autocommit=True, local_infile=False, defer_connect=True,
            program_name="pawline", conv=conversions | {FIELD_TYPE.TIMESTAMP: _utc},
            auth_plugin_map={"mysql_clear_password": _NeverInClear} if plain else None,
        )  # fmt: skip
        self._line: socket.socket | None = None if address.socket else reached(access)
        try:
            self._db.connect(self._line)
            self._begin(access.seconds)
        except BaseException:
            if self._line is not None:
                self._line.close()
            raise

    def _begin(self, seconds: float) -> None:
        with self._db.cursor() as cursor:
            for one in (
                "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SET SESSION TRANSACTION READ ONLY",
                "SET SESSION time_zone = '+00:00'",
                f"SET SESSION lock_wait_timeout = {max(1, int(seconds))}",
            ):  # fmt: skip
                cursor.execute(one)
            slow = f"{MYSQL} = {int(seconds * 1_000)}"
            if "mariadb" in str(self._db.server_version).lower():
                slow = f"{MARIADB} = {seconds:.3f}"
            try:
                cursor.execute(f"SET SESSION {slow}")
            except pymysql.Error as problem:  # before MySQL 5.7.8 and MariaDB 10.1: what runs on is broken off by us
                if problem.args[0] != UNKNOWN:
                    raise

    def read(self, query: str, given: Given, most: int) -> Table:
        self._db.query("START TRANSACTION READ ONLY")
        cursor = self._db.cursor(SSCursor)  # row by row, and not all of a page at once
        try:
            cursor.execute(as_driver(query, "mysql"), given)
            found = table(cursor, most)
            cursor.close()
            self._db.rollback()
        except BaseException:
            _forget(cursor)
            raise
        return found

    def searches(self, query: str, given: Given) -> bool | None:
        with self._db.cursor() as cursor:
            cursor.execute(f"EXPLAIN {as_driver(query, 'mysql')}", given)
            names = [one[0] for one in cursor.description]
            found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        kinds = [str(one["type"]).lower() for one in found if not str(one["table"]).startswith("<")]
        return any(kind not in ("all", "index", "none") for kind in kinds)

    def now(self) -> datetime | None:
        with self._db.cursor() as cursor:
            cursor.execute("SELECT UTC_TIMESTAMP(6)")
            (found,) = cursor.fetchall()
        return found[0].replace(tzinfo=UTC) if isinstance(found[0], datetime) else None

    def stop(self) -> None:
        line = self._line or getattr(self._db, "_sock", None)
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(pymysql.Error, OSError):
            self._db.close()


def _utc(said: str | bytes) -> Any:  # noqa: ANN401 - a time, or what is none, as it stands there
    """A TIMESTAMP is told in the session's zone: unlike a DATETIME it is known which."""
    found = convert_datetime(said)
    return found.replace(tzinfo=UTC) if isinstance(found, datetime) else found


def _forget(cursor: SSCursor) -> None:
    """What is left of a broken one reads on at its end, from a line that is none any more, and fails there."""
    cursor.connection = None
    if (result := getattr(cursor, "_result", None)) is not None:
        result.unbuffered_active = False


def problem(error: Exception, user: str) -> PortError | None:
    """Of what it says only what names columns and tables is told: the rest may hold what stands in them."""
    if isinstance(getattr(error, "original_exception", error), ssl.SSLError):
        return _untrusted()
    if isinstance(error, OSError):
        return lost()
    if isinstance(error, NONSENSE):
        return Malformed("the database says what MySQL does not say: is it one, and the one that is meant?")
    if not isinstance(error, pymysql.Error):
        return None
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if code in QUERY:
        return does_not_run(str(error.args[-1]))
    if code in FULL:
        return Transient(f"the database cannot take it now (error {code})", Code.UNAVAILABLE)
    if code in LINE or code == 0:
        return lost()
    makes = next((makes for codes, makes in _MEANT if code in codes), None)
    return fails_on_a_row(code) if makes is None else makes(user)


def _untrusted() -> PortError:
    return does_not_run("TLS: its certificate is not believed, or it has none: see `ca` and `tls`")


_MEANT: Final[tuple[tuple[frozenset[int], Callable[[str], PortError]], ...]] = (
    (KEPT_OUT, locked_out),
    (FORBIDDEN, forbidden),
    (SLOW, lambda _: too_long()),
    (WRITES, lambda _: writes()),
    (TLS, lambda _: _untrusted()),
)
