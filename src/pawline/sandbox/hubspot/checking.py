"""What may stand in a property, and what a body must be: a field that the vendor does not name is refused here."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from pawline.sandbox.hubspot.wrongs import bad_property, invalid

if TYPE_CHECKING:
    from pawline.sandbox.hubspot.books import Books

T = TypeVar("T")
MOST: Final = 100
LONGEST: Final = 65_536
MOST_DATED: Final = 50
"""So many at once whose properties are asked for with what they were: so others report of what HubSpot answers."""
READ_ONLY: Final = frozenset({
    "createdate", "lastmodifieddate", "hs_object_id", "hs_additional_emails", "hs_email_hard_bounce_reason_enum",
})  # fmt: skip
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")


class Strict(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A body, or a part of one, as the vendor's specification has it."""


class One(Strict):
    """One of several by its id."""

    id: str


class Reading(Strict):
    """Which are read, by their id or by a property with unique values."""

    inputs: list[One]
    properties: list[str]
    properties_with_history: list[str]
    id_property: str | None = None


class Writing(Strict):
    """What is set."""

    properties: dict[str, str]


class Change(Strict):
    """What is set, of which one."""

    id: str
    properties: dict[str, str]
    id_property: str | None = None
    object_write_trace_id: str | None = None


class Changes(Strict):
    """Of several."""

    inputs: list[Change]


class Filter(Strict):
    """What a property is to be."""

    property_name: str
    operator: str
    value: str | None = None
    values: list[str] | None = None
    high_value: str | None = None


class Group(Strict):
    """All of these."""

    filters: list[Filter]


class Searching(Strict):
    """One of these groups."""

    filter_groups: list[Group]
    sorts: list[str]
    limit: int
    after: str
    properties: list[str]
    query: str | None = None


class Option(Strict):
    """A choice."""

    label: str
    value: str
    display_order: int
    hidden: bool


class Defined(Strict):
    """A property that is made."""

    name: str
    label: str
    type: str
    field_type: str
    group_name: str
    description: str | None = None
    has_unique_value: bool = False
    options: list[Option] = []


class Definitions(Strict):
    """Several."""

    inputs: list[Defined]


class Grouping(Strict):
    """A group that is made."""

    name: str
    label: str
    display_order: int | None = None


class Kind(Strict):
    """Which association."""

    association_category: str
    association_type_id: int


class Towards(Strict):
    """With whom, and how."""

    to: One
    types: list[Kind]


class Noting(Strict):
    """A note that is made."""

    properties: dict[str, str]
    associations: list[Towards]


class From(Strict):
    """Whose associations, and from where on."""

    id: str
    after: str | None = None


class Associations(Strict):
    """Of several."""

    inputs: list[From]


class Addresses(Strict):
    """E-mail addresses."""

    inputs: list[str]


class Status(Strict):
    """What an address says of a type."""

    channel: str
    status_state: str
    subscription_id: int
    legal_basis: str | None = None
    legal_basis_explanation: str | None = None


class To(Strict):
    """To whom, and by which number it is known again."""

    to: str
    cc: list[str]
    bcc: list[str]
    reply_to: list[str]
    send_id: str | None = None
    from_: str | None = msgspec.field(name="from", default=None)


class Sending(Strict):
    """An e-mail to one person."""

    email_id: int
    message: To
    contact_properties: dict[str, str]
    custom_properties: dict[str, Any]


class Occurred(Strict):
    """An occurrence of a custom event."""

    event_name: str
    properties: dict[str, str]
    object_id: str | None = None
    email: str | None = None
    occurred_at: str | None = None
    uuid: str | None = None
    utk: str | None = None


class Erasing(Strict):
    """Who is to be forgotten."""

    object_id: str
    id_property: str | None = None


def read(body: Any, kind: type[T]) -> T:  # noqa: ANN401 - JSON
    """A body of this kind. Refuses one that is not, and more than a hundred at once."""
    try:
        found = msgspec.convert(body, kind)
    except msgspec.ValidationError as problem:
        raise invalid(f"Invalid input JSON: {problem}") from None
    if len(getattr(found, "inputs", ())) > MOST:
        raise invalid(f"There are too many inputs: {MOST} at most")
    return found


def check(books: Books, given: dict[str, str]) -> None:
    """Refuses a property that is not there or may not be set, and a value that is none of it."""
    for name, value in given.items():
        told = books.properties.get(name)
        if told is None:
            raise bad_property(name, f'Property "{name}" does not exist', "PROPERTY_DOESNT_EXIST")
        if name in READ_ONLY:
            raise bad_property(name, f'"{name}" is read only', "READ_ONLY_VALUE")
        if value and (code := _wrong(told, name, value)):
            raise bad_property(name, value, code)


def _wrong(told: dict[str, Any], name: str, value: str) -> str:
    if name == "email":
        return "" if _EMAIL.fullmatch(value) else "INVALID_EMAIL"
    if len(value) > LONGEST:
        return "PROPERTY_VALUE_TOO_LONG"
    match told.get("type"):
        case "number":
            return "" if _NUMBER.fullmatch(value) else "INVALID_LONG"
        case "date":
            try:
                date.fromisoformat(value)
            except ValueError:
                return "INVALID_DATE"
        case "enumeration":
            there = {one["value"] for one in told["options"]}
            return "" if set(value.split(";")) <= there else "INVALID_OPTION"
    return ""
