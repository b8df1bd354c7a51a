"""How Stripe shows things: all fields that its specification requires, and those that are read."""

from __future__ import annotations

from typing import Any, Final

from pawline.sandbox.stripe.books import (
    HOLD,
    Books,
    Charge,
    Dispute,
    Endpoint,
    Event,
    Intent,
    Payout,
    Refund,
    Transaction,
)

VERSION: Final = "2026-08-26.dahlia"
LIVE: Final = False
"""The sandbox's key is one for tests."""


def secret_of(one: Intent) -> str:
    """By which a browser may pay it; where a bank asks, the address to which a shopper is sent has it too."""
    return f"{one.id}_secret_canary77"


def intent(one: Intent) -> dict[str, Any]:
    """https://docs.stripe.com/api/payment_intents/object ."""
    waits = one.status == "requires_action"
    action: dict[str, Any] | None = None
    if waits and one.return_url:
        query = f"payment_intent={one.id}&payment_intent_client_secret={secret_of(one)}"
        at = f"https://hooks.stripe.example/3d_secure_2/hosted?{query}"
        redirect = {"url": at, "return_url": one.return_url}
        action = {"type": "redirect_to_url", "redirect_to_url": redirect}
    elif waits:
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
    return {
        "id": one.id, "object": "payment_intent", "amount": one.amount, "currency": one.currency,
        "amount_capturable": one.amount if one.status == "requires_capture" else 0, "amount_received": one.received,
        "capture_method": one.capture, "confirmation_method": "automatic", "created": int(one.made),
        "client_secret": secret_of(one), "livemode": LIVE, "metadata": dict(one.metadata),
        "payment_method": one.method, "payment_method_types": list(one.types), "status": one.status,
        "latest_charge": one.charges[-1] if one.charges else None, "next_action": action,
        "last_payment_error": one.problem, "canceled_at": None if one.canceled is None else int(one.canceled),
        "cancellation_reason": one.cancelled_because, "description": one.given.get("description"),
        "transfer_group": one.given.get("transfer_group"), "customer": None, "application": None,
    }  # fmt: skip


def charge(books: Books, one: Charge) -> dict[str, Any]:
    """https://docs.stripe.com/api/charges/object ."""
    of = books.intents[one.intent]
    card: dict[str, Any] = {
        "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030, "funding": "credit", "country": "US",
        "checks": None, "network": "visa", "fingerprint": None, "installments": None, "mandate": None,
        "three_d_secure": None, "wallet": None,
    }  # fmt: skip
    if one.paid and not one.captured and not one.let_go:
        card["capture_before"] = int(one.made + HOLD)
    return {
        "id": one.id, "object": "charge", "amount": one.amount, "amount_captured": one.taken, "livemode": LIVE,
        "amount_refunded": one.amount if one.let_go else one.back, "captured": one.captured, "created": int(one.made),
        "billing_details": {"address": None, "email": None, "name": None, "phone": None}, "currency": of.currency,
        "disputed": one.disputed, "metadata": dict(of.metadata), "paid": one.paid, "payment_intent": one.intent,
        "refunded": one.let_go or (one.captured and one.back >= one.taken),
        "status": "succeeded" if one.paid else "failed", "failure_code": one.code, "failure_message": None,
        "payment_method": of.method, "payment_method_details": {"type": "card", "card": card},
        "transfer_group": of.given.get("transfer_group"), "balance_transaction": None,
    }  # fmt: skip


def refund(one: Refund) -> dict[str, Any]:
    """https://docs.stripe.com/api/refunds/object ."""
    found = {
        "id": one.id, "object": "refund", "amount": one.amount, "charge": one.charge, "created": int(one.made),
        "currency": one.currency, "metadata": dict(one.metadata), "payment_intent": one.intent, "reason": one.reason,
        "status": one.status, "balance_transaction": None, "receipt_number": None,
    }  # fmt: skip
    return found if one.failure is None else found | {"failure_reason": one.failure}


