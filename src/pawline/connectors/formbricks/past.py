"""History in bulk: all responses since a day, written down page by page, and told answer by answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from pawline.connectors.formbricks.happened import Known, done, read, sightings
from pawline.connectors.formbricks.listing import MANY, Spot, page_of
from pawline.connectors.formbricks.settings import Settings
from pawline.kit import Guard, Http, Past, Recalled, Rows, Sighting, fetched, recalled
from pawline.ports import Malformed


async def fetch(
    http: Http, _: Settings, __: Guard, since: datetime, to: Path, say: Callable[[str], None]
) -> None:  # fmt: skip
    """Each response is a line. Stopped, it goes on behind the last whole page; what changed since is the look's."""

    async def page(after: str | None) -> Rows:
        rows, onward = await page_of(http, "createdAt", Spot(since) if after is None else Spot.read(after), MANY)
        return Rows(rows, None if onward is None else onward.said)

    await fetched(to, page, say)


async def history(http: Http, settings: Settings, file: Path, offset: int) -> AsyncIterator[Recalled]:
    """Each response of the file whose person is done. One that cannot be read is set aside."""
    known, now = Known(http, settings), datetime.now(UTC)

    async def tell(raw: msgspec.Raw) -> tuple[Sighting, ...]:
        told = read(raw)
        if not done(told, now):
            return ()
        try:
            survey = await known.of(told.survey_id)
        except Malformed as problem:
            raise ValueError(problem.text) from None
        return () if survey is None else sightings(told, survey, settings, now)

    async for one in recalled(file, offset, "id", tell):
        yield one


PAST: Final[Past[Settings]] = Past(fetch, history)
