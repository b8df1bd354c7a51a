"""How one knows that a file is whole: by its last line, by a file beside it, or as it has been still for a while."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from pawline.connectors.files.export import Export
from pawline.connectors.files.reading import BLANK, Reading, opened, records, token_of
from pawline.kit import Entry, Files

STILL: Final = 30.0
"""Seconds for which a file does not change, if nothing else is said."""
TAIL: Final = 4 << 10
"""Bytes in which a last line is looked for."""


class Unfinished(Exception):
    """It is being written, or whoever wrote it died; the text says how one knows."""


class Wholeness:
    """Of the files of one export. Remembers how long each has been still, and its rows, while the process lives."""

    def __init__(self, export: Export) -> None:
        self._export: Final = export
        self._since: dict[str, tuple[str, float]] = {}
        self._rows: dict[str, tuple[str, int]] = {}

    @property
    def proves(self) -> bool:
        """Whether a file that is not whole can be told from one that is only being written."""
        return bool(self._export.end or self._export.trailer or self._export.companion)

    async def check(self, files: Files, entry: Entry, entries: Sequence[Entry], *, now: bool = False) -> Reading:
        """The file from its beginning to where its rows end. Raises Unfinished; `now`: being still is not waited for.

        Raises BadFile where its rows cannot be counted.
        """
        export = self._export
        token = token_of(entry.name, entry.size, entry.changed)
        if export.end or export.trailer:
            return await self._by_last_line(files, entry, token)
        if export.companion:
            self._by_companion(entry, entries)
        elif not now:
            self._by_time(entry, token)
        return Reading(entry.name, token, entry.size)

    def forget(self, entries: Sequence[Entry]) -> None:
        """Those that are not there any more."""
        there = {one.name for one in entries}
        self._since = {name: since for name, since in self._since.items() if name in there}
        self._rows = {name: rows for name, rows in self._rows.items() if name in there}

    async def _by_last_line(self, files: Files, entry: Entry, token: str) -> Reading:
        export, begin = self._export, max(0, entry.size - TAIL)
        part = await files.part(begin, TAIL, *export.folder, entry.name)
        if token_of(entry.name, part.size, part.changed) != token:
            raise Unfinished("it is being written")
        before, _, last = part.data.rstrip(BLANK + b"\n").rpartition(b"\n")
        reading = Reading(entry.name, token, begin + (len(before) + 1 if before or begin else 0))
        said = last.decode(export.encoding, "replace").strip()
        if export.end:
            if said != export.end:
                raise Unfinished(f"its last line is not {export.end}")
            return reading
        if (found := re.fullmatch(_trailer(export.trailer), said)) is None:
            raise Unfinished("its last line is not the one that says how many rows there are")
        known, rows = self._rows.get(entry.name, ("", 0))
        if known != token:  # counted once: it is the whole file
            rows = await _rows(files, export, reading)
            self._rows[entry.name] = (token, rows)
        if rows != int(found[1]):
            raise Unfinished(f"its last line says {int(found[1])} rows, and there are {rows}")
        return reading

    def _by_companion(self, entry: Entry, entries: Sequence[Entry]) -> None:
        """One that is older than the file is of a file that was there before."""
        name = companion_of(self._export, entry.name)
        if not any(one.name == name and one.changed >= entry.changed for one in entries):
            raise Unfinished(f"{name} is not there, or is older")

    def _by_time(self, entry: Entry, token: str) -> None:
        wanted = STILL if self._export.still is None else self._export.still
        before, since = self._since.get(entry.name, ("", 0.0))
        if before != token:
            since = time.monotonic()
            self._since[entry.name] = (token, since)
        if time.monotonic() - since < wanted:
            raise Unfinished(f"it has not been still for {wanted:g} s")


def companion_of(export: Export, name: str) -> str:
    """The name of the file that says that this one is whole."""
    return export.companion.replace("{name}", name).replace("{stem}", PurePosixPath(name).stem)


async def _rows(files: Files, export: Export, reading: Reading) -> int:
    layout, begin = await opened(files, export, reading)
    count = 0
    from_here = Reading(reading.name, reading.token, reading.stop, begin, int(export.headed))
    async for _ in records(files, export, layout, from_here):
        count += 1
    return count


def _trailer(said: str) -> str:
    return re.escape(said).replace(r"\{rows\}", r"\s*(\d{1,12})\s*").replace(r"\*", ".*")
