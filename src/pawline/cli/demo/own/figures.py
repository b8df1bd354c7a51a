"""What the vendors' own books say about such a day: Shopify's, Klaviyo's, Recharge's, EasyPost's, Zendesk's, the ERP's.

Nothing here asks the hub what it believes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pawline.cli.demo.adopted.figures import Figures
from pawline.cli.demo.adopted.world import LOT, REX
from pawline.cli.demo.own.world import BIRTHDAY
from pawline.model import household_by_email

if TYPE_CHECKING:
    from pawline.cli.demo.own.world import OwnWorld
    from pawline.model import OrderId

NOTES: Final = {
    "lost": "nothing of it left", "doubled": "labels of one return, bought twice",
    "sent though called off": "Shopify's own list forbids it",
}  # fmt: skip
"""What is said of a line of the summary that is something else here."""
AGAIN: Final = frozenset({"Shopify.orderCapture", "Shopify.transactionVoid"})
"""What nobody has to ask for of orders that the shop was paid for."""


def reckon(world: OwnWorld, answered: Mapping[str, str], seconds: float) -> Figures:
    """Every order of the shop against what the vendors did for it."""
    effects = [one for one in world.vendors.effects() if not one.again]
    mails = Counter(one.business for one in effects if one.operation == "Klaviyo.mailed")
    off, placed = world.called_off(), world.placed
    due = [one for one in placed if one not in off]
    warned = {about.partition("/")[0] for about in mails if about.endswith("/recall_notice")}
    has_lot = [one for one in placed if world.lots.get(one) == LOT]
    ended = world.desk.recharge.books.subscriptions[world.rex].status == "cancelled"
    desk = world.desk
    others = (len(desk.recharge.teller.lost), len(desk.easypost.teller.lost), len(desk.zendesk.teller.lost))
    return Figures(
        orders=len(placed), cancelled=len(off), lost=[one for one in due if not world.order(one).fulfilments],
        doubled=[one for one in placed if len(world.labels(one)) > 1],
        not_booked=[one for one in due if not world.erp.has(one)],
        sent_anyway=[one for one in placed if one in off and world.order(one).fulfilments],
        mailed_twice=[about for about, times in mails.items() if times > 1 and not about.endswith(f"/{BIRTHDAY}")],
        warned=len(warned), not_warned=[one for one in has_lot if whose(world, one) not in warned],
        returned=len(world.returned), money_wrong=[one for one in placed if not _right(world, one, off)],
        about_the_dead=sum(times for about, times in mails.items() if about.endswith(f"/{BIRTHDAY}")) + (not ended),
        cards=sum(one.operation == "Zendesk.open" and f"{REX} died: write a card" in one.business for one in effects),
        authorised=sum(one.operation in AGAIN for one in effects),
        given_up=desk.shopify.teller.missed + sum(others), answered=dict(answered),
        kills=world.progress.kills, seconds=round(seconds, 1),
    )  # fmt: skip


def whose(world: OwnWorld, order: OrderId) -> str:
    """The household that bought it."""
    return household_by_email(world.order(order).email or "")


def _right(world: OwnWorld, name: OrderId, off: frozenset[OrderId]) -> bool:
    """By the money that moved: all of it went back, or just what came back, once; and the bill says so, too.

    Worked out from the order, and not by what pays back: else a wrong credit would be believed by both sides.
    """
    one = world.order(name)
    kept, line = one.received() - one.paid_back(), one.lines[0]
    came = world.returned.count(name)
    due = one.none() if name in off else one.total() - line.price * (came * line.quantity)
    return kept == due == one.current() and (name in off or line.gone == came * line.quantity)
