"""Profiles: which one is a household's, and how one is changed. The link is `external_id`: our household's id."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec

from pawline.connectors.klaviyo.api import Api, Client, Many, One, equals, failure, one_of
from pawline.connectors.klaviyo.errors import points_at
from pawline.model import HouseholdId, Medium
from pawline.ports import Code, Malformed, Rejected

HOUSEHOLD: Final = "pawline_household"
"""The property that says that `external_id` is ours: other systems may have written theirs there."""
MOVING: Final = "/moving"
"""What the link ends with of a profile that its household is about to leave: see `Linking._moved`."""
_SUBSCRIPTIONS: Final = {"additional-fields[profile]": "subscriptions", "page[size]": "2"}


class Suppressed(msgspec.Struct, frozen=True):
    """Why nothing is sent there, and since when."""

    reason: str
    timestamp: str


class Marketing(msgspec.Struct, frozen=True):
    """How a channel stands to marketing, and how that came. `phone_number` is whose WhatsApp it is."""

    consent: str = ""
    consent_timestamp: str | None = None
    suppression: tuple[Suppressed, ...] | None = None
    method: str | None = None
    method_detail: str | None = None
    custom_method_detail: str | None = None
    double_optin: bool | None = None
    phone_number: str | None = None


class Channel(msgspec.Struct, frozen=True):
    """One way to reach somebody."""

    marketing: Marketing | None = None


class Subscriptions(msgspec.Struct, frozen=True):
    """All ways."""

    email: Channel | None = None
    sms: Channel | None = None
    whatsapp: Channel | None = None
    mobile_push: Channel | None = None


class Location(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where somebody lives, as Klaviyo has it."""

    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    zip: str | None = None
    region: str | None = None
    country: str | None = None


class Attributes(msgspec.Struct, frozen=True):
    """What Klaviyo knows of somebody, as far as it is read."""

    email: str | None = None
    phone_number: str | None = None
    external_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    locale: str | None = None
    location: Location | None = None
    properties: dict[str, Any] | None = None
    subscriptions: Subscriptions | None = None


class Profile(msgspec.Struct, frozen=True):
    """A profile."""

    id: str
    attributes: Attributes

    @property
    def properties(self) -> dict[str, Any]:
        """Those that anybody may have written."""
        return self.attributes.properties or {}

    @property
    def suppressions(self) -> tuple[Suppressed, ...]:
        """Why no mail goes there, if any of it does not."""
        subscriptions = self.attributes.subscriptions
        channel = None if subscriptions is None else subscriptions.email
        return () if channel is None or channel.marketing is None else channel.marketing.suppression or ()

    @property
    def by_hand(self) -> bool:
        """Whether mail was stopped by a person of the shop, or by `suppress`: no yes lifts that."""
        return any(one.reason == "USER_SUPPRESSED" for one in self.suppressions)

    def standing(self, as_read: Profile) -> Profile:
        """The answer to a change says no subscriptions: they are as they were read before."""
        subscriptions = as_read.attributes.subscriptions
        return Profile(self.id, msgspec.structs.replace(self.attributes, subscriptions=subscriptions))

    @property
    def bare(self) -> bool:
        """Whether nobody can be reached by it."""
        return not self.attributes.email and not self.attributes.phone_number

    @property
    def household(self) -> HouseholdId | None:
        """Whose it is by our own link, be it about to leave; None where nobody linked it, or another system did."""
        found = (self.attributes.external_id or "").removesuffix(MOVING)
        return HouseholdId(found) if found and self.properties.get(HOUSEHOLD) == found else None

    def leaves(self, household: HouseholdId) -> bool:
        """Whether its household was about to move to another one when it was written last."""
        return self.attributes.external_id == household + MOVING

    def address(self, medium: Medium) -> str | None:
        """Where it is reached by this; see `address_of`."""
        return address_of(medium, self.attributes.email, self.attributes.phone_number)


