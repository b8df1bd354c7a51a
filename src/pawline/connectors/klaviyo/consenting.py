"""What a household decided, as Klaviyo has it: its own subscriptions, and our decisions in a property of the profile.

Klaviyo knows marketing by channel and nothing else. So each decision of ours stands in `pawline_consents`, with its
time and address, and what they allow together in `pawline_allows`, a list of texts that segments can ask for. A
profile's address may be changed at Klaviyo, and be that of another household: so each keeps what was said of which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from pawline.connectors.klaviyo.api import moment
from pawline.connectors.klaviyo.profiles import Marketing, Profile, address_of
from pawline.kit.kept import Kept, covers, decisions, name_of
from pawline.model import NEED_NO_CONSENT, Consent, Contact, HouseholdId, Medium, Purpose, allowed

CONSENTS: Final = "pawline_consents"
ALLOWS: Final = "pawline_allows"
OURS: Final = timedelta(minutes=15)
"""For so long after we wrote a decision, what Klaviyo says of the same is taken for that."""
CHANNELS: Final = (Medium.EMAIL, Medium.SMS, Medium.WHATSAPP)
"""Where Klaviyo subscribes and unsubscribes people by their address."""
_NO: Final = frozenset({"UNSUBSCRIBE", "SPAM_COMPLAINT"})
"""Suppressions by which somebody said no. The others are bounces, and what people of the shop set by hand."""


class Said(NamedTuple):
    """What Klaviyo says of one channel: neither yes nor no where nobody ever answered."""

    granted: bool | None
    at: datetime | None


class Decision(Kept, frozen=True, omit_defaults=True):
    """A decision in the property, with what it was said of; `by` is who said it where the profile is not theirs."""

    email: str | None = None
    phone: str | None = None
    by: str | None = None

    def counts(self, medium: Medium, address: str | None) -> bool:
        """Whether it is about this: a no of the profile's household is of all its addresses, all else of its own."""
        of = address_of(medium, self.email, self.phone)
        if self.by is not None:
            return of is not None and of == address
        return of in (None, address) or not self.granted


def kept(properties: Mapping[str, Any]) -> dict[str, Decision]:
    """Our decisions, by purpose, medium and address. What somebody changed there by hand is none."""
    found: dict[str, Decision] = {}
    told = properties.get(CONSENTS)
    for name, value in told.items() if isinstance(told, dict) else ():
        try:
            found[name] = msgspec.convert(value, Decision)
        except msgspec.ValidationError:
            continue
    return found


def said_of(consent: Consent, medium: Medium) -> str | None:
    """The address of this medium that it was said of; None where none was named, or it is about another medium."""
    reach = consent.contact or Contact()
    return address_of(medium, reach.email, reach.phone) if consent.medium in (None, medium) else None


def keep(
    of: Mapping[str, Decision], consent: Consent, now: datetime, by: str | None = None
) -> dict[str, Decision] | None:
    """What is kept, with this decision; None where a newer one of the same is. `by` as in `Decision`."""
    email = said_of(consent, Medium.EMAIL)
    phone = said_of(consent, Medium.SMS) or said_of(consent, Medium.WHATSAPP)
    name = name_of(consent, email or "", phone or "", by or "")
    before = of.get(name)
    if before is not None and before.outlasts(consent):
        return None
    told = Decision(consent.granted, consent.at, consent.source, now, consent.wording, email, phone, by)
    return {**of, name: told}


def about(of: Mapping[str, Decision], medium: Medium, address: str | None) -> dict[str, Decision]:
    """What of it counts."""
    return {name: one for name, one in of.items() if one.counts(medium, address)}


def _ours(profile: Profile, household: HouseholdId, medium: Medium) -> list[Consent]:
    """What is kept of the address that it has now."""
    return decisions(household, about(kept(profile.properties), medium, profile.address(medium)))


def said(profile: Profile, medium: Medium) -> Said:
    """Klaviyo's own word on one channel, the newest there is."""
    subscriptions = profile.attributes.subscriptions
    by = {} if subscriptions is None else {
        Medium.EMAIL: subscriptions.email, Medium.SMS: subscriptions.sms, Medium.WHATSAPP: subscriptions.whatsapp,
        Medium.PUSH: subscriptions.mobile_push,
    }  # fmt: skip
    channel = by.get(medium)
    told = Marketing() if channel is None or channel.marketing is None else channel.marketing
    at, granted = moment(told.consent_timestamp), {"SUBSCRIBED": True, "UNSUBSCRIBED": False}.get(told.consent)
    for one in told.suppression or ():
        when = moment(one.timestamp)
        if one.reason in _NO and (granted is not False or (when is not None and (at is None or when > at))):
            granted, at = False, when if at is None or when is None else max(at, when)
    return Said(granted, at)


