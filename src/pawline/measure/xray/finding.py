"""What a judgement says: a disagreement with its rows, that there is none, or that nobody can tell yet."""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from pawline.measure.xray.spans import DAY, HOUR, Span
from pawline.model import Money

CLOCKS: Final = 300
"""Seconds by which two systems' clocks may differ."""


class Not(enum.Enum):
    """Why a kind says nothing about something."""

    ASKED = "asked"
    """It is not about this."""
    OLD_ENOUGH = "young"
    """What lacks may still be on its way."""
    CERTAIN = "unsure"
    """The files do not say enough: there may be an honest reason."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One disagreement. `about` is an order's number, a payout or a SKU; `rows` is where it can be looked up."""

    kind: str
    about: str
    at: int | None
    what: str
    amount: int | None = None
    """Minor units of `currency` that are in question, never below zero."""
    currency: str = ""
    rows: tuple[str, ...] = ()
    group: str = ""


class Judged(msgspec.Struct, frozen=True):
    """It was looked at. `group` is what is expected to be alike: a channel, a currency."""

    finding: Finding | None = None
    group: str = ""


Verdict = Judged | Not


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What is judged: which days, which sources are there and when they tell of, and from when on something is late."""

    since: int
    until: int
    spans: dict[str, Span]
    late_erp: int = 24 * HOUR
    late_label: int = 72 * HOUR
    refunding: int = DAY
    """Until a refund that the shop knows is at the processor, or the other way round."""

    def has(self, *sources: str) -> bool:
        """Whether these were given."""
        return all(one in self.spans for one in sources)

    def begins(self, source: str) -> int | None:
        """From when on it tells of everything."""
        return self.spans[source].since

    def ends(self, source: str) -> int | None:
        """Until when it does."""
        return self.spans[source].until

    def torn(self, source: str, begin: int, end: int) -> bool:
        """Whether a file of some of that time is lacking, between two that are there."""
        return self.spans[source].torn(begin, end)

    def known_until(self, row: str) -> int | None:
        """Until when what the shop's file with this row says of its orders holds."""
        span = self.spans["orders"]
        return span.files.get(row.rpartition(":")[0], span.until)


def said(minor: int, currency: str) -> str:
    """An amount for people, with the decimals of its currency."""
    return str(Money(minor, currency))
