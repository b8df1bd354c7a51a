"""Where a SQLite store lives: its name, its file's rights, the lock beside it, file systems it must not be on."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from pawline.store.errors import StoreError, StoreInUse

MEMORY = ":memory:"
_NETWORK = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "gfs2",
    "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs",
})  # fmt: skip


def dialect_of(url: str) -> str:
    """'postgres' for PostgreSQL's URLs, else 'sqlite'."""
    return "postgres" if url.startswith(("postgresql://", "postgres://")) else "sqlite"


def path_of(url: str) -> str:
    """The file that `sqlite:///path`, or a plain path, means; ':memory:' for a store without a file."""
    path = url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else url.removeprefix("sqlite://")
    if "://" in path or not path:
        raise StoreError(
            f"{url.partition('://')[0]}:// is no database that Pawline knows: sqlite:///path or postgresql://"
        )
    return MEMORY if path == MEMORY else str(Path(path).resolve())


def refuse_network(path: str, mounts: str | None = None) -> None:
    """Raises StoreError where the file would be on a network: locks and syncs cannot be trusted there.

    `mounts` is the text of /proc/self/mounts; without that file (no Linux) nothing is refused.
    """
    if mounts is None:
        try:
            mounts = Path("/proc/self/mounts").read_text("utf-8")
        except OSError:
            return
    best, kind = "", ""
    for line in mounts.splitlines():
        _, where, found, *_ = line.split(" ")
        where = where.replace("\\040", " ")
        if len(where) >= len(best) and Path(path).is_relative_to(where):
            best, kind = where, found
    if kind in _NETWORK:
        raise StoreError(f"{path} is on {kind}: SQLite is not safe on a network. Use a local disk or PostgreSQL")


def lock(path: str) -> int:
    """Holds the file for this process until the descriptor is closed. Raises StoreInUse.

    flock, not lockf: it belongs to the open file, so a second store in this process is refused as well.
    """
    held = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(held, 20, 0).decode().strip() or "unknown"
        os.close(held)
        raise StoreInUse(f"process {holder} holds {path}: stop it first, or use its command line") from error
    os.ftruncate(held, 0)
    os.pwrite(held, str(os.getpid()).encode(), 0)
    with contextlib.suppress(FileExistsError):  # SQLite would make it readable for others
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    return held
