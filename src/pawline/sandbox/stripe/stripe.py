"""Stripe at the sandbox: one account in its test mode, its key, its API, its money and its webhooks."""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from aiohttp import web

from pawline.ports import Code, Rejected
from pawline.sandbox.answers import JSON, Refused, decoded, encode
from pawline.sandbox.stripe import views
from pawline.sandbox.stripe.api import Api
from pawline.sandbox.stripe.books import ANSWER, Books, Dispute, Intent, Payout
from pawline.sandbox.stripe.calls import Call, No
from pawline.sandbox.stripe.keys import Keys, Said
from pawline.sandbox.stripe.paying import Paying
from pawline.sandbox.stripe.telling import Teller

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shopper of a payment confirms it, or does not; by the payment's id, or `order/tender`."""

    intent: str
    good: bool = True


class Made(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shop's checkout has a payment method made, which behaves as one of Stripe's for tests."""

    kind: str = "pm_card_visa"


class Disputed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shopper's bank takes a payment back, or asks (`inquiry`), or would have (`prevented`, by a kind of case)."""

    intent: str
    reason: str = "fraudulent"
    inquiry: bool = False
    prevented: Literal["", "block", "resolution"] = ""


class Ended(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dispute, a refund or a payout comes to be so; the dispute of a payment by that."""

    of: str
    status: str
    because: str | None = None


class Stripe:
    """The vendor. It shares the sandbox's clock and ledger; its key follows from the sandbox's token.

    `acts` are what changes it, by name, each from a body in JSON: a diary may write them down and do them again.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self.books = books = Books(vendors.now, vendors.did)
        books.shows = partial(views.show, books)
        self.key = f"rk_test_{hashlib.sha256(f'stripe of {token}'.encode()).hexdigest()[:48]}"
        self.paying = Paying(books)
        self.api = Api(books, self.paying)
        self.keys = Keys(vendors.now)
        self.teller = Teller(books, vendors.hooks)
        books.tell = self.teller.tell
        self.acts: dict[str, Callable[[bytes], Any]] = {
            "stripe/call": self._called,
            "stripe/method": self._method,
            "stripe/confirm": self._confirmed,
            "stripe/dispute": self._disputed,
            "stripe/end": self._ended,
            "stripe/pay-out": self._pay_out,
            "stripe/forget-keys": self._forget,
        }

    def _called(self, raw: bytes) -> dict[str, Any]:
        call = decoded(raw, Call)
        try:
            answer = self.api.answer(call)
        except No as no:
            if no.kept:
                self.keys.done(call, Said(no.status, no.body))
            else:
                self.keys.forget(call)
            raise refused(no) from None
        self.keys.done(call, Said(200, answer))
        return answer

    def _method(self, raw: bytes) -> dict[str, Any]:
        try:
            return {"id": self.paying.method(decoded(raw, Made).kind)}
        except No as no:
            raise refused(no) from None

    def _confirmed(self, raw: bytes) -> None:
        told = decoded(raw, Asked)
        self.paying.authenticate(self.named(told.intent), good=told.good)

    def _disputed(self, raw: bytes) -> dict[str, Any]:
        told, books = decoded(raw, Disputed), self.books
        one = self.named(told.intent)
        status = "prevented" if told.prevented else "warning_needs_response" if told.inquiry else "needs_response"
        case = told.prevented or ("inquiry" if told.inquiry else "chargeback")
        made = Dispute(
            books.id("dp"), books.now(), one.id, one.charges[-1], one.received, one.currency, told.reason, status,
            books.now() + ANSWER, case,
        )  # fmt: skip
        books.disputes[made.id] = made
        if not told.inquiry and told.prevented != "block":
            self._taken_back(made)
        books.happened("charge.dispute.created", made)
        return {"id": made.id}

    def _taken_back(self, one: Dispute) -> None:
        self.books.charges[one.charge].disputed = True
        self.books.changed(-one.amount, one.currency, "dispute", one.id)

    def _ended(self, raw: bytes) -> None:
        told, books = decoded(raw, Ended), self.books
        if told.of in books.refunds:
            self.paying.refund_ends(books.refunds[told.of], told.status, told.because)
        elif told.of in books.payouts:
            self._paid_out(books.payouts[told.of], told)
        elif told.of in books.disputes:
            one, before = books.disputes[told.of], books.disputes[told.of].status
            one.status = told.status
            if before.startswith("warning") and told.status == "needs_response":
                self._taken_back(one)
            if told.status == "won":
                books.changed(one.amount, one.currency, "dispute_reversal", one.id)
            over = told.status in ("won", "lost", "warning_closed")
            books.happened(f"charge.dispute.{'closed' if over else 'updated'}", one)
        else:
            raise Rejected(f"there is no {told.of}", Code.NOT_FOUND)

    def _pay_out(self, raw: bytes) -> list[str]:
        """All of the balance that is in no payout yet, one payout for each currency; `manual` as asked for by hand."""
        manual, books = decoded(raw, bool), self.books
        sums = Counter[str]()
        there = [one for one in books.transactions.values() if one.payout is None and one.category != "payout"]
        for one in there:
            sums[one.currency] += one.amount - one.fee
        made = list[str]()
        for currency, amount in sums.items():
            payout = Payout(books.id("po"), books.now(), amount, currency, not manual, books.now() + 86_400.0)
            payout.reconciled = "not_applicable" if manual else "in_progress"
            books.payouts[payout.id] = payout
            for one in there:
                if one.currency == currency:
                    one.payout = payout.id
            books.changed(-amount, currency, "payout", payout.id)
            list(books.transactions.values())[-1].payout = payout.id
            books.happened("payout.created", payout)
            made.append(payout.id)
        return made

    def _paid_out(self, one: Payout, told: Ended) -> None:
        if told.status == "reconciled":
            one.reconciled = "completed"
            self.books.happened("payout.reconciliation_completed", one)
            return
        one.status, one.failure = told.status, told.because
        self.books.happened(f"payout.{told.status}", one)

    def _forget(self, _: bytes) -> None:
        self.keys.forget_all()

    def named(self, name: str) -> Intent:
        """A payment by its id, or the last one of an order and tender."""
        for one in reversed(self.books.intents.values()):
            if name in (one.id, self.books.name(one)):
                return one
        raise Rejected(f"there is no payment {name}", Code.NOT_FOUND)


def refused(no: No) -> Refused:
    """A refusal as it is answered."""
    return Refused(web.Response(status=no.status, body=encode(no.body), headers=JSON))
