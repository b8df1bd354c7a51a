"""What a Klaviyo account needs to be told."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from pawline.kit import Secret

REVISION: Final = "2026-07-15"
"""The revision that every request here was checked against: https://developers.klaviyo.com/en/docs/api_versioning_and_deprecation_policy."""
UNTIL: Final = date(2028, 7, 15)
"""A revision is stable for a year and deprecated for another: the same page."""
LONGEST: Final = 127
"""Characters of a metric's name."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account, by its private key.

    `account` is its public key (six characters): a key of another account is refused then. `metrics` names the metric
    by which a message is asked for, `Pawline NAME` unless said. `flows` names the flow at Klaviyo that sends a message
    by itself: the register is compared with it. `webhook_secrets` are those that are live, two while one is changed;
    none, and nobody is believed. `poll` is seconds between two looks for who agreed and who said no; 0: none. `url` is
    for tests only.

    Raises ValueError for the name of a metric that is too long.
    """

    key: Secret
    account: str | None = None
    metrics: dict[str, str] = {}
    flows: dict[str, str] = {}
    webhook_secrets: tuple[Secret, ...] = ()
    poll: float = 300.0
    url: str = "https://a.klaviyo.com"

    def __post_init__(self) -> None:
        for message, metric in self.metrics.items():
            if not 0 < len(metric) <= LONGEST:
                raise ValueError(f"the metric of {message} has a name of 1 to {LONGEST} characters")

    def metric(self, message: str) -> str:
        """The metric by which a message is asked for."""
        return self.metrics.get(message) or f"Pawline {message}"
