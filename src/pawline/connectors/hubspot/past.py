"""History in bulk: all contacts, page by page, of each how its address stands, and told contact by contact."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from pawline.connectors.hubspot.api import BATCH, CONTACTS, Batch, Client
from pawline.connectors.hubspot.contacts import Contact
from pawline.connectors.hubspot.happened import BOUNCED, OPTED_OUT, Bounce, Remembered, link, purposes, recollected
from pawline.connectors.hubspot.noting import Paging
from pawline.connectors.hubspot.preferences import Preferences, Standing
from pawline.connectors.hubspot.schema import CONSENTS, HOUSEHOLD, SUPPRESSED
from pawline.connectors.hubspot.settings import Settings
from pawline.kit import Guard, Past, Quarantined, Recalled, Rows, fetched, name_of, patient, rows_of
from pawline.model import Aware
from pawline.ports import Malformed, Rejected

T = TypeVar("T")
U = TypeVar("U")
MANY: Final = BATCH
"""Contacts on a page: as many as HubSpot's own clients ask for."""
DATED: Final = 50
"""Contacts in one call that are asked for with what their properties were."""
PAUSE: Final = 0.5
"""Seconds between two pages, three or four calls each: the hub has its part of ten calls a second."""
MANY_LOST: Final = 3
"""Addresses of which HubSpot answers for none: it is not the addresses."""
KEPT: Final = ("email", HOUSEHOLD, CONSENTS, SUPPRESSED)
"""What is written down of a contact's properties; those that are not there are passed over by HubSpot."""


class Listed(msgspec.Struct, frozen=True):
    """A page of all contacts."""

    results: tuple[msgspec.Raw, ...]
    paging: Paging | None = None


class Was(msgspec.Struct, frozen=True):
    """What a property was from then on."""

    value: str
    timestamp: Aware


class Dated(msgspec.Struct, frozen=True, rename="camel"):
    """A contact, and what its properties were."""

    id: str
    properties_with_history: dict[str, tuple[Was, ...]] = {}


async def fetch(
    http: Client, settings: Settings, _: Guard, since: datetime, to: Path, say: Callable[[str], None]
) -> None:  # fmt: skip
    """Each contact that said something since then, or that is linked, is a line. Stopped, it goes on behind a page.

    https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/get-contacts
    It is the list and no search: a search ends after 10,000, is behind, and its pages move while contacts change.
    """

    async def page(after: str | None) -> Rows:
        if after is not None:
            await asyncio.sleep(PAUSE)
        query = {"limit": str(MANY), "properties": ",".join((*KEPT, OPTED_OUT, BOUNCED))}
        if after is not None:
            query["after"] = after
        found = await patient(partial(http.get, *CONTACTS, query=query, into=Listed))
        following = found.paging.next.after if found.paging and found.paging.next else None
        if after is not None and following == after:
            raise Malformed("a list names a cursor again: it would never end")
        return Rows(await _rows(http, settings, found.results, since), following)

    await fetched(to, page, say, "contacts that say something")


async def _rows(
    http: Client, settings: Settings, page: tuple[msgspec.Raw, ...], since: datetime
) -> list[msgspec.Raw]:  # fmt: skip
    """What is written down of a page. A contact that cannot be read is, as it came."""
    read = [(raw, _contact(raw)) for raw in page]
    contacts = [one for _, one in read if one is not None]
    standing = await _standing(http, [one.address for one in contacts if one.address])
    bounces = await _bounces(http, [one for one in contacts if one.says(BOUNCED)])
    rows: list[msgspec.Raw] = []
    for raw, one in read:
        if one is None:
            rows.append(raw)
        elif (row := _row(settings, one, standing.get(one.address), bounces.get(one.id), since)) is not None:
            rows.append(msgspec.Raw(msgspec.json.encode(row)))
    return rows


