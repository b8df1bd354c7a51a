"""Dry runs: what would be made of the newest that an account has, or of a webhook in a file; written nowhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from pawline.hub.hearing import Arrived, Hearing
from pawline.hub.settings import HubRefused
from pawline.model.events.webhooks import WebhookUnclaimed
from pawline.ports import PortError

if TYPE_CHECKING:
    from pathlib import Path

    from pawline.hub.watching import Watched
    from pawline.hub.wiring import Connections
    from pawline.kit import Headers, Tried
    from pawline.model import Envelope


class Refused(msgspec.Struct, frozen=True):
    """What could not be read; without a `line` it is the whole."""

    line: int | None
    why: str


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """Of one watch: where it looked, rows that would be events, some of them, and every one that would be refused.

    `problem` is why there is nothing to say.
    """

    watch: str
    where: str = ""
    rows: int = 0
    first: list[dict[str, Any]] = []
    refused: list[Refused] = []
    problem: str = ""

    @property
    def good(self) -> bool:
        """Whether everything would be read."""
        return not self.refused and not self.problem


async def rehearsed(connections: Connections, account: str, watch: str = "") -> list[Rehearsal]:
    """Each watch of the account that can be rehearsed, or the one of that name. Raises HubRefused without one."""
    ours = [one for one in connections.watched if one.account == account and one.rehearse is not None]
    wanted = [one for one in ours if not watch or one.name == watch]
    if not wanted:
        there = ", ".join(one.name for one in ours) or "none yet"
        raise HubRefused(f"{account} has no {watch or 'export'} to try: there is {there}")
    return [await _rehearsed(one) for one in wanted]


def delivered(connections: Connections, account: str, file: Path, headers: Headers) -> Rehearsal:
    """What the body in the file would become, had the account's sender signed it. Raises HubRefused."""
    ear = next((one for one in connections.ears if one.account == account), None)
    if ear is None:
        raise HubRefused(f"{account} hears no webhooks: its settings say nothing of them, or have no secret")
    try:
        body = file.read_bytes()
    except OSError as problem:
        raise HubRefused(
            f"{file} cannot be read ({problem.strerror}): give the body of a webhook, as it comes"
        ) from None
    arrived = Arrived(account, ear.shop, headers, body, time.time())
    told = [one.event for one in Hearing(_nowhere, connections.ears).read(arrived)]
    refused = [Refused(None, one.why) for one in told if isinstance(one, WebhookUnclaimed)]
    first = [] if refused else [msgspec.to_builtins(one) for one in told]
    return Rehearsal(watch="webhook", where=file.name, rows=len(first), first=first, refused=refused)


async def _nowhere(_: Envelope) -> NoReturn:
    raise AssertionError("a dry run records nothing")


async def _rehearsed(one: Watched) -> Rehearsal:
    assert one.rehearse is not None  # noqa: S101 - only such are asked
    try:
        tried = await one.rehearse()
    except PortError as problem:
        return Rehearsal(watch=one.name, problem=problem.text)
    if tried is None:
        return Rehearsal(watch=one.name, problem="nothing is there yet")
    return _told(one.name, tried)


def _told(watch: str, tried: Tried) -> Rehearsal:
    first = [_flat(msgspec.to_builtins(one.event)) for one in tried.first]
    refused = [Refused(one.line, one.why) for one in tried.quarantined]
    return Rehearsal(watch=watch, where=tried.where, rows=tried.rows, first=first, refused=refused)


def _flat(event: dict[str, Any]) -> dict[str, Any]:
    """Fields by name, those of a part of it among them, without what is empty."""
    found: dict[str, Any] = {}
    for name, value in event.items():
        if isinstance(value, dict):
            found |= _flat(value)
        elif name != "type" and value is not None:
            found[name] = value
    return found
