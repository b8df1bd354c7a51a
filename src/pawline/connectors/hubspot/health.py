"""Whether an account can do its work: the token is good, of this account, and may do what the ports ask for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from pawline.connectors.hubspot.api import CONTACTS, Batch, Client, call
from pawline.connectors.hubspot.schema import Properties
from pawline.connectors.hubspot.settings import VERSION, Settings
from pawline.ports import Code, Rejected, Unauthorised

NOBODY: Final = "nobody@pawline.invalid"
"""Asked about to see whether asking is allowed: nobody has such an address."""
WRITES: Final = (
    "crm.objects.contacts.write", "crm.schemas.contacts.write", "communication_preferences.read_write",
    "transactional-email", "marketing-email", "analytics.behavioral_events.send",
)  # fmt: skip
"""What else a token may need: to write as a try is none."""


class Account(msgspec.Struct, frozen=True, rename="camel"):
    """The account of the token."""

    portal_id: int


class Type(msgspec.Struct, frozen=True, rename="camel"):
    """A subscription type. Its id is a number in quotes here, and one without elsewhere."""

    id: str
    is_active: bool


async def probe(http: Client, settings: Settings, plays: frozenset[str]) -> None:
    """Raises Unauthorised for a token of another account and for scopes of reading that lack, all by name.

    Raises Rejected for a subscription type that is not there, and where Marketing has none for marketing.
    """
    lacks: list[str] = []
    account = await _tried(lacks, "oauth", lambda: http.get("account-info", VERSION, "details", into=Account))
    if settings.portal is not None and account is not None and account.portal_id != settings.portal:
        raise Unauthorised("the token is of another account than `portal` says", Code.CREDENTIALS)
    few = {"limit": "1"}
    await _tried(lacks, "crm.objects.contacts.read", lambda: http.get(*CONTACTS, query=few, into=Batch[Any]))
    path = ("crm", "properties", VERSION, "contacts")
    await _tried(lacks, "crm.schemas.contacts.read", lambda: http.get(*path, into=Properties))
    types = await _types(http, lacks) if settings.subscriptions or "Marketing" in plays else None
    if settings.subscriptions and settings.poll > 0:
        await _tried(lacks, "communication_preferences.statuses.batch.read", lambda: _statuses(http))
    if lacks:
        raise Unauthorised(f"the token lacks the scopes {', '.join(lacks)}", Code.FORBIDDEN)
    if types is not None:
        _check(settings, types, plays)


async def _tried(lacks: list[str], scope: str, ask: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - of the call
    """What came of it; None where this scope, or another that HubSpot names, lacks."""
    try:
        return await ask()
    except Unauthorised as no:
        if no.code is not Code.FORBIDDEN:
            raise
        lacks.append(scope)
        return None


async def _types(http: Client, lacks: list[str]) -> Batch[Type] | None:
    async def ask() -> Batch[Type]:
        return await http.get("communication-preferences", VERSION, "definitions", into=Batch[Type])

    found: Batch[Type] | None = await _tried(lacks, "communication_preferences.read", ask)
    return found


async def _statuses(http: Client) -> object:
    path = ("communication-preferences", VERSION, "statuses", "batch", "read")
    return await call(http, "POST", *path, json={"inputs": [NOBODY]}, query={"channel": "EMAIL"}, into=Batch[Any])


def _check(settings: Settings, types: Batch[Type], plays: frozenset[str]) -> None:
    there = {one.id for one in types.results if one.is_active}
    for purpose, wanted in settings.subscriptions.items():
        if lost := [str(one) for one in wanted if str(one) not in there]:
            raise Rejected(f"HubSpot has no subscription type {', '.join(lost)} for {purpose.value}", Code.NOT_FOUND)
    if "Marketing" in plays and not settings.marketing:
        raise Rejected(
            f"name HubSpot's subscription type in `marketing` (there are {', '.join(sorted(there))}): without one a no"
            " to marketing could not be written there",
            Code.INVALID,
        )
