"""What Stripe's JSON says, as far as it is read: https://docs.stripe.com/api ."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from pawline.connectors.stripe import amounts
from pawline.model import Money

T = TypeVar("T")


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list, newest first."""

    data: tuple[T, ...]
    has_more: bool = False


class Named(msgspec.Struct, frozen=True):
    """Anything that has an id."""

    id: str


class ToldCard(msgspec.Struct, frozen=True):
    """Of a card payment: until when what was set aside can be taken."""

    capture_before: int | None = None


class ToldDetails(msgspec.Struct, frozen=True):
    """How it was paid."""

    card: ToldCard | None = None


class ToldCharge(msgspec.Struct, frozen=True):
    """One try at a payment."""

    id: str
    created: int
    payment_method_details: ToldDetails | None = None


class ToldProblem(msgspec.Struct, frozen=True):
    """Why a payment was refused. Its message is for shoppers, and is not read."""

    code: str | None = None
    decline_code: str | None = None


class ToldRedirect(msgspec.Struct, frozen=True):
    """Where a shopper confirms."""

    url: str | None = None


class ToldAction(msgspec.Struct, frozen=True):
    """What a shopper still has to do."""

    type: str
    redirect_to_url: ToldRedirect | None = None


class ToldIntent(msgspec.Struct, frozen=True):
    """One payment, from the first try to the money."""

    id: str
    amount: int
    currency: str
    status: str
    created: int
    livemode: bool
    amount_received: int = 0
    metadata: dict[str, str] | None = None
    latest_charge: ToldCharge | str | None = None
    next_action: ToldAction | None = None
    last_payment_error: ToldProblem | None = None
    cancellation_reason: str | None = None

    def said(self, name: str) -> str | None:
        """What its metadata has by this name."""
        return (self.metadata or {}).get(name)


class ToldInGroup(msgspec.Struct, frozen=True):
    """A charge with its whole payment: of one that was made without an intent there is none."""

    id: str
    created: int
    payment_intent: ToldIntent | str | None = None
    payment_method_details: ToldDetails | None = None


class ToldRefund(msgspec.Struct, frozen=True):
    """Money on its way back."""

    id: str
    amount: int
    currency: str
    created: int
    status: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] | None = None
    payment_intent: ToldIntent | str | None = None


class ToldEvidence(msgspec.Struct, frozen=True):
    """Until when a dispute can be answered."""

    due_by: int | None = None


class ToldTransaction(msgspec.Struct, frozen=True):
    """One change of the balance: `net` is `amount` less `fee`."""

    id: str
    amount: int
    fee: int
    net: int
    currency: str
    reporting_category: str = ""


class ToldCaseCard(msgspec.Struct, frozen=True):
    """Of a dispute about a card: `block` where it was kept off, `resolution` where a rule paid it back."""

    case_type: str | None = None


class ToldCase(msgspec.Struct, frozen=True):
    """What kind of dispute it is."""

    card: ToldCaseCard | None = None


class ToldDispute(msgspec.Struct, frozen=True):
    """A bank that takes money back, or asks."""

    id: str
    amount: int
    currency: str
    created: int
    status: str
    reason: str = ""
    evidence_details: ToldEvidence | None = None
    payment_method_details: ToldCase | None = None
    balance_transactions: tuple[ToldTransaction, ...] = ()
    payment_intent: ToldIntent | str | None = None


class ToldPayout(msgspec.Struct, frozen=True):
    """Money on its way to the shop's bank."""

    id: str
    amount: int
    currency: str
    created: int
    status: str
    automatic: bool = False
    arrival_date: int | None = None
    failure_code: str | None = None
    reconciliation_status: str | None = None


class ToldData(msgspec.Struct, frozen=True):
    """What an event is about, as it was then."""

    object: Named


class ToldEvent(msgspec.Struct, frozen=True):
    """An event: which type, when, and of which object."""

    id: str
    type: str
    created: int
    data: ToldData
    livemode: bool = False


def moment(at: int) -> datetime:
    """Seconds since 1970 as a time. Raises ValueError for what is none."""
    try:
        return datetime.fromtimestamp(at, UTC)
    except (OverflowError, OSError) as problem:
        raise ValueError("a time is none") from problem


def amount(told: ToldIntent | ToldRefund | ToldDispute | ToldPayout, count: int | None = None) -> Money:
    """Its money, or `count` of its currency. Raises ValueError for what is none."""
    try:
        return amounts.money(told.amount if count is None else count, told.currency)
    except OverflowError as problem:
        raise ValueError("an amount is none") from problem


def flat(told: Mapping[str, object], within: str = "") -> dict[str, str]:
    """As Stripe's forms have it: `metadata[a]`, `expand[0]`."""
    found: dict[str, str] = {}
    for key, value in told.items():
        name = f"{within}[{key}]" if within else key
        if isinstance(value, Mapping):
            found |= flat(value, name)
        elif isinstance(value, (list, tuple)):
            found |= flat({str(n): one for n, one in enumerate(value)}, name)
        else:
            found[name] = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return found
