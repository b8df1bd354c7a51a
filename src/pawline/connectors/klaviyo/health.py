"""Whether an account can do its work: the key is good, of this account, and may read what the ports read."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.connectors.klaviyo.api import Api, Client, Many
from pawline.connectors.klaviyo.settings import Settings
from pawline.ports import Code, Unauthorised

_FEW: Final = {"page[size]": "1"}
_READS: Final = {
    "profiles:read": ("profiles", _FEW), "events:read": ("events", _FEW), "metrics:read": ("metrics", {}),
    "flows:read": ("flows", _FEW), "subscriptions:read": ("profile-suppression-bulk-create-jobs", {}),
}  # fmt: skip
_MARKETING: Final = frozenset({"flows:read", "subscriptions:read"})
"""What only Marketing asks for."""
WRITES: Final = ("profiles:write", "events:write", "subscriptions:write", "lists:write")
"""What else a key must have: Klaviyo tells nobody which scopes a key has, and to write as a try is none."""


class AccountNode(msgspec.Struct, frozen=True):
    """The account of the key."""

    id: str


class Anything(msgspec.Struct, frozen=True):
    """A resource that is not read."""

    id: str


async def probe(http: Client, settings: Settings, plays: frozenset[str]) -> None:
    """Raises Unauthorised for a key of another account, and for scopes of reading that are lacking, all by name.

    https://developers.klaviyo.com/en/docs/authenticate_#api-key-scopes
    """
    api, lacks = Api(http), list[str]()
    try:
        accounts = (await api.read("accounts", into=Many[AccountNode])).data
    except Unauthorised as no:
        if no.code is not Code.FORBIDDEN:
            raise
        accounts = ()
        lacks.append("accounts:read")
    if settings.account is not None and accounts and all(one.id != settings.account for one in accounts):
        raise Unauthorised("the key is of another account than `account` says", Code.CREDENTIALS)
    for scope, (path, query) in _READS.items():
        if scope in _MARKETING and "Marketing" not in plays:
            continue
        try:
            await api.read(path, query=query, into=Many[Anything])
        except Unauthorised as no:
            if no.code is not Code.FORBIDDEN:
                raise
            lacks.append(scope)
    if lacks:
        raise Unauthorised(f"the key lacks the scopes {', '.join(lacks)}", Code.FORBIDDEN)
