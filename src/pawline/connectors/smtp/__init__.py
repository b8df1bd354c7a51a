"""SMTP: any mail server that takes messages for others, in the roles of Mail and, by links in letters, of Board."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import msgspec

from pawline.connectors.smtp.board import SmtpBoard
from pawline.connectors.smtp.bouncing import WATCH, Bounces, Line
from pawline.connectors.smtp.cards import Detail
from pawline.connectors.smtp.mail import TIMEOUT, SmtpMail
from pawline.connectors.smtp.people import Person, check
from pawline.kit import Connector, Guard, Imap, Offer, Secret, is_address
from pawline.ports import Board, Limits, Mail


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account needs: the server, its login, and who its messages are from.

    `tls` is `starttls` (port 587), `implicit` (465), or `none`, which reaches only networks that `allow_networks`
    names. `people` have cases by mail and answer them by links in it; `detail` is how much of a case stands there: its
    number and choices, its title too, or also the household's number. `bounces` is the mailbox that letters come back
    to.

    Raises ValueError for a sender that is no address, and for a login of one half.
    """

    host: str
    sender: str
    port: int = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    user: str = ""
    password: Secret | None = None
    sender_name: str = ""
    reply_to: str = ""
    people: tuple[Person, ...] = ()
    detail: Detail = "title"
    bounces: Bounces | None = None

    def __post_init__(self) -> None:
        for name in ("sender", "reply_to"):
            if (value := getattr(self, name)) and not is_address(value):
                raise ValueError(f"`{name}` is no e-mail address")
        check(self.people)
        if not self.sender:
            raise ValueError("`sender` is the address that messages are from")
        if bool(self.user) != (self.password is not None):
            raise ValueError("`user` and `password` go together")
        if self.password is not None and self.tls == "none":
            raise ValueError("a password goes over TLS only: `tls` is starttls or implicit")


def client(settings: Settings, guard: Guard) -> Line:
    """An account's client."""
    login = None if settings.password is None else (settings.user, settings.password)
    line = Line(
        settings.host, settings.port, tls=settings.tls, login=login, guard=guard, timeout=timedelta(seconds=TIMEOUT)
    )
    if (box := settings.bounces) is not None:
        line.inbox = Imap(box.host, box.port, (box.user, box.password), tls=box.tls, guard=guard)
    return line


async def probe(line: Line, settings: Settings, _: frozenset[str]) -> None:
    """Whether the server can be reached, and lets us in; and so the mailbox of bounces."""
    await line.check()
    if line.inbox is not None and settings.bounces is not None:
        await line.inbox.check(settings.bounces.folder)


def _has_people(settings: Settings) -> bool:
    return bool(settings.people)


connector = Connector(
    name="smtp",
    title="SMTP",
    settings=Settings,
    http=client,
    probe=probe,
    watches=(WATCH,),
    limits=Limits(concurrency=4),
    offers={
        Mail: Offer(SmtpMail, SmtpMail.OPERATIONS),
        Board: Offer(SmtpBoard, SmtpBoard.OPERATIONS, when=_has_people),
    },
)
