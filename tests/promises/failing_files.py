"""A file layer that fails: under SQLite, in this process, at the system calls that it makes.

Nothing is compiled: SQLite's own layer hands out its table of system calls and its methods of a file, and ctypes puts
ours in their place. What was written and not yet synced is remembered, for a power cut keeps any part of it: of each
sector one of the states since the last sync. After a sync that failed its sectors stay so, as in a page cache that
marks them clean: a later sync that succeeds says nothing about them. The real disk is not synced: no process can tell.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import errno
import os
import random
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pawline.cli import main as pawline

SECTOR: Final = 512
CUT: Final = 75
"""What a process ends with when the power fails."""
FATAL: Final = ("write", "read", "sync", "truncate")
"""Faults after which nothing more can be promised."""
_IOERR_FSYNC: Final = 10 | 4 << 8
_POINTERS: Final = 21  # of sqlite3_vfs: three numbers and two addresses in five places, then functions
_OPEN, _SET, _GET = 5, 18, 19
_METHODS: Final = 19  # of sqlite3_io_methods: a version, then functions
_SYNC: Final = 5

_Write = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True
)
_Truncate = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int64, use_errno=True)
_Open = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_Set = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_Get = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)


def available() -> bool:
    """Whether this Python's SQLite is one whose layer can be reached: not if it is part of the interpreter itself."""
    return getattr(_sqlite3, "__file__", None) is not None


@dataclass
class Plan:
    """What goes wrong: at the how-manieth call of its kind (write, read, sync, truncate), once. `kind` 'cut': power.

    `full`: a disk without space from that write on, for so many that would make a file longer. `short`: the share of
    writes that write a part only, as they may at any time.
    """

    kind: str
    after: int
    full: int = 0
    short: float = 0.05


@dataclass
class _File:
    """What a power cut may take: by sector its states since the last sync, oldest first; and the length then."""

    path: str
    length: int
    sectors: dict[int, list[bytes]] = field(default_factory=dict)
    doomed: set[int] = field(default_factory=set)  # a sync of theirs failed


