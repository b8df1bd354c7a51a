"""The pretended Klaviyo by itself: its windows, its filters, its webhooks, and that a death changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors.klaviyo.hook import HOOK
from pawline.kit import Secret
from pawline.model import ConsentChanged, household_by_email
from pawline.sandbox import Desk, Vendors
from pawline.sandbox.diary import Clock, Diary, recall
from pawline.sandbox.klaviyo.filters import test_of as filter_of
from pawline.sandbox.klaviyo.klaviyo import Asked, Klaviyo
from pawline.sandbox.klaviyo.limits import S, Windows
from pawline.sandbox.klaviyo.wrongs import Refusal
from pawline.testing.clock import NOON
from pawline.testing.counter import counter, json

EMAIL = "ann@example.com"


class Account:
    """Klaviyo, asked in process; its clock stands still."""

    def __init__(self) -> None:
        self.at = NOON.timestamp()
        self.desk = Desk(Vendors(now=lambda: self.at), "tok")
        self.klaviyo: Klaviyo = self.desk.klaviyo

    def act(self, which: str, given: Any) -> Any:
        return self.desk.act(f"klaviyo/{which}", msgspec.json.encode(given))

    def ask(self, method: str, path: str, given: Any = None) -> Any:
        told = Asked(method=method, path=f"/api/{path}", given=given)
        return self.klaviyo.answer(told) if method == "GET" else self.act("write", told)


def profile(**attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "profile", "attributes": attributes}}


def test_windows_of_a_second_and_of_a_minute() -> None:
    at = 1_000.2
    windows = Windows(lambda: at)
    assert [windows.enter("GET /api/flows", S) for _ in range(4)] == [0, 0, 0, 1]
    assert windows.enter("GET /api/metrics", S) == 0  # another endpoint
    assert windows.headers("GET /api/flows", S) == {
        "RateLimit-Limit": "3, 3;w=1, 60;w=60", "RateLimit-Remaining": "57", "RateLimit-Reset": "20",
    }  # fmt: skip
    for second in range(1, 20):
        at = 1_000.2 + second
        assert [windows.enter("GET /api/flows", S) for _ in range(3)] == [0, 0, 0]
    at = 1_019.9
    assert windows.enter("GET /api/flows", S) == 1
    at = 1_020.0
    assert windows.enter("GET /api/flows", S) == 0


def test_filters() -> None:
    allowed = {"email": frozenset({"any", "equals"}), "datetime": frozenset({"greater-than", "less-or-equal"})}
    thing = {"email": "a", "datetime": NOON.timestamp()}
    assert filter_of("", allowed)(thing)
    assert filter_of('equals(email,"a")', allowed)(thing)
    assert not filter_of("equals(email,'b')", allowed)(thing)
    assert filter_of('any(email,["b","a"])', allowed)(thing)
    assert not filter_of('any(email,["b","ab"])', allowed)(thing)
    assert filter_of('and(equals(email,"a"),greater-than(datetime,2026-01-01T11:59:59Z))', allowed)(thing)
    assert not filter_of("greater-than(datetime,2026-01-01T12:00:00+00:00)", allowed)(thing)
    assert filter_of("less-or-equal(datetime,2026-01-01T12:00:00)", allowed)(thing)
    for wrong in (
        'equals(name,"a")', 'any(datetime,["a"])', 'any(email,"a")', "any(email,[a])", 'equals(email,["a"])',
        "equals(email", 'greater-than(email,"a")', "a", 'equals(email,"")x', "less-or-equal(datetime,noon)",
    ):  # fmt: skip
        with pytest.raises(Refusal):
            filter_of(wrong, allowed)


def test_what_is_taken_on_is_done_at_its_pace() -> None:
    here = Account()
    here.act("pace", 5.0)
    body = {"profiles": {"data": [{"type": "profile", "attributes": {"email": EMAIL}}]}}
    job = {"data": {"type": "profile-suppression-bulk-create-job", "attributes": body}}
    made = here.ask("POST", "profile-suppression-bulk-create-jobs", job)
    assert (made.status, made.body["data"]["attributes"]["status"]) == (202, "queued")
    path = f"profile-suppression-bulk-create-jobs/{made.body['data']['id']}"
    here.at += 4.9
    assert here.ask("GET", path).body["data"]["attributes"]["status"] == "queued"
    here.at += 0.2
    assert here.ask("GET", path).body["data"]["attributes"]["status"] == "complete"
    assert here.ask("GET", "profile-suppression-bulk-create-jobs/nobody").status == 404


@pytest.mark.parametrize(
    ("method", "path", "given", "status", "pointer"),
    [
        ("POST", "profile-import", profile(), 400, "/data/attributes"),
        ("POST", "profile-import", profile(email="nobody"), 400, "/data/attributes/email"),
        ("POST", "profile-import", {"data": {"type": "event"}}, 400, "/data"),
        ("PATCH", "profiles/x", profile() | {}, 404, "/data/"),
        ("POST", "events", {"data": {"type": "event", "attributes": {}}}, 400, "/data/attributes"),
        ("DELETE", "events", None, 405, "/data/"),
        ("GET", "lists", None, 404, "/data/"),
        ("GET", "profiles", {"page[size]": "101"}, 400, "/page[size]"),
        ("GET", "profiles", {"sort": "name"}, 400, "/sort"),
        ("GET", "profiles", {"page[cursor]": "?"}, 400, "/page[cursor]"),
    ],
)
def test_what_is_refused(method: str, path: str, given: Any, status: int, pointer: str) -> None:
    told = Account().ask(method, path, {} if given is None else given)
    (error,) = told.body["errors"]
    assert (told.status, error["source"]["pointer"]) == (status, pointer)


@pytest.mark.parametrize(
    ("history", "at"), [(True, None), (None, "2025-01-01T00:00:00Z"), (True, "2027-01-01T00:00:00Z")]
)
def test_a_history_has_times_that_are_over(history: bool | None, at: str | None) -> None:
    wanted = {"consent": "SUBSCRIBED"} | ({} if at is None else {"consented_at": at})
    one = {"email": EMAIL, "subscriptions": {"email": {"marketing": wanted}}}
    attributes: dict[str, Any] = {"profiles": {"data": [{"type": "profile", "attributes": one}]}}
    if history:
        attributes["historical_import"] = True
    job = {"data": {"type": "profile-subscription-bulk-create-job", "attributes": attributes}}
    here = Account()
    assert here.ask("POST", "profile-subscription-bulk-create-jobs", job).status == 400
    assert here.klaviyo.books.people == {}


def test_flows_send_to_whom_they_may() -> None:
    here = Account()
    for name, transactional in (("Offer", False), ("Receipt", True)):
        here.act("flows", {"name": name, "metric": "Bought", "transactional": transactional})
    here.act("flows", {"name": "Draft", "metric": "Bought", "status": "draft"})

    def mailed() -> list[str]:
        here.act("people", {"email": EMAIL, "external_id": "h-1"})
        before = len(here.desk.vendors.effects())
        person = here.klaviyo.books.by("email", EMAIL)
        assert person is not None
        here.klaviyo.books.happen(person, "Bought", {}, unique=str(before))
        made = here.desk.vendors.effects()[before:]
        return [one.business for one in made if one.operation == "Klaviyo.mailed"]

    assert mailed() == ["h-1/Offer", "h-1/Receipt"]
    here.act("decisions", {"email": EMAIL, "granted": False})
    assert mailed() == ["h-1/Receipt"]
    here.act("decisions", {"email": EMAIL, "granted": True})
    assert mailed() == ["h-1/Offer", "h-1/Receipt"]
    here.act("decisions", {"email": EMAIL, "granted": False, "spam": True})
    assert mailed() == []


def test_webhooks_are_posted_signed_and_tried_again() -> None:
    secret = "a secret of sixteen"  # noqa: S105 - of this test

    async def told() -> None:
        here = Account()
        here.klaviyo.teller.pauses = (0.0, 0.0)
        async with counter(seconds=30) as heard:
            heard.says(json(500), json(202))
            address = f"http://127.0.0.1:{heard.port}/hooks/klaviyo/eu"
            given = {
                "type": "webhook",
                "attributes": {"name": "n", "endpoint_url": address, "secret_key": secret},
                "relationships": {"webhook-topics": {"data": [
                    {"type": "webhook-topic", "id": "event:klaviyo.unsubscribed_from_email_marketing"}
                ]}},
            }  # fmt: skip
            assert here.ask("POST", "webhooks", {"data": given}).status == 201
            here.act("people", {"email": EMAIL})
            here.act("decisions", {"email": EMAIL, "granted": True})  # nobody asked to hear that
            here.act("decisions", {"email": EMAIL, "granted": False})
            await here.klaviyo.teller.rest()
            assert [one.target for one in heard.heard] == ["/hooks/klaviyo/eu"] * 2
            request = heard.heard[-1]
            HOOK.signature.verify([Secret(secret)], list(request.headers.items()), request.body, here.at)
            delivery = HOOK.read([], request.body)
            (event,) = HOOK.hears[delivery.type](delivery.payload)
            assert isinstance(event, ConsentChanged)
            assert (event.consent.household, event.consent.granted) == (household_by_email(EMAIL), False)
            assert [one.id for one in here.klaviyo.teller.told] == [delivery.id]
        await here.desk.close()

    asyncio.run(told())


def living(folder: Path, live: Callable[[Desk], Any]) -> Any:
    """One life of a sandbox."""
    clock = Clock()
    desk = Desk(Vendors(now=clock), "tok")
    diary = Diary(folder / "diary.jsonl", clock)
    book = recall(desk, diary, folder / "ledger.jsonl")
    try:
        return live(desk)
    finally:
        diary.close()
        book.close()


def test_killed_and_started_again_it_is_where_it_was(tmp_path: Path) -> None:
    def state(desk: Desk) -> Any:
        books = desk.klaviyo.books
        return books.people, books.events, books.flows, [one.business for one in desk.vendors.effects()]

    def first(desk: Desk) -> Any:
        def act(which: str, given: Any) -> Any:
            return desk.act(f"klaviyo/{which}", msgspec.json.encode(given))

        act("flows", {"name": "Birthday", "day": "pet_1_born_on"})
        act("write", Asked(method="POST", path="/api/profile-import", given=profile(email=EMAIL, external_id="h-1")))
        act("write", Asked(method="POST", path="/api/profile-import", given=profile(email="nobody")))  # refused
        act("people", {"email": EMAIL, "properties": {"pet_1_born_on": "2020-03-01"}})
        act("decisions", {"email": EMAIL, "granted": True})
        act("days", "2026-03-01")
        return state(desk)

    before = living(tmp_path, first)
    assert before[3][-1] == "h-1/Birthday"
    assert living(tmp_path, state) == before
