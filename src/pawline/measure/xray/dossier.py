"""All that the systems say about one order, from one pass over the scratch pad."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

import msgspec

from pawline.measure.xray.facts import (
    Any,
    Booked,
    Cancelled,
    Edited,
    Heard,
    Labelled,
    Mailed,
    Moved,
    Ordered,
    Paid,
    Refunded,
    Touched,
    Unread,
    unpacked,
)

UNKNOWN: Final = "?"
"""Before what a system calls an order that the shop does not know."""
SUM: Final = "export"
"""What the order export calls all refunds of an order together."""


class Dossier(msgspec.Struct, kw_only=True):
    """One order. What an export has twice is in it once. `order` is None where the shop knows none by this name."""

    name: str
    order: Ordered | None = None
    booked: list[Booked] = []
    again: list[Booked] = []
    """Further rows of an entry: the same page exported twice, or a row for each line of it."""
    moved: list[Moved] = []
    refunded: list[Refunded] = []
    labelled: list[Labelled] = []
    mailed: list[Mailed] = []
    heard: list[Heard] = []
    touched: list[Touched] = []
    edits: list[Edited] = []
    cancels: list[Cancelled] = []
    paid: list[Paid] = []
    unread: list[Unread] = []

    @property
    def edited(self) -> bool:
        """Whether its lines were changed after it was placed: then more than one bill of it is right."""
        return bool(self.edits) or (self.order is not None and self.order.edited)

    def is_legible(self, sources: Collection[str]) -> bool:
        """Whether each row about it of these sources could be read."""
        return not any(one.source in sources for one in self.unread)

    @property
    def off(self) -> bool:
        """Whether it was called off, at a known time or not."""
        return bool(self.cancels) or (self.order is not None and self.order.cancelled)

    @property
    def off_at(self) -> int | None:
        """When it was called off first, as far as that is known."""
        return min((one.at for one in self.cancels if one.at is not None), default=None)

    def units(self) -> Counter[str]:
        """The most that may rightly leave of each SKU: what was bought, and what edits added or made of it."""
        most = Counter(self.order.units if self.order else {})
        for one in self.edits:
            most += Counter(one.units)
        return most

    @property
    def by_line(self) -> bool:
        """Whether rows of one entry have other amounts: they are of its lines, and none has the order's."""
        said = {(one.reference, one.live): one.total for one in self.booked}
        return any(one.total != said[one.reference, one.live] for one in self.again)

    def entries(self) -> list[Booked]:
        """What is in the ERP and was not reversed there."""
        reversed_ = {one.reference for one in self.booked if not one.live}
        return [one for one in self.booked if one.live and one.reference not in reversed_]


def dossiers(rows: Iterable[tuple[str, bytes]]) -> Iterator[Dossier]:
    """Of each order, in order of key."""
    for name, group in groupby(rows, key=itemgetter(0)):
        yield _made(name, (unpacked(body) for _, body in group))


def _made(name: str, facts: Iterable[Any]) -> Dossier:
    made = Dossier(name=name)
    seen = set[tuple[object, ...]]()
    for fact in facts:
        if isinstance(fact, Ordered):
            made.order = fact  # of two files the later one is the newer
        elif (same := _same(fact)) not in seen:
            seen.add(same)
            _file(made, fact)
        elif isinstance(fact, Booked):
            made.again.append(fact)
        if isinstance(fact, Refunded) and fact.id == SUM:
            made.refunded[:] = [one for one in made.refunded if one.id != SUM] + [fact]
    made.labelled = _joined(made.labelled)
    if len({one.id for one in made.refunded}) > 1:  # an export's sum of what a history tells one by one
        made.refunded[:] = [one for one in made.refunded if one.id != SUM]
    return made


def _file(made: Dossier, fact: Any) -> None:  # noqa: C901 - a case for each kind
    match fact:
        case Booked():
            made.booked.append(fact)
        case Moved():
            made.moved.append(fact)
        case Refunded():
            made.refunded.append(fact)
        case Labelled():
            made.labelled.append(fact)
        case Mailed():
            made.mailed.append(fact)
        case Heard():
            made.heard.append(fact)
        case Touched():
            made.touched.append(fact)
        case Edited():
            made.edits.append(fact)
        case Cancelled():
            made.cancels.append(fact)
        case Paid():
            made.paid.append(fact)
        case Unread():
            made.unread.append(fact)


def _joined(labels: list[Labelled]) -> list[Labelled]:
    """A label whose file has a row for each thing in it, as one."""
    by: dict[tuple[str, bool, bool], Labelled] = {}
    for one in labels:
        known = by.get(same := (one.label, one.live, one.ours))
        units = Counter(known.units if known else {}) + Counter(one.units)
        by[same] = msgspec.structs.replace(known or one, units=dict(units))
    return list(by.values())


def _same(fact: Any) -> tuple[object, ...]:
    """What two rows have in common that are one thing told twice."""
    match fact:
        case Booked():
            return Booked, fact.reference, fact.live
        case Refunded():
            return Refunded, fact.id
        case Labelled():
            return Labelled, fact.label, fact.live, fact.ours, *fact.units.items()
        case Moved() if fact.id:
            return Moved, fact.id
        case Mailed() if fact.message:
            return Mailed, fact.message
        case Edited() | Cancelled() | Paid():
            return type(fact), fact.at
    return (type(fact), *(getattr(fact, name) for name in fact.__struct_fields__ if name != "row"))
