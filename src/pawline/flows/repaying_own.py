"""How an own order is paid back: reckoned with its bill, by the accounts that took its money, one refund at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from pawline.flows.repaying import TRIES, cannot, told
from pawline.flows.taken import Taken, took
from pawline.model import (
    Credit,
    Order,
    OrderId,
    Payout,
    Refund,
    RefundId,
    RefundIssued,
    Repaid,
    Skipped,
    TenderState,
    as_taken,
    made_by_hand,
    refund_of,
)
from pawline.ports import Bills, Code, OwnBill, Payments, Refunded, Rejected
from pawline.runtime import Question, ask, now, publish, sleep_until, use

SOON, LATEST = timedelta(minutes=1), timedelta(days=1)
"""How long, at first and at last, the money of another refund of the same order is waited for between two looks."""
Credits = Callable[[Order], tuple[Credit, ...]]
Another = Callable[[tuple[Refunded, ...]], Awaitable[bool]]


async def own_bill(order: OrderId) -> OwnBill | None:
    """The order's bill; None where it is none of our own checkout."""
    try:
        return await use(Bills).of(order)
    except Rejected as no:
        if no.code is not Code.NOT_FOUND:
            raise
        return None


def of_money_taken(credits: Credits) -> Credits:
    """The credits of an order that was to be paid: that no account knows of its money is no reason to say nothing."""

    def found(order: Order) -> tuple[Credit, ...]:
        if order.total.minor and not any(one.state is TenderState.CAPTURED for one in order.tenders):
            raise ValueError("no account that plays Payments took money for it")
        return credits(order)

    return found


async def _for_another_reason(_: tuple[Refunded, ...]) -> bool:
    return True


async def repay_own(
    order: OrderId, id: RefundId, because: str, credits: Credits, another: Another = _for_another_reason
) -> Repaid | Skipped:
    """See `repay`. The bill is ours, and each tender is paid back by whoever took it.

    What went back by the ledger and is not in the bill was done by hand: `another` says whether for another reason than
    this refund. It is in the bill from then on. What does not fit is a person's.
    """
    why = ""
    for _ in range(TRIES):
        try:
            bill, taken = await _settled(order, id, another, credits)
            if any(one.id == id for one in bill.order.refunds):
                return Skipped("it was paid back by hand, or before")
            seen = as_taken(bill.order, taken.captured())
            refund = refund_of(seen, id, now(), because, credits(seen))
            if refund is None:
                return Skipped("nothing is left to pay back")
            await use(Bills).refund(order, refund, bill.entries, ())
        except ValueError as problem:
            return await cannot(order, because, str(problem))
        except Rejected as no:
            why = no.text
            if no.code is not Code.CONFLICT:
                break
        else:
            return await _paid(bill.order, refund, because, taken)
    return await cannot(order, because, why)


async def _settled(order: OrderId, id: RefundId, another: Another, credits: Credits) -> tuple[OwnBill, Taken]:
    """The bill with everything in it that went back, by whomever, and the ledgers beside it."""
    while True:
        bill = await _free(order)
        taken = await took(order)
        by_hand = taken.unknown(bill.known)
        if not by_hand or any(one.id == id for one in bill.order.refunds):
            return bill, taken
        if await another(by_hand):
            for one in by_hand:
                await _note(order, RefundId(f"by-hand-{one.reference}"), (one,), taken, lambda _: ())
        else:
            await _note(order, id, by_hand, taken, credits)


async def _note(
    order: OrderId, id: RefundId, made: tuple[Refunded, ...], taken: Taken, credits: Credits
) -> None:  # fmt: skip
    """Into the bill, what was paid back by hand. Raises ValueError and Rejected where it does not fit."""
    bill = await _free(order)  # an answer may take days, and what looked like a hand's was another refund of ours
    made = tuple(one for one in made if one.reference not in bill.known)
    if not made:
        return
    payouts = [Payout(one.tender, one.amount) for one in made]
    credited = credits(as_taken(bill.order, taken.captured()))
    refund = made_by_hand(bill.order, id, now(), credited, payouts)
    await use(Bills).refund(order, refund, bill.entries, tuple(one.reference for one in made))
    await publish(RefundIssued(order=order, refund=refund, household=bill.order.household))


async def _free(order: OrderId) -> OwnBill:
    """The bill, once no money of another refund is on its way: until then nobody knows what is left."""
    wait = SOON
    while (bill := await use(Bills).of(order)).under_way is not None:
        if wait <= LATEST:
            await sleep_until(now() + wait)
            wait *= 2
            continue
        await ask(
            Question(
                f"order {order}: refund {bill.under_way} was begun and has not ended", choices=("settled",),
                cause="refunds that were begun and have not ended",
            )
        )  # fmt: skip
        await _ended(order, bill.under_way)
    return bill


async def _ended(order: OrderId, refund: RefundId) -> None:
    """A person says that it is settled: what the ledgers show by now and no bill knows was for it."""
    bill = await use(Bills).of(order)
    made = (await took(order)).unknown(bill.known)
    await use(Bills).paid(order, refund, tuple(one.reference for one in made))


async def _paid(order: Order, refund: Refund, because: str, taken: Taken) -> Repaid | Skipped:
    """The money goes, and who ordered is told. What a provider refuses is a person's; the rest goes all the same."""
    issued = RefundIssued(order=order.id, refund=refund, household=order.household)
    if not refund.payouts:
        await publish(issued)
        return Skipped("it is off the bill; nothing was paid for it")
    made: list[str] = []
    refused: list[str] = []
    for account, capture, amount in taken.parts(refund.payouts):
        try:
            made.append((await use(Payments, account).refund(capture, amount, because)).reference)
        except Rejected as no:
            refused.append(f"{amount} of {capture.tender}: {no.text}")
    if refused:
        settled = await cannot(order.id, because, "; ".join(refused))
        await _ended(order.id, refund.id)
        await publish(issued)
        return settled
    await use(Bills).paid(order.id, refund.id, tuple(made))
    await publish(issued)
    await told(order, refund.id)
    return Repaid(refund.id, refund.paid_out())
