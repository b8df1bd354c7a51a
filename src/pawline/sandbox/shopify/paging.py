"""Connections, as the vendor pages: `first` or `last`, and cursors that stay true while the list changes."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Final, TypeAlias, TypeVar

from graphql import GraphQLError, GraphQLResolveInfo

MOST: Final = 250
ALL: Final[ContextVar[bool]] = ContextVar("shopify_all", default=False)
"""In bulk a list has no pages."""
View: TypeAlias = dict[str, Any]
"""A thing as a query sees it: values by field, or functions that make them when they are asked for."""
Resolver: TypeAlias = Callable[..., Any]
T = TypeVar("T")


def later(make: Callable[[], object]) -> Resolver:
    """A value that is made only when it is asked for: an order leads to its refunds, and they to the order."""
    return lambda _info, **_given: make()


def refuse(code: str, text: str, **more: object) -> GraphQLError:
    """An error of the whole field, as the vendor marks it."""
    return GraphQLError(text, extensions={"code": code, **more})


def pages(
    make: Callable[[], Iterable[T]], view: Callable[[T], View], key: Callable[[T], list[object]] | None = None
) -> Resolver:
    """A connection over what `make` lists, in the order of `key`: without one, in the order of the list."""

    def resolve(_info: GraphQLResolveInfo[Any], **given: Any) -> View:  # noqa: ANN401 - arguments of a query
        listed = [(key(one) if key else [place], one) for place, one in enumerate(make())]
        return connection(listed, view, given)

    return resolve


def connection(listed: list[tuple[list[Any], T]], view: Callable[[T], View], given: Mapping[str, Any]) -> View:
    """One page. Raises GraphQLError without `first` or `last`, for more than 250, and for a cursor that is none."""
    first, last = given.get("first"), given.get("last")
    if not ALL.get():
        _check(first, last)
    if given.get("reverse"):
        listed = [*reversed(listed)]
    begin, end = 0, len(listed)
    if given.get("after") is not None:
        begin = _place(listed, given["after"]) + 1
    if given.get("before") is not None:
        end = max(begin, _place(listed, given["before"], before=True))
    if first is not None:
        end = min(end, begin + first)
    elif last is not None:
        begin = max(begin, end - last)
    chosen = listed[begin:end]
    edges = [{"cursor": _cursor(key), "node": view(one)} for key, one in chosen]
    return {
        "edges": edges,
        "nodes": [edge["node"] for edge in edges],
        "pageInfo": {
            "hasNextPage": end < len(listed),
            "hasPreviousPage": begin > 0,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _check(first: int | None, last: int | None) -> None:
    if first is None and last is None:
        raise refuse("BAD_REQUEST", "you must provide one of first or last")
    if first is not None and last is not None:
        raise refuse("BAD_REQUEST", "providing both first and last is not supported")
    for name, value in (("first", first), ("last", last)):
        if value is not None and not 0 <= value <= MOST:
            raise refuse("BAD_REQUEST", f"{name} must be between 0 and {MOST}")


def _cursor(key: list[Any]) -> str:
    return base64.b64encode(json.dumps({"last": key}).encode()).decode()


def _place(listed: list[tuple[list[Any], T]], cursor: str, *, before: bool = False) -> int:
    """Where the cursor points; where it pointed, if that is gone."""
    try:
        key = json.loads(base64.b64decode(cursor, validate=True))["last"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise refuse("BAD_REQUEST", "Invalid cursor for current pagination sort.") from None
    keys = [one for one, _ in listed]
    if key in keys:
        return keys.index(key)
    rising = len(keys) < 2 or keys[0] <= keys[-1]
    place = sum(1 for one in keys if (one < key if rising else one > key))
    return place if before else place - 1
