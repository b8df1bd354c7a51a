"""What shoppers put into carts and agree to, told by webhooks, as our events."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.connectors.shopify.told import ToldCustomer, text
from pawline.kit import contact_of, household_of, sku_of
from pawline.model import Aware, Cart, CartChanged, CartId, CartLine, Consent, ConsentChanged, Event, Money, Purpose
from pawline.model.consent import Medium

SOURCE: Final = "shopify"
_DECIDED: Final = {"subscribed": True, "unsubscribed": False}
_UNDECIDED: Final = frozenset({None, "not_subscribed", "pending", "invalid", "redacted"})
"""Never asked, or asked and not confirmed yet: neither a yes nor a no."""


class CheckoutLine(msgspec.Struct, frozen=True):
    """One of a checkout's lines."""

    quantity: int
    price: str
    key: str
    sku: str | None = None
    variant_id: int | None = None


class Checkout(msgspec.Struct, frozen=True):
    """`checkouts/create` and `checkouts/update`. Its `name` is `#` and its number; its token opens it, and is no id."""

    name: str
    updated_at: Aware
    currency: str
    presentment_currency: str
    line_items: tuple[CheckoutLine, ...]
    completed_at: Aware | None = None
    email: str | None = None
    customer: ToldCustomer | None = None


def filled(payload: bytes) -> tuple[Event, ...]:
    """A checkout as a cart: its number is that which the order names (`checkout_id`). Nothing once it is an order.

    Raises ValueError for a name that is no number, and where shop and shopper see two currencies: the lines do not
    say which of them their prices are in.
    """
    told = msgspec.json.decode(payload, type=Checkout)
    number = told.name.removeprefix("#")
    if not (number.isascii() and number.isdigit()):
        raise ValueError("a checkout is named by its number")
    if told.currency != told.presentment_currency:
        raise ValueError(f"checkout {number}: prices of {told.currency} or of {told.presentment_currency}")
    if told.completed_at is not None:
        return ()
    cart = Cart(
        id=CartId(number),
        currency=told.currency,
        changed_at=told.updated_at,
        lines=tuple(
            CartLine(
                sku=sku_of(one.sku, text(one.variant_id), one.key),
                quantity=one.quantity,
                price=Money.parse(one.price, told.currency),
            )
            for one in told.line_items
            if one.quantity > 0
        ),
        household=household_of(told.email, text(told.customer.id) if told.customer is not None else None),
    )
    return (CartChanged(cart=cart),)


class EmailConsent(msgspec.Struct, frozen=True):
    """How a customer stands to marketing by e-mail, and since when."""

    state: str | None
    consent_updated_at: Aware | None = None


class Consented(msgspec.Struct, frozen=True):
    """`customers_email_marketing_consent/update`."""

    customer_id: int
    email_marketing_consent: EmailConsent
    email_address: str | None = None


class ConsentTold(msgspec.Struct, frozen=True):
    """With the time of its delivery (`hook.read`): that of the consent may be missing."""

    at: Aware
    told: Consented


def agreed(payload: bytes) -> tuple[Event, ...]:
    """A yes or a no to marketing by e-mail. A tick at the checkout is none where it has to be confirmed by mail.

    Raises ValueError for a state that is not known.
    """
    read = msgspec.json.decode(payload, type=ConsentTold)
    return of_consent(read.at, read.told)


def of_consent(at: Aware, told: Consented) -> tuple[Event, ...]:
    """The same, from whoever tells it; `at` where the consent itself has no time."""
    consent = told.email_marketing_consent
    household = household_of(told.email_address, str(told.customer_id))
    if consent.state in _UNDECIDED:
        return ()
    if consent.state not in _DECIDED or household is None:
        raise ValueError(f"a consent that is not known: {str(consent.state)[:40]}")
    return (
        ConsentChanged(
            consent=Consent(
                household=household,
                purpose=Purpose.MARKETING,
                granted=_DECIDED[consent.state],
                at=consent.consent_updated_at or at,
                source=SOURCE,
                medium=Medium.EMAIL,
                contact=contact_of(told.email_address),
            )
        ),
    )
