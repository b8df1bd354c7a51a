"""What a Segment account needs to be told."""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from pawline.kit import Secret, check_guessable
from pawline.ports import OrderOccurrence


class Region(enum.StrEnum):
    """Where the workspace takes events in."""

    US = "us"
    EU = "eu"


HOSTS: Final = {Region.US: "https://api.segment.io", Region.EU: "https://events.eu1.segmentapis.com"}
"""https://segment.com/docs/guides/regional-segment . Sent to the other one, events are answered 200 and are nowhere."""
NOT_UNASKED: Final = frozenset({OrderOccurrence.PLACED, OrderOccurrence.RENEWED})
"""What is counted by others, too: the shop's own source, its subscription app's."""
USUAL: Final = tuple(one for one in OrderOccurrence if one not in NOT_UNASKED)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source of one workspace.

    `write_key` is the source's, `region` the workspace's: there is no default, for a wrong one drops all in silence.
    `people_secret` makes a household's pseudonym, and an event's id. `events` are what happens to orders that is told.
    `webhook_secrets` are the shared secrets of Webhooks destinations, two while one is changed. `url` is for another
    address than the region's.

    Raises ValueError for a `people_secret` that anybody might guess.
    """

    write_key: Secret
    region: Region
    people_secret: Secret
    events: tuple[OrderOccurrence, ...] = USUAL
    webhook_secrets: tuple[Secret, ...] = ()
    url: str = ""

    def __post_init__(self) -> None:
        check_guessable("people_secret", self.people_secret)

    @property
    def host(self) -> str:
        """Where events are sent."""
        return self.url or HOSTS[self.region]
