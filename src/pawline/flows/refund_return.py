"""A return that arrived is paid back: once, whoever is faster."""

from __future__ import annotations

from pawline.flows.repaying import kept, repay
from pawline.flows.repaying_own import of_money_taken, own_bill, repay_own
from pawline.model import (
    Order,
    RefundId,
    Repaid,
    ReturnReceived,
    Skipped,
    credits_of,
)
from pawline.ports import Refunded, Shop
from pawline.runtime import Question, ask, flow, use

OURS = "return-"
SAME, ANOTHER = "it is the same", "it is another one"


@flow(on=ReturnReceived, version=5)
async def refund_return(received: ReturnReceived) -> Repaid | Skipped:
    """What came back leaves the bill and is paid back by the order's own tenders, once."""
    if await own_bill(received.order) is not None:
        return await _of_our_own(received)
    found = await kept(received.order)
    if found is None:
        await ask(
            Question(
                f"return {received.id} came back for order {received.order}, which no shop of ours keeps",
                choices=("settled",), cause="returns of orders that no shop keeps",
            )
        )  # fmt: skip
        return Skipped("a person settled it")
    shop, order = found
    asked: set[RefundId] = set()

    async def ours(current: Order) -> Order | None:
        """The order, if it is still ours to pay back: a person says so of each refund by hand that is there by now."""
        while fresh := [one for one in by_hand(current) if one not in asked]:
            asked.update(fresh)
            if await ask(_question(received, [one.id for one in current.refunds])) != ANOTHER:
                return None
            current = await use(Shop, shop).order(current.id)  # an answer may take days
        return current

    lines = [(one.line, one.quantity) for one in received.lines]
    return await repay(shop, order, _name(received), f"return {received.id}", lambda now: credits_of(now, lines), ours)


async def _of_our_own(received: ReturnReceived) -> Repaid | Skipped:
    lines = [(one.line, one.quantity) for one in received.lines]

    came_back = of_money_taken(lambda order: credits_of(order, lines))

    async def another(made: tuple[Refunded, ...]) -> bool:
        return await ask(_question(received, [one.reference for one in made])) == ANOTHER

    return await repay_own(received.order, _name(received), f"return {received.id}", came_back, another)


def _name(received: ReturnReceived) -> RefundId:
    return RefundId(f"{OURS}{received.id}")


def _question(received: ReturnReceived, refunds: list[str]) -> Question[str]:
    return Question(
        f"return {received.id} of order {received.order}: something was paid back by hand before",
        evidence=f"refunds {', '.join(refunds)}", choices=(SAME, ANOTHER), suggested=SAME,
        cause="returns that were paid back by hand before they came",
    )  # fmt: skip


def by_hand(order: Order) -> list[RefundId]:
    """What somebody else paid back: of an amount without lines, too, only a person knows if it was for this."""
    return [refund.id for refund in order.refunds if not refund.id.startswith(OURS)]
