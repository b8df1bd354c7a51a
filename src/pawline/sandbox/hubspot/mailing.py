"""E-mails to one person, custom events, and the account itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pawline.sandbox.hubspot import checking
from pawline.sandbox.hubspot.checking import read
from pawline.sandbox.hubspot.objects import moment
from pawline.sandbox.hubspot.wrongs import Refusal, Said, invalid, trace

if TYPE_CHECKING:
    from pawline.sandbox.hubspot.books import Books


def transactional(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """An e-mail that nobody may unsubscribe from."""
    return _sent(books, read(body, checking.Sending), marketing=False)


def marketing(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """One that goes to who may be written to."""
    return _sent(books, read(body, checking.Sending), marketing=True)


def _sent(books: Books, told: checking.Sending, *, marketing: bool) -> Said:
    email = books.emails.get(told.email_id)
    if email is None or (email.type is not None) is not marketing:
        raise Refusal(404, "OBJECT_NOT_FOUND", f"There is no such e-mail {told.email_id}")
    result = books.mail(email, told.message.to, told.message.send_id or "")
    at = moment(books.now())
    return Said(200, {
        "status": "COMPLETE", "statusId": trace(told.message.send_id or at), "sendResult": result,
        "requestedAt": at, "startedAt": at, "completedAt": at,
    })  # fmt: skip


def happened(books: Books, _: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """An occurrence of a custom event. Of equal ids the first is taken."""
    told = read(body, checking.Occurred)
    if told.event_name not in books.events:
        raise invalid(f"There is no event {told.event_name}", "EVENT_DEFINITION_NOT_FOUND")
    contact = books.contacts.get(told.object_id or "")
    if contact is None:
        raise invalid("It names nobody", "OBJECT_NOT_FOUND")
    name, again = (told.event_name, told.uuid or books.number()), False
    again = name in books.occurred
    books.did("HubSpot.event", f"{contact.called}/{told.event_name}", key=told.uuid or "", again=again)
    if not again:
        books.occurred[name] = {"at": told.occurred_at, "contact": contact.id, **told.properties}
    return Said(204)


def account(books: Books, _: Mapping[str, str], __: Any) -> Said:  # noqa: ANN401 - JSON
    """Whose token it is."""
    return Said(200, {
        "portalId": books.portal, "accountType": "STANDARD", "timeZone": "Europe/Berlin", "companyCurrency": "EUR",
        "additionalCurrencies": [], "utcOffset": "+01:00", "utcOffsetMilliseconds": 3_600_000,
        "uiDomain": "app-eu1.hubspot.com", "dataHostingLocation": "eu1",
    })  # fmt: skip
