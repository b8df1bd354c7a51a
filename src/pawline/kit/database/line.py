"""What each database's driver is to us: a line that is opened, read by the piece, and broken off from outside."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from pawline.kit.database.address import Address
from pawline.kit.guard import Blocked, Guard
from pawline.kit.secret import Secret
from pawline.ports import Code, Malformed, Transient, Unauthorised

PIECE: Final = 500
"""Rows that a driver hands over at a time."""
FIRST: Final = 10
"""Rows of the first piece, which shows how large they are."""
BUDGET: Final = 32 << 20
"""Bytes of text of a page; it ends before its end there."""
OPENING: Final = 10.0
"""Seconds in which a line is opened."""
PORTS: Final = {"postgresql": frozenset({5432, 6432}), "mysql": frozenset({3306})}
"""Where databases are spoken to on the public network; 6432 is PgBouncer's."""
Given = Mapping[str, object]


class Odd(NamedTuple):
    """In place of a value that its driver cannot read: why."""

    why: str


ODD: Final = Odd("is a time that there is not")


NO_TEXT: Final = Odd("is not UTF-8")


class Table(NamedTuple):
    """Rows and the names of their columns. `cut`: they were so large that not all that were asked for are here."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    cut: bool = False


class Access(NamedTuple):
    """What a line is opened with. `seconds` is how long a query may take."""

    address: Address
    password: Secret | None
    guard: Guard
    tls: bool
    ca: str
    seconds: float


class Line(Protocol):
    """An open connection, used by one thread; `stop` alone may be called from another one.

    Each method raises the driver's own errors. What they mean says `problem` of its module, never with a value, a
    password or an address; None of what its driver does not raise.
    """

    def read(self, query: str, given: Given, most: int) -> Table:
        """At most so many rows, in a transaction of its own that only reads."""
        ...

    def searches(self, query: str, given: Given) -> bool | None:
        """Whether an index narrows the query down, as far as its plan shows; None where that cannot be told."""
        ...

    def now(self) -> datetime | None:
        """The time by its clock; None where that is ours."""
        ...

    def stop(self) -> None:
        """Whatever runs ends with an error, soon."""
        ...

    def close(self) -> None:
        """The end."""
        ...


class Cursor(Protocol):
    """What the drivers' cursors have in common."""

    @property
    def description(self) -> Any: ...  # noqa: ANN401 - each driver's own  # noqa: D102
    def fetchmany(self, size: int = ..., /) -> Sequence[Any]: ...


def table(cursor: Cursor, most: int) -> Table:
    """The rows of a cursor, piece by piece."""
    columns = tuple(str(one[0]) for one in cursor.description or ())
    rows, size = list[tuple[object, ...]](), 0
    while len(rows) < most and (piece := cursor.fetchmany(min(_piece(len(rows), size), most - len(rows)))):
        for row in piece:
            rows.append(tuple(row))
            size += sum(len(one) for one in row if isinstance(one, str | bytes))
            if size > BUDGET:
                return Table(columns, rows, cut=True)
    return Table(columns, rows)


def _piece(rows: int, size: int) -> int:
    """So many that they are hardly more than a quarter of the budget, if they are as the others were."""
    return max(1, min(PIECE, BUDGET // 4 * rows // max(1, size))) if rows else FIRST


def permitted(access: Access) -> list[tuple[Any, ...]]:
    """The host's addresses that may be reached, looked up once. Raises Transient, Malformed if none of them may."""
    address = access.address
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError:
        raise Transient("the database's name is not known", Code.UNREACHABLE) from None
    allowed = [
        info for info in found
        if access.guard.permits(str(info[4][0]), address.port, plain=not access.tls, ports=PORTS[address.engine])
    ]  # fmt: skip
    if not allowed:
        raise Malformed(
            "the database is on a private network, or is spoken to without TLS, or its port is none of its kind's:"
            " see `allow_networks`"
        )
    return allowed


def reached(access: Access) -> socket.socket:
    """A connected socket to one of those addresses. Raises Transient."""
    for info in permitted(access):
        try:
            made = access.guard.open(info, plain=not access.tls, ports=PORTS[access.address.engine])
        except Blocked:
            continue
        made.settimeout(OPENING)
        try:
            made.connect(info[4])
        except OSError:
            made.close()
            continue
        return made
    raise unreachable()


def unreachable() -> Transient:
    """Nobody answers."""
    return Transient("the database cannot be reached", Code.UNREACHABLE)


def lost() -> Transient:
    """Somebody did, and does not any more."""
    return Transient("the line to the database broke", Code.DISCONNECTED)


def too_long() -> Transient:
    """It took longer than it may."""
    return Transient(
        "the query took longer than `timeout`: an index on its watermark and key may be what it needs", Code.TIMED_OUT
    )


def locked_out(user: str) -> Unauthorised:
    """Who is not let in."""
    return Unauthorised(f"the database does not let {user} in: is `password` right, and the database's name?")


def forbidden(user: str) -> Unauthorised:
    """Who is let in, and may not read that."""
    return Unauthorised(f"{user} may not read what the query reads: grant it SELECT, and nothing more", Code.FORBIDDEN)


def does_not_run(why: str) -> Unauthorised:
    """A query that a person has to mend: a look after the other will not."""
    return Unauthorised(f"the query does not run: {' '.join(why.split())[:300]}", Code.FORBIDDEN)


def fails_on_a_row(code: object) -> Malformed:
    """The text of such an error may have the row's own values in it."""
    return Malformed(f"the query fails on a row of its data (error {code}): a cast or a division in it may")


def writes() -> Unauthorised:
    """What the database itself refused."""
    return Unauthorised("the query writes, and this account only reads", Code.FORBIDDEN)


def no_driver(package: str, extra: str) -> Malformed:
    """What to install."""
    return Malformed(f"{package} is not installed, by which that database is read: pip install 'pawline[{extra}]'")


def until(seconds: float) -> Callable[[], bool]:
    """Whether so much time is over."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def check_ca(path: str) -> None:
    """Raises ValueError for a file of certificates that is not there."""
    if path and not (Path(path).is_absolute() and Path(path).is_file()):
        raise ValueError("`ca` is the absolute path of a file of certificates (PEM)")
