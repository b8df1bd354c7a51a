"""Makes the sandbox's schema of Shopify: what is in `KEPT`, and what that needs, out of the vendor's whole one.

    python -m tests.unit.sandbox.shopify_schema admin_2026-07.json.gz > src/pawline/sandbox/shopify/schema.graphql

The file is in the npm package `@shopify/dev-mcp` (1.16.0, `dist/data`), under the ISC licence: an introspection, and
beside it the access scopes.
"""

from __future__ import annotations

import gzip
import json
import sys
from typing import Any

from graphql import build_client_schema, print_schema

from tests.unit.sandbox.shopify_kept import KEPT

NOTICE = """\
# A part of Shopify's Admin API 2026-07, names and types only, made by tests/unit/sandbox/shopify_schema.py.
#
# ISC License
#
# Copyright 2025-present, Shopify Inc.
#
# Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby
# granted, provided that the above copyright notice and this permission notice appear in all copies.
#
# THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
# IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
# INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN
# AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
# PERFORMANCE OF THIS SOFTWARE.
"""
ALL = "*"


def named(type: dict[str, Any]) -> str:
    return named(type["ofType"]) if type.get("ofType") else str(type["name"])


def trimmed(whole: dict[str, Any]) -> dict[str, Any]:
    """The introspection with kept types, kept fields, and the inputs, enums and scalars that they need."""
    types = {one["name"]: one for one in whole["types"]}
    kept = {name: _fields(types[name], words.split()) for name, words in KEPT.items()}
    needed = set(kept) | {name for name in types if name.startswith("__")} | {"String", "Boolean"}
    for name in sorted(kept):
        _need(types, kept, kept[name], needed)
    out = [_part(types[name], kept, needed) for name in sorted(needed)]
    directives = [one for one in whole["directives"] if one["name"] in {"idempotent", "include", "skip"}]
    return {"__schema": {**whole, "types": out, "directives": directives, "subscriptionType": None}}


def _fields(type: dict[str, Any], words: list[str]) -> list[dict[str, Any]]:
    every = type.get("fields") or type.get("inputFields") or []
    if words == [ALL]:
        return [one for one in every if not one.get("isDeprecated") and _plain(one)]
    found = {one["name"]: one for one in every}
    assert set(words) <= set(found), f"{type['name']} has no {set(words) - set(found)}"
    return [found[word] for word in words]


def _plain(field: dict[str, Any]) -> bool:
    return named(field["type"]) in KEPT or _kind(field["type"]) in {"SCALAR", "ENUM"}


def _kind(type: dict[str, Any]) -> str:
    return _kind(type["ofType"]) if type.get("ofType") else str(type["kind"])


def _need(
    types: dict[str, Any], kept: dict[str, list[dict[str, Any]]], fields: list[dict[str, Any]], needed: set[str]
) -> None:
    for field in fields:
        for value in [field, *(field.get("args") or [])]:
            name = named(value["type"])
            if types[name]["kind"] in {"SCALAR", "ENUM"}:
                needed.add(name)
            else:
                assert name in kept, f"{field['name']} needs {name}"


def _part(type: dict[str, Any], kept: dict[str, list[dict[str, Any]]], needed: set[str]) -> dict[str, Any]:
    own = {key: value for key, value in type.items() if key != "description"}
    if type["name"].startswith("__"):
        return type
    if own.get("enumValues"):
        return {**own, "enumValues": [_silent(one) for one in own["enumValues"] if not one["isDeprecated"]]}
    if type["name"] in kept:
        where = "inputFields" if type["kind"] == "INPUT_OBJECT" else "fields"
        own[where] = [_silent(field) for field in kept[type["name"]]] if type["kind"] != "UNION" else None
        names = {field["name"] for field in kept[type["name"]]}
        own["interfaces"] = [
            one
            for one in type.get("interfaces") or []
            if one["name"] in kept and {field["name"] for field in kept[one["name"]]} <= names
        ]
        own["possibleTypes"] = [one for one in type.get("possibleTypes") or [] if one["name"] in needed] or None
    return own


def _silent(field: dict[str, Any]) -> dict[str, Any]:
    quiet = {key: value for key, value in field.items() if key != "description"}
    if "args" in quiet:
        quiet["args"] = [_silent(one) for one in quiet["args"] if named(one["type"]) != "SavedSearch"]
    return {**quiet, "description": None}


if __name__ == "__main__":
    with gzip.open(sys.argv[1]) as file:
        introspection = trimmed(json.load(file)["data"]["__schema"])
    sys.stdout.write(f"{NOTICE}\n{print_schema(build_client_schema(introspection))}\n")  # type: ignore[arg-type]
