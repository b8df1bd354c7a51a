"""A return that arrived is paid back: once, whoever is faster."""

from __future__ import annotations

from pawline.flows.repaying import kept, repay
from pawline.model import Order, RefundId, Repaid, ReturnReceived, Skipped, credits_of
from pawline.ports import Shop
from pawline.runtime import Question, ask, flow, use

OURS = "return-"
SAME, ANOTHER = "it is the same", "it is another one"


@flow(on=ReturnReceived, version=3)
async def refund_return(received: ReturnReceived) -> Repaid | Skipped:
    """What came back leaves the bill and is paid back by the order's own tenders, once."""
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
            if await ask(_question(received, current)) != ANOTHER:
                return None
            current = await use(Shop, shop).order(current.id)  # an answer may take days
        return current

    lines = [(one.line, one.quantity) for one in received.lines]
    name = RefundId(f"{OURS}{received.id}")
    return await repay(shop, order, name, f"return {received.id}", lambda now: credits_of(now, lines), ours)


def _question(received: ReturnReceived, order: Order) -> Question[str]:
    return Question(
        f"return {received.id} of order {order.id}: something was paid back by hand before",
        evidence=f"refunds {', '.join(one.id for one in order.refunds)}", choices=(SAME, ANOTHER), suggested=SAME,
        cause="returns that were paid back by hand before they came",
    )  # fmt: skip


def by_hand(order: Order) -> list[RefundId]:
    """What somebody else paid back: of an amount without lines, too, only a person knows if it was for this."""
    return [refund.id for refund in order.refunds if not refund.id.startswith(OURS)]
