"""What Slack knows: one workspace, its people and user groups, its channels and their messages, and the app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

DID = Callable[..., str]
"""Writes down an effect: see `Vendors.did`."""
TEAM, APP, BOT, ME = "T0PAWS", "A0PAWLINE", "B0PAWLINE", "U0PAWLINE"
SCOPES: Final = ("chat:write", "channels:history", "usergroups:read")


@dataclass
class Message:
    """One in a channel; `ts` is its name there. Who has no `bot` is a person."""

    ts: str
    user: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    bot: str | None = None


@dataclass
class Whisper:
    """A message that one person saw, and nobody else."""

    channel: str
    user: str
    text: str


@dataclass
class Channel:
    """A channel, and whether the app is in it."""

    id: str
    joined: bool = True
    archived: bool = False
    members: set[str] = field(default_factory=set)
    messages: list[Message] = field(default_factory=list)


@dataclass
class Person:
    """Somebody; `team` is another workspace's for who comes by a shared channel."""

    id: str
    team: str = TEAM
    name: str = "somebody"


@dataclass
class Books:
    """One workspace. `tell` is told what somebody clicked; `person` is whose token it is, if it is not the bot's.

    `enterprise` is the organisation that it is of, if it is; the app may be installed `everywhere` in that.
    """

    now: Callable[[], float]
    did: DID
    tell: Callable[[dict[str, Any]], None] = lambda _: None
    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    whispers: list[Whisper] = field(default_factory=list)
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    person: str = ""
    enterprise: str = ""
    everywhere: bool = False
    edits: bool = True
    last: float = 0.0
    clicks: int = 0

    def channel(self, name: str) -> Channel:
        """The channel of this id, made where there is none: the app is in it."""
        return self.channels.setdefault(name, Channel(name))

    def stamp(self) -> str:
        """A time that no other message has."""
        self.last = max(round(self.now(), 6), round(self.last + 0.000001, 6))
        return f"{self.last:.6f}"

    def find(self, channel: str, ts: str) -> Message | None:
        """One message."""
        there = self.channels.get(channel)
        return None if there is None else next((one for one in there.messages if one.ts == ts), None)
