"""Responses in a list: from a moment on, the oldest first, so that no page is shifted by what changes meanwhile.

Formbricks pages by `limit` and `skip`, and by a moment. What is answered while the list is read moves to its end, and
whoever skips would miss as many others as moved: so it is gone on from the moment of the last one, which comes again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from pawline.connectors.formbricks.told import Data, iso
from pawline.kit import Http, aware
from pawline.model import Aware
from pawline.ports import Malformed

MANY: Final = 100
"""Responses of a page; 250 are allowed, and each may be some tens of kilobytes."""


class Spot(msgspec.Struct, frozen=True):
    """A place in the list: behind the first `skip` that are not before `at`."""

    at: Aware
    skip: int = 0

    @classmethod
    def read(cls, text: str) -> Spot:
        """As `said` writes it. Raises ValueError for anything else."""
        at, _, skip = text.partition("&skip=")
        made = cls(aware(datetime.fromisoformat(at)), int(skip))
        if made.skip < 0 or made.said != text:
            raise ValueError("it is no place in a list")
        return made

    @property
    def said(self) -> str:
        """As a cursor."""
        return f"{iso(self.at)}&skip={self.skip}"

    def onward(self, times: Sequence[datetime], count: int) -> Spot:
        """Behind so many, of which these say when they were. Raises Malformed where the list would never end."""
        begin = self.at.replace(microsecond=self.at.microsecond // 1_000 * 1_000)  # as it was asked for
        if times and times[0] < begin:
            raise Malformed("a page begins before the place from which it was asked for: the list would never end")
        return Spot(times[-1]) if times and times[-1] > self.at else Spot(self.at, self.skip + count)


class _Times(msgspec.Struct, frozen=True, rename="camel"):
    created_at: datetime
    updated_at: datetime | None = None


async def page_of(
    http: Http,
    by: Literal["createdAt", "updatedAt"],
    spot: Spot,
    many: int,
    whose: Mapping[str, str] | None = None,
) -> tuple[tuple[msgspec.Raw, ...], Spot | None]:
    """Responses from there on, as they came, and where to go on."""
    query = {
        "filterDateField": by, "sortBy": by, "order": "asc", "limit": str(many), **(whose or {}),
        "startDate": iso(spot.at), "skip": str(spot.skip),
    }  # fmt: skip
    rows = (await http.get("v2", "management", "responses", query=query, into=Data[tuple[msgspec.Raw, ...]])).data
    if len(rows) < many:
        return rows, None
    times = [at for row in rows if (at := _time(row, by)) is not None]
    return rows, spot.onward(times, len(rows))


def _time(row: msgspec.Raw, by: str) -> datetime | None:
    """By which it stands where it does; None of one that does not say."""
    try:
        told = msgspec.json.decode(row, type=_Times)
        found = told.created_at if by == "createdAt" else told.updated_at
        return None if found is None else aware(found)
    except (ValueError, RecursionError):  # msgspec's own errors too
        return None
