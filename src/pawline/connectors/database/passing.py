"""One page of a feed, row by row: what is new in it, what cannot be read, and where the next one begins."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from pawline.connectors.database import marks
from pawline.connectors.database.feed import KNOWN, Feed
from pawline.connectors.database.meaning import Meaning, place_of
from pawline.insight.rows import BadRow, is_to_come
from pawline.kit import Quarantined, Sighting
from pawline.kit.database import Table
from pawline.ports import Code, Unauthorised

BAD: Final = "!"
"""At the end of what is known of a row: it could not be read."""
TURN: Final = 200
"""Rows after which others have their turn."""
Row = tuple[object, ...]
Place = tuple[str, str]
"""A row's watermark and key, as they are kept."""


class State(msgspec.Struct, omit_defaults=True):
    """The cursor. `at` is the row behind which the pass goes on that is under way, `high` the last of those before.

    `moved` is when that came, by our clock, and `read` when `at` was. `known` are rows of the overlap, by a digest of
    their place: a digest of what they said, and its number, if it was changed since.
    """

    at: Place | None = None
    read: float = 0.0
    high: Place | None = None
    moved: float = 0.0
    known: dict[str, str] = {}

    def said(self) -> str:
        """As text. `known` is in the order of the database."""
        return msgspec.json.encode(self).decode()


@dataclass
class Page:
    """What a page came to. `fresh` are rows that were not known, whatever became of them.

    `again` are the places that the next pass will see again; None: any that was seen so far.
    """

    state: State
    ended: bool
    fresh: dict[str, str] = field(default_factory=dict)
    again: list[str] | None = None
    sightings: list[Sighting] = field(default_factory=list)
    bad: list[Quarantined] = field(default_factory=list)


class Placed(NamedTuple):
    """A row and its place. Without a `mark` nothing may go on behind it: it is `odd`, or still to come."""

    row: Row
    key: object
    place: str
    mark: str | None
    moment: datetime | None
    odd: str = ""


