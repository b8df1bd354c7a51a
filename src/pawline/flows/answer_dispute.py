"""A shopper's bank takes money back, or asks: a person answers before the day after which it is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pawline.flows.in_time import in_time
from pawline.model import PaymentDisputed, PaymentQuestioned
from pawline.ports import Orders
from pawline.runtime import Question, ask, flow, use

BEFORE: Final = timedelta(days=2)
"""Before the last day, when it is asked again: banks leave a week or so."""
ANSWERED, ACCEPTED = "answered", "accepted"


@flow(on=PaymentDisputed)
async def answer_dispute(disputed: PaymentDisputed) -> str:
    """Money was taken back: the shop proves that it is due, or lets it go."""
    title = "a bank's decision may be appealed" if disputed.appeal else "a bank took money back"
    return await _asked(title, disputed)


@flow(on=PaymentQuestioned)
async def answer_inquiry(questioned: PaymentQuestioned) -> str:
    """A bank asks, before it takes money back: an answer may spare the shop that."""
    return await _asked("a bank asks about a payment", questioned)


async def _asked(title: str, told: PaymentDisputed | PaymentQuestioned) -> str:
    delivered = await use(Orders).delivered(told.order)
    evidence = {
        "order": told.order, "dispute": told.dispute, "amount": told.amount, "because": told.because,
        "answer by": told.answer_by, "delivered": delivered,
    }  # fmt: skip
    if told.answer_by is None:
        choices = (ANSWERED, ACCEPTED)
        return await ask(Question(f"{title} for order {told.order}", choices=choices, evidence=evidence, cause=title))
    return await in_time(title, told.answer_by, (ANSWERED, ACCEPTED), evidence, ANSWERED, BEFORE)
