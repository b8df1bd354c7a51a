"""Customers and addresses, as a query sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.sandbox.shopify.books import stamp

if TYPE_CHECKING:
    from pawline.model import Address
    from pawline.sandbox.shopify.books import Books, Person
    from pawline.sandbox.shopify.orders import Order
    from pawline.sandbox.shopify.paging import View


def customer(books: Books, one: Person) -> View:
    """A `Customer`."""
    first, last = named(one.name)
    bought = sum(1 for order in books.orders.values() if order.customer == one.id)
    return {
        "__typename": "Customer",
        "id": f"gid://shopify/Customer/{one.id}",
        "legacyResourceId": str(one.id),
        "displayName": one.name or one.email or one.phone,
        "firstName": first,
        "lastName": last,
        "defaultEmailAddress": None if one.email is None else _mail(one, one.email),
        "defaultPhoneNumber": None if one.phone is None else {"phoneNumber": one.phone},
        "locale": one.language or "en",
        "tags": [],
        "state": "DISABLED",
        "createdAt": stamp(one.at),
        "updatedAt": stamp(one.changed),
        "numberOfOrders": str(bought),
        "verifiedEmail": one.email is not None,
        "taxExempt": False,
    }


def _mail(one: Person, address: str) -> View:
    decided = None if one.decided is None else stamp(one.decided)
    return {"emailAddress": address, "marketingState": one.agreed, "marketingUpdatedAt": decided, "validFormat": True}


def named(name: str | None) -> tuple[str | None, str | None]:
    """First and last name: the last word is the last name."""
    first, _, last = (name or "").rpartition(" ")
    return first or None, last or None


def address(order: Order, told: Address | None) -> View | None:
    """A `MailingAddress`."""
    if told is None:
        return None
    first, last = named(told.name)
    country = f"{told.city}, {told.country}"
    return {
        "__typename": "MailingAddress",
        "id": f"gid://shopify/MailingAddress/{order.id}?model_name=Address",
        "name": told.name,
        "firstName": first,
        "lastName": last,
        "company": told.company,
        "address1": told.lines[0],
        "address2": ", ".join(told.lines[1:]) or None,
        "city": told.city,
        "zip": told.postcode,
        "province": told.region,
        "provinceCode": told.region,
        "country": told.country,
        "countryCodeV2": told.country,
        "phone": told.phone,
        "formatted": [told.name, *told.lines, country],
        "formattedArea": country,
        "coordinatesValidated": False,
    }
