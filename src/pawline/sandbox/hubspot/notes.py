"""Notes on contacts, and which contact has which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pawline.sandbox.hubspot import checking
from pawline.sandbox.hubspot.books import Note
from pawline.sandbox.hubspot.checking import read
from pawline.sandbox.hubspot.objects import batch, moment
from pawline.sandbox.hubspot.wrongs import Said, invalid

if TYPE_CHECKING:
    from pawline.sandbox.hubspot.books import Books

PAGE: Final = 500


def write_note(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """Makes a note on contacts."""
    told = read(body, checking.Noting)
    if "hs_timestamp" not in told.properties:
        raise invalid("Some required properties were not set: hs_timestamp", "MISSING_REQUIRED_PROPERTY")
    whose = [one.to.id for one in told.associations if [kind.association_type_id for kind in one.types] == [202]]
    if len(whose) != len(told.associations) or any(one not in books.contacts for one in whose):
        raise invalid("One or more associations are not valid", "INVALID_ASSOCIATION")
    made = Note(books.number(), books.now(), dict(told.properties), whose)
    books.notes[made.id] = made
    for one in whose:
        books.did("HubSpot.note", books.contacts[one].called)
    return Said(201, _note(made, list(made.properties)))


def associated(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """Which notes contacts have, in pages."""
    results, lost = list[Any](), list[str]()
    for one in read(body, checking.Associations).inputs:
        every = [note.id for note in books.notes.values() if one.id in note.contacts]
        begin = int(one.after or "0")
        if not every:
            lost.append(one.id)
            continue
        kind = {"category": "HUBSPOT_DEFINED", "typeId": 201}
        to = [{"toObjectId": no, "associationTypes": [kind]} for no in every[begin : begin + PAGE]]
        more = {"paging": {"next": {"after": str(begin + PAGE)}}} if begin + PAGE < len(every) else {}
        results.append({"from": {"id": one.id}, "to": to} | more)
    none = {
        "status": "error", "category": "OBJECT_NOT_FOUND", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": "No note is associated", "context": {"fromObjectId": lost}, "errors": [], "links": {},
    }  # fmt: skip
    return batch(books, results, [none] if lost else None)


def notes(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """Several."""
    told = read(body, checking.Reading)
    return batch(books, [
        _note(books.notes[one.id], told.properties) for one in told.inputs if one.id in books.notes
    ])  # fmt: skip


def _note(note: Note, wanted: list[str]) -> dict[str, Any]:
    """HubSpot's editor puts its own tags around what it was given."""
    told = note.properties | {"hs_note_body": f"<div><p>{note.properties.get('hs_note_body', '')}</p></div>"}
    at = moment(note.at)
    return {
        "id": note.id, "properties": {name: told.get(name) for name in wanted}, "createdAt": at, "updatedAt": at,
        "archived": False,
    }  # fmt: skip
