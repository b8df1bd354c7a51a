"""What a Twilio account needs to be told."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from pawline.kit import Secret

BASE: Final = "https://api.twilio.com"
MESSAGING: Final = "https://messaging.twilio.com"
LONGEST: Final = 36_000
"""Seconds that Twilio keeps a text in its queue at most."""
MOST: Final = 12
"""Segments of 1,600 characters, and one for what cannot be cut in two."""
_SID: Final = "[0-9a-fA-F]{32}"
_SENDER: Final = re.compile(
    rf"MG{_SID}|\+[1-9][0-9]{{3,14}}|[0-9]{{3,8}}|(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 +_&-]{{0,10}}"
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Twilio account (`AC…`), let in by its auth token, or by an API key (`SK…`) whose secret is `token`.

    `sender` is whom texts are from: a number in E.164, a short code, an alphanumeric sender, or a Messaging Service
    (`MG…`). `webhook_secrets` are auth tokens, for Twilio signs with them whatever lets us in: two while one is
    changed; none, and nobody is believed. `segments` is what one text may cost at most, `valid` seconds that it may
    wait at Twilio. `inbound`: whether texts that people send are to come here. `poll` is seconds between two looks for
    what no webhook told; 0: none. `url` and `messaging_url` are for tests, and for Twilio's other regions.

    Raises ValueError for an account, a key or a sender that is none, and for numbers out of range.
    """

    account: str
    token: Secret
    sender: str
    key: str = ""
    webhook_secrets: tuple[Secret, ...] = ()
    segments: int = 6
    valid: int = 14_400
    inbound: bool = True
    poll: float = 900.0
    url: str = BASE
    messaging_url: str = MESSAGING

    def __post_init__(self) -> None:
        if not re.fullmatch(f"AC{_SID}", self.account):
            raise ValueError("`account` is an Account SID: AC and 32 digits of hex")
        if self.key and not re.fullmatch(f"SK{_SID}", self.key):
            raise ValueError("`key` is an API key's SID, SK and 32 digits of hex; its secret is `token`")
        if not _SENDER.fullmatch(self.sender):
            raise ValueError("`sender` is a number (+15551234567), a short code, up to 11 letters, or a service (MG…)")
        if not 1 <= self.segments <= MOST:
            raise ValueError(f"`segments` is 1 to {MOST}: of 153 characters each, of 67 where one is no GSM-7")
        if not 1 <= self.valid <= LONGEST:
            raise ValueError(f"`valid` is 1 to {LONGEST} seconds")

    @property
    def service(self) -> bool:
        """Whether a Messaging Service sends, and chooses the number."""
        return self.sender.startswith("MG") and len(self.sender) == 34

    @property
    def short(self) -> bool:
        """Whether a short code sends, which reaches its own country alone."""
        return self.sender.isdigit()

    @property
    def number(self) -> bool:
        """Whether one number sends."""
        return self.sender.startswith("+")