def _contact(raw: msgspec.Raw) -> Contact | None:
    try:
        return msgspec.json.decode(raw, type=Contact)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _row(
    settings: Settings, contact: Contact, standing: Standing | None, bounce: Bounce | None, since: datetime
) -> Remembered | None:
    """Of it what history needs, of what was said since then, or nobody knows when; None where that is nothing.

    An older no to all mail is not told, and all the same no yes is that it stands over.
    """

    def late(at: datetime | None) -> bool:
        return at is None or at >= since

    asked = standing or Standing()
    own = [asked.status(types) for types in purposes(settings).values()]
    statuses = tuple(
        one for one in own if one is not None and late(one.timestamp) and one.granted is not None
        and not (one.granted and asked.stopped)
    )  # fmt: skip
    wide = tuple(one for one in asked.wide if one.status == "UNSUBSCRIBED" and late(one.timestamp))
    if bounce is not None and not late(bounce.at):
        bounce = None
    lost = standing is None and bool(contact.address)
    names = KEPT if contact.address else (HOUSEHOLD, OPTED_OUT)
    kept = {name: value for name in names if (value := contact.says(name))}
    if not (statuses or wide or bounce or lost or link(contact) or kept.get(OPTED_OUT) == "true"):
        return None
    return Remembered(contact.id, kept, None if lost else statuses, wide, bounce)


async def _standing(http: Client, addresses: list[str]) -> dict[str, Standing]:
    """How they stand, as far as HubSpot answers for them."""
    found = await _apart(addresses, Preferences(http).of_all)
    if len(addresses) >= MANY_LOST and not any(one in found for one in addresses):
        raise Malformed("HubSpot says of nobody on a page how their address stands")
    return found


async def _apart(some: list[T], ask: Callable[[list[T]], Awaitable[dict[str, U]]]) -> dict[str, U]:
    """What is said of them, in halves where it is refused: one that HubSpot does not take hides no other."""
    if not some:
        return {}
    try:
        return await patient(partial(ask, some))
    except (Rejected, Malformed):
        if len(some) == 1:
            return {}
    half = len(some) // 2
    return await _apart(some[:half], ask) | await _apart(some[half:], ask)


async def _bounces(http: Client, contacts: list[Contact]) -> dict[str, Bounce]:
    """Since when their mail comes back. What HubSpot does not say stays open."""
    found = {one.id: Bounce(one.says(BOUNCED)) for one in contacts}
    for begin in range(0, len(contacts), DATED):
        found |= await _apart(contacts[begin : begin + DATED], partial(_dated, http))
    return found


async def _dated(http: Client, contacts: list[Contact]) -> dict[str, Bounce]:
    """https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/batch/get-contacts."""
    names = ["email", BOUNCED]
    body = {"inputs": [{"id": one.id} for one in contacts], "properties": names, "propertiesWithHistory": names}
    found = await http.post(*CONTACTS, "batch", "read", json=body, into=Batch[Dated])
    were = {one.id: one.properties_with_history for one in found.results}
    return {one.id: _bounce(one, were[one.id]) for one in contacts if one.id in were}


def _bounce(contact: Contact, were: dict[str, tuple[Was, ...]]) -> Bounce:
    at = _since(were.get(BOUNCED, ()), contact.says(BOUNCED))
    address = _since(were.get("email", ()), contact.address)
    return Bounce(contact.says(BOUNCED), at, at is not None and address is not None and address > at)


def _since(were: Iterable[Was], value: str) -> datetime | None:
    """Since when it is that without a break; None where it was not that last, as far as anybody says."""
    since: datetime | None = None
    for one in sorted(were, key=lambda was: was.timestamp, reverse=True):
        if one.value.strip().lower() != value.strip().lower():
            break
        since = one.timestamp
    return since


async def history(_: Client, settings: Settings, file: Path, offset: int) -> AsyncIterator[Recalled]:
    """Each contact of the file. One that cannot be read is set aside."""
    for end, raw in rows_of(file, offset):
        try:
            found = recollected(settings, msgspec.json.decode(raw, type=Remembered))
        except (ValueError, RecursionError) as problem:
            yield Recalled(end, bad=Quarantined(f"contact {name_of(raw, 'id')}", str(problem)[:200]))
        else:
            yield Recalled(end, found.sightings, left=found.left, links=found.links)


PAST: Final[Past[Settings]] = Past(fetch, history)
