"""Who is in a user group, asked of Slack as often as it lets us: 20 times a minute.

https://docs.slack.dev/reference/methods/usergroups.users.list
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

import msgspec

from pawline.connectors.slack.client import Api
from pawline.ports import Rejected

FRESH: Final = 30.0
"""Seconds for which it is remembered: of all groups that the settings may name, two reads in a minute are let in."""


class Group(msgspec.Struct, frozen=True):
    """Who is in a user group."""

    users: tuple[str, ...]


class Groups:
    """What one account knows of its groups. Those who ask at once share one read."""

    def __init__(self, api: Api, now: Callable[[], float] = time.monotonic) -> None:
        self._api: Final = api
        self._now: Final = now
        self._reading: Final = asyncio.Lock()
        self._known: Final = dict[str, tuple[float, frozenset[str]]]()

    async def members(self, group: str) -> frozenset[str]:
        """Nobody is in a group that Slack refuses to tell of: `pawline doctor` says which, and why."""
        async with self._reading:
            until, users = self._known.get(group, (0.0, frozenset[str]()))
            if self._now() < until:
                return users
            try:
                found = frozenset((await read(self._api, group)).users)
            except Rejected:  # it is gone, or the workspace's plan has none any more: others may be in other groups
                found = frozenset()
            self._known[group] = (self._now() + FRESH, found)
            return found


async def read(api: Api, group: str) -> Group:
    """The group as Slack has it at this moment. Raises one of the four errors."""
    return await api.read("usergroups.users.list", query={"usergroup": group}, into=Group)
