"""What a profile says of the past: who agreed and who said no, when and how, and which addresses are dead.

A profile has the newest word of each channel, and what stops mail, each with its time: not every one before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from pawline.connectors.klaviyo.api import moment
from pawline.connectors.klaviyo.consenting import OURS, about, kept
from pawline.connectors.klaviyo.profiles import HOUSEHOLD, Channel, Marketing, Profile, Suppressed, address_of
from pawline.connectors.klaviyo.subscribing import SOURCE, SUPPRESSED_AT
from pawline.kit import Called, Sighting, aware, contact_of
from pawline.kit.kept import covers
from pawline.model import (
    Consent,
    ConsentChanged,
    Contact,
    Event,
    HouseholdId,
    Medium,
    MessageBounced,
    MessageId,
    Purpose,
    household_by_email,
)  # fmt: skip
from pawline.model.ids import household_by_phone

WORDS: Final = {"SUBSCRIBED": True, "UNSUBSCRIBED": False}
"""What a channel's `consent` may be that somebody said; NEVER_SUBSCRIBED nobody did."""
NOES: Final = {
    "UNSUBSCRIBE": "they unsubscribed", "SPAM_COMPLAINT": "they complained of spam",
    "USER_SUPPRESSED": "suppressed by a person of the shop, or by a program",
}  # fmt: skip
"""Suppressions that are a no, and who said it."""
DEAD: Final = {"HARD_BOUNCE": "mail to it came back for good", "INVALID_EMAIL": "it is no address that takes mail"}
"""Suppressions by which no other mail arrives."""
SAME: Final = timedelta(minutes=1)
"""Who unsubscribes is suppressed by that: so near in time the two are one no."""
LONGEST: Final = 200
"""Characters of how it came."""
NOBODYS: Final = "a decision of nobody: the profile has neither an address nor a number, and no household of ours"
TIMELESS: Final = "a decision of which Klaviyo does not say when it was made"
UNNAMED: Final = "a dead address that the profile does not name any more"


class Recollection(NamedTuple):
    """All that a profile says; `left` is why something is not told."""

    sightings: tuple[Sighting, ...]
    left: tuple[str, ...]
    links: tuple[Called, ...]


def channels(profile: Profile) -> Iterator[tuple[Medium, Marketing]]:
    """What it says of each channel by which people are reached at an address."""
    told = profile.attributes.subscriptions
    if told is None:
        return
    by: tuple[tuple[Medium, Channel | None], ...] = (
        (Medium.EMAIL, told.email), (Medium.SMS, told.sms), (Medium.WHATSAPP, told.whatsapp)
    )  # fmt: skip
    for medium, channel in by:
        if channel is not None and channel.marketing is not None:
            yield medium, channel.marketing


def recollected(profile: Profile) -> Recollection:
    """What it comes to. Raises ValueError for a time that is none."""
    household, left, found = whose(profile), list[str](), dict[str, Sighting]()
    for medium, told in channels(profile):
        for no, at, event in _told(profile, household or HouseholdId(""), medium, told):
            if at is None:
                left.append(TIMELESS)
            elif household is None:
                left.append(NOBODYS)
            elif event is None:
                left.append(UNNAMED)
            else:
                name = event.fact or no
                if name not in found or _refuses(event):  # of one second, and so one fact: a no decides
                    found[name] = Sighting(f"{profile.id}/{no}", at, event)
    return Recollection(tuple(found.values()), tuple(left), _links(profile))


def _refuses(event: Event) -> bool:
    return isinstance(event, ConsentChanged) and not event.consent.granted


def whose(profile: Profile) -> HouseholdId | None:
    """The household that we linked; else that of the address, else that of the number; None where it has neither.

    As orders of before name theirs, and as looks and webhooks do: what comes later is the same household's.
    """
    known = profile.attributes
    if (ours := profile.properties.get(HOUSEHOLD)) and isinstance(ours, str):
        return HouseholdId(ours)
    if known.email and known.email.strip():
        return household_by_email(known.email)
    return None if _number(known.phone_number) is None else household_by_phone(known.phone_number or "")


def _links(profile: Profile) -> tuple[Called, ...]:
    """Only our own, whole: what another system wrote there is its own, and who is about to move is not there yet."""
    ours = profile.household
    if ours is None or profile.attributes.external_id != ours:
        return ()
    return (Called("household", ours, profile.id),)


_Told = tuple[str, datetime | None, Event | None]


