"""What a row means: fields from columns, by maps that are data, and our event of them. Numbers and times exactly."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec

from pawline.connectors.files.export import MODIFIED, Export
from pawline.connectors.files.goods import LISTS, Row
from pawline.connectors.files.layout import BadFile, BadRow, Layout, named
from pawline.insight.cells import parts
from pawline.kit import REMEMBERED, Sighting
from pawline.model import (
    BookingRefused,
    CauseId,
    Event,
    LocationId,
    LotListed,
    OrderBooked,
    OrderId,
    ProductDescribed,
    ShipmentDispatched,
    ShipmentId,
    SkuId,
    StockCounted,
    StockLevel,
    encode_event,
)  # fmt: skip

if TYPE_CHECKING:
    from pawline.kit import Entry

AHEAD: Final = timedelta(minutes=5)
"""How far another clock may be ahead of ours. A time beyond it would be the newest until it comes."""
SOME: Final = 20
"""Rows; in fewer a column may well be empty."""
DIGITS: Final = 9
"""More is no count that anybody made, and adding such up would leave what a database holds."""
OTHERS: Final = "*"
"""In a map: what everything becomes that it does not name."""
AS_OF: Final = {StockCounted: "level", ProductDescribed: "description", LotListed: "lot"}
"""Events of which the newest counts, however old it is, and where it says as of when it is."""
Standing = dict[int, int]
"""What stands in a file so far, and may stand there once: a digest of it, and its line, or a digest of whose it is."""


class Meaning:
    """What the rows of one file mean. Raises BadFile where its name does not say when it is of."""

    def __init__(self, export: Export, zone: ZoneInfo, layout: Layout, entry: Entry, standing: Standing) -> None:
        self._export, self._zone, self._layout, self._standing = export, zone, layout, standing
        self._name, self._changed = entry.name, entry.changed
        self._of_file = self._moment_of_file()
        self._rows, self._bare = 0, set(export.columns)

    def sighting(self, line: int, record: bytes) -> Sighting | None:
        """What the row says; None for one that `only` leaves out. Raises BadRow."""
        fields = self._fields(record)
        if any(fields[name] not in kept for name, kept in self._export.only.items()):
            return None
        moment = self._moment(fields)
        made = self._told_apart(self._made(fields, moment))
        self._check_once(line, made)
        return Sighting(self._called(line, made, fields), moment, made)

    def check_filled(self, *, whole: bool) -> None:
        """Raises BadFile where a column is empty in every row: what was said before would be wiped."""
        if whole and self._bare and self._rows >= SOME and self._export.kind == "products":
            lacking = ", ".join(sorted(map(self._column, self._bare)))
            raise BadFile(f"in each of its {self._rows} rows {lacking} is empty: fill it, or take it out of `columns`")

    def _check_once(self, line: int, made: Event) -> None:
        """Raises BadRow where a line before leaves open what this one says."""
        if isinstance(made, StockCounted):
            if self._standing.setdefault(_digest(made.fact), line) != line:
                raise BadRow("its SKU stands in this place on a line before: counts are not added up")
        elif isinstance(made, ShipmentDispatched):
            order = _digest(made.order)
            if self._standing.setdefault(_digest(made.shipment), order) != order:
                raise BadRow("its parcel is another order's on a line before: a parcel is told for one order")
        elif isinstance(made, ProductDescribed):
            if self._standing.setdefault(_digest(made.subject), line) != line:
                raise BadRow("its SKU stands on a line before, and that one counts: a SKU has one line")
        elif isinstance(made, LotListed):
            lot, best_by = _digest(f"{made.lot.sku}\0{made.lot.lot}"), _digest(str(made.lot.best_by))
            if self._standing.setdefault(lot, best_by) != best_by:
                raise BadRow("its lot has another best-before date on a line before, and that one counts")

    def _made(self, fields: Mapping[str, str], moment: datetime) -> Event:
        if self._export.kind == "booked":
            order, reference = self._word(fields, "order"), self._word(fields, "reference")
            return OrderBooked(order=OrderId(order), reference=reference, at=moment)
        if self._export.kind == "refused":
            order, cause = self._word(fields, "order"), self._word(fields, "cause")
            return BookingRefused(order=OrderId(order), cause=CauseId(cause), at=moment)
        if self._export.kind == "sent":
            order, shipment = self._word(fields, "order"), self._word(fields, "shipment")
            return ShipmentDispatched(order=OrderId(order), shipment=ShipmentId(shipment), at=moment)
        if self._export.kind == "products":
            return ProductDescribed(description=self._row(fields).described(moment))
        if self._export.kind == "lots":
            return LotListed(lot=self._row(fields).lot(moment))
        safety = self._count(fields, "safety") if fields.get("safety") else 0
        if safety < 0:
            raise BadRow(f"{self._column('safety')} is below zero")
        return StockCounted(level=StockLevel(
            sku=SkuId(self._word(fields, "sku")), location=LocationId(self._word(fields, "location")),
            on_hand=self._count(fields, "on_hand"), as_of=moment,
            contains_until=self._time(fields, "contains_until") if fields.get("contains_until") else None,
            safety=safety,
        ))  # fmt: skip

    def _called(self, line: int, made: Event, fields: Mapping[str, str]) -> str:
        """The sighting's id: the same said again, by this file or a later one of its name, is known by it.

        It is of what the row means, not of its bytes: read anew by maps that were mended, it says something else. A
        count means its time, too, told apart: what a later file says is news, also where it goes back to what it was.
        """
        if self._export.kind == "booked":
            return f"booked/{fields['order']}"
        if self._export.kind == "sent":
            return f"sent/{fields['shipment']}"
        digest = hashlib.blake2b(encode_event(made), digest_size=6).hexdigest()
        if self._export.kind == "refused" and fields.get("at"):
            return f"refused/{fields['order']}/{digest}"
        return f"{self._name}/{line}-{digest}"

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

    def _row(self, fields: Mapping[str, str]) -> Row:
        return Row(self._export, self._layout.places, fields)

    def _fields(self, record: bytes) -> dict[str, str]:
        fields = dict(self._export.constants) | self._layout.fields(record)
        self._rows += 1
        self._bare -= {name for name in self._bare if fields[name]}
        for name in self._export.values:
            said = parts(fields[name]) if self._export.kind == "products" and name in LISTS else [fields[name]]
            fields[name] = ", ".join([self._ours(name, one) for one in said])
        return fields

    def _ours(self, name: str, text: str) -> str:
        known = self._export.values[name]
        if text in known:
            return known[text]
        if OTHERS not in known and name in self._export.strict:
            raise BadRow(f"{self._column(name)} is none of those that `values` names")
        return known.get(OTHERS, text)

    def _moment(self, fields: Mapping[str, str]) -> datetime:
        if (name := self._export.moment) in fields:
            return self._time(fields, name)
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
                read = datetime.strptime(self._name, said)  # noqa: DTZ007 - see _aware
                moment, what = _aware(read, self._zone), "the time in its name"
        except (ValueError, OverflowError):
            raise BadFile("its name does not say when it is of, as `as_of` wants") from None
        if _is_to_come(moment):
            raise BadFile(f"{what} is still to come{': a clock is wrong' if said == MODIFIED else ''}")
        return moment

    def _time(self, fields: Mapping[str, str], name: str) -> datetime:
        """Raises BadRow where it is no time, is none on that day's clock, or is still to come."""
        text = fields[name]
        try:
            read = datetime.strptime(text, self._export.dates) if self._export.dates else _iso(text)  # noqa: DTZ007
            moment = _aware(read, self._zone)
        except (ValueError, OverflowError):
            raise BadRow(f"{self._column(name)} is no time") from None
        if _is_to_come(moment):
            raise BadRow(f"{self._column(name)} is still to come")
        return moment

    def _count(self, fields: Mapping[str, str], name: str) -> int:
        number = counted(fields[name], self._export.decimal, self._export.thousands)
        if number is None:
            raise BadRow(f"{self._column(name)} is no count")
        return number

    def _word(self, fields: Mapping[str, str], name: str) -> str:
        if not fields[name]:
            raise BadRow(f"{self._column(name)} is empty")
        return fields[name]

    def _column(self, name: str) -> str:
        return named(self._layout.places, name)


