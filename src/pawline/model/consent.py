"""What people allowed us to do, and how that is decided."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Final

import msgspec

from pawline.model.contact import Contact
from pawline.model.ids import HouseholdId
from pawline.model.moment import Aware, check_aware


class Purpose(enum.StrEnum):
    """What something is done for. The strings are stored: add, never rename."""

    TRANSACTION = "transaction"
    """An order, its delivery, its invoice: needs no consent."""
    SAFETY = "safety"
    """A recall: goes out over every opt-out."""
    REMINDERS = "reminders"
    MARKETING = "marketing"
    SURVEYS = "surveys"
    PERSONALISATION = "personalisation"
    ANALYTICS = "analytics"


class Medium(enum.StrEnum):
    """How people are reached. The strings are stored: add, never rename."""

    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    PUSH = "push"
    PHONE = "phone"
    POST = "post"
    WEB = "web"


NEED_NO_CONSENT: Final = frozenset({Purpose.TRANSACTION, Purpose.SAFETY})
"""Purposes that no consent is asked for and no opt-out stops."""


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One decision of a household: `granted` or withdrawn, for one purpose, over one medium or (None) over all.

    `source` says where it was given (`checkout`, `klaviyo webhook`), `wording` which text was agreed to. `contact` is
    the address that it was said of, where whoever tells it knows: a tool that has them by their address, and not by
    our household's id, is told of a no all the same.

    Raises ValueError for a time without a zone.
    """

    household: HouseholdId
    purpose: Purpose
    granted: bool
    at: Aware
    source: str
    medium: Medium | None = None
    wording: str | None = None
    contact: Contact | None = None

    def __post_init__(self) -> None:
        check_aware("a consent's time", self.at)


def allowed(consents: Iterable[Consent], purpose: Purpose, medium: Medium) -> bool:
    """Whether these decisions of one household allow it: the newest that covers it decides, a no among equally new.

    Without any decision the answer is no, except for `NEED_NO_CONSENT`.
    """
    if purpose in NEED_NO_CONSENT:
        return True
    about = [consent for consent in consents if consent.purpose is purpose and consent.medium in (None, medium)]
    if not about:
        return False
    return max(about, key=lambda consent: (consent.at, not consent.granted)).granted
