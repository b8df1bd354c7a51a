"""How far a return is: from its events, its order's bill, and what its flow said on its way."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.hub.storefront.return_forms import LabelSaid, ReturnLineSaid, ReturnSaid
from pawline.model import (
    ReturnLine,
    ReturnReceived,
    ReturnRequested,
    ReturnWithdrawn,
    public_name,
)
from pawline.runtime import digest63
from pawline.store import PURGED, EventRow, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pawline.model import Event, Order, RefundId
    from pawline.runtime import Engine

PAGE: Final = 200
"""Returns of one order, and words about each, that are read."""
LAST: Final = 2**62
REFUNDS: Final = "return-"
"""What the refund of a return is called before its name (`refund_return`)."""


class ReturnStage(StrEnum):
    """How far a return is. The strings are told: add, never rename."""

    ASKED = "asked"
    BY_HAND = "by-hand"
    LABELLED = "labelled"
    MOVING = "on-its-way"
    RECEIVED = "received"
    REFUNDED = "refunded"
    NOT_TAKEN = "not-taken"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


SAYS: Final[Mapping[ReturnStage, str]] = {
    ReturnStage.ASKED: "We have it, and see to its label.",
    ReturnStage.BY_HAND: "We have it: the shop tells you how to send it back.",
    ReturnStage.LABELLED: "Its label is there: print it, and hand the parcel over.",
    ReturnStage.MOVING: "The carrier has it.",
    ReturnStage.RECEIVED: "It came back; the money follows.",
    ReturnStage.REFUNDED: "It came back, and is paid back.",
    ReturnStage.NOT_TAKEN: "The shop does not take it back.",
    ReturnStage.LAPSED: "Its label was not used in time and is called off: ask again.",
    ReturnStage.WITHDRAWN: "It was withdrawn: nothing is to be sent.",
}
"""What a shopper may be shown, and no more than is so."""
FREE: Final = frozenset({ReturnStage.NOT_TAKEN, ReturnStage.LAPSED, ReturnStage.WITHDRAWN})
"""What of these was asked for may be asked for again."""
OPEN: Final = frozenset({
    ReturnStage.ASKED, ReturnStage.BY_HAND, ReturnStage.LABELLED, ReturnStage.MOVING, ReturnStage.RECEIVED,
})  # fmt: skip
"""Something comes after these."""
UNSENT: Final = frozenset({
    ReturnStage.ASKED, ReturnStage.LABELLED, ReturnStage.WITHDRAWN,
})  # fmt: skip
"""These may be withdrawn, or are. A parcel that moves is labelled until its label's days are over.

