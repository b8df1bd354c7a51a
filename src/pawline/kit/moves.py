"""What a processor of money did, transaction by transaction, asked for and never written: for an X-ray."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from pawline.model import Money

S = TypeVar("S", bound=msgspec.Struct)


class Move(NamedTuple):
    """One transaction of the balance.

    `kind` is the processor's own word, one that an X-ray knows (`charge`, `refund`, `refund_failure`, `payout`) or any
    other. `settled` and `net` are of the balance, signed as it changed; `amount` is what its shopper saw, where that is
    known. `order` is what the payment says of its order, or nothing; `payout` is the payout that it is in, and `source`
    what it is about.
    """

    id: str
    kind: str
    source: str
    at: datetime
    settled: Money
    net: Money
    amount: Money | None = None
    order: str = ""
    payout: str = ""


@dataclass(frozen=True)
class Moves(Generic[S]):
    """How an account's transactions are had: by the client, its settings, the moment since when, and whom to tell.

    It only reads. Nobody's data is among what it gives: ids, moments, amounts. Raises PortError.
    """

    since: Callable[[Any, S, datetime, Callable[[str], None]], AsyncIterator[Move]]
