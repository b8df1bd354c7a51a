"""What a household decided, as Klaviyo has it: its own subscriptions, and our decisions in a property of the profile.

Klaviyo knows marketing by channel and nothing else. So each decision of ours stands in `pawline_consents`, with its
time, and what they allow together in `pawline_allows`, a list of texts that segments can ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from pawline.connectors.klaviyo.api import moment
from pawline.connectors.klaviyo.profiles import Marketing, Profile
from pawline.kit.kept import Kept, decisions
from pawline.model import NEED_NO_CONSENT, Consent, HouseholdId, Medium, Purpose, allowed

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


def kept(properties: Mapping[str, Any]) -> dict[str, Kept]:
    """Our decisions, by purpose and medium. What somebody changed there by hand is none."""
    found: dict[str, Kept] = {}
    told = properties.get(CONSENTS)
    for name, value in told.items() if isinstance(told, dict) else ():
        try:
            found[name] = msgspec.convert(value, Kept)
        except msgspec.ValidationError:
            continue
    return found


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
    mine = kept(profile.properties)
    for name in (f"{Purpose.MARKETING.value}/{medium.value}", f"{Purpose.MARKETING.value}/all"):
        one = mine.get(name)
        if (
            one is not None
            and at is not None
            and one.granted == told.granted
            and one.written - OURS <= at <= one.written + OURS
        ):
            at = min(at, one.at)
    if at is None:  # Klaviyo knows that, and not since when: it is older than whatever we know
        at = datetime.fromisoformat("1990-01-01T00:00:00+00:00")
    return (
        Consent(household=household, purpose=purpose, granted=told.granted, at=at, source="klaviyo", medium=medium),
    )


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
    ours = [*decisions(household, kept(profile.properties)), *also]
    theirs = of_channel(profile, household, purpose, medium)
    if purpose is not Purpose.MARKETING:
        theirs = tuple(one for one in theirs if not one.granted)
    return allowed([*ours, *theirs], purpose, medium)


def refused(profile: Profile, household: HouseholdId, purpose: Purpose, medium: Medium) -> bool:
    """Whether there is a no. Who was never asked is the asker's business."""
    about = [
        one for one in decisions(household, kept(profile.properties))
        if one.purpose is purpose and one.medium in (None, medium)
    ]  # fmt: skip
    if medium is Medium.EMAIL and profile.by_hand:
        return True
    known = bool(about) or said(profile, medium).granted is not None
    if purpose is not Purpose.MARKETING and not about and said(profile, medium).granted:
        return False  # a yes to marketing is no answer about reminders
    return known and not permits(profile, household, purpose, medium)


def unheard(profile: Profile, household: HouseholdId, medium: Medium) -> bool:
    """Whether they said no to marketing over this channel, and Klaviyo's own word is not that yet.

    So it is where they said it while Klaviyo had no address of theirs.
    """
    about = [one for one in decisions(household, kept(profile.properties)) if one.purpose is Purpose.MARKETING]
    no = any(one.medium in (None, medium) for one in about) and not allowed(about, Purpose.MARKETING, medium)
    word = said(profile, medium).granted
    return no and word is not False and not permits(profile, household, Purpose.MARKETING, medium)


def written(household: HouseholdId, of: Mapping[str, Kept]) -> dict[str, Any]:
    """The properties in which decisions are kept. Marketing is not among what they allow: Klaviyo's own word is."""
    every = decisions(household, of)
    allows = [
        f"{purpose.value}/{medium.value}"
        for purpose in Purpose if purpose not in NEED_NO_CONSENT | {Purpose.MARKETING}
        for medium in (*CHANNELS, Medium.PUSH) if allowed(every, purpose, medium)
    ]  # fmt: skip
    return {CONSENTS: msgspec.to_builtins(dict(of)), ALLOWS: allows}
