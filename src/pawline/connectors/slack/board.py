"""Slack in the role of Board: see docs/why/0036 for what is done how."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import msgspec

from pawline.connectors.slack import cards
from pawline.connectors.slack.client import Api, SlackHttp
from pawline.connectors.slack.groups import Groups
from pawline.connectors.slack.settings import PERSON, Settings
from pawline.kit import Page, pages
from pawline.model import CardId
from pawline.ports import CaseCard, Code, Malformed, Operation, Receipt, Rejected, Settle

PAGE: Final = "200"
"""Messages in a page of history, as Slack recommends: https://docs.slack.dev/apis/web-api/pagination ."""
BEFORE: Final = timedelta(minutes=5)
"""So much earlier than the case was asked a card is looked for: our clock and Slack's are two."""
SEEN: Final = timedelta(seconds=5)
"""So long after a post has certainly ended it is looked up: what was taken is in the history by then."""
_CARD: Final = re.compile(r"([CG][A-Z0-9]{2,30})/([0-9]{1,12}\.[0-9]{1,6})")


class Posted(msgspec.Struct, frozen=True):
    """https://docs.slack.dev/reference/methods/chat.postMessage#response ."""

    channel: str
    ts: str


class Metadata(msgspec.Struct, frozen=True):
    """What an app wrote beside its message."""

    event_type: Any = None
    event_payload: Any = None


class Message(msgspec.Struct, frozen=True):
    """https://docs.slack.dev/reference/events/message ."""

    ts: str
    bot_id: str | None = None
    metadata: Metadata | None = None


class Next(msgspec.Struct, frozen=True):
    """Where a list goes on; an empty cursor ends it."""

    next_cursor: str | None = None


class History(msgspec.Struct, frozen=True):
    """A page of a channel, newest first."""

    messages: tuple[Message, ...]
    response_metadata: Next | None = None


class SlackBoard:
    """See `Board`.

    Slack knows no key for a message. A card says in its metadata whose it is, by the case's mark; a post whose outcome
    is unknown is looked up there. Who may answer is asked again and again, for user groups change.
    """

    OPERATIONS: Final = {
        "post": Operation(settle=Settle.LOOK_UP, look_up="find_card", margin=SEEN),
        "settle": Operation(settle=Settle.REPEAT),
        "tell": Operation(settle=Settle.REPEAT),
    }

    def __init__(self, http: SlackHttp, settings: Settings, now: Callable[[], float] = time.monotonic) -> None:
        self._api: Final = Api(http)
        self._settings: Final = settings
        self._groups: Final = Groups(self._api, now)

    async def post(self, card: CaseCard) -> CardId:
        """See https://docs.slack.dev/reference/methods/chat.postMessage ."""
        settings = self._settings
        body = {
            "channel": settings.channel, "text": cards.summary(card, settings), "blocks": cards.asked(card, settings),
            "metadata": cards.metadata(card), "unfurl_links": False, "unfurl_media": False,
        }  # fmt: skip
        made = await self._api.write("chat.postMessage", body, ours=True, into=Posted)
        return _card(made.channel, made.ts)

    async def find_card(self, card: CaseCard) -> CardId | None:
        """See https://docs.slack.dev/reference/methods/conversations.history ."""
        channel, me = self._settings.channel, await self._api.me()
        query = {
            "channel": channel, "oldest": f"{(card.asked - BEFORE).timestamp():.6f}", "inclusive": "true",
            "include_all_metadata": "true", "limit": PAGE,
        }  # fmt: skip

        async def fetch(after: str | None) -> Page[Message]:
            more = {} if after is None else {"cursor": after}
            page = await self._api.read("conversations.history", query=query | more, into=History)
            following = page.response_metadata.next_cursor if page.response_metadata is not None else None
            return Page(page.messages, following or None)

        async for page in pages(fetch):
            for one in page.items:
                if _bears(one, card) and one.bot_id in (None, me.bot_id):
                    return _card(channel, one.ts)
        return None

    async def settle(self, there: CardId, card: CaseCard, said: str) -> Receipt:
        """See https://docs.slack.dev/reference/methods/chat.update : metadata that is not sent is kept.

        What is wrong with a channel where the account's cards went before is nobody's to mend.
        """
        channel, ts = _place(there)
        ours = channel == self._settings.channel
        body = {
            "channel": channel, "ts": ts, "text": cards.fit(said, cards.SECTION),
            "blocks": cards.ended(card, said, self._settings),
        }  # fmt: skip
        await self._api.write("chat.update", body, ours=ours, into=Posted)
        return Receipt(there)

    async def tell(self, there: CardId, who: str, text: str) -> Receipt:
        """See https://docs.slack.dev/reference/methods/chat.postEphemeral : who is not there gets nothing."""
        channel, _ = _place(there)
        user = who.rpartition("/")[2]
        if not PERSON.fullmatch(user):
            raise Rejected("nobody at Slack is called that", Code.UNDELIVERABLE)
        body = {"channel": channel, "user": user, "text": cards.fit(text, cards.SECTION)}
        await self._api.write("chat.postEphemeral", body, ours=False, into=object)
        return Receipt()

    async def may(self, who: str) -> str | None:
        """Of the app's own workspace only: in a shared channel strangers click, too.

        Of an organisation's people a click may say the organisation instead: who of them may is named, as any other.
        """
        me = await self._api.me()
        team, _, user = who.rpartition("/")
        if not team or team not in (me.team_id, me.enterprise_id):
            return None
        if (name := self._settings.people.get(user)) is not None:
            return f"{name} ({user})"
        for group, name in self._settings.groups.items():
            if user in await self._groups.members(group):
                return f"{name} ({user})"
        return None


def _bears(message: Message, card: CaseCard) -> bool:
    said = message.metadata
    return said is not None and said.event_type == cards.EVENT and cards.bears(said.event_payload, card)


def _card(channel: str, ts: str) -> CardId:
    """A message's name here. Raises Malformed where Slack says none by which it could be found again."""
    if not _CARD.fullmatch(made := f"{channel}/{ts}"):
        raise Malformed("a message without a channel or a time")
    return CardId(made)


def _place(there: CardId) -> tuple[str, str]:
    """Channel and time of a message. Raises Rejected(not_found) for what is none."""
    found = _CARD.fullmatch(there)
    if found is None:
        raise Rejected("no message at Slack is called that", Code.NOT_FOUND)
    return found[1], found[2]
