"""Sources into the scratch pad: each row once, under the order, payout or SKU that it is about."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from pawline.insight.rows import BadRow
from pawline.measure.xray.dossier import UNKNOWN
from pawline.measure.xray.facts import Ordered, Passed, Unread, packed
from pawline.measure.xray.making import PLACED, ROUNDED, SOURCES, Put
from pawline.measure.xray.orders import told
from pawline.measure.xray.report import Taken
from pawline.measure.xray.sheet import Reading, Row, Sheet, Torn, WrongSource, stamp
from pawline.measure.xray.spans import Rows, Span, Told
from pawline.store.scratch import Scratch

TABLES: Final = ("orders", "payouts", "shelf", "prices", "passing", "found")
SHOWN: Final = 100
"""Bad rows that are told one by one."""
IDENTITY: Final = "="
"""Before an id, whose name is then the number of its order."""
BARE: Final = "0"
"""Before a number without its zeros."""
STEADY: Final = frozenset({"orders", "erp", "payments", "webhooks"})
"""Of which no row for long means that the file was made earlier than was said, or cut off."""
ILLEGIBLE: Final = "!"
"""Before what the shop calls an order that could not be read."""


class Taking:
    """What was taken so far, and from when to when each kind of source tells of everything."""

    def __init__(self, pad: Scratch, zone: str, until: int | None, say: Callable[[str], None]) -> None:
        self._pad, self._zone, self._until, self._say = pad, zone, until, say
        self.sources: list[Taken] = []
        self.spans: dict[str, Span] = {}
        self.named = False
        """Whether deliveries of webhooks say of which order they are."""
        self.tells = False
        """Whether any delivery is of an order of this shop: a log of other topics, or of other names, says nothing."""
        self.complete = False
        """Whether the stock's file has all arrivals."""
        self._illegible: list[str] = []

    def take(self, sheet: Sheet) -> None:
        """One file. Raises WrongSource."""
        taken, rows = Taken(kind=sheet.kind, file=sheet.path.name), Rows()
        if sheet.kind == "orders":
            self._orders(sheet, taken, rows)
        else:
            self._table(sheet, taken, rows)
        since, until = stamp(sheet.since), stamp(sheet.until)
        taken.early = bool(self._until) and sheet.kind in STEADY and until is None
        taken.latest = (rows.reach() or (None, None))[1]
        taken.since, taken.until = self.spans.setdefault(sheet.kind, Span()).add(
            taken.file, rows, Told(since, until, self._until, steady=sheet.kind in STEADY)
        )
        self.sources.append(taken)
        self.complete |= sheet.kind == "stock" and sheet.complete

    def _orders(self, sheet: Sheet, taken: Taken, rows: Rows) -> None:
        clock = self._clock(sheet)
        for one in told(sheet.path):
            if isinstance(one.fact, BadRow):
                self._bad(taken, one.line, one.fact, named=bool(one.order))
                self._illegible.append(one.order)
                continue
            taken.rows += isinstance(one.fact, Ordered)
            rows.add(one.fact.at)
            self._pad.name(one.order, one.order)
            if isinstance(one.fact, Ordered):
                self._called(one.fact, one.order, taken.file)
            self._pad.put("orders", one.order, one.fact.at or 0, packed(one.fact))
            clock(one.line)

    def _called(self, order: Ordered, key: str, file: str) -> None:
        """By its number, too. Raises WrongSource where its id is another's: two orders would be one."""
        if not self._pad.name(f"{IDENTITY}{key}", order.number):
            other = self._pad.named(f"{IDENTITY}{key}")
            raise WrongSource(
                f"{file}: orders {other} and {order.number} have the same id: export them anew, look at one shop at a "
                f"time, and save no file from a spreadsheet"
            )
        for name in {order.number, order.number.lstrip("#"), _bare(order.number.lstrip("#"))}:
            if not self._pad.name(name, key):  # two orders of one number: which of them another system means?
                for both in (key, self._pad.named(name) or key):
                    self._pad.put("orders", both, 0, packed(Unread(row=order.row, at=None, source="orders")))

    def _table(self, sheet: Sheet, taken: Taken, rows: Rows) -> None:
        if sheet.kind not in SOURCES:
            raise WrongSource(f"{sheet.file}: {sheet.kind!r} is none of orders, {', '.join(SOURCES)}")
        source, clock = SOURCES[sheet.kind], self._clock(sheet)
        while self._illegible:  # known; what another file has of them may be older
            name = self._illegible.pop()
            if not self._pad.name(name.lstrip("#"), f"{ILLEGIBLE}{name}"):
                key = self._pad.named(name.lstrip("#")) or name
                self._pad.put("orders", key, 0, packed(Unread(row="", at=None, source="orders")))
        for line, row in Reading(sheet, self._zone, source.fields, source.needed).rows():
            clock(line)
            if isinstance(row, BadRow):
                named = isinstance(row, Torn) and self._unread(sheet.kind, row.row, f"{taken.file}:{line}")
                self._bad(taken, line, row, named=named)
                continue
            try:
                found = list(source.made(row, f"{taken.file}:{line}"))
            except BadRow as problem:
                self._bad(taken, line, problem, named=self._unread(sheet.kind, row, f"{taken.file}:{line}"))
                continue
            taken.rows += 1
            for put in found:
                rows.add(put.fact.at)
                taken.unmatched += self._put(put)
            if sheet.kind == "webhooks":
                self.named |= "order" in row
                self.tells = self.tells or self._tells(row)

    def _tells(self, row: Row) -> bool:
        """Whether it is of a placed order that the shop has, delivered or not: then the log is one of orders at all."""
        known = "order" not in row or not self._key(row.text("order")).startswith(UNKNOWN)
        return known and row.word("topic") in PLACED

    def _put(self, put: Put) -> bool:
        """Whether it is about an order that nobody knows."""
        if not put.table or (isinstance(put.fact, Passed) and self.named):  # others say which order they are of
            return False
        key = put.key if put.order is None else self._key(put.order)
        self._pad.put(put.table, key, put.fact.at or 0, packed(put.fact))
        return put.order is not None and key.startswith(UNKNOWN)

    def _key(self, order: str) -> str:
        """With its `#` or without, and with zeros before it or without: spreadsheets drop them, some ERPs put them."""
        plain = order.lstrip("#")
        found = self._pad.named(order) or self._pad.named(plain) or self._pad.named(_bare(plain))
        return found or f"{UNKNOWN}{plain}"

    def _unread(self, kind: str, row: Row, where: str) -> bool:
        """Notes what a row is about that could not be read; whether it says so."""
        fact, shelf = Unread(row=where, at=None, source=kind), {"stock": "shelf", "prices": "prices"}.get(kind)
        keys = (
            [("orders", self._key(row.text("order")))]
            if "order" in row and not ROUNDED.fullmatch(row.text("order"))
            else []
        )
        keys += [("payouts", row.text("payout"))] if "payout" in row else []
        keys += [(shelf, row.text("sku"))] if shelf and "sku" in row else []
        for table, key in keys:
            self._pad.put(table, key, 0, packed(fact))
        return bool(keys)

    def _bad(self, taken: Taken, line: int, problem: BadRow, *, named: bool) -> None:
        taken.bad += 1
        taken.nameless += not named
        if len(taken.lines) < SHOWN:
            taken.lines.append((line, str(problem)))

    def _clock(self, sheet: Sheet) -> Callable[[int], None]:
        last = time.monotonic()

        def clock(line: int) -> None:
            nonlocal last
            if line % 1_000 == 0 and time.monotonic() > last + 2:
                last = time.monotonic()
                self._say(f"{sheet.path.name}: line {line}")

        return clock


def _bare(name: str) -> str:
    """A number without the zeros before it, marked: it is no name that anybody writes."""
    return f"{BARE}{name.lstrip('0')}"
