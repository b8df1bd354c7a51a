"""Looks at a feed: page after page behind the last row, and a little back once at its end, for what came late."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec

from pawline.connectors.database import asking, marks
from pawline.connectors.database.feed import Feed
from pawline.connectors.database.meaning import Meaning
from pawline.connectors.database.passing import Page, Passing, State
from pawline.connectors.database.recent import Recent
from pawline.connectors.database.settings import Settings
from pawline.insight.rows import AS_OF, Standing
from pawline.kit import REMEMBERED, Quarantined, Seen, Sighting, Tried
from pawline.kit.database import AFTER, Database
from pawline.ports import PortError

SAMPLE: Final = 1_000
"""The newest rows, which a dry run looks at."""
SHOWN: Final = 5
SETTLED: Final = 600.0
"""Seconds for which numbers are taken to come late."""
DAY: Final = 86_400.0
PAUSE: Final = 60.0
"""Seconds after which a pass that was interrupted goes back: what was late behind its page is there by now."""


class Start(NamedTuple):
    """Where a page begins: behind a row, or, without a key, from a watermark on."""

    mark: object
    key: object = None
    behind: bool = False


class Look:
    """Looks at one feed. A look sees a page; the next one goes on behind it, whatever dies in between."""

    def __init__(self, feed: Feed) -> None:
        self._feed: Final = feed
        self._standing: Final[Standing] = {}
        self._recent: Final = Recent()
        self._settled: tuple[str, str] | None = None
        self._begun: float | None = None

    async def __call__(self, database: Database, settings: Settings, cursor: str) -> Seen:
        state = msgspec.json.decode(cursor, type=State) if cursor else State()
        before, recent = state.high, self._recent.begun(cursor)
        while True:
            page = await self._page(database, settings, state, recent)
            if page.fresh or page.ended:
                break
            state = page.state
        if page.ended:
            self._note(page.state)
            self._recent.keep(page.again)
            if not page.fresh and page.state.high == before:
                return Seen((), cursor)  # the same: nothing came
        seen = tuple(one for one in page.sightings if _is_news(one))
        said = page.state.said()
        self._recent.told(cursor, said, page.fresh)
        return Seen(seen, said, tuple(page.bad), more=not page.ended)

    async def _page(
        self, database: Database, settings: Settings, state: State, recent: Mapping[str, str]
    ) -> Page:  # fmt: skip
        engine = database.address.engine
        start = self._start(state, database)
        if not start.behind:  # also where a pass is taken up again after a pause
            state = msgspec.structs.replace(state, at=None)
        if state.at is None:
            self._begun = time.time() if not start.behind else None
            self._standing.clear()
        given = {AFTER: start.mark, asking.MARK: start.mark}
        if start.behind:
            given[asking.KEY] = start.key
        table = await database.read(asking.page(self._feed, engine, behind=start.behind), given, self._feed.page + 1)
        meaning = Meaning(self._feed, settings.zone_of(self._feed), table.columns, self._standing)
        found = Passing(self._feed, settings.zone_of(self._feed), table, meaning, state, recent, behind=start.behind)
        return await found.page()

    def _start(self, state: State, database: Database) -> Start:
        if state.at is not None:
            mark, key = map(marks.back, state.at)
            if self._feed.again and abs(time.time() - state.read) > PAUSE:
                return Start(marks.earlier(self._feed, mark))
            return Start(mark, key, behind=True)
        if state.high is None:
            return Start(marks.first(self._feed, database.address.engine))
        mark, key = map(marks.back, state.high)
        if not self._feed.again or self._settled == state.high:
            return Start(mark, key, behind=True)
        return Start(marks.earlier(self._feed, mark))

    def _note(self, state: State) -> None:
        """Once a whole pass began so late that nothing may be missing before its newest, no other goes back for it.

        By our own clock alone: by how much theirs is off does not matter.
        """
        late = self._feed.again if self._feed.mark == "time" else SETTLED
        if state.high is not None and marks.is_day(marks.back(state.high[0])):
            late += DAY  # rows of this very watermark come until the day is over
        if self._begun is not None and state.high is not None and self._begun >= state.moved + late:
            self._settled = state.high

    async def rehearse(self, database: Database, settings: Settings) -> Tried | None:
        """What the newest rows would say, one by one; nothing is remembered."""
        feed, engine = self._feed, database.address.engine
        first = marks.first(feed, engine)
        table = await database.read(asking.newest(feed, engine, SAMPLE), {AFTER: first}, SAMPLE)
        odd = await database.read(asking.nameless(feed, engine), {AFTER: first}, 1)
        zone = settings.zone_of(feed)
        meaning = Meaning(feed, zone, table.columns, {})
        passing = Passing(feed, zone, table._replace(rows=table.rows[::-1]), meaning, State(), {}, behind=False)
        page = await passing.page(whole=True)
        bad = list(page.bad)
        if odd.rows:
            why = f"rows without {feed.watermark} or {feed.key} are never read, and there are some"
            bad.append(Quarantined(feed.called, why))
        if not table.rows and not bad:
            return await self._older(database)
        where = f"its newest {len(table.rows)} rows{await self._remarks(database, settings, page)}"
        return Tried(where, len(page.sightings), tuple(page.sightings[-SHOWN:]), tuple(bad))

    async def _older(self, database: Database) -> Tried | None:
        """What there is where nothing is read: rows of a watermark that is something else than `mark` says."""
        feed, engine = self._feed, database.address.engine
        found = await database.read(asking.newest(feed, engine, 1), {AFTER: marks.lowest(feed, engine)}, 1)
        if feed.since or not found.rows:
            return None
        why = f"there are rows, and none is read: is {feed.watermark} what `mark` says, and not before 1970 or 0?"
        return Tried("its rows", 0, (), (Quarantined(feed.called, why),))

    async def _remarks(self, database: Database, settings: Settings, page: Page) -> str:
        """How old the newest is, and whether an index serves the watermark."""
        feed, said = self._feed, ""
        if page.state.high is not None:
            moment = marks.moment_of(feed, marks.back(page.state.high[0]), settings.zone_of(feed))
            said = "" if moment is None else f", the last {marks.lag(moment)}"
            mark, key = map(marks.back, page.state.high)
            given = {AFTER: mark, asking.MARK: mark, asking.KEY: key}
            try:
                found = await database.searches(asking.page(feed, database.address.engine, behind=True), given)
            except PortError:
                return said
            if found is False:
                said += f"; no index serves {feed.watermark}, so each look reads everything"
        return said


def _is_news(one: Sighting) -> bool:
    """An order or a parcel of so long ago may have been forgotten, and would be told anew."""
    return type(one.event) in AS_OF or one.at >= datetime.now(UTC) - REMEMBERED
