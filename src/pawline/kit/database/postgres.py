"""Postgres by psycopg, which Pawline's own store uses as well: docs/why/0047."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader

from pawline.kit.database.line import (
    NO_TEXT,
    ODD,
    OPENING,
    Access,
    Given,
    Odd,
    Table,
    does_not_run,
    fails_on_a_row,
    forbidden,
    locked_out,
    lost,
    permitted,
    table,
    too_long,
    unreachable,
    writes,
)  # fmt: skip
from pawline.kit.database.statement import as_driver
from pawline.ports import Code, PortError, Transient

BUNDLES: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
"""Where systems keep what they believe, if their OpenSSL does not say: Debian, Red Hat, Alpine."""
NONE: Final = "/nonexistent"
"""A password file that is not there: those of whoever runs the hub are none of the account's."""


class _Day(DateLoader):
    def load(self, data: Buffer) -> Any:  # noqa: ANN401 - a day, or ODD
        return _loaded(super().load, data)


class _Text(Loader):
    """Of a database that never looked at what its texts are."""

    def load(self, data: Buffer) -> str | Odd:
        try:
            return bytes(data).decode()
        except UnicodeDecodeError:
            return NO_TEXT


class _Naive(TimestampLoader):
    def load(self, data: Buffer) -> Any:  # noqa: ANN401 - a time, or ODD
        return _loaded(super().load, data)


class _Aware(TimestamptzLoader):
    def load(self, data: Buffer) -> Any:  # noqa: ANN401 - a time, or ODD
        return _loaded(super().load, data)


class PostgresLine:
    """A session whose transactions only read, each of one snapshot, by UTC."""

    def __init__(self, access: Access) -> None:
        address = access.address
        host, found = (address.socket, "") if address.socket else _hosts(access)
        plain = bool(address.socket) or not access.tls
        self._db = psycopg.connect(
            host=host, hostaddr=found, port=address.port, user=address.user, dbname=address.name,
            password="" if access.password is None else access.password.reveal(), passfile=NONE,
            connect_timeout=int(OPENING), sslmode="disable" if plain else "verify-full", gssencmode="disable",
            sslrootcert="" if plain else access.ca or _believed(), sslcertmode="disable", options="",
            require_auth="!password" if plain else "", application_name="pawline", client_encoding="UTF8",
            tcp_user_timeout=int(access.seconds * 1_000), keepalives_idle=30,
        )  # fmt: skip
        for kind, loader in (("date", _Day), ("timestamp", _Naive), ("timestamptz", _Aware)):
            self._db.adapters.register_loader(kind, loader)
        if self._db.info.parameter_status("server_encoding") == "SQL_ASCII":
            self._db.execute("set client_encoding to 'SQL_ASCII'")
            for kind in ("text", "varchar", "bpchar", "name"):
                self._db.adapters.register_loader(kind, _Text)
            self._db.commit()
        self._db.read_only = True
        self._db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        milliseconds = str(int(access.seconds * 1_000))
        for name, value in (
            ("default_transaction_read_only", "on"), ("statement_timeout", milliseconds),
            ("lock_timeout", milliseconds), ("idle_in_transaction_session_timeout", milliseconds), ("timezone", "UTC"),
            ("datestyle", "ISO"),
        ):  # fmt: skip
            self._db.execute("select set_config(%s, %s, false)", (name, value))
        self._db.commit()

    def read(self, query: str, given: Given, most: int) -> Table:
        try:
            with self._db.cursor(name="pawline_page") as cursor:
                cursor.execute(as_driver(query, "postgresql").encode(), given)
                return table(cursor, most)
        finally:
            self._rolled_back()

    def searches(self, query: str, given: Given) -> bool | None:
        """A small table is read whole whatever there is, so that is made dear: what still is has no index."""
        try:
            self._db.execute("select set_config('enable_seqscan', 'off', true)")
            found = self._db.execute(b"EXPLAIN " + as_driver(query, "postgresql").encode(), given).fetchall()
        finally:
            self._rolled_back()
        return any("Index Cond" in str(one[0]) for one in found)

    def now(self) -> datetime | None:
        try:
            found = self._db.execute("select clock_timestamp()").fetchone()
        finally:
            self._rolled_back()
        said = None if found is None else found[0]
        return said.astimezone(UTC) if isinstance(said, datetime) else None

    def stop(self) -> None:
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self._db.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._db.close()

    def _rolled_back(self) -> None:
        with suppress(psycopg.Error):
            self._db.rollback()


def problem(error: Exception, user: str) -> PortError | None:
    """Of what it says only what names columns and tables is told: the rest may hold what stands in them."""
    if not isinstance(error, psycopg.Error):
        return None
    code = error.sqlstate or ""
    if not code:
        return _unopened(str(error), user)
    if code.startswith("42") and code != "42501":
        return does_not_run(error.diag.message_primary or code)
    if code.startswith(("53", "40")):
        return Transient(f"the database cannot take it now (error {code})", Code.UNAVAILABLE)
    makes = next((makes for states, makes in _MEANT if code.startswith(states)), None)
    if makes is not None:
        return makes(user)
    return lost() if isinstance(error, psycopg.OperationalError) else fails_on_a_row(code)


def _unopened(said: str, user: str) -> PortError:
    """A line that was not opened, or broke, has no state: libpq says only a text, of its server's or of its own."""
    if "certificate" in said or "SSL" in said:
        return does_not_run("TLS: its certificate is not believed, or it has none: see `ca` and `tls`")
    if "FATAL" in said and not any(one in said for one in _BUSY):
        return locked_out(user)
    return unreachable()


_BUSY: Final = ("too many", "connection slots", "starting up", "shutting down", "recovery", "terminating")
"""Of a server that does not take us now, in its own words."""
_MEANT: Final[tuple[tuple[tuple[str, ...], Callable[[str], PortError]], ...]] = (
    (("57014", "55P03", "25P03"), lambda _: too_long()),
    (("25",), lambda _: writes()),
    (("42501",), forbidden),
    (("28", "3D000"), locked_out),
)
"""By how a state begins: Postgres's "Appendix A. PostgreSQL Error Codes"."""


def _hosts(access: Access) -> tuple[str, str]:
    """The name, by which its certificate is judged, and the very addresses that the guard looked at."""
    found = list(dict.fromkeys(str(info[4][0]) for info in permitted(access)))
    return ",".join([access.address.host] * len(found)), ",".join(found)


def _believed() -> str:
    said = ssl.get_default_verify_paths().cafile
    return next((one for one in (said, *BUNDLES) if one and Path(one).is_file()), "system")


def _loaded(load: Any, data: Buffer) -> date | Odd:  # noqa: ANN401 - psycopg's own
    """`infinity` and years that Python has not are no reason to lose the other rows."""
    try:
        found: date = load(data)
    except (psycopg.DataError, ValueError, OverflowError):
        return ODD
    return found
