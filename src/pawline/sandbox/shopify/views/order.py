"""An order, as a query sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.sandbox.shopify.books import stamp
from pawline.sandbox.shopify.money import bag
from pawline.sandbox.shopify.orders import SUCCESS, added
from pawline.sandbox.shopify.paging import later, pages
from pawline.sandbox.shopify.searching import matches
from pawline.sandbox.shopify.views import fulfilment, lines, payments, people, refunds, since

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.model import Money
    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.orders import Order, Priced, RefundLine, Shipping
    from pawline.sandbox.shopify.paging import Resolver, View

_OFF: Final = (
    "totalDiscountsSet", "currentTotalDiscountsSet", "cartDiscountAmountSet", "currentCartDiscountAmountSet",
)  # fmt: skip
"""What discounts took off: an edit does not give any of it back here."""
_RETURNS: Final = (("REQUESTED", "RETURN_REQUESTED"), ("OPEN", "IN_PROGRESS"), ("DECLINED", "RETURN_FAILED"))


def seen(books: Books, order: Order) -> View:
    """An `Order`."""
    return (
        {
            "__typename": "Order",
            "id": f"gid://shopify/Order/{order.id}",
            "legacyResourceId": str(order.id),
            "name": order.name,
            "number": order.number,
            "confirmationNumber": f"C{order.number}",
            "createdAt": stamp(order.created),
            "processedAt": stamp(order.placed),
            "updatedAt": stamp(order.changed),
            "test": order.test,
            "tags": sorted(order.tags),
            "note": order.note,
            "edited": order.edited,
            "sourceName": order.source,
            "statusPageUrl": f"https://{books.domain}/orders/{order.id}",
            "app": {"id": "gid://shopify/OrderApp/580111", "name": "Online Store"},
            "confirmed": True,
            "estimatedTaxes": False,
            "taxExempt": False,
            "customerAcceptsMarketing": False,
            "dutiesIncluded": False,
            "customAttributes": [],
            "additionalFees": [],
            "disputes": [],
            "merchantEditable": order.cancelled is None,
            "merchantEditableErrors": [],
        }
        | _ended(order)
        | _returned(books, order)
        | _buyer(books, order)
        | _sold(books, order)
        | _moved(books, order)
        | _sent(books, order)
        | _owed(order)
    )


def _ended(order: Order) -> View:
    at = None if order.cancelled is None else stamp(order.cancelled)
    return {
        "cancelledAt": at,
        "cancelReason": order.cancel_reason,
        "cancellation": None if at is None else {"staffNote": order.staff_note},
        "closed": at is not None,
        "closedAt": at,
    }


def _returned(books: Books, order: Order) -> View:
    return {
        "returns": pages(
            lambda: [one for one in books.returns.values() if one.order == order.id],
            lambda one: since.returned(books, one),
        ),
        "returnStatus": later(lambda: return_status(books, order)),
    }


def return_status(books: Books, order: Order) -> str:
    """As `OrderReturnStatus` has it."""
    states = {one.status for one in books.returns.values() if one.order == order.id}
    return next((name for state, name in _RETURNS if state in states), "NO_RETURN")


def _buyer(books: Books, order: Order) -> View:
    person = None if order.customer is None else books.people[order.customer]
    return {
        "customer": None if person is None else later(lambda: people.customer(books, person)),
        "customerLocale": order.language,
        "email": order.email,
        "phone": order.phone,
        "shippingAddress": later(lambda: people.address(order, order.ship_to)),
        "billingAddress": later(lambda: people.address(order, order.bill_to)),
        "displayAddress": later(lambda: people.address(order, order.ship_to or order.bill_to)),
    }


def _sold(books: Books, order: Order) -> View:
    def charges() -> list[View]:
        return [lines.shipping(order, one) for one in order.shipping]

    return {
        "lineItems": pages(lambda: order.lines, lambda one: lines.line(books, order, one)),
        "nonFulfillableLineItems": pages(
            lambda: [one for one in order.lines if not one.ships], lambda one: lines.line(books, order, one)
        ),
        "shippingLines": pages(charges, lambda one: one),
        "shippingLine": later(lambda: next(iter(charges()), None)),
        "discountApplications": pages(lambda: order.applications, lines.application),
        "discountCodes": [one.code for one in order.applications if one.code],
        "discountCode": next((one.code for one in order.applications if one.code), None),
        "taxesIncluded": order.taxes_included,
        "taxLines": later(
            lambda: lines.taxes(order, [tax for one in [*order.lines, *order.shipping] for tax in one.taxes])
        ),
        "currentTaxLines": later(
            lambda: lines.taxes(order, [tax for one in order.lines if one.current for tax in one.taxes])
        ),
        "requiresShipping": any(one.ships for one in order.lines),
        "subtotalLineItemsQuantity": sum(one.quantity for one in order.lines),
        "currentSubtotalLineItemsQuantity": sum(one.current for one in order.lines),
        "totalWeight": str(sum(one.grams * one.quantity for one in order.lines)),
        "currentTotalWeight": str(sum(one.grams * one.current for one in order.lines)),
        "restockable": any(one.current for one in order.lines),
    }


def _moved(books: Books, order: Order) -> View:
    return {
        "displayFinancialStatus": later(order.financial_status),
        "fullyPaid": later(lambda: order.outstanding().minor <= 0),
        "unpaid": later(lambda: order.received().minor == 0 and order.total().minor > 0),
        "canMarkAsPaid": later(lambda: order.outstanding().minor > 0),
        "capturable": later(lambda: any(order.capturable(one).minor for one in order.transactions)),
        "refundable": later(lambda: order.received().minor > order.paid_back().minor),
        "paymentGatewayNames": list(dict.fromkeys(one.gateway for one in order.transactions)),
        "transactions": _listed(
            lambda capturable: [
                payments.transaction(books, order, one)
                for one in order.transactions
                if capturable is None or bool(order.capturable(one).minor) is capturable
            ]
        ),
        "transactionsCount": {"count": len(order.transactions), "precision": "EXACT"},
        "refunds": _listed(lambda _: [refunds.refund(books, order, one) for one in order.refunds]),
    }


def _listed(make: Resolver) -> Resolver:
    """A plain list that `first` may cut."""
    return lambda _info, first=None, capturable=None, **_: make(capturable)[:first]


def _sent(books: Books, order: Order) -> View:
    works = [books.works[one] for one in order.requests]
    parcels = [books.parcels[one] for one in order.fulfilments]
    return {
        "displayFulfillmentStatus": later(lambda: fulfilment.status(books, order)),
        "fulfillable": any(one.ships and one.waiting for one in order.lines) and order.cancelled is None,
        "fulfillments": lambda _info, first=None, query=None: [
            fulfilment.parcel(books, one)
            for one in parcels
            if matches(query, {"created_at": float(one.at), "updated_at": float(one.changed)})
        ][:first],
        "fulfillmentsCount": {"count": len(parcels), "precision": "EXACT"},
        "fulfillmentOrders": pages(lambda: works, lambda one: fulfilment.work(books, one)),
        "retailLocation": None,
    }


def _owed(order: Order) -> View:
    """Each amount is added up only where it is asked for: a page of orders asks for hardly any."""

    def of(each: Callable[[Priced], Money], *more: Priced) -> Money:
        return added((each(one) for one in (*order.lines, *more)), order.currency)

    def shipping(each: Callable[[Shipping], Money]) -> Money:
        return added((each(one) for one in order.shipping), order.currency)

    def gone(each: Callable[[RefundLine], Money]) -> Money:
        return added((each(one) for back in order.refunds for one in back.lines), order.currency)

    makes: dict[str, Callable[[], Money]] = {
        "totalPriceSet": order.total,
        "originalTotalPriceSet": lambda: order.total() if order.original is None else order.original,
        "currentTotalPriceSet": order.current,
        "subtotalPriceSet": lambda: _net(order),
        "currentSubtotalPriceSet": lambda: _net(order) - gone(lambda one: one.net),
        "totalTaxSet": lambda: _tax(order),
        "currentTotalTaxSet": lambda: _tax(order) - gone(lambda one: one.tax),
        **dict.fromkeys(_OFF, lambda: of(lambda one: one.off, *order.shipping)),
        "totalShippingPriceSet": lambda: shipping(lambda one: one.net()),
        "currentShippingPriceSet": lambda: shipping(lambda one: one.net()) - shipping(lambda one: one.back),
        "totalRefundedShippingSet": lambda: shipping(lambda one: one.back),
        "totalRefundedSet": order.paid_back,
        "totalReceivedSet": order.received,
        "netPaymentSet": lambda: order.received() - order.paid_back(),
        "totalOutstandingSet": order.outstanding,
        "totalCapturableSet": lambda: _waits(order),
        "totalTipReceivedSet": lambda: order.tip,
        "refundDiscrepancySet": lambda: _beside(order),
    }
    none = later(lambda: bag(order, order.none()))
    return {
        "currencyCode": order.shop_currency, "presentmentCurrencyCode": order.currency,
        **{name: _part(order, make) for name, make in makes.items()},
        "totalCashRoundingAdjustment": {"paymentSet": none, "refundSet": none},
    }  # fmt: skip


def _part(order: Order, make: Callable[[], Money]) -> Resolver:
    return later(lambda: bag(order, make()))


def _tax(order: Order) -> Money:
    return added((one.tax for one in (*order.lines, *order.shipping)), order.currency)


def _net(order: Order) -> Money:
    return added((one.net() for one in order.lines), order.currency)


def _waits(order: Order) -> Money:
    """What may still be captured."""
    return added((order.capturable(one) for one in order.transactions if one.status == SUCCESS), order.currency)


def _beside(order: Order) -> Money:
    """What was paid back and is no line's nor shipping's."""
    return added((one for back in order.refunds for _, one, _ in back.adjustments), order.currency)