class Passing:
    """The rows of one page, which begins `behind` a row, or where an overlap does."""

    def __init__(
        self, feed: Feed, zone: ZoneInfo, table: Table, meaning: Meaning, state: State, recent: Mapping[str, str],
        *, behind: bool,
    ) -> None:  # fmt: skip
        self._feed, self._zone, self._table, self._meaning, self._state = feed, zone, table, meaning, state
        self._recent, self._behind = recent, behind
        self._mark = place_of(feed, table.columns, feed.watermark)
        self._key = place_of(feed, table.columns, feed.key)
        read = (feed.watermark, feed.key, *feed.columns.values())
        self._used = sorted({place_of(feed, table.columns, one) for one in read})
        self._known = dict(state.known)
        self._last: Place | None = state.at
        self._seen: list[tuple[str, Placed]] = []

    async def page(self, *, whole: bool = False) -> Page:
        """What it says; `whole`: it is all that there is. Raises Unauthorised where rows cannot be paged."""
        rows = self._table.rows
        ended = whole or (len(rows) <= self._feed.page and not self._table.cut)
        page = Page(self._state, ended)
        before: str | None = None
        for number, row in enumerate(rows if ended or self._table.cut else rows[: self._feed.page], 1):
            one = self._placed(row)
            self._check_apart(before, one.place)
            before = one.place
            self._read(page, one)
            if number % TURN == 0:
                await asyncio.sleep(0)
        if not ended and not self._table.cut:  # behind the last row its twin would never be read
            self._check_apart(before, self._placed(rows[-1]).place)
        page.state = self._ended(page) if ended else self._going_on()
        return page

    def _check_apart(self, one: str | None, other: str) -> None:
        if one == other:
            raise self._wrong("two rows have the same watermark and key: name a `key` that no two rows share")

    def _placed(self, row: Row) -> Placed:
        mark, key, moment, column = row[self._mark], row[self._key], None, self._feed.watermark
        try:
            moment = marks.moment_of(self._feed, mark, self._zone)
            place, column = marks.kept(mark), self._feed.key
            whole = (place, marks.kept(key))
        except ValueError as problem:
            return Placed(row, key, _digest(self._used_of(row)), None, moment, f"{column} {problem}")
        if moment is not None and is_to_come(moment):
            return Placed(row, key, _digest(whole), None, moment, f"{self._feed.watermark} is still to come")
        return Placed(row, key, _digest(whole), place, moment)

    def _read(self, page: Page, one: Placed) -> None:
        self._seen.append((one.place, one))
        if one.mark is not None:
            self._last = (one.mark, marks.kept(one.key))
        said = _digest((self._used_of(one.row), one.odd))
        told = self._known.pop(one.place, "") or self._recent.get(one.place, "")
        known, _, times = told.rstrip(BAD).partition(".")
        if known == said:
            self._known[one.place] = told  # it goes to the end
            return
        version = int(times or 0) + bool(known)
        try:
            if one.odd:
                raise BadRow(one.odd)
            seen, bad = self._meaning.sighting(one.row, one.key, one.moment, version), ""
        except BadRow as problem:
            page.bad.append(self._quarantined(one.key, str(problem)))
            bad = BAD
        else:
            page.sightings += [] if seen is None else [seen]
        page.fresh[one.place] = self._known[one.place] = said + (f".{version}" if version else "") + bad

    def _used_of(self, row: Row) -> Row:
        """Other columns are none of what it says: one that is of the clock or of chance would be news at each look."""
        return tuple(row[place] for place in self._used)

    def _quarantined(self, key: object, why: str) -> Quarantined:
        """By its key, so that it is found; a number is told as a line is."""
        named = f"{self._feed.called}, {self._feed.key}"
        if isinstance(key, int) and not isinstance(key, bool):
            return Quarantined(f"{self._feed.called} by {self._feed.key}", why, key)
        return Quarantined(f"{named} {''.join(filter(str.isprintable, str(key)))[:64]}", why)

    def _going_on(self) -> State:
        if self._last is None or self._last == self._state.at:
            raise self._wrong("no row of a whole page has a watermark behind which one could go on")
        return self._made(at=self._last, read=time.time(), known=self._known)

    def _wrong(self, why: str) -> Unauthorised:
        """What no look mends, and a person does."""
        return Unauthorised(f"feed {self._feed.called}: {why}", Code.FORBIDDEN)

    def _ended(self, page: Page) -> State:
        """The last row is the newest; an empty pass says that all of an overlap were deleted, and nothing else."""
        high = self._last or self._state.high
        page.again = None if high is None else self._window(marks.back(high[0]))
        known = self._known if page.again is None else {place: self._known[place] for place in page.again}
        if high == self._state.high:
            return self._made(high=high, moved=self._state.moved, known=known)
        return self._made(high=high, moved=time.time(), known=known)

    def _window(self, high: Any) -> list[str] | None:  # noqa: ANN401 - as the database has it
        """Those that the next pass will see again; None where that may begin before this page."""
        begin = marks.earlier(self._feed, high) if self._feed.again else None
        again = [
            place for place, one in self._seen
            if one.mark is None or (begin is not None and _not_before(marks.back(one.mark), begin))
        ]  # fmt: skip
        return None if self._behind and len(again) == len(self._seen) else again

    def _made(self, *, known: dict[str, str], **told: Any) -> State:  # noqa: ANN401 - fields of a state
        told = {"high": self._state.high, "moved": self._state.moved} | told
        return State(known=_fewer(known), **told)


def _fewer(known: dict[str, str]) -> dict[str, str]:
    """The newest, and before them those that were bad: to be told of them again would be a case again."""
    if len(known) <= KNOWN:
        return known
    bad = {place: None for place, said in known.items() if said.endswith(BAD)}
    kept = dict.fromkeys([*bad, *[place for place in reversed(known) if place not in bad]][:KNOWN])
    return {place: said for place, said in known.items() if place in kept}


def _not_before(mark: Any, begin: Any) -> bool:  # noqa: ANN401 - of one column
    try:
        return bool(mark >= begin)
    except TypeError:
        return True


def _digest(what: object) -> str:
    return hashlib.blake2b(repr(what).encode("utf-8", "backslashreplace"), digest_size=6).hexdigest()
