"""Contacts: read, made, changed and forgotten, one at a time or a hundred."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pawline.sandbox.hubspot import checking
from pawline.sandbox.hubspot.checking import check, read
from pawline.sandbox.hubspot.wrongs import Refusal, Said, invalid

if TYPE_CHECKING:
    from pawline.sandbox.hubspot.books import Books, Contact

USUAL: Final = ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname")


def moment(at: float) -> str:
    """As HubSpot writes times."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def batch(books: Books, results: list[Any], errors: list[Any] | None = None) -> Said:
    """Several at once; 207 where one of them was not done."""
    at = moment(books.now())
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}
    if not errors:
        return Said(200, body)
    return Said(207, body | {"errors": errors, "numErrors": len(errors)})


def dated(contact: Contact, wanted: list[str]) -> dict[str, Any]:
    """What these were, the newest first."""
    if not wanted:
        return {}
    were = {
        name: [
            {"value": value, "timestamp": moment(at), "sourceType": "API"}
            for at, value in reversed(contact.were.get(name, []))
        ] for name in wanted
    }  # fmt: skip
    return {"propertiesWithHistory": were}


def shown(contact: Contact, wanted: list[str], *, of: tuple[float, dict[str, str]] | None = None) -> dict[str, Any]:
    """A contact, with the properties that are asked for, as a search knows it or as it is."""
    updated, known = of or (contact.updated, contact.properties)
    every = known | {
        "createdate": moment(contact.at), "lastmodifieddate": moment(updated), "hs_object_id": contact.id
    }  # fmt: skip
    return {
        "id": contact.id, "properties": {name: every.get(name) for name in (*USUAL, *wanted)},
        "createdAt": moment(contact.at), "updatedAt": moment(updated), "archived": False,
    }  # fmt: skip


def contacts(books: Books, query: Mapping[str, str], _: Any) -> Said:  # noqa: ANN401 - JSON
    """A page of them, by their ids; what is no property is passed over.

    https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/get-contacts
    """
    limit, after = query.get("limit", "10"), query.get("after", "0")
    if not limit.isdecimal() or not 1 <= int(limit) <= checking.MOST or not after.isdecimal():
        raise invalid("Invalid limit or after")
    behind = sorted((one for one in books.contacts.values() if int(one.id) > int(after)), key=lambda one: int(one.id))
    page = behind[: int(limit)]
    wanted = [name for name in query.get("properties", "").split(",") if name in books.properties]
    more = {"paging": {"next": {"after": page[-1].id}}} if len(page) < len(behind) else {}
    return Said(200, {"results": [shown(one, wanted) for one in page]} | more)


def contact(books: Books, query: Mapping[str, str], _: Any) -> Said:  # noqa: ANN401 - JSON
    """One."""
    found = books.by(_by(books, query.get("idProperty")), query["id"])
    if found is None:
        raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
    return Said(200, shown(found, query.get("properties", "").split(",")))


def read_batch(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """Several; who is not found is an error beside them."""
    told = read(body, checking.Reading)
    if told.properties_with_history and len(told.inputs) > checking.MOST_DATED:
        raise invalid(f"The maximum number of inputs with property histories is {checking.MOST_DATED}")
    name = _by(books, told.id_property)
    found = {one.id: books.by(name, one.id) for one in told.inputs}
    lost = [no for no, one in found.items() if one is None]
    gone = {
        "status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some CONTACT objects",
        "context": {"ids": lost}, "errors": [], "links": {},
    }  # fmt: skip
    there = [
        shown(one, told.properties) | dated(one, told.properties_with_history)
        for one in found.values() if one is not None
    ]  # fmt: skip
    return batch(books, there, [gone] if lost else None)


def make(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """Makes one."""
    told = read(body, checking.Noting)
    check(books, told.properties)
    made = books.write(None, told.properties)
    books.did("HubSpot.contact", made.called)
    return Said(201, shown(made, list(told.properties)))


def change(books: Books, query: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """Changes one."""
    told = read(body, checking.Writing)
    found = books.by(_by(books, query.get("idProperty")), query["id"])
    if found is None:
        raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
    return Said(200, shown(_changed(books, found, told.properties), list(told.properties)))


def change_batch(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """Changes several: all, or the first that is wrong ends it with nothing done."""
    told = read(body, checking.Changes).inputs
    found = [(books.by(_by(books, one.id_property), one.id), one) for one in told]
    for one, given in found:
        if one is None:
            raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
        check(books, given.properties)
        books.free(one, given.properties)
    return batch(books, [
        shown(_changed(books, one, given.properties), list(given.properties)) for one, given in found if one is not None
    ])  # fmt: skip


def upsert_batch(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """Makes or changes several, each by a property with unique values."""
    results, errors = list[Any](), list[Any]()
    told = read(body, checking.Changes).inputs
    for one in told:
        name = _by(books, one.id_property)
        try:
            given = one.properties | {name: one.id}
            check(books, given)
            before = books.by(name, one.id)
            made = _changed(books, before, given) if before else books.write(None, given)
            if before is None:
                books.did("HubSpot.contact", made.called)
            told_of = shown(made, list(given))
            there = {name: value for name, value in told_of["properties"].items() if value is not None}
            results.append(told_of | {"properties": there, "new": before is None})
        except Refusal as refused:
            if len(told) == 1:
                raise
            errors.append(refused.error)
    return batch(books, results, errors)


def _changed(books: Books, contact: Contact, given: dict[str, str]) -> Contact:
    check(books, given)
    books.write(contact, given)
    books.did("HubSpot.contact", contact.called, again=True)
    return contact


def erase(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """Forgets one for good."""
    told = read(body, checking.Erasing)
    found = books.by(_by(books, told.id_property), told.object_id)
    if found is not None:
        books.erase(found)
    return Said(204)


def _by(books: Books, name: str | None) -> str:
    if name is None:
        return "hs_object_id"
    if not books.unique(name):
        raise invalid(f"{name} is no property with unique values")
    return name
