"""The properties that Pawline keeps at HubSpot: made by the first who needs them, and never changed.

HubSpot refuses what names a property that is not there, and has no place for what is not defined.
https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pawline.connectors.hubspot.api import Batch, Client
from pawline.connectors.hubspot.settings import CONSENTED, VERSION
from pawline.kit.filed import IN_PLACE, PLACES
from pawline.model import Medium, Species
from pawline.ports import Code, Rejected

HOUSEHOLD: Final = "pawline_household"
"""The link: our household's id. Its values are unique, so HubSpot finds a contact by it."""
MOVING: Final = "/moving"
"""What the link ends with of a contact that its household is about to leave: see `Linking.moved`."""
NOT_LINKED: Final = "pawline_not_linked"
"""Why a contact bears no link: its household is another contact's."""
CONSENTS: Final = "pawline_consents"
ALLOWS: Final = "pawline_allows"
SUPPRESSED: Final = "pawline_suppressed"
PETS: Final = "pawline_pets"
LOST: Final = "pawline_pets_lost"
NAMES: Final = "pawline_pet_names"
SPECIES: Final = "pawline_pet_species"
COUNT: Final = "pawline_pet_count"
GROUP: Final = "pawline"
MEDIA: Final = (Medium.EMAIL, Medium.SMS, Medium.WHATSAPP, Medium.PUSH)
"""Over which a permission is told to segments."""
_PATH: Final = ("crm", "properties", VERSION, "contacts")


def place(number: int, what: str) -> str:
    """The property of one thing of one pet's place."""
    return f"pawline_pet_{number}_{what}"


def allowance(purpose: str, medium: str) -> str:
    """How a permission is called in `pawline_allows`."""
    return f"{purpose}_{medium}"


def _property(name: str, label: str, kind: str = "string", field: str = "text", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"name": name, "label": label, "type": kind, "fieldType": field, "groupName": GROUP, **more}


def _options(values: list[str]) -> dict[str, Any]:
    return {
        "options": [
            {"label": value.replace("_", " "), "value": value, "displayOrder": number, "hidden": False}
            for number, value in enumerate(values)
        ]
    }


def _every() -> tuple[dict[str, Any], ...]:
    allows = [allowance(purpose, medium.value) for purpose in sorted(CONSENTED - {"marketing"}) for medium in MEDIA]
    found = [
        _property(HOUSEHOLD, "Pawline: household", hasUniqueValue=True),
        _property(NOT_LINKED, "Pawline: why it is not linked"),
        _property(CONSENTS, "Pawline: decisions", field="textarea"),
        _property(ALLOWS, "Pawline: allows", "enumeration", "checkbox", **_options(allows)),
        _property(SUPPRESSED, "Pawline: why nothing is sent"),
        _property(PETS, "Pawline: pets", field="textarea"),
        _property(LOST, "Pawline: pets of which nothing is said", field="textarea"),
        _property(NAMES, "Pets: names"),
        _property(
            SPECIES, "Pets: species", "enumeration", "checkbox", **_options([one.value for one in Species])
        ),
        _property(COUNT, "Pets: how many", "number", "number"),
    ]  # fmt: skip
    for number in range(1, PLACES + 1):
        for what in IN_PLACE:
            kind = {"born_on": ("date", "date"), "weight": ("number", "number")}.get(what, ("string", "text"))
            found.append(_property(place(number, what), f"Pet {number}: {what.replace('_', ' ')}", *kind))
    return tuple(found)


PROPERTIES: Final = _every()
OURS: Final = tuple(one["name"] for one in PROPERTIES)
"""Their names. Whatever is read of a contact is read of these, and of HubSpot's own that we know."""


class Property(msgspec.Struct, frozen=True, rename="camel"):
    """One that is there."""

    name: str
    has_unique_value: bool | None = None


class Properties(msgspec.Struct, frozen=True):
    """All of an account's."""

    results: tuple[Property, ...]


async def ready(http: Client) -> None:
    """All that we keep has its place. Asked once in a process's life, and whenever HubSpot says that one is gone.

    Rejected(invalid) where somebody made the link's property, and it is not unique: HubSpot would find nobody by it.
    """
    if http.ready:
        return
    async with http.turns.of(GROUP):
        await _there(http)


async def _there(http: Client) -> None:
    if http.ready:  # somebody else saw to it meanwhile
        return
    there = {one.name: one for one in (await http.get(*_PATH, into=Properties)).results}
    link = there.get(HOUSEHOLD)
    if link is not None and not link.has_unique_value:
        raise Rejected(f"the property {HOUSEHOLD} at HubSpot has no unique values: delete it there", Code.INVALID)
    lacking = [one for one in PROPERTIES if one["name"] not in there]
    if lacking:
        await _make(http, lacking)
    http.ready = True


async def _make(http: Client, lacking: list[dict[str, Any]]) -> None:
    try:
        await http.post(*_PATH, "groups", json={"name": GROUP, "label": "Pawline"}, into=object)
    except Rejected as no:
        if no.code is not Code.CONFLICT:  # it is there
            raise
    made = await http.post(*_PATH, "batch", "create", json={"inputs": lacking}, into=Batch[Property])
    if (problem := made.failed()) is not None:
        raise problem