def dispute(books: Books, one: Dispute) -> dict[str, Any]:
    """https://docs.stripe.com/api/disputes/object ."""
    moved = [transaction(each) for each in books.transactions.values() if each.source == one.id]
    card = {"brand": "visa", "case_type": one.case, "network_reason_code": None}
    details = {"due_by": int(one.due), "has_evidence": False, "past_due": False, "submission_count": 0}
    return {
        "id": one.id, "object": "dispute", "amount": one.amount, "charge": one.charge, "created": int(one.made),
        "currency": one.currency, "metadata": {}, "payment_intent": one.intent, "reason": one.reason,
        "status": one.status, "balance_transactions": moved, "livemode": LIVE, "evidence_details": details,
        "is_charge_refundable": one.status.startswith("warning"), "evidence": {},
        "payment_method_details": {"type": "card", "card": card},
    }  # fmt: skip


def payout(one: Payout) -> dict[str, Any]:
    """https://docs.stripe.com/api/payouts/object ."""
    return {
        "id": one.id, "object": "payout", "amount": one.amount, "arrival_date": int(one.arrives), "livemode": LIVE,
        "automatic": one.automatic, "created": int(one.made), "currency": one.currency, "metadata": {},
        "method": "standard", "reconciliation_status": one.reconciled, "source_type": "card", "status": one.status,
        "type": "bank_account", "failure_code": one.failure, "failure_message": None, "destination": None,
        "balance_transaction": None, "description": "STRIPE PAYOUT", "statement_descriptor": None,
    }  # fmt: skip


def transaction(one: Transaction) -> dict[str, Any]:
    """https://docs.stripe.com/api/balance_transactions/object ."""
    fees = [
        {"amount": one.fee, "application": None, "currency": one.currency, "description": "fee", "type": "stripe_fee"}
    ]
    kind = {"dispute": "adjustment", "dispute_reversal": "adjustment"}.get(one.category, one.category)
    return {
        "id": one.id, "object": "balance_transaction", "amount": one.amount, "available_on": int(one.made),
        "created": int(one.made), "currency": one.currency, "fee": one.fee, "fee_details": fees if one.fee else [],
        "net": one.amount - one.fee, "reporting_category": one.category, "source": one.source, "status": "available",
        "type": kind, "description": None, "exchange_rate": None,
    }  # fmt: skip


def endpoint(one: Endpoint, *, made: bool = False) -> dict[str, Any]:
    """https://docs.stripe.com/api/webhook_endpoints/object . Its secret is shown when it is made."""
    found = {
        "id": one.id, "object": "webhook_endpoint", "api_version": one.version, "created": int(one.made),
        "enabled_events": list(one.events), "livemode": LIVE, "metadata": dict(one.metadata), "url": one.url,
        "status": "enabled" if one.on else "disabled", "application": None, "description": one.description,
    }  # fmt: skip
    return found | {"secret": one.secret} if made else found


def event(one: Event) -> dict[str, Any]:
    """https://docs.stripe.com/api/events/object ."""
    return {
        "id": one.id, "object": "event", "api_version": VERSION, "created": int(one.made), "livemode": LIVE,
        "data": {"object": one.object}, "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None},
        "type": one.type,
    }  # fmt: skip


def show(books: Books, what: object) -> dict[str, Any]:
    """Any of them."""
    if isinstance(what, Intent):
        return intent(what)
    if isinstance(what, Charge):
        return charge(books, what)
    if isinstance(what, Refund):
        return refund(what)
    if isinstance(what, Dispute):
        return dispute(books, what)
    if isinstance(what, Payout):
        return payout(what)
    if isinstance(what, Event):
        return event(what)
    if isinstance(what, Endpoint):
        return endpoint(what)
    if isinstance(what, Transaction):
        return transaction(what)
    raise TypeError(type(what).__name__)
