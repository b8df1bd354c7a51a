"""An account's API, and what is remembered beside it while the hub runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

import msgspec
from typing_extensions import TypeForm

from pawline.connectors.hubspot.errors import UNKNOWN_PROPERTY, Problem, explain, problem, refusal
from pawline.connectors.hubspot.settings import VERSION, Settings
from pawline.kit import Answer, Guard, Http, Secret, Turns, error_of
from pawline.ports import Malformed, PortError, Transient

T = TypeVar("T")
TIMEOUT: Final = timedelta(seconds=9)
"""Of one request. An operation of several requests ends with its attempt, whichever of them it is at."""
MOST: Final = 8 << 20
"""Bytes of an answer: every property of an account, with all its options."""
CONTACTS: Final = ("crm", "objects", VERSION, "contacts")
BATCH: Final = 100
"""Contacts, addresses or notes in one call, at most."""


class Batch(msgspec.Struct, Generic[T], frozen=True):
    """Several at once. `errors` are those that were not done: then the answer is a 207, and no error by its status."""

    results: tuple[T, ...]
    errors: tuple[Problem, ...] | None = None

    def failed(self, *, fine: frozenset[str] = frozenset()) -> PortError | None:
        """Why one of them was not done, but for these categories; None where all were."""
        for one in self.errors or ():
            if one.category not in fine:
                return refusal(one) or Transient("HubSpot did a part of it, and does not say why not all")
        return None


class Named(msgspec.Struct, frozen=True):
    """Anything that has an id."""

    id: str


class Client(Http):
    """The account's client. `turns` keeps two changes of one contact apart.

    `ready`: all our properties are there, as far as this process knows.
    """

    def __init__(self, settings: Settings, guard: Guard) -> None:
        token = Secret(f"Bearer {settings.token.reveal()}")
        super().__init__(
            settings.url, guard=guard, timeout=TIMEOUT, most=MOST, explain=self._meaning, key_header=None,
            headers={"authorization": token},
        )  # fmt: skip
        self.turns: Final = Turns()
        self.ready = False

    def _meaning(self, answer: Answer) -> PortError | None:
        if answer.status == 400 and UNKNOWN_PROPERTY in problem(answer.body).codes and self.ready:
            self.ready = False  # somebody deleted one: it is made anew before the next try
            return Transient("a property of ours is not there any more at HubSpot")
        return explain(answer)


async def call(http: Client, method: str, *path: str, json: Any, query: dict[str, str], into: TypeForm[T]) -> T:  # noqa: ANN401 - JSON
    """Any call with a body and a query."""
    return await http.send(method, *path, json=json, query=query, into=into)


async def accept(http: Client, *path: str, json: Any) -> None:  # noqa: ANN401 - JSON
    """A POST that HubSpot takes on, with 204 and no body. Any other answer is not what it promises."""
    answer = await http.ask("POST", *path, json=json)
    if answer.status == 204:
        return
    what = f"POST {path[0]}"
    known = explain(answer) if answer.status >= 400 else None
    raise known or error_of(answer, what) or Malformed(f"{what} was answered {answer.status}, which is not promised")


def told(at: datetime) -> str:
    """A time as bodies take it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def client(settings: Settings, guard: Guard) -> Client:
    """An account's client, with its app's token.

    https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/overview
    """
    return Client(settings, guard)
