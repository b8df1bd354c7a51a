"""Ways to people: Slack's incoming webhooks, webhooks of one's own, mails and texts through an account that plays Mail.

None of them says more than that it took the message. What goes wrong is told in words that hold no address: a webhook's
is its secret.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from pawline.hub.connecting import secret_of
from pawline.hub.settings import HubRefused
from pawline.kit import Guard, Http
from pawline.kit.secret import SHOWN
from pawline.model import HouseholdId, Letter, Medium, Purpose
from pawline.ports import Attempt, Code, Mail, PortError, Transient, attempting
from pawline.runtime import digest63

if TYPE_CHECKING:
    from pawline.hub.alarms import letters
    from pawline.hub.alarms.settings import ChannelSettings
    from pawline.hub.settings import Settings
    from pawline.runtime import Bindings

PATIENCE: Final = 20.0
"""Seconds that a mail's account has."""
AGAIN: Final = 2.0
"""Seconds after which a channel that certainly took nothing is tried once more."""
OURS: Final = HouseholdId("pawline")
"""Whom a letter about the hub is about: nobody."""
UNSURE: Final = frozenset({Code.TIMED_OUT, Code.DISCONNECTED})
"""It may have been taken: once more would be twice."""


class NotSent(Exception):
    """A channel did not take a message; the text says why, without its address."""


class Channel(Protocol):
    """A way to people. `send` raises NotSent; `key` is the same for the same message."""

    name: str

    async def send(self, letter: letters.Letter, key: str, /) -> None: ...


class Hook:
    """An address that takes JSON. `of_letter` makes its body."""

    def __init__(self, name: str, url: str, guard: Guard, *, slack: bool) -> None:
        self.name, self._slack = name, slack
        self.http, self._path, self._query = reach(url, guard)

    async def send(self, letter: letters.Letter, key: str, /) -> None:
        """Raises NotSent."""
        body = {"text": _escaped(letter.text)} if self._slack else {"text": letter.text, "id": key, **letter.data}
        await knock(self.http, "POST", self._path, self._query, body)


class Post:
    """Mails or texts to some people, through an account that plays Mail."""

    def __init__(self, name: str, account: str, mail: Mail, medium: Medium, to: tuple[str, ...]) -> None:
        self.name, self._account, self._mail, self._medium, self._to = name, account, mail, medium, to

    async def send(self, letter: letters.Letter, key: str, /) -> None:
        """To each of them; raises NotSent where not one could be written to."""
        problems = await asyncio.gather(*[self._tried(letter, to, f"{key}-{n}") for n, to in enumerate(self._to)])
        if all(problems):
            raise NotSent(problems[0])

    async def _tried(self, letter: letters.Letter, to: str, key: str) -> str:
        """What went wrong; '' for nothing."""
        try:
            await _twice(partial(self._one, letter, to, key))
        except PortError as problem:
            return problem.text.replace(to, SHOWN)
        except TimeoutError:
            return f"no answer within {PATIENCE:g} s"
        except Exception as problem:  # noqa: BLE001 - a connector's defect with one address must not fail the others
            return type(problem).__name__
        return ""

    async def _one(self, letter: letters.Letter, to: str, key: str) -> None:
        short = self._medium is Medium.SMS
        written = Letter(
            household=OURS, purpose=Purpose.TRANSACTION, medium=self._medium, to=to,
            text=letter.short if short else letter.text, subject=None if short else letter.subject,
        )  # fmt: skip
        until = datetime.fromtimestamp(time.time() + PATIENCE, UTC)
        attempt = Attempt(f"{digest63('alarm', key):016x}", 1, until, "*", self._account)
        with attempting(attempt):
            async with asyncio.timeout(PATIENCE):
                await self._mail.send(written)


class Broken:
    """A channel that could not be made: its messages go to the next one, and the doctor says why."""

    def __init__(self, name: str, why: str) -> None:
        self.name, self.why = name, why

    async def send(self, _letter: letters.Letter, _key: str, /) -> None:
        """Raises NotSent."""
        raise NotSent(self.why)


class Made(NamedTuple):
    """Every channel by its name, and the clients that are to be closed."""

    channels: Mapping[str, Channel]
    clients: tuple[Http, ...]


def channels_of(settings: Settings, bindings: Bindings, guard: Guard) -> Made:
    """All channels of the settings; one that cannot be made is there, and fails."""
    made: dict[str, Channel] = {}
    for one in settings.alarms.channels if settings.alarms is not None else ():
        try:
            made[one.name] = _channel(settings, one, bindings, guard)
        except (ValueError, HubRefused) as problem:
            made[one.name] = Broken(one.name, str(problem))
    return Made(made, tuple(one.http for one in made.values() if isinstance(one, Hook)))


def _channel(settings: Settings, one: ChannelSettings, bindings: Bindings, guard: Guard) -> Channel:
    if one.kind in ("slack", "webhook"):
        return Hook(one.name, secret_of(settings, one.url).reveal(), guard, slack=one.kind == "slack")
    binding = bindings.get(Mail.__name__, one.account)
    if binding is None:
        playing = sorted(each.account for each in bindings if each.port is Mail)
        raise ValueError(f"{one.account} is no account that plays Mail: name one of {', '.join(playing) or 'none yet'}")
    to = tuple(said if isinstance(said, str) else secret_of(settings, said).reveal() for said in one.to)
    medium = Medium.SMS if one.kind == "sms" else Medium.EMAIL
    return Post(one.name, one.account, binding.implementation, medium, to)


def reach(url: str, guard: Guard) -> tuple[Http, tuple[str, ...], list[tuple[str, str]]]:
    """A client for one secret address, with the path and the query to call it by. Raises ValueError, without it."""
    try:
        parts = urlsplit(url)
        ends = parts.path.endswith("/") or not parts.path
        path = () if ends else tuple(unquote(one) for one in parts.path.removeprefix("/").split("/"))
        base = f"{parts.scheme}://{parts.netloc}" + (parts.path if ends else "")
        http = Http(base, guard=guard, key_header=None, connections=4)
    except ValueError as problem:
        raise ValueError(f"its address is none that can be called: {problem}") from None
    return http, path, parse_qsl(parts.query, keep_blank_values=True)


async def knock(
    http: Http, method: str, path: tuple[str, ...], query: list[tuple[str, str]], json: object = None
) -> None:  # fmt: skip
    """One call, and another where certainly nothing was taken. Raises NotSent."""
    try:
        await _twice(lambda: http.send(method, *path, query=query, json=json, into=object))
    except PortError as problem:  # its text begins with a part of the address
        raise NotSent(problem.text.replace(f"{method} {path[0] if path else '/'}", "the call", 1)) from None


async def _twice(call: Callable[[], Awaitable[object]]) -> None:
    try:
        await call()
    except Transient as problem:
        if problem.code in UNSURE:
            raise
        wait = AGAIN if problem.retry_after is None else min(AGAIN, problem.retry_after.total_seconds())
        await asyncio.sleep(wait)
        await call()


def _escaped(text: str) -> str:
    """Slack reads three characters as its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
