"""A decision is written into Klaviyo: into the profiles that it is kept with, and their subscriptions.

A yes is written to the address that it was said of and to no other, whoever's profile has it; a no to that, and to the
household's own profile.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pawline.connectors.klaviyo.api import Client
from pawline.connectors.klaviyo.consenting import CHANNELS, about, keep, kept, permits, said, said_of, written
from pawline.connectors.klaviyo.linking import Linking
from pawline.connectors.klaviyo.profiles import Profile, Profiles, nobody
from pawline.connectors.klaviyo.subscribing import SUPPRESSED, Subscribing
from pawline.kit.kept import decisions
from pawline.model import Consent, Contact, HouseholdId, Medium, Purpose, allowed, household_by_email
from pawline.ports import Code, Receipt, Rejected

_FIELDS: Final = {Medium.EMAIL: "email", Medium.SMS: "phone_number", Medium.WHATSAPP: "phone_number"}
"""By which of its fields a profile is reached."""


class Deciding:
    """The account's."""

    def __init__(self, http: Client) -> None:
        self._profiles: Final = Profiles(http)
        self._linking: Final = Linking(http)
        self._jobs: Final = Subscribing(http)

    async def consent(self, consent: Consent) -> Receipt:
        """See `Marketing`."""
        async with self._profiles.turn(consent.household):
            mine, theirs = await self._linking.whose(consent.household, consent.contact)
            others = await self._others(consent, mine, theirs)
            if mine is not None:
                await self._hear(mine, consent, _channels(mine, consent, own=True))
        for other in others:
            await self._of_another(other, consent)  # not in our own turn: two might wait for each other
        if mine is None and not others:
            if theirs is None:
                raise nobody(consent.household)
            raise Rejected(
                f"household {consent.household} has the address of a profile that is another's: what it said of"
                f" {consent.purpose.value} stands nowhere at Klaviyo",
                Code.CONFLICT,
            )
        return Receipt(others[0].id if mine is None else mine.id)

    async def _others(self, consent: Consent, mine: Profile | None, theirs: Profile | None) -> list[Profile]:
        """Other profiles that hear it: subscriptions are to marketing, and whoever has an address has its own."""
        if consent.purpose is not Purpose.MARKETING or (mine is not None and _stands_against(mine, consent)):
            return []
        found = {} if theirs is None else {theirs.id: theirs}
        for medium in (Medium.EMAIL, Medium.SMS if consent.medium is None else consent.medium):
            address = said_of(consent, medium)
            if address is not None and (mine is None or mine.address(medium) != address):
                found |= {one.id: one for one in await self._profiles.all_by(_FIELDS[medium], address)}
        return [
            one for one in found.values()
            if (mine is None or one.id != mine.id) and _channels(one, consent, own=False)
        ]  # fmt: skip

    async def _of_another(self, theirs: Profile, consent: Consent) -> None:
        """Whoever has the address keeps it too: else what we wrote would be taken for their own word."""
        email = theirs.attributes.email
        household = theirs.household or (household_by_email(email) if email else HouseholdId(theirs.id))
        async with self._profiles.turn(household):
            theirs = await self._profiles.by("id", theirs.id) or theirs
            by = None if household == consent.household else consent.household
            await self._hear(theirs, consent, _channels(theirs, consent, own=False), by)

    async def _hear(
        self, profile: Profile, consent: Consent, channels: tuple[Medium, ...], by: HouseholdId | None = None
    ) -> None:
        """In the property first: what is broken off is seen there, and made again."""
        every = keep(kept(profile.properties), consent, datetime.now(UTC), by)
        if every is None:
            return
        await self._profiles.change(profile.id, {"properties": written(profile, every)})
        for medium in channels:
            await self._say(profile, consent, medium)

    async def _say(self, profile: Profile, consent: Consent, medium: Medium) -> None:
        """Klaviyo's own word on a channel, where that is not it already, and no newer one stands against it."""
        wanted = permits(profile, consent.household, Purpose.MARKETING, medium, also=[consent])
        if wanted is said(profile, medium).granted or wanted is not consent.granted:
            return
        if not wanted:
            await self._jobs.unsubscribe(profile, medium)
        elif SUPPRESSED not in profile.properties and not profile.by_hand:  # subscribing would lift it
            await self._jobs.subscribe(profile, medium, consent)


def _stands_against(mine: Profile, consent: Consent) -> bool:
    """Whether a yes is none by what is kept with the household's own: other profiles may not know of that."""
    if not consent.granted or SUPPRESSED in mine.properties:
        return consent.granted
    medium = consent.medium or Medium.EMAIL
    known = about(kept(mine.properties), medium, said_of(consent, medium))
    return not allowed([*decisions(consent.household, known), consent], consent.purpose, medium)


def _channels(profile: Profile, consent: Consent, *, own: bool) -> tuple[Medium, ...]:
    """On which of a profile's it is Klaviyo's word. Of nothing but marketing is there any.

    A yes to everything is one to e-mail: text messages take a yes of their own. A no goes to all of the household's
    own, and to all of a profile that no household of ours has and that has its e-mail address: it is theirs.
    """
    if consent.purpose is not Purpose.MARKETING:
        return ()
    media = (consent.medium,) if consent.medium else (Medium.EMAIL,) if consent.granted else CHANNELS
    reach = consent.contact or Contact()
    email = reach.email.strip().lower() if reach.email else None
    theirs = own or (profile.household is None and email is not None and profile.address(Medium.EMAIL) == email)
    return tuple(
        medium for medium in media
        if (has := profile.address(medium)) is not None
        and (said_of(consent, medium) in ((None, has) if own else (has,)) or (theirs and not consent.granted))
    )  # fmt: skip
