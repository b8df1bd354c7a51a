"""A shared folder as a place of files: for systems that know nothing else."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import stat
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

from pawline.kit.files import PART, Entry, Part, seconds_left, told, unreadable_name
from pawline.ports import Code, Malformed, PortError, Transient, Unauthorised

T = TypeVar("T")
AT_ONCE: Final = 32
"""Calls under way; more find a folder that hangs."""
NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""What file systems say that know no links, as those of other machines."""


class Folder:
    """`Files` below one folder of this machine, a mounted one too. What was written is there also after a power cut.

    Each call ends within `timeout`: a folder on a network may hang.
    """

    def __init__(self, path: Path | str, *, timeout: timedelta = timedelta(seconds=10)) -> None:
        self.path: Final = Path(path)
        self._timeout = timeout.total_seconds()
        self._under_way: set[threading.Thread] = set()

    def __repr__(self) -> str:
        return f"Folder({str(self.path)!r})"

    async def drop(self, data: bytes, *where: str) -> None:
        until = time.monotonic() + self._seconds()
        await self._run(lambda: _drop(self.path.joinpath(*where), data, until))

    async def has(self, *where: str) -> bool:
        target = self.path.joinpath(*where)
        return await self._run(lambda: _has(target))

    async def part(self, begin: int, most: int, *where: str) -> Part:
        return await self._run(lambda: _part(self.path.joinpath(*where), begin, most))

    async def entries(self, *where: str) -> list[Entry]:
        return await self._run(lambda: _entries(self.path.joinpath(*where)))

    async def move(self, source: tuple[str, ...], target: tuple[str, ...]) -> None:
        await self._run(lambda: _move(self.path.joinpath(*source), self.path.joinpath(*target)))

    async def remove(self, *where: str) -> None:
        await self._run(lambda: _remove(self.path.joinpath(*where)))

    async def close(self) -> None:
        """Nothing is open between two calls."""

    def _seconds(self) -> float:
        return seconds_left(str(self.path), self._timeout)

    async def _run(self, work: Callable[[], T]) -> T:
        """In a thread of its own: one that hangs takes no worker from anybody, and keeps no process from ending."""
        seconds = self._seconds()
        if len(self._under_way) >= AT_ONCE:
            raise Transient(f"{self.path} does not answer: {AT_ONCE} calls hang", Code.TIMED_OUT)
        answer = asyncio.wrap_future(made := Future[T]())
        thread = threading.Thread(target=_answer, args=(made, work, self._under_way), daemon=True)
        self._under_way.add(thread)
        thread.start()
        try:
            async with asyncio.timeout(seconds):  # `wait_for` of 3.11 may swallow a cancellation: a hub would never end
                return await answer
        except TimeoutError:
            raise Transient(f"{self.path} does not answer", Code.TIMED_OUT) from None
        except OSError as problem:
            raise _meant(self.path, problem) from problem


def _answer(made: Future[T], work: Callable[[], T], under_way: set[threading.Thread]) -> None:
    try:
        if made.set_running_or_notify_cancel():
            made.set_result(work())
    except BaseException as problem:  # noqa: BLE001 - whoever waits raises it
        made.set_exception(problem)
    finally:
        under_way.discard(threading.current_thread())


def _has(target: Path) -> bool:
    try:
        target.lstat()
    except FileNotFoundError:
        if not stat.S_ISDIR(target.parent.stat().st_mode):
            raise NotADirectoryError(str(target.parent)) from None
        return False
    return True


def _told(name: str) -> str:
    return told(os.fsencode(name))


def _entries(folder: Path) -> list[Entry]:
    with os.scandir(folder) as found:
        names = [one.name for one in found if not one.name.startswith(".") and not one.name.endswith(PART)]
    made = (_entry(folder / name) for name in sorted(names))
    return [one for one in made if one is not None]


def _entry(target: Path) -> Entry | None:
    """None for one that was taken away meanwhile."""
    name = _told(target.name)
    try:
        bare = target.lstat()
    except FileNotFoundError:
        return None
    if (problem := unreadable_name(os.fsencode(target.name))) is not None:
        return Entry(name, bare.st_size, bare.st_mtime, problem)
    if stat.S_ISREG(bare.st_mode):
        return Entry(name, bare.st_size, bare.st_mtime)
    try:
        found = target.stat()
        _check_file(target, found)
    except Malformed as wrong:
        return Entry(name, bare.st_size, bare.st_mtime, wrong)
    except OSError as wrong:
        if (lost := _lost(target, wrong)) is not None:
            return Entry(name, bare.st_size, bare.st_mtime, lost)
        if isinstance(wrong, FileNotFoundError):
            return None
        raise
    return Entry(name, found.st_size, found.st_mtime)


def _drop(target: Path, data: bytes, until: float) -> None:
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}{PART}")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if time.monotonic() >= until:
            raise TimeoutError
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync(target.parent)


def _part(target: Path, begin: int, most: int) -> Part:
    number = _open(target)
    try:
        _check_file(target, os.fstat(number))
        with open(number, "rb", closefd=False) as file:
            file.seek(begin)
            data = file.read(most)
        found = os.fstat(number)  # afterwards: who writes meanwhile is seen
        return Part(data, found.st_size, found.st_mtime)
    finally:
        os.close(number)


def _open(target: Path) -> int:
    """A descriptor of it. Raises Malformed where no look will ever find a file: whoever looks must not wait for one."""
    try:
        _check_file(target, target.stat())  # before it is opened: a socket cannot be
        # A pipe of that name, put there since, would be waited for until somebody writes into it.
        return os.open(target, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as problem:
        if (lost := _lost(target, problem)) is None:
            raise  # it may be there again
        raise lost from None


def _lost(target: Path, problem: OSError) -> Malformed | None:
    """What no waiting mends."""
    if isinstance(problem, (FileNotFoundError, NotADirectoryError)):
        return Malformed(f"{target.name} is a link to nothing", Code.NOT_FOUND) if target.is_symlink() else None
    if problem.errno in (errno.ELOOP, errno.ENAMETOOLONG):
        return Malformed(f"{target.name} is a link that leads to no file", Code.BAD_REPLY)
    return None


def _move(source: Path, target: Path) -> None:
    try:
        os.link(source, target)  # unlike a rename, it never takes the place of another file
        source.unlink()
    except FileExistsError:
        raise Malformed(f"{target.name} is there already", Code.CONFLICT) from None
    except OSError as problem:
        if problem.errno not in NO_LINKS:
            raise
        if target.exists():
            raise Malformed(f"{target.name} is there already", Code.CONFLICT) from None
        source.rename(target)
    for folder in {source.parent, target.parent}:
        _sync(folder)


def _remove(target: Path) -> None:
    target.unlink(missing_ok=True)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _check_file(target: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Malformed(f"{target.name} is no file", Code.BAD_REPLY)


def _meant(path: Path, problem: OSError) -> PortError:
    if isinstance(problem, PermissionError):
        return Unauthorised(
            f"{path}: this user may not: give the hub the right to read and write there", Code.FORBIDDEN
        )
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return Transient(f"{path}: no space is left there", Code.UNAVAILABLE)
    if isinstance(problem, (FileNotFoundError, NotADirectoryError)):
        return Transient(
            f"{path} is not there, or not as it should be: mount it, or correct the setting", Code.UNREACHABLE
        )
    return Transient(f"{path}: {errno.errorcode.get(problem.errno or 0, type(problem).__name__)}", Code.UNAVAILABLE)
