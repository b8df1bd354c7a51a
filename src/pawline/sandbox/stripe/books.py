"""What Stripe keeps of one account: payments, their charges, refunds, disputes, payouts, events, and who is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from pawline.model import Money

HOLD: Final = 7 * 86_400.0
"""Seconds for which an authorisation stands."""
ANSWER: Final = 14 * 86_400.0
"""Seconds for which a dispute may be answered."""
KEPT: Final = 30 * 86_400.0
"""Seconds for which events are to be had."""
FEE: Final = (29, 1_000, 30)
"""Of a charge: so many thousandths, and a fixed part."""


@dataclass
class Method:
    """A payment method, which behaves as one of Stripe's for tests; without a customer it can be used once."""

    id: str
    kind: str
    spent: bool = False


@dataclass
class Charge:
    """One try at a payment."""

    id: str
    made: float
    intent: str
    amount: int
    paid: bool
    code: str | None = None
    decline: str | None = None
    taken: int = 0
    captured: bool = False
    back: int = 0
    let_go: bool = False
    disputed: bool = False


@dataclass
class Intent:
    """A payment."""

    id: str
    made: float
    amount: int
    currency: str
    capture: str
    types: list[str]
    metadata: dict[str, str]
    given: dict[str, Any]
    status: str = "requires_payment_method"
    method: str | None = None
    received: int = 0
    charges: list[str] = field(default_factory=list)
    canceled: float | None = None
    cancelled_because: str | None = None
    problem: dict[str, Any] | None = None
    return_url: str | None = None


@dataclass
class Refund:
    """Money on its way back."""

    id: str
    made: float
    intent: str
    charge: str
    amount: int
    currency: str
    metadata: dict[str, str]
    status: str = "succeeded"
    reason: str | None = None
    failure: str | None = None


@dataclass
class Dispute:
    """A bank that takes money back, or asks."""

    id: str
    made: float
    intent: str
    charge: str
    amount: int
    currency: str
    reason: str
    status: str
    due: float
    case: str = "chargeback"


@dataclass
class Transaction:
    """A change of the balance."""

    id: str
    made: float
    amount: int
    fee: int
    currency: str
    category: str
    source: str
    payout: str | None = None


@dataclass
class Payout:
    """Money on its way to the shop's bank."""

    id: str
    made: float
    amount: int
    currency: str
    automatic: bool
    arrives: float
    status: str = "in_transit"
    failure: str | None = None
    reconciled: str = "in_progress"


@dataclass
class Endpoint:
    """Who is told."""

    id: str
    made: float
    url: str
    secret: str
    events: list[str]
    version: str | None
    metadata: dict[str, str]
    description: str | None = None
    on: bool = True


@dataclass
class Event:
    """What happened, and of what, as it was then."""

    id: str
    made: float
    type: str
    object: dict[str, Any]


class Books:
    """The account. `did` writes into the sandbox's ledger, `tell` tells who listens."""

    def __init__(self, now: Callable[[], float], did: Callable[..., object]) -> None:
        self.now, self.did = now, did
        self.methods: dict[str, Method] = {}
        self.intents: dict[str, Intent] = {}
        self.charges: dict[str, Charge] = {}
        self.refunds: dict[str, Refund] = {}
        self.disputes: dict[str, Dispute] = {}
        self.payouts: dict[str, Payout] = {}
        self.transactions: dict[str, Transaction] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.events: dict[str, Event] = {}
        self.shows: Callable[[object], dict[str, Any]] = lambda _: {}
        self.tell: Callable[[Event], None] = lambda _: None
        self._count = 0

    def id(self, kind: str) -> str:
        """A new one: always the same in the same order, so that a diary can be done again."""
        self._count += 1
        return f"{kind}_{hashlib.md5(f'{kind} {self._count}'.encode(), usedforsecurity=False).hexdigest()[:24]}"

    def happened(self, type: str, what: object) -> None:
        """An event of it, kept and told."""
        one = Event(self.id("evt"), self.now(), type, self.shows(what))
        self.events[one.id] = one
        self.tell(one)

    def kind(self, one: Intent) -> str:
        """How its payment method behaves."""
        return self.methods[one.method].kind if one.method in self.methods else ""

    def money(self, one: Intent | Refund, amount: int | None = None) -> Money:
        """Roughly, for the ledger: Stripe's own count, in its currency."""
        return Money(one.amount if amount is None else amount, one.currency.upper())

    def name(self, one: Intent) -> str:
        """How the ledger calls it: by its order and tender, or by its id where it is none of ours."""
        order, tender = one.metadata.get("pawline_order"), one.metadata.get("pawline_tender")
        return f"{order}/{tender}" if order and tender else one.id

    def changed(self, amount: int, currency: str, category: str, source: str) -> None:
        """A change of the balance; what is taken costs a fee."""
        part, of, fixed = FEE
        fee = amount * part // of + fixed if category == "charge" else 0
        one = Transaction(self.id("txn"), self.now(), amount, fee, currency, category, source)
        self.transactions[one.id] = one

    def do_due(self) -> None:
        """What nobody took in time goes back."""
        for one in list(self.intents.values()):
            if one.status == "requires_capture" and self.now() - self.charges[one.charges[-1]].made > HOLD:
                self.cancel(one, "automatic")

    def cancel(self, one: Intent, because: str | None) -> None:
        """What is set aside is let go of."""
        held = one.status == "requires_capture"
        one.status, one.canceled, one.cancelled_because = "canceled", self.now(), because
        if held:
            self.charges[one.charges[-1]].let_go = True
        self.did("Stripe.cancel", self.name(one))
        self.happened("payment_intent.canceled", one)

    def kept(self) -> list[Event]:
        """Events that are still to be had."""
        return [one for one in self.events.values() if self.now() - one.made <= KEPT]
