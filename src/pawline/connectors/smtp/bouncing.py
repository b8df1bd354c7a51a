"""The mailbox to which bounces come: what is proven to be of a letter of ours becomes an event, and nothing else does.

Whoever knows its address can write there. So a report is believed by the letter's name alone, which only we can make
and only who got the letter can know: docs/why/0041.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from pawline.connectors.smtp.reports import SIZE, Report, report_of
from pawline.connectors.smtp.tokens import LENGTH, Tokens, Told
from pawline.kit import REMEMBERED, Imap, Place, Secret, Seen, Sighting, Smtp, Watch, is_address
from pawline.model import Consent, ConsentChanged, Event, Medium, MessageBounced, MessageId, Purpose

if TYPE_CHECKING:
    from pawline.connectors.smtp import Settings

_log = logging.getLogger("pawline.connectors.smtp")
AT_ONCE: Final = 64
LOCAL: Final = 64
"""Letters of an address before its @, at most (RFC 5321, 4.5.3.1.1)."""
_APART: Final = re.compile(r"(?<![A-Za-z0-9])\{\}[^A-Za-z0-9]")
STOPPED: Final = (Purpose.MARKETING, Purpose.REMINDERS, Purpose.SURVEYS)
"""What somebody who complains of a letter wants no more of by mail."""


class Bounces(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mailbox of an account's bounces. Raises ValueError for what would not do."""

    host: str
    user: str
    password: Secret
    port: int = 993
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    folder: str = "INBOX"
    return_path: str = ""
    every: float = 300.0

    def __post_init__(self) -> None:
        for name in ("user", "folder"):
            value: str = getattr(self, name)
            if not value or not value.isprintable() or (name == "folder" and not value.isascii()):
                raise ValueError(f"`bounces.{name}` is empty, or holds what a mailbox cannot be asked for")
        if self.return_path and not _is_return_path(self.return_path):
            raise ValueError(
                "`bounces.return_path` is an address, with {} where a letter's name goes: 48 letters, of 64 before the"
                " @, and no letter or digit beside it: bounces+{}@paws.example"
            )
        if not self.every > 0:
            raise ValueError("`bounces.every` is seconds, more than 0")


class Line(Smtp):
    """The way out and, where there is one, the mailbox that bounces come to."""

    inbox: Imap | None = None

    @property
    def tokens(self) -> Tokens | None:
        """What names letters, where bounces are read. Made each time: the hub gives keys once there is a client."""
        return Tokens(self.keys) if self.inbox is not None and self.keys else None

    async def close(self) -> None:
        """Nothing is kept open."""
        if self.inbox is not None:
            await self.inbox.close()


def _is_return_path(pattern: str) -> bool:
    tried = pattern.replace("{}", "a" * LENGTH, 1)
    apart = "{}" not in pattern or _APART.search(pattern) is not None
    return apart and "{" not in tried and is_address(tried) and len(tried.rpartition("@")[0]) <= LOCAL


def return_path(settings: Settings, name: str) -> str:
    """The address that bounces of this letter go to: with its name in it where the settings say how, and it fits."""
    pattern = "" if settings.bounces is None else settings.bounces.return_path
    if "{}" not in pattern:
        return pattern or settings.sender
    made = pattern.replace("{}", name, 1)
    return made if len(made.rpartition("@")[0]) <= LOCAL and is_address(made) else settings.sender


async def look(line: Line, settings: Settings, cursor: str) -> Seen:
    """What came since, behind (UIDVALIDITY, UID). What is not proven to be of ours is counted in the log, and left."""
    bounces, inbox, tokens = settings.bounces, line.inbox, line.tokens
    if bounces is None or inbox is None or tokens is None:
        return Seen((), cursor)
    now, counted, seen = datetime.now(UTC), Counter[str](), list[Sighting]()
    oldest = now - REMEMBERED
    unread = await inbox.since(bounces.folder, _place(cursor), most=AT_ONCE, size=SIZE, after=oldest)
    for one in unread.messages:
        if one.at < oldest:
            continue
        report, at = await asyncio.to_thread(report_of, one.raw), min(one.at, now)
        told = None if report is None else tokens.found(report.names, at)
        if report is None or told is None:
            counted["no report" if report is None else "not of ours"] += 1
            continue
        counted["complaints" if report.lasting is None else "bounces"] += 1
        seen += sightings(report, told, settings, at)
    if counted:
        _log.info("bounces: %s", ", ".join(f"{many} {what}" for what, many in sorted(counted.items())))
    return Seen(tuple(seen), f"{unread.place.validity}/{unread.place.uid}", more=unread.more)


def _place(cursor: str) -> Place | None:
    validity, _, uid = cursor.partition("/")
    return Place(int(validity), int(uid)) if validity.isdigit() and uid.isdigit() else None


def sightings(report: Report, told: Told, settings: Settings, at: datetime) -> list[Sighting]:
    """What a report of a letter of ours is, as it came `at`: a bounce, or a no to all that is not needed."""
    name = named(settings, told.name)
    if report.lasting is None:
        noes = [
            ConsentChanged(
                consent=Consent(
                    household=told.household, purpose=purpose, granted=False, at=at, source="complaint by mail",
                    medium=Medium.EMAIL,
                )
            )
            for purpose in STOPPED
        ]  # fmt: skip
        return [Sighting(f"complaint/{name}/{one.consent.purpose.value}", at, one) for one in noes]
    bounced: Event = MessageBounced(
        message=name, household=told.household, medium=Medium.EMAIL, lasting=report.lasting, because=report.because,
        address=told.address, safety=told.safety,
    )  # fmt: skip
    passing = "" if report.lasting else "/passing"  # what first was full, and then is gone, is told twice
    return [Sighting(f"bounce/{name}{passing}", at, bounced)]


def named(settings: Settings, name: str) -> MessageId:
    """The Message-ID of a letter of this name."""
    return MessageId(f"<{name}@{settings.sender.rpartition('@')[2]}>")


WATCH: Final[Watch[Settings]] = Watch(
    "bounces", lambda settings: timedelta(seconds=0 if settings.bounces is None else settings.bounces.every), look
)
