"""What a household decided, as HubSpot has it: its own statuses by subscription type, and our decisions in a property.

HubSpot knows e-mail, and the types that a shop made. So each decision of ours stands in `pawline_consents`, with its
time and address, and what they allow together in `pawline_allows`, which lists and workflows can ask for. A contact's
address may be changed at HubSpot, and be that of another household: so each keeps what was said of which address.
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
from pawline.connectors.hubspot.told import address
from pawline.kit.kept import Kept, covers, decisions, name_of
from pawline.model import NEED_NO_CONSENT, Aware, Consent, HouseholdId, Medium, Purpose, allowed

WRITTEN: Final = timedelta(minutes=15)
"""For so long after we wrote a decision, what HubSpot says of the same is taken for that."""
LONG_AGO: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""What HubSpot knows, and not since when: it is older than whatever we know."""


class Said(Kept, frozen=True):
    """A decision in the property; `over` is when we wrote that yes there of which it is the end.

    `of` is the address that it was said of, `by` the household that said it where that is not the contact's.
    """

    over: Aware | None = None
    of: str | None = None
    by: str | None = None

    def counts(self, medium: Medium, email: str) -> bool:
        """Whether it is about this: a no of the household's is of all its addresses, all else of its own only."""
        if medium is not Medium.EMAIL:
            return self.by is None
        return self.of in (None, email) or (self.by is None and not self.granted)


def kept(contact: Contact) -> dict[str, Said]:
    """Our decisions, by purpose and medium. What somebody changed there by hand is none."""
    try:
        told = msgspec.json.decode(contact.says(CONSENTS) or "{}", type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError):
        return {}
    found: dict[str, Said] = {}
    for name, value in told.items():
        try:
            found[name] = msgspec.json.decode(value, type=Said)
        except (msgspec.MsgspecError, RecursionError):
            continue
    return found


def said_of(consent: Consent) -> str:
    """The address that it was said of; '' where none was named, or it is of a medium that has no such address."""
    return address(consent.contact) if by_mail(consent) else ""


def by_mail(consent: Consent) -> bool:
    """Whether e-mail is among what it is about."""
    return consent.medium in (None, Medium.EMAIL)


def about(of: Mapping[str, Said], medium: Medium, email: str) -> dict[str, Said]:
    """What of it counts."""
    return {name: one for name, one in of.items() if one.counts(medium, email)}


def echoed(status: Status, purpose: Purpose, of: Mapping[str, Said], email: str) -> bool:
    """Whether an address's status is what we wrote, as far as that can be told: by our explanation, or by when we did.

    A no is ours only while the newest that we know is one: whether an explanation outlives what people decide
    afterwards is not documented, and no no of theirs may be taken for a yes of ours. The newest is what was said last,
    whenever it was told: what is older is kept, and not written there. A yes that may be either is ours. It may have
    been kept with a contact that had this address then.
    """
    mine = [one for name, one in about(of, Medium.EMAIL, email).items() if covers(name, purpose, Medium.EMAIL)]
    if not mine:
        return bool(status.granted and status.ours)
    if status.granted:
        return status.ours or any(_near(status, one.written if one.granted else one.over) for one in mine)
    if max(mine, key=lambda one: (one.at, not one.granted)).granted:
        return False
    return status.ours or any(_near(status, one.written) for one in mine if not one.granted)


def _near(status: Status, written: datetime | None) -> bool:
    return written is not None and status.timestamp is not None and abs(status.timestamp - written) <= WRITTEN


def theirs(
    status: Status | None, household: HouseholdId, purpose: Purpose, of: Mapping[str, Said], email: str
) -> tuple[Consent, ...]:
    """HubSpot's word on one purpose as a decision; what we wrote ourselves is among those that are kept."""
    if status is None or status.granted is None or echoed(status, purpose, of, email):
        return ()
    return (
        Consent(
            household=household, purpose=purpose, granted=status.granted, at=status.timestamp or LONG_AGO,
            source="hubspot", medium=Medium.EMAIL,
        ),
    )  # fmt: skip


def keep(of: Mapping[str, Said], consent: Consent, now: datetime, by: str = "") -> dict[str, Said] | None:
    """What is kept, with this decision; None where a newer one of the same is. `by` as in `Kept`."""
    email = said_of(consent)
    name = name_of(consent, email, by)
    before = of.get(name)
    if before is not None and before.outlasts(consent):
        return None
    ends = before is not None and before.granted and not consent.granted
    over = None if before is None else before.written if ends else before.over
    kept = Said(consent.granted, consent.at, consent.source, now, consent.wording, over, email or None, by or None)
    return {**of, name: kept}


def permits(
    contact: Contact, standing: Standing, household: HouseholdId, purpose: Purpose, medium: Medium,
    types: tuple[int, ...], also: Iterable[Consent] = (), email: str = "",
) -> bool:  # fmt: skip
    """Whether the household allowed it, by what is kept and HubSpot's own word; `also` are decisions beside those.

    It is asked of the contact's address, or of `email`: `standing` is that one's.

    A no to all mail, and one to the household as a whole, stand over every yes.
    """
    if purpose in NEED_NO_CONSENT:
        return True
    if contact.says(SUPPRESSED) or (medium is Medium.EMAIL and standing.stopped):
        return False
    of, email = kept(contact), email or contact.address
    said = theirs(standing.status(types), household, purpose, of, email) if medium is Medium.EMAIL else ()
    return allowed([*decisions(household, about(of, medium, email)), *also, *said], purpose, medium)


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
        one for one in decisions(household, about(kept(contact), medium, contact.address))
        if one.purpose is purpose and one.medium in (None, medium)
    ]  # fmt: skip
    status = standing.status(types) if medium is Medium.EMAIL else None
    known = bool(mine) or (status is not None and status.granted is not None)
    return known and not permits(contact, standing, household, purpose, medium, types)


def written(contact: Contact, of: Mapping[str, Said]) -> dict[str, str]:
    """The properties in which decisions are kept. Marketing is not among what they allow: HubSpot's own word is."""
    every = {medium: decisions(HouseholdId(contact.household), about(of, medium, contact.address)) for medium in MEDIA}
    allows = [
        allowance(purpose, medium.value)
        for purpose in sorted(CONSENTED - {Purpose.MARKETING.value}) for medium in MEDIA
        if allowed(every[medium], Purpose(purpose), medium)
    ]  # fmt: skip
    return {CONSENTS: msgspec.json.encode(dict(of)).decode(), ALLOWS: ";".join(allows)}
