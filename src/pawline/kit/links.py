"""Links by which a person answers a case from a letter: made by the hub, which alone can read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from pawline.model import Aware, CardId


class CaseLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a link is for: one case, by number and mark, one person, and nothing else.

    `asked` is when the case was asked where the link is of: from then on it is good for a while. `who` is how the board
    names them, `zone` the one that they are shown times in.
    """

    case: int
    mark: str
    asked: Aware
    who: str
    zone: str = "UTC"

    @property
    def card(self) -> CardId:
        """What the letters of one case, asked once, are called together."""
        return card_of(self.mark, self.asked)


class Links(Protocol):
    """The links of one account. Whoever has one may answer its case: it goes to its person, and into no log."""

    def to(self, link: CaseLink, choice: int | None = None) -> str:
        """The address of a page that answers the case once a button there is pressed; reading it does nothing.

        `choice`, counted from 1, is the one that the page offers first.
        """
        ...


def card_of(mark: str, asked: datetime) -> CardId:
    """What the letters of a case are called, that was asked at this moment: asked again, it is another card."""
    return CardId(f"{mark}/{asked.timestamp():.6f}")


def read_at(moment: datetime, zone: str) -> str:
    """A moment as people of that zone read it, with how far it is from UTC: in autumn an hour comes twice.

    One that no calendar has there any more is told in UTC.
    """
    try:
        local = moment.astimezone(ZoneInfo(zone))
    except OverflowError:
        local, zone = moment.astimezone(UTC), "UTC"
    return f"{local.isoformat(' ', 'minutes')} ({zone})"
