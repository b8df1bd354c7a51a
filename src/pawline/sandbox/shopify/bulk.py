"""What is written out in bulk: a query that runs without pages, its things one a line, each under its parent.

https://shopify.dev/docs/api/usage/bulk-operations/queries
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
from graphql import DocumentNode, ExecutionResult, FieldNode, GraphQLError, InlineFragmentNode, parse

from pawline.sandbox.shopify.books import stamp
from pawline.sandbox.shopify.wrongs import Wrong

if TYPE_CHECKING:
    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.paging import View


class Run(Protocol):
    """The API without pages and points."""

    def wrong_in(self, document: DocumentNode) -> list[str]:
        """What the schema has against it."""
        ...

    def in_bulk(self, document: DocumentNode) -> ExecutionResult:
        """All that it asks for."""
        ...


AT_ONCE: Final = 5
CONNECTIONS: Final = 5
DEEP: Final = 2
_encode: Final = msgspec.json.Encoder().encode


@dataclass(kw_only=True)
class Bulk:
    """An operation. `body` is what it wrote."""

    id: int
    query: str
    at: float
    status: str = "CREATED"
    body: bytes = b""
    roots: int = 0
    done: float | None = None


def begin(books: Books, query: str, run: Run) -> Bulk:
    """It runs by itself, as long as the vendor's jobs take. Raises Wrong for what cannot be had so."""
    if sum(one.status in {"CREATED", "RUNNING"} for one in books.bulks.values()) >= AT_ONCE:
        raise Wrong("Bulk operations limit reached.", code="LIMIT_REACHED")
    try:
        document = parse(query)
    except GraphQLError as problem:
        raise Wrong(f"Invalid bulk query: {problem.message}", "query", code="INVALID") from None
    _check(document)
    if wrong := run.wrong_in(document):
        raise Wrong(f"Invalid bulk query: {wrong[0]}", "query", code="INVALID")
    made = Bulk(id=books.number(), query=query, at=books.now())
    books.bulks[made.id] = made

    def work() -> None:
        result = run.in_bulk(document)
        if result.errors:
            made.status = "FAILED"
            return
        made.status, made.done = "COMPLETED", books.now()
        made.roots, made.body = _written(result.data or {})

    books.do_after(books.pace, work)
    return made


def _check(document: DocumentNode) -> None:
    count, deepest = _connections(document.definitions[0], 0)
    if count == 0:
        raise Wrong("Bulk queries must contain at least one connection.", "query", code="INVALID")
    if count > CONNECTIONS:
        raise Wrong("Bulk queries cannot contain more than 5 connections.", "query", code="INVALID")
    if deepest > DEEP:
        raise Wrong("Bulk queries cannot contain connections with a nesting depth greater than 2.", "query")


def _connections(node: Any, depth: int, *, inside: bool = False) -> tuple[int, int]:  # noqa: ANN401 - of a document
    """How many, and how deep. A list is known by its name here: it is asked for with `first`, and without edges."""
    count, deepest = 0, depth
    for one in node.selection_set.selections if node.selection_set else ():
        if isinstance(one, InlineFragmentNode):
            more, deep = _connections(one, depth, inside=inside)
        elif isinstance(one, FieldNode) and one.selection_set:
            paged = any(isinstance(each, FieldNode) and each.name.value in {"edges", "nodes"}
                        for each in one.selection_set.selections)  # fmt: skip
            if paged and inside:
                text = "Queries that contain a connection field within a list field are not currently supported."
                raise Wrong(text, "query", code="INVALID")
            listed = not paged and any(each.name.value == "first" for each in one.arguments or ())
            more, deep = _connections(one, depth + paged, inside=inside or listed)
            count += paged
        else:
            continue
        count, deepest = count + more, max(deepest, deep)
    return count, deepest


def _written(data: dict[str, Any]) -> tuple[int, bytes]:
    lines: list[bytes] = []
    roots = 0
    for page in data.values():
        for edge in page["edges"]:
            roots += 1
            _write(edge["node"], lines, None)
    return roots, b"".join(line + b"\n" for line in lines)


def _write(node: dict[str, Any], lines: list[bytes], parent: str | None) -> None:
    nested = {name: value for name, value in node.items() if isinstance(value, dict) and "edges" in value}
    own = {name: value for name, value in node.items() if name not in nested}
    lines.append(_encode(own if parent is None else own | {"__parentId": parent}))
    for page in nested.values():
        for edge in page["edges"]:
            _write(edge["node"], lines, node["id"])


def _name(one: Bulk) -> str:
    return hashlib.sha256(f"bulk {one.id} {one.at}".encode()).hexdigest()[:24]


def written(books: Books, name: str) -> bytes | None:
    """By the name that only its address has."""
    return next((one.body for one in books.bulks.values() if _name(one) == name and one.body), None)


def seen(books: Books, one: Bulk) -> View:
    """A `BulkOperation`."""
    return {
        "__typename": "BulkOperation",
        "id": f"gid://shopify/BulkOperation/{one.id}",
        "status": one.status,
        "type": "QUERY",
        "errorCode": "INTERNAL_SERVER_ERROR" if one.status == "FAILED" else None,
        "createdAt": stamp(one.at),
        "completedAt": None if one.done is None else stamp(one.done),
        "objectCount": str(one.body.count(b"\n")),
        "rootObjectCount": str(one.roots),
        "fileSize": str(len(one.body)) if one.body else None,
        "url": f"{books.place}/bulk/{_name(one)}" if one.body else None,
        "partialDataUrl": None,
        "query": one.query,
    }
