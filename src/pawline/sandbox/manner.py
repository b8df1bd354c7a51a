"""How one vendor behaves towards whoever calls it over HTTP, until it is told otherwise."""

from __future__ import annotations

import enum
from collections import Counter

import msgspec


class Says(enum.StrEnum):
    """What a vendor says instead of its answer; what was asked for happens all the same."""

    PAGE = "page"
    """200 with a page in HTML, as a proxy in between gives."""
    TRUNCATED = "truncated"
    """200 with JSON that ends in the middle."""
    HUGE = "huge"
    """200 with ten megabytes."""
    DRIFTED = "drifted"
    """200 with JSON of another shape than promised."""
    REDIRECT = "redirect"
    """302 to somewhere else."""
    ERROR = "error"
    """500, though it happened."""


class Manner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`latency` is seconds before each answer; `down` breaks every connection before it is heard.

    `latencies` are seconds before one answer each, in turn and over again, besides `latency`.
    `limited` answers 429 with so many seconds to wait; `says` stands in for the answer; `stranger` refuses the token.
    """

    latency: float = 0.0
    latencies: tuple[float, ...] = ()
    down: bool = False
    limited: float | None = None
    says: Says | None = None
    stranger: bool = False


class Turns:
    """Whose turn it is of each vendor's `latencies`: they go on from one manner to the next."""

    def __init__(self) -> None:
        self._calls = Counter[str]()

    def seconds(self, vendor: str, manner: Manner) -> float:
        """That the next answer of this vendor takes."""
        turn, every = self._calls[vendor], manner.latencies
        self._calls[vendor] += 1
        return manner.latency + (every[turn % len(every)] if every else 0.0)
