"""The pass: sources into the scratch pad, each order, payout and SKU judged once, findings out of it again."""

from __future__ import annotations

import time
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

import msgspec

from pawline.measure.xray import money
from pawline.measure.xray.dossier import Dossier, dossiers
from pawline.measure.xray.facts import Moved, PaidOut, Passed, Sold, Unread, packed, unpacked
from pawline.measure.xray.finding import Finding, Not, Scope, Verdict
from pawline.measure.xray.hooks import Silence
from pawline.measure.xray.kinds import BY_ORDER, KINDS
from pawline.measure.xray.making import SOURCES
from pawline.measure.xray.report import FEW, FIRST, Figure, Hands, Misfit, Report, Tally, amounts_of, spread_of
from pawline.measure.xray.rows import Writer
from pawline.measure.xray.sending import to_label
from pawline.measure.xray.sheet import Sheet, WrongSource
from pawline.measure.xray.shelf import Level, Prices
from pawline.measure.xray.spans import DAY, HOUR
from pawline.measure.xray.taking import TABLES, Taking
from pawline.store.scratch import Scratch

_FOUND: Final = msgspec.msgpack.Decoder(Finding)
OF_AMOUNTS: Final = frozenset({"erp_amount", "erp_twice"})
"""What cannot be judged where the ERP's file has a row for each line of an order."""
LACKING: Final = {
    "erp_missing": "erp", "refund_missing": "payments", "payout": "payments", "webhooks": "webhooks",
    "erp_unknown": "orders", "refund_unknown": "orders",
}  # fmt: skip
"""What is found because something is not in a source. As many rows of it as nobody could read may be just that."""
AT_PAGE: Final = "web"
"""The channel whose prices are those of the page."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How to look. `until` is when the files were made: then each tells of everything up to it."""

    days: int = 60
    until: int | None = None
    zone: str = "UTC"
    times_in: str = ""
    late_erp: int = 24 * HOUR
    late_label: int = 72 * HOUR
    scratch: Path | None = None


def judge(sheets: Sequence[Sheet], settings: Settings, to: Path, say: Callable[[str], None]) -> Report:
    """Reads them all, and writes `KIND.csv` into the folder `to` for each kind that found something.

    Raises WrongSource where a file is not what it is called: half of what was asked for would look like the whole.
    """
    if not any(sheet.kind == "orders" for sheet in sheets):
        raise WrongSource("there are no orders: everything else is held against them")
    with Scratch(TABLES, settings.scratch) as pad:
        taking = Taking(pad, settings.times_in, settings.until, say)
        for sheet in sorted(sheets, key=lambda one: one.kind != "orders"):
            taking.take(sheet)
        newest = taking.spans["orders"].until
        if newest is None or not any(one.rows for one in taking.sources if one.kind == "orders"):
            raise WrongSource("there is no order in what was given as orders")
        until = newest if settings.until is None else settings.until
        scope = Scope(
            since=until - settings.days * DAY, until=until, spans=taking.spans, late_erp=settings.late_erp,
            late_label=settings.late_label,
        )  # fmt: skip
        passed = Pass(pad, scope, say)
        passed.run(taking)
        figures = tuple(passed.figures(Writer(to, settings.zone)))
    for one in figures:
        needs = next(kind.needs for kind in KINDS if kind.key == one.key)
        one.nameless = sum(taken.nameless for taken in taking.sources if taken.kind in needs)
    begins = taking.spans["orders"].since
    return Report(
        since=max(scope.since, begins or scope.since), until=until, late_erp=scope.late_erp,
        late_label=scope.late_label, zone=settings.zone,
        orders=passed.orders, tests=passed.tests, sources=tuple(taking.sources),
        absent=tuple(kind for kind in SOURCES if kind not in taking.spans), figures=figures,
        to_label=spread_of(passed.took), hands=passed.hands() if scope.has("touches") else None,
    )  # fmt: skip


