"""Looks for exports: one file at a time, a bounded part of it at a look, each row once whatever dies in between."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

import msgspec

from pawline.connectors.files.export import Export
from pawline.connectors.files.layout import BadFile
from pawline.connectors.files.meaning import is_news
from pawline.connectors.files.reading import Before, Changed, Reading, read, token_of
from pawline.connectors.files.settings import Settings
from pawline.connectors.files.whole import Unfinished, Wholeness, companion_of
from pawline.kit import Entry, Files, Quarantined, Seen, Sighting, Tried
from pawline.ports import Code, Malformed, Transient

KNOWN: Final = 4_000
"""Files that were read and lie there still, at most; of older ones it is remembered that they are older."""
REFUSED: Final = 10_000
"""Rows that a dry run refuses; more are not worth being looked at."""
SHOWN: Final = 5
"""Sightings of a dry run that are shown."""
PATIENCE: Final = 6.0
"""Hours in which no file is whole until a person hears of it."""


class State(msgspec.Struct, omit_defaults=True):
    """The cursor: which files were read, and how far the one that is being read.

    What was changed at `floor` or before was read as well. `told`: that no file is whole was told, and none was since.
    """

    done: set[str] = set()
    floor: float = 0.0
    reading: Reading | None = None
    told: bool = False

    def knows(self, entry: Entry) -> bool:
        """Whether it was read, or given up."""
        return entry.changed <= self.floor or token(entry) in self.done

    def prune(self, entries: Sequence[Entry]) -> None:
        """Forgets what is not there any more, and of too many those that were changed first."""
        known = sorted((one.changed, it) for one in entries if (it := token(one)) in self.done)
        if len(known) > KNOWN:
            self.floor = max(self.floor, known[-KNOWN - 1][0])
        self.done = {it for changed, it in known if changed > self.floor}

    def said(self) -> str:
        """As text, the same for the same."""
        return msgspec.json.encode(self, order="deterministic").decode()


class Next(NamedTuple):
    """The next file to read, from where on; or one that will never be whole, or the one that is waited for, and why."""

    reading: Reading | None = None
    passed: tuple[Entry, str] | None = None
    waits: tuple[Entry, str] | None = None


class Look:
    """Looks for the files of one export. A look sees at most 10,000 rows; the next one goes on behind them."""

    def __init__(self, export: Export) -> None:
        self._export: Final = export
        self._whole: Final = Wholeness(export)
        self._before: Final = Before()
        self._waits_since: float | None = None

    async def __call__(self, files: Files, settings: Settings, cursor: str) -> Seen:
        state = msgspec.json.decode(cursor, type=State) if cursor else State()
        there = await files.entries(*self._export.folder)
        entries = matching(self._export, there)
        self._whole.forget(entries)
        await self._archive(files, state, entries, there)
        state.prune(entries)
        reading = state.reading
        if reading is None:
            found = await self._next(files, state, entries, there)
            if found.passed is not None:
                state.done.add(token(found.passed[0]))
                return Seen((), state.said(), (Quarantined(found.passed[0].name, found.passed[1]),), more=True)
            if found.reading is None:
                return self._waited(state, found.waits) or Seen((), cursor)  # the same: nothing came
            reading = found.reading
        self._waits_since, state.told = None, False
        return await self._read(files, settings, state, reading, entries)

    async def rehearse(self, files: Files, settings: Settings) -> Tried | None:
        """What the newest file that is whole would say, row by row; nothing is remembered."""
        there = await files.entries(*self._export.folder)
        trouble: Tried | None = None
        for entry in reversed(matching(self._export, there)):
            try:
                if entry.problem is not None:
                    raise BadFile(entry.problem.text)
                reading = await self._whole.check(files, entry, there, now=True)
                return await self._rehearsed(files, settings, entry, reading)
            except (BadFile, Unfinished, Changed) as problem:
                bad = Quarantined(entry.name, str(problem) or "it is being written")
                trouble = trouble or Tried(entry.name, 0, (), (bad,))
        return trouble

    async def _rehearsed(self, files: Files, settings: Settings, entry: Entry, reading: Reading) -> Tried:
        count, first, bad, ended, before = 0, list[Sighting](), list[Quarantined](), False, Before()
        while not ended:
            rows = await read(files, settings, self._export, entry, reading, before)
            reading, ended, count = rows.reading, rows.ended, count + len(rows.sightings)
            first += rows.sightings[: SHOWN - len(first)]
            bad += rows.bad
            if len(bad) > REFUSED:
                bad.append(Quarantined(entry.name, "so many are refused that the rest was not looked at"))
                break
        return Tried(entry.name, count, tuple(first), tuple(bad))

    async def _read(
        self, files: Files, settings: Settings, state: State, reading: Reading, entries: Sequence[Entry]
    ) -> Seen:  # fmt: skip
        state.reading = None
        entry = next((one for one in entries if one.name == reading.name), None)
        if entry is None:
            why = f"it was taken away once line {reading.line} was read"
            return Seen((), state.said(), (Quarantined(reading.name, why),), more=True)
        if token(entry) != reading.token:  # it was written anew: what of it is known already is known by its row
            return Seen((), state.said(), more=True)
        try:
            rows = await read(files, settings, self._export, entry, reading, self._before)
        except Changed:
            return Seen((), state.said())
        except BadFile as problem:
            state.done.add(reading.token)
            return Seen((), state.said(), (Quarantined(reading.name, str(problem)),), more=True)
        if rows.ended:
            state.done.add(reading.token)
        else:
            state.reading = rows.reading
        return Seen(tuple(filter(is_news, rows.sightings)), state.said(), rows.bad, more=True)

    async def _next(self, files: Files, state: State, entries: Sequence[Entry], there: Sequence[Entry]) -> Next:
        """One that has no end, or is a link to nothing, is waited for until a newer one is whole: none ends it then."""
        lost: Malformed | None = None
        waits: tuple[Entry, str] | None = None
        for entry in entries:
            if state.knows(entry):
                continue
            try:
                if entry.problem is None:
                    return Next(await self._whole.check(files, entry, there))
                why, lasting = entry.problem.text, entry.problem.code != Code.NOT_FOUND
                lost = lost or (None if lasting else entry.problem)
            except (Unfinished, Changed) as problem:
                why, lasting = str(problem) or "it is being written", False
                if not self._whole.proves:
                    continue
            except BadFile as problem:
                why, lasting = str(problem), True
            if lasting or await self._outlived(files, state, entry, entries, there):
                return Next(passed=(entry, why))
            waits = waits or (entry, why)
        if lost is not None:
            raise Transient(f"{lost.text}, and no newer file can be read", Code.UNAVAILABLE)
        return Next(waits=waits)

    def _waited(self, state: State, waits: tuple[Entry, str] | None) -> Seen | None:
        """Told once, where none becomes whole for long: a system that leaves the end out of each file never says so."""
        now = time.monotonic()
        since = now if self._waits_since is None else self._waits_since
        self._waits_since = None if waits is None else since
        if waits is None or state.told or now - since < PATIENCE * 3_600:
            return None
        state.told = True
        why = f"{waits[1]}; no file was whole for {PATIENCE:g} hours, and this one is still waited for"
        return Seen((), state.said(), (Quarantined(waits[0].name, why),))

    async def _outlived(
        self, files: Files, state: State, entry: Entry, entries: Sequence[Entry], there: Sequence[Entry]
    ) -> bool:
        """Whether a newer file is whole."""
        for one in entries:
            if _age(one) > _age(entry) and one.problem is None:
                if state.knows(one):
                    return True
                try:
                    await self._whole.check(files, one, there)
                except (Unfinished, BadFile, Changed):
                    continue
                return True
        return False

    async def _archive(self, files: Files, state: State, entries: Sequence[Entry], there: Sequence[Entry]) -> None:
        """What was read and recorded goes where it is kept; under a name of its own, so that nothing is replaced."""
        if not self._export.done:
            return
        beside = {one.name for one in there}
        for entry in entries:
            if entry.problem is not None or not state.knows(entry):
                continue
            stamp = datetime.fromtimestamp(entry.changed, UTC).strftime("%Y%m%dT%H%M%SZ")
            prefix = f"{stamp}-{secrets.token_hex(4)}-"  # the very same file may be delivered, and kept, twice
            companion = companion_of(self._export, entry.name)
            if await self._moved(files, entry, prefix) and companion in beside:
                await files.move((*self._export.folder, companion), self._kept(prefix + companion))

    async def _moved(self, files: Files, entry: Entry, prefix: str) -> bool:
        """Whether it is what was read; one that took its place a moment ago is put back, to be read."""
        source, kept = (*self._export.folder, entry.name), self._kept(prefix + entry.name)
        await files.move(source, kept)
        part = await files.part(0, 0, *kept)
        if token_of(entry.name, part.size, part.changed) == token(entry):
            return True
        await files.move(kept, source)
        return False

    def _kept(self, name: str) -> tuple[str, ...]:
        return (*self._export.done.split("/"), name)


def matching(export: Export, there: Sequence[Entry]) -> list[Entry]:
    """The export's files, the oldest first."""
    return sorted((one for one in there if fnmatchcase(one.name, export.pattern)), key=_age)


def token(entry: Entry) -> str:
    """What tells it from one of its name that was written later."""
    return token_of(entry.name, entry.size, entry.changed)


def _age(entry: Entry) -> tuple[float, str]:
    return entry.changed, entry.name
