"""What a Zendesk account needs to be told."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from pawline.kit import Secret

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Zendesk, by its subdomain (`paws` of paws.zendesk.com).

    `email` is the agent as whom we work, with an API token of it; without one `token` is an OAuth access token. `group`
    is the number of the group that gets our tickets. `webhook_secrets` are the signing secrets that are live, two while
    one is changed; none, and nobody is believed. `quick`: webhooks tell of new tickets, too, before it is known whose
    they are. `poll` is seconds between two looks for what no webhook told; 0: none. `url` is for tests only.

    Raises ValueError for a subdomain that is none.
    """

    subdomain: str
    email: str = ""
    token: Secret
    group: int | None = None
    webhook_secrets: tuple[Secret, ...] = ()
    quick: bool = False
    poll: float = 60.0
    url: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.subdomain):
            raise ValueError("`subdomain` is what stands before .zendesk.com, such as paws")

    @property
    def home(self) -> str:
        """Its address."""
        return self.url or f"https://{self.subdomain}.zendesk.com"
