"""Notes on a contact's timeline, for those who talk to the household; and whether one is there already."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Final

import msgspec

from pawline.connectors.hubspot.api import Batch, Client, Named, told
from pawline.connectors.hubspot.contacts import Contact, parts
from pawline.connectors.hubspot.errors import NOBODY
from pawline.connectors.hubspot.settings import VERSION
from pawline.ports import Malformed

TO_CONTACT: Final = 202
"""HubSpot's own association of a note with a contact."""
_NOTES: Final = ("crm", "objects", VERSION, "notes")
_TAG: Final = re.compile(r"<[^<>]{0,2000}>")
PAGES: Final = 100


class Noted(msgspec.Struct, frozen=True):
    """A note."""

    id: str
    properties: dict[str, str | None] = {}


class Towards(msgspec.Struct, frozen=True, rename="camel"):
    """One that is associated."""

    to_object_id: str


class Next(msgspec.Struct, frozen=True):
    """Where a list goes on."""

    after: str


class Paging(msgspec.Struct, frozen=True):
    """Whether it does."""

    next: Next | None = None


class Associated(msgspec.Struct, frozen=True):
    """All that are, or a page of them."""

    to: tuple[Towards, ...]
    paging: Paging | None = None


async def note(http: Client, contact: Contact, text: str) -> str:
    """Writes one: its id.

    https://developers.hubspot.com/docs/api-reference/latest/crm/activities/notes/guide
    """
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": TO_CONTACT}
    body = {
        "properties": {"hs_timestamp": told(datetime.now(UTC)), "hs_note_body": html.escape(text, quote=False)},
        "associations": [{"to": {"id": contact.id}, "types": [kind]}],
    }  # fmt: skip
    return (await http.post(*_NOTES, json=body, into=Named)).id


async def noted(http: Client, contact: Contact, text: str) -> str | None:
    """The id of a note of these words, if the contact has one."""
    for some in parts(await _all(http, contact)):
        body = {
            "inputs": [{"id": one} for one in some], "properties": ["hs_note_body"], "propertiesWithHistory": [],
        }  # fmt: skip
        found = await http.post(*_NOTES, "batch", "read", json=body, into=Batch[Noted])
        if (problem := found.failed(fine=frozenset({NOBODY}))) is not None:
            raise problem
        for one in found.results:
            if _words(one.properties.get("hs_note_body") or "") == _plain(text):
                return one.id
    return None


async def _all(http: Client, contact: Contact) -> list[str]:
    """The ids of its notes.

    https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
    """
    path, after = ("crm", "associations", VERSION, "contacts", "notes", "batch", "read"), ""
    found: list[str] = []
    for _ in range(PAGES):
        one = {"id": contact.id} | ({"after": after} if after else {})
        page = await http.post(*path, json={"inputs": [one]}, into=Batch[Associated])
        if (problem := page.failed(fine=frozenset({NOBODY, "NO_ASSOCIATIONS_FOUND"}))) is not None:
            raise problem
        found += [each.to_object_id for result in page.results for each in result.to]
        follows = next((result.paging.next for result in page.results if result.paging and result.paging.next), None)
        if follows is None:
            return found
        if follows.after == after:
            break
        after = follows.after
    raise Malformed("a contact's notes do not end")


def _words(body: str) -> str:
    """A note's body is HTML: HubSpot's editor puts tags around what it was given."""
    return _plain(html.unescape(_TAG.sub(" ", body)))


def _plain(text: str) -> str:
    return " ".join(text.split())
