"""Files behind SFTP: one connection an account, to a server that is known by its key."""

from __future__ import annotations

import asyncio
import logging
import posixpath
import secrets
import stat
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncssh

from pawline.kit.files import PART, Entry, Part, seconds_left, told, unreadable_name
from pawline.kit.guard import Guard
from pawline.kit.reaching import reached
from pawline.kit.secret import Secret
from pawline.ports import Code, Malformed, PortError, Transient, Unauthorised

T = TypeVar("T")
PORTS: Final = frozenset({22, 2222})
"""Where SFTP is spoken on the public network."""
_ODD: Final = (asyncssh.SFTPLinkLoop, asyncssh.SFTPFileIsADirectory, asyncssh.SFTPInvalidFilename)
_FULL: Final = (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded)
_GONE: Final = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory)
_LINE: Final = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.DisconnectError, OSError)


class Knows(asyncssh.SSHClient):
    """Believes a server whose key has one of these fingerprints, and nobody else; keeps what was shown."""

    def __init__(self, host_keys: frozenset[str]) -> None:
        self._host_keys, self.shown = host_keys, ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        self.shown = key.get_fingerprint()
        return self.shown in self._host_keys


class Sftp:
    """`Files` below `root` of a server. `host_keys` are fingerprints (`SHA256:…`) of keys that it may show.

    Without one of them nobody is believed: the error says what was shown. `key_file` is a private key, which only its
    owner may read. A call that took too long takes its connection with it, so that nothing of it goes on.
    """

    def __init__(
        self, host: str, port: int, user: str, root: str, *, host_keys: frozenset[str], password: Secret | None = None,
        key_file: Path | None = None, passphrase: Secret | None = None, guard: Guard | None = None,
        timeout: timedelta = timedelta(seconds=30),
    ) -> None:  # fmt: skip
        self._host, self._port, self._user, self._root = host, port, user, root.encode()
        self._host_keys, self._password = host_keys, password
        self._key_file, self._passphrase = key_file, passphrase
        self._guard, self._timeout = Guard() if guard is None else guard, timeout.total_seconds()
        self._opening = asyncio.Lock()
        _hush()
        self._line: tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient] | None = None

    def __repr__(self) -> str:
        return f"Sftp({self._host!r}, {self._port})"

    async def drop(self, data: bytes, *where: str) -> None:
        target = self._path(where)
        part = target + f".{secrets.token_hex(4)}{PART}".encode()

        async def dropped(sftp: asyncssh.SFTPClient) -> None:
            try:
                async with sftp.open(part, "xb") as file:
                    await file.write(data)
                    with suppress(asyncssh.SFTPOpUnsupported):
                        await file.fsync()
                await _replaced(sftp, part, target)
            except asyncssh.SFTPError:
                with suppress(asyncssh.Error, OSError):
                    await sftp.remove(part)
                raise

        await self._run(dropped)

    async def has(self, *where: str) -> bool:
        async def found(sftp: asyncssh.SFTPClient) -> bool:
            with suppress(*_GONE):
                await sftp.lstat(self._path(where))
                return True
            await sftp.stat(self._path(where[:-1]))
            return False

        return await self._run(found)

    async def part(self, begin: int, most: int, *where: str) -> Part:
        target, name = self._path(where), where[-1]

        async def read(sftp: asyncssh.SFTPClient) -> Part:
            try:
                _check_file(name, await sftp.stat(target))
            except _GONE:
                raise (await _lost(sftp, target, name)) from None
            async with sftp.open(target, "rb") as file:
                data: Any = await file.read(most, begin)
                found = await file.stat()  # afterwards: who writes meanwhile is seen
            return Part(data, found.size or 0, _changed(found))

        return await self._run(read)

    async def entries(self, *where: str) -> list[Entry]:
        folder = self._path(where)

        async def listed(sftp: asyncssh.SFTPClient) -> list[Entry]:
            found = [(one.filename, one.attrs) async for one in sftp.scandir(folder)]
            made = [
                await _entry(sftp, folder, name, attrs) for name, attrs in found
                if isinstance(name, bytes) and not name.startswith(b".") and b"/" not in name
                and not name.endswith(PART.encode())
            ]  # fmt: skip
            return sorted(one for one in made if one is not None)

        return await self._run(listed)

    async def move(self, source: tuple[str, ...], target: tuple[str, ...]) -> None:
        async def moved(sftp: asyncssh.SFTPClient) -> None:
            if await sftp.exists(self._path(target)):
                raise Malformed(f"{target[-1]} is there already", Code.CONFLICT)
            await sftp.rename(self._path(source), self._path(target))

        await self._run(moved)

    async def remove(self, *where: str) -> None:
        async def removed(sftp: asyncssh.SFTPClient) -> None:
            await sftp.stat(self._path(where[:-1]))  # raises where its folder is not there
            with suppress(*_GONE):
                await sftp.remove(self._path(where))

        await self._run(removed)

    async def host_key(self) -> str:
        """The fingerprint of the key that the server shows now, believed by nobody."""
        knows = Knows(frozenset())
        async with asyncio.timeout(self._timeout):
            sock = await reached(self._guard, self._host, self._port, what="the SFTP server", ports=PORTS)
            try:
                await self._signed_in(sock, knows)
            except PortError:
                if not knows.shown:
                    raise
            finally:
                sock.close()
        return knows.shown

    async def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line[0].abort()

    def _path(self, where: tuple[str, ...] | list[str]) -> bytes:
        return posixpath.join(self._root, *(one.encode() for one in where))

    async def _run(self, work: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        what, begun = self._host, False
        seconds = seconds_left(what, self._timeout)
        try:
            async with asyncio.timeout(seconds):
                sftp = await self._opened()
                begun = True
                return await work(sftp)
        except TimeoutError:
            await self.close()
            code = Code.TIMED_OUT if begun else Code.UNREACHABLE
            raise Transient(f"{what} did not answer within {seconds:.3g} s", code) from None
        except PortError:
            raise
        except (asyncssh.Error, OSError) as problem:
            if isinstance(problem, _LINE):
                await self.close()
            raise _meant(what, problem) from None

    async def _opened(self) -> asyncssh.SFTPClient:
        """The connection that is there, or a new one."""
        async with self._opening:
            if self._line is not None and not self._line[0].is_closed():
                return self._line[1]
            knows = Knows(self._host_keys)
            sock = await reached(self._guard, self._host, self._port, what="the SFTP server", ports=PORTS)
            try:
                line = await self._signed_in(sock, knows)
            except BaseException:
                sock.close()
                raise
            try:
                self._line = (line, await line.start_sftp_client(path_encoding=None))
            except BaseException:
                line.abort()
                raise
            return self._line[1]

    async def _signed_in(self, sock: Any, knows: Knows) -> asyncssh.SSHClientConnection:  # noqa: ANN401 - a socket
        """Raises Unauthorised where we do not know the server, or it does not know us."""
        try:
            line, _ = await asyncssh.create_connection(
                lambda: knows, self._host, self._port, sock=sock, config=None, agent_path=None, gss_host=None,
                known_hosts=([], [], []), x509_trusted_certs=None, username=self._user,
                password=None if self._password is None else self._password.reveal(),
                client_keys=self._keys(), keepalive_interval=15,
            )  # fmt: skip
        except asyncssh.HostKeyNotVerifiable:
            known = "`host_keys` does not name" if self._host_keys else "nobody confirmed yet"
            raise Unauthorised(
                f"{self._host} shows the key {knows.shown or 'of a certificate'}, which {known}: ask its owner whether"
                " it is theirs, and only then add it to `host_keys`"
            ) from None
        except asyncssh.PermissionDenied:
            raise Unauthorised(f"{self._host} does not know this user, or not by this password or key") from None
        except (asyncssh.Error, OSError) as problem:
            why = f"{self._host} cannot be spoken to ({type(problem).__name__})"
            raise Transient(why, Code.UNREACHABLE) from None
        return line

    def _keys(self) -> list[asyncssh.SSHKey] | None:
        """Raises Unauthorised for a key that others may read, or that cannot be read."""
        if self._key_file is None:
            return None
        try:
            if self._key_file.stat().st_mode & 0o077:
                raise Unauthorised(f"others may read {self._key_file}: chmod 600 {self._key_file}")
            words = None if self._passphrase is None else self._passphrase.reveal()
            return [asyncssh.read_private_key(self._key_file, words)]
        except (OSError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as problem:
            raise Unauthorised(f"{self._key_file} is no key that can be read ({type(problem).__name__})") from None


def _hush() -> None:
    """The library tells of each connection, with who logs in: that is nobody's business but of who asks for it."""
    log = logging.getLogger("asyncssh")
    if log.level == logging.NOTSET:
        log.setLevel(logging.WARNING)


async def _replaced(sftp: asyncssh.SFTPClient, part: bytes, target: bytes) -> None:
    """The name goes to the new file. A server that can only rename to a free name has none for a moment."""
    try:
        await sftp.posix_rename(part, target)
    except asyncssh.SFTPOpUnsupported:
        with suppress(*_GONE):
            await sftp.remove(target)
        await sftp.rename(part, target)


async def _entry(sftp: asyncssh.SFTPClient, folder: bytes, name: bytes, attrs: asyncssh.SFTPAttrs) -> Entry | None:
    """None for one that was taken away meanwhile."""
    bare, path = (told(name), attrs.size or 0, _changed(attrs)), posixpath.join(folder, name)
    if (problem := unreadable_name(name)) is not None:
        return Entry(*bare, problem)
    try:
        found = attrs if stat.S_ISREG(attrs.permissions or 0) else await sftp.stat(path)
        _check_file(told(name), found)
    except _GONE:
        lost = await _lost(sftp, path, told(name))
        return Entry(*bare, lost) if isinstance(lost, Malformed) else None
    except Malformed as wrong:
        return Entry(*bare, wrong)
    except asyncssh.SFTPError:
        return Entry(*bare, Malformed(f"{told(name)} is a link that leads to no file", Code.BAD_REPLY))
    return Entry(told(name), found.size or 0, _changed(found))


async def _lost(sftp: asyncssh.SFTPClient, path: bytes, name: str) -> PortError:
    """Of what leads to no file: a link, or nothing that is there."""
    try:
        await sftp.lstat(path)
    except _GONE:
        return Transient(f"{name} is not there", Code.UNREACHABLE)
    return Malformed(f"{name} is a link to nothing", Code.NOT_FOUND)


def _check_file(name: str, found: asyncssh.SFTPAttrs) -> None:
    if not stat.S_ISREG(found.permissions or stat.S_IFREG):
        raise Malformed(f"{name} is no file", Code.BAD_REPLY)


def _changed(attrs: asyncssh.SFTPAttrs) -> float:
    return float(attrs.mtime or 0) + (attrs.mtime_ns or 0) / 1e9


def _meant(what: str, problem: Exception) -> PortError:
    if isinstance(problem, asyncssh.SFTPPermissionDenied):
        return Unauthorised(f"{what}: this user may not: give it the right to read and write there", Code.FORBIDDEN)
    if isinstance(problem, _FULL):
        return Transient(f"{what}: no space is left there", Code.UNAVAILABLE)
    if isinstance(problem, _GONE):
        return Transient(f"{what}: it is not there, or not as it should be: correct the setting", Code.UNREACHABLE)
    if isinstance(problem, _ODD):
        return Malformed(f"{what}: what stands there is no file", Code.BAD_REPLY)
    if isinstance(problem, _LINE):
        return Transient(f"{what} hung up", Code.DISCONNECTED)
    return Transient(f"{what}: {type(problem).__name__}", Code.UNAVAILABLE)