class FailingFiles:
    """The layer. `told` hears of each fault, in the thread that meets it, before SQLite does."""

    def __init__(self, plan: Plan, seed: int, told: Callable[[str], None]) -> None:
        self._plan, self._told, self._random = plan, told, random.Random(seed)
        self._calls = dict.fromkeys(FATAL, 0)
        self._files: dict[int, _File] = {}  # by inode
        self._lock = threading.RLock()  # the writer's thread and the loop's both come here
        self._kept: list[Any] = []  # what SQLite calls must not be collected
        self._methods: dict[int, Any] = {}

    def install(self) -> None:
        """From here on, for all of this process."""
        find = ctypes.CDLL(_sqlite3.__file__).sqlite3_vfs_find
        find.restype = ctypes.POINTER(ctypes.c_void_p * _POINTERS)
        vfs = find(None).contents
        self._replace_open(vfs)
        put, get, at = _Set(vfs[_SET]), _Get(vfs[_GET]), ctypes.addressof(vfs)
        for name, kind, make in (
            ("pwrite64", _Write, self._writes), ("pwrite", _Write, self._writes), ("pread64", _Write, self._reads),
            ("pread", _Write, self._reads), ("ftruncate", _Truncate, self._truncates),
        ):  # fmt: skip
            if address := get(at, name.encode()):
                ours = kind(make(kind(address)))
                self._kept.append(ours)
                assert put(at, name.encode(), ctypes.cast(ours, ctypes.c_void_p)) == 0

    def cut(self) -> None:
        """The power fails: of what was not synced any part stays, and nothing of this process does."""
        with self._lock:
            for file in self._files.values():
                try:
                    handle = os.open(file.path, os.O_RDWR)
                except FileNotFoundError:  # the journal of SQLite's first moments, before it writes a log
                    continue
                for sector, states in file.sectors.items():
                    if (kept := self._random.randrange(len(states) + 1)) < len(states):
                        os.pwrite(handle, states[kept], sector * SECTOR)
                if os.fstat(handle).st_size > file.length and self._random.random() < 0.5:
                    os.ftruncate(handle, file.length)
                os.close(handle)
            os._exit(CUT)

    def _strikes(self, kind: str) -> bool:
        """Whether this call is the one at which it happens."""
        self._calls[kind] += 1
        plan = self._plan
        if plan.kind == "cut" and sum(self._calls.values()) == plan.after:
            self._told("cut")
            self.cut()
        return plan.kind == kind and self._calls[kind] == plan.after

    def _writes(self, real: Any) -> Callable[[int, int, int, int], int]:
        def write(handle: int, data: int, size: int, at: int) -> int:
            with self._lock:
                file = self._file(handle)
                if self._has_no_space(file, handle, at + size):
                    return _failed(errno.ENOSPC)
                fails = self._strikes("write")
                if fails or self._random.random() < self._plan.short:
                    size = self._random.randrange(0 if fails else 1, size + 1)
                if file is not None:
                    self._remember(file, handle, at, size)
                wrote = int(real(handle, data, size, at))
                if fails:
                    self._told("write")
                    return _failed(errno.EIO)
                return wrote

        return write

    def _has_no_space(self, file: _File | None, handle: int, end: int) -> bool:
        plan = self._plan
        if plan.kind != "full" or file is None or end <= os.fstat(handle).st_size:
            return False
        self._calls["write"] += 1
        number = self._calls["write"] - plan.after
        if number == 0:
            self._told("full")
        return 0 <= number < plan.full

    def _reads(self, real: Any) -> Callable[[int, int, int, int], int]:
        def read(handle: int, data: int, size: int, at: int) -> int:
            with self._lock:
                if self._strikes("read"):
                    self._told("read")
                    return _failed(errno.EIO)
            return int(real(handle, data, size, at))

        return read

    def _truncates(self, real: Any) -> Callable[[int, int], int]:
        def truncate(handle: int, size: int) -> int:
            with self._lock:
                if self._strikes("truncate"):
                    self._told("truncate")
                    return _failed(errno.EIO)
                if (file := self._file(handle)) is not None:
                    file.length = min(file.length, size)
                    for gone in [one for one in file.sectors if (one + 1) * SECTOR > size]:
                        del file.sectors[gone]
            return int(real(handle, size))

        return truncate

    def _replace_open(self, vfs: Any) -> None:
        real = _Open(vfs[_OPEN])

        def opened(layer: int, name: int | None, file: int, flags: int, out: int) -> int:
            code = int(real(layer, name, file, flags, out))  # the name as an address: SQLite keeps it
            place = ctypes.c_void_p.from_address(file)
            if code == 0 and place.value and name:
                place.value = self._syncing(place.value, os.fsdecode(ctypes.string_at(name)))
            return code

        ours = _Open(opened)
        self._kept.append(ours)
        vfs[_OPEN] = ctypes.cast(ours, ctypes.c_void_p)

    def _syncing(self, methods: int, path: str) -> int:
        """A file's methods with our sync in place of the real one."""
        table = (ctypes.c_void_p * _METHODS)()
        ctypes.memmove(table, methods, ctypes.sizeof(table))

        def sync(file: int, flags: int) -> int:
            with self._lock:
                status = Path(path).stat()
                known = self._files.get(status.st_ino)
                if self._strikes("sync"):
                    self._told("sync")
                    if known is not None:
                        known.doomed.update(known.sectors)
                    return _IOERR_FSYNC
                if known is not None:
                    known.length = known.length if known.doomed else status.st_size
                    known.sectors = {one: known.sectors[one] for one in known.doomed}
                return 0

        ours = _Sync(sync)
        table[_SYNC] = ctypes.cast(ours, ctypes.c_void_p)
        self._kept += [ours, table]
        return ctypes.addressof(table)

    def _file(self, handle: int) -> _File | None:
        """None for the shared memory beside the store, which no power cut leaves anything of."""
        status = os.fstat(handle)
        file = self._files.get(status.st_ino)
        if file is None:
            path = str(Path(f"/proc/self/fd/{handle}").readlink())
            file = self._files[status.st_ino] = _File(path, status.st_size)
        return None if file.path.endswith("-shm") else file

    def _remember(self, file: _File, handle: int, at: int, size: int) -> None:
        first, end = at // SECTOR, (at + size + SECTOR - 1) // SECTOR
        there = os.pread(handle, (end - first) * SECTOR, first * SECTOR).ljust((end - first) * SECTOR, b"\0")
        for number, sector in enumerate(range(first, end)):
            file.doomed.discard(sector)  # it is dirty again
            file.sectors.setdefault(sector, []).append(there[number * SECTOR : (number + 1) * SECTOR])


def _failed(number: int) -> int:
    ctypes.set_errno(number)
    return -1


def main() -> None:
    """`pawline` with files that fail: KIND, at the how-manieth call, then its own words."""
    _, kind, after, *sys.argv[1:] = sys.argv
    layer = FailingFiles(Plan(kind, int(after)), 0, lambda _: None)
    layer.install()
    pawline()


if __name__ == "__main__":
    main()
