"""Shop and processor: refunds that only one of them knows, more back than was paid, payouts that do not add up.

An order's refunds are compared only where the processor has its whole payment: then no gift card, no second processor
and no transfer can be why the two differ.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pawline.measure.xray.dossier import Dossier
from pawline.measure.xray.facts import Moved, PaidOut
from pawline.measure.xray.finding import Finding, Judged, Not, Scope, Verdict, said
from pawline.measure.xray.spans import DAY, Span

AHEAD = 14 * DAY
"""What a payout settles may be so much older than it."""


def not_refunded(one: Dossier, scope: Scope) -> Verdict:
    """What the shop paid back by card, the processor paid back."""
    there, ends = _compared(one, scope), scope.ends("payments")
    if isinstance(there, Not):
        return there
    if not one.refunded:
        return Not.ASKED
    latest = scope.ends("orders")
    here = young = 0
    for refund in one.refunded:
        at, part = refund.at if refund.at is not None else latest, _by_card(one, refund.back)
        if at is None or ends is None or at > ends - scope.refunding:
            young += part
        else:
            here += part
    if here > there:
        if any(move.kind == "other" and move.net < 0 for move in one.moved):
            return Not.CERTAIN  # a dispute, or an adjustment: money went back by another way
        if ends is not None and one.order is not None and scope.torn("payments", one.order.at, ends):
            return Not.CERTAIN
        return _found(
            one,
            "refund_missing",
            f"the shop paid back {_said(one, here)}, the processor {_said(one, there)}",
            here - there,
        )
    return Not.OLD_ENOUGH if here + young > there else Judged()


def not_known(one: Dossier, scope: Scope) -> Verdict:
    """What the processor paid back, the shop knows."""
    there = _compared(one, scope)
    if isinstance(there, Not):
        return there
    if not there:
        return Not.ASKED
    assert one.order is not None  # noqa: S101 - _compared asked
    if there > _sum(one.moved, "charge"):
        return Not.ASKED  # said as more than was paid
    here = sum(_by_card(one, refund.back) for refund in one.refunded)
    if there <= here:
        return Judged()
    ends = scope.known_until(one.order.row)
    moments = [move.at for move in one.moved if move.kind == "refund"]
    if ends is None or any(at is None or at > ends - scope.refunding for at in moments):
        return Not.OLD_ENOUGH
    return _found(
        one, "refund_unknown", f"the processor paid back {_said(one, there)}, the shop {_said(one, here)}", there - here
    )


def more_than_paid(one: Dossier, scope: Scope) -> Verdict:
    """No more goes back than came."""
    order, begins = one.order, scope.begins("payments")
    if order is None or order.test or order.at < scope.since or not one.moved:
        return Not.ASKED
    if any(move.currency != order.currency for move in one.moved):
        return Not.CERTAIN
    came, back = _sum(one.moved, "charge"), _returned(one.moved)
    if not back:
        return Not.ASKED
    if not came or begins is None or order.at < begins:
        return Not.CERTAIN  # what was paid may be in an older file
    if back <= came:
        return Judged()
    return _found(one, "refund_more", f"{_said(one, back)} went back of {_said(one, came)}", back - came)


def payout(told: PaidOut, parts: Iterable[Moved], span: Span, *, followed: bool, scope: Scope) -> Verdict:
    """A payout is what its transactions come to. `followed`: the one before it has transactions in the file, too."""
    moved = [one for one in parts if one.kind != "payout"]
    if told.at < scope.since or not moved:
        return Not.ASKED
    if any(one.net_currency != told.currency for one in moved):
        return Not.CERTAIN
    if (
        span.since is None
        or span.until is None
        or not followed
        or told.at < span.since + AHEAD
        or (span.torn(told.at - AHEAD, told.at))
    ):
        return Not.CERTAIN  # some of it may be in an older file
    if told.at > span.until:
        return Not.OLD_ENOUGH
    there = sum(one.net for one in moved)
    if there == told.amount:
        return Judged()
    if len({one.id or msgspec.structs.replace(one, row="") for one in moved}) < len(moved):
        return Not.CERTAIN  # rows without an id that are alike: of two overlapping files, or two transactions
    is_, are = said(told.amount, told.currency), said(there, told.currency)
    return Judged(Finding(
        kind="payout", about=told.id, at=told.at, amount=abs(told.amount - there), currency=told.currency,
        what=f"paid out {is_}, its {len(moved)} transactions come to {are}",
        rows=(told.row, *(one.row for one in moved[:20])),
    ))  # fmt: skip


def _compared(one: Dossier, scope: Scope) -> int | Not:
    """What the processor paid back, where it has the whole payment."""
    order, begins = one.order, scope.begins("payments")
    if order is None or order.test or order.at < scope.since or not (one.refunded or one.moved):
        return Not.ASKED
    if begins is None or order.at < begins or any(move.currency != order.currency for move in one.moved):
        return Not.CERTAIN
    charged = _sum(one.moved, "charge")
    if not charged or charged < sum(order.cards.values()):
        return Not.CERTAIN
    return _returned(one.moved)


def _by_card(one: Dossier, back: tuple[tuple[str, int], ...]) -> int:
    cards = one.order.cards if one.order else {}
    return sum(part for tender, part in back if not tender or tender in cards)


def _said(one: Dossier, minor: int) -> str:
    return said(minor, one.order.currency if one.order else "")


def _sum(moved: list[Moved], kind: str) -> int:
    return sum(move.amount for move in moved if move.kind == kind)


def _returned(moved: list[Moved]) -> int:
    return _sum(moved, "refund") - _sum(moved, "refund_failed")


def _found(one: Dossier, kind: str, what: str, amount: int) -> Judged:
    order = one.order
    assert order is not None  # noqa: S101 - each judgement asked
    rows = (order.row, *(refund.row for refund in one.refunded), *(move.row for move in one.moved))
    return Judged(Finding(
        kind=kind, about=order.number, at=order.at, what=what, amount=amount, currency=order.currency,
        rows=tuple(dict.fromkeys(rows)),
    ))  # fmt: skip
