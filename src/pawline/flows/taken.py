"""What was taken of an own order's money, by which account, and what of it went back: as whoever took it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pawline.model import Money, OrderId, Payout, TenderId, total
from pawline.ports import Capture, Code, Payments, Refunded, Rejected
from pawline.runtime import Account, Question, accounts, ask, use

OVER = frozenset({Code.TOO_LATE, Code.EXPIRED, Code.GONE, Code.NOT_FOUND})
"""Refusals to let go that say that there is nothing left to let go of."""


class Taken(NamedTuple):
    """One order's ledgers, of every account that could have taken its money: the shop may have changed its provider."""

    captures: tuple[tuple[Account, Capture], ...]
    refunds: tuple[Refunded, ...]

    def captured(self) -> dict[TenderId, Money]:
        """What was taken of each tender, in however many parts."""
        found: dict[TenderId, Money] = {}
        for _, one in self.captures:
            found[one.tender] = found[one.tender] + one.amount if one.tender in found else one.amount
        return found

    def unknown(self, known: Iterable[str]) -> tuple[Refunded, ...]:
        """What went back and is in no bill: somebody did that by hand."""
        names = tuple(known)
        return tuple(one for one in self.refunds if one.reference not in names and one.amount.minor > 0)

    def parts(self, payouts: Iterable[Payout]) -> Iterator[tuple[Account, Capture, Money]]:
        """By which captures these payouts go back: each tender's in one order, those first that nothing went back of.

        Providers do not say of which capture of a tender a refund was; a wrong guess they refuse.
        """
        for payout in payouts:
            wanted, nothing = payout.amount, Money.zero(payout.amount.currency)
            gone = total((one.amount for one in self.refunds if one.tender == payout.tender), nothing.currency)
            for account, capture in self.captures:
                if capture.tender != payout.tender:
                    continue
                skipped = min(gone, capture.amount)
                part = min(wanted, capture.amount - skipped)
                gone, wanted = gone - skipped, wanted - part
                if part > nothing:
                    yield account, capture, part


async def took(order: OrderId) -> Taken:
    """As the ledgers stand now."""
    captures: list[tuple[Account, Capture]] = []
    refunds: list[Refunded] = []
    for account in accounts(Payments):
        ledger = await use(Payments, account).ledger(order)
        captures += [(account, one) for one in sorted(ledger.captures, key=lambda one: one.reference)]
        refunds += ledger.refunds
    return Taken(tuple(captures), tuple(refunds))


async def let_go(order: OrderId) -> bool:
    """What is set aside and not taken is taken by nobody from here on, whoever is just about to. Whether there was any.

    The provider lets go or takes, never both: what it says is too late was taken, and stands in its ledger.
    """
    found = False
    for account in accounts(Payments):
        payments = use(Payments, account)
        ledger = await payments.ledger(order)
        for one in ledger.authorisations:
            parts = (made.amount for made in ledger.captures if made.tender == one.tender)
            if total(parts, one.amount.currency) >= one.amount:
                continue
            found = True
            try:
                await payments.void(one)
            except Rejected as no:
                if no.code not in OVER:
                    await ask(
                        Question(
                            f"order {order} was called off, and {one.tender} is still set aside", evidence=no.text,
                            choices=("settled",), cause="money of orders that were called off cannot be let go of",
                        )
                    )  # fmt: skip
    return found
