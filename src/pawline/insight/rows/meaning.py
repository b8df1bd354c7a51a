"""What a row means: fields from columns, by maps that are data, and our event of them. Numbers and times exactly."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pawline.insight.cells import parts
from pawline.insight.rows.goods import Row
from pawline.insight.rows.meant import LISTS, BadRow, Meant
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

AHEAD: Final = timedelta(minutes=5)
"""How far another clock may be ahead of ours. A time beyond it would be the newest until it comes."""
DIGITS: Final = 9
"""More is no count that anybody made, and adding such up would leave what a database holds."""
OTHERS: Final = "*"
"""In a map: what everything becomes that it does not name."""
AS_OF: Final = {StockCounted: "level", ProductDescribed: "description", LotListed: "lot"}
"""Events of which the newest counts, however old it is, and where it says as of when it is."""
Standing = dict[int, int]
"""What was said so far, and may be said once: a digest of it, and by which row, or a digest of whose it is."""


class Meaning:
    """What the rows of one kind mean. `columns` are the fields that they have columns for, and what people call those.

    Each method raises BadRow.
    """

    def __init__(self, meant: Meant, zone: ZoneInfo, columns: Mapping[str, str]) -> None:
        self._meant, self._zone, self._columns = meant, zone, columns

    def fields(self, cells: Mapping[str, str]) -> dict[str, str]:
        """Constants and what stands in the columns, in our words."""
        fields = dict(self._meant.constants) | dict(cells)
        for name in self._meant.values:
            said = parts(fields[name]) if self._meant.kind == "products" and name in LISTS else [fields[name]]
            fields[name] = ", ".join([self._ours(name, one) for one in said])
        return fields

    def is_wanted(self, fields: Mapping[str, str]) -> bool:
        """Whether `only` lets it be read."""
        return all(fields[name] in kept for name, kept in self._meant.only.items())

    def made(self, fields: Mapping[str, str], moment: datetime) -> Event:
        """The event that it is."""
        kind = self._meant.kind
        if kind == "booked":
            order, reference = self._word(fields, "order"), self._word(fields, "reference")
            return OrderBooked(order=OrderId(order), reference=reference, at=moment)
        if kind == "refused":
            order, cause = self._word(fields, "order"), self._word(fields, "cause")
            return BookingRefused(order=OrderId(order), cause=CauseId(cause), at=moment)
        if kind == "sent":
            order, shipment = self._word(fields, "order"), self._word(fields, "shipment")
            return ShipmentDispatched(order=OrderId(order), shipment=ShipmentId(shipment), at=moment)
        if kind == "products":
            return ProductDescribed(description=Row(self._meant, self._columns, fields).described(moment))
        if kind == "lots":
            return LotListed(lot=Row(self._meant, self._columns, fields).lot(moment))
        safety = self._count(fields, "safety") if fields.get("safety") else 0
        if safety < 0:
            raise BadRow(f"{self.column('safety')} is below zero")
        return StockCounted(level=StockLevel(
            sku=SkuId(self._word(fields, "sku")), location=LocationId(self._word(fields, "location")),
            on_hand=self._count(fields, "on_hand"), as_of=moment,
            contains_until=self.time(fields, "contains_until") if fields.get("contains_until") else None,
            safety=safety,
        ))  # fmt: skip

    def called(self, made: Event, fields: Mapping[str, str], where: str) -> str:
        """The sighting's id: the same said again is known by it. `where` is the row's own name.

        It is of what the row means, not of its bytes: read anew by maps that were mended, it says something else.
        """
        if self._meant.kind == "booked":
            return f"booked/{fields['order']}"
        if self._meant.kind == "sent":
            return f"sent/{fields['shipment']}"
        digest = hashlib.blake2b(encode_event(made), digest_size=6).hexdigest()
        if self._meant.kind == "refused" and fields.get("at"):
            return f"refused/{fields['order']}/{digest}"
        return f"{where}-{digest}"

    def time(self, fields: Mapping[str, str], name: str) -> datetime:
        """Raises BadRow where it is no time, is none on that day's clock, or is still to come."""
        text = fields[name]
        try:
            read = datetime.strptime(text, self._meant.dates) if self._meant.dates else _iso(text)  # noqa: DTZ007
            moment = aware(read, self._zone)
        except (ValueError, OverflowError):
            raise BadRow(f"{self.column(name)} is no time") from None
        if is_to_come(moment):
            raise BadRow(f"{self.column(name)} is still to come")
        return moment

    def column(self, name: str) -> str:
        """What people call the column of a field."""
        return self._columns.get(name, name)

    def _ours(self, name: str, text: str) -> str:
        known = self._meant.values[name]
        if text in known:
            return known[text]
        if OTHERS not in known and name in self._meant.strict:
            raise BadRow(f"{self.column(name)} is none of those that `values` names")
        return known.get(OTHERS, text)

    def _count(self, fields: Mapping[str, str], name: str) -> int:
        number = counted(fields[name], self._meant.decimal, self._meant.thousands)
        if number is None:
            raise BadRow(f"{self.column(name)} is no count")
        return number

    def _word(self, fields: Mapping[str, str], name: str) -> str:
        if not fields[name]:
            raise BadRow(f"{self.column(name)} is empty")
        return fields[name]


def is_to_come(moment: datetime) -> bool:
    """Whether it is later than any clock may be ahead."""
    return moment > datetime.now(UTC) + AHEAD


def digest_of(said: str) -> int:
    """Eight bytes of it, to know it again by."""
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


def aware(moment: datetime, zone: ZoneInfo) -> datetime:
    """With the zone, if it has none. An hour that comes twice is the first of the two: it never counts too much.

    Raises ValueError for an hour that the clocks skipped.
    """
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    there = moment.replace(tzinfo=zone)
    if there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
        raise ValueError("the clocks skipped it")
    return there.astimezone(UTC)