def _told(profile: Profile, household: HouseholdId, medium: Medium, told: Marketing) -> Iterator[_Told]:
    """Each decision, with its name and its time; no event for an address that is dead and that nobody names."""
    at, granted = second(told.consent_timestamp), WORDS.get(told.consent)
    if granted is not None and not _ours(profile, medium, told, granted=granted, at=at):
        said = _consent(profile, household, medium, told, _how(told), granted, at)
        yield f"{medium.value}/{'yes' if granted else 'no'}/{at and int(at.timestamp())}", at, said
    for one in told.suppression or ():
        when = second(one.timestamp)
        if one.reason in DEAD:
            yield one.reason, when, _dead(profile, household, one)
        elif one.reason in NOES and not _known(profile, one, when, at if granted is False else None):
            said = _consent(profile, household, medium, told, NOES[one.reason], False, when)
            yield f"{medium.value}/{one.reason}/{when and int(when.timestamp())}", when, said


def _known(profile: Profile, one: Suppressed, when: datetime | None, refused: datetime | None) -> bool:
    """Whether it is what the channel's own no says, or what we wrote there."""
    if when is None:
        return False
    if one.reason == "UNSUBSCRIBE" and refused is not None and abs(when - refused) <= SAME:
        return True
    if one.reason == "USER_SUPPRESSED":
        return _stopped(profile, when)
    return _echo(profile, Medium.EMAIL, granted=False, at=when)


def _consent(
    profile: Profile, household: HouseholdId, medium: Medium, told: Marketing, how: str, granted: bool,
    at: datetime | None,
) -> ConsentChanged | None:  # fmt: skip
    if at is None:
        return None
    known = profile.attributes
    if medium is Medium.EMAIL:
        reach = contact_of(known.email)
    else:
        reach = _number((medium is Medium.WHATSAPP and told.phone_number) or known.phone_number)
    return ConsentChanged(
        consent=Consent(
            household=household, purpose=Purpose.MARKETING, granted=granted, at=at, source=f"klaviyo: {how}"[:LONGEST],
            medium=medium, contact=reach,
        )
    )  # fmt: skip


def _how(told: Marketing) -> str:
    """By which method, and what is said of it: where the form was, which list was brought in."""
    detail = told.custom_method_detail or told.method_detail
    words = [told.method or "by a method that is not named", detail or "", "confirmed" if told.double_optin else ""]
    return ", ".join(filter(None, words))


def _dead(profile: Profile, household: HouseholdId, one: Suppressed) -> MessageBounced | None:
    email = profile.attributes.email
    if not email or not email.strip():
        return None
    return MessageBounced(
        message=MessageId(f"klaviyo/{profile.id}/{one.reason}"), household=household, medium=Medium.EMAIL, lasting=True,
        because=f"{DEAD[one.reason]}, says Klaviyo", address=household_by_email(email),
    )  # fmt: skip


def second(text: str | None) -> datetime | None:
    """When, as our facts have it. Raises ValueError for what is no time, or at the end of time."""
    at = moment(text)
    return None if at is None else aware(at).replace(microsecond=0)


def _number(text: str | None) -> Contact | None:
    try:
        return Contact(phone=text) if text else None
    except ValueError:
        return None


def _ours(profile: Profile, medium: Medium, told: Marketing, *, granted: bool, at: datetime | None) -> bool:
    """As looks know it: by our source, else by its time, and never what somebody said on a page of Klaviyo's."""
    if (told.custom_method_detail or "").startswith(SOURCE):
        return True
    by_api = told.method is None or "API" in told.method.upper()
    return by_api and at is not None and _echo(profile, medium, granted=granted, at=at)


def _echo(profile: Profile, medium: Medium, *, granted: bool, at: datetime) -> bool:
    """Whether we wrote it there: a yes has the time at which it was made, a no that at which it was written."""
    if not granted and _stopped(profile, at):
        return True
    known = profile.attributes
    mine = about(kept(profile.properties), medium, address_of(medium, known.email, known.phone_number))
    return any(
        covers(name, Purpose.MARKETING, medium) and one.granted == granted
        and (abs(one.written - at) <= OURS or abs(one.at - at) < timedelta(seconds=1))
        for name, one in mine.items()
    )  # fmt: skip


def _stopped(profile: Profile, when: datetime) -> bool:
    """Whether it was us who had everything stopped then. What somebody wrote there by hand is no time."""
    told = profile.properties.get(SUPPRESSED_AT)
    try:
        at = moment(told) if isinstance(told, str) else None
    except ValueError:
        return False
    return at is not None and abs(at - when) <= OURS
