"""What happened, as far as the thing that it happened to says by now: the same by a webhook's ring and by a look.

Webhooks come in any order, and an event is what was when it was written: so the thing itself is asked for.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from pawline.connectors.stripe.client import Api
from pawline.connectors.stripe.errors import declined
from pawline.connectors.stripe.naming import ours
from pawline.connectors.stripe.paid_out import SETTLED, made_of
from pawline.connectors.stripe.settings import Settings
from pawline.connectors.stripe.told import (
    ToldCharge,
    ToldDispute,
    ToldIntent,
    ToldPayout,
    ToldRefund,
    amount,
    moment,
)
from pawline.kit import REMEMBERED, Http, Sighting
from pawline.model import (
    DisputeClosed,
    Event,
    PaymentDeclined,
    PaymentDisputed,
    PaymentQuestioned,
    PayoutFailed,
    PayoutId,
    PayoutPaid,
    RefundFailed,
)
from pawline.ports import Malformed

T = TypeVar("T")
KINDS: Final = {
    "payment_intent.payment_failed": "pi_",
    "charge.dispute.created": "d", "charge.dispute.updated": "d", "charge.dispute.closed": "d",
    "refund.updated": "re_", "refund.failed": "re_",
    "payout.paid": "po_", "payout.failed": "po_", "payout.reconciliation_completed": "po_",
}  # fmt: skip
"""What is heard, and how the id of its thing begins; a dispute's with `dp_`, and once with `du_`."""
CLOSED: Final = {"won": True, "warning_closed": True, "lost": False}
"""Ends of a dispute, and whether the shop has the money."""
PREVENTED: Final = "prevented"
"""One that never became one: a rule of the account's paid the shopper back, or it was kept off."""
LOOKED_AT: Final = frozenset({"under_review", "warning_under_review", "appeal_under_review"})
APPEAL: Final = "appeal_needs_response"
SILENT: Final = "no reason was given"


async def about(http: Http, settings: Settings, thing: str) -> tuple[Sighting, ...]:
    """What is to be seen of it now."""
    return await seen(Api(http), settings, thing, datetime.now(UTC))


async def seen(api: Api, settings: Settings, thing: str, at: datetime) -> tuple[Sighting, ...]:
    """The same, where its news are of `at`. Nothing of what is not ours, and of what is too old to be told.

    Raises PortError, and ValueError for what cannot be read.
    """
    return tuple(one for one in await ever(api, settings, thing, at) if one.at >= datetime.now(UTC) - REMEMBERED)


async def ever(api: Api, settings: Settings, thing: str, at: datetime) -> tuple[Sighting, ...]:
    """The same, however old it is."""
    found: tuple[tuple[datetime, Event], ...]
    if thing.startswith("pi_"):
        found = _declined(await _ask(api, "payment_intents", thing, "latest_charge", ToldIntent), settings.labels)
    elif thing.startswith("re_"):
        found = _unpaid(await _ask(api, "refunds", thing, "payment_intent", ToldRefund), settings.labels, at)
    elif thing.startswith("po_"):
        told = settings.payouts
        found = await _paid_out(api, await api.get("payouts", thing, into=ToldPayout), at) if told else ()
    else:
        found = _disputed(await _ask(api, "disputes", thing, "payment_intent", ToldDispute), settings.labels, at)
    return tuple(Sighting(event.fact or thing, min(when, datetime.now(UTC)), event) for when, event in found)


async def _ask(api: Api, kind: str, thing: str, expand: str, into: type[T]) -> T:
    return await api.get(kind, thing, query={"expand": [expand]}, into=into)


def _declined(told: ToldIntent, labels: Collection[str]) -> tuple[tuple[datetime, Event], ...]:
    whose, problem = ours(labels, told.metadata), told.last_payment_error
    if whose is None or problem is None or told.status not in ("requires_payment_method", "canceled"):
        return ()
    charge = told.latest_charge
    at = moment(charge.created if isinstance(charge, ToldCharge) else told.created)
    because = declined(problem.code, problem.decline_code).text
    return ((at, PaymentDeclined(order=whose.order, tender=whose.tender, at=at, because=because)),)


def _unpaid(told: ToldRefund, labels: Collection[str], at: datetime) -> tuple[tuple[datetime, Event], ...]:
    """A refund that did not reach the shopper, whoever made it."""
    of = told.payment_intent.metadata if isinstance(told.payment_intent, ToldIntent) else None
    whose = ours(labels, of) or ours(labels, told.metadata)
    if whose is None or told.status not in ("failed", "canceled"):
        return ()
    because = told.failure_reason or (SILENT if told.status == "failed" else "it was called off")
    return ((at, RefundFailed(order=whose.order, transaction=told.id, at=at, because=because, amount=amount(told))),)


def _disputed(told: ToldDispute, labels: Collection[str], at: datetime) -> tuple[tuple[datetime, Event], ...]:
    """What waits for an answer, and what is over. What a bank looks at is no news."""
    of = told.payment_intent.metadata if isinstance(told.payment_intent, ToldIntent) else None
    whose, money = ours(labels, of), amount(told)
    if whose is None:
        return ()
    kept = _kept_off(told) if told.status == PREVENTED else CLOSED.get(told.status)
    if kept is not None:
        return ((at, DisputeClosed(order=whose.order, dispute=told.id, amount=money, kept=kept, at=at)),)
    if told.status in LOOKED_AT:
        return ()
    due = told.evidence_details.due_by if told.evidence_details is not None else None
    asked: dict[str, Any] = {
        "order": whose.order, "dispute": told.id, "amount": money, "because": told.reason or SILENT,
        "answer_by": None if due is None else moment(due),
    }  # fmt: skip
    if told.status == "warning_needs_response":
        return ((at, PaymentQuestioned(**asked)),)
    if told.status not in ("needs_response", APPEAL):
        raise Malformed(f"a dispute of order {whose.order} stands in a way that nobody knows: {told.status[:40]}")
    return ((at, PaymentDisputed(**asked, appeal=told.status == APPEAL)),)


def _kept_off(told: ToldDispute) -> bool:
    """Whether the shop has the money of a prevented dispute: only where that is said, and nothing was taken."""
    card = told.payment_method_details.card if told.payment_method_details is not None else None
    taken = any(one.amount < 0 for one in told.balance_transactions)
    return card is not None and card.case_type == "block" and not taken


async def _paid_out(api: Api, told: ToldPayout, at: datetime) -> tuple[tuple[datetime, Event], ...]:
    """Told once it is known what it is made of, which an event of its own says."""
    if told.status == "failed":
        because = told.failure_code or SILENT
        return ((at, PayoutFailed(payout=PayoutId(told.id), amount=amount(told), at=at, because=because)),)
    if told.status != "paid" or told.reconciliation_status not in SETTLED:
        return ()
    return ((at, PayoutPaid(payout=PayoutId(told.id), amount=amount(told), at=at, made_of=await made_of(api, told))),)
