"""History in bulk: all answers since a day, written down page by page, and told answer by answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from pawline.connectors.zigpoll.happened import Questions, read, sighting
from pawline.connectors.zigpoll.health import account_of
from pawline.connectors.zigpoll.looking import page_of
from pawline.connectors.zigpoll.settings import Settings
from pawline.kit import Guard, Http, Past, Recalled, Rows, Sighting, fetched, recalled


async def fetch(
    http: Http, settings: Settings, _: Guard, since: datetime, to: Path, say: Callable[[str], None]
) -> None:  # fmt: skip
    """Each answer is a line. Stopped, it goes on behind the last whole page; what was answered since is the look's."""
    whose = {"accountId": await account_of(http, settings)}

    async def page(after: str | None) -> Rows:
        found = await page_of(http, whose, since, after)
        return Rows(found.data, found.goes_on(after))

    await fetched(to, page, say)


async def history(http: Http, settings: Settings, file: Path, offset: int) -> AsyncIterator[Recalled]:
    """Each answer of the file. One that cannot be read is set aside."""
    questions, now = Questions(http), datetime.now(UTC)

    async def tell(raw: msgspec.Raw) -> tuple[Sighting, ...]:
        told = read(raw, settings)
        return () if told is None else (sighting(told, settings, await questions.asked(told), now),)

    async for one in recalled(file, offset, "_id", tell):
        yield one


PAST: Final[Past[Settings]] = Past(fetch, history)
