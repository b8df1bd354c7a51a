"""A place of files, on a disk or behind SFTP: written whole or not at all, read in parts."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol
from urllib.parse import quote

from pawline.ports import ATTEMPT, Code, Malformed, Transient

LONGEST: Final = 120
PART: Final = ".part"
"""End of the name of a file that is being written; whoever lists passes over it."""


class Entry(NamedTuple):
    """A name in a folder: bytes, and when it was changed (epoch seconds) by the clock of its place.

    `problem` is why no look will ever read it: it is no file, a link to nothing, or its name is no text.
    """

    name: str
    size: int
    changed: float
    problem: Malformed | None = None


class Part(NamedTuple):
    """Bytes of a file, and the size and time of the very file that they were read from."""

    data: bytes
    size: int
    changed: float


class Files(Protocol):
    """Where files are. `where` is a path below it, given by segments; none of them leads out of it.

    Each call ends within its time, and before the attempt's settle-by. Raises the four errors and nothing else: what
    is merely not there is Transient, as is a place that is away.
    """

    async def drop(self, data: bytes, *where: str) -> None:
        """Writes a file under this name; one that is there is replaced. Not written in time, it is not written later.

        Where the answer is lost, nobody knows: Transient(timed_out, disconnected).
        """
        ...

    async def has(self, *where: str) -> bool:
        """Whether there is such a file. Raises where its folder is not there: then nobody knows."""
        ...

    async def part(self, begin: int, most: int, *where: str) -> Part:
        """At most so many bytes from there on; fewer only at the end. Malformed for what is no file."""
        ...

    async def entries(self, *where: str) -> list[Entry]:
        """What is in a folder, by name; unfinished files and folders whose name begins with a dot are left out."""
        ...

    async def move(self, source: tuple[str, ...], target: tuple[str, ...]) -> None:
        """Renames a file. Malformed(conflict) where there is one already: nothing is written over."""
        ...

    async def remove(self, *where: str) -> None:
        """Takes a file away; one that is not there is away already. Raises where its folder is not there."""
        ...

    async def close(self) -> None:
        """Whatever is open is closed."""
        ...


def safe_name(text: str) -> str:
    """A file name of anything: no way out of its folder, different texts differently, at most 120 characters."""
    name = quote(text, safe="").replace(".", "%2E")
    if len(name) <= LONGEST:
        return name
    return name[: LONGEST - 33] + "~" + hashlib.sha256(text.encode()).hexdigest()[:32]


def seconds_left(place: str, timeout: float) -> float:
    """Seconds that a call has: its time-out, or those until the attempt's settle-by. Raises Transient for none."""
    made = ATTEMPT.get(None)
    until = None if made is None else made().settle_by
    left = timeout if until is None else (until - datetime.now(UTC)).total_seconds()
    if left <= 0:
        raise Transient(f"{place}: the time for it is over, nothing was done", Code.UNREACHABLE)
    return min(left, timeout)


def told(name: bytes) -> str:
    r"""A name as a store keeps it: bytes that are no UTF-8 are written out, as in `stock-\xe4.csv`."""
    return name.decode("utf-8", "backslashreplace")


def unreadable_name(name: bytes) -> Malformed | None:
    """Why a file of this name cannot be asked for by what `told` makes of it; None if it can."""
    if told(name).encode() == name:
        return None
    return Malformed(f"{told(name)} is written in a name that is not UTF-8", Code.BAD_REPLY)