def of_channel(profile: Profile, household: HouseholdId, purpose: Purpose, medium: Medium) -> tuple[Consent, ...]:
    """Klaviyo's own word as a decision; that which we wrote ourselves has the time at which it was made."""
    told = said(profile, medium)
    if told.granted is None:
        return ()
    at = told.at
    mine = about(kept(profile.properties), medium, profile.address(medium))
    if at is not None:
        at = min([at, *(one.at for one in written_near(mine, medium, granted=told.granted, at=at))])
    if at is None:  # Klaviyo knows that, and not since when: it is older than whatever we know
        at = datetime.fromisoformat("1990-01-01T00:00:00+00:00")
    return (
        Consent(household=household, purpose=purpose, granted=told.granted, at=at, source="klaviyo", medium=medium),
    )


def written_near(of: Mapping[str, Decision], medium: Medium, *, granted: bool, at: datetime) -> list[Decision]:
    """Those about marketing that we wrote so near to this time that what Klaviyo says may be what we wrote."""
    return [
        one for name, one in of.items()
        if covers(name, Purpose.MARKETING, medium) and one.granted == granted and abs(one.written - at) <= OURS
    ]  # fmt: skip


def permits(
    profile: Profile, household: HouseholdId, purpose: Purpose, medium: Medium, also: Iterable[Consent] = ()
) -> bool:
    """Whether the household allowed it, with what is kept and Klaviyo's own word; `also` are decisions beside those.

    Klaviyo's yes is to marketing only; its no is to whatever asks for consent. So is a suppression by hand, over every
    yes: to subscribe them would lift it.
    """
    if purpose in NEED_NO_CONSENT:
        return True
    if medium is Medium.EMAIL and profile.by_hand:
        return False
    ours = [*_ours(profile, household, medium), *also]
    theirs = of_channel(profile, household, purpose, medium)
    if purpose is not Purpose.MARKETING:
        theirs = tuple(one for one in theirs if not one.granted)
    return allowed([*ours, *theirs], purpose, medium)


def refused(profile: Profile, household: HouseholdId, purpose: Purpose, medium: Medium) -> bool:
    """Whether there is a no. Who was never asked is the asker's business."""
    mine = [one for one in _ours(profile, household, medium) if one.purpose is purpose and one.medium in (None, medium)]
    if medium is Medium.EMAIL and profile.by_hand:
        return True
    known = bool(mine) or said(profile, medium).granted is not None
    if purpose is not Purpose.MARKETING and not mine and said(profile, medium).granted:
        return False  # a yes to marketing is no answer about reminders
    return known and not permits(profile, household, purpose, medium)


def unheard(profile: Profile, household: HouseholdId, medium: Medium) -> bool:
    """Whether they said no to marketing over this channel, and Klaviyo's own word is not that yet.

    So it is where they said it while Klaviyo had no address of theirs.
    """
    mine = [one for one in _ours(profile, household, medium) if one.purpose is Purpose.MARKETING]
    no = any(one.medium in (None, medium) for one in mine) and not allowed(mine, Purpose.MARKETING, medium)
    word = said(profile, medium).granted
    return no and word is not False and not permits(profile, household, Purpose.MARKETING, medium)


def written(profile: Profile, of: Mapping[str, Decision]) -> dict[str, Any]:
    """The properties in which decisions are kept. Marketing is not among what they allow: Klaviyo's own word is."""
    media = (*CHANNELS, Medium.PUSH)
    whose = HouseholdId(profile.attributes.external_id or "")
    every = {medium: decisions(whose, about(of, medium, profile.address(medium))) for medium in media}
    allows = [
        f"{purpose.value}/{medium.value}"
        for purpose in Purpose if purpose not in NEED_NO_CONSENT | {Purpose.MARKETING}
        for medium in media if allowed(every[medium], purpose, medium)
    ]  # fmt: skip
    return {CONSENTS: msgspec.to_builtins(dict(of)), ALLOWS: allows}
