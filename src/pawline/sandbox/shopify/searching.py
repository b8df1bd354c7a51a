"""The vendor's search language, as far as it is used here: `field:value` with `>`, `>=`, `<`, `<=`, `-`, OR, quotes.

https://shopify.dev/docs/api/usage/search-syntax - what is not understood is ignored, as the vendor does.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
_TERM: Final = re.compile(r"""(-?)(?:(\w+):)?(>=|<=|>|<)?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s()]+)""")
_WAYS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "": operator.eq,
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip


def matches(query: str | None, fields: Mapping[str, object]) -> bool:
    """Whether something with these fields is found. A moment is epoch seconds as a float, a number an int."""
    if not query or not query.strip():
        return True
    return any(all(_holds(*term, fields) for term in part) for part in _parts(query))


class Fields(Mapping[str, object], Generic[T]):
    """Of one thing of many: each is made only where a query asks for it, by `makes`, which is one for all of them."""

    def __init__(self, makes: Mapping[str, Callable[[T], object]], of: T) -> None:
        self._makes, self._of = makes, of

    def __getitem__(self, name: str) -> object:
        return self._makes[name](self._of)

    def __contains__(self, name: object) -> bool:
        return name in self._makes

    def __iter__(self) -> Iterator[str]:
        return iter(self._makes)

    def __len__(self) -> int:
        return len(self._makes)


@lru_cache(256)
def _parts(query: str) -> list[list[tuple[bool, str, str, str]]]:
    return [_terms(part) for part in re.split(r"\s+OR\s+", query)]


def _terms(query: str) -> list[tuple[bool, str, str, str]]:
    found = []
    for minus, field, way, value in _TERM.findall(query):
        if (field, value) != ("", "AND"):
            text = re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] in "\"'" else value.replace("\\", "")
            found.append((bool(minus), field, way, text))
    return found


def _holds(minus: bool, field: str, way: str, value: str, fields: Mapping[str, object]) -> bool:
    if not field:
        words = [str(one).lower() for one in fields.values() if isinstance(one, str)]
        return any(value.lower() in one for one in words) is not minus
    if field not in fields:
        return True
    return _is(fields[field], way, value) is not minus


def _is(there: object, way: str, value: str) -> bool:
    if isinstance(there, list | tuple | set | frozenset):
        return any(_is(one, way, value) for one in there)
    if isinstance(there, bool):
        return there is (value.lower() == "true")
    if isinstance(there, float):
        return _at(there, way, value)
    if isinstance(there, int):
        number = value.rpartition("/")[2]
        return number.isdigit() and _WAYS[way](there, int(number))
    text, wanted = str(there or "").lower(), value.lower()
    return text.startswith(wanted[:-1]) if wanted.endswith("*") else text == wanted


def _at(there: float, way: str, value: str) -> bool:
    """A day without a time is all of it."""
    moment = _moment(value)
    if moment is None:
        return False
    whole = int(there)  # the vendor keeps seconds
    if way:
        return _WAYS[way](whole, moment.timestamp())
    end = moment + (timedelta(days=1) if len(value) == 10 else timedelta(seconds=1))
    return moment.timestamp() <= whole < end.timestamp()


@lru_cache(256)
def _moment(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
