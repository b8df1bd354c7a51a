"""What the machine, its disk and its processes were like while something was measured."""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def versions(packages: Iterable[str]) -> dict[str, str | None]:
    """Python's, and those of packages: None where one is not installed here."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def filesystem(place: Path) -> str | None:
    """The kind of file system that holds a folder: on tmpfs nothing is durable."""
    best, kind = -1, None
    mounts = Path("/proc/self/mounts")
    for row in mounts.read_text("utf-8").splitlines() if mounts.exists() else ():
        _, where, found, *_ = row.split(" ")
        if len(where) > best and place.resolve().is_relative_to(where):
            best, kind = len(where), found
    return kind


def sync_ms(place: Path, times: int = 40) -> float:
    """Median milliseconds until 4 KiB more are on disk: what one commit costs at least, here and now."""
    path, seen = place / "sync.probe", list[float]()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for _ in range(times):
        os.write(handle, bytes(4096))
        since = time.perf_counter()
        os.fdatasync(handle)
        seen.append(time.perf_counter() - since)
    os.close(handle)
    path.unlink()
    return round(median(seen) * 1000, 3)


def load() -> float:
    """The one-minute load."""
    return round(os.getloadavg()[0], 2)


class Stolen:
    """The share of its processors' time that others on the same hardware took from this machine, from here on."""

    def __init__(self) -> None:
        self._before = _ticks()

    def share(self) -> float:
        """So far; 0 where the system does not say."""
        passed = [now - before for now, before in zip(_ticks(), self._before, strict=True)]
        return round(passed[7] / (sum(passed) or 1), 3)


def _ticks() -> list[int]:
    """User, nice, system, idle, waiting for disks, two kinds of interrupts, and stolen."""
    stat = Path("/proc/stat")
    words = stat.read_text("utf-8").split("\n", 1)[0].split()[1:9] if stat.exists() else ["0"] * 8
    return [int(word) for word in words]


def python_ms(times: int = 9) -> float:
    """Milliseconds, at best, of a fixed piece of Python: how fast this interpreter is, here and now.

    One built without its optimisations, as pyenv builds them unless told, is a tenth to a fifth slower than a
    distribution's, so figures in seconds are to be compared by this.
    """
    return round(1_000 * min(_loop() for _ in range(times)), 2)


def _loop() -> float:
    since, found = time.process_time(), dict[str, int]()
    for number in range(30_000):
        name = str(number & 255)
        found[name] = found.get(name, 0) + len(name)
    return time.process_time() - since


def rss_mb() -> float:
    """Resident memory of this process now, in MB."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE / 1e6


def own_cpu() -> float:
    """CPU seconds of this process so far, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _fields(pid: int) -> list[str]:
    text = Path(f"/proc/{pid}/stat").read_text("utf-8")
    return text.rpartition(")")[2].split()


def parent_of(pid: int) -> int:
    """Who started a process."""
    return int(_fields(pid)[1])


def tree_cpu(root: int) -> float:
    """CPU seconds of a process and of all that it started, the ended ones included."""
    stats: dict[int, list[str]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stats[int(entry.name)] = _fields(int(entry.name))
        except OSError:  # it ended meanwhile
            continue
    ticks, family = 0, [root]
    for pid in family:
        family += [child for child, fields in stats.items() if int(fields[1]) == pid]
        ticks += sum(map(int, stats[pid][11:15])) if pid in stats else 0
    return ticks / TICKS


def cores() -> int | None:
    """Of the machine."""
    return os.cpu_count()


def memory_gb() -> float:
    """Of the machine."""
    return round(os.sysconf("SC_PHYS_PAGES") * PAGE / 1e9, 1)


def system() -> str:
    """Kernel and architecture, without the machine's name."""
    return f"{platform.system()} {platform.release()} {platform.machine()}"
