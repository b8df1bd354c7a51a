"""The books did not take an order: a person mends the cause, once for all orders that share it."""

from __future__ import annotations

from pawline.model import BookingRefused, CauseId, OrderCancelled, OrderId, Skipped
from pawline.ports import Code, Erp, Orders, Rejected, Shop
from pawline.runtime import Account, Question, Undo, accounts, ask, flow, undoing, use

AGAIN, LEFT = "book it again", "leave it"


class CalledOff(Exception):
    """The order was, meanwhile: what was done for it since is undone on the way out."""


@flow(on=BookingRefused, cancel_on=OrderCancelled, version=4)
async def settle_booking(refused: BookingRefused) -> str | Skipped:
    """An order that the books refused is booked again once a person says that its cause is mended.

    Not one that was called off meanwhile: the books would keep it for good. Once it is booked again, `adopt_order`
    takes it out: it handed the order over, and sees to it until the parcel has left.
    """
    books = accounts(Erp)
    if not books or not accounts(Shop):
        return Skipped("no account knows the order, or none plays the books")
    try:
        async with undoing() as undo:
            return await by_hand(refused.order, books[0], refused.cause, None, undo)
    except CalledOff:
        return Skipped("it was called off")


async def by_hand(order: OrderId, books: Account, cause: CauseId, says: str | None, undo: Undo) -> str:
    """Asks until the books take the order, or a person leaves it. Raises CalledOff, also for what is booked by then."""
    while True:
        question = Question(
            f"the books do not take order {order}: {cause}", evidence=says, choices=(AGAIN, LEFT), suggested=AGAIN,
            cause=cause,
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
