"""The API, call by call: https://developer.zendesk.com/api-reference/ticketing/introduction/ ."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, Final

from pawline.sandbox.zendesk import hooking, views
from pawline.sandbox.zendesk.books import STAFF, Books, Known, Ticket, stamp
from pawline.sandbox.zendesk.calls import Call, Done, No

KEYS: Final = 2 * 3_600.0
"""Seconds that a key is known."""
FRESH: Final = 60.0
"""Seconds: what changed so lately is in no export yet."""
STATUSES: Final = ("new", "open", "pending", "hold", "solved", "closed")
_MISSING: Final = "RecordNotFound"


class Api:
    """Answers calls from the books. `fresh` and `page` are the export's; a test may make them small."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.fresh, self.page = FRESH, 1_000
        self._answers: dict[str, Callable[[Call], Done]] = {
            "GET users/me": lambda _: Done(200, {"user": views.user(books.me)}),
            "GET users/*": self._user,
            "GET tickets": self._list,
            "POST tickets": self._create,
            "GET tickets/*": self._show,
            "PUT tickets/*": self._update,
            "GET tickets/*/audits": self._audits,
            "GET tickets/*/comments": self._comments,
            "GET incremental/tickets/cursor": self._export,
            "GET webhooks": lambda call: Done(
                200, _paged("webhooks", [views.listener(one) for one in books.listeners.values()], call)
            ),
            "POST webhooks": lambda call: hooking.made(books, call),
            "PATCH webhooks/*": lambda call: hooking.changed(books, call),
            "GET webhooks/*/signing_secret": lambda call: hooking.signing(books, call),
        }

    def answer(self, call: Call) -> Done:
        """What comes of it. Raises No."""
        found = self._answers.get(call.route)
        if found is None:
            raise No(404, "InvalidEndpoint", "Not found")
        me = self._books.me
        if me.role not in STAFF or me.suspended:
            raise No(403, {"title": "Forbidden", "message": "You do not have access to this page."})
        if call.path[0] in ("incremental", "webhooks") and me.role != "admin":
            raise No(403, "Forbidden", "You are not authorized to do that")
        return found(call)

    # -- reads ---------------------------------------------------------------------------------------------------

    def _user(self, call: Call) -> Done:
        if call.number not in self._books.users:
            raise No(404, _MISSING, "Not found")
        return Done(200, {"user": views.user(self._books.users[call.number])})

    def _list(self, call: Call) -> Done:
        wanted = call.query.get("external_id")
        found = [one for one in self._there() if wanted is None or one.external_id == wanted]
        return Done(200, _paged("tickets", [views.ticket(one) for one in found], call))

    def _show(self, call: Call) -> Done:
        one = self._one(call)
        body: dict[str, Any] = {"ticket": views.ticket(one)}
        if "users" in call.query.get("include", ""):
            body["users"] = views.people(self._books, [one])
        return Done(200, body)

    def _audits(self, call: Call) -> Done:
        one = self._one(call)
        return Done(200, _paged("audits", [views.audit(one, each) for each in one.audits], call))

    def _comments(self, call: Call) -> Done:
        found = [
            event | {"created_at": stamp(each.at), "audit_id": each.id, "via": {"channel": each.channel}}
            for each in self._one(call).audits for event in each.events if event["type"] == "Comment"
        ]  # fmt: skip
        return Done(200, _paged("comments", found, call))

    def _export(self, call: Call) -> Done:
        """https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/ ."""
        until = self._books.now() - self.fresh
        after = _after(call, until)
        every = sorted(self._books.tickets.values(), key=_changed)
        found = [one for one in every if _changed(one) > after and one.changed <= until]
        size = min(self.page, int(call.query.get("per_page", self.page)))
        shown, rest = found[:size], found[size:]
        last = _changed(shown[-1]) if shown else after
        body: dict[str, Any] = {
            "tickets": [views.ticket(one) for one in shown], "end_of_stream": not rest, "before_url": None,
            "after_cursor": base64.b64encode(f"{last[0]}||{last[1]}".encode()).decode(), "before_cursor": None,
        }  # fmt: skip
        include = call.query.get("include", "")
        if "users" in include:
            body["users"] = views.people(self._books, shown)
        if "metric_sets" in include:
            body["metric_sets"] = [views.metrics(one) for one in shown]
        return Done(200, body)

    # -- changes -------------------------------------------------------------------------------------------------

    def _create(self, call: Call) -> Done:
        """https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#create-ticket ."""
        books, known = self._books, self._books.keys.get(call.key)
        if call.key and known is not None and known.at + KEYS > books.now():
            if known.body != call.body:
                raise No(400, "IdempotentRequestError", "Request parameters don't match the given idempotency key")
            return Done(201, known.answer, {"x-idempotency-lookup": "hit"})
        given = call.body.get("ticket")
        if not isinstance(given, dict) or not (given.get("comment") or {}).get("body"):
            details = {"base": [{"description": "Description: cannot be blank"}]}
            raise No(422, "RecordInvalid", "Record validation errors", details)
        now, me = books.second(), books.me.id
        made = Ticket(
            id=books.number(), subject=given.get("subject"), requester=int(given.get("requester_id") or me), made=now,
            changed=now, status=given.get("status", "new"), external_id=given.get("external_id"),
            priority=given.get("priority"), group=given.get("group_id"), channel="api",
            tags=sorted({str(one) for one in given.get("tags") or ()}),
            public=bool(given["comment"].get("public", True)),
        )  # fmt: skip
        books.open(made, me, given["comment"], dict(given.get("metadata") or {}))
        books.did("Zendesk.open", f"{made.external_id}/{made.subject}")
        answer = {"ticket": views.ticket(made), "audit": views.audit(made, made.audits[0])}
        if not call.key:
            return Done(201, answer)
        books.keys[call.key] = Known(books.now(), call.body, answer)
        return Done(201, answer, {"x-idempotency-lookup": "miss"})

    def _update(self, call: Call) -> Done:
        """https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-ticket ."""
        books, one, change = self._books, self._one(call), call.body.get("ticket") or {}
        if one.status == "closed":
            details = {"status": [{"error": "ClosedTicket", "description": "Status: closed prevents ticket update"}]}
            raise No(422, "RecordInvalid", "Record validation errors", details)
        if change.get("safe_update") and change.get("updated_stamp") != stamp(one.changed):
            raise No(409, "UpdateConflict", "The ticket was updated since")
        if change.get("status", one.status) not in STATUSES:
            raise No(422, "RecordInvalid", "Record validation errors", {"status": [{"description": "is not known"}]})
        if change.get("status") == "solved" and one.assignee is None and change.get("assignee_id") is None:
            details = {"assignee_id": [{"description": "Assignee: is required when solving a ticket"}]}
            raise No(422, "RecordInvalid", "Record validation errors", details)
        made = books.update(one, books.me.id, "api", change, dict(change.get("metadata") or {}))
        if (comment := change.get("comment")) is not None:
            word = "reply" if comment.get("public", True) else "note"
            books.did(f"Zendesk.{word}", f"{one.id}/{comment['body']}")
        if change.get("status") == "solved":
            books.did("Zendesk.close", str(one.id))
        return Done(200, {"ticket": views.ticket(one), "audit": views.audit(one, made)})

    # -- one thing -----------------------------------------------------------------------------------------------

    def _there(self) -> list[Ticket]:
        return [one for one in self._books.tickets.values() if one.status != "deleted"]

    def _one(self, call: Call) -> Ticket:
        found = self._books.tickets.get(call.number)
        if found is None or found.status == "deleted":
            raise No(404, _MISSING, "Not found")
        return found


