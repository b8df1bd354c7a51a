"""What Slack tells: a click at a card.

https://docs.slack.dev/interactivity/handling-user-interaction : a form with one field, `payload`, which holds JSON. It
is to be acknowledged by 200 within three seconds, and never comes again.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import msgspec

from pawline.connectors.slack.cards import ACTION, pressed
from pawline.kit import Delivery, Headers, Hmac, Hook, of_slack, only
from pawline.model import CardId, CaseClicked, Event

if TYPE_CHECKING:
    from pawline.connectors.slack.settings import Settings

CLICK: Final = "block_actions"
FIELDS: Final = 8
"""Fields of a form at most: Slack sends one."""
TIMESTAMP: Final = "x-slack-request-timestamp"
_TIME: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")


class Typed(msgspec.Struct, frozen=True):
    """What every interaction says."""

    type: str


class User(msgspec.Struct, frozen=True):
    """Who clicked, and of which workspace they are. Their name is not read."""

    id: str
    team_id: str


class Container(msgspec.Struct, frozen=True):
    """Where the button is."""

    message_ts: str
    channel_id: str


class Action(msgspec.Struct, frozen=True):
    """The button."""

    action_id: str
    action_ts: str
    value: Any = None


class Clicked(Typed, frozen=True):
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload ."""

    user: User
    container: Container
    actions: tuple[Action, ...]


def payload_of(body: bytes) -> bytes:
    """The one field of the form. Raises ValueError where it is none."""
    fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=FIELDS)
    found = [value for name, value in fields if name == "payload"]
    if len(found) != 1:
        raise ValueError("no interaction: a form with one payload is")
    return found[0].encode()


def read(headers: Headers, body: bytes) -> Delivery:
    """A click is known by its message, by who made it, and when. Raises ValueError for what is none."""
    payload = payload_of(body)
    kind = msgspec.json.decode(payload, type=Typed).type
    if kind == CLICK:
        told = _told(payload)
        if not told.actions:
            raise ValueError("a click at nothing")
        at = told.actions[0].action_ts
        name = f"{told.container.channel_id}/{told.container.message_ts}/{told.user.id}/{at}"
        return Delivery(kind, name, _moment(at), payload)
    return Delivery(kind, hashlib.sha256(payload).hexdigest(), _moment(only(headers, TIMESTAMP)), payload)


def clicked(payload: bytes) -> tuple[Event, ...]:
    """Buttons of cards; what else the app may have put up is not ours to hear."""
    told = _told(payload)
    where = CardId(f"{told.container.channel_id}/{told.container.message_ts}")
    found = list[Event]()
    for one in told.actions:
        if not one.action_id.startswith(ACTION):
            continue
        button = pressed(one.value) if isinstance(one.value, str) else None
        if button is None:
            raise ValueError("a button of a card that does not say of which")
        found.append(
            CaseClicked(
                card=where, case=button.case, mark=button.mark, choice=button.choice,
                who=f"{told.user.team_id}/{told.user.id}", click=one.action_ts, at=_moment(one.action_ts),
            )
        )  # fmt: skip
    return tuple(found)


def whose(_: Headers, body: bytes) -> str | None:
    """One app has one address for what is clicked in all channels: it is of the account of that channel."""
    try:
        return msgspec.json.decode(payload_of(body), type=Clicked).container.channel_id
    except (ValueError, RecursionError):  # msgspec's own errors, too
        return None


def _told(payload: bytes) -> Clicked:
    told = msgspec.json.decode(payload, type=Clicked)
    if told.type != CLICK:
        raise ValueError(f"this is no {CLICK}")
    return told


def _moment(at: str) -> datetime:
    """Slack's times: seconds, and behind a point what tells several within one apart. Raises ValueError."""
    if not _TIME.fullmatch(at):
        raise ValueError("a time that is none")
    return datetime.fromtimestamp(float(at), UTC)


def _channel(settings: Settings) -> str:
    return settings.channel


HOOK: Final[Hook[Settings]] = Hook(
    signature=Hmac(of_slack),
    secrets=lambda settings: settings.signing_secrets,
    read=read,
    hears={CLICK: clicked},
    whose=whose,
    own=_channel,
    taken=200,
)
