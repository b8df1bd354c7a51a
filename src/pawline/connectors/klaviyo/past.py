"""History in bulk: all profiles, page by page, of each what was said since a day, and told profile by profile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from pawline.connectors.klaviyo.api import Api, Client, Many
from pawline.connectors.klaviyo.happened import WORDS, channels, recollected, second
from pawline.connectors.klaviyo.profiles import Attributes, Channel, Marketing, Profile, Subscriptions
from pawline.connectors.klaviyo.settings import Settings
from pawline.kit import Guard, Past, Quarantined, Recalled, Rows, fetched, name_of, patient, rows_of
from pawline.ports import Malformed

MANY: Final = "100"
"""Profiles on a page: as many as Klaviyo gives."""
PREFIX: Final = "pawline_"
"""What our own properties begin with: no others are written down."""


async def fetch(
    http: Client, _: Settings, __: Guard, since: datetime, to: Path, say: Callable[[str], None]
) -> None:  # fmt: skip
    """Each profile that said something since then, or that we linked, is a line. Stopped, it goes on behind a page.

    https://developers.klaviyo.com/en/reference/get_profiles
    They come by id: whoever changes meanwhile keeps their place, and what they say meanwhile is the look's. Whether
    `updated` moves when somebody only agrees is not documented, so nobody is asked for by that.
    """
    api = Api(http)

    async def page(after: str | None) -> Rows:
        query = {
            "additional-fields[profile]": "subscriptions", "page[size]": MANY, "sort": "id",
            "fields[profile]": "email,phone_number,external_id,properties,subscriptions",
        }  # fmt: skip
        if after is not None:
            query["page[cursor]"] = after
        found = await patient(partial(api.read, "profiles", query=query, into=Many[msgspec.Raw]))
        if after is not None and found.links.cursor == after:
            raise Malformed("a list names a cursor again: it would never end")
        return Rows((row for raw in found.data if (row := _row(raw, since)) is not None), found.links.cursor)

    await fetched(to, page, say, "profiles that say something")


def _row(raw: msgspec.Raw, since: datetime) -> msgspec.Raw | None:
    """What is written down of it: nothing of whom nothing is told. One that cannot be read is, as it came."""
    try:
        profile = msgspec.json.decode(raw, type=Profile)
        wanted = _since(profile, since)
    except (ValueError, RecursionError):  # msgspec's own errors too
        return raw
    says = any(told.consent in WORDS or told.suppression for _, told in channels(wanted))
    return msgspec.Raw(msgspec.json.encode(wanted)) if says or wanted.household is not None else None


def _since(profile: Profile, since: datetime) -> Profile:
    """Of it what history needs, and of what was said what was said since then, or nobody knows when."""
    known, told = profile.attributes, {medium.value: _lately(one, since) for medium, one in channels(profile)}
    ours = {name: value for name, value in profile.properties.items() if name.startswith(PREFIX)}
    wanted = Attributes(
        email=known.email, phone_number=known.phone_number, external_id=known.external_id, properties=ours,
        subscriptions=Subscriptions(**{name: Channel(one) for name, one in told.items()}),
    )  # fmt: skip
    return Profile(profile.id, wanted)


def _lately(told: Marketing, since: datetime) -> Marketing:
    def late(text: str | None) -> bool:
        at = second(text)
        return at is None or at >= since

    stopped = tuple(one for one in told.suppression or () if late(one.timestamp))
    return replace(told, consent=told.consent if late(told.consent_timestamp) else "", suppression=stopped)


async def history(_: Client, __: Settings, file: Path, offset: int) -> AsyncIterator[Recalled]:
    """Each profile of the file. One that cannot be read is set aside."""
    for end, raw in rows_of(file, offset):
        try:
            found = recollected(msgspec.json.decode(raw, type=Profile))
        except (ValueError, RecursionError) as problem:
            yield Recalled(end, bad=Quarantined(f"profile {name_of(raw, 'id')}", str(problem)[:200]))
        else:
            yield Recalled(end, found.sightings, left=found.left, links=found.links)


PAST: Final[Past[Settings]] = Past(fetch, history)