def _changed(one: Ticket) -> tuple[float, int]:
    return one.changed, one.id


def _after(call: Call, until: float) -> tuple[float, int]:
    if "cursor" in call.query:
        try:
            at, _, number = base64.b64decode(call.query["cursor"], validate=True).decode().partition("||")
            return float(at), int(number)
        except (binascii.Error, ValueError, UnicodeDecodeError):
            raise No(422, "InvalidValue", "cursor is not valid") from None
    try:
        start = float(call.query["start_time"])
    except (KeyError, ValueError):
        raise No(400, "StartTimeMissing", "start_time is missing") from None
    if start > until:
        raise No(422, "StartTimeTooRecent", "Too recent start_time. Use a start_time older than 1 minute")
    return start, 0


def _paged(name: str, found: list[dict[str, Any]], call: Call) -> dict[str, Any]:
    """By cursor where a size is asked for, else all at once."""
    if "page[size]" not in call.query:
        return {name: found, "next_page": None, "previous_page": None, "count": len(found)}
    size = max(1, min(100, int(call.query["page[size]"])))
    begin = int(call.query.get("page[after]") or 0)
    end = begin + size
    meta = {"has_more": end < len(found), "after_cursor": str(end), "before_cursor": str(begin)}
    return {name: found[begin:end], "meta": meta, "links": {"next": None, "prev": None}}
