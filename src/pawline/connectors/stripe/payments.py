"""Stripe in the role of Payments: one payment intent for each tender, set aside first and taken later.

https://docs.stripe.com/payments/place-a-hold-on-a-payment-method , https://docs.stripe.com/api/payment_intents
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from pawline.connectors.stripe import naming
from pawline.connectors.stripe.amounts import counted
from pawline.connectors.stripe.book import GONE_BACK, Book, Payment
from pawline.connectors.stripe.client import Api
from pawline.connectors.stripe.errors import declined
from pawline.connectors.stripe.setting import CALLED_OFF, KEYED, LATER, STATES, Setting
from pawline.connectors.stripe.settings import Settings
from pawline.connectors.stripe.told import ToldCharge, ToldIntent, ToldRefund, amount, moment
from pawline.kit import Http
from pawline.model import Money, OrderId, Tender, TenderId, TenderKind
from pawline.ports import (
    Authorisation,
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

LONG: Final = timedelta(seconds=30)
BY_CARD: Final = frozenset({TenderKind.CARD, TenderKind.WALLET})
"""Tenders that a payment method of kind `card` stands for; a wallet is a card's in other clothes."""
FORGOTTEN: Final = timedelta(hours=1)
"""How long a key that is kept with a failure is left alone; a day later at the soonest it is forgotten."""


class StripePayments:
    """See `Payments`. References are ids of payment intents, for refunds too; a refund's is its own.

    Stripe takes an authorisation once: what is taken in part lets go of the rest.
    """

    OPERATIONS: Final = {
        "authorize": Operation(
            settle=Settle.KEY, after_key_life=Settle.LOOK_UP, look_up="find_authorisation", kind=EffectKind.MONEY,
            timeout=LONG,
        ),
        "capture": Operation(settle=Settle.REPEAT, kind=EffectKind.MONEY, timeout=LONG),
        "void": Operation(settle=Settle.REPEAT, timeout=LONG),
        "refund": Operation(settle=Settle.REPEAT, kind=EffectKind.REFUND, timeout=LONG),
    }  # fmt: skip

    def __init__(self, http: Http, settings: Settings) -> None:
        self._api: Final = Api(http)
        self._settings: Final = settings
        self._book: Final = Book(self._api, settings.labels)
        self._setting: Final = Setting(self._api, settings.return_url)

    async def authorize(self, order: OrderId, tender: Tender) -> Authorisation:
        if tender.kind not in BY_CARD:
            raise Rejected(f"{tender.kind.value} is not paid by Stripe", Code.UNSUPPORTED)
        label, key = self._settings.label, current_attempt().key
        asked: dict[str, object] = {
            "amount": counted(tender.amount), "currency": tender.amount.currency.lower(),
            "payment_method": naming.method_of(tender.source), "payment_method_types": ["card"],
            "capture_method": "manual", "description": f"order {order}"[:500],
            "transfer_group": naming.group_of(label, order), "metadata": naming.marked(label, order, tender.id, key),
        }  # fmt: skip
        made = await self._setting.made(asked, key, partial(self._made_by, order, key))
        return _authorisation(order, tender, await self._setting.confirmed(made, key))

    async def find_authorisation(self, order: OrderId, tender: Tender) -> Authorisation | None:
        """The one that stands for the tender: before one that waits for its shopper, one whose money is there."""
        there = [one for one in await self._book.payments(order) if _of(one, tender)]
        there.sort(key=lambda one: one.intent.status not in ("requires_capture", "succeeded"))
        return _authorisation(order, tender, there[0].intent) if there else None

    async def capture(self, authorisation: Authorisation, amount: Money) -> Capture:
        # https://docs.stripe.com/api/payment_intents/capture - no key: it is taken once, by whose step is written there
        if amount.currency != authorisation.amount.currency:
            raise Rejected("money is taken in the currency in which it was set aside", Code.INVALID)
        name, key = naming.intent_of(authorisation.reference), current_attempt().key
        asked = {"amount_to_capture": counted(amount), "metadata": {naming.CAPTURED: key}}
        try:
            told = await self._api.post("payment_intents", name, "capture", form=asked, into=ToldIntent)
        except Rejected as no:
            if no.code is not Code.CONFLICT:
                raise
            told = await self._api.get("payment_intents", name, into=ToldIntent)
            if told.status == "processing":
                raise Transient("the money is being taken", Code.IN_PROGRESS, retry_after=LATER) from no
            if told.status != "succeeded" or told.said(naming.CAPTURED) != key:
                raise _not_to_be_taken(told) from no
        if told.status == "processing":
            raise Transient("the money is being taken", Code.IN_PROGRESS, retry_after=LATER)
        if told.id != name or told.status != "succeeded" or _received(told) != amount:
            raise Malformed("Stripe took money, and does not say that it is what was asked for")
        return Capture(order=authorisation.order, tender=authorisation.tender, amount=amount, reference=name)

    async def void(self, authorisation: Authorisation) -> Receipt:
        name = naming.intent_of(authorisation.reference)
        told = await self._setting.cancelled(name)
        if told.id != name:
            raise Malformed("Stripe let go of one payment, and tells of another")
        if told.status == "canceled":
            return Receipt(name)
        if told.status == "succeeded":
            raise Rejected("the money was taken", Code.TOO_LATE)
        raise Transient("it cannot be let go of just now", Code.IN_PROGRESS, retry_after=LATER)

    async def refund(self, capture: Capture, amount: Money, because: str) -> Refunded:
        # https://docs.stripe.com/api/refunds/create - looked for first: by its step it is known longer than by its key
        if amount.currency != capture.amount.currency:
            raise Rejected("money goes back in the currency in which it was taken", Code.INVALID)
        name, key = naming.intent_of(capture.reference), current_attempt().key
        marks = naming.marked(self._settings.label, capture.order, capture.tender, key)
        asked: dict[str, object] = {
            "payment_intent": name, "amount": counted(amount), "metadata": marks | {naming.BECAUSE: because[:200]}
        }  # fmt: skip
        there = partial(self._refund_by, name, key)
        if (told := await there()) is None:
            try:
                told = await self._api.post("refunds", form=asked, key=key, into=ToldRefund)
            except Transient as kept:
                if kept.code not in KEYED:
                    raise
                # Stripe may still set right what it failed at: by another key the money could go back twice
                if (told := await there()) is None:
                    raise Transient(kept.text, kept.code, retry_after=FORGOTTEN) from kept
        if told.status not in GONE_BACK:
            why = told.failure_reason if told.status == "failed" else told.status
            raise declined("refund_failed", why)
        if _money(told) != amount:
            raise Malformed("Stripe pays back, and does not say that it is what was asked for")
        return _refunded(capture.order, capture.tender, told)

    async def ledger(self, order: OrderId) -> Ledger:
        there = sorted(await self._book.payments(order), key=lambda one: (one.intent.created, one.intent.id))
        authorisations, captures, refunds = list[Authorisation](), list[Capture](), list[Refunded]()
        for one in there:
            intent, tender = one.intent, one.tender
            if intent.status == "succeeded":
                money = _received(intent)
                captures.append(Capture(order=order, tender=tender, amount=money, reference=intent.id))
                back = [each for each in await self._book.refunds(intent.id) if each.status in GONE_BACK]
                refunds += [_refunded(order, tender, each) for each in back]
            elif intent.status in STATES:
                authorisations.append(_standing(order, tender, intent))
        return Ledger(authorisations=tuple(authorisations), captures=tuple(captures), refunds=tuple(refunds))

    async def _made_by(self, order: OrderId, key: str) -> ToldIntent | None:
        made = (one.intent for one in await self._book.payments(order) if one.intent.said(naming.STEP) == key)
        return next(made, None)

    async def _refund_by(self, intent: str, key: str) -> ToldRefund | None:
        made = (one for one in await self._book.refunds(intent) if (one.metadata or {}).get(naming.STEP) == key)
        return next(made, None)


