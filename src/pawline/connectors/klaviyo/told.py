"""What Klaviyo says that people decided, as our events: by webhook and by look the same fact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from pawline.connectors.klaviyo.api import moment
from pawline.connectors.klaviyo.consenting import OURS, about, kept, written_near
from pawline.connectors.klaviyo.profiles import HOUSEHOLD, Profile, address_of
from pawline.connectors.klaviyo.subscribing import SOURCE, SUPPRESSED_AT
from pawline.kit import contact_of
from pawline.model import (
    Consent,
    ConsentChanged,
    HouseholdId,
    Medium,
    Purpose,
    household_by_email,
)  # fmt: skip

METRICS: Final[Mapping[str, tuple[Medium, bool]]] = {
    "Subscribed to Email Marketing": (Medium.EMAIL, True),
    "Unsubscribed from Email Marketing": (Medium.EMAIL, False),
    "Marked Email as Spam": (Medium.EMAIL, False),
    "Subscribed to SMS Marketing": (Medium.SMS, True),
    "Unsubscribed from SMS Marketing": (Medium.SMS, False),
}
"""Klaviyo's own metrics, and what somebody decided by each."""


class EventAttributes(msgspec.Struct, frozen=True):
    """What happened, and when: `datetime`, or seconds since 1970."""

    moment: str | None = msgspec.field(name="datetime", default=None)
    timestamp: int | None = None
    event_properties: dict[str, Any] | None = None

    def at(self) -> datetime:
        """When. Raises ValueError where it says no time."""
        found = moment(self.moment)
        if found is not None:
            return found.replace(microsecond=0)
        if self.timestamp is None:
            raise ValueError("an event that says no time")
        return datetime.fromtimestamp(self.timestamp, UTC)


class Subject(msgspec.Struct, frozen=True):
    """Whose it is."""

    id: str


class Whose(msgspec.Struct, frozen=True):
    """A relation to one resource."""

    data: Subject | None = None


class EventRelations(msgspec.Struct, frozen=True):
    """Whose event it is."""

    profile: Whose = Whose()


class EventNode(msgspec.Struct, frozen=True):
    """An event, as the API and webhooks have it."""

    id: str
    attributes: EventAttributes
    relationships: EventRelations = EventRelations()

    @property
    def says(self) -> Mapping[str, Any]:
        """Its properties."""
        return self.attributes.event_properties or {}


def household_of(profile: Profile | None, told: EventNode) -> HouseholdId | None:
    """Whose decision it is: the profile's household, else that of the address which the event or the profile names."""
    if profile is not None and (ours := profile.properties.get(HOUSEHOLD)) and isinstance(ours, str):
        return HouseholdId(ours)
    email = _address(profile, told)
    return household_by_email(email) if isinstance(email, str) and email.strip() else None


def _address(profile: Profile | None, told: EventNode) -> object:
    return told.says.get("email_address") or (profile and profile.attributes.email)


def decided(told: EventNode, metric: str, household: HouseholdId, profile: Profile | None = None) -> ConsentChanged:
    """The decision, with the address that it was made of."""
    medium, granted = METRICS[metric]
    consent = Consent(
        household=household, purpose=Purpose.MARKETING, granted=granted, at=told.attributes.at(), source="klaviyo",
        medium=medium, contact=contact_of(_address(profile, told)),
    )  # fmt: skip
    return ConsentChanged(consent=consent)


def by_api(told: EventNode) -> bool:
    """Whether a program said it, as far as Klaviyo says how: we, or another one."""
    method = told.says.get("method")
    return method is None or "API" in str(method).upper()


def sourced(told: EventNode) -> bool:
    """Whether it bears our own source."""
    source = told.says.get("custom_method_detail")
    return isinstance(source, str) and source.startswith(SOURCE)


def echoed(told: EventNode, metric: str, profile: Profile | None) -> bool:
    """Whether it is what we ourselves wrote there: no household decided anything then.

    A no bears no source of ours: it is known by its time, and is never one that a person said on a page of Klaviyo's.
    So is what came of a suppression.
    """
    medium, granted = METRICS[metric]
    if sourced(told) or not by_api(told):
        return sourced(told)
    at, of = told.attributes.at(), {} if profile is None else kept(profile.properties)
    if not granted and (stopped := _stopped(profile)) is not None and abs(at - stopped) <= OURS:
        return True
    return bool(written_near(about(of, medium, _reached(profile, told, medium)), medium, granted=granted, at=at))


def _reached(profile: Profile | None, told: EventNode, medium: Medium) -> str | None:
    """The address that it was said of: the profile may have another one since."""
    email = _address(profile, told)
    phone = None if profile is None else profile.attributes.phone_number
    return address_of(medium, email if isinstance(email, str) else None, phone)


def _stopped(profile: Profile | None) -> datetime | None:
    """When we had everything stopped, if we did. What somebody wrote there by hand is no time."""
    told = None if profile is None else profile.properties.get(SUPPRESSED_AT)
    try:
        return moment(told) if isinstance(told, str) else None
    except ValueError:
        return None
