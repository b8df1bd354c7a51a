"""What an account of openFDA needs to be told: nothing at all, or a key."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.kit import Secret

DAY: Final = 86_400.0


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`key` lets more be asked a day. `poll` is seconds between two looks: the reports are weekly.

    `url` is for tests only. Raises ValueError for a `poll` that is none.
    """

    key: Secret | None = None
    poll: float = 6 * 3_600.0
    url: str = "https://api.fda.gov"

    def __post_init__(self) -> None:
        if not 600 <= self.poll <= 7 * DAY:
            raise ValueError("`poll` is seconds, from 600 to a week: the reports are weekly")
