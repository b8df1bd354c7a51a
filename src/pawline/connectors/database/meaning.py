"""What a row of a feed means: its cells as text, by the maps that files have too, and by what it is known again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from pawline.connectors.database.cells import is_time, text_of
from pawline.connectors.database.feed import Feed
from pawline.insight import rows
from pawline.insight.rows import AS_OF, BadRow, Standing, aware, digest_of
from pawline.kit import Sighting
from pawline.model import Event, ProductDescribed, ShipmentDispatched, StockCounted
from pawline.ports import Code, Unauthorised

TIMES: Final = ("as_of", "at", "contains_until", "best_by")
"""Fields that are times or days."""
STANDING: Final = 200_000
"""Rows of one pass of which it is remembered what only one of them may say; then it is begun anew."""
SHORT: Final = 64
"""Characters of a key in an id."""


class Meaning:
    """What the rows of one feed mean, of a table with these columns. Raises Unauthorised where one of them lacks."""

    def __init__(self, feed: Feed, zone: ZoneInfo, columns: Sequence[str], standing: Standing) -> None:
        self._feed, self._zone, self._standing = feed, zone, standing
        self._places = {name: place_of(feed, columns, column) for name, column in feed.columns.items()}
        self._texts = rows.Meaning(feed, zone, feed.columns)
        self._typed = rows.Meaning(msgspec.structs.replace(feed, dates="", days=""), zone, feed.columns)

    def sighting(
        self, row: Sequence[object], key: object, moment: datetime | None, version: int
    ) -> Sighting | None:  # fmt: skip
        """What the row says; None for one that `only` leaves out. Raises BadRow.

        `moment` is as of when its watermark says that it is; of two versions of one watermark the later counts.
        """
        told = [row[self._places[name]] for name in TIMES if name in self._places]
        texts = any(isinstance(one, str) and one.strip() for one in told)
        meaning = self._texts if texts else self._typed
        fields = meaning.fields(
            {name: self._cell(name, row[place], texts=texts) for name, place in self._places.items()}
        )
        if not meaning.is_wanted(fields):
            return None
        at = self._moment(meaning, fields, moment)
        made = _told_apart(meaning.made(fields, at), moment, version)
        named = text_of(key, ".")
        self._check_once(named, made)
        short = named if len(named) <= SHORT else f"{digest_of(named):016x}"
        return Sighting(meaning.called(made, fields, f"{self._feed.called}/{short}"), at, made)

    def _cell(self, name: str, value: object, *, texts: bool) -> str:
        """The cell as text. A time that is one is written as those that are texts are, if there are any."""
        try:
            if not is_time(value) or name not in TIMES:
                return text_of(value, self._feed.decimal)
            if isinstance(value, datetime):
                there = aware(value, self._zone)
                return (
                    there.astimezone(self._zone).strftime(self._feed.dates)
                    if texts and self._feed.dates
                    else there.isoformat()
                )
            if isinstance(value, date) and texts and self._feed.days:
                return value.strftime(self._feed.days)
            return text_of(value, self._feed.decimal)
        except (ValueError, OverflowError) as problem:
            why = "is no time" if is_time(value) else str(problem)
            raise BadRow(f"{self._feed.columns[name]} {why}") from None

    def _moment(self, meaning: rows.Meaning, fields: Mapping[str, str], moment: datetime | None) -> datetime:
        if (name := self._feed.moment) in fields:
            return meaning.time(fields, name)
        assert moment is not None  # noqa: S101 - the settings have one or the other
        return moment

    def _check_once(self, key: str, made: Event) -> None:
        """Raises BadRow where another row leaves open what this one says."""
        if len(self._standing) > STANDING:
            self._standing.clear()
        if isinstance(made, StockCounted):
            if self._standing.setdefault(digest_of(made.fact), digest_of(key)) != digest_of(key):
                raise BadRow("another row counts its SKU in this place at that time: have the query add them up")
        elif isinstance(made, ShipmentDispatched):
            if self._standing.setdefault(digest_of(made.shipment), digest_of(made.order)) != digest_of(made.order):
                raise BadRow("its parcel is another order's in another row: a parcel is told for one order")
        elif (
            isinstance(made, ProductDescribed)
            and self._standing.setdefault(digest_of(made.subject), digest_of(key)) != digest_of(key)
        ):  # fmt: skip
            raise BadRow("another row describes its SKU, and that one counts: a SKU has one row")


def place_of(feed: Feed, columns: Sequence[str], wanted: str) -> int:
    """Where a column is: as it is written, else whatever its case. Raises Unauthorised: a person mends the query."""
    for there in (list(columns), [one.casefold() for one in columns]):
        name = wanted if wanted in there else wanted.casefold()
        if there.count(name) == 1:
            return there.index(name)
    raise Unauthorised(f"feed {feed.called}: its query has no column {wanted}, or has it twice", Code.FORBIDDEN)


def _told_apart(made: Event, moment: datetime | None, version: int) -> Event:
    """Of two as of the same second the one that was changed later counts: by a microsecond a second, and a version."""
    if (name := AS_OF.get(type(made))) is None:
        return made
    said = getattr(made, name)
    later = version
    if moment is not None and not said.as_of.microsecond:
        later += max(0, int((moment - said.as_of).total_seconds()))
    if not later:
        return made
    moved = msgspec.structs.replace(said, as_of=said.as_of + timedelta(microseconds=min(999_999, later)))
    return msgspec.structs.replace(made, **{name: moved})
