"""How an order is paid, as far as its JSON says: gateways by name and one status, but no transaction and no split."""

from __future__ import annotations

from typing import Final

from pawline.connectors.shopify.told import ToldOrder
from pawline.model import Money, Tender, TenderId, TenderKind, TenderState

_KINDS: Final = {
    "gift_card": TenderKind.GIFT_CARD,
    "shopify_store_credit": TenderKind.STORE_CREDIT,
    "cash": TenderKind.CASH,
    "cash on delivery (cod)": TenderKind.CASH,
    "paypal": TenderKind.WALLET,
    "amazon_payments": TenderKind.WALLET,
    "shop_cash": TenderKind.WALLET,
    "manual": TenderKind.TRANSFER,
    "bank deposit": TenderKind.TRANSFER,
    "money order": TenderKind.TRANSFER,
}
_STATES: Final = {
    "pending": TenderState.PENDING,
    "authorized": TenderState.AUTHORISED,
    "paid": TenderState.CAPTURED,
    "partially_paid": TenderState.CAPTURED,
    "partially_refunded": TenderState.CAPTURED,
    "refunded": TenderState.CAPTURED,
    "voided": TenderState.VOIDED,
    "expired": TenderState.FAILED,
}
COVERED: Final = frozenset({"paid", "partially_refunded", "refunded"})
"""Statuses of an order whose whole bill was covered."""


def tenders_of(told: ToldOrder, owed: Money) -> tuple[Tender, ...]:
    """What stands for the bill, under ids of our own making: `order-1001`, and `order-1001-due` for what is not paid.

    An order paid by a gift card and a card has no tender: how much of each, only its transactions say (`Shop.order`).
    What is not paid yet is always told, for nothing is sent before. Raises ValueError for a status that is not known,
    and where the part that is due is told in another currency than the order's.
    """
    state = _STATES.get(told.financial_status)
    if state is None:
        raise ValueError(f"order {told.id}: a financial status that is not known: {told.financial_status[:40]}")
    if owed.minor <= 0:
        return ()
    kind = _kind(told)
    if told.financial_status == "partially_paid":
        due = _due(told, owed)
        rest = Tender(id=due_id(str(told.id)), kind=TenderKind.TRANSFER, amount=due, state=_PENDING)
        return (rest,) if kind is None else (_tender(told, kind, owed - due, state), rest)
    if state is _PENDING:
        return (_tender(told, kind or TenderKind.TRANSFER, owed, state),)
    return () if kind is None else (_tender(told, kind, owed, state),)


def due_id(order: str) -> TenderId:
    """What we call what is still to be paid of an order."""
    return TenderId(f"order-{order}-due")


_PENDING: Final = TenderState.PENDING


def _tender(told: ToldOrder, kind: TenderKind, amount: Money, state: TenderState) -> Tender:
    return Tender(id=TenderId(f"order-{told.id}"), kind=kind, amount=amount, state=state)


def _kind(told: ToldOrder) -> TenderKind | None:
    """None where several kinds share the bill. A gateway without a known name takes cards, unless it is waited for."""
    other = TenderKind.TRANSFER if told.financial_status == "pending" else TenderKind.CARD
    kinds = {_KINDS.get(name.strip().lower(), other) for name in told.payment_gateway_names}
    return kinds.pop() if len(kinds) == 1 else None


def _due(told: ToldOrder, owed: Money) -> Money:
    if told.currency != owed.currency or not told.total_outstanding:
        raise ValueError(f"order {told.id} is paid in part, and how much is due is not told in {owed.currency}")
    due = Money.parse(told.total_outstanding, told.currency)
    if not 0 < due.minor < owed.minor:
        raise ValueError(f"order {told.id} is paid in part, and {due} of {owed} is due")
    return due
