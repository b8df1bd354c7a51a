"""Whether an account can do its work: it is let in, each query runs and has its columns, and the clocks agree."""

from __future__ import annotations

from datetime import UTC, datetime

from pawline.connectors.database import asking, marks
from pawline.connectors.database.feed import Feed
from pawline.connectors.database.meaning import place_of
from pawline.connectors.database.settings import Settings
from pawline.insight.rows import AHEAD
from pawline.kit.database import AFTER, Database
from pawline.ports import Code, Unauthorised


async def probe(database: Database, settings: Settings, _: frozenset[str]) -> None:
    """Raises Unauthorised, naming what lacks in every feed; and what the database itself says."""
    lacking = [await _clock(database), *[await _wrong(database, one) for one in settings.feeds]]
    if told := [one for one in lacking if one]:
        raise Unauthorised("; ".join(told), Code.FORBIDDEN)


async def _clock(database: Database) -> str:
    """A row of a clock that is ahead of ours would be still to come."""
    there = await database.now()
    ahead = None if there is None else there - datetime.now(UTC)
    if ahead is None or abs(ahead) <= AHEAD:
        return ""
    minutes = round(abs(ahead).total_seconds() / 60)
    return (
        f"its clock is {minutes} minutes {'ahead of' if ahead.total_seconds() > 0 else 'behind'} ours: set one of them"
    )


async def _wrong(database: Database, feed: Feed) -> str:
    try:
        engine = database.address.engine
        found = await database.read(asking.newest(feed, engine, 1), {AFTER: marks.first(feed, engine)}, 1)
        for column in (feed.watermark, feed.key, *feed.columns.values()):
            place_of(feed, found.columns, column)
    except Unauthorised as problem:
        where = f"feed {feed.called}: "
        return where + problem.text.removeprefix(where)
    return ""
