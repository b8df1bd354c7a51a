"""What only a folder of this machine can do wrong: disks that are full, mounts that hang, entries that are no files."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.kit import Folder, safe_name
from pawline.kit import folder as module
from pawline.ports import Attempt, Code, Malformed, PortError, Transient, Unauthorised, attempting


def there(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


async def raised(call: Any) -> PortError:
    with pytest.raises(PortError) as error:
        await call
    return error.value


@pytest.mark.parametrize(
    ("number", "error", "code"),
    [
        (errno.ENOSPC, Transient, Code.UNAVAILABLE),
        (errno.EDQUOT, Transient, Code.UNAVAILABLE),
        (errno.EIO, Transient, Code.UNAVAILABLE),
        (errno.EACCES, Unauthorised, Code.FORBIDDEN),
        (errno.ENOENT, Transient, Code.UNREACHABLE),
    ],
)
async def test_what_fails_while_writing_leaves_nothing(
    number: int, error: type[PortError], code: Code, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fails)
    problem = await raised(Folder(tmp_path).drop(b"one", "order-1.csv"))
    assert (type(problem), problem.code) == (error, code)
    assert there(tmp_path) == []


async def test_a_folder_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    gone = Folder(tmp_path / "gone")
    for call in (gone.drop(b"", "a"), gone.part(0, 9, "a"), gone.entries(), gone.has("a")):
        problem = await raised(call)
        assert (type(problem), problem.code) == (Transient, Code.UNREACHABLE)
        assert "gone is not there, or not as it should be: mount it, or correct the setting" in problem.text


async def test_what_is_not_written_in_time_is_not_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network folder hangs while it syncs: when it comes back, the time is over and the file is not put there."""
    loop, hangs, released = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    sync = os.fsync

    def slow(number: int) -> None:
        loop.call_soon_threadsafe(hangs.set)
        released.wait(10)
        sync(number)

    monkeypatch.setattr(os, "fsync", slow)
    folder = Folder(tmp_path, timeout=timedelta(seconds=0.05))
    call = asyncio.create_task(folder.drop(b"one", "order-1.csv"))
    await hangs.wait()
    problem = await raised(call)
    assert (type(problem), problem.code) == (Transient, Code.TIMED_OUT)
    released.set()
    while there(tmp_path):  # noqa: ASYNC110 - the thread takes its part away
        await asyncio.sleep(0.01)
    assert not await folder.has("order-1.csv")


async def test_nothing_is_begun_once_the_attempts_time_is_over(tmp_path: Path) -> None:
    over = Attempt("k", 1, datetime.now(UTC) - timedelta(seconds=1), "shop", "erp/eu")
    with attempting(over):
        problem = await raised(Folder(tmp_path).drop(b"one", "a"))
    assert (type(problem), problem.code, there(tmp_path)) == (Transient, Code.UNREACHABLE, [])


@given(st.text(max_size=300))
def test_a_safe_name_has_no_way_out_of_its_folder(text: str) -> None:
    try:
        name = safe_name(text)
    except UnicodeEncodeError:
        return
    assert len(name) <= 120
    assert not set(name) & set("/\\\0. ")
    assert name.isascii()


def test_different_texts_have_different_names() -> None:
    texts = ["a/b", "a%2Fb", "..", ".", "", "x" * 200, "x" * 201, "ä" * 60, "ä" * 61]
    assert len({safe_name(text) for text in texts}) == len(texts)


async def test_a_folder_that_hangs_takes_no_worker_from_anybody_and_says_so_at_once(tmp_path: Path) -> None:
    released = threading.Event()
    folder = Folder(tmp_path, timeout=timedelta(seconds=0.05))
    try:
        hung = await asyncio.gather(
            *[folder._run(released.wait) for _ in range(module.AT_ONCE)], return_exceptions=True
        )
        assert {type(one) for one in hung} == {Transient}
        assert await asyncio.wait_for(asyncio.to_thread(lambda: 7), 5) == 7
        with pytest.raises(Transient, match=f"{module.AT_ONCE} calls hang"):
            await folder.entries()
    finally:
        released.set()
    while folder._under_way:  # noqa: ASYNC110 - threads
        await asyncio.sleep(0.01)
    assert await folder.entries() == []


async def test_a_pipe_is_no_file_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "stock-1.csv")
    with pytest.raises(Malformed, match=r"^stock-1\.csv is no file$"):
        await Folder(tmp_path).part(0, 9, "stock-1.csv")


def _socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(place))


def _write(place: bytes) -> None:
    Path(os.fsdecode(place)).write_bytes(b"x")


NO_FILE, NOWHERE, NOTHING = "is no file", "is a link that leads to no file", "is a link to nothing"
ODD: dict[str, tuple[Callable[[Path], object], Code, str]] = {
    "a directory": (Path.mkdir, Code.BAD_REPLY, NO_FILE),
    "a socket": (_socket, Code.BAD_REPLY, NO_FILE),
    "a link to a directory": (lambda place: place.symlink_to(place.parent), Code.BAD_REPLY, NO_FILE),
    "a link to itself": (lambda place: place.symlink_to(place.name), Code.BAD_REPLY, NOWHERE),
    "a link to too long a name": (lambda place: place.symlink_to("x" * 300), Code.BAD_REPLY, NOWHERE),
    "a link to nothing": (lambda place: place.symlink_to("/nowhere/at/all"), Code.NOT_FOUND, NOTHING),
    "a link through a file": (lambda place: place.symlink_to("/etc/hosts/x"), Code.NOT_FOUND, NOTHING),
}


@pytest.mark.parametrize("odd", ODD)
async def test_an_entry_that_is_no_file_is_malformed_each_time_and_leaves_nothing_open(
    odd: str, tmp_path: Path
) -> None:
    make, code, says = ODD[odd]
    make(tmp_path / "stock-1.csv")
    folder = Folder(tmp_path)
    (entry,) = await folder.entries()
    assert (entry.name, str(entry.problem)) == ("stock-1.csv", f"stock-1.csv {says}")
    before = there(Path("/proc/self/fd"))
    for _ in range(3):
        problem = await raised(folder.part(0, 9, "stock-1.csv"))
        assert (type(problem), problem.code, problem.text) == (Malformed, code, f"stock-1.csv {says}")
    assert there(Path("/proc/self/fd")) == before


@pytest.mark.parametrize("turns", range(8))
async def test_a_cancellation_that_meets_the_answer_is_none_the_less(tmp_path: Path, turns: int) -> None:
    """Who watches a folder is ended by one: swallowed, its hub would never end."""
    folder, released = Folder(tmp_path), threading.Event()
    task = asyncio.ensure_future(folder._run(released.wait))
    while not folder._under_way:  # noqa: ASYNC110 - until it has begun
        await asyncio.sleep(0)
    released.set()
    for thread in list(folder._under_way):
        thread.join()  # the answer is on its way to the loop, and has not come
    for _ in range(turns):
        await asyncio.sleep(0)
    asked = task.cancel()
    await asyncio.wait([task])
    assert task.cancelled() == asked
