"""How every flow pays back: of the shop that keeps the order, by one refund, and never what somebody else paid back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pawline.flows.telling import tell_or_ask
from pawline.model import (
    Credit,
    Medium,
    Message,
    Order,
    OrderId,
    Purpose,
    RefundId,
    Repaid,
    Skipped,
    bill_of,
    refund_of,
)
from pawline.ports import Code, Rejected, Shop
from pawline.runtime import Account, Question, accounts, ask, now, use

TRIES = 3
"""So often the order is read again where somebody changed it between our reading and our refund."""


async def kept(order: OrderId) -> tuple[Account, Order] | None:
    """The order as its shop has it, and that shop's account; None where no shop of ours keeps it."""
    for account in accounts(Shop):
        try:
            return account, await use(Shop, account).order(order)
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                raise
    return None


async def _as_it_is(order: Order) -> Order:
    return order


async def repay(
    shop: Account, order: Order, id: RefundId, because: str, credits: Callable[[Order], tuple[Credit, ...]],
    ours: Callable[[Order], Awaitable[Order | None]] = _as_it_is,
) -> Repaid | Skipped:  # fmt: skip
    """`credits` says what leaves the bill of the order as it stands; tenders - refunds = total owed afterwards.

    One refund in the shop, which is one at whoever took the money: nobody else is asked. The shop refuses where its
    bill is another by now. Before each try `ours` has the order as it stands once whoever it asked has answered; None
    if it is not to be paid. What does not fit its order, and what the shop refuses, is a person's.
    """
    why = ""
    for _ in range(TRIES):
        if (current := await ours(order)) is None:
            return Skipped("it was paid back by hand")
        order = current
        try:
            refund = refund_of(order, id, now(), because, credits(order))
            if refund is None:
                return Skipped("nothing is left to pay back")
            await use(Shop, shop).refund(order.id, refund, bill_of(order))
        except ValueError as problem:
            why = str(problem)
            break
        except Rejected as no:
            why = no.text
            if no.code not in (Code.INVALID, Code.CONFLICT):
                break
            order = await use(Shop, shop).order(order.id)
        else:
            if not refund.payouts:
                return Skipped("it is off the bill; nothing was paid for it")
            await told(order, refund.id)
            return Repaid(refund.id, refund.paid_out())
    return await cannot(order.id, because, why)


async def cannot(order: OrderId, because: str, why: str) -> Skipped:
    """What does not fit its order, or is refused, is a person's."""
    await ask(
        Question(
            f"order {order}: {because} cannot be paid back by itself", evidence=why, choices=("settled",),
            cause="refunds that do not fit their orders",
        )
    )  # fmt: skip
    return Skipped("a person settled it")


async def told(order: Order, refund: RefundId) -> None:
    """Who ordered hears of it, where anybody said who."""
    if order.household is None:
        return
    notice = Message(
        name="refund_notice", household=order.household, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL,
        order=order.id, values={"refund": refund},
    )  # fmt: skip
    await tell_or_ask(notice)
