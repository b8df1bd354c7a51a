"""A feed: a query of somebody's own, what says of a row that it is new, and what each column of it is. Data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from pawline.insight.rows import Above, Meant, check_fields, check_meant
from pawline.kit.database import check_query

KNOWN: Final = 4_000
"""Rows of an overlap that are known again; of more of them the rest is told again, and known by the store."""
OVERLAP: Final = 300.0
"""Seconds for which a row may be committed later than its watermark says, if nothing else is said."""
BEHIND: Final = 1_000.0
"""Numbers by which one may, where the watermark is a number."""


class Feed(Meant, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows of one kind. `columns` is our field = the query's column; `watermark` grows whenever a row changes.

    `key` tells rows of one watermark apart. `overlap` is how much older than the newest a row may be that was not there
    yet: seconds, or numbers. `since` is the first watermark that is read; everything, if empty.
    """

    query: str
    columns: dict[str, str]
    watermark: str
    key: str
    mark: Literal["time", "number", "text"] = "time"
    since: str = ""
    page: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 5_000
    every: Above | None = None
    overlap: Annotated[float, msgspec.Meta(ge=0)] | None = None

    @property
    def again(self) -> float:
        """How far back each pass begins."""
        if self.overlap is not None:
            return self.overlap
        return {"time": OVERLAP, "number": BEHIND}.get(self.mark, 0.0)


def check_feed(one: Feed) -> None:
    """Raises ValueError, naming the feed and what to do."""
    where = f"feed {one.called}"
    check_query(where, one.query)
    if not one.watermark or not one.key:
        raise ValueError(f"{where}: `watermark` and `key` are columns of the query")
    check_meant(where, one)
    timed = one.mark == "time"
    check_fields(where, one, one.columns, timed=timed, hint='`mark = "time"`, which says it')
    if one.mark == "text" and one.overlap:
        raise ValueError(f"{where}: nobody can tell how far back a text is: leave `overlap` out")
    if one.mark == "number" and one.again > KNOWN:
        raise ValueError(f"{where}: `overlap` is {KNOWN} numbers at most")
    _check_since(where, one)


def _check_since(where: str, one: Feed) -> None:
    try:
        if one.since and one.mark == "number":
            int(one.since)
        elif one.since and one.mark == "time":
            datetime.fromisoformat(one.since)
    except ValueError:
        kind = "a whole number" if one.mark == "number" else "a time such as 2026-11-27 00:00:00"
        raise ValueError(f"{where}: `since` is {kind}") from None
