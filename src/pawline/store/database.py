"""What the writer needs of a database: one connection, one transaction at a time, rows in and rows out."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.store.statements import Statement

Row = tuple[Any, ...]
"""Parameters of a statement or columns of a result; which types they have stands in the SQL."""


class Fault(Enum):
    """What an error of the driver means for the batch."""

    ROW = auto()  # something in it cannot be stored: find the unit, store the others
    TAKEN = auto()  # a row of that key is there: the same, and the unit is in conflict
    REPEAT = auto()  # somebody else was faster: the same batch again
    FULL = auto()  # no space
    BROKEN = auto()  # the disk failed
    LOST = auto()  # the connection is gone


class Repeat(Exception):
    """Somebody else was faster and can be seen by now: the same batch again, in a new transaction."""


class Database(Protocol):
    """The writer's own connection. Used by one thread; reads of others go elsewhere."""

    statements: dict[str, Statement]

    def begin(self) -> None:
        """Opens the transaction of a batch."""

    def commit(self) -> None:
        """Returns when the transaction is on disk."""

    def rollback(self) -> None:
        """Never raises: what cannot be rolled back any more has been."""

    def savepoint(self) -> None:
        """Opens an attempt within the transaction; attempts nest."""

    def release(self) -> None:
        """Keeps the latest attempt."""

    def undo(self) -> None:
        """Undoes the latest attempt and ends it."""

    def many(self, name: str, rows: Sequence[Row]) -> int:
        """Runs a statement for all these rows at once; how many rows of the table it changed."""

    def decide(self, name: str, rows: Sequence[Row]) -> list[Row]:
        """Runs a statement for all these rows at once; what it returns."""

    def fetch(self, name: str, params: Row = ()) -> list[Row]:
        """Runs a statement with plain parameters; a list stands for `{among …}`."""

    def script(self, statements: Sequence[str]) -> None:
        """Runs statements that belong to no name: the schema and its migrations."""

    def table_exists(self, name: str) -> bool:
        """Whether the schema has been made."""

    def fault(self, error: Exception) -> Fault:
        """What this error means."""

    def reconnect(self) -> None:
        """Opens the connection anew after it was lost; raises what the driver raises."""

    def rest(self) -> None:
        """Called between transactions: time for what must not delay a commit."""

    def scrub(self) -> None:
        """At the next rest, removes what was overwritten from wherever the database keeps old pages."""

    def close(self) -> None:
        """Ends the connection; a second call does nothing."""


class Reader(Protocol):
    """Connections for reading what is committed."""

    async def fetch(self, name: str, params: Row = ()) -> list[Row]:
        """Runs a statement with plain parameters; a list stands for `{among …}`."""

    async def close(self) -> None:
        """Ends the connections."""
