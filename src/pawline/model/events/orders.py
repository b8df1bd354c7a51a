"""What happens to an order, from the placing to the confirmation or the end."""

from __future__ import annotations

from datetime import datetime

from pawline.model.event import Event
from pawline.model.ids import CartId, HouseholdId, OrderId
from pawline.model.line import Item
from pawline.model.moment import Aware
from pawline.model.money import Money
from pawline.model.order import Channel, Edit, Order


class OrderPlaced(Event, tag="order.placed@1"):
    """An order was placed: by our own checkout, or in the shop's (then `order.checkout` says adopted).

    `cart` is the one that it came of, where that is ours: it is bought (`cart.bought@1`) once the order is certain, and
    there again where the order is refused.
    """

    order: Order
    cart: CartId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order.id

    @property
    def household(self) -> str | None:
        """Who ordered."""
        return self.order.household

    @property
    def fact(self) -> str:
        """One per order."""
        return f"order.placed/{self.order.id}"

    def acted(self, at: datetime) -> datetime:  # noqa: ARG002 - it may be told late
        """When it was placed."""
        return self.order.placed_at

    @property
    def renewal(self) -> bool:
        """Whether an autoship came due: thousands do in one minute of the morning, and nobody waits at a screen."""
        return self.order.channel is Channel.SUBSCRIPTION


class OrderPaid(Event, tag="order.paid@1"):
    """The whole bill of an order is covered. `items` is what was bought, as far as the sender says."""

    order: OrderId
    at: Aware
    paid: Money
    household: HouseholdId | None = None
    items: tuple[Item, ...] = ()

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per order."""
        return f"order.paid/{self.order}"


class OrderEdited(Event, tag="order.edited@1"):
    """An order's lines were changed after it was placed."""

    order: OrderId
    edit: Edit
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per edit."""
        return f"order.edited/{self.order}/{self.edit.id}"


class OrderConfirmed(Event, tag="order.confirmed@1"):
    """Stock and payment are certain: the order will be fulfilled. `by_hand`: a person sent it, or something else."""

    order: OrderId
    household: HouseholdId | None = None
    by_hand: bool = False

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per order."""
        return f"order.confirmed/{self.order}"


class OrderCancelled(Event, tag="order.cancelled@1"):
    """An order was called off by the shopper or the shop (`by`), for a reason that is a sentence."""

    order: OrderId
    at: Aware
    by: str
    because: str
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per order."""
        return f"order.cancelled/{self.order}"


class OrderRefused(Event, tag="order.refused@1"):
    """An own order could not be fulfilled and was undone: nothing is held, nothing is charged."""

    order: OrderId
    because: str
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per order."""
        return f"order.refused/{self.order}"
