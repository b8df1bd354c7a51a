"""What Twilio's API takes and answers, as its own OpenAPI document has it: every call of a test is held against it.

`twilio_contract.json` is what is kept of it: of five operations on messages the parameters, the form and the answer,
without their texts. Made anew by `python -m tests.unit.sandbox.twilio_contract`, where the document is beside the
checkout. `ALSO` is not in that document, and names the pages that have it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from tests.house.tree import ROOT

SPEC: Final = ROOT.parent / "shared/specs/twilio/messages.subset.json"
KEPT: Final = Path(__file__).with_name("twilio_contract.json")
OPERATIONS: Final = ("CreateMessage", "DeleteMessage", "FetchMessage", "ListMessage", "UpdateMessage")
FORM: Final = "application/x-www-form-urlencoded"
BASE: Final = "/2010-04-01/Accounts/"
PAGES: Final = "https://www.twilio.com/docs/"
ALSO: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "GET /2010-04-01/Accounts/{Sid}.json": (f"{PAGES}iam/api/account", frozenset()),
    "GET /2010-04-01/Accounts/{Account}/IncomingPhoneNumbers.json": (
        f"{PAGES}phone-numbers/api/incomingphonenumber-resource", frozenset({"PhoneNumber"}),
    ),
    "POST /2010-04-01/Accounts/{Account}/IncomingPhoneNumbers/{Sid}.json": (
        f"{PAGES}phone-numbers/api/incomingphonenumber-resource", frozenset({"SmsUrl", "SmsMethod"}),
    ),
    "GET /v1/Services/{Sid}": (f"{PAGES}messaging/api/service-resource", frozenset()),
    "POST /v1/Services/{Sid}": (
        f"{PAGES}messaging/api/service-resource", frozenset({"InboundRequestUrl", "InboundMethod"}),
    ),
}  # fmt: skip
"""Calls, their pages, and what is sent with them."""


def lean(schema: Any, whole: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema has it, without texts: references put in, and what may be null said so."""
    if isinstance(schema, list):
        return [lean(one, whole) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return lean(whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]], whole)
    left = ("description", "examples", "example", "title", "x-twilio", "nullable", "format")
    made = {name: lean(value, whole) for name, value in schema.items() if name not in left}
    if schema.get("type") == "object" and "properties" in schema:
        made["additionalProperties"] = False
    if schema.get("nullable"):
        made["type"] = [schema["type"], "null"]
    return made


def made_of(whole: dict[str, Any]) -> dict[str, Any]:
    """What is kept of the document."""
    kept = {}
    for path, item in whole["paths"].items():
        for method, one in item.items():
            if not isinstance(one, dict) or one.get("operationId") not in OPERATIONS:
                continue
            given: dict[str, dict[str, Any]] = {"query": {}, "path": {}}
            for each in one["parameters"]:
                given[each["in"]][each["name"]] = lean(each["schema"], whole)
            body = one.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema")
            kept[one["operationId"]] = {
                "call": f"{method.upper()} {path}",
                **given,
                "form": None if body is None else lean(body, whole),
                "answers": {
                    status: lean(said.get("content", {}).get("application/json", {}).get("schema"), whole)
                    for status, said in one["responses"].items()
                },
            }  # fmt: skip
    return kept


@cache
def contract() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(KEPT.read_text("utf-8"))
    return kept


class Held:
    """Keeps what was right and what was wrong. `right` counts operations of the document, `also` the others."""

    def __init__(self) -> None:
        self.right, self.also, self.wrong = Counter[str](), Counter[str](), list[str]()

    def request(self, method: str, path: str, query: dict[str, str], kind: str, raw: bytes) -> None:
        """One call, its path as it came."""
        form = dict(parse_qsl(raw.decode(), keep_blank_values=True))
        name, values = _operation(method, path)
        if name is None:
            self._other(method, path, {*query, *form})
            return
        one = contract()[name]
        wrong = [f"there is no parameter {odd}" for odd in sorted(set(query) - set(one["query"]))]
        for said, schemas in ((query, one["query"]), (values, one["path"])):
            wrong += [_why(value, schemas[each]) for each, value in said.items() if each in schemas]
        if raw and one["form"] is None:
            wrong.append("it has no body")
        if raw and kind != FORM:
            wrong.append(f"its body is said to be {kind}")
        if one["form"] is not None:
            given = {each: _typed(value, one["form"]["properties"].get(each, {})) for each, value in form.items()}
            wrong.append(_why(given, one["form"]))
        self._count(f"{name} request", [each for each in wrong if each])

    def reply(self, method: str, path: str, status: int, raw: bytes) -> None:
        """What was answered."""
        name, _ = _operation(method, path)
        if name is None:
            return
        if status >= 400:
            said = json.loads(raw)
            odd = {"code", "message", "more_info", "status"} ^ set(said)
            self._count(f"{name} {status}", [f"its error has not {one}" for one in sorted(odd)])
            return
        answers = contract()[name]["answers"]
        if str(status) not in answers:
            self._count(f"{name} {status}", ["it is not answered so"])
            return
        schema = answers[str(status)]
        self._count(f"{name} {status}", [each for each in [_why(json.loads(raw), schema) if schema else ""] if each])

    def _other(self, method: str, path: str, said: set[str]) -> None:
        for call, (_, known) in ALSO.items():
            if _fits(call, method, path) is not None:
                self.also[call] += 1
                self.wrong += [f"{call} has no {one}" for one in sorted(said - known)]
                return
        self.wrong.append(f"{method} {path} is no call that any page has")

    def _count(self, what: str, wrong: list[str]) -> None:
        self.wrong += [f"{what}: {one}" for one in wrong]
        if not wrong:
            self.right[what] += 1


def _operation(method: str, path: str) -> tuple[str | None, dict[str, str]]:
    for name, one in contract().items():
        if (values := _fits(one["call"], method, path)) is not None:
            return name, values
    return None, {}


def _fits(call: str, method: str, path: str) -> dict[str, str] | None:
    verb, _, pattern = call.partition(" ")
    found = re.fullmatch(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern)), path)
    return None if found is None or verb != method else found.groupdict()


def _typed(value: str, schema: dict[str, Any]) -> Any:
    """A form's text as what the schema takes it for."""
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    return {"true": True, "false": False}.get(value, value) if schema.get("type") == "boolean" else value


def _why(value: Any, schema: dict[str, Any]) -> str:
    if isinstance(value, str):
        value = _typed(value, schema)
    found = best_match(Draft202012Validator(schema).iter_errors(value))
    return "" if found is None else str(found.message)


if __name__ == "__main__":
    whole = json.loads(SPEC.read_text("utf-8"))
    KEPT.write_text(json.dumps(made_of(whole), indent=1, sort_keys=True) + "\n", "utf-8")
