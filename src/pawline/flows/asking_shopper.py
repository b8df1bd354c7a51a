"""A bank that asks its shopper before it sets money aside: the order waits, and is refused where they never confirm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pawline.model import OrderId, PaymentDeclined
from pawline.ports import Authorisation, AuthorisationState, Code, Inventory, Ledger, Payments, Rejected, Reservation
from pawline.runtime import now, reached, use, wait_for

PATIENCE = timedelta(minutes=15)
"""How long a shopper may take."""
SETTLING = timedelta(days=3)
"""How long a provider may that does not know itself: a transfer between banks, over a weekend."""
SOON, RARELY, SELDOM = timedelta(seconds=5), timedelta(minutes=1), timedelta(hours=1)
"""Between two looks: at first, for a shopper, for a provider. Many who wait would take an account's whole rate."""


SHORTLY = timedelta(minutes=10)
"""Before the goods would be let go of."""


class Goods:
    """Set aside for a while: kept for longer while somebody else is waited for, as far as whoever decides lets us."""

    def __init__(self, stock: Reservation) -> None:
        self.stock, self.ends, self._lost = stock, stock.until, False

    @property
    def lapsed(self) -> bool:
        """Whether they may be another's by now."""
        return self._lost or (self.ends is not None and now() >= self.ends - SHORTLY)

    def woken(self, at: datetime) -> datetime:
        """That moment, or when to ask for more time, if that is sooner."""
        return at if self.ends is None else min(at, max(now(), self.ends - SHORTLY))

    async def keep(self) -> None:
        """For longer, where they would be let go of soon."""
        if self.ends is None or not self.lapsed:
            return
        try:
            self.stock = await use(Inventory).reserve(self.stock.order, self.stock.items)
            self.ends = self.stock.until
            self._lost = self.ends is not None and now() >= self.ends - SHORTLY  # for no longer, then
        except Rejected:
            self._lost = True
        if self._lost:
            self.ends = None


async def set_aside(order: OrderId, authorised: Sequence[Authorisation], goods: Goods) -> None:
    """Returns once all of it is set aside, or taken. Who waits at the checkout is told what for.

    The goods are kept meanwhile, as long as they may be.

    The milestone is `needs_shopper`, with where to send them, and `payment_pending` where nobody can do anything.
    Raises Rejected(declined) where their bank says no, and Rejected(expired) where nothing comes of it in time; what is
    set aside is the caller's to undo.
    """
    waiting = {one.reference for one in authorised if one.state is not AuthorisationState.AUTHORISED}
    if not waiting:
        return
    asked = [one for one in authorised if one.state is AuthorisationState.NEEDS_SHOPPER]
    if asks := [one.confirm_at for one in asked if one.confirm_at]:
        await reached("needs_shopper", asks)
    elif not asked:
        await reached("payment_pending")
    shoppers = {one.reference for one in asked}
    since, wait = now(), SOON
    while waiting:
        until = since + (PATIENCE if waiting & shoppers else SETTLING)
        if now() >= until:
            who = "the shopper did not confirm the payment" if waiting & shoppers else "the payment did not come"
            raise Rejected(who, Code.EXPIRED)
        declined = await wait_for(PaymentDeclined, key=order, until=goods.woken(min(now() + wait, until)))
        await goods.keep()
        ledger = await use(Payments).ledger(order)
        waiting -= _certain(ledger)
        wait = min(2 * wait, RARELY if waiting & shoppers else SELDOM)
        if declined is not None and _is_final(declined, authorised, waiting, ledger):
            raise Rejected(declined.because, Code.DECLINED)


def _certain(ledger: Ledger) -> set[str]:
    """What is set aside, or was taken by whomever: a person may have done so where the provider shows it."""
    held = {one.reference for one in ledger.authorisations if one.state is AuthorisationState.AUTHORISED}
    return held | {one.reference for one in ledger.captures}


def _is_final(
    declined: PaymentDeclined, authorised: Sequence[Authorisation], waiting: set[str], ledger: Ledger
) -> bool:  # fmt: skip
    """Whether what it was told of is a tender that waits, and that the provider does not go on with."""
    tried = {one.reference for one in authorised if one.tender == declined.tender} & waiting
    return bool(tried - {one.reference for one in ledger.authorisations})
