"""What a contact says of the past: who agreed and who said no, when and how, and which addresses are dead.

HubSpot has how an address stands now, and since when: not every word before that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec

from pawline.connectors.hubspot.consenting import Said, about, echoed, kept
from pawline.connectors.hubspot.contacts import Contact
from pawline.connectors.hubspot.preferences import Standing, Status, Wide
from pawline.connectors.hubspot.schema import HOUSEHOLD, SUPPRESSED
from pawline.connectors.hubspot.settings import Settings
from pawline.kit import Called, Sighting, aware, contact_of
from pawline.kit.kept import covers
from pawline.model import (
    Aware,
    Consent,
    ConsentChanged,
    HouseholdId,
    Medium,
    MessageBounced,
    MessageId,
    Purpose,
    household_by_email,
)

OPTED_OUT: Final = "hs_email_optout"
BOUNCED: Final = "hs_email_hard_bounce_reason_enum"
"""Why mail to a contact came back for good, in a word of HubSpot's."""
DEAD: Final = frozenset({"UNKNOWN_USER"})
"""Of these words those that are about the address. Others (content, spam, policy) are about a letter, or its sender.

https://knowledge.hubspot.com/email/what-is-the-difference-between-a-hard-bounce-and-a-soft-bounce
"""
ALL_MAIL: Final = "unsubscribed from all mail"
LONGEST: Final = 200
"""Characters of how it came."""
_WORD: Final = re.compile(r"[^A-Z0-9]+")
TIMELESS: Final = "a decision of which HubSpot does not say when it was made"
UNNAMED: Final = "a no to all mail, or a dead address, of a contact that names no address"
OVERRULED: Final = "a yes over which a no stands that is kept with the contact, and is not older"
ALIVE: Final = "mail that came back for good for another reason than that there is no such address"
UNDATED: Final = "a dead address of which HubSpot does not say since when"
ELSEWHERE: Final = "mail that came back for good, from an address that the contact does not have any more"


class Bounce(msgspec.Struct, frozen=True):
    """Why mail came back, and when; `elsewhere`: the contact got its address after that."""

    reason: str
    at: Aware | None = None
    elsewhere: bool = False


class Remembered(msgspec.Struct, frozen=True):
    """A contact as it is written down: how its address stands is None where HubSpot did not answer for it."""

    id: str
    properties: dict[str, str]
    statuses: tuple[Status, ...] | None
    wide: tuple[Wide, ...]
    bounce: Bounce | None

    @property
    def contact(self) -> Contact:
        """As HubSpot has it."""
        return Contact(self.id, dict(self.properties))


class Recollection(NamedTuple):
    """All that a contact says; `left` is why something is not told."""

    sightings: tuple[Sighting, ...]
    left: tuple[str, ...]
    links: tuple[Called, ...]


_Told = tuple[bool, datetime | None, str]
"""Whether they said yes, when, and how."""


def purposes(settings: Settings) -> Mapping[Purpose, tuple[int, ...]]:
    """What a no to all mail is about: all that has a type, and marketing."""
    return {Purpose.MARKETING: ()} | settings.subscriptions


def recollected(settings: Settings, row: Remembered) -> Recollection:
    """What it comes to. Raises ValueError where HubSpot did not say how its address stands."""
    contact, left = row.contact, list[str]()
    if not contact.address:
        if row.bounce is not None or contact.says(OPTED_OUT) == "true":
            left.append(UNNAMED)
        return Recollection((), tuple(left), link(contact))
    if row.statuses is None:
        raise ValueError("HubSpot does not say how its address stands")
    household = HouseholdId(contact.household or household_by_email(contact.email))
    standing = Standing({one.subscription_id: one for one in row.statuses}, row.wide)
    found = list(_decisions(settings, contact, household, standing, left))
    if row.bounce is not None:
        found += _bounced(contact, household, row.bounce, left)
    return Recollection(tuple(found), tuple(left), link(contact))


def link(contact: Contact) -> tuple[Called, ...]:
    """Ours, whole: who is about to move is not there yet."""
    ours = contact.household
    return (Called("household", ours, contact.id),) if ours and contact.says(HOUSEHOLD) == ours else ()


def _decisions(
    settings: Settings, contact: Contact, household: HouseholdId, standing: Standing, left: list[str]
) -> Iterator[Sighting]:
    of = kept(contact)
    for purpose, types in purposes(settings).items():
        told = _said(contact, standing, types, purpose, of)
        if told is None:
            continue
        granted, at, how = told
        if at is None:
            left.append(TIMELESS)
        elif granted and _overruled(contact, purpose, of, at):
            left.append(OVERRULED)
        else:
            consent = Consent(
                household=household, purpose=purpose, granted=granted, at=at, source=f"hubspot: {how}"[:LONGEST],
                medium=Medium.EMAIL, contact=contact_of(contact.email),
            )  # fmt: skip
            name = f"{contact.id}/{purpose.value}/{round(at.timestamp() * 1_000)}"  # as looks call it
            yield Sighting(name, at, ConsentChanged(consent=consent))


def _said(
    contact: Contact, standing: Standing, types: tuple[int, ...], purpose: Purpose, of: dict[str, Said]
) -> _Told | None:
    """What they say of one purpose, as looks have it. What we wrote there is no word of theirs.

    A no to all mail stands over every yes to a type (none such is written down); a no to a type is one beside it.
    """
    status, theirs = standing.status(types), standing.stopped and not contact.says(SUPPRESSED)
    if theirs and (since := standing.stopped_at) is not None:
        return False, aware(since), ALL_MAIL
    if status is None or status.granted is None or echoed(status, purpose, of, contact.address):
        return (False, None, ALL_MAIL) if theirs else None
    return status.granted, None if status.timestamp is None else aware(status.timestamp), _how(status)


def _how(status: Status) -> str:
    """By which way, and why that is allowed."""
    words = (status.source or "by a way that is not named", status.legal_basis, status.legal_basis_explanation)
    return ", ".join(filter(None, words))


def _overruled(contact: Contact, purpose: Purpose, of: dict[str, Said], at: datetime) -> bool:
    """Whether it is known otherwise: an older yes is none over a newer no, and none where nothing more is sent."""
    mine = about(of, Medium.EMAIL, contact.address)
    return bool(contact.says(SUPPRESSED)) or any(
        covers(name, purpose, Medium.EMAIL) and not one.granted and one.at >= at for name, one in mine.items()
    )


def _bounced(contact: Contact, household: HouseholdId, bounce: Bounce, left: list[str]) -> Iterator[Sighting]:
    """That its address is dead, as a message of HubSpot's own: which letter came back it does not say."""
    reason = _WORD.sub("_", bounce.reason.upper()).strip("_")
    if reason not in DEAD:
        left.append(ALIVE)
    elif bounce.at is None:
        left.append(UNDATED)
    elif bounce.elsewhere:
        left.append(ELSEWHERE)
    else:
        name = f"{contact.id}/{reason}/{int(bounce.at.timestamp())}"
        yield Sighting(
            name, bounce.at.astimezone(UTC),
            MessageBounced(
                message=MessageId(f"hubspot/{name}"), household=household, medium=Medium.EMAIL, lasting=True,
                because="there is no such address, says HubSpot", address=household_by_email(contact.email),
            ),
        )  # fmt: skip
