"""The API, call by call: by Formbricks' own source, `apps/web/modules/api/v2` and `apps/web/app/api/v1`, 2026-08-22."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from pawline.sandbox.calling import Asked
from pawline.sandbox.formbricks.books import Books, Survey, Webhook

LEAST, MOST = 50, 250
"""Items of a page, unless it is said, and at most."""
TRIGGERS: Final = frozenset({"responseCreated", "responseUpdated", "responseFinished"})
OPENED_AT: Final = "https://app.formbricks.com"


class No(Exception):
    """A refusal, as version 2 words it."""

    def __init__(self, status: int, text: str, *fields: str) -> None:
        super().__init__(status, text)
        details = [{"field": one, "issue": "invalid"} for one in fields]
        self.status: Final = status
        self.body: Final = {"error": {"code": status, "message": text, "details": details}}


class Api:
    """Answers calls from the books. `may_write`: whether the key may."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.may_write = True
        self._minted = 0
        self.asked: list[str] = []

    def answer(self, call: Asked) -> Any:  # noqa: ANN401 - JSON
        """What comes of it. Raises No."""
        self.asked.append(f"{call.method} {'/'.join(call.path)}")
        match call.method, call.path:
            case "GET", ("v2", "management", "responses"):
                every = list(self._books.responses.values())
                wanted = call.query.get("surveyId")
                return {"data": _page(call.query, [one for one in every if wanted in (None, one["surveyId"])])}
            case "GET", ("v2", "management", "responses", name):
                return {"data": _found(self._books.responses, name)}
            case _, ("v2", "management", "webhooks", *rest):
                return self._hooks(call, rest)
            case "GET", ("v1", "management", "surveys"):
                first = int(call.query.get("offset", 0))
                every = [self._survey(one) for one in self._books.surveys.values()][::-1]
                return {"data": every[first:][: int(call.query.get("limit", len(every)))]}
            case "GET", ("v1", "management", "surveys", name):
                return {"data": self._survey(_found(self._books.surveys, name))}
            case "GET", ("v1", "management", "surveys", name, "singleUseIds"):
                return {"data": self._links(_found(self._books.surveys, name), int(call.query.get("limit", 10)))}
        raise No(404, "Not Found")

    def _survey(self, one: Survey) -> dict[str, Any]:
        single = {"enabled": True, "isEncrypted": False} if one.once else None
        return {
            "id": one.id, "name": one.name, "type": one.type, "status": one.status, "questions": one.questions,
            "workspaceId": self._books.workspace, "environmentId": self._books.workspace, "singleUse": single,
            "hiddenFields": {"enabled": bool(one.hidden), "fieldIds": one.hidden}, "archivedAt": one.archived,
        }  # fmt: skip

    def _links(self, survey: Survey, many: int) -> list[str]:
        """Nothing is kept of them, so that no diary need know: whoever answers shows that he has one."""
        self._write(self._books.workspace)
        if not survey.once:
            raise No(400, "Single use links are not enabled for this survey")
        first, self._minted = self._minted, self._minted + many
        made = [_token(f"{survey.id} {self._books.now()} {first + n}")[:24] for n in range(many)]
        return [f"{OPENED_AT}/s/{survey.id}?{urlencode({'suId': one, 'suToken': _token(one)})}" for one in made]

    # -- webhooks ------------------------------------------------------------------------------------------------

    def _hooks(self, call: Asked, rest: list[str]) -> dict[str, Any]:
        hooks = self._books.webhooks
        answers: dict[str, Callable[[Webhook], dict[str, Any]]] = {
            "GET": self._shown, "PUT": lambda one: self._changed(one, call.body), "DELETE": self._removed,
        }  # fmt: skip
        if not rest and call.method == "GET":
            every = [self._shown(one) for one in hooks.values()]
            return {"data": _page(call.query, every), "meta": {"total": len(every)}}
        if not rest and call.method == "POST":
            return {"data": self._made(call.body)}
        if len(rest) == 1 and call.method in answers:
            return {"data": answers[call.method](_found(hooks, rest[0]))}
        raise No(404, "Not Found")

    def _made(self, body: dict[str, Any]) -> dict[str, Any]:
        self._write(body.get("workspaceId") or body.get("environmentId"))
        _checked(body, "name", "url", "source", "triggers", "surveyIds")
        books = self._books
        name = books.id("webhook")
        secret = f"whsec_{base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()}" if books.signs else None
        made = Webhook(
            name, body["url"], body["name"], body["source"], body["triggers"], body["surveyIds"], secret,
            books.moment(books.now()),
        )  # fmt: skip
        books.webhooks[name] = made
        books.did("Formbricks.webhook", name)
        return {**self._shown(made), "secret": secret}

    def _changed(self, one: Webhook, body: dict[str, Any]) -> dict[str, Any]:
        self._write(self._books.workspace)
        _checked(body, "name", "url", "source", "triggers", "surveyIds")
        one.name, one.url, one.source = body["name"], body["url"], body["source"]
        one.triggers, one.surveys = body["triggers"], body["surveyIds"]
        self._books.did("Formbricks.change", one.id)
        return self._shown(one)

    def _removed(self, one: Webhook) -> dict[str, Any]:
        self._write(self._books.workspace)
        del self._books.webhooks[one.id]
        self._books.did("Formbricks.remove", one.id)
        return self._shown(one)

    def _shown(self, one: Webhook) -> dict[str, Any]:
        """The secret is shown when it is made, and never again."""
        return {
            "id": one.id, "name": one.name, "createdAt": one.at, "updatedAt": one.at, "url": one.url,
            "source": one.source, "workspaceId": self._books.workspace, "triggers": one.triggers,
            "surveyIds": one.surveys,
        }  # fmt: skip

    def _write(self, workspace: object) -> None:
        if workspace != self._books.workspace:
            raise No(404, "Not Found", "workspaceId")
        if not self.may_write:
            raise No(403, "Forbidden")


def _token(single: str) -> str:
    return hashlib.sha256(f"token of {single}".encode()).hexdigest()


def _found(where: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - what is there
    if name not in where:
        raise No(404, "Not Found")
    return where[name]


def _checked(body: dict[str, Any], *fields: str) -> None:
    wrong = [one for one in fields if one not in body]
    if not wrong and not body["url"].startswith(("http://", "https://")):
        raise No(400, "Bad Request", "url")
    if not wrong and not (body["triggers"] and set(body["triggers"]) <= TRIGGERS):
        wrong = ["triggers"]
    if wrong:
        raise No(422, "Unprocessable Entity", *wrong)


def _page(query: dict[str, str], every: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`apps/web/modules/api/v2/types/api-filter.ts` ."""
    try:
        limit, skip = int(query.get("limit", LEAST)), int(query.get("skip", 0))
    except ValueError:
        raise No(422, "Unprocessable Entity", "limit") from None
    by, field = query.get("sortBy", "createdAt"), query.get("filterDateField", "createdAt")
    if not 1 <= limit <= MOST or skip < 0 or not {by, field} <= {"createdAt", "updatedAt"}:
        raise No(422, "Unprocessable Entity", "limit")
    found = [one for one in every if str(one[field] or "") >= query.get("startDate", "")]
    found.sort(key=lambda one: str(one[by] or ""), reverse=query.get("order", "desc") == "desc")
    return found[skip : skip + limit]
