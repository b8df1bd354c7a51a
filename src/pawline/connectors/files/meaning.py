"""What a row of a file means: which of them may stand once, as of when the file is, and by what it is known again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec

from pawline.connectors.files.export import MODIFIED, Export
from pawline.connectors.files.layout import BadFile, Layout
from pawline.insight import rows
from pawline.insight.rows import AS_OF, BadRow, Standing, aware, digest_of, is_to_come
from pawline.kit import REMEMBERED, Sighting
from pawline.model import Event, LotListed, ProductDescribed, ShipmentDispatched, StockCounted

if TYPE_CHECKING:
    from pawline.kit import Entry

SOME: Final = 20
"""Rows; in fewer a column may well be empty."""


class Meaning:
    """What the rows of one file mean. Raises BadFile where its name does not say when it is of."""

    def __init__(self, export: Export, zone: ZoneInfo, layout: Layout, entry: Entry, standing: Standing) -> None:
        self._export, self._zone, self._layout, self._standing = export, zone, layout, standing
        self._meaning = rows.Meaning(export, zone, {name: place.called for name, place in layout.places.items()})
        self._name, self._changed = entry.name, entry.changed
        self._of_file = self._moment_of_file()
        self._rows, self._bare = 0, set(export.columns)

    def sighting(self, line: int, record: bytes) -> Sighting | None:
        """What the row says; None for one that `only` leaves out. Raises BadRow."""
        cells = self._layout.fields(record)
        self._rows += 1
        self._bare -= {name for name in self._bare if cells[name]}
        fields = self._meaning.fields(cells)
        if not self._meaning.is_wanted(fields):
            return None
        moment = self._moment(fields)
        made = self._told_apart(self._meaning.made(fields, moment))
        self._check_once(line, made)
        # A count means its time, too, told apart: what a later file says is news, also where it goes back.
        return Sighting(self._meaning.called(made, fields, f"{self._name}/{line}"), moment, made)

    def check_filled(self, *, whole: bool) -> None:
        """Raises BadFile where a column is empty in every row: what was said before would be wiped."""
        if whole and self._bare and self._rows >= SOME and self._export.kind == "products":
            lacking = ", ".join(sorted(map(self._meaning.column, self._bare)))
            raise BadFile(f"in each of its {self._rows} rows {lacking} is empty: fill it, or take it out of `columns`")

    def _check_once(self, line: int, made: Event) -> None:
        """Raises BadRow where a line before leaves open what this one says."""
        if isinstance(made, StockCounted):
            if self._standing.setdefault(digest_of(made.fact), line) != line:
                raise BadRow("its SKU stands in this place on a line before: counts are not added up")
        elif isinstance(made, ShipmentDispatched):
            order = digest_of(made.order)
            if self._standing.setdefault(digest_of(made.shipment), order) != order:
                raise BadRow("its parcel is another order's on a line before: a parcel is told for one order")
        elif isinstance(made, ProductDescribed):
            if self._standing.setdefault(digest_of(made.subject), line) != line:
                raise BadRow("its SKU stands on a line before, and that one counts: a SKU has one line")
        elif isinstance(made, LotListed):
            lot, best_by = digest_of(f"{made.lot.sku}\0{made.lot.lot}"), digest_of(str(made.lot.best_by))
            if self._standing.setdefault(lot, best_by) != best_by:
                raise BadRow("its lot has another best-before date on a line before, and that one counts")

    def _told_apart(self, made: Event) -> Event:
        """Of two as of the same second, the one that was written later counts: by a microsecond a second."""
        if (name := AS_OF.get(type(made))) is None:
            return made
        said = getattr(made, name)
        if said.as_of.microsecond:
            return made
        later = min(999_999, max(0, int(self._changed - said.as_of.timestamp())))
        moved = msgspec.structs.replace(said, as_of=said.as_of + timedelta(microseconds=later))
        return msgspec.structs.replace(made, **{name: moved})

    def _moment(self, fields: Mapping[str, str]) -> datetime:
        if (name := self._export.moment) in fields:
            return self._meaning.time(fields, name)
        assert self._of_file is not None  # noqa: S101 - the settings have one or the other
        return self._of_file

    def _moment_of_file(self) -> datetime | None:
        said = self._export.as_of
        if not said:
            return None
        try:
            if said == MODIFIED:
                moment, what = datetime.fromtimestamp(self._changed, UTC), "the time at which it was changed"
            else:
                read = datetime.strptime(self._name, said)  # noqa: DTZ007 - see aware
                moment, what = aware(read, self._zone), "the time in its name"
        except (ValueError, OverflowError):
            raise BadFile("its name does not say when it is of, as `as_of` wants") from None
        if is_to_come(moment):
            raise BadFile(f"{what} is still to come{': a clock is wrong' if said == MODIFIED else ''}")
        return moment


def is_news(one: Sighting) -> bool:
    """Whether it may be told: an order or a parcel of so long ago may have been forgotten, and would be told anew."""
    return type(one.event) in AS_OF or one.at >= datetime.now(UTC) - REMEMBERED
