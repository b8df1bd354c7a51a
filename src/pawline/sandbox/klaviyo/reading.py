"""What may be read: lists in pages, filtered and sorted as each endpoint allows."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from pawline.sandbox.klaviyo import views
from pawline.sandbox.klaviyo.filters import test_of
from pawline.sandbox.klaviyo.wrongs import Refusal, Said, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pawline.sandbox.klaviyo.books import Books

_ORDER: Final = frozenset({"equals", "greater-than", "greater-or-equal", "less-than", "less-or-equal"})
_OF_PROFILES: Final = {
    **dict.fromkeys(("id", "email", "phone_number", "external_id"), frozenset({"any", "equals"})),
    **dict.fromkeys(("created", "updated"), frozenset({"greater-than", "less-than"})),
}
_OF_EVENTS: Final = {
    "metric_id": frozenset({"equals"}), "profile_id": frozenset({"equals"}),
    **dict.fromkeys(("datetime", "timestamp"), _ORDER - {"equals"}),
}  # fmt: skip
_OF_FLOWS: Final = {"status": frozenset({"equals"}), "archived": frozenset({"equals"}), "name": frozenset({"equals"})}


def accounts(books: Books, _: str, __: Mapping[str, str]) -> Said:
    """The one account of the key."""
    return Said(200, views.many([views.account(books.account)], "accounts", None))


def profiles(books: Books, _: str, query: Mapping[str, str]) -> Said:
    """People, twenty on a page unless asked otherwise."""
    test = test_of(query.get("filter", ""), _OF_PROFILES)
    found = [
        one for one in books.people.values()
        if test({**one.known, "id": one.id, "created": one.at, "updated": one.updated})
    ]  # fmt: skip
    _sorted(found, query, {"created": lambda one: one.at, "updated": lambda one: one.updated, "id": lambda one: one.id})
    page, after = _page(found, query, 20, 100)
    more = query.get("additional-fields[profile]", "").split(",")
    shown = [
        views.profile(one, subscriptions="subscriptions" in more, only=_fields(query, "profile")) for one in page
    ]  # fmt: skip
    return Said(200, views.many(shown, "profiles", after))


def events(books: Books, _: str, query: Mapping[str, str]) -> Said:
    """What happened, with whose it is beside it if asked for."""
    test = test_of(query.get("filter", ""), _OF_EVENTS)
    found = [
        one for one in books.events
        if test({"metric_id": books.metric(one.metric), "profile_id": one.person, "datetime": int(one.at),
                 "timestamp": int(one.at)})
    ]  # fmt: skip
    _sorted(found, query, {"datetime": lambda one: one.at, "timestamp": lambda one: one.at})
    page, after = _page(found, query, 200, 1_000)
    included = []
    if "profile" in query.get("include", "").split(","):
        whose = dict.fromkeys(one.person for one in page)
        included = [views.profile(books.people[one], only=_fields(query, "profile")) for one in whose]
    return Said(200, views.many([views.event(books, one) for one in page], "events", after, included))


def metrics(books: Books, _: str, query: Mapping[str, str]) -> Said:
    """Kinds of events, with the flows that they trigger beside them if asked for."""
    page, after = _page(sorted(books.metrics), query, 200, 200)
    included = []
    if "flow-triggers" in query.get("include", "").split(","):
        included = [views.flow(one) for one in books.flows.values() if one.metric in page]
    return Said(200, views.many([views.metric(books, one) for one in page], "metrics", after, included))


def flows(books: Books, _: str, query: Mapping[str, str]) -> Said:
    """The flows."""
    test = test_of(query.get("filter", ""), _OF_FLOWS)
    found = [
        one for one in books.flows.values()
        if test({"status": one.status, "archived": one.archived, "name": one.name})
    ]  # fmt: skip
    page, after = _page(found, query, 50, 50)
    return Said(200, views.many([views.flow(one) for one in page], "flows", after))


def jobs(books: Books, _: str, query: Mapping[str, str]) -> Said:
    """Jobs of suppressing."""
    page, after = _page(list(books.jobs.values()), query, 20, 100)
    return Said(200, views.many([views.job(one) for one in page], "profile-suppression-bulk-create-jobs", after))


def job(books: Books, no: str, _: Mapping[str, str]) -> Said:
    """One of them."""
    if no not in books.jobs:
        raise Refusal(404, "not_found", f"A job with id {no} does not exist.")
    return Said(200, views.one(views.job(books.jobs[no])))


def webhooks(books: Books, _: str, query: Mapping[str, str]) -> Said:
    """Where events are sent to, with the topics beside them."""
    page, after = _page(list(books.webhooks.values()), query, 20, 100)
    topics = dict.fromkeys(name for one in page for name in one.topics)
    return Said(200, views.many([views.webhook(one) for one in page], "webhooks", after, [*map(views.topic, topics)]))


def _fields(query: Mapping[str, str], kind: str) -> frozenset[str] | None:
    told = query.get(f"fields[{kind}]")
    return None if told is None else frozenset(told.split(","))


def _sorted(found: list[Any], query: Mapping[str, str], by: Mapping[str, Callable[[Any], Any]]) -> None:
    told = query.get("sort")
    if told is None:
        return
    if told.removeprefix("-") not in by:
        raise invalid("Invalid sort.", "/sort")
    found.sort(key=by[told.removeprefix("-")], reverse=told.startswith("-"))


def _page(found: Sequence[Any], query: Mapping[str, str], usual: int, most: int) -> tuple[list[Any], str | None]:
    """A page, and the cursor of the next. A cursor of Klaviyo's is opaque; this one says how many were before."""
    size = query.get("page[size]", str(usual))
    if not size.isdigit() or not 1 <= int(size) <= most:
        raise invalid(f"Page size is 1 to {most}.", "/page[size]")
    try:
        begin = int(base64.b64decode(query.get("page[cursor]", ""), validate=True) or b"0")
    except ValueError:
        raise invalid("Invalid page cursor.", "/page[cursor]") from None
    end = begin + int(size)
    after = base64.b64encode(str(end).encode()).decode() if end < len(found) else None
    return list(found[begin:end]), after
