"""The API, call by call: by the vendor's own specification, https://apidocs.zigpoll.com and its node for n8n."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec

from pawline.sandbox.zigpoll.books import Books, Hook, Poll

LEAST, MOST = 50, 1_000
"""Answers of a page, unless it is said, and at most."""
OF: Final = {"accountId": "accountId", "pollId": "pollId", "slideId": "slideId"}


class No(Exception):
    """A refusal."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, text)
        self.status: Final = status
        self.body: Final = {"error": text}


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `body` is JSON's object, empty where there was none."""

    method: str
    path: str
    query: dict[str, str] = {}
    body: dict[str, Any] = {}

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"


class Api:
    """Answers calls from the books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._answers: dict[str, Callable[[Call], Any]] = {
            "GET me": self._me,
            "GET accounts": lambda _: [{"_id": one, "title": "Paws"} for one in books.accounts],
            "GET polls": self._polls,
            "GET poll": lambda call: self._shown(self._poll(call.query)),
            "GET slides": self._slides,
            "GET responses": self._responses,
            "POST generate-survey-link": self._link,
            "POST n8n/hooks": self._listen,
            "DELETE n8n/hooks": self._hush,
        }

    def answer(self, call: Call) -> Any:  # noqa: ANN401 - JSON
        """What comes of it. Raises No."""
        route = f"{call.method} {call.path}"
        if route not in self._answers:
            raise No(404, "Not found")
        return self._answers[route](call)

    def _me(self, _: Call) -> dict[str, Any]:
        books = self._books
        return {"_id": books.user, "email": "owner@paws.example", "name": "Paws", "accounts": list(books.accounts)}

    def _polls(self, call: Call) -> list[dict[str, Any]]:
        if call.query.get("accountId") not in self._books.accounts:
            raise No(404, "Account not found")
        mine = call.query["accountId"] == self._books.account
        return [self._shown(one) for one in reversed(self._books.polls.values())] if mine else []

    def _shown(self, one: Poll) -> dict[str, Any]:
        return {
            "_id": one.id, "title": one.title, "accountId": self._books.account, "isVisible": one.visible,
            "isArchived": one.archived, "slides": [slide.id for slide in one.slides], "pageRules": [],
        }  # fmt: skip

    def _slides(self, call: Call) -> list[dict[str, Any]]:
        poll = self._poll(call.query)
        return [{"_id": one.id, "title": one.title, "type": one.type, "pollId": poll.id} for one in poll.slides]

    def _poll(self, said: dict[str, Any]) -> Poll:
        found = self._books.polls.get(str(said.get("pollId", "")))
        if found is None:
            raise No(404, "Poll not found")
        return found

    def _responses(self, call: Call) -> dict[str, Any]:
        """https://apidocs.zigpoll.com/reference/cursor-pagination . The newest first."""
        query, books = call.query, self._books
        of = [name for name in OF if name in query]
        if len(of) != 1:
            raise No(400, "Provide exactly one of accountId, pollId, or slideId")
        (by,) = of
        found = [one for one in reversed(books.answers) if one.get(by) == query[by]]
        if "createdAfter" in query:
            found = [one for one in found if _millis(one) > int(query["createdAfter"])]
        if "createdBefore" in query:
            found = [one for one in found if _millis(one) < int(query["createdBefore"])]
        if query.get("startCursor"):
            names = [one["_id"] for one in found]
            if query["startCursor"] not in names:
                raise No(400, "Invalid cursor")
            found = found[names.index(query["startCursor"]) + 1 :]
        many = min(MOST, int(query.get("limit") or LEAST))
        page = found[:many]
        end = page[-1]["_id"] if page else ""
        return {"data": page, "hasNextPage": len(found) > many, "endCursor": end}

    def _link(self, call: Call) -> dict[str, Any]:
        poll, books = self._poll(call.body), self._books
        name = books.id("activity")
        books.links[name] = {"pollId": poll.id, "metadata": dict(call.body.get("metadata") or {})}
        books.did("Zigpoll.link", str(books.links[name]["metadata"].get("pawline_household", name)))
        return {"url": f"https://www.zigpoll.com/s/{name}", "activityId": name}

    def _listen(self, call: Call) -> dict[str, Any]:
        """Twice is two: https://github.com/JasonZigelbaum/n8n-nodes-zigpoll ."""
        poll, books = self._poll(call.body), self._books
        if not call.body.get("targetUrl"):
            raise No(400, "targetUrl is required")
        made = Hook(books.id("hook"), poll.id, call.body["targetUrl"])
        books.hooks.append(made)
        books.did("Zigpoll.hook", poll.id)
        return {"data": {"externalHookId": made.id}}

    def _hush(self, call: Call) -> dict[str, Any]:
        """The vendor's node sends the id of the webhook as its `targetUrl`; the name says its address."""
        books, named = self._books, (call.body.get("pollId"), call.body.get("targetUrl"))
        left = [one for one in books.hooks if (one.poll, one.id if books.hushed_by_id else one.url) != named]
        if len(left) == len(books.hooks):
            raise No(404, "Hook not found")
        books.hooks = left
        return {"data": {}}


def _millis(one: dict[str, Any]) -> float:
    try:
        return datetime.fromisoformat(one["createdAt"]).timestamp() * 1_000
    except (TypeError, ValueError):  # broken on purpose
        return float("inf")
