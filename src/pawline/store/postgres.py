"""PostgreSQL as the writer's database: COPY for whole rows, arrays for everything else, a prepared statement each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg

from pawline.store.database import Fault
from pawline.store.errors import StoreError
from pawline.store.statements import fill, load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.store.database import Row
    from pawline.store.statements import Statement

_FAULTS = {
    "23505": Fault.TAKEN,  # unique_violation
    "25006": Fault.LOST,  # read_only_sql_transaction: this is a standby by now
    "40001": Fault.REPEAT,  # serialization_failure
    "40P01": Fault.REPEAT,  # deadlock_detected
    "53100": Fault.FULL,  # disk_full
    "55P03": Fault.REPEAT,  # lock_not_available
    "57P01": Fault.LOST,  # admin_shutdown
    "57P02": Fault.LOST,  # crash_shutdown
    "57P03": Fault.LOST,  # cannot_connect_now
    "58030": Fault.BROKEN,  # io_error
    "XX001": Fault.BROKEN,  # data_corrupted
    "XX002": Fault.BROKEN,  # index_corrupted
}
# A process that is stopped in the middle of a batch holds its lanes, even when its lease is over: the server ends that.
# Plans are made once, for tables of any size: all that the writer does goes by an index. A plan made while a table was
# empty would read all of it at each batch later on.
_SETTINGS = (
    "lock_timeout = '10s'", "idle_in_transaction_session_timeout = '5s'", "plan_cache_mode = force_generic_plan",
    "enable_seqscan = off", "jit = off",
)  # fmt: skip
# A new store's tables have no statistics until the server looks at them, about a minute later, and plans made without
# read all that is unfinished where they need one run. After so many batches of ours the server is told to look.
_ANALYSED = frozenset({16, 128, 1024})
_ANALYSE = b"analyze (skip_locked) event, fact, run, journal, wait, data_key, command, inquiry"
_NUMERIC = frozenset({"int2", "int4", "int8", "float8"})


class Texts:
    """Statements in PostgreSQL's words, for the writer and for readers."""

    def __init__(self) -> None:
        self.statements: dict[str, Statement] = load("postgres")
        self.of = {name: _text(statement).encode() for name, statement in self.statements.items()}


def _text(statement: Statement) -> str:
    arrays = ", ".join(f"?::{kind}[]" for kind in statement.types)
    text = fill(statement, f"unnest({arrays}) as {{alias}}({{columns}})", "")
    if text.startswith("insert") and "{append" in statement.text:
        return f"copy {statement.table} ({', '.join(statement.columns)}) from stdin (format binary)"
    numbers = iter(range(1, 100))
    return re.sub(r"\?", lambda _: f"${next(numbers)}", text)


def plain(params: Row) -> list[object]:
    """Parameters for the driver; a list of numbers as a literal, see `_array`."""
    return [
        _array(one, "text" if one and type(one[0]) is str else "int8") if type(one) is list else one for one in params
    ]


def _array(column: Sequence[object], kind: str) -> object:
    """A column as an array. Numbers as a literal: the driver would choose a type by size, and prepare for each anew."""
    if kind in _NUMERIC:
        return "{" + ",".join(map(str, column)).replace("None", "null") + "}"
    return list(column)


def check(db: psycopg.Connection[Row]) -> None:
    """Refuses a server that would not keep what it acknowledges, or that cannot write."""
    shown = db.execute(
        "select current_setting('fsync'), current_setting('synchronous_commit'), pg_is_in_recovery()"
    ).fetchone()
    fsync, synchronous, standby = shown or ("", "", True)
    if fsync != "on":
        raise StoreError("this PostgreSQL runs with fsync=off: it loses acknowledged commits at a power cut")
    if standby:
        raise StoreError("this PostgreSQL is a standby: decisions are made on the primary only")
    if synchronous in {"off", "local"}:
        db.execute("set synchronous_commit = on")


