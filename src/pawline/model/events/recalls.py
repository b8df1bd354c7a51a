"""What a recall comes to: found order by order, decided once."""

from __future__ import annotations

import enum

from pawline.model.event import Event
from pawline.model.ids import HouseholdId, OrderId, RecallId
from pawline.model.listing import ListedRecall
from pawline.model.stock import Recall


class Search(enum.StrEnum):
    """Where a recall's orders are looked for, in this order. The strings are stored: add, never rename."""

    WAITING = "waiting"
    """Orders that have not left."""
    PARCELS = "parcels"
    """Parcels whose lots somebody wrote down."""
    SENT = "sent"
    """Orders that left, whose lots nobody wrote down."""


class RecallSearched(Event, tag="recall.searched@1"):
    """A recall's orders were looked for up to a place: `sku` counts the recall's SKUs, `after` is the last page's end.

    `held` and `left` count the orders found so far; `done` says that there is no more to look for.
    """

    recall: Recall
    where: Search = Search.WAITING
    sku: int = 0
    after: str | None = None
    held: int = 0
    left: int = 0
    done: bool = False

    @property
    def subject(self) -> str:
        """The recall."""
        return self.recall.id


class RecallReached(Event, tag="recall.reached@1"):
    """An order may hold recalled goods. `left` says that it is with the household, or on its way there.

    `whole` says that every lot is recalled: then it is called off also where no warehouse was asked for it yet.
    """

    recall: RecallId
    order: OrderId
    left: bool
    household: HouseholdId | None = None
    whole: bool = True

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per recall and order of what has not left, and one of what has: of one order both may be."""
        return f"recall.reached/{self.recall}/{self.order}{'/left' if self.left else ''}"


class RecallDecided(Event, tag="recall.decided@1"):
    """It is known what becomes of the orders that a recall keeps back, and of later ones: cancelled, or sent."""

    recall: RecallId
    cancel: bool

    @property
    def subject(self) -> str:
        """The recall."""
        return self.recall

    @property
    def fact(self) -> str:
        """One per recall."""
        return f"recall.decided/{self.recall}"


class RecallListed(Event, tag="recall.listed@1"):
    """An authority's list has a recall, of whatever goods. It begins nothing: `lot.recalled@1` does, by a person."""

    listed: ListedRecall

    @property
    def subject(self) -> str:
        """The recall, by the list's own number."""
        return self.listed.id

    @property
    def fact(self) -> str:
        """One per list and number: what the list changes of it later is not told."""
        return f"recall.listed/{self.listed.source}/{self.listed.id}"
