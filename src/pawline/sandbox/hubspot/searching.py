"""Searches for contacts: a few moments behind, and ten thousand at most."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pawline.sandbox.hubspot import checking
from pawline.sandbox.hubspot.checking import read
from pawline.sandbox.hubspot.objects import shown
from pawline.sandbox.hubspot.wrongs import Said, invalid

if TYPE_CHECKING:
    from pawline.sandbox.hubspot.books import Books, Contact

WINDOW, MOST_FOUND = 10_000, 200
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "EQ": lambda has, told: has == told, "NEQ": lambda has, told: has != told,
    "GT": lambda has, told: has > told, "GTE": lambda has, told: has >= told,
    "LT": lambda has, told: has < told, "LTE": lambda has, told: has <= told,
}  # fmt: skip


def search(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """As of some moments ago, ten thousand at most.

    https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
    """
    told = read(body, checking.Searching)
    begin = int(told.after or "0")
    if told.limit > MOST_FOUND or begin + told.limit > WINDOW:
        raise invalid("A search ends after ten thousand, and has pages of two hundred at most")
    seen = [(one, known) for one in books.contacts.values() if (known := books.known(one)) is not None]
    found = [
        (one, known) for one, known in seen
        if not told.filter_groups or any(_all(one, known, group.filters) for group in told.filter_groups)
    ]  # fmt: skip
    for sort in reversed(told.sorts):
        found.sort(key=partial(_sorted_by, sort.removeprefix("-")), reverse=sort.startswith("-"))
    page = found[begin : begin + told.limit]
    more = {"paging": {"next": {"after": str(begin + told.limit)}}} if begin + told.limit < len(found) else {}
    results = [shown(one, told.properties, of=known) for one, known in page]
    return Said(200, {"total": len(found), "results": results} | more)


def _all(contact: Contact, known: tuple[float, dict[str, str]], filters: list[checking.Filter]) -> bool:
    return all(_one(contact, known, one) for one in filters)


def _one(contact: Contact, known: tuple[float, dict[str, str]], told: checking.Filter) -> bool:
    has = _value(contact, known, told.property_name)
    if told.operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        return (has is not None) == (told.operator == "HAS_PROPERTY")
    compare = _COMPARE.get(told.operator)
    if compare is None or told.value is None:
        raise invalid(f"There is no operator {told.operator} here")
    wanted: Any = float(told.value) if isinstance(has, float) else told.value
    return has is not None and compare(has, wanted)


def _sorted_by(name: str, found: tuple[Contact, tuple[float, dict[str, str]]]) -> Any:  # noqa: ANN401 - of the property
    return _value(*found, name)


def _value(contact: Contact, known: tuple[float, dict[str, str]], name: str) -> Any:  # noqa: ANN401 - of the property
    """Numbers and times (in milliseconds) compare as such."""
    if name == "lastmodifieddate":
        return float(round(known[0] * 1_000))
    if name == "hs_object_id":
        return float(contact.id)
    return known[1].get(name)
