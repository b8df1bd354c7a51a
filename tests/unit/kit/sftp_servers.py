"""SFTP servers on loopback, of two independent makers, each with a folder of this machine behind it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncssh
import paramiko  # type: ignore[import-untyped]

USER, PASSWORD = "pawline", "correct horse"


class Jailed(asyncssh.SFTPServer):
    """Of asyncssh: below one folder."""

    posix = True

    def __init__(self, chan: Any, root: Path) -> None:
        super().__init__(chan, chroot=os.fsencode(root))

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
        return super().posix_rename(oldpath, newpath)


class Doors(asyncssh.SSHServer):
    """Lets one user in, by a password or a key."""

    def __init__(self, key: asyncssh.SSHKey | None) -> None:
        self._key = key

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return self._key is not None

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and self._key is not None and key == self._key.convert_to_public()


class Server:
    """Where it listens, and by what it is known."""

    def __init__(self, port: int, fingerprint: str, root: Path) -> None:
        self.port, self.fingerprint, self.root = port, fingerprint, root
        self.stop: Any = None


@asynccontextmanager
async def of_asyncssh(
    root: Path, *, key: asyncssh.SSHKey | None = None, sftp: type[Jailed] = Jailed
) -> AsyncIterator[Server]:  # fmt: skip
    host = asyncssh.generate_private_key("ssh-ed25519")
    acceptor = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[host], server_factory=lambda: Doors(key),
        sftp_factory=lambda chan: sftp(chan, root),
    )  # fmt: skip
    server = Server(acceptor.get_port(), host.get_fingerprint(), root)
    server.stop = acceptor.close
    try:
        yield server
    finally:
        acceptor.close()
        await acceptor.wait_closed()


class Paired(paramiko.ServerInterface):  # type: ignore[misc]  # the same
    """Of paramiko: lets one user in by a password."""

    def check_auth_password(self, username: str, password: str) -> Any:
        good = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> Any:
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> Any:
        return "password"


class Handle(paramiko.SFTPHandle):  # type: ignore[misc]  # paramiko has no types
    """A file that is open."""

    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class Plain(paramiko.SFTPServerInterface):  # type: ignore[misc]  # the same
    """Of paramiko: below one folder, and as old servers do, a rename only to a free name."""

    root = "/"

    def _real(self, path: str) -> Any:
        return self.root + self.canonicalize(path)

    def list_folder(self, path: str) -> Any:
        try:
            return [self._attrs(one.name, one.stat(follow_symlinks=False)) for one in os.scandir(self._real(path))]
        except OSError as problem:
            return paramiko.SFTPServer.convert_errno(problem.errno or 0)

    @staticmethod
    def _attrs(name: str, found: os.stat_result) -> Any:
        attrs = paramiko.SFTPAttributes.from_stat(found)
        attrs.filename = name
        return attrs

    def stat(self, path: str) -> Any:
        return self._looked(path, follow=True)

    def lstat(self, path: str) -> Any:
        return self._looked(path, follow=False)

    def _looked(self, path: str, *, follow: bool) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(Path(self._real(path)).stat(follow_symlinks=follow))
        except OSError as problem:
            return paramiko.SFTPServer.convert_errno(problem.errno or 0)

    def open(self, path: str, flags: int, attr: Any) -> Any:
        try:
            file = os.fdopen(os.open(self._real(path), flags, 0o600), "wb" if flags & os.O_WRONLY else "rb")
        except OSError as problem:
            return paramiko.SFTPServer.convert_errno(problem.errno or 0)
        handle = Handle(flags)
        handle.filename, handle.readfile, handle.writefile = path, file, file
        return handle

    def remove(self, path: str) -> Any:
        return self._did(os.unlink, self._real(path))

    def rename(self, oldpath: str, newpath: str) -> Any:
        if os.path.lexists(self._real(newpath)):
            return paramiko.SFTP_FAILURE
        return self._did(os.rename, self._real(oldpath), self._real(newpath))

    def posix_rename(self, oldpath: str, newpath: str) -> Any:
        return paramiko.SFTP_OP_UNSUPPORTED

    def _did(self, what: Any, *given: str) -> Any:
        try:
            what(*given)
        except OSError as problem:
            return paramiko.SFTPServer.convert_errno(problem.errno or 0)
        return paramiko.SFTP_OK


@contextmanager
def of_paramiko(root: Path) -> Iterator[Server]:
    host = paramiko.ECDSAKey.generate()
    rooted = type("Rooted", (Plain,), {"root": str(root)})
    with socket.create_server(("127.0.0.1", 0)) as listening:
        open_: list[Any] = []

        def serve() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                transport = paramiko.Transport(line)
                open_.append(transport)
                transport.add_server_key(host)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, rooted)
                transport.start_server(server=Paired(), event=threading.Event())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield Server(listening.getsockname()[1], host.fingerprint, root)
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for transport in open_:
                transport.close()
    thread.join(10)
