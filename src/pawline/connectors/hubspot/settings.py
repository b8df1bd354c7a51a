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

    `portal` is its Hub ID: a token of another account is refused then. `subscriptions` names, by purpose, HubSpot's
    subscription types: a yes is to the first, and so is what people decide there; a no is to all of them. `emails`
    names, by message, the e-mail that HubSpot keeps for it. `events` names, by occurrence, the custom event. `poll` is
    seconds between two looks for who agreed and who said no; 0: none. `webhook_secrets` are the app's client secrets
    that are live. `url` is for tests only.

    Raises ValueError for a purpose that is none, or that asks for no consent, and for one without a type.
    """

    token: Secret
    portal: int | None = None
    subscriptions: dict[str, tuple[int, ...]] = {}
    emails: dict[str, int] = {}
    events: dict[str, str] = {}
    webhook_secrets: tuple[Secret, ...] = ()
    poll: float = 120.0
    url: str = "https://api.hubapi.com"

    def __post_init__(self) -> None:
        for purpose, types in self.subscriptions.items():
            if purpose not in CONSENTED:
                raise ValueError(f"subscriptions: no consent is asked for {purpose[:40]}; name {_either(CONSENTED)}")
            if not types:
                raise ValueError(f"subscriptions: {purpose} names no type")

    def types(self, purpose: Purpose) -> tuple[int, ...]:
        """HubSpot's subscription types for this purpose, the first its own; none where the settings name none."""
        return self.subscriptions.get(purpose.value, ())


def _either(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
