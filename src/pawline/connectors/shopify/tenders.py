"""An order's transactions as tenders: one for each that took money, or set it aside, by its transaction's number.

A refund's webhook names what took the money, and no more: so that is what a tender is called by, heard or read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from pawline.connectors.shopify.ids import number
from pawline.connectors.shopify.paid import COVERED, due_id
from pawline.connectors.shopify.replies import Transaction
from pawline.model import Money, Order, Tender, TenderId, TenderKind, TenderState, outstanding, total

_BEGIN: Final = frozenset({"AUTHORIZATION", "EMV_AUTHORIZATION", "SALE"})
_FAILED: Final = frozenset({"FAILURE", "ERROR"})
_GATEWAYS: Final = {
    "gift_card": TenderKind.GIFT_CARD, "shopify_store_credit": TenderKind.STORE_CREDIT, "cash": TenderKind.CASH,
    "paypal": TenderKind.WALLET,
}  # fmt: skip
_DETAILS: Final = {
    "PaypalWalletPaymentDetails": TenderKind.WALLET, "ShopPayInstallmentsPaymentDetails": TenderKind.WALLET,
    "LocalPaymentMethodsPaymentDetails": TenderKind.TRANSFER, "CardPaymentDetails": TenderKind.CARD,
}  # fmt: skip


def tenders_of(transactions: Sequence[Transaction], currency: str) -> tuple[Tender, ...]:
    """What was set aside, taken, let go of or failed. Of what was taken in part, only that part is there."""
    return tuple(made for one in transactions if one.kind in _BEGIN for made in _tenders(one, transactions, currency))


def with_due(order: Order, status: str) -> Order:
    """With what is still to be paid of it as a tender, for nothing is sent before: a transaction may not say it.

    An order is pending without any, and one that is paid in part has one of that part only. `status` is Shopify's.
    """
    due = outstanding(order)
    if status in COVERED or status == "authorized" or due.minor <= 0:
        return order
    rest = Tender(id=due_id(order.id), kind=TenderKind.TRANSFER, amount=due, state=TenderState.PENDING)
    return msgspec.structs.replace(order, tenders=(*order.tenders, rest))


def root_of(transaction: Transaction, transactions: Iterable[Transaction]) -> Transaction | None:
    """The authorisation or the sale that this one comes from; None where Shopify does not say."""
    known = {one.id: one for one in transactions}
    at: Transaction | None = transaction
    for _ in range(len(known) + 1):
        if at is None or at.kind in _BEGIN:
            return at
        at = None if at.parent_transaction is None else known.get(at.parent_transaction.id)
    return None


def moved(transaction: Transaction, currency: str) -> Money:
    """The amount, with what cash was rounded by."""
    amount = transaction.amount_set.money(currency)
    rounding = transaction.amount_rounding_set
    return amount if rounding is None else amount + rounding.money(currency)


def taker_of(transaction: Transaction, transactions: Sequence[Transaction]) -> Transaction | None:
    """The sale or the capture by which money went that this one pays back; what only set it aside, where none took it.

    A refund that names an authorisation is of its capture, if there is one. None where Shopify does not say.
    """
    known = {one.id: one for one in transactions}
    at: Transaction | None = transaction
    for _ in range(len(known) + 1):
        if at is None or at.kind in _BEGIN or at.kind == "CAPTURE":
            break
        at = None if at.parent_transaction is None else known.get(at.parent_transaction.id)
    if at is None or at.kind == "CAPTURE":
        return at
    captures = [one for one in _after(at, transactions) if one.kind == "CAPTURE"]
    return captures[0] if len(captures) == 1 else at


def _after(root: Transaction, transactions: Sequence[Transaction]) -> list[Transaction]:
    """What came of it."""
    return [
        one
        for one in transactions
        if one.status == "SUCCESS" and one is not root and root_of(one, transactions) is root
    ]


def _tenders(root: Transaction, transactions: Sequence[Transaction], currency: str) -> list[Tender]:
    """Of an authorisation that was taken one for each capture; nothing where nothing was to be paid."""
    after, amount, state = _after(root, transactions), moved(root, currency), _began(root)
    made = [(root, amount, state)]
    if root.kind == "SALE":
        change = total((moved(one, currency) for one in after if one.kind == "CHANGE"), currency)
        made = [(root, amount - change, state)]
    elif state is TenderState.AUTHORISED:
        taken = [(one, moved(one, currency), TenderState.CAPTURED) for one in after if one.kind == "CAPTURE"]
        if taken:
            made = taken
        elif any(one.kind == "VOID" for one in after):
            made = [(root, amount, TenderState.VOIDED)]
    return [
        Tender(id=TenderId(number(one.id)), kind=kind_of(root), amount=money, state=how, source=root.payment_id)
        for one, money, how in made
        if money.minor > 0
    ]


def _began(root: Transaction) -> TenderState:
    if root.status in _FAILED:
        return TenderState.FAILED
    if root.status != "SUCCESS":
        return TenderState.PENDING
    return TenderState.CAPTURED if root.kind == "SALE" else TenderState.AUTHORISED


def kind_of(transaction: Transaction) -> TenderKind:
    """By the gateway where that says it, else by the details, else by whether anybody has to wait for the money."""
    gateway, details = (transaction.gateway or "").lower(), transaction.payment_details
    if gateway in _GATEWAYS:
        return _GATEWAYS[gateway]
    if details is not None:
        return TenderKind.WALLET if details.wallet else _DETAILS.get(details.typename, TenderKind.CARD)
    if "cash" in gateway:
        return TenderKind.CASH
    return TenderKind.TRANSFER if transaction.manual_payment_gateway else TenderKind.CARD
