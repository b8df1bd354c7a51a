"""Properties of contacts: which there are, and new ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from pawline.sandbox.hubspot import checking
from pawline.sandbox.hubspot.checking import read
from pawline.sandbox.hubspot.objects import batch
from pawline.sandbox.hubspot.wrongs import Refusal, Said, invalid

if TYPE_CHECKING:
    from pawline.sandbox.hubspot.books import Books


def properties(books: Books, _: Mapping[str, str], __: Any) -> Said:  # noqa: ANN401 - JSON
    """All that there are."""
    return Said(200, {"results": [_defined(one) for one in books.properties.values()]})


def group(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """Makes a group of them."""
    told = read(body, checking.Grouping)
    if told.name in books.groups:
        raise Refusal(409, "CONFLICT", f"A group named {told.name} already exists")
    books.groups.add(told.name)
    return Said(201, {"name": told.name, "label": told.label, "displayOrder": -1, "archived": False})


def define(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """Makes several."""
    made = list[Any]()
    for one in read(body, checking.Definitions).inputs:
        if one.name in books.properties:
            raise Refusal(409, "CONFLICT", f"A property named {one.name} already exists")
        if one.group_name not in books.groups:
            raise invalid(f"There is no group {one.group_name}")
        books.properties[one.name] = msgspec.to_builtins(one)
        made.append(_defined(books.properties[one.name]))
    return batch(books, made)


def _defined(told: dict[str, Any]) -> dict[str, Any]:
    usual = {
        "label": told["name"], "type": "string", "fieldType": "text", "groupName": "contactinformation",
        "description": "", "options": [], "hasUniqueValue": False,
    }  # fmt: skip
    return usual | {name: value for name, value in told.items() if value is not None}
