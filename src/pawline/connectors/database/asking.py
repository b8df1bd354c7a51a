"""What a database is asked: the query that somebody wrote, in a bracket, with the order and the pages around it."""

from __future__ import annotations

from pawline.connectors.database.feed import Feed
from pawline.kit.database import Engine, sql_name

MARK, KEY = "pawline_mark", "pawline_key"
"""What we give besides `:after`."""


def page(feed: Feed, engine: Engine, *, behind: bool) -> str:
    """The next rows: `behind` a row, or from a watermark on. One more than a page has: it shows that there are more."""
    mark, key = _columns(feed, engine)
    where = f"({mark} > :{MARK} OR ({mark} = :{MARK} AND {key} > :{KEY}))" if behind else f"{mark} >= :{MARK}"
    return (
        f"{_bracket(feed)} WHERE {mark} IS NOT NULL AND {key} IS NOT NULL AND {where}"
        f" ORDER BY {mark}, {key} LIMIT {feed.page + 1}"
    )


def newest(feed: Feed, engine: Engine, most: int) -> str:
    """The last rows, the newest first."""
    mark, key = _columns(feed, engine)
    return (
        f"{_bracket(feed)} WHERE {mark} IS NOT NULL AND {key} IS NOT NULL ORDER BY {mark} DESC, {key} DESC LIMIT {most}"
    )


def nameless(feed: Feed, engine: Engine) -> str:
    """A row, if there is one, that no page will ever have."""
    mark, key = _columns(feed, engine)
    return f"{_bracket(feed)} WHERE {mark} IS NULL OR {key} IS NULL LIMIT 1"


def _bracket(feed: Feed) -> str:
    return f"SELECT * FROM (\n{feed.query}\n) pawline_feed"  # noqa: S608 - it was checked, and is read in a transaction that only reads


def _columns(feed: Feed, engine: Engine) -> tuple[str, str]:
    mark, key = (sql_name(one, engine, feed.query) for one in (feed.watermark, feed.key))
    return f"pawline_feed.{mark}", f"pawline_feed.{key}"
