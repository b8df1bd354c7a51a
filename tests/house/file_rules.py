"""Rules about files of every kind: locks are clean, nothing names a registry or a machine, exemptions say why."""

from __future__ import annotations

import re

from tests.house.tree import ROOT, Source

# Put together from halves, so that this file keeps its own rule.
HOSTS = ["py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js.org", "registry.yarn" + "pkg.com"]
HOSTS += ["deb.deb" + "ian.org", "proxy.gol" + "ang.org", "index.cra" + "tes.io"]
PLACES = [str(ROOT) + "/", "/ho" + "me/", "/Use" + "rs/", "/ro" + "ot/", "/wo" + "rk/"]

_MACHINE = re.compile("|".join(rf"(?<![\w.~*-]){re.escape(place)}" for place in PLACES))
_HOST = re.compile("|".join(map(re.escape, HOSTS)), re.IGNORECASE)
_PINNED = re.compile(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,._-]+\])?==\S+( ; [^\\]+)? \\")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def machine_words(source: Source) -> list[str]:
    return [
        f"{source.path}:{number} names {found.group()}"
        for number, line in enumerate(source.lines, 1)
        for found in (_HOST.search(line), _MACHINE.search(line))
        if found
    ]


def loose_locks(source: Source) -> list[str]:
    """In a lock, each line is a pinned name or one of its hashes: no address, no index, no path, no comment."""
    return [
        f"{source.path}:{number} {line.strip()}"
        for number, line in enumerate(source.lines, 1)
        if not _PINNED.fullmatch(line) and not _HASH.fullmatch(line)
    ]


def ignores_without_reason(source: Source) -> list[str]:
    """Each rule that ruff's settings switch off, on a line of its own, is followed by why."""
    switched_off = re.compile(r'\s+"[A-Z]+[0-9]*",\s*(#.*)?')
    return [
        f"{source.path}:{number} {line.strip()}"
        for number, line in enumerate(source.lines, 1)
        if (found := switched_off.fullmatch(line)) and len((found.group(1) or "").split()) < 4
    ]
