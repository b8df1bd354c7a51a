"""Slack at the sandbox: one workspace, an app with its token, channels, and people who click."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from pawline.ports import Code, Rejected
from pawline.sandbox.answers import JSON, Refused, decoded, encode
from pawline.sandbox.slack.api import Api, shown
from pawline.sandbox.slack.blocks import buttons
from pawline.sandbox.slack.books import APP, TEAM, Books, Message, Person
from pawline.sandbox.slack.calls import Call, No
from pawline.sandbox.slack.telling import Teller

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors

TIERS = {"chat.postMessage": 60, "chat.update": 50, "chat.postEphemeral": 100, "conversations.history": 50}
"""Calls a minute, as https://docs.slack.dev/apis/web-api/rate-limits has them; 20 of any other."""


class Somebody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody is in these channels from now on; of another workspace (`team`) by a shared channel."""

    user: str
    name: str = "somebody"
    team: str = TEAM
    channels: tuple[str, ...] = ()


class Grouped(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is in a user group from now on."""

    group: str
    users: tuple[str, ...]


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel from now on."""

    channel: str
    joined: bool = True
    archived: bool = False


class App(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the app's pages say: where clicks are sent, which scopes it has, and whether its messages may be edited."""

    address: str | None = None
    scopes: tuple[str, ...] | None = None
    edits: bool = True


class Click(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody clicks the button of this number at a message, and says yes where they are asked again."""

    user: str
    channel: str
    ts: str
    button: int


class Slack:
    """The vendor. It shares the sandbox's clock and ledger; its token follows from the sandbox's.

    `acts` are what changes it, by name, each from a body in JSON: a diary may write them down and do them again.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self.token = f"xoxb-{hashlib.sha256(f'slack of {token}'.encode()).hexdigest()[:40]}"
        self.books = Books(vendors.now, vendors.did)
        self.api, self.pace = Api(self.books), Pace(vendors.now)
        secret = hashlib.sha256(f"signing of {token}".encode()).hexdigest()[:32]
        self.teller = Teller(secret, vendors.hooks)
        self.books.tell = self.teller.tell
        self.acts: dict[str, Callable[[bytes], Any]] = {
            "slack/call": self._called,
            "slack/people": self._somebody,
            "slack/groups": self._grouped,
            "slack/channels": self._place,
            "slack/app": self._app,
            "slack/clicks": self._click,
        }

    def _called(self, raw: bytes) -> Any:  # noqa: ANN401 - JSON
        try:
            return self.api.answer(decoded(raw, Call))
        except No as no:
            raise Refused(web.Response(body=encode(no.body), headers=JSON)) from None

    def _somebody(self, raw: bytes) -> None:
        told = decoded(raw, Somebody)
        self.books.people[told.user] = Person(told.user, told.team, told.name)
        for one in told.channels:
            self.books.channel(one).members.add(told.user)

    def _grouped(self, raw: bytes) -> None:
        told = decoded(raw, Grouped)
        self.books.groups[told.group] = list(told.users)

    def _place(self, raw: bytes) -> None:
        told = decoded(raw, Place)
        one = self.books.channel(told.channel)
        one.joined, one.archived = told.joined, told.archived

    def _app(self, raw: bytes) -> None:
        told = decoded(raw, App)
        self.books.edits = told.edits
        if told.scopes is not None:
            self.books.scopes = list(told.scopes)
        if told.address is not None:
            self.teller.address = told.address

    def _click(self, raw: bytes) -> dict[str, str]:
        """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload ."""
        told, books = decoded(raw, Click), self.books
        message, who = books.find(told.channel, told.ts), books.people.get(told.user)
        if message is None or who is None or told.user not in books.channel(told.channel).members:
            raise Rejected("there is no such message, or nobody of that name who sees it", Code.NOT_FOUND)
        there = buttons(message.blocks)
        if not 1 <= told.button <= len(there):
            raise Rejected(f"there is no button {told.button}", Code.GONE)
        books.clicks += 1
        at = books.stamp()
        books.tell(_payload(told, message, who, there[told.button - 1], (at, books.clicks)))
        return {"action_ts": at}


def _payload(
    told: Click, message: Message, who: Person, pressed: tuple[str, dict[str, Any]], moment: tuple[str, int]
) -> dict[str, Any]:
    (block, button), (at, number) = pressed, moment
    action = {
        name: value for name, value in button.items() if name in ("action_id", "text", "value", "type", "confirm")
    }
    return {
        "type": "block_actions", "api_app_id": APP, "token": "of old", "trigger_id": f"{number}.{at}.x",
        "user": {"id": who.id, "username": who.name, "name": who.name, "team_id": who.team},
        "container": {
            "type": "message", "message_ts": told.ts, "channel_id": told.channel, "is_ephemeral": False,
        },
        "team": {"id": TEAM, "domain": "paws"}, "enterprise": None, "is_enterprise_install": False,
        "channel": {"id": told.channel, "name": "care"}, "message": shown(message, metadata=False),
        "state": {"values": {}}, "response_url": "https://hooks.slack.com/actions/T0PAWS/1/x",
        "actions": [action | {"block_id": block, "action_ts": at}],
    }  # fmt: skip


class Pace:
    """Calls a minute, by method. `tiers` may be changed by a test."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._minute = now, 0
        self._used = dict[str, int]()
        self.tiers = dict(TIERS)
        self.other = 20

    def wait(self, method: str) -> float | None:
        """Seconds until another call is let in; None where this one is."""
        minute = int(self._now() // 60)
        if minute != self._minute:
            self._minute, self._used = minute, {}
        if self._used.get(method, 0) >= self.tiers.get(method, self.other):
            return 60 - self._now() % 60
        self._used[method] = self._used.get(method, 0) + 1
        return None