class Pass:
    """Everything that was taken, judged."""

    def __init__(self, pad: Scratch, scope: Scope, say: Callable[[str], None]) -> None:
        self._pad, self._scope, self._say = pad, scope, say
        self._tallies = {kind.key: Tally() for kind in KINDS}
        self._kinds = [kind for kind in BY_ORDER if scope.has(*kind.needs)]
        self.took = array("q")
        self.orders = self.tests = 0
        self._touches = array("q")
        self._by_line = 0
        self._unread = Counter[str]()

    def run(self, taking: Taking) -> None:
        """Orders first: what they took from the shelf, and who was told of them, is judged behind."""
        for taken in taking.sources:  # an order that is torn may say half of its name
            self._unread[taken.kind] += taken.bad if taken.kind == "orders" else taken.nameless
        begun = time.monotonic()
        for count, one in enumerate(dossiers(self._pad.rows("orders")), 1):
            self._order(one)
            if time.monotonic() > begun + 2:
                begun = time.monotonic()
                self._say(f"{count} orders are judged")
        if self._scope.has("payments"):
            self._payouts()
        self._shelf(complete=taking.complete)
        if self._scope.has("webhooks"):
            passing = (fact for _, body in self._pad.rows("passing") if isinstance(fact := unpacked(body), Passed))
            for verdict in Silence(self._scope, named=taking.named).judge(passing):
                self._note("webhooks", verdict if taking.tells or isinstance(verdict, Not) else Not.CERTAIN)

    def _order(self, one: Dossier) -> None:
        for kind in self._kinds:
            assert kind.judge is not None  # noqa: S101 - that is what BY_ORDER is
            legible = not one.unread or one.is_legible(kind.needs)
            self._note(kind.key, kind.judge(one, self._scope) if legible else Not.CERTAIN)
        self._by_line += one.by_line
        order = one.order
        if order is None or order.at < self._scope.since - self._scope.late_label:
            return
        if order.test:
            self.tests += 1
            return
        if order.at >= self._scope.since:
            self.orders += 1
            self._touches.append(len(one.touched))
            took = to_label(one, self._scope)
            if not isinstance(took, Not):
                self.took.append(took)
        passed = Passed(
            row=order.row,
            at=order.at,
            order=order.number,
            heard=bool(one.heard) or not one.is_legible({"orders", "webhooks"}),
        )
        self._pad.put("passing", "", order.at, packed(passed))
        self._sell(one)

    def _sell(self, one: Dossier) -> None:
        order = one.order
        assert order is not None  # noqa: S101 - see _order
        if self._scope.has("stock") and not one.edited:
            for sku, taken in order.units.items():
                sold = Sold(row=order.row, at=order.at, order=order.number, currency="", taken=taken, off=one.off)
                self._pad.put("shelf", sku, order.at, packed(sold))
        if self._scope.has("prices") and not one.edited and order.channel == AT_PAGE:
            for sku, quantity, price in order.lines:
                sold = Sold(
                    row=order.row, at=order.at, order=order.number, currency=order.currency, quantity=quantity,
                    price=price,
                )  # fmt: skip
                self._pad.put("prices", sku, order.at, packed(sold))

    def _payouts(self) -> None:
        """In order of time, by currency: each but the first follows one."""
        told: dict[str, PaidOut] = {}
        filled = set[str]()
        for name, body in self._pad.rows("payouts"):
            if isinstance(fact := unpacked(body), PaidOut):
                told.setdefault(fact.id, fact)
            elif isinstance(fact, Moved):
                filled.add(name)
        before: dict[str, str] = {}
        for one in sorted(told.values(), key=lambda one: (one.at, one.id)):
            facts = [unpacked(body) for body in self._pad.rows_of("payouts", one.id)]
            parts = {fact.id or fact.row: fact for fact in facts if isinstance(fact, Moved)}
            followed = before.get(one.currency) in filled
            before[one.currency] = one.id
            span = self._scope.spans["payments"]
            if any(isinstance(fact, Unread) for fact in facts):
                self._note("payout", Not.CERTAIN)
                continue
            self._note("payout", money.payout(one, parts.values(), span, followed=followed, scope=self._scope))

    def _shelf(self, *, complete: bool) -> None:
        for sku, group in groupby(self._pad.rows("shelf"), key=itemgetter(0)):
            for verdict in Level(sku, complete=complete).judge((unpacked(body) for _, body in group), self._scope):
                self._note("oversold", verdict)
        for sku, group in groupby(self._pad.rows("prices"), key=itemgetter(0)):
            for verdict in Prices(sku).judge((unpacked(body) for _, body in group), self._scope):
                self._note("price", verdict)

    def _note(self, kind: str, verdict: Verdict) -> None:
        found = self._tallies[kind].add(verdict)
        if found is not None:
            self._pad.put("found", kind, found.at or 0, msgspec.msgpack.encode(found))

    def figures(self, writer: Writer) -> list[Figure]:
        """One for each kind, its rows written."""
        made = []
        for kind in KINDS:
            lacking = tuple(one for one in kind.needs if not self._scope.has(one))
            figure = Figure(
                key=kind.key, title=kind.title, promise=kind.promise, counted=kind.counted, found=None, lacking=lacking
            )  # fmt: skip
            made.append(figure)
            if not lacking:
                self._fill(figure, writer)
        return made

    def _fill(self, figure: Figure, writer: Writer) -> None:
        tally, by = self._tallies[figure.key], defaultdict[str, int](int)
        figure.misfits = tally.misfits()
        if figure.key in OF_AMOUNTS and self._by_line >= max(FEW, sum(tally.found.values()) // 5):
            figure.misfits = tuple(Misfit(group, found, tally.judged[group]) for group, found in tally.found.items())
        left_out, first, count = {one.group for one in figure.misfits}, list[Finding](), 0
        certain = sum(found for group, found in tally.found.items() if group not in left_out)
        if certain <= self._unread.get(LACKING.get(figure.key, ""), 0):
            figure.unsure, left_out = certain, set(tally.found)
        with writer.file(figure.key) as write:
            for body in self._pad.rows_of("found", figure.key):
                one = _FOUND.decode(body)
                if one.group in left_out:
                    continue
                count += 1
                write(one)
                if len(first) < FIRST:
                    first.append(one)
                if one.amount is not None:
                    by[one.currency] += one.amount
        figure.found, figure.first, figure.amounts = count, tuple(first), amounts_of(by)
        gone = {one.group for one in figure.misfits}
        figure.judged = sum(number for group, number in tally.judged.items() if group not in gone) - figure.unsure
        figure.young, figure.unsure = tally.young, figure.unsure + tally.unsure
        figure.file = f"{figure.key}.csv" if count else ""

    def hands(self) -> Hands:
        """How often people had a hand in these orders."""
        touches = self._touches
        return Hands(
            orders=len(touches), touches=sum(touches), untouched=touches.count(0), most=max(touches, default=0)
        )
