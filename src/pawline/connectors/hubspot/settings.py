"""What a HubSpot account needs to be told."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from pawline.kit import Secret
from pawline.model import NEED_NO_CONSENT, Purpose

VERSION: Final = "2026-09"
"""The version of every call but one: https://developers.hubspot.com/docs/developer-tooling/platform/versioning."""
MARKETING_VERSION: Final = "2026-03"
"""That of the call that sends a marketing e-mail to one person: no later one was found."""
UNTIL: Final = date(2027, 9, 30)
"""A version is unsupported 18 months after it came: the older of the two, which came on 30 March 2026."""
CONSENTED: Final = frozenset(purpose.value for purpose in Purpose if purpose not in NEED_NO_CONSENT)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account, by the token of an app of its own.

    `portal` is its Hub ID: a token of another account is refused then. `marketing`, `reminders` and `surveys` are ids
    of HubSpot's subscription types: a yes is to the first, and so is what people decide there; a no is to all.
    `emails` names, by message, the e-mail that HubSpot keeps for it. `events` names, by occurrence, the custom event.
    `poll` is seconds between two looks for who agreed and who said no; 0: none. `webhook_secrets` are the app's client
    secrets that are live. `url` is for tests only.
    """

    token: Secret
    portal: int | None = None
    marketing: tuple[int, ...] = ()
    reminders: tuple[int, ...] = ()
    surveys: tuple[int, ...] = ()
    emails: dict[str, int] = {}
    events: dict[str, str] = {}
    webhook_secrets: tuple[Secret, ...] = ()
    poll: float = 120.0
    url: str = "https://api.hubapi.com"

    @property
    def subscriptions(self) -> dict[Purpose, tuple[int, ...]]:
        """By purpose, those that have any."""
        every = {
            Purpose.MARKETING: self.marketing, Purpose.REMINDERS: self.reminders, Purpose.SURVEYS: self.surveys
        }  # fmt: skip
        return {purpose: types for purpose, types in every.items() if types}

    def types(self, purpose: Purpose) -> tuple[int, ...]:
        """HubSpot's subscription types for this purpose, the first its own; none where the settings name none."""
        return self.subscriptions.get(purpose, ())