One that is by hand has no run that calls its label off: a person made it, or another system.
"""
MAKING: Final = frozenset({ReturnStage.ASKED, ReturnStage.LABELLED})
"""While its run goes on. One that is called off calls its label off, too."""
LABELS: Final = "label_return"
"""The flow that says how far it is."""
MILESTONES: Final = {
    "not_taken": ReturnStage.NOT_TAKEN, "lapsed": ReturnStage.LAPSED, "on_its_way": ReturnStage.MOVING,
    "labelled": ReturnStage.LABELLED, "by_hand": ReturnStage.BY_HAND,
}  # fmt: skip
"""What `label_return` says on its way, the last first."""


class Bill(NamedTuple):
    """An own order as it is owed, and the refund whose money is on its way."""

    order: Order
    under_way: RefundId | None


class Back(NamedTuple):
    """A return that was asked for, and how far it is. `lines` are those that came, once they did."""

    no: int
    asked: ReturnRequested
    stage: ReturnStage
    lines: tuple[ReturnLine, ...]
    label: LabelSaid | None


class Asks(NamedTuple):
    """All returns of an order that can be read, the oldest first; `ours` were asked for here, readable or not."""

    found: tuple[Back, ...]
    ours: tuple[EventRow, ...]


class ReturnReader:
    """Of one shop. `source` is what the storefront's own events say that they come from, at its beginning."""

    def __init__(self, shop: str, engine: Engine, source: str) -> None:
        self._shop, self._engine, self._source = shop, engine, source

    async def of(self, bill: Bill) -> Asks:
        """As of now; what another system told of as well."""
        order = bill.order.id
        rows = await self.rows(ReturnRequested, order)
        if not rows:
            return Asks((), ())
        received = {one.id: one for one in await self.events(ReturnReceived, order) if isinstance(one, ReturnReceived)}
        found = []
        for row in rows:
            event = await self._open(row)
            if isinstance(event, ReturnRequested):
                found.append(await self._back(row.no, event, received.get(event.id), bill))
        return Asks(tuple(found), tuple(row for row in rows if row.source.startswith(self._source)))

    async def _back(self, no: int, asked: ReturnRequested, came: ReturnReceived | None, bill: Bill) -> Back:
        passed = await self._engine.milestones.passed(no)
        label = msgspec.json.decode(passed["labelled"], type=LabelSaid) if "labelled" in passed else None
        lines = asked.lines if came is None else came.lines
        refund = refund_name(asked)
        if any(one.id == refund for one in bill.order.refunds) and bill.under_way != refund:
            stage = ReturnStage.REFUNDED
        elif came is not None:
            stage = ReturnStage.RECEIVED
        elif await self.rows(ReturnWithdrawn, asked.id):
            stage = ReturnStage.WITHDRAWN
        else:
            stage = next((MILESTONES[one] for one in MILESTONES if one in passed), ReturnStage.ASKED)
            if stage in MAKING and await self._given_up(no):
                stage = ReturnStage.BY_HAND
        return Back(no, asked, stage, lines, label if stage in {ReturnStage.LABELLED, ReturnStage.MOVING} else None)

    async def _given_up(self, no: int) -> bool:
        """Whether nobody sees to its label any more: a person called that off, or it failed for good."""
        runs = await self._engine.store.fetch("runs_of_event", (no,))
        ends = [status for _, flow, _, status in runs if flow == LABELS]
        return bool(ends) and all(status in {Status.CANCELLED, Status.FAILED} for status in ends)

    async def rows(self, kind: type[Event], subject: str) -> list[EventRow]:
        """Of this kind about it, the oldest first, also what cannot be read any more."""
        name = public_name(kind)
        page = (digest63(self._shop, name, subject), self._shop, name, subject, LAST, PAGE)
        return [EventRow._make(row) for row in reversed(await self._engine.store.fetch("events_about", page))]

    async def events(self, kind: type[Event], subject: str) -> list[Event]:
        """The same, as far as it can be read."""
        found = [await self._open(row) for row in await self.rows(kind, subject)]
        return [one for one in found if one is not None]

    async def whole(self, kind: type[Event], subject: str) -> list[Event] | None:
        """All of them; None where retention took what one of them said."""
        gone = any(row.codec == PURGED for row in await self.rows(kind, subject))
        return None if gone else await self.events(kind, subject)

    async def _open(self, row: EventRow) -> Event | None:
        return None if row.codec == PURGED else await self._engine.open_event(row)


def refund_name(asked: ReturnRequested) -> str:
    """What its refund is called in the order's bill."""
    return f"{REFUNDS}{asked.id}"


def said(one: Back, bill: Bill) -> ReturnSaid:
    """The return as it is told."""
    made = next((each for each in bill.order.refunds if each.id == refund_name(one.asked)), None)
    paid = made.paid_out() if made is not None and one.stage is ReturnStage.REFUNDED else None
    return ReturnSaid(
        id=one.asked.id, order=one.asked.order, status=one.stage, says=SAYS[one.stage], asked_at=one.asked.at,
        lines=[ReturnLineSaid(line=each.line, quantity=each.quantity) for each in one.lines], label=one.label,
        refund=paid,
    )  # fmt: skip
