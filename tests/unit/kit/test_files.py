"""A place of files keeps the same promises on a disk and behind SFTP, whoever made the server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from pawline.kit import Entry, Files, Folder, Guard, Secret
from pawline.kit.sftp import Sftp
from pawline.ports import Attempt, Code, Malformed, PortError, Transient, attempting
from tests.unit.kit.sftp_servers import PASSWORD, USER, Server, of_asyncssh, of_paramiko

LOOPBACK = Guard(["127.0.0.0/8"])


class Place(NamedTuple):
    """A place of files, and where its files really are."""

    files: Files
    root: Path


def sftp(server: Server, root: str = "/", **more: object) -> Sftp:
    given: dict[str, object] = {
        "host_keys": frozenset({server.fingerprint}), "password": Secret(PASSWORD), "guard": LOOPBACK,
    }  # fmt: skip
    return Sftp("127.0.0.1", server.port, USER, root, **(given | more))  # type: ignore[arg-type]


@asynccontextmanager
async def placed(kind: str, root: Path) -> AsyncIterator[Place]:
    for name in ("in", "out"):
        (root / name).mkdir()
    async with AsyncExitStack() as stack:
        if kind == "folder":
            files: Files = Folder(root)
        elif kind == "asyncssh":
            files = sftp(await stack.enter_async_context(of_asyncssh(root)))
        else:
            files = sftp(stack.enter_context(of_paramiko(root)))
        yield Place(files, root)
        await files.close()


everywhere = pytest.mark.parametrize("kind", ["folder", "asyncssh", "paramiko"])


async def raised(call: object) -> PortError:
    with pytest.raises(PortError) as error:
        await call  # type: ignore[misc]
    return error.value


@everywhere
async def test_a_file_is_dropped_listed_read_in_parts_and_replaced(kind: str, tmp_path: Path) -> None:
    async with placed(kind, tmp_path) as place:
        files, inbox = place.files, place.root / "in"
        await files.drop(b"one", "in", "order-1.csv")
        await files.drop(b"twice as much", "in", "order-1.csv")
        await files.drop(b"x" * 300_000, "in", "order-2.csv")
        (inbox / "order-3.csv.part").write_bytes(b"half")
        (inbox / ".hidden").write_bytes(b"")
        os.utime(inbox / "order-1.csv", (1_700_000_000, 1_700_000_000))
        os.utime(inbox / "order-2.csv", (1_700_000_001, 1_700_000_001))
        assert await files.entries("in") == [
            Entry("order-1.csv", 13, 1_700_000_000.0), Entry("order-2.csv", 300_000, 1_700_000_001.0)
        ]  # fmt: skip
        assert await files.part(0, 99, "in", "order-1.csv") == (b"twice as much", 13, 1_700_000_000.0)
        assert await files.part(6, 2, "in", "order-1.csv") == (b"as", 13, 1_700_000_000.0)
        assert await files.part(13, 9, "in", "order-1.csv") == (b"", 13, 1_700_000_000.0)
        assert len((await files.part(0, 262_144, "in", "order-2.csv")).data) == 262_144
        assert [await files.has("in", name) for name in ("order-2.csv", "order-9.csv")] == [True, False]
        assert sorted(one.name for one in inbox.iterdir()) == [
            ".hidden",
            "order-1.csv",
            "order-2.csv",
            "order-3.csv.part",
        ]


@everywhere
async def test_a_file_is_moved_and_never_takes_the_place_of_another(kind: str, tmp_path: Path) -> None:
    async with placed(kind, tmp_path) as place:
        await place.files.drop(b"one", "in", "a.csv")
        await place.files.move(("in", "a.csv"), ("out", "b.csv"))
        await place.files.drop(b"two", "in", "a.csv")
        problem = await raised(place.files.move(("in", "a.csv"), ("out", "b.csv")))
        assert (type(problem), problem.code, problem.text) == (Malformed, Code.CONFLICT, "b.csv is there already")
        assert [(place.root / "out" / "b.csv").read_bytes(), (place.root / "in" / "a.csv").read_bytes()] == [
            b"one",
            b"two",
        ]


@everywhere
async def test_a_file_is_taken_away_and_one_that_is_away_is_no_error(kind: str, tmp_path: Path) -> None:
    async with placed(kind, tmp_path) as place:
        for name in ("a.csv", "b.csv"):
            await place.files.drop(b"one", "in", name)
        for _ in range(2):
            await place.files.remove("in", "a.csv")
            assert [one.name for one in (place.root / "in").iterdir()] == ["b.csv"]


@everywhere
async def test_what_is_merely_not_there_is_transient_and_says_so(kind: str, tmp_path: Path) -> None:
    async with placed(kind, tmp_path) as place:
        files = place.files
        for call in (
            files.entries("gone"), files.has("gone", "a"), files.drop(b"", "gone", "a"), files.part(0, 9, "in", "a"),
            files.move(("in", "a"), ("out", "a")), files.remove("gone", "a"),
        ):  # fmt: skip
            problem = await raised(call)
            assert (type(problem), problem.code) == (Transient, Code.UNREACHABLE), problem
        assert list((place.root / "in").iterdir()) == []


@everywhere
async def test_an_entry_that_is_no_file_is_told_and_never_read(kind: str, tmp_path: Path) -> None:
    async with placed(kind, tmp_path) as place:
        inbox = place.root / "in"
        (inbox / "a-folder.csv").mkdir()
        (inbox / "b-nothing.csv").symlink_to("nowhere")
        (inbox / "c-file.csv").write_bytes(b"x")
        (inbox / "d-link.csv").symlink_to("c-file.csv")
        told = [
            (one.name, one.problem and (one.problem.code, one.problem.text)) for one in await place.files.entries("in")
        ]
        assert told == [
            ("a-folder.csv", (Code.BAD_REPLY, "a-folder.csv is no file")),
            ("b-nothing.csv", (Code.NOT_FOUND, "b-nothing.csv is a link to nothing")),
            ("c-file.csv", None),
            ("d-link.csv", None),
        ]
        for name, code in (("a-folder.csv", Code.BAD_REPLY), ("b-nothing.csv", Code.NOT_FOUND)):
            problem = await raised(place.files.part(0, 9, "in", name))
            assert (type(problem), problem.code) == (Malformed, code)
        assert (await place.files.part(0, 9, "in", "d-link.csv")).data == b"x"


@everywhere
async def test_nothing_is_begun_once_the_attempts_time_is_over(kind: str, tmp_path: Path) -> None:
    async with placed(kind, tmp_path) as place:
        with attempting(Attempt("k", 1, datetime.now(UTC) - timedelta(seconds=1), "shop", "files/eu")):
            problem = await raised(place.files.drop(b"one", "in", "a"))
        assert (type(problem), problem.code) == (Transient, Code.UNREACHABLE)
        assert list((place.root / "in").iterdir()) == []


@everywhere
async def test_many_calls_at_once_share_the_place(kind: str, tmp_path: Path) -> None:
    async with placed(kind, tmp_path) as place:
        await asyncio.gather(*[place.files.drop(b"%d" % n, "in", f"order-{n:02}.csv") for n in range(20)])
        assert [one.name for one in await place.files.entries("in")] == [f"order-{n:02}.csv" for n in range(20)]