def _of(one: Payment, tender: Tender) -> bool:
    return one.tender == tender.id and one.intent.status in STATES and _money(one.intent) == tender.amount


def _authorisation(order: OrderId, tender: Tender, told: ToldIntent) -> Authorisation:
    """Raises Rejected for one that was declined, Malformed for one of another amount."""
    if told.status == "canceled":
        raise Rejected(CALLED_OFF, Code.DECLINED)
    if told.status not in STATES:
        problem = told.last_payment_error
        raise declined(None, None) if problem is None else declined(problem.code, problem.decline_code)
    if _money(told) != tender.amount:
        raise Malformed("Stripe set money aside, and does not say that it is what was asked for")
    return _standing(order, tender.id, told)


def _standing(order: OrderId, tender: TenderId, told: ToldIntent) -> Authorisation:
    charge, action = told.latest_charge, told.next_action
    details = charge.payment_method_details if isinstance(charge, ToldCharge) else None
    before = details.card.capture_before if details is not None and details.card is not None else None
    redirect = None if action is None or told.status != "requires_action" else action.redirect_to_url
    return Authorisation(
        order=order, tender=tender, amount=_money(told), state=STATES[told.status], reference=told.id,
        expires_at=None if before is None else _moment(before),
        confirm_at=None if redirect is None else redirect.url,
    )  # fmt: skip


def _not_to_be_taken(told: ToldIntent) -> Rejected:
    if told.status == "succeeded":
        return Rejected("the money was taken already, and not by this step", Code.CONFLICT)
    if told.status == "canceled":
        late = told.cancellation_reason in ("automatic", "expired")
        return Rejected("what was set aside is gone", Code.EXPIRED if late else Code.GONE)
    return Rejected(f"nothing is set aside yet: {told.status[:40]}", Code.INVALID)


def _refunded(order: OrderId, tender: TenderId, told: ToldRefund) -> Refunded:
    settled = told.status == "succeeded"
    return Refunded(order=order, tender=tender, amount=_money(told), reference=told.id, settled=settled)


def _money(told: ToldIntent | ToldRefund, count: int | None = None) -> Money:
    try:
        return amount(told, count)
    except ValueError as problem:
        raise Malformed(f"Stripe names an amount that is none ({type(problem).__name__})") from problem


def _received(told: ToldIntent) -> Money:
    return _money(told, told.amount_received)


def _moment(at: int) -> datetime:
    try:
        return moment(at)
    except ValueError as problem:
        raise Malformed("Stripe names a time that is none") from problem
