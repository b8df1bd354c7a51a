"""The OpenAPI 3.1 document of the Storefront API, from the very table that is served."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from pawline import __version__
from pawline.hub.storefront import Cause
from pawline.hub.storefront.addresses import WrongSaid
from pawline.web.incoming import DETAILS
from pawline.web.storefront.operations import Operation
from pawline.web.storefront.table import SERVED

ALWAYS: Final = (
    Cause.UNKNOWN_KEY, Cause.FORBIDDEN, Cause.NOT_FOUND, Cause.TOO_OFTEN, Cause.DEFECT, Cause.BUSY,
)  # fmt: skip
WITH_BODY: Final = (Cause.UNREADABLE, Cause.SLOW, Cause.TOO_LARGE, Cause.KIND, Cause.INVALID)
NAMED: Final = (Cause.UNNAMED, Cause.UNDER_WAY, Cause.REUSED)
HEADERS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "Idempotency-Key": ("Names this request (a UUID): made again, it is answered as before, for 48 hours.",
                        {"type": "string", "minLength": 16, "maxLength": 128, "pattern": "^[\\x21-\\x7e]+$"}),
    "If-Match": ("The ETag of what is changed, as it was read.", {"type": "string", "minLength": 1}),
    "If-None-Match": ("An ETag: where it is still so, the answer is 304.", {"type": "string"}),
    "Last-Event-ID": ("The id of the last event that came.", {"type": "string"}),
    "Pawline-Token": ("The token of the cart or order, or the household's pass; publishable keys give it.",
                      {"type": "string"}),
}  # fmt: skip
QUERY: Final[dict[str, dict[str, Any]]] = {
    "after": {"type": "string", "maxLength": 64, "description": "`next` of the page before."},
    "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
}


OWNED: Final = re.compile(r"{(cart|household|order)}")
"""Paths of what is somebody's: a publishable key proves that it may."""
LINKS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "begin_cart": {"get_cart": ("path", "cart"), "change_cart": ("path", "cart"), "quote": ("body", "cart")},
    "checkout": {"get_order": ("path", "order"), "cancel_order": ("path", "order"), "list_returns": ("path", "order")},
}
"""What goes on with what was made: by its id, and by its token."""


def causes_of(operation: Operation) -> tuple[Cause, ...]:
    """Every refusal that it may be answered by."""
    found = (*ALWAYS, *operation.refuses)
    found += WITH_BODY if operation.form is not None else ()
    found += NAMED if operation.writes else ()
    return (*found, Cause.INVALID) if operation.query and Cause.INVALID not in found else found


def document() -> dict[str, Any]:
    """The document, as JSON values."""
    kinds = {kind for one in SERVED for kind in (one.form, *one.answers.values()) if kind is not None}
    kinds.add(WrongSaid)
    _, parts = msgspec.json.schema_components(
        sorted(kinds, key=lambda kind: kind.__name__), ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for one in SERVED:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pawline: Storefront API", "version": __version__,
            "description": "The checkout of a shop that owns it. Amounts are whole minor units; no float is anywhere. "
                           "HEAD is answered as GET is, without the body.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": {**parts, "Problem": _problem()},
            "securitySchemes": {"key": {
                "type": "http", "scheme": "bearer",
                "description": "`pk_…` for pages (what a shopper may), `sk_…` for the shop's servers (its scopes).",
            }},
        },
    }  # fmt: skip


def _operation(one: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": one.name, "summary": one.says, "x-scope": str(one.scope), "parameters": _parameters(one),
        "responses": _responses(one),
    }  # fmt: skip
    if one.form is not None:
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": _of(one.form)}}}
    return said


def _parameters(one: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": 64}}
        for name in re.findall(r"{(\w+)}", one.path)
    ]
    found += [{"name": name, "in": "query", "schema": QUERY[name]} for name in one.query]
    headers = {"Idempotency-Key": one.writes, "If-Match": one.method == "PATCH"}
    headers |= {"If-None-Match": False} if one.tagged else {}
    headers |= {"Last-Event-ID": False} if one.streams else {}
    headers |= {"Pawline-Token": False} if OWNED.search(one.path) or one.name == "quote" else {}
    for name, required in headers.items():
        if required or name in ("If-None-Match", "Last-Event-ID", "Pawline-Token"):
            says, schema = HEADERS[name]
            found.append({"name": name, "in": "header", "required": required, "description": says, "schema": schema})
    return found


def _responses(one: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, kind in one.answers.items():
        found[str(status)] = {"description": SAYS[status]}
        if kind is not None:
            found[str(status)]["content"] = {"application/json": {"schema": _of(kind)}}
        elif one.streams:
            found[str(status)]["content"] = {"text/event-stream": {"schema": {"type": "string"}}}
        if status in (201, 202) and one.name in LINKS:
            found[str(status)]["links"] = {to: _link(to, *part) for to, part in LINKS[one.name].items()}
    by_status: dict[int, list[Cause]] = {}
    for cause in causes_of(one):
        by_status.setdefault(cause.status, []).append(cause)
    for status, causes in sorted(by_status.items()):
        says = " ".join(f"`{cause.label}`: {cause.says}" for cause in causes)
        found[str(status)] = {"description": says, "content": {DETAILS: {"schema": {"$ref": _PROBLEM}}}}
    return found


def _link(to: str, where: str, name: str) -> dict[str, Any]:
    said: dict[str, Any] = {"operationId": to, "parameters": {"header.Pawline-Token": "$response.body#/token"}}
    if where == "path":
        said["parameters"][f"path.{name}"] = "$response.body#/id"
    else:
        said["requestBody"] = {name: "$response.body#/id"}
    return said


SAYS: Final = {
    200: "So it is.", 201: "It is made, and certain as far as the profile waits.",
    202: "It is on disk, and goes on: `status` says how far it is.", 304: "As the client has it.",
}  # fmt: skip
_PROBLEM: Final = "#/components/schemas/Problem"


def _of(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _problem() -> dict[str, Any]:
    return {
        "type": "object", "description": "RFC 9457.", "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference",
                     "enum": [f"/v1/problems/{cause.label}" for cause in Cause]},
            "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"},
            "left": {"type": "object", "additionalProperties": {"type": "integer"},
                     "description": "Of `out-of-stock`: what there is of each SKU; of `none-left`: of each line."},
            "wrong": {"type": "array", "items": _of(WrongSaid),
                      "description": "Of `address`: what is to be put right."},
            "skus": {"type": "array", "items": {"type": "string"}}, "order": {"type": "string"},
        },
    }  # fmt: skip
