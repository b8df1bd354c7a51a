"""What a household decided, as HubSpot has it: its own statuses by subscription type, and our decisions in a property.

HubSpot knows e-mail, and the types that a shop made. So each decision of ours stands in `pawline_consents`, with its
time, and what they allow together in `pawline_allows`, which lists and workflows can ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.hubspot.contacts import Contact
from pawline.connectors.hubspot.preferences import Standing, Status
from pawline.connectors.hubspot.schema import ALLOWS, CONSENTS, MEDIA, SUPPRESSED, allowance
from pawline.connectors.hubspot.settings import CONSENTED
from pawline.model import NEED_NO_CONSENT, Aware, Consent, HouseholdId, Medium, Purpose, allowed

WRITTEN: Final = timedelta(minutes=15)
"""For so long after we wrote a decision, what HubSpot says of the same is taken for that."""
LONG_AGO: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""What HubSpot knows, and not since when: it is older than whatever we know."""


class Kept(msgspec.Struct, frozen=True):
    """A decision in the property; `written` is when we wrote it there, `over` when that yes of which it is the end."""

    granted: bool
    at: Aware
    source: str
    written: Aware
    wording: str | None = None
    over: Aware | None = None


def kept(contact: Contact) -> dict[str, Kept]:
    """Our decisions, by purpose and medium. What somebody changed there by hand is none."""
    try:
        told = msgspec.json.decode(contact.says(CONSENTS) or "{}", type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError):
        return {}
    found: dict[str, Kept] = {}
    for name, value in told.items():
        try:
            found[name] = msgspec.json.decode(value, type=Kept)
        except (msgspec.MsgspecError, RecursionError):
            continue
    return found


def name_of(consent: Consent) -> str:
    """Under which name a decision is kept: `reminders/email`, `marketing/all`."""
    return _name(consent.purpose, consent.medium)


def _name(purpose: Purpose, medium: Medium | None) -> str:
    return f"{purpose.value}/{'all' if medium is None else medium.value}"


def decisions(household: HouseholdId, of: Mapping[str, Kept]) -> list[Consent]:
    """What is kept, as decisions; names that are of no purpose or medium are passed over."""
    found: list[Consent] = []
    for name, one in of.items():
        purpose, _, medium = name.partition("/")
        if purpose in set(Purpose) and (medium == "all" or medium in set(Medium)):
            found.append(
                Consent(
                    household=household, purpose=Purpose(purpose), granted=one.granted, at=one.at, source=one.source,
                    medium=None if medium == "all" else Medium(medium), wording=one.wording,
                )
            )  # fmt: skip
    return found


def echoed(status: Status, purpose: Purpose, of: Mapping[str, Kept]) -> bool:
    """Whether a status is what we wrote, as far as that can be told: by our explanation, or by when we wrote.

    A no is ours only while the newest that we know is one: whether an explanation outlives what people decide
    afterwards is not documented, and no no of theirs may be taken for a yes of ours. A yes that may be either is ours.
    """
    mine = [of[name] for name in (_name(purpose, Medium.EMAIL), _name(purpose, None)) if name in of]
    if not mine:
        return False
    newest = max(mine, key=lambda one: (one.written, not one.granted))
    if not status.granted:
        return not newest.granted and (status.ours or _near(status, newest.written))
    return status.ours or _near(status, newest.written if newest.granted else newest.over)


def _near(status: Status, written: datetime | None) -> bool:
    return written is not None and status.timestamp is not None and abs(status.timestamp - written) <= WRITTEN


def theirs(
    status: Status | None, household: HouseholdId, purpose: Purpose, of: Mapping[str, Kept]
) -> tuple[Consent, ...]:
    """HubSpot's word on one purpose as a decision; what we wrote ourselves is among those that are kept."""
    if status is None or status.granted is None or echoed(status, purpose, of):
        return ()
    return (
        Consent(
            household=household, purpose=purpose, granted=status.granted, at=status.timestamp or LONG_AGO,
            source="hubspot", medium=Medium.EMAIL,
        ),
    )  # fmt: skip


def keep(of: Mapping[str, Kept], consent: Consent, now: datetime) -> dict[str, Kept]:
    """What is kept, with this decision."""
    before = of.get(name_of(consent))
    ends = before is not None and before.granted and not consent.granted
    over = None if before is None else before.written if ends else before.over
    kept = Kept(consent.granted, consent.at, consent.source, now, consent.wording, over)
    return {**of, name_of(consent): kept}


def permits(
    contact: Contact, standing: Standing, household: HouseholdId, purpose: Purpose, medium: Medium,
    types: tuple[int, ...], also: Iterable[Consent] = (),
) -> bool:  # fmt: skip
    """Whether the household allowed it, by what is kept and HubSpot's own word; `also` are decisions beside those.

    A no to all mail, and one to the household as a whole, stand over every yes.
    """
    if purpose in NEED_NO_CONSENT:
        return True
    if contact.says(SUPPRESSED) or (medium is Medium.EMAIL and standing.stopped):
        return False
    of = kept(contact)
    said = theirs(standing.status(types), household, purpose, of) if medium is Medium.EMAIL else ()
    return allowed([*decisions(household, of), *also, *said], purpose, medium)


def refused(
    contact: Contact, standing: Standing, household: HouseholdId, purpose: Purpose, medium: Medium,
    types: tuple[int, ...],
) -> bool:  # fmt: skip
    """Whether there is a no. Who was never asked is the asker's business."""
    if purpose in NEED_NO_CONSENT:
        return False
    if contact.says(SUPPRESSED) or (medium is Medium.EMAIL and standing.stopped):
        return True
    mine = [
        one for one in decisions(household, kept(contact)) if one.purpose is purpose and one.medium in (None, medium)
    ]
    status = standing.status(types) if medium is Medium.EMAIL else None
    known = bool(mine) or (status is not None and status.granted is not None)
    return known and not permits(contact, standing, household, purpose, medium, types)


def written(household: HouseholdId, of: Mapping[str, Kept]) -> dict[str, str]:
    """The properties in which decisions are kept. Marketing is not among what they allow: HubSpot's own word is."""
    every = decisions(household, of)
    allows = [
        allowance(purpose, medium.value)
        for purpose in sorted(CONSENTED - {Purpose.MARKETING.value}) for medium in MEDIA
        if allowed(every, Purpose(purpose), medium)
    ]  # fmt: skip
    return {CONSENTS: msgspec.json.encode(dict(of)).decode(), ALLOWS: ";".join(allows)}
