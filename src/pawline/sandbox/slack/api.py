"""The Web API, method by method: https://docs.slack.dev/reference/methods ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pawline.sandbox.slack import blocks
from pawline.sandbox.slack.books import APP, BOT, ME, TEAM, Books, Channel, Message, Whisper
from pawline.sandbox.slack.calls import SCOPES, Call, No


class Api:
    """Answers calls from the books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._answers: dict[str, Callable[[Call], dict[str, Any]]] = {
            "auth.test": self._who,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._whisper,
            "conversations.history": self._history,
            "usergroups.users.list": self._group,
        }

    def answer(self, call: Call) -> dict[str, Any]:
        """What comes of it. Raises No."""
        found = self._answers.get(call.method)
        if found is None:
            raise No("unknown_method", req_method=call.method)
        needed = SCOPES.get(call.method, ())
        if needed and not set(needed) & set(self._books.scopes):
            raise No("missing_scope", needed=needed[0], provided=",".join(self._books.scopes))
        return {"ok": True, **found(call)}

    def _who(self, _: Call) -> dict[str, Any]:
        who = {"user_id": self._books.person} if self._books.person else {"bot_id": BOT, "user_id": ME}
        return {
            "url": "https://paws.slack.com/", "team": "Paws", "user": "pawline", "team_id": TEAM,
            "is_enterprise_install": self._books.everywhere, **who,
        } | ({"enterprise_id": self._books.enterprise} if self._books.enterprise else {})  # fmt: skip

    def _post(self, call: Call) -> dict[str, Any]:
        there = self._joined(call)
        made = Message(self._books.stamp(), ME, call.text("text"), _blocks(call), _metadata(call), BOT)
        if not made.text and not made.blocks:
            raise No("no_text")
        there.messages.append(made)
        self._books.did("Slack.post", f"{there.id}/{made.text}")
        return {"channel": there.id, "ts": made.ts, "message": shown(made, metadata=True)}

    def _update(self, call: Call) -> dict[str, Any]:
        there = self._channel(call)
        found = self._books.find(there.id, call.text("ts"))
        if found is None:
            raise No("message_not_found")
        if found.bot != BOT:
            raise No("cant_update_message")
        if not self._books.edits:
            raise No("edit_window_closed")
        found.text, found.blocks = call.text("text"), _blocks(call)
        if "metadata" in call.given:
            found.metadata = _metadata(call)
        self._books.did("Slack.update", f"{there.id}/{found.text}")
        return {"channel": there.id, "ts": found.ts, "text": found.text, "message": shown(found, metadata=True)}

    def _whisper(self, call: Call) -> dict[str, Any]:
        there, user = self._joined(call), call.text("user")
        if user not in there.members:
            raise No("user_not_in_channel")
        if not call.text("text"):
            raise No("no_text")
        self._books.whispers.append(Whisper(there.id, user, call.text("text")))
        self._books.did("Slack.whisper", f"{user}/{call.text('text')}")
        return {"message_ts": self._books.stamp()}

    def _history(self, call: Call) -> dict[str, Any]:
        """Newest first; a cursor is the time of the last message of the page before."""
        there = self._joined(call, posting=False)
        oldest, latest = _time(call, "oldest", 0.0), _time(call, "latest", float("inf"))
        inclusive, after = call.flag("inclusive"), call.text("cursor")
        found = [
            one for one in reversed(there.messages)
            if (oldest < float(one.ts) < latest or (inclusive and float(one.ts) in (oldest, latest)))
            and (not after or float(one.ts) < float(after))
        ]  # fmt: skip
        size = max(1, min(999, int(call.text("limit") or 100)))
        page, rest = found[:size], found[size:]
        metadata = call.flag("include_all_metadata")
        body: dict[str, Any] = {"messages": [shown(one, metadata=metadata) for one in page], "has_more": bool(rest)}
        return body | ({"response_metadata": {"next_cursor": page[-1].ts}} if rest else {})

    def _group(self, call: Call) -> dict[str, Any]:
        if call.text("usergroup") not in self._books.groups:
            raise No("no_such_subteam")
        return {"users": self._books.groups[call.text("usergroup")]}

    def _channel(self, call: Call) -> Channel:
        found = self._books.channels.get(call.text("channel"))
        if found is None:
            raise No("channel_not_found")
        return found

    def _joined(self, call: Call, *, posting: bool = True) -> Channel:
        found = self._channel(call)
        if posting and found.archived:
            raise No("is_archived")
        if not found.joined:
            raise No("not_in_channel")
        return found


def shown(one: Message, *, metadata: bool) -> dict[str, Any]:
    """https://docs.slack.dev/reference/events/message ."""
    body: dict[str, Any] = {
        "type": "message", "user": one.user, "ts": one.ts, "text": one.text, "blocks": one.blocks, "team": TEAM,
    }  # fmt: skip
    if one.bot is not None:
        body |= {"bot_id": one.bot, "app_id": APP, "bot_profile": {"id": one.bot, "app_id": APP, "name": "Pawline"}}
    return body | ({"metadata": one.metadata} if metadata and one.metadata else {})


def _blocks(call: Call) -> list[dict[str, Any]]:
    given: Any = call.given.get("blocks") or []
    if (said := blocks.wrong(given)) is not None:
        raise No("invalid_blocks", response_metadata={"messages": [f"[ERROR] {said}"]})
    if blocks.size(given) > blocks.LONGEST:
        raise No("msg_blocks_too_long")
    found: list[dict[str, Any]] = given
    return found


def _metadata(call: Call) -> dict[str, Any] | None:
    given = call.given.get("metadata")
    if given in (None, {}):
        return None
    if not isinstance(given, dict) or not given.get("event_type") or not isinstance(given.get("event_payload"), dict):
        raise No("invalid_metadata_format")
    return given


def _time(call: Call, name: str, otherwise: float) -> float:
    try:
        return float(call.text(name) or otherwise)
    except ValueError:
        raise No(f"invalid_ts_{name}") from None
