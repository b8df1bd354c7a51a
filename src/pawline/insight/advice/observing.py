"""What an X-ray counted, in advice: answers that nobody gave, and the mistakes that a flow is there to prevent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from pawline.insight.advice.answers import Answers
from pawline.insight.advice.words import Reason, Saving

PREVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "adopt_order": ("erp_missing", "erp_twice", "erp_amount", "erp_late", "shipped_twice", "shipped_cancelled"),
    "refund_return": ("refund_missing", "refund_unknown", "refund_more"),
    "offer_stock": ("oversold",),
}  # fmt: skip
"""Kinds of an X-ray's findings by the flow whose promise they break; an own checkout's orders were in no export."""
LEAST: Final = 7.0
"""Days from which on a mean of them says something, as of a hub's own history."""


class Mistakes(msgspec.Struct, frozen=True, kw_only=True):
    """One kind: how many were found, of how many, and what people call it. Not `sure`: two files did not fit."""

    found: int
    judged: int
    title: str
    sure: bool = True


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """A baseline, as far as advice reads it. `name` says which file, `until` on which day it ends.

    `touches` are times that a person had a hand in one of `touched` orders; None where nobody counted.
    """

    name: str
    until: str
    days: float
    orders: int
    mistakes: Mapping[str, Mistakes] = {}
    touches: int | None = None
    touched: int = 0

    @property
    def whose(self) -> str:
        """As it is named wherever a figure of its is used."""
        return f"{self.name}: {self.days:.0f} days until {self.until}"


def filled(answers: Answers, seen: Observed) -> tuple[Answers, tuple[Reason, ...]]:
    """What nobody answered and the X-ray counted, and which that is. Raises ValueError where it contradicts them."""
    found: dict[str, float] = {}
    notes = []
    if answers.orders_a_day is None and seen.days >= LEAST and seen.orders:
        found["orders_a_day"] = round(seen.orders / seen.days, 1)
        says = f"`orders_a_day` is {found['orders_a_day']:g}, by the X-ray: {seen.orders:,} orders ({seen.whose})"
        notes.append(Reason(says, ("orders_a_day",)))
    each = answers.minutes_per_touch
    if answers.minutes_per_order is None and each is not None and seen.touches is not None and seen.touched:
        found["minutes_per_order"] = round(each * seen.touches / seen.touched, 2)
        says = (
            f"`minutes_per_order` is {found['minutes_per_order']:g}, by the X-ray: {seen.touches:,} times that a person"
            f" had a hand in {seen.touched:,} orders, {each:g} min each ({seen.whose})"
        )
        notes.append(Reason(says, ("minutes_per_touch",)))
    if answers.minutes_per_order is None and each is None and seen.touches:
        says = (
            f"the X-ray counted {seen.touches:,} times that a person had a hand in {seen.touched:,} orders: say how"
            f" long one takes, and what an order takes is reckoned ({seen.whose})"
        )
        notes.append(Reason(says, ("minutes_per_touch",)))
    return msgspec.structs.replace(answers, **found), tuple(notes)


def noted(saving: Saving, seen: Observed) -> Saving:
    """With the mistakes that were counted and that it prevents; those of files that did not fit are none."""
    kinds = [seen.mistakes[one] for one in PREVENTS.get(saving.flow, ()) if one in seen.mistakes]
    sure = [one for one in kinds if one.sure and one.judged]
    if not sure or seen.days <= 0:
        return saving
    week = 7 * sum(one.found for one in sure) / seen.days
    each = ", ".join(f"{one.found:,} {one.title.lower().replace('erp', 'ERP')}" for one in sure if one.found)
    says = f"{week:.1f} mistakes a week, by the X-ray: {each or 'none'} ({seen.whose})"
    return msgspec.structs.replace(saving, mistakes=round(week, 2), seen=says)
