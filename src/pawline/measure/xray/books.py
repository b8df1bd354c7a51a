"""Shop and ERP: what is missing there, not known here, entered twice, of another amount, or late."""

from __future__ import annotations

from typing import Final

from pawline.measure.xray.dossier import UNKNOWN, Dossier
from pawline.measure.xray.facts import Ordered
from pawline.measure.xray.finding import CLOCKS, Finding, Judged, Not, Scope, Verdict, said
from pawline.measure.xray.spans import DAY, HOUR

AROUND: Final = 7 * DAY
"""After the shop's file begins: an entry may be of an order that was placed before it."""


def missing(one: Dossier, scope: Scope) -> Verdict:
    """A paid order that stands has an entry in the ERP."""
    order = one.order
    if order is None or order.test or order.at < scope.since:
        return Not.ASKED
    if one.booked:
        return Judged(group=order.channel) if one.entries() else Not.CERTAIN
    begins, ends = scope.begins("erp"), scope.ends("erp")
    if begins is None or ends is None or order.at < begins or scope.torn("erp", order.at, order.at + scope.late_erp):
        return Not.CERTAIN
    known = scope.known_until(order.row)
    back = sum(part for refund in one.refunded for _, part in refund.back)
    if one.off or back >= order.total or not order.settled:
        return Not.CERTAIN  # it may have been taken back before anybody booked it
    if order.at > min(ends, ends if known is None else known) - scope.late_erp:
        return Not.OLD_ENOUGH
    return Judged(_of("erp_missing", order, "no entry in the ERP", order.total, order.channel), order.channel)


def unknown(one: Dossier, scope: Scope) -> Verdict:
    """What the ERP has as an order of the shop, the shop knows. What looks unlike its orders is another channel's."""
    entries = one.entries()
    if not entries:
        return Not.ASKED
    first = entries[0]
    if one.order is not None:
        return Judged(group=first.shape) if one.order.at >= scope.since else Not.ASKED
    begins, ends = scope.begins("orders"), scope.spans["orders"].proven
    if not one.name.startswith(UNKNOWN):
        return Not.CERTAIN  # the shop has one of this name, which could not be read, or is older than its history
    if first.at is None or begins is None or ends is None or scope.torn("orders", first.at - AROUND, first.at):
        return Not.CERTAIN
    if not max(begins, scope.since) + AROUND <= first.at <= ends - HOUR:
        return Not.OLD_ENOUGH
    what = f"entry {first.reference or 'without a name'}"
    return Judged(Finding(
        kind="erp_unknown", about=one.name.removeprefix(UNKNOWN), at=first.at, what=what,
        amount=first.total, currency=first.currency if first.total is not None else "",
        rows=tuple(entry.row for entry in entries), group=first.shape,
    ), first.shape)  # fmt: skip


def twice(one: Dossier, scope: Scope) -> Verdict:
    """An order is entered once: several entries of the same amount come to more than the order."""
    order, entries = one.order, one.entries()
    if order is None or order.test or order.at < scope.since or not entries:
        return Not.ASKED
    if len(entries) == 1:
        return Judged()
    amounts = [entry.total for entry in entries]
    if None in amounts or one.edited or one.by_line or any(entry.currency != order.currency for entry in entries):
        return Not.CERTAIN  # parts of an order may well be several entries
    if not _is_doubled([amount or 0 for amount in amounts], order.total):
        return Judged()
    names = ", ".join(entry.reference for entry in entries)
    rows = [entry.row for entry in entries]
    return Judged(_of("erp_twice", order, f"entries {names}", sum(a or 0 for a in amounts) - order.total, rows=rows))


def amount(one: Dossier, scope: Scope) -> Verdict:
    """What the ERP has of an order comes to what the shop charged."""
    order, entries = one.order, one.entries()
    if order is None or order.test or order.at < scope.since or not entries:
        return Not.ASKED
    if one.edited or one.by_line or any(entry.total is None or entry.currency != order.currency for entry in entries):
        return Not.CERTAIN
    amounts = [entry.total or 0 for entry in entries]
    if _is_doubled(amounts, order.total):
        return Not.ASKED  # said as entered twice
    there = sum(amounts)
    back = sum(part for refund in one.refunded for _, part in refund.back)
    paid = sum(order.cards.values())
    right = {order.total, order.total - back, paid, paid - back}
    if there in right or there + sum(entry.total or 0 for entry in one.again) in right:
        return Judged(group=order.currency)
    if order.total - back < there < order.total:
        return Not.CERTAIN  # one of several refunds may still be on its way there
    rows = [entry.row for entry in entries]
    what = f"the ERP has {said(there, order.currency)}, the shop {said(order.total, order.currency)}"
    found = _of("erp_amount", order, what, abs(there - order.total), order.currency, rows)
    return Judged(found, order.currency)


def late(one: Dossier, scope: Scope) -> Verdict:
    """An order that is paid is in the ERP in time."""
    order = one.order
    moments = [entry.at for entry in one.booked if entry.at is not None]
    if order is None or order.test or order.at < scope.since or not moments:
        return Not.ASKED
    begun = begun_at(one, order)
    if begun is None:
        return Not.CERTAIN
    took = min(moments) - begun
    if took < -CLOCKS:
        return Not.CERTAIN  # before it was placed: its times are in another zone than was said
    if took <= scope.late_erp:
        return Judged()
    return Judged(_of("erp_late", order, f"entered after {spell(took)}", rows=[one.booked[0].row]))


def begun_at(one: Dossier, order: Ordered) -> int | None:
    """From when on somebody could begin: placed, or paid where that came later. None where it is not known."""
    paid = [fact.at for fact in one.paid if fact.at is not None]
    if order.settled:
        return order.at
    return max(order.at, min(paid)) if paid else None


def spell(seconds: int) -> str:
    """A time that something took, for people."""
    hours = seconds // HOUR
    return f"{hours // 24} d {hours % 24} h" if hours >= 48 else f"{hours} h {seconds % HOUR // 60} min"


def _is_doubled(amounts: list[int], total: int) -> bool:
    """Whether two entries say the same and all of them come to more than the order: no parts of it do."""
    return len(amounts) > 1 and len(set(amounts)) < len(amounts) and sum(amounts) > total > 0


def _of(
    kind: str, order: Ordered, what: str, amount: int | None = None, group: str = "",
    rows: list[str] | None = None,
) -> Finding:  # fmt: skip
    return Finding(
        kind=kind, about=order.number, at=order.at, what=what, amount=amount,
        currency=order.currency if amount is not None else "", rows=(order.row, *(rows or [])), group=group,
    )  # fmt: skip
