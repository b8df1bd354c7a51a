"""A shared folder as a client: whole files in and out, for systems that know nothing else."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import secrets
import stat
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

from pawline.ports import Code, Malformed, PortError, Transient, Unauthorised, current_attempt

T = TypeVar("T")
MOST: Final = 64 << 20
"""Bytes of a file that is read; more is no export that anybody meant."""
LONGEST: Final = 120
AT_ONCE: Final = 32
"""Calls under way; more find a folder that hangs."""
PART: Final = ".part"
"""End of the name of a file that is being written; whoever lists passes over it."""


def safe_name(text: str) -> str:
    """A file name of anything: no way out of its folder, different texts differently, at most 120 characters."""
    name = quote(text, safe="").replace(".", "%2E")
    if len(name) <= LONGEST:
        return name
    return name[: LONGEST - 33] + "~" + hashlib.sha256(text.encode()).hexdigest()[:32]


class Folder:
    """Reads and writes below one folder. A file is there as a whole or not at all, also after a power cut.

    Each call ends within `timeout`, and before the attempt's settle-by: a folder on a network may hang. What was to be
    written and was not by then is not written later. Raises the four errors, never OSError.
    """

    def __init__(self, path: Path | str, *, timeout: timedelta = timedelta(seconds=10)) -> None:
        self.path: Final = Path(path)
        self._timeout = timeout.total_seconds()
        self._under_way: set[threading.Thread] = set()

    def __repr__(self) -> str:
        return f"Folder({str(self.path)!r})"

    async def drop(self, data: bytes, *where: str) -> None:
        """Writes a file under this name; one that is there is replaced."""
        until = time.monotonic() + self._seconds()
        await self._run(lambda: _drop(self.path.joinpath(*where), data, until))

    async def has(self, *where: str) -> bool:
        """Whether there is such a file. Raises where its folder is not there: then nobody knows."""
        target = self.path.joinpath(*where)
        return await self._run(lambda: target.name in _names(target.parent))

    async def read(self, *where: str) -> bytes:
        """The file. Raises Malformed(too_large) over 64 MB, (not_found) for a link to nothing, (bad_reply) for no file.

        One that is merely not there is Transient, as is a folder that is away.
        """
        return await self._run(lambda: _read(self.path.joinpath(*where)))

    async def names(self, *where: str, prefix: str, after: str = "") -> list[str]:
        """Names in a folder below that begin so and come after `after`, in order; unfinished ones left out.

        Each is text that a store keeps. Of a name that is not UTF-8 the odd bytes are written out; `read` says that it
        is Malformed.
        """
        folder = self.path.joinpath(*where)
        return await self._run(lambda: sorted(
            name for name in _names(folder)
            if name.startswith(prefix) and name > after and not name.endswith(PART)
        ))  # fmt: skip

    async def close(self) -> None:
        """Nothing is open between two calls."""

    def _seconds(self) -> float:
        try:
            left = (current_attempt().settle_by - datetime.now(UTC)).total_seconds()
        except LookupError:
            left = self._timeout
        if left <= 0:
            raise Transient(f"{self.path}: the time for it is over, nothing was done", Code.UNREACHABLE)
        return min(left, self._timeout)

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


def _names(folder: Path) -> list[str]:
    return [_told(one.name) for one in folder.iterdir()]


def _told(name: str) -> str:
    r"""A name as a store keeps it: bytes that are no UTF-8 are written out, as in `stock-\xe4.csv`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


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
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(target: Path) -> bytes:
    number = _open(target)
    try:
        _check_file(target, os.fstat(number))
        with open(number, "rb", closefd=False) as file:
            data = file.read(MOST + 1)
    finally:
        os.close(number)
    if len(data) > MOST:
        raise Malformed(f"{target.name} is over {MOST >> 20} MB", Code.TOO_LARGE)
    return data


def _open(target: Path) -> int:
    """A descriptor of it. Raises Malformed where no look will ever find a file: whoever looks must not wait for one."""
    try:
        _check_file(target, target.stat())  # before it is opened: a socket cannot be
        # A pipe of that name, put there since, would be waited for until somebody writes into it.
        return os.open(target, os.O_RDONLY | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        if target.is_symlink():
            raise Malformed(f"{target.name} is a link to nothing", Code.NOT_FOUND) from None
        if any(one.name != target.name == _told(one.name) for one in target.parent.iterdir()):
            raise Malformed(f"{target.name} is written in a name that is not UTF-8", Code.BAD_REPLY) from None
        raise  # it may be there again
    except OSError as problem:
        if problem.errno in (errno.ELOOP, errno.ENAMETOOLONG):
            raise Malformed(f"{target.name} is a link that leads to no file", Code.BAD_REPLY) from None
        raise


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
