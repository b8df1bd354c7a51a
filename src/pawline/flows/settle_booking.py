"""The books did not take an order: a person mends the cause, once for all orders that share it."""

from __future__ import annotations

from collections.abc import Sequence

from pawline.model import BookingRefused, CauseId, OrderCancelled, OrderId, Skipped
from pawline.ports import Code, Erp, Orders, Rejected, Shop
from pawline.runtime import Account, Question, Undo, accounts, ask, flow, undoing, use

AGAIN, LEFT = "book it again", "leave it"


class CalledOff(Exception):
    """The order was, meanwhile: what was done for it since is undone on the way out."""


@flow(on=BookingRefused, cancel_on=OrderCancelled, version=5)
async def settle_booking(refused: BookingRefused) -> str | Skipped:
    """An order that the books refused is booked again once a person says that its cause is mended.

    Not one that was called off meanwhile: the books would keep it for good. Once it is booked again, `adopt_order`
    takes it out: it handed the order over, and sees to it until the parcel has left.
    """
    every = accounts(Erp)
    if not every or not accounts(Shop):
        return Skipped("no account knows the order, or none plays the books")
    books = await _whose(refused, every)
    if books is None:
        return LEFT
    try:
        async with undoing() as undo:
            return await by_hand(refused.order, books, refused.cause, None, undo)
    except CalledOff:
        return Skipped("it was called off")


async def _whose(refused: BookingRefused, every: Sequence[Account]) -> Account | None:
    """The books that refused it. Of an event that does not say whose, or whose account is gone, a person does."""
    if refused.books is not None and refused.books in every:
        return Account(refused.books)
    if refused.books is None and len(every) == 1:
        return every[0]
    question = Question(
        f"which books do not take order {refused.order}: {refused.cause}", evidence=refused.books,
        choices=(*every, LEFT), cause=f"unknown books: {refused.cause}",
    )  # fmt: skip
    answer = await ask(question)
    return None if answer == LEFT else Account(answer)


async def by_hand(order: OrderId, books: Account, cause: CauseId, says: str | None, undo: Undo) -> str:
    """Asks until the books take the order, or a person leaves it. Raises CalledOff, also for what is booked by then."""
    while True:
        question = Question(
            f"the books do not take order {order}: {cause}", evidence={"books": books, "says": says},
            choices=(AGAIN, LEFT), suggested=AGAIN, cause=cause,
        )  # fmt: skip
        if await ask(question) == LEFT:
            return LEFT
        try:
            mended = await use(Shop).order(order)
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                raise
            return "the shop does not know it any more"
        await _still_wanted(order)
        erp = use(Erp, books)
        try:
            await undo.step(erp.book(mended), back=erp.cancel)
        except Rejected as no:
            cause, says = refusal(no), no.text
            continue
        await _still_wanted(order)  # nobody hears of it while a step is under way
        return AGAIN


async def _still_wanted(order: OrderId) -> None:
    if await use(Orders).called_off(order):
        raise CalledOff(order)


def refusal(no: Rejected) -> CauseId:
    """The cause of a refusal on the spot, without words of theirs: it stands in a title, and may name nobody."""
    return CauseId(f"refused at once ({no.code.value})")
