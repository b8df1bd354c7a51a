"""The part of Klaviyo's own specification that is kept here, how it is made, and how what is said is held against it.

    python -m tests.unit.sandbox.klaviyo_contract SPEC > tests/unit/sandbox/klaviyo_contract.json

SPEC is `openapi/stable.json` of https://github.com/klaviyo/openapi, revision 2026-07-15.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker

from pawline.sandbox.klaviyo.klaviyo import ENDPOINTS, endpoint
from pawline.sandbox.klaviyo.wrongs import Refusal

CONTRACT: Final = Path(__file__).with_name("klaviyo_contract.json")
ABOUT: Final = {
    "title": "Klaviyo API (a part)",
    "source": "https://github.com/klaviyo/openapi openapi/stable.json @ f0a30ba41254, revision 2026-07-15",
    "made": "by tests/unit/sandbox/klaviyo_contract.py: paths that the sandbox has, without descriptions and examples",
    "license": "MIT License, Copyright (c) 2022 Klaviyo. Permission is hereby granted, free of charge, to any person "
    'obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software '
    "without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, "
    "sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do "
    "so, subject to the following conditions: The above copyright notice and this permission notice shall be included "
    'in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF '
    "ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A "
    "PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY "
    "CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR "
    "IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.",
}  # fmt: skip
_WORDS: Final = frozenset({"description", "example", "examples", "title", "summary", "externalDocs"})
_UNREAD: Final = {("GET", "/api/flows"), ("GET", "/api/profiles")}
"""Calls whose `included` is never asked for: it would bring the definitions of whole flows with it."""


# -- how it is made ------------------------------------------------------------------------------------------------


def extract(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The operations of the sandbox, with all that they refer to."""
    kept: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for one in ENDPOINTS:
        told = spec["paths"][one.path][one.method.lower()]
        replies = {}
        for status, reply in told["responses"].items():
            whole = spec["components"]["responses"][reply["$ref"].split("/")[-1]] if "$ref" in reply else reply
            schema = _schema(whole)
            if (one.method, one.path) in _UNREAD and status == "200":
                schema = {**_resolved(spec, schema)}
                schema["properties"] = {k: v for k, v in schema["properties"].items() if k != "included"}
            replies[status] = _plain(schema, spec, kept) if schema else None
        asked = _schema(told["requestBody"]) if "requestBody" in told else None
        operations[f"{one.method} {one.path}"] = {
            "query": {
                q["name"]: _plain(q["schema"], spec, kept) for q in told.get("parameters", ()) if q["in"] == "query"
            },
            "rate": told["x-klaviyo-ratelimit"], "scopes": told["x-klaviyo-scopes"], "replies": replies,
            "body": None if asked is None else _plain(_closed(asked, spec), spec, kept),
        }  # fmt: skip
    return {"about": ABOUT, "operations": operations, "$defs": dict(sorted(kept.items()))}


def _schema(whole: Mapping[str, Any]) -> Any:
    for told in whole.get("content", {}).values():
        return told["schema"]
    return None


def _resolved(spec: Mapping[str, Any], schema: Any) -> Any:
    return spec["components"]["schemas"][schema["$ref"].split("/")[-1]] if "$ref" in schema else schema


def _closed(schema: Any, spec: Mapping[str, Any]) -> Any:
    """What we send: a field that the vendor does not name is wrong, but where any name may stand."""
    if isinstance(schema, list):
        return [_closed(one, spec) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _closed(_resolved(spec, schema), spec)
    found = {name: _closed(value, spec) for name, value in schema.items()}
    if found.get("properties") and isinstance(found["properties"], dict) and "type" in found:
        found["additionalProperties"] = False
    return found


def _plain(schema: Any, spec: Mapping[str, Any], kept: dict[str, Any]) -> Any:
    """As JSON Schema has it: `nullable` is a type, and a reference leads to `$defs`."""
    if isinstance(schema, list):
        return [_plain(one, spec, kept) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].split("/")[-1]
        if name not in kept:
            kept[name] = {}
            kept[name] = _plain(spec["components"]["schemas"][name], spec, kept)
        return {"$ref": f"#/$defs/{name}"}
    found = {
        name: {key: _plain(one, spec, kept) for key, one in value.items()} if name == "properties" else
        _plain(value, spec, kept)
        for name, value in schema.items() if name not in _WORDS or name == "properties"
    }  # fmt: skip
    if found.pop("nullable", False):
        if "type" in found:
            found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    return found


# -- how it is held ------------------------------------------------------------------------------------------------

_formats: Final = FormatChecker(())


def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value) is not None


_formats.checks("date-time", raises=ValueError)(_is_moment)


@cache
def contract() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(CONTRACT.read_text("utf-8"))
    return found


class Held:
    """Holds requests and replies against the contract. `wrong` is what was said otherwise, in sentences.

    What is counted in `right` is `METHOD path` for requests, and `METHOD path status` for replies.
    """

    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.wrong: list[str] = []

    def request(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], raw: bytes) -> None:
        name = _named(method, path)
        if name is None:
            self.wrong.append(f"{method} {path} is no call that is known")
            return
        told = contract()["operations"][name]
        found = [] if headers.get("revision") == "2026-07-15" else [f"{name}: revision {headers.get('revision')}"]
        if raw and headers.get("content-type") != "application/vnd.api+json":
            found.append(f"{name}: its body is said to be {headers.get('content-type')}")
        for parameter, value in query.items():
            schema = told["query"].get(parameter)
            if schema is None:
                found.append(f"{name}: there is no parameter {parameter}")
            else:
                found += _wrong(name, schema, _read(schema, value))
        if told["body"] is not None:
            found += _wrong(name, told["body"], json.loads(raw))
        elif raw:
            found.append(f"{name} has no body")
        self._keep(name, found)

    def reply(self, method: str, path: str, status: int, raw: bytes) -> None:
        name = _named(method, path)
        if name is None:
            return
        replies = contract()["operations"][name]["replies"]
        kind = str(status) if str(status) in replies else f"{status // 100}XX"
        if kind not in replies:
            self._keep(f"{name} {status}", [f"{name} is not answered {status}"])
            return
        schema = replies[kind]
        if schema is None:
            found = [f"{name} is answered {status} without a body"] if raw else []
        else:
            found = _wrong(f"{name} {status}", schema, json.loads(raw))
        self._keep(f"{name} {kind}", found)

    def _keep(self, name: str, found: list[str]) -> None:
        self.wrong += found
        if not found:
            self.right[name] += 1


def _named(method: str, path: str) -> str | None:
    try:
        one, _ = endpoint(method, path)
    except Refusal:
        return None
    return f"{one.method} {one.path}"


def _read(schema: Mapping[str, Any], value: str) -> Any:
    if schema.get("type") == "array":
        return value.split(",")
    return int(value) if schema.get("type") == "integer" and value.isdigit() else value


def _wrong(name: str, schema: Any, value: Any) -> list[str]:
    whole = {"$defs": contract()["$defs"], "allOf": [schema]}
    validator = Draft202012Validator(whole, format_checker=_formats)
    return [f"{name}: {one.message[:200]} at {one.json_path}" for one in validator.iter_errors(value)]


if __name__ == "__main__":
    made = extract(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    sys.stdout.write(json.dumps(made, indent=1, sort_keys=True) + "\n")