class Profiles:
    """The account's profiles. Changes of one household's wait for one another within this hub: see `turn`."""

    def __init__(self, http: Client) -> None:
        self._api: Final = Api(http)
        self._turns: Final = http.turns

    @asynccontextmanager
    async def turn(self, household: HouseholdId) -> AsyncIterator[None]:
        """For what is read, changed and written: Klaviyo cannot compare before it sets."""
        async with self._turns.of(household):
            yield

    async def find(self, household: HouseholdId) -> Profile | None:
        """The household's; where a move broke off, the one that it leaves."""
        return (await self.places(household))[0]

    async def places(self, household: HouseholdId) -> tuple[Profile | None, Profile | None]:
        """The household's, and beside that one which it has left and that still says so.

        Rejected(conflict) where several have its link, or one beside that never was linked by us: the one that is left
        has what was said.
        """
        query = {"filter": one_of("external_id", (household, household + MOVING)), **_SUBSCRIPTIONS, "page[size]": "3"}
        found = (await self._api.read("profiles", query=query, into=Many[Profile])).data
        left = [one for one in found if one.leaves(household)]
        linked = [one for one in found if not one.leaves(household)]
        if len(linked) > 1 or len(left) > 1 or (left and linked and linked[0].household != household):
            raise several("external_id")
        return (linked[0], left[0] if left else None) if linked else (left[0] if left else None, None)

    async def need(self, household: HouseholdId) -> Profile:
        """The same. Rejected(not_found) where Klaviyo knows nobody of this household."""
        found = await self.find(household)
        if found is None:
            raise nobody(household)
        return found

    async def by(self, field: str, value: str) -> Profile | None:
        """The one that has this. Rejected(conflict) where several have it."""
        found = await self.all_by(field, value)
        if len(found) > 1:
            raise several(field)
        return found[0] if found else None

    async def all_by(self, field: str, value: str) -> tuple[Profile, ...]:
        """All that have this, two at most."""
        query = {"filter": equals(field, value), **_SUBSCRIPTIONS}
        return (await self._api.read("profiles", query=query, into=Many[Profile])).data

    async def change(self, profile: str, attributes: Mapping[str, Any], unset: Iterable[str] = ()) -> Profile:
        """Sets these and leaves the others; of `properties`, those that are named. Does not create.

        https://developers.klaviyo.com/en/reference/update_profile. Rejected(conflict) where an address is another's.
        """
        taken_out = {"meta": {"patch_properties": {"unset": list(unset)}}} if unset else {}
        body = {"data": {"type": "profile", "id": profile, "attributes": attributes, **taken_out}}
        return await self._written("PATCH", ("profiles", profile), body)

    async def create(self, attributes: Mapping[str, Any]) -> Profile:
        """Makes one, or changes that of the same address.

        https://developers.klaviyo.com/en/reference/create_or_update_profile
        """
        return await self._written("POST", ("profile-import",), {"data": {"type": "profile", "attributes": attributes}})

    async def _written(self, method: str, path: tuple[str, ...], body: dict[str, Any]) -> Profile:
        """A number that Klaviyo does not take for one (it calls them up) is left out, and the rest is written.

        So is one that is another profile's: two people may share a telephone. Which field a 409 is about is not said.
        """
        answer = await self._api.attempt(method, *path, json=body)
        attributes = body["data"]["attributes"]
        wrong = answer.status == 409 or (answer.status == 400 and points_at(answer, "phone_number"))
        if wrong and "phone_number" in attributes:
            left = {name: value for name, value in attributes.items() if name != "phone_number"}
            answer = await self._api.attempt(method, *path, json={"data": body["data"] | {"attributes": left}})
        if answer.status == 409:
            raise Rejected("another profile has one of these addresses", Code.CONFLICT)
        if answer.status not in (200, 201):
            raise failure(answer, f"{method} {path[0]}")
        return _profile(answer.body)


def address_of(medium: Medium, email: str | None, phone: str | None) -> str | None:
    """Which of them a medium goes to, alike whoever wrote it; None for one that has no address of its own."""
    if medium is Medium.EMAIL:
        return (email or "").strip().lower() or None
    return phone or None if medium in (Medium.SMS, Medium.WHATSAPP) else None


def several(field: str) -> Rejected:
    """More than one profile has what only one should."""
    return Rejected(f"Klaviyo has several profiles of one {field}: merge them there", Code.CONFLICT)


def nobody(household: HouseholdId) -> Rejected:
    """It has no profile by our id."""
    return Rejected(f"Klaviyo knows nobody of household {household}", Code.NOT_FOUND)


def _profile(body: bytes) -> Profile:
    try:
        return msgspec.json.decode(body, type=One[Profile]).data
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise Malformed(f"a profile was written, but not answered as promised ({type(problem).__name__})") from None
