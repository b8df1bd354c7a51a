"""The books did not take an order: a person mends the cause, once for all orders that share it."""

from __future__ import annotations

from pawline.model import BookingRefused, CauseId, OrderCancelled, Skipped
from pawline.ports import Code, Erp, Orders, Rejected, Shop
from pawline.runtime import Question, accounts, ask, flow, use

AGAIN, LEFT = "book it again", "leave it"


@flow(on=BookingRefused, cancel_on=OrderCancelled, version=3)
async def settle_booking(refused: BookingRefused) -> str | Skipped:
    """An order that the books refused is booked again once a person says that its cause is mended.

    Not one that was called off meanwhile: the books would keep it for good.
    """
    books, shops = accounts(Erp), accounts(Shop)
    if not books or not shops:
        return Skipped("no account knows the order, or none plays the books")
    cause, says = refused.cause, refused.says
    which = next((one for one in books if one == refused.books), books[0])
    while True:
        question = Question(
            f"the books do not take order {refused.order}: {cause}", evidence=says, choices=(AGAIN, LEFT),
            suggested=AGAIN, cause=cause,
        )  # fmt: skip
        if await ask(question) == LEFT:
            return LEFT
        try:
            order = await use(Shop, shops[0]).order(refused.order)
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                raise
            return "the shop does not know it any more"
        if await use(Orders).called_off(refused.order):
            return Skipped("it was called off")
        try:
            await use(Erp, which).book(order)
        except Rejected as no:
            cause, says = refusal(no), no.text
        else:
            return AGAIN


def refusal(no: Rejected) -> CauseId:
    """The cause of a refusal on the spot, without words of theirs: it stands in a title, and may name nobody."""
    return CauseId(f"refused at once ({no.code.value})")
