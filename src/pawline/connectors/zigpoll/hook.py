"""Zigpoll's webhooks: nobody signs them, so what they say is a hint that something was answered, and no more.

They come to an address that ends with a secret. Whatever survey one names, the account's latest answers are asked for:
who knows the address makes us read, once for all that came meanwhile, and never believe.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.connectors.zigpoll.happened import Questions, read, sighting
from pawline.connectors.zigpoll.health import account_of
from pawline.connectors.zigpoll.looking import page_of
from pawline.connectors.zigpoll.settings import Settings
from pawline.connectors.zigpoll.told import ToldResponse
from pawline.kit import Delivery, Headers, Hook, Http, SecretPath, Sighting, aware

if TYPE_CHECKING:
    from pawline.model import Event

COMPLETED: Final = "survey.completed"
"""Our name for what it is: Zigpoll gives none."""
ANSWERS: Final = "answers"
RECENT: Final = timedelta(minutes=30)
"""How far back a ring asks. What took longer is found by the next look."""
SETTLES: Final = 2.0
"""Seconds before a ring is asked about: the last answer is written by then, and rings that come meanwhile are one."""
PAGES: Final = 5
"""Of a ring at most; the rest is the look's."""
SURVEYS: Final = 5
"""Whose questions a ring asks for at most, for nothing limits its calls: answers to others are the look's."""
_WHENEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""It does not say when; the answers do."""


def read_delivery(_: Headers, body: bytes) -> Delivery:
    """Whatever it is: the same bytes are the same delivery. It is not read, so that nobody writes into our store."""
    return Delivery(COMPLETED, hashlib.sha256(body).hexdigest(), _WHENEVER, body)


def heard(_: bytes) -> tuple[Event, ...]:
    """Nothing by itself."""
    return ()


def rings(_: Delivery) -> str | None:
    """The account's answers, whatever a body says: nobody makes us ask for what he likes, or for more than that."""
    return ANSWERS


async def about(http: Http, settings: Settings, _: str) -> tuple[Sighting, ...]:
    """What was answered lately, whatever else a page holds. What cannot be read is told by the look."""
    await asyncio.sleep(SETTLES)
    now = datetime.now(UTC)
    whose, lately, surveys = {"accountId": await account_of(http, settings)}, list[ToldResponse](), dict[str, None]()
    after: str | None = None
    for _page in range(PAGES):
        page = await page_of(http, whose, now - RECENT, after)
        lately += [told for raw in page.data if (told := _read(raw, settings, now - RECENT)) is not None]
        after = page.goes_on(after)
        if after is None:
            break
    for told in lately:
        if len(surveys) < SURVEYS:
            surveys[told.poll_id] = None
    questions = Questions(http)
    return tuple([
        sighting(told, settings, await questions.asked(told), now)
        for told in reversed(lately)
        if told.poll_id in surveys
    ])  # fmt: skip


def _read(raw: msgspec.Raw, settings: Settings, since: datetime) -> ToldResponse | None:
    try:
        told = read(raw, settings)
    except (ValueError, RecursionError):  # msgspec's own errors too
        return None
    return told if told is not None and aware(told.created_at) >= since else None


HOOK: Final[Hook[Settings]] = Hook(
    signature=SecretPath(),
    secrets=lambda settings: settings.webhook_secrets,
    read=read_delivery,
    hears={COMPLETED: heard},
    optional=True,
    rings=rings,
    about=about,
)