def is_news(one: Sighting) -> bool:
    """Whether it may be told: an order or a parcel of so long ago may have been forgotten, and would be told anew."""
    return type(one.event) in AS_OF or one.at >= datetime.now(UTC) - REMEMBERED


def _is_to_come(moment: datetime) -> bool:
    return moment > datetime.now(UTC) + AHEAD


def _digest(said: str) -> int:
    return int.from_bytes(hashlib.blake2b(said.encode("utf-8", "backslashreplace"), digest_size=8).digest())


def counted(text: str, decimal: str, thousands: str) -> int | None:
    """A whole number as a system writes it (`1.250,000`, `5-`); None for anything else. Never by way of a float."""
    sign, whole = "", text
    if whole[:1] in ("-", "+") or whole[-1:] == "-":
        sign, whole = ("-" if "-" in (whole[:1], whole[-1:]) else ""), whole.strip("+-")
        if len(text) - len(whole) != 1:
            return None
    whole, _, fraction = whole.partition(decimal)
    if thousands and thousands in whole:
        if not re.fullmatch(rf"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+", whole):
            return None
        whole = whole.replace(thousands, "")
    if not re.fullmatch(rf"[0-9]{{1,{DIGITS}}}", whole) or not re.fullmatch("0*", fraction):
        return None
    return int(sign + whole)


def _iso(text: str) -> datetime:
    """ISO 8601 with a time of day."""
    if not re.match(r"\d{4}-?\d\d-?\d\d[T ]\d\d", text):
        raise ValueError("no time of day")
    return datetime.fromisoformat(text)


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    """With the zone, if it has none. An hour that comes twice is the first of the two: it never counts too much.

    Raises ValueError for an hour that the clocks skipped.
    """
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    there = moment.replace(tzinfo=zone)
    if there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
        raise ValueError("the clocks skipped it")
    return there.astimezone(UTC)
