"""What a GA4 account needs to be told."""

from __future__ import annotations

import enum
import re
from typing import Final

import msgspec

from pawline.kit import Secret, check_guessable
from pawline.ports import OrderOccurrence


class Region(enum.StrEnum):
    """Where events are taken in."""

    WORLD = "world"
    EU = "eu"


class Transaction(enum.StrEnum):
    """What the shop's own page tag calls an order (`transaction_id`): only under the same name are they one to GA4."""

    ID = "id"
    NUMBER = "number"


HOSTS: Final = {Region.WORLD: "https://www.google-analytics.com", Region.EU: "https://region1.google-analytics.com"}
"""https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference#transport"""
NOT_UNASKED: Final = frozenset({OrderOccurrence.PLACED, OrderOccurrence.RENEWED})
"""What the shop's page tag, or its subscription app, tells by itself: counted twice is worse than not at all."""
USUAL: Final = tuple(one for one in OrderOccurrence if one not in NOT_UNASKED)
_MEASUREMENT: Final = re.compile(r"G-[A-Z0-9]{4,20}")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One web stream of one property.

    `measurement_id` and `api_secret` are the stream's, `region` where it is told. `people_secret` makes the number that
    stands for a household. `events` are what happens to orders that is told. `transaction` is which name of an order is
    its `transaction_id`. `url` is for another address than the region's.

    Raises ValueError for what is no measurement id, and for a `people_secret` that anybody might guess.
    """

    measurement_id: str
    api_secret: Secret
    people_secret: Secret
    region: Region = Region.WORLD
    events: tuple[OrderOccurrence, ...] = USUAL
    transaction: Transaction = Transaction.ID
    url: str = ""

    def __post_init__(self) -> None:
        if not _MEASUREMENT.fullmatch(self.measurement_id):
            raise ValueError("`measurement_id` is G- and letters and digits (Admin, Data streams): no stream's number")
        check_guessable("people_secret", self.people_secret)

    @property
    def host(self) -> str:
        """Where events are sent."""
        return self.url or HOSTS[self.region]
