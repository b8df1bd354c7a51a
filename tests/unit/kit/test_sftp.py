"""SFTP: only a server that is known is spoken to, and whatever it does is one of the four errors, in time."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from pawline.kit import Guard, Secret
from pawline.kit.sftp import Sftp
from pawline.ports import Attempt, Code, Malformed, PortError, Transient, Unauthorised, attempting
from tests.unit.kit.sftp_servers import PASSWORD, USER, Jailed, Server, of_asyncssh
from tests.unit.kit.test_files import raised, sftp


async def test_a_server_that_nobody_confirmed_is_not_spoken_to_and_its_key_is_told(tmp_path: Path) -> None:
    other = "SHA256:" + "A" * 43
    async with of_asyncssh(tmp_path) as server:
        shown: dict[str, frozenset[str]] = {
            "which nobody confirmed yet": frozenset(), "which `host_keys` does not name": frozenset({other}),
        }  # fmt: skip
        for says, known in shown.items():
            problem = await raised(sftp(server, host_keys=known).drop(b"secret", "a"))
            assert (type(problem), problem.code) == (Unauthorised, Code.CREDENTIALS)
            assert problem.text.startswith(f"127.0.0.1 shows the key {server.fingerprint}, {says}")
        both = sftp(server, host_keys=frozenset({other, server.fingerprint}))
        await both.drop(b"fine", "a")
        await both.close()
    assert os.listdir(tmp_path) == ["a"]  # noqa: PTH208 - of a loop that is over


async def test_who_is_not_known_to_the_server_is_unauthorised(tmp_path: Path) -> None:
    async with of_asyncssh(tmp_path) as server:
        problem = await raised(sftp(server, password=Secret("wrong")).entries())
        assert (type(problem), problem.code) == (Unauthorised, Code.CREDENTIALS)
        assert "wrong" not in problem.text


async def test_a_key_lets_in_which_only_its_owner_may_read(tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    (tmp_path / "root").mkdir()
    file = tmp_path / "erp.key"
    file.write_bytes(key.export_private_key(passphrase="open"))  # noqa: S106 - of this test
    async with of_asyncssh(tmp_path / "root", key=key) as server:

        def client(passphrase: str) -> Sftp:
            return sftp(server, password=None, key_file=file, passphrase=Secret(passphrase))

        file.chmod(0o640)
        problem = await raised(client("open").entries())
        assert (type(problem), problem.text) == (Unauthorised, f"others may read {file}: chmod 600 {file}")
        file.chmod(0o600)
        problem = await raised(client("shut").entries())
        assert (type(problem), problem.text.startswith(f"{file} is no key that can be read")) == (Unauthorised, True)
        good = client("open")
        assert await good.entries() == []
        await good.close()


async def test_a_private_network_is_not_reached_unless_it_is_allowed(tmp_path: Path) -> None:
    async with of_asyncssh(tmp_path) as server:
        problem = await raised(sftp(server, guard=Guard()).entries())
        assert (type(problem), "see `allow_networks`" in problem.text) == (Malformed, True)


async def test_what_does_not_speak_ssh_or_is_not_there_was_sent_nothing() -> None:
    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(page, "127.0.0.1", 0) as http:
        port = http.sockets[0].getsockname()[1]
        problem = await raised(sftp(Server(port, "", Path())).drop(b"x", "a"))
        assert (type(problem), problem.code) == (Transient, Code.UNREACHABLE)
    problem = await raised(sftp(Server(port, "", Path())).drop(b"x", "a"))
    assert (type(problem), problem.code) == (Transient, Code.UNREACHABLE)


class Hangs(Jailed):
    """It takes a file, and does not give it its name."""

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        await asyncio.sleep(60)


async def test_a_server_that_hangs_is_given_up_in_time_and_nothing_goes_on(tmp_path: Path) -> None:
    async with of_asyncssh(tmp_path, sftp=Hangs) as server:
        client = sftp(server)
        await client.entries()
        with attempting(Attempt("k", 1, datetime.now(UTC) + timedelta(seconds=0.5), "shop", "files/eu")):
            problem = await raised(client.drop(b"one", "order-1.csv"))
        assert (type(problem), problem.code) == (Transient, Code.TIMED_OUT)
        assert not await client.has("order-1.csv")  # by a new connection
        await client.close()


class HangsUp(Jailed):
    """It does what it was asked, and dies before it says so."""

    line: Any = None

    def __init__(self, chan: Any, root: Path) -> None:
        super().__init__(chan, root)
        self.line = chan.get_connection()

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        os.replace(self.map_path(oldpath), self.map_path(newpath))  # noqa: PTH105 - names are bytes here
        self.line.abort()


async def test_a_line_that_breaks_after_the_effect_is_an_unknown_outcome(tmp_path: Path) -> None:
    async with of_asyncssh(tmp_path, sftp=HangsUp) as server:
        client = sftp(server)
        problem = await raised(client.drop(b"one", "order-1.csv"))
        assert (type(problem), problem.code) == (Transient, Code.DISCONNECTED)
        assert await client.has("order-1.csv")
        await client.close()


class Full(Jailed):
    """No space is left."""

    def write(self, file_obj: Any, offset: int, data: bytes) -> int:
        raise asyncssh.SFTPNoSpaceOnFilesystem("full")


class Locked(Jailed):
    """This user may not."""

    def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
        raise asyncssh.SFTPPermissionDenied("no")


@pytest.mark.parametrize(
    ("kind", "error", "code"), [(Full, Transient, Code.UNAVAILABLE), (Locked, Unauthorised, Code.FORBIDDEN)]
)
async def test_what_a_server_refuses_is_told_by_its_remedy(
    kind: type[Jailed], error: type[PortError], code: Code, tmp_path: Path
) -> None:
    async with of_asyncssh(tmp_path, sftp=kind) as server:
        client = sftp(server)
        problem = await raised(client.drop(b"one", "order-1.csv"))
        assert (type(problem), problem.code) == (error, code)
        assert os.listdir(tmp_path) == []  # noqa: PTH208 - of a call that is over
        await client.close()


class Odd(Jailed):
    """It lists names that lead elsewhere."""

    async def scandir(self, path: bytes) -> Any:
        for name in (b"stock-\xe4.csv", b"../../etc/passwd", b"..", b"stock-1.csv"):
            attrs = asyncssh.SFTPAttrs(size=1, permissions=0o100600, mtime=7, atime=7)
            yield asyncssh.SFTPName(name, attrs=attrs)


async def test_a_name_leads_nowhere_else_and_is_text_that_a_store_keeps(tmp_path: Path) -> None:
    async with of_asyncssh(tmp_path, sftp=Odd) as server:
        client = sftp(server)
        told = [(one.name, one.problem and one.problem.text) for one in await client.entries()]
        await client.close()
    odd = "stock-\\xe4.csv"
    assert told == [("stock-1.csv", None), (odd, f"{odd} is written in a name that is not UTF-8")]


async def test_a_restarted_server_is_found_again_and_a_connection_is_kept(tmp_path: Path) -> None:
    async with of_asyncssh(tmp_path) as server:
        client = sftp(server)
        await client.entries()
        first = client._line
        await client.entries()
        assert client._line is first is not None
        first[0].abort()
        await first[0].wait_closed()
        assert await client.entries() == []
        assert client._line is not first
        await client.close()


async def test_no_secret_is_seen_even_where_the_library_tells_all_and_else_it_is_quiet(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with of_asyncssh(tmp_path) as server:
        client = sftp(server)
        log = logging.getLogger("asyncssh")
        assert log.level == logging.WARNING
        try:
            await client.drop(b"canary.77@example.com", "order-1.csv")
            assert caplog.records == []
            log.setLevel(logging.DEBUG)
            caplog.set_level(logging.DEBUG)
            await client.close()
            await client.drop(b"canary.77@example.com", "order-1.csv")
            await client.close()
        finally:
            log.setLevel(logging.NOTSET)
        assert repr(client) == f"Sftp('127.0.0.1', {server.port})"
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "order-1.csv" in said
    assert not re.search(f"{PASSWORD}|canary", said + repr(client))
    assert USER not in repr(client)
