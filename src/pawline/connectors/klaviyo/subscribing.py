"""Klaviyo's jobs about who may be written to: it takes them on, and is done a little later."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from pawline.connectors.klaviyo.api import Api, Client, One, told
from pawline.connectors.klaviyo.consenting import ALLOWS, CHANNELS, CONSENTS, kept, said, unheard, written
from pawline.connectors.klaviyo.profiles import Profile, Profiles
from pawline.model import Consent, HouseholdId, Medium
from pawline.ports import Code, Transient

SOURCE: Final = "Pawline: "
"""How what we subscribed begins to say where it comes from."""
SUPPRESSED: Final = "pawline_suppressed"
"""The property with the reason why nothing more is sent to a household."""
SUPPRESSED_AT: Final = "pawline_suppressed_at"
"""When that was written into Klaviyo's own subscriptions: what a person lifts there after that stays lifted."""
LOOKS: Final = 5
PAUSE: Final = 0.5
"""So often a job is looked at, and seconds between two looks: most are done at once."""


class JobAttributes(msgspec.Struct, frozen=True):
    """How far a job is."""

    status: str


class Job(msgspec.Struct, frozen=True):
    """A job."""

    id: str
    attributes: JobAttributes


class Subscribing:
    """The account's jobs, each for one profile. Doing one twice is as good as once."""

    def __init__(self, http: Client) -> None:
        self._api: Final = Api(http)
        self._profiles: Final = Profiles(http)

    async def subscribe(self, profile: Profile, medium: Medium, consent: Consent) -> None:
        """As of when they agreed, without a mail that asks them again. Lifts what else kept mail from them.

        https://developers.klaviyo.com/en/reference/bulk_subscribe_profiles
        """
        at = min(consent.at, datetime.now(UTC))
        wanted = {"consent": "SUBSCRIBED", "consented_at": told(at)}
        if (one := _about(profile, medium, wanted)) is None:
            return
        attributes = {
            "custom_source": f"{SOURCE}{consent.source}"[:255], "historical_import": True,
            "profiles": {"data": [{**one, "id": profile.id}]},
        }  # fmt: skip
        await self._begin("profile-subscription-bulk-create-job", attributes)

    async def unsubscribe(self, profile: Profile, medium: Medium) -> None:
        """Globally: no list is named.

        https://developers.klaviyo.com/en/reference/bulk_unsubscribe_profiles
        """
        if (one := _about(profile, medium, {"consent": "UNSUBSCRIBED"})) is not None:
            await self._begin("profile-subscription-bulk-delete-job", {"profiles": {"data": [one]}})

    async def _begin(self, job: str, attributes: dict[str, Any]) -> None:
        await self._api.accept(f"{job}s", json={"data": {"type": job, "attributes": attributes}})

    async def suppress(self, profile: Profile) -> str | None:
        """No marketing any more, whatever they agree to: the number of the job for mail, None where there was none.

        Of text messages and WhatsApp Klaviyo knows no suppression: there they are unsubscribed.
        """
        job = await self._no_mail(profile)
        for medium in CHANNELS:
            if medium is not Medium.EMAIL and said(profile, medium).granted is not False:
                await self.unsubscribe(profile, medium)
        if not profile.bare:
            await self._profiles.change(profile.id, {"properties": {SUPPRESSED_AT: told(datetime.now(UTC))}})
        return job

    async def catch_up(self, profile: Profile, household: HouseholdId) -> None:
        """What was said while it had another address, or none: a no is written into Klaviyo's own subscriptions.

        A yes is not carried to another address.
        """
        await self._list(profile)
        stops = SUPPRESSED in profile.properties and SUPPRESSED_AT not in profile.properties and not profile.bare
        if stops:
            await self.suppress(profile)
        for medium in (Medium.EMAIL,) if stops else CHANNELS:
            if unheard(profile, household, medium):
                await self.unsubscribe(profile, medium)

    async def _list(self, profile: Profile) -> None:
        """What is allowed at the addresses that it has now."""
        allows = written(profile, kept(profile.properties))[ALLOWS]
        if CONSENTS in profile.properties and profile.properties.get(ALLOWS) != allows:
            await self._profiles.change(profile.id, {"properties": {ALLOWS: allows}})

    async def _no_mail(self, profile: Profile) -> str | None:
        """Raises Transient for a job that was called off.

        https://developers.klaviyo.com/en/reference/bulk_suppress_profiles
        """
        email, kind = profile.attributes.email, "profile-suppression-bulk-create-job"
        if not email or profile.by_hand:
            return None
        one = {"type": "profile", "attributes": {"email": email}}
        body = {"data": {"type": kind, "attributes": {"profiles": {"data": [one]}}}}
        job = (await self._api.write("POST", f"{kind}s", json=body, into=One[Job])).data
        for _ in range(LOOKS):
            if job.attributes.status in {"complete", "cancelled"}:
                break
            await asyncio.sleep(PAUSE)
            job = (await self._api.read(f"{kind}s", job.id, into=One[Job])).data
        if job.attributes.status == "cancelled":
            raise Transient("Klaviyo called the suppression off", Code.UNAVAILABLE)
        return job.id


def _about(profile: Profile, medium: Medium, wanted: dict[str, str]) -> dict[str, Any] | None:
    """The profile's part of a job; None where it has no address of that kind."""
    known = profile.attributes
    field, address = ("email", known.email) if medium is Medium.EMAIL else ("phone_number", known.phone_number)
    if not address:
        return None
    subscriptions = {medium.value: {"marketing": wanted}}
    return {"type": "profile", "attributes": {field: address, "subscriptions": subscriptions}}
