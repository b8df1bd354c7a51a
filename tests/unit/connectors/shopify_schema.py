"""Makes the schema that Shopify's documents are checked against: what they use of the vendor's whole one, no more.

    python -m tests.unit.connectors.shopify_schema admin_2026-07.graphql > tests/unit/connectors/shopify_2026_07.graphql

The whole one is in the npm package `@shopify/dev-mcp` (1.16.0, `dist/data`), under the ISC licence.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    parse,
    print_schema,
    visit,
)

from pawline.connectors.shopify import documents

NOTICE = """\
# A part of Shopify's Admin API 2026-07, names and types only, made by tests/unit/connectors/shopify_schema.py.
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
DEPRECATED = ("Order", "totalPrice")
"""A field that the test of the test asks for."""
KEPT_ANYHOW = {"QueryRoot": {"order"}, "Mutation": {"tagsAdd"}, DEPRECATED[0]: {DEPRECATED[1]}}
Used = dict[str, set[str]]


def sent() -> dict[str, str]:
    """Every document that the connector can send, by its name there."""
    return {name: text for name, text in vars(documents).items() if name.isupper() and not name.startswith("_")}


class _Uses(Visitor):
    def __init__(self, info: TypeInfo, used: Used) -> None:
        super().__init__()
        self.info, self.used = info, used

    def enter_field(self, node: Any, *_: Any) -> None:
        parent = self.info.get_parent_type()
        assert parent is not None
        if not node.name.value.startswith("__"):
            assert self.info.get_field_def() is not None, f"{parent.name} has no {node.name.value}"
            self.used.setdefault(parent.name, set()).add(node.name.value)

    def enter_inline_fragment(self, node: Any, *_: Any) -> None:
        self.used.setdefault(node.type_condition.name.value, set())


def used_in(schema: GraphQLSchema, texts: Iterable[str]) -> Used:
    """Types and fields that the documents name, and those that these lead to."""
    used: Used = {name: set(fields) for name, fields in KEPT_ANYHOW.items()}
    for text in texts:
        info = TypeInfo(schema)
        visit(parse(text), TypeInfoVisitor(info, _Uses(info, used)))
    waiting = list(used)
    while waiting:
        name = waiting.pop()
        for needed in _needs(schema.type_map[name], used.setdefault(name, set())):
            if needed not in used:
                used[needed] = set()
                waiting.append(needed)
    return used


def _needs(kind: Any, fields: set[str]) -> Iterator[str]:
    """Other types that this one cannot be without; an input or an enum is kept whole."""
    if isinstance(kind, GraphQLInputObjectType):
        fields.update(kind.fields)
        yield from (get_named_type(one.type).name for one in kind.fields.values())
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        if not fields:
            fields.add(next(iter(kind.fields)))
        for name in fields:
            yield get_named_type(kind.fields[name].type).name
            yield from (get_named_type(one.type).name for one in kind.fields[name].args.values())


def trimmed(schema: GraphQLSchema, used: Used) -> str:
    """The schema of what is used, as text."""
    for name, kind in list(schema.type_map.items()):
        if name not in used and not name.startswith("__"):
            del schema.type_map[name]
        elif name in used:
            kind.description = None
            _trim(kind, used)
    schema.directives = tuple(one for one in schema.directives if one.name == "idempotent")
    _bare(schema.directives[0], schema.directives[0].args.values())
    return print_schema(schema)


def _trim(kind: Any, used: Used) -> None:
    if isinstance(kind, GraphQLUnionType):
        kind.types = tuple(one for one in kind.types if one.name in used)
    elif isinstance(kind, GraphQLEnumType):
        _bare(kind, kind.values.values())
    elif isinstance(kind, GraphQLInputObjectType):
        _bare(kind, kind.fields.values())
    elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        _bare(kind, kind.fields.values())
        kind.interfaces = tuple(one for one in kind.interfaces if one.name in used)
        kept = used[kind.name].union(*(used[one.name] for one in kind.interfaces))
        kind.fields = {name: one for name, one in kind.fields.items() if name in kept}
        for one in kind.fields.values():
            _bare(one, one.args.values())


def _bare(one: Any, parts: Iterable[Any]) -> None:
    """Facts carry over; sentences do not."""
    one.description = None
    for part in parts:
        part.description = None


if __name__ == "__main__":
    whole = build_schema(Path(sys.argv[1]).read_text("utf-8"), assume_valid=True)
    sys.stdout.write(NOTICE + "\n" + trimmed(whole, used_in(whole, sent().values())) + "\n")
