"""What happens to carts."""

from __future__ import annotations

from pawline.model.cart import Cart
from pawline.model.event import Event
from pawline.model.ids import CartId, HouseholdId, OrderId


class CartChanged(Event, tag="cart.changed@1"):
    """Something was put into a cart, taken out or counted anew; the newest `cart.changed_at` counts."""

    cart: Cart

    @property
    def subject(self) -> str:
        """The cart."""
        return self.cart.id

    @property
    def household(self) -> str | None:
        """Whose cart, once known."""
        return self.cart.household


class CartAbandoned(Event, tag="cart.abandoned@1"):
    """Nothing happened to a cart since `cart.changed_at`, for longer than the shop waits."""

    cart: Cart

    @property
    def subject(self) -> str:
        """The cart."""
        return self.cart.id

    @property
    def household(self) -> str | None:
        """Whose cart, once known."""
        return self.cart.household


class CartBought(Event, tag="cart.bought@1"):
    """A cart became an order."""

    cart: CartId
    order: OrderId
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The cart."""
        return self.cart

    @property
    def fact(self) -> str:
        """One per cart."""
        return f"cart.bought/{self.cart}"
