"""Shopify in the role of Payments: it holds the money of its own orders, and nobody else's."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.errors import UserError, refuse
from pawline.connectors.shopify.ids import gid
from pawline.connectors.shopify.orders import Moved, Orders, order_gid
from pawline.connectors.shopify.replies import RefundCreateReply, Transaction, number_in
from pawline.connectors.shopify.settings import Settings
from pawline.connectors.shopify.tenders import moved, root_of
from pawline.kit import Http
from pawline.model import Money, OrderId, Tender, TenderId, total
from pawline.ports import (
    Authorisation,
    AuthorisationState,
    Capture,
    Code,
    EffectKind,
    Ledger,
    Malformed,
    Operation,
    Receipt,
    Refunded,
    Rejected,
    Settle,
    Transient,
    current_attempt,
)

_FAILED: Final = frozenset({"FAILURE", "ERROR"})
_SET_ASIDE: Final = frozenset({"AUTHORIZATION", "EMV_AUTHORIZATION"})
_VOID_CODES: Final = {
    "AUTH_NOT_SUCCESSFUL": Code.GONE, "AUTH_NOT_VOIDABLE": Code.TOO_LATE, "TRANSACTION_NOT_FOUND": Code.NOT_FOUND,
}  # fmt: skip


class Captured(msgspec.Struct, frozen=True, rename="camel"):
    """Of `orderCapture`."""

    user_errors: tuple[UserError, ...]
    transaction: Transaction | None = None


class CaptureReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of CAPTURE."""

    order_capture: Captured


class Voided(msgspec.Struct, frozen=True, rename="camel"):
    """Of `transactionVoid`."""

    user_errors: tuple[UserError, ...]


class VoidReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of VOID."""

    transaction_void: Voided


class ShopifyPayments:
    """See `Payments`. References are the numbers of transactions; a tender is its authorisation or its sale.

    `find_capture` is a look-up by amount: Shopify takes an authorisation in one go, but of shops on Plus.
    """

    OPERATIONS: Final = {
        "authorize": Operation(settle=Settle.REPEAT, kind=EffectKind.MONEY),
        "capture": Operation(settle=Settle.LOOK_UP, look_up="find_capture", kind=EffectKind.MONEY),
        "void": Operation(settle=Settle.REPEAT),
        "refund": Operation(settle=Settle.KEY, kind=EffectKind.REFUND),
    }

    def __init__(self, http: Http, _: Settings) -> None:
        self._admin: Final = Admin(http)
        self._orders: Final = Orders(self._admin)

    async def authorize(self, order: OrderId, tender: Tender) -> Authorisation:  # noqa: ARG002 - the port's
        raise Rejected("Shopify sets money aside in its own checkout only", Code.UNSUPPORTED)

    async def capture(self, authorisation: Authorisation, amount: Money) -> Capture:
        # https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/orderCapture
        given = {
            "id": order_gid(authorisation.order), "parentTransactionId": _transaction(authorisation.reference),
            "amount": amount.format(), "currency": amount.currency,
        }  # fmt: skip
        told = (await self._admin.ask(documents.CAPTURE, {"input": given}, CaptureReply)).order_capture
        refuse(f"order {authorisation.order}: no money is taken", told.user_errors, {})
        if told.transaction is None:
            raise Malformed(f"Shopify took money of order {authorisation.order}, and shows no transaction")
        return _capture(authorisation, amount, told.transaction)

    async def find_capture(self, authorisation: Authorisation, amount: Money) -> Capture | None:
        there = await self._orders.transactions(authorisation.order)
        for one in _after(authorisation, there):
            if one.kind == "CAPTURE" and one.status not in _FAILED and _positive(one, amount.currency) == amount:
                return _capture(authorisation, amount, one)
        return None

    async def void(self, authorisation: Authorisation) -> Receipt:
        # https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/transactionVoid
        name = _transaction(authorisation.reference)
        after = _after(authorisation, await self._orders.transactions(authorisation.order))
        done = {one.kind for one in after if one.status == "SUCCESS"}
        if "VOID" in done:
            return Receipt()
        if "CAPTURE" in done:
            raise Rejected(f"order {authorisation.order}: the money was taken", Code.TOO_LATE)
        told = (await self._admin.ask(documents.VOID, {"id": name}, VoidReply)).transaction_void
        refuse(f"order {authorisation.order}: the money is not let go of", told.user_errors, _VOID_CODES)
        return Receipt()

    async def refund(self, capture: Capture, amount: Money, because: str) -> Refunded:
        # https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/refundCreate
        there = await self._orders.transactions(capture.order)
        name, key = _transaction(capture.reference), current_attempt().key
        taken = next((one for one in there.transactions if one.id == name), None)
        if taken is None:
            raise Rejected(f"order {capture.order} has no transaction {capture.reference}", Code.NOT_FOUND)
        order = order_gid(capture.order)
        given = {
            "orderId": order, "note": because[:200], "currency": amount.currency, "notify": False,
            "transactions": [{
                "orderId": order, "parentId": name, "kind": "REFUND", "gateway": taken.gateway or "",
                "amount": amount.format(),
            }],
        }  # fmt: skip
        told = (
            await self._admin.ask(documents.REFUND_CREATE, {"input": given, "key": key}, RefundCreateReply)
        ).refund_create
        refuse(f"order {capture.order}: no money goes back", told.user_errors, {})
        back = [] if told.refund is None else [one for one in told.refund.transactions.nodes if one.kind == "REFUND"]
        if len(back) != 1:
            raise Malformed(f"Shopify refunded order {capture.order}, and shows {len(back)} transactions")
        if back[0].status in _FAILED:
            raise Rejected(f"order {capture.order}: whoever took the money does not give it back", Code.DECLINED)
        return _refunded(capture.order, capture.tender, amount, back[0])

    async def ledger(self, order: OrderId) -> Ledger:
        try:
            there = await self._orders.transactions(order)
        except Rejected as no:
            if no.code is Code.NOT_FOUND:
                return Ledger()
            raise
        currency = there.presentment_currency_code
        return _ledger(order, there, currency)


def _ledger(order: OrderId, there: Moved, currency: str) -> Ledger:
    """What did not fail. What was set aside and let go of is not there any more."""
    some = [one for one in there.transactions if one.status not in _FAILED]
    rooted = [(one, root) for one in some if (root := root_of(one, there.transactions)) is not None]
    let_go = {root.id for one, root in rooted if one.kind == "VOID" and one.status == "SUCCESS"}
    authorisations, captures, refunds = list[Authorisation](), list[Capture](), list[Refunded]()
    for one, root in rooted:
        tender, amount, name = TenderId(number_in(root.id)), _positive(one, currency), number_in(one.id)
        if one.kind in _SET_ASIDE and one.id not in let_go:
            state = AuthorisationState.AUTHORISED if one.status == "SUCCESS" else AuthorisationState.PENDING
            authorisations.append(Authorisation(order=order, tender=tender, amount=amount, state=state, reference=name))
        elif one.kind in {"SALE", "CAPTURE"} and one.status == "SUCCESS":
            change = (_positive(other, currency) for other, of in rooted if other.kind == "CHANGE" and of is one)
            amount -= total(change, currency)
            captures.append(Capture(order=order, tender=tender, amount=amount, reference=name))
        elif one.kind == "REFUND":
            refunds.append(_refunded(order, tender, amount, one))
    return Ledger(authorisations=tuple(authorisations), captures=tuple(captures), refunds=tuple(refunds))


def _positive(one: Transaction, currency: str) -> Money:
    try:
        return moved(one, currency)
    except (ValueError, OverflowError):
        raise Malformed(f"transaction {number_in(one.id)} is of no amount of {currency}") from None


def _refunded(order: OrderId, tender: TenderId, amount: Money, one: Transaction) -> Refunded:
    settled = one.status == "SUCCESS"
    return Refunded(order=order, tender=tender, amount=amount, reference=number_in(one.id), settled=settled)


def _capture(authorisation: Authorisation, amount: Money, one: Transaction) -> Capture:
    if one.status in _FAILED:
        raise Rejected(f"order {authorisation.order}: whoever has the money does not give it", Code.DECLINED)
    if one.status != "SUCCESS":
        raise Transient(f"order {authorisation.order}: the money is being taken", Code.IN_PROGRESS)
    return Capture(order=authorisation.order, tender=authorisation.tender, amount=amount, reference=number_in(one.id))


def _after(authorisation: Authorisation, there: Moved) -> list[Transaction]:
    """What came of it."""
    name = _transaction(authorisation.reference)
    return [
        one
        for one in there.transactions
        if one.id != name and (root := root_of(one, there.transactions)) is not None and root.id == name
    ]


def _transaction(reference: str) -> str:
    """Raises Rejected(not_found) for what is no transaction of Shopify's."""
    try:
        return gid("OrderTransaction", reference)
    except ValueError:
        raise Rejected("Shopify has no such transaction", Code.NOT_FOUND) from None
