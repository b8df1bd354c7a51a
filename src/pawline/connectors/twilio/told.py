"""What Twilio's JSON says of messages, as far as it is read.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from pawline.ports import Malformed

Sid = Annotated[str, msgspec.Meta(pattern="^(SM|MM)[0-9a-fA-F]{32}$")]
NUMBER: Final = re.compile(r"\+[1-9][0-9]{3,14}")
"""A number in E.164."""


class Made(msgspec.Struct, frozen=True):
    """The answer to a text that was sent."""

    sid: Sid


class ToldMessage(msgspec.Struct, frozen=True):
    """A message, ours or somebody's to us."""

    sid: Sid
    direction: str = ""
    status: str = ""
    body: str | None = None
    to: str | None = None
    sender: str | None = msgspec.field(name="from", default=None)
    messaging_service_sid: str | None = None
    date_created: str | None = None
    date_updated: str | None = None
    error_code: int | None = None
    num_media: str | None = None

    @property
    def outbound(self) -> bool:
        """Whether it was sent by the account, by whichever of its programs."""
        return self.direction.startswith("outbound")


class Listed(msgspec.Struct, frozen=True):
    """Of a message what tells whether it is one of ours."""

    sid: Sid
    direction: str
    body: str | None = None
    date_created: str | None = None
    num_media: str | None = None

    @property
    def outbound(self) -> bool:
        """See `ToldMessage.outbound`."""
        return self.direction.startswith("outbound")

    @property
    def hidden(self) -> bool:
        """Whether Twilio keeps no more of it than that it went out."""
        return not self.body and self.num_media == "0"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A list's page, as far as how it goes on."""

    next_page_uri: str | None = None

    def goes_on(self) -> tuple[tuple[str, str], ...] | None:
        """The query of the next page; None after the last. Only the query: nobody is followed to another path."""
        if not self.next_page_uri:
            return None
        try:
            query = urlsplit(self.next_page_uri).query
            found = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=20)
        except ValueError:
            raise Malformed("the list goes on at what is no address") from None
        return tuple(found)


def moment(said: str | None) -> datetime:
    """A time as RFC 2822 has it, in UTC. Raises ValueError for what is none."""
    if said is None:
        raise ValueError("it says no time")
    try:
        found = parsedate_to_datetime(said)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (TypeError, IndexError, OverflowError) as problem:
        raise ValueError("this is no time") from problem


class Messages(Page, frozen=True, kw_only=True):
    """Each is unread: one that cannot be read keeps no other back."""

    messages: tuple[msgspec.Raw, ...]


class Texts(Page, frozen=True, kw_only=True):
    """All are read: where one cannot be, nobody can say that something is not among them."""

    messages: tuple[Listed, ...]
