"""Orders in a list: from a moment on, the oldest change first, so that no page is shifted by what changes meanwhile.

`modified_after` is of WooCommerce 5.8 (July 2021); one before takes no notice of it, or refuses the order of the list.
It leaves out the moment itself, and times are whole seconds. What changes while the list is read moves to its end: so
it is gone on from the moment of the last one, which comes again.

Where orders are posts (no HPOS), WordPress sorts them by the shop's own wall clock, though it compares with UTC: in the
hour that comes twice in autumn the list goes to and fro. Such a page is gone on from by counting, not by its last one.

WooCommerce leaves out of a page what it cannot load or may not show, and gives nothing in its place: a short page is
not the last one. How many there are it says beside the page (`X-WP-Total`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, cast

import msgspec

from pawline.connectors.woocommerce.client import WooHttp
from pawline.connectors.woocommerce.told import DECIMALS, moment
from pawline.kit import Http
from pawline.model import Aware
from pawline.ports import Malformed

MANY: Final = 50
"""Orders of a page; 100 are allowed, and each may be tens of kilobytes."""
SECOND: Final = timedelta(seconds=1)
By = Literal["modified", "date"]


class Spot(msgspec.Struct, frozen=True):
    """A place in the list: behind the first `skip` that are not before `at`."""

    at: Aware
    skip: int = 0

    @classmethod
    def read(cls, text: str) -> Spot:
        """As `said` writes it. Raises ValueError for anything else."""
        at, _, skip = text.partition("&offset=")
        made = cls(moment(at) + SECOND, int(skip))
        if made.skip < 0 or made.said != text:
            raise ValueError("it is no place in a list")
        return made

    @property
    def said(self) -> str:
        """As a cursor: how it is asked for."""
        return f"{stamp(self.at.replace(microsecond=0) - SECOND)}&offset={self.skip}"

    def onward(self, times: Sequence[datetime], count: int, *, sorted_so: bool = True) -> Spot:
        """Behind so many, of which these say when they were; `sorted_so`: nothing behind the last one is before it.

        Raises Malformed where the list would never end.
        """
        begin = self.at.replace(microsecond=0)
        if any(one < begin for one in times):
            raise Malformed("the list has more than was asked for: WooCommerce is to be 5.8 or newer")
        return Spot(times[-1]) if sorted_so and times and times[-1] > begin else Spot(begin, self.skip + count)


class _Times(msgspec.Struct, frozen=True):
    date_created_gmt: str
    date_modified_gmt: str | None = None
    date_created: str | None = None
    date_modified: str | None = None


async def page_of(
    http: Http, by: By, spot: Spot, many: int = MANY, what: str = "orders"
) -> tuple[tuple[msgspec.Raw, ...], Spot | None]:
    """Orders, or products, from there on, as they came, and where to go on."""
    after = "modified_after" if by == "modified" else "after"
    query = {
        after: stamp(spot.at.replace(microsecond=0) - SECOND), "offset": str(spot.skip), "dates_are_gmt": "true",
        "orderby": by, "order": "asc", "per_page": str(many),
        **({"status": "any", "dp": DECIMALS} if what == "orders" else {"status": "publish"}),
    }  # fmt: skip
    page = await cast("WooHttp", http).page(what, query=query)
    found = [at for row in page.rows if (at := _times(row, by)) is not None]
    onward = spot.onward([at for at, _ in found], many, sorted_so=_is_sorted(found))
    more = len(page.rows) >= many or spot.skip + many < (page.total or 0)
    return page.rows, onward if more else None


def time_of(row: msgspec.Raw, by: By) -> datetime | None:
    """By which it stands where it does; None of one that does not say."""
    found = _times(row, by)
    return None if found is None else found[0]


def _times(row: msgspec.Raw, by: By) -> tuple[datetime, timedelta] | None:
    """In UTC, and by how much the shop's wall was ahead of that then."""
    try:
        told = msgspec.json.decode(row, type=_Times)
        at = moment(told.date_created_gmt if by == "date" else told.date_modified_gmt or "")
        wall = told.date_created if by == "date" else told.date_modified
        return at, moment(wall) - at if wall else timedelta(0)
    except (ValueError, RecursionError):  # msgspec's own errors too
        return None


def _is_sorted(found: Sequence[tuple[datetime, timedelta]]) -> bool:
    """Whether the wall was not put back on the way, and none comes behind a later one."""
    return not found or all(at <= found[-1][0] and ahead <= found[-1][1] for at, ahead in found)


def stamp(at: datetime) -> str:
    """As WordPress reads it, with `dates_are_gmt`."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
