"""What went out: parcels that left twice, too late or though the order was called off, and mails that came twice."""

from __future__ import annotations

from collections import Counter, defaultdict

from pawline.measure.xray.books import begun_at, spell
from pawline.measure.xray.dossier import Dossier
from pawline.measure.xray.facts import Labelled, Mailed
from pawline.measure.xray.finding import CLOCKS, Finding, Judged, Not, Scope, Verdict


def shipped_twice(one: Dossier, scope: Scope) -> Verdict:
    """A parcel has one label, and no more units leave than were bought."""
    labels = _theirs(one)
    if one.order is None or one.order.test or one.order.at < scope.since or not labels:
        return Not.ASKED
    if len(labels) == 1:
        return Judged()
    doubled = _of_one_parcel(labels)
    if doubled and all(label.units == doubled[0].units for label in doubled):
        return _found(one, "shipped_twice", f"labels {', '.join(x.label for x in doubled)} for one parcel", doubled)
    if any(not label.units for label in labels):
        return Judged() if all(label.parcel for label in labels) else Not.CERTAIN
    left, most = Counter[str](), one.units()
    for label in labels:
        left.update(label.units)
    if left.keys() != most.keys():
        return Not.CERTAIN  # a bundle leaves as what it is made of, and something may have been sent instead
    more = {sku: count - most[sku] for sku, count in left.items() if count > most[sku]}
    if not more:
        return Judged()
    what = ", ".join(f"{count} × {sku}" for sku, count in sorted(more.items()))
    return _found(one, "shipped_twice", f"{what} more left than were bought", labels)


def shipped_cancelled(one: Dossier, scope: Scope) -> Verdict:
    """What was called off does not leave afterwards."""
    if one.order is None or one.order.test or one.order.at < scope.since or not one.off:
        return Not.ASKED
    moments = [label for label in one.labelled if label.live and label.at is not None]
    if one.off_at is None:
        return Not.CERTAIN if moments else Judged()
    after = [label for label in moments if (label.at or 0) > one.off_at + CLOCKS]
    if not after:
        return Judged()
    took = spell((after[0].at or 0) - one.off_at)
    return _found(one, "shipped_cancelled", f"label {after[0].label} {took} after it was called off", after)


def label_late(one: Dossier, scope: Scope) -> Verdict:
    """An order that is paid has its first label in time."""
    took = to_label(one, scope)
    if isinstance(took, Not):
        return took
    if took <= scope.late_label:
        return Judged()
    first = min((x for x in one.labelled if x.live and x.at is not None), key=lambda x: x.at or 0)
    return _found(one, "label_late", f"first label after {spell(took)}", [first])


def to_label(one: Dossier, scope: Scope) -> int | Not:
    """Seconds from placed (or paid, where that came later) to the first label."""
    order = one.order
    moments = [label.at for label in one.labelled if label.live and label.at is not None]
    if order is None or order.test or order.at < scope.since or not moments:
        return Not.ASKED
    if one.off or (begun := begun_at(one, order)) is None:
        return Not.CERTAIN
    return max(0, min(moments) - begun)


def mailed_twice(one: Dossier, scope: Scope) -> Verdict:
    """One confirmation to one address."""
    if one.order is None or one.order.test or one.order.at < scope.since or not one.mailed:
        return Not.ASKED
    if one.edited:
        return Not.CERTAIN  # an order that changed is confirmed anew
    if len(one.mailed) > 1 and not all(mail.to for mail in one.mailed):
        return Not.CERTAIN  # one of them may be the shop's own copy
    to = defaultdict[str, list[Mailed]](list)
    for mail in one.mailed:
        to[mail.to].append(mail)
    doubled = next((mails for mails in to.values() if len(mails) > 1), None)
    if doubled is None:
        return Judged()
    rows = (one.order.row, *(mail.row for mail in doubled))
    what = f"{len(doubled)} confirmations"
    return Judged(Finding(kind="mailed_twice", about=one.order.number, at=one.order.at, what=what, rows=rows))


def _theirs(one: Dossier) -> list[Labelled]:
    """Labels as who ships has them: the shop's own word for the same parcel would count it twice."""
    return [label for label in one.labelled if label.live and not label.ours]


def _of_one_parcel(labels: list[Labelled]) -> list[Labelled]:
    by = defaultdict[str, list[Labelled]](list)
    for label in labels:
        if label.parcel:
            by[label.parcel].append(label)
    return next((found for found in by.values() if len(found) > 1), [])


def _found(one: Dossier, kind: str, what: str, labels: list[Labelled]) -> Judged:
    assert one.order is not None  # noqa: S101 - each judgement asked
    rows = (one.order.row, *(label.row for label in labels))
    return Judged(Finding(kind=kind, about=one.order.number, at=one.order.at, what=what, rows=rows))
