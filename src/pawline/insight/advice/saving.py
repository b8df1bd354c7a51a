"""What flows take off people, in hours a week: a volume, times the minutes each, times the share that needs nobody.

The share is the shop's own where its hub has a history of that flow: Wilson's interval of runs that ended without a
person. Without one it is `SHARE`, an assumption that is said wherever it is used: no benchmark of it is public.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from pawline.insight.advice.answers import Answers
from pawline.insight.advice.connecting import Offers, player
from pawline.insight.advice.words import Saving, Span

SHARE: Final = (0.5, 0.95)
WHERE_IS_IT: Final = 0.16
"""Of tickets: a secondary source of 2025 (shipmentguard.io), of other shops than this one."""
ENOUGH: Final = 30
"""Ended runs from which on a shop's own share counts."""
Z: Final = 1.96
_TOLD: Final = {"follow_parcel": ("marketing", "crm")}
"""Flows that are no use without one of these roles, whatever else they need."""


class Touchless(NamedTuple):
    """Runs of a flow that ended or wait for a person, and those of them that no person had to do with."""

    ended: int
    alone: int


def wilson(part: int, whole: int) -> Span:
    """Wilson's interval of a share, at 95 %; of nothing it is anything between 0 and 1."""
    if whole == 0:
        return 0.0, 1.0
    p, z2 = part / whole, Z * Z
    centre = (p + z2 / (2 * whole)) / (1 + z2 / whole)
    half = Z * math.sqrt(p * (1 - p) / whole + z2 / (4 * whole * whole)) / (1 + z2 / whole)
    return max(0.0, centre - half), min(1.0, centre + half)


class _Work(NamedTuple):
    """Work by hand that a flow takes over; its hours a week before it does, and in words."""

    flow: str
    promise: str
    roles: tuple[str, ...]
    needs: tuple[str, ...]
    hours: Callable[[Answers], float]
    says: Callable[[Answers], str]


def _get(answers: Answers, name: str) -> float:
    return float(getattr(answers, name))


def _times(flow: str, promise: str, roles: tuple[str, ...], volume: str, minutes: str, days: int = 1) -> _Work:
    def says(answers: Answers) -> str:
        often = f"{_get(answers, volume):g} × {days} days" if days > 1 else f"{_get(answers, volume):g} a week"
        return f"{often} × {_get(answers, minutes):g} min / 60"

    return _Work(flow, promise, roles, (volume, minutes),
                 lambda answers: _get(answers, volume) * days * _get(answers, minutes) / 60, says)  # fmt: skip


def _minutes(flow: str, promise: str, roles: tuple[str, ...], minutes: str, days: int = 1) -> _Work:
    def says(answers: Answers) -> str:
        return f"{_get(answers, minutes):g} min {f'× {days} days' if days > 1 else 'a week'} / 60"

    return _Work(flow, promise, roles, (minutes,), lambda answers: _get(answers, minutes) * days / 60, says)


def _works(answers: Answers) -> list[_Work]:
    orders = "fulfil_order" if answers.checkout == "ours" else "adopt_order"
    roles = ("inventory", "payments") if answers.checkout == "ours" else ("erp", "fulfilment")
    works = [
        _times(orders, "an order is in the books and leaves the warehouse once", roles, "orders_a_day",
               "minutes_per_order", 7),
        _times("refund_return", "what came back is paid back once", ("payments",), "returns_a_week",
               "minutes_per_return"),
        _times("follow_parcel", "marketing and CRM know where a parcel is", ("shipping", "marketing"),
               "tickets_a_week", "minutes_per_ticket"),
    ]  # fmt: skip
    if answers.checkout != "ours":  # an own checkout sells by the hub's holds, and has no figures to be set
        works.append(_minutes("offer_stock", "the shop's stock figures come from the counts", ("inventory", "erp"),
                              "stock_minutes_a_day", 7))  # fmt: skip
    if answers.autoship_share:
        works.append(_minutes("look_ahead", "a renewal that cannot go is known before it is charged",
                              ("subscriptions",), "renewal_minutes_a_week"))  # fmt: skip
    return works


def savings_of(answers: Answers, offers: Offers, touchless: Mapping[str, Touchless]) -> list[Saving]:
    """Of each flow that takes work off people here, the surest hours first; those of which nothing is known last.

    A flow whose work needs a role that no system of the shop has, or only one that nothing leads into, is none of them.
    """
    works = [
        one for one in _works(answers) if answers.systems is None or _reaches(answers, _TOLD.get(one.flow, one.roles))
    ]
    found = [
        msgspec.structs.replace(
            _saving(one, answers, touchless.get(one.flow)), takes=tuple(_takes(answers, one.roles, offers))
        ) for one in works
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.hours is None, -one.hours[0] if one.hours else 0.0,
                                          -one.hours[1] if one.hours else 0.0))  # fmt: skip


def _reaches(answers: Answers, roles: tuple[str, ...]) -> bool:
    return any(one.reachable or one.access is None for one in answers.playing(*roles))


def _closed(answers: Answers, roles: tuple[str, ...]) -> list[str]:
    """Systems that alone have one of these roles here, and that nothing leads into."""
    return sorted({
        one.name for role in roles if (found := answers.playing(role)) and not _reaches(answers, (role,))
        for one in found
    })  # fmt: skip


def _takes(answers: Answers, roles: tuple[str, ...], offers: Offers) -> list[str]:
    """Roles of systems that are reached, and that nothing plays."""
    return [
        role for role in roles
        if (found := [one for one in answers.playing(role) if one.reachable or one.access is None])
        and not any(one.connected or player(role, one, offers) for one in found)
    ]  # fmt: skip


def _saving(work: _Work, answers: Answers, own: Touchless | None) -> Saving:
    lacks = tuple(name for name in work.needs if getattr(answers, name) is None)
    low, high, share = _share(work, answers, own)
    if lacks:
        return Saving(flow=work.flow, promise=work.promise, hours=None, formula=" × ".join((*work.needs, share)),
                      answers=work.needs, lacks=lacks, roles=work.roles)  # fmt: skip
    before, closed = work.hours(answers), _closed(answers, work.roles)
    if closed:  # whoever stands between there may have all of the work still
        low, share = 0.0, f"0 to {high:.0%} (nothing leads into {', '.join(closed)}: how much stays is unknown)"
    return Saving(
        flow=work.flow, promise=work.promise, hours=(round(before * low, 1), round(before * high, 1)),
        formula=f"{work.says(answers)} × {share}", answers=work.needs, lacks=(),
        roles=work.roles,
    )  # fmt: skip


def _share(work: _Work, answers: Answers, own: Touchless | None) -> tuple[float, float, str]:
    if work.flow == "follow_parcel":  # that news of a parcel spares a ticket was not measured: the least is nothing
        own_share = answers.where_is_it_share
        high = WHERE_IS_IT if own_share is None else own_share
        whose = "of other shops" if own_share is None else "yours"
        return (
            0.0,
            high,
            f"0 to {high:.0%} (tickets that ask where an order is, {whose}; how many it spares is unknown)",
        )
    if own is not None and own.ended >= ENOUGH:
        low, high = wilson(own.alone, own.ended)
        return low, high, f"{low:.0%} to {high:.0%} (your own: {own.alone} of {own.ended} runs needed nobody)"
    return *SHARE, f"{SHARE[0]:.0%} to {SHARE[1]:.0%} (assumed: the share that needs nobody)"