class Postgres:
    """One connection, used by one thread."""

    def __init__(self, url: str) -> None:
        self.texts = Texts()
        self.statements = self.texts.statements
        self._url = url
        self._depth = 0
        self._rests = 0
        self._name = "pawline"
        self._db = self._connect()

    def introduce(self, owner: int) -> None:
        """Says on the server who this is: whoever takes its lanes over ends its session by that name."""
        self._name = f"pawline owner {owner}"
        self._db.execute(f"set application_name = '{self._name}'".encode())

    def _connect(self) -> psycopg.Connection[Row]:
        db = psycopg.connect(self._url, autocommit=True, cursor_factory=psycopg.RawCursor, application_name=self._name)
        db.prepared_max = 200
        try:
            check(db)
            for setting in _SETTINGS:
                db.execute(f"set {setting}".encode())
        except BaseException:
            db.close()
            raise
        self._cursor = db.cursor(binary=True)
        return db

    def begin(self) -> None:
        self._depth = 0
        self._cursor.execute("begin")

    def commit(self) -> None:
        self._cursor.execute("commit")

    def rollback(self) -> None:
        try:
            if self._db.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
                self._cursor.execute("rollback")
        except psycopg.Error:
            pass  # the connection is gone, and the transaction with it

    def savepoint(self) -> None:
        self._depth += 1
        self._cursor.execute(f"savepoint s{self._depth}".encode())

    def release(self) -> None:
        self._cursor.execute(f"release s{self._depth}".encode())
        self._depth -= 1

    def undo(self) -> None:
        self._cursor.execute(f"rollback to s{self._depth}".encode())
        self.release()

    def many(self, name: str, rows: Sequence[Row]) -> int:
        if not rows:
            return 0
        text = self.texts.of[name]
        if text.startswith(b"copy"):
            with self._cursor.copy(text) as copy:
                copy.set_types(self.statements[name].types)
                for row in rows:
                    copy.write_row(row)
            return len(rows)
        return self._run(name, text, rows).rowcount

    def decide(self, name: str, rows: Sequence[Row]) -> list[Row]:
        return self._run(name, self.texts.of[name], rows).fetchall() if rows else []

    def _run(self, name: str, text: bytes, rows: Sequence[Row]) -> psycopg.Cursor[Row]:
        kinds = self.statements[name].types
        arrays = [_array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
        return self._cursor.execute(text, arrays, prepare=True)

    def fetch(self, name: str, params: Row = ()) -> list[Row]:
        cursor = self._cursor.execute(self.texts.of[name], plain(params), prepare=True)
        return cursor.fetchall() if cursor.description else []

    def script(self, statements: Sequence[str]) -> None:
        for statement in statements:
            self._cursor.execute(statement.encode())

    def table_exists(self, name: str) -> bool:
        row = self._cursor.execute("select to_regclass($1)::text", (name,)).fetchone()
        return row is not None and row[0] is not None

    def fault(self, error: Exception) -> Fault:
        return fault(error, self._db.broken)

    def reconnect(self) -> None:
        self._db.close()
        self._db = self._connect()

    def rest(self) -> None:
        """The server looks after its log, and soon after its statistics."""
        self._rests += 1
        if self._rests in _ANALYSED:
            self._cursor.execute(_ANALYSE)

    def scrub(self) -> None:
        """Nothing to do: old row versions go with the server's vacuum, and the key was wrapped."""

    def close(self) -> None:
        self._db.close()


def fault(error: Exception, lost: bool) -> Fault:
    """What an error of the driver means; `lost`: the connection was found broken."""
    if not isinstance(error, psycopg.Error):
        return Fault.ROW
    state = error.sqlstate or ""
    if state in _FAULTS:
        return _FAULTS[state]
    if lost or state.startswith("08") or (not state and isinstance(error, psycopg.OperationalError)):
        return Fault.LOST
    return Fault.ROW
