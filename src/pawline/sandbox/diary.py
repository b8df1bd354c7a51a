"""What a sandbox was asked to do, in a file: killed and started again, it does it all once more, and is where it was.

An act is written down before it is done; so nothing that the vendors did is ever missing. What it did is decided by the
acts and their times alone. Moods (faults, manners, mishaps) are not written down, and an act that was to take effect
late is only once it did.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.ports import PortError
from pawline.sandbox.answers import Refused
from pawline.sandbox.ledger import FileLedger, MemoryLedger
from pawline.sandbox.vendors import Request

if TYPE_CHECKING:
    from pawline.sandbox.web import Desk

CALL, TOLD, LIFE = "call", "told", "life"
_encode: Final = msgspec.json.Encoder().encode


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """An act: when, which, and what it was given, in JSON."""

    at: float
    what: str
    given: msgspec.Raw = msgspec.Raw(b"null")


class Clock:
    """The vendors' clock: the system's, but while the past is done again its."""

    def __init__(self) -> None:
        self._held: float | None = None

    def __call__(self) -> float:
        return time.time() if self._held is None else self._held

    @contextmanager
    def held(self, at: float) -> Iterator[None]:
        """It is that time, for as long as the block lasts."""
        self._held = at
        try:
            yield
        finally:
            self._held = None


class Diary:
    """A file of acts, each handed to the system at once. The last one may be cut off: it was not done."""

    def __init__(self, path: Path, now: Clock) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_bytes().split(b"\n") if path.exists() else [b""]
        self.entries: Final = [msgspec.json.decode(line, type=Entry) for line in lines[:-1]]
        self._file = path.open("ab", buffering=0)
        if lines[-1]:  # the rest of a line that a death cut off
            self._file.truncate(sum(len(line) + 1 for line in lines[:-1]))
        self.now: Final = now

    def note(self, what: str, given: object = None) -> float:
        """Written down, and then done; at what time."""
        raw, at = given if isinstance(given, msgspec.Raw) else msgspec.Raw(_encode(given)), self.now()
        self._file.write(_encode(Entry(at, what, raw)) + b"\n")
        return at

    @contextmanager
    def doing(self, what: str, given: object) -> Iterator[None]:
        """The same around the act: it happens at the time that stands there, now as whenever it is done again."""
        with self.now.held(self.note(what, given)):
            yield

    def close(self) -> None:
        """What was written stays."""
        self._file.close()


def _again(desk: Desk, entry: Entry) -> None:
    if entry.what == CALL:
        desk.vendors.redo(msgspec.json.decode(entry.given, type=Request))
    else:
        desk.acts[entry.what](bytes(entry.given))


def recall(desk: Desk, diary: Diary, ledger: Path) -> FileLedger:
    """Does it all again, so that the desk and its vendors are where they were; the ledger that goes on from there.

    Effects that a death kept out of the ledger are in it afterwards. What nobody took yet is told again.
    """
    vendors, hooks, told = desk.vendors, desk.hooks, set[str]()
    vendors.books = MemoryLedger()
    hooks.silent = True
    for entry in diary.entries:
        with diary.now.held(entry.at):
            if entry.what == TOLD:
                told.add(msgspec.json.decode(entry.given, type=str))
            elif entry.what == LIFE:
                hooks.life = msgspec.json.decode(entry.given, type=str)
            else:
                with suppress(PortError, Refused):  # it was refused then, too
                    _again(desk, entry)
    hooks.silent = False
    if not diary.entries:
        diary.note(LIFE, hooks.life)
    book = FileLedger(ledger)
    for effect in vendors.books.read()[len(book.read()) :]:
        book.append(effect)
    vendors.books, vendors.noting, desk.diary = book, partial(diary.doing, CALL), diary
    hooks.taken = lambda message: diary.note(TOLD, message)
    hooks.tell_again([one for one in hooks.history if one.id not in told])
    return book
