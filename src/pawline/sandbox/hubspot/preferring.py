"""Who may be written to: by address and subscription type, and a no to all mail.

https://developers.hubspot.com/docs/api-reference/latest/communication-preferences/guide
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pawline.sandbox.hubspot import checking
from pawline.sandbox.hubspot.books import Stand
from pawline.sandbox.hubspot.checking import read
from pawline.sandbox.hubspot.objects import batch, moment
from pawline.sandbox.hubspot.wrongs import Said, invalid

if TYPE_CHECKING:
    from pawline.sandbox.hubspot.books import Books

STATES = frozenset({"SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED"})
BASES = frozenset({
    "CONSENT_WITH_NOTICE", "LEGITIMATE_INTEREST_CLIENT", "LEGITIMATE_INTEREST_OTHER", "LEGITIMATE_INTEREST_PQL",
    "NON_GDPR", "PERFORMANCE_OF_CONTRACT", "PROCESS_AND_STORE",
})  # fmt: skip


def definitions(books: Books, _: Mapping[str, str], __: Any) -> Said:  # noqa: ANN401 - JSON
    """The types that the shop made."""
    at = moment(books.now())
    return batch(books, [
        {
            "id": str(no), "name": name, "description": name, "isActive": True, "isDefault": False,
            "isInternal": False, "createdAt": at, "updatedAt": at, "businessUnitId": 0,
        } for no, name in books.types.items()
    ])  # fmt: skip


def of_one(books: Books, query: Mapping[str, str], _: Any) -> Said:  # noqa: ANN401 - JSON
    """How an address stands to each type."""
    _by_mail(query)
    return batch(books, _statuses(books, query["email"]))


def of_many(books: Books, query: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """The same of several."""
    _by_mail(query)
    told = read(body, checking.Addresses)
    return batch(books, [{"subscriberIdString": one, "statuses": _statuses(books, one)} for one in told.inputs])


def stopped(books: Books, query: Mapping[str, str], _: Any) -> Said:  # noqa: ANN401 - JSON
    """Whether an address said no to all mail: nothing where it did not."""
    _by_mail(query)
    return batch(books, _wide(books, query["email"]))


def stopped_many(books: Books, query: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """The same of several."""
    _by_mail(query)
    told = read(body, checking.Addresses)
    return batch(books, [{"subscriberIdString": one, "wideStatuses": _wide(books, one)} for one in told.inputs])


def decide(books: Books, query: Mapping[str, str], body: Any) -> Said:  # noqa: ANN401 - JSON
    """Sets one type of one address. Who said no to all mail is not subscribed by a program."""
    told, email = read(body, checking.Status), query["email"]
    if told.channel != "EMAIL" or told.status_state not in STATES or told.legal_basis not in {None, *BASES}:
        raise invalid("Invalid channel, statusState or legalBasis")
    if told.subscription_id not in books.types:
        raise invalid(f"There is no subscription {told.subscription_id}", "INVALID_SUBSCRIPTION")
    before, wide = books.address(email).of.get(told.subscription_id), books.address(email).wide
    no = (wide is not None and wide.status == "UNSUBSCRIBED") or (
        not books.forgiving and before is not None and before.status == "UNSUBSCRIBED"
    )
    if told.status_state == "SUBSCRIBED" and no:
        raise invalid("The address has unsubscribed, and cannot be subscribed", "CANNOT_RESUBSCRIBE")
    stand = Stand(told.status_state, books.now(), "API", told.legal_basis, told.legal_basis_explanation)
    why = books.decide(email, told.subscription_id, stand)
    (one,) = [each for each in _statuses(books, email) if each["subscriptionId"] == told.subscription_id]
    return batch(books, [one | {"setStatusSuccessReason": why}])


def stop(books: Books, query: Mapping[str, str], _: Any) -> Said:  # noqa: ANN401 - JSON
    """No mail to an address any more."""
    _by_mail(query)
    books.stop(query["email"], Stand("UNSUBSCRIBED", books.now()))
    return batch(books, _statuses(books, query["email"]) if query.get("verbose") == "true" else [])


def _by_mail(query: Mapping[str, str]) -> None:
    if query.get("channel") != "EMAIL":
        raise invalid("Required query parameter channel is EMAIL")


def _statuses(books: Books, email: str) -> list[dict[str, Any]]:
    known, found = books.address(email), list[dict[str, Any]]()
    for no, name in books.types.items():
        stand = known.of.get(no, Stand("NOT_SPECIFIED", 0.0, "NONE"))
        one: dict[str, Any] = {
            "channel": "EMAIL", "source": stand.source, "status": stand.status, "subscriberIdString": email,
            "subscriptionId": no, "subscriptionName": name, "timestamp": moment(stand.at), "businessUnitId": 0,
        }  # fmt: skip
        if stand.basis is not None:
            one |= {"legalBasis": stand.basis, "legalBasisExplanation": stand.why}
        found.append(one)
    return found


def _wide(books: Books, email: str) -> list[dict[str, Any]]:
    wide = books.address(email).wide
    if wide is None:
        return []
    return [
        {
            "channel": "EMAIL", "status": wide.status, "subscriberIdString": email, "timestamp": moment(wide.at),
            "wideStatusType": "PORTAL_WIDE", "businessUnitId": 0,
        }
    ]  # fmt: skip
