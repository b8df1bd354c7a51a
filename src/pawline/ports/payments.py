"""Payments: whoever holds the shopper's money. For an adopted order that is usually the shop itself."""

from __future__ import annotations

import enum
from typing import Protocol

import msgspec

from pawline.model import Aware, Money, OrderId, Tender, TenderId
from pawline.ports.read import read
from pawline.ports.receipt import Receipt


class AuthorisationState(enum.StrEnum):
    """What the provider says of the money. A refusal is no state but Rejected(declined)."""

    AUTHORISED = "authorised"
    NEEDS_SHOPPER = "needs_shopper"
    """The shopper has to confirm at `Authorisation.confirm_at`; the ledger shows it done, `payment.declined` a no."""
    PENDING = "pending"
    """The provider itself does not know yet, as with bank transfers; the ledger shows it done."""


class Authorisation(msgspec.Struct, frozen=True, kw_only=True):
    """Money set aside for one tender of one order, until `expires_at`. `reference` is the provider's id of it.

    Whoever has all of `confirm_at` may confirm the payment: it is for the shopper, and shown without its query.
    """

    order: OrderId
    tender: TenderId
    amount: Money
    state: AuthorisationState
    reference: str
    expires_at: Aware | None = None
    confirm_at: str | None = None

    def __repr__(self) -> str:
        where, query, _ = (self.confirm_at or "").partition("?")
        shown = msgspec.structs.replace(self, confirm_at=f"{where}?…") if query else self
        return super(Authorisation, shown).__repr__()


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """Money taken. A tender may be captured in parts; `reference` is what a refund needs."""

    order: OrderId
    tender: TenderId
    amount: Money
    reference: str


class Refunded(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way back. `settled` False says that the provider has only accepted it yet."""

    order: OrderId
    tender: TenderId
    amount: Money
    reference: str
    settled: bool = True


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """All that the provider did for one order: what our own account of it is checked against."""

    authorisations: tuple[Authorisation, ...] = ()
    captures: tuple[Capture, ...] = ()
    refunds: tuple[Refunded, ...] = ()


class Payments(Protocol):
    """Money is set aside, then taken, and can go back. All amounts are positive."""

    async def authorize(self, order: OrderId, tender: Tender) -> Authorisation:
        """Set the tender's amount aside. Rejected(declined, insufficient_funds, expired) if it cannot be."""
        ...

    async def capture(self, authorisation: Authorisation, amount: Money) -> Capture:
        """Take `amount` of what was set aside. Rejected(expired, invalid) if it is gone or not enough."""
        ...

    async def void(self, authorisation: Authorisation) -> Receipt:
        """Let go of what was set aside and not taken. Doing it twice is fine. Rejected(too_late) once it was taken."""
        ...

    async def refund(self, capture: Capture, amount: Money, because: str) -> Refunded:
        """Give `amount` of what was taken back. Rejected(invalid) if that is more than is left of it."""
        ...

    @read
    async def ledger(self, order: OrderId) -> Ledger:
        """What the provider did for the order; empty if it does not know the order."""
        ...
