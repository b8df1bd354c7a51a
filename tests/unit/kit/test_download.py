"""A file at another place: only of a host that is known, whole or not at all, and going on where it was."""

from __future__ import annotations

import stat
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pawline.kit import Download, Guard
from pawline.ports import Code, Malformed, PortError, Rejected, Transient
from pawline.testing.counter import LOOPBACK, Counter, Request, counter

WHOLE = b"".join(b'{"no": %d}\n' % no for no in range(20_000))


class Files:
    """A server of one file. `cut` is after how many bytes it falls silent, once."""

    def __init__(self, cut: int | None = None, status: int = 200, ranges: bool = True) -> None:
        self.cut, self.status, self.ranges = cut, status, ranges
        self.asked: list[tuple[str, str | None]] = []

    async def answer(self, request: Request) -> bytes | None:
        said = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append((request.target, said.get("range")))
        assert "authorization" not in said
        assert "cookie" not in said
        if self.status != 200:
            return f"HTTP/1.1 {self.status} No\r\nlocation: http://127.0.0.1:9/x\r\ncontent-length: 0\r\n\r\n".encode()
        begin = int(said.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-")) if self.ranges else 0
        if begin and begin >= len(WHOLE):
            return b"HTTP/1.1 416 No\r\ncontent-length: 0\r\n\r\n"
        body, cut = WHOLE[begin:], self.cut
        self.cut = None
        head = f"HTTP/1.1 {206 if begin else 200} OK\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        return head.encode() + (body if cut is None else body[:cut])


async def fetched(
    files: Files, to: Path, size: int = len(WHOLE), guard: Guard = LOOPBACK, origin: str = "{url}"
) -> None:
    async with counter(Counter()) as served:
        served.answer = files.answer
        url = f"http://127.0.0.1:{served.port}"
        patience = timedelta(seconds=10 if files.cut is None else 0.3)
        await Download([origin.format(url=url)], guard, patience).get(
            f"{url}/a%2Fb?Signature=x%3D%3D&Expires=1", to, size
        )


async def refused(work: Callable[[], Awaitable[None]]) -> PortError:
    with pytest.raises(PortError) as caught:
        await work()
    return caught.value


async def test_it_comes_whole_by_its_address_as_it_was_said_and_for_nobody_else(tmp_path: Path) -> None:
    files, to = Files(), tmp_path / "file"
    await fetched(files, to)
    assert to.read_bytes() == WHOLE
    assert files.asked == [("/a%2Fb?Signature=x%3D%3D&Expires=1", None)]
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    await fetched(files, to)  # again: it is whole
    assert (to.read_bytes(), files.asked[1:]) == (WHOLE, [(files.asked[0][0], f"bytes={len(WHOLE)}-")])


@pytest.mark.parametrize("ranges", [True, False])
async def test_what_broke_off_goes_on_where_it_was(tmp_path: Path, ranges: bool) -> None:
    files, to = Files(cut=100_000, ranges=ranges), tmp_path / "file"
    problem = await refused(lambda: fetched(files, to))
    assert (type(problem), problem.code) == (Transient, Code.DISCONNECTED)
    there = to.stat().st_size
    assert 0 < there <= 100_000
    await fetched(files, to)
    assert to.read_bytes() == WHOLE
    assert files.asked[1][1] == f"bytes={there}-"


async def test_a_file_of_another_size_is_not_taken_for_whole(tmp_path: Path) -> None:
    problem = await refused(lambda: fetched(Files(), tmp_path / "file", size=len(WHOLE) + 1))
    assert (type(problem), problem.text) == (Transient, f"{len(WHOLE)} of {len(WHOLE) + 1} bytes of the file are there")


@pytest.mark.parametrize("origin", ["https://storage.googleapis.com", "{url}0", "http://127.0.0.1"])
async def test_no_other_host_is_asked(tmp_path: Path, origin: str) -> None:
    files = Files()
    problem = await refused(lambda: fetched(files, tmp_path / "file", origin=origin))
    assert (type(problem), problem.code) == (Malformed, Code.NOT_ALLOWED)
    assert (files.asked, (tmp_path / "file").exists()) == ([], False)


async def test_no_private_network_is_reached_by_a_name_that_is_known(tmp_path: Path) -> None:
    files = Files()
    problem = await refused(lambda: fetched(files, tmp_path / "file", guard=Guard()))
    assert (type(problem), problem.code, files.asked) == (Malformed, Code.NOT_ALLOWED, [])


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (403, Rejected, Code.GONE), (302, Malformed, None), (503, Transient, Code.UNAVAILABLE),
        (429, Transient, Code.UNAVAILABLE),
    ],
)  # fmt: skip
async def test_what_is_not_given(tmp_path: Path, status: int, kind: type[PortError], code: Code | None) -> None:
    problem = await refused(lambda: fetched(Files(status=status), tmp_path / "file"))
    assert type(problem) is kind
    assert code is None or problem.code is code
