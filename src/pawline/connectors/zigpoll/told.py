"""What Zigpoll answers, as far as it is read.

By the vendor's own specification (`openapi-gpt.yaml` of its MCP plug-in) and its page on paging:
https://apidocs.zigpoll.com/reference/cursor-pagination
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from pawline.kit import Http
from pawline.ports import Malformed

if TYPE_CHECKING:
    from typing_extensions import TypeForm

T = TypeVar("T")
Scalar = str | int | float

MANY: Final = 500
"""Answers of a page; the specification allows 1,000, and each may be some kilobytes."""


class ToldResponse(msgspec.Struct, frozen=True, rename="camel"):
    """What somebody answered to one question (a slide). `response` is what they see: their words, or the choice's.

    `participant_id` is Zigpoll's, or whatever the shop told it of whoever answers; it refuses no answer.
    """

    id: str = msgspec.field(name="_id")
    created_at: datetime
    poll_id: str
    slide_id: str
    account_id: str | None = None
    participant_id: Any = None
    response: Scalar | tuple[Scalar, ...] | None = None
    value_type: str | None = None
    metadata: dict[str, Any] | None = None


class Responses(msgspec.Struct, frozen=True, rename="camel"):
    """A page of them, the newest first. Read one by one: a bad one keeps no other back."""

    data: tuple[msgspec.Raw, ...]
    has_next_page: bool = False
    end_cursor: str | None = None

    def goes_on(self, before: str | None) -> str | None:
        """The cursor of the next page. Raises Malformed where that would never end."""
        if not self.has_next_page:
            return None
        if not self.end_cursor or self.end_cursor == before:
            raise Malformed("a page ends where it began: the list would never end")
        return self.end_cursor


class ToldSlide(msgspec.Struct, frozen=True):
    """A question."""

    id: str = msgspec.field(name="_id")
    title: str | None = None


class ToldPoll(msgspec.Struct, frozen=True, rename="camel"):
    """A survey. What does not say that it is hidden or put away is neither."""

    id: str = msgspec.field(name="_id")
    is_visible: bool = True
    is_archived: bool = False

    @property
    def live(self) -> bool:
        """Whether people can answer it."""
        return self.is_visible and not self.is_archived


class Me(msgspec.Struct, frozen=True):
    """Who the key is of, and the accounts that it sees."""

    id: str = msgspec.field(name="_id")
    accounts: tuple[str, ...] = ()


async def bare(http: Http, path: str, query: dict[str, str], into: TypeForm[T]) -> T:
    """What an address answers, by itself or as the `data` of an object: the vendor's own programs read both."""
    found = await http.get(path, query=query, into=list[Any] | dict[str, Any])
    try:
        read: T = msgspec.convert(found.get("data", found) if isinstance(found, dict) else found, into)
    except msgspec.ValidationError:
        raise Malformed(f"GET {path} was answered, but not as promised") from None
    return read


def millis(at: datetime) -> str:
    """As Zigpoll asks for times."""
    return str(int(at.timestamp() * 1_000))
