"""What the vendors' ledgers say about an adopted day: nothing here asks the hub what it believes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.cli.demo.adopted.world import LOT, REX
from pawline.model import SubscriptionId, SubscriptionState
from pawline.sandbox import messages

if TYPE_CHECKING:
    from pawline.cli.demo.adopted.world import World
    from pawline.model import Order
    from pawline.sandbox import Effect

SIGNS: Final = {"Shop.charged": 1, "Shop.paid_back": -1, "Payments.refund": -1}
"""What the processor does, on its way in or out."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The day in numbers; lists name orders. `answered` is what a person decided, by the case's title.

    `lost`: no warehouse was asked; `doubled`: one was asked twice; `not_booked`: the books do not have it;
    `sent_anyway`: it was called off and left; `mailed_twice`: messages that people got more than once; `not_warned`:
    orders with the recalled lot whose household was not told; `money_wrong`: orders of which the processor does not
    have what is owed, or of which what came back was not credited, or not once; `about_the_dead`: messages about a pet,
    and autoships of it, after its death; `cards`: tickets that ask the helpdesk's people for a card, of which there
    should be one; `given_up`: webhooks that never came; `left`: what stands in the inbox at the end of the day.
    """

    orders: int
    cancelled: int
    lost: list[str]
    doubled: list[str]
    not_booked: list[str]
    sent_anyway: list[str]
    mailed_twice: list[str]
    warned: int
    not_warned: list[str]
    returned: int
    money_wrong: list[str]
    about_the_dead: int
    cards: int
    authorised: int
    given_up: int
    answered: dict[str, str]
    kills: int
    seconds: float
    left: list[str] = []

    @property
    def good(self) -> bool:
        """Nothing was lost, doubled or sent to whom it should not be, nobody was charged again or is still asked."""
        bad = (self.lost, self.doubled, self.not_booked, self.sent_anyway, self.mailed_twice, self.not_warned)
        wrong = self.money_wrong or self.about_the_dead or self.authorised or self.left
        return not (any(bad) or wrong) and self.cards == 1


def reckon(world: World, answered: Mapping[str, str], seconds: float) -> Figures:
    """Every order of the shop against what the vendors did for it."""
    effects = [one for one in world.vendors.effects() if not one.again]
    asked = Counter(one.order for one in effects if one.operation == "Fulfilment.request")
    mails, depot, off = messages(effects), world.vendors.depot, world.called_off()
    due = [one for one in world.placed if one not in off]
    has_lot = [one for one in world.placed if depot.sent_with(one, world.recalled, LOT)]
    warned = {about.partition("/")[0] for about in mails if about.endswith("/recall_notice")}
    rex = world.vendors.autoships.subscription(SubscriptionId("a-rex")).state is not SubscriptionState.ENDED
    return Figures(
        orders=len(world.placed), cancelled=len(off), lost=[one for one in due if not asked[one]],
        doubled=[one for one, times in sorted(asked.items()) if times > 1],
        not_booked=[one for one in due if not world.erp.has(one)],
        sent_anyway=[one for one in world.placed if one in off and any(map(depot.has_left, depot.asked_for(one)))],
        mailed_twice=[about for about, senders in mails.items() if len(senders) > 1],
        warned=len(warned), not_warned=[one for one in has_lot if one not in warned],
        returned=len(world.returned), money_wrong=_money_wrong(world, effects),
        about_the_dead=sum(about.startswith(f"{REX}/") for about in mails) + rex,
        cards=sum(one.operation == "Helpdesk.open" and one.business.startswith(f"{REX}/") for one in effects),
        authorised=sum(one.operation == "Payments.authorize" for one in effects),
        given_up=len(world.desk.hooks.lost), answered=dict(answered), kills=world.progress.kills,
        seconds=round(seconds, 1),
    )  # fmt: skip


def _money_wrong(world: World, effects: Sequence[Effect]) -> list[str]:
    """By the processor's own ledger: what it took and paid back, against the bill as the shop has it."""
    kept: Counter[str] = Counter()
    for one in effects:
        kept[one.order] += SIGNS.get(one.operation, 0) * one.amount
    shop, off = world.desk.shop, world.called_off()
    found = []
    for name in world.placed:
        order = shop.order(name)
        right = order.owed().minor == 0 if name in off else _credited_right(order, world.returned.count(name))
        found += [] if right and kept[name] == order.owed().minor else [str(name)]
    return found


def _credited_right(order: Order, came: int) -> bool:
    """So many units of its first line came back: their share of its price, to the nearest minor unit, is off the bill.

    Worked out from the order, and not by what pays back: else a wrong credit would be believed by both sides.
    """
    given, line = [credit for refund in order.refunds for credit in refund.credits], order.lines[0]
    off, due = sum(credit.amount.minor for credit in given), line.total().minor * came
    return sum(credit.quantity for credit in given) == came and abs(off * line.quantity - due) < line.quantity
