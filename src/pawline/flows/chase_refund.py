"""A refund that a bank refuses is a person's: by then the shopper may have been told that their money is on its way."""

from __future__ import annotations

from typing import Final

from pawline.model import RefundFailed
from pawline.runtime import Question, ask, flow

PAID, NOT_OWED = "paid back in another way", "not owed"
ELSE: Final = "where it was refused at once, whoever made the refund was asked already: look before you pay"


@flow(on=RefundFailed)
async def chase_refund(failed: RefundFailed) -> str:
    """Nobody pays back twice by itself: a card may be closed, and the shopper's word is needed for another way."""
    evidence = {
        "order": failed.order, "transaction": failed.transaction, "amount": failed.amount, "because": failed.because,
        "at": failed.at, "else": ELSE,
    }  # fmt: skip
    title = "a bank refused a refund"
    return await ask(
        Question(f"{title} of order {failed.order}", choices=(PAID, NOT_OWED), evidence=evidence, cause=title)
    )
