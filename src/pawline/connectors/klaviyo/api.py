"""An account's API: JSON:API over HTTP, one revision, and what is remembered beside it while the hub runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
from typing_extensions import TypeForm

from pawline.connectors.klaviyo.errors import explain
from pawline.connectors.klaviyo.settings import REVISION, Settings
from pawline.kit import Answer, Guard, Http, Page, Secret, Turns, error_of
from pawline.ports import Code, Malformed, Rejected

T = TypeVar("T")
TIMEOUT: Final = timedelta(seconds=9)
"""Of one request. An operation of several requests ends with its attempt, whichever of them it is at."""
MOST: Final = 8 << 20
"""Bytes of an answer: a page of a hundred profiles with all that a shop keeps about them."""
JSON: Final = "application/vnd.api+json"
QUOTES: Final = frozenset('"\\')
"""What no text in a filter may hold: how Klaviyo would read it is not documented. An apostrophe may: O'Brien is a
name, and texts stand between double quotes, as https://developers.klaviyo.com/en/docs/filtering_ has it."""


class Links(msgspec.Struct, frozen=True):
    """Of a list: where it goes on."""

    next: str | None = None

    @property
    def cursor(self) -> str | None:
        """`page[cursor]` of the next page."""
        found = parse_qs(urlsplit(self.next or "").query).get("page[cursor]")
        return found[0] if found else None


class Many(msgspec.Struct, Generic[T], frozen=True):
    """A list. `included` is what it is told beside it, unread."""

    data: tuple[T, ...]
    links: Links = Links()
    included: tuple[msgspec.Raw, ...] = ()

    def page(self) -> Page[T]:
        """As the kit walks through them."""
        return Page(self.data, self.links.cursor)


class One(msgspec.Struct, Generic[T], frozen=True):
    """One resource."""

    data: T


class Named(msgspec.Struct, frozen=True):
    """A resource by its kind and id alone."""

    type: str
    id: str


class Client(Http):
    """The account's client. `turns` keeps two changes of one profile apart; `heard` is what the metrics trigger."""

    def __init__(self, settings: Settings, guard: Guard) -> None:
        key = Secret(f"Klaviyo-API-Key {settings.key.reveal()}")
        headers: dict[str, str | Secret] = {"authorization": key, "revision": REVISION, "accept": JSON}
        super().__init__(
            settings.url, guard=guard, timeout=TIMEOUT, most=MOST, explain=explain, headers=headers, key_header=None
        )
        self.turns: Final = Turns()
        self.heard: tuple[datetime, dict[str, bool]] | None = None


class Api:
    """Calls of an account, by path below `/api`. Raises one of the four errors."""

    def __init__(self, http: Client) -> None:
        self._http: Final = http

    async def read(self, *path: str, query: dict[str, str] | None = None, into: TypeForm[T]) -> T:
        """A GET."""
        return await self._http.get("api", *path, query=query, into=into)

    async def write(self, method: str, *path: str, json: object, into: TypeForm[T]) -> T:
        """A POST or a PATCH that answers with what became of it."""
        return await self._http.send(method, "api", *path, json=json, headers={"content-type": JSON}, into=into)

    async def attempt(self, method: str, *path: str, json: object) -> Answer:
        """The same, with the whole answer: for what may be refused and is not the end of it."""
        return await self._http.ask(method, "api", *path, json=json, headers={"content-type": JSON})

    async def accept(self, *path: str, json: object) -> None:
        """A POST that Klaviyo takes on, with 202 and no body. Any other answer is not what it promises."""
        answer = await self.attempt("POST", *path, json=json)
        if answer.status != 202:
            raise failure(answer, f"POST {path[0]}")


def failure(answer: Answer, what: str) -> Exception:
    """The error that an answer means which is not the one that was promised."""
    known = explain(answer) if answer.status >= 400 else None
    return known or error_of(answer, what) or Malformed(f"{what} was answered {answer.status}, which is not promised")


def equals(field: str, value: str) -> str:
    """A filter. Raises Rejected for a text with quotes: nobody is filed under one."""
    return f"equals({field},{_quoted(field, value)})"


def one_of(field: str, values: Iterable[str]) -> str:
    """The same for whoever has one of these."""
    return f"any({field},[{','.join(_quoted(field, value) for value in values)}])"


def _quoted(field: str, value: str) -> str:
    if set(value) & QUOTES:
        raise Rejected(f"no {field} at Klaviyo holds quotes", Code.NOT_FOUND)
    return f'"{value}"'


def moment(text: str | None) -> datetime | None:
    """A time of Klaviyo's; where it says no zone it is UTC. Raises ValueError for what is no time."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def told(at: datetime) -> str:
    """A time as filters and bodies take it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def client(settings: Settings, guard: Guard) -> Client:
    """An account's client, with its private key.

    https://developers.klaviyo.com/en/docs/authenticate_
    """
    return Client(settings, guard)
