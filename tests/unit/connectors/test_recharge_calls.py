"""Recharge in the role of Subscriptions, against the pretended vendor over HTTP: what is read, changed, never done."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from pawline.connectors.recharge.client import ROUTES
from pawline.connectors.recharge.standing import PAUSED_TO
from pawline.kit import household_of
from pawline.model import (
    Address,
    HouseholdId,
    Item,
    PetId,
    SkuId,
    Subscription,
    SubscriptionId,
    SubscriptionState,
)
from pawline.ports import Attempt, Code, Malformed, Rejected, Transient, attempting
from pawline.sandbox import Fault, Faults
from tests.unit.sandbox.recharge_scene import ANN, SOON, TODAY, Scene, scene

WHOSE = household_of(ANN, "7301")
HOME = Address(name="Ann Bee", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")
LATER, KIBBLE, CHEW = SOON + timedelta(days=7), SkuId("kibble"), SkuId("chew")
Change = Callable[[Scene, SubscriptionId], Awaitable[Subscription]]
CHANGES: dict[str, tuple[Change, list[tuple[str, str]]]] = {
    "move": (lambda one, name: one.app.move(name, LATER), [("set_next_charge_date", f"{{}}/{LATER}")]),
    "skip": (lambda one, name: one.app.skip(name, SOON), [("skip", f"{{}}/{SOON}")]),
    "swap": (lambda one, name: one.app.swap(name, KIBBLE, Item(CHEW, 3)), [("update", "{}/chew/3")]),
    "set_quantity": (lambda one, name: one.app.set_quantity(name, Item(KIBBLE, 4)), [("update", "{}/kibble/4")]),
    "pause": (lambda one, name: one.app.pause(name, LATER), [("set_next_charge_date", f"{{}}/{LATER}")]),
    "pause for good": (lambda one, name: one.app.pause(name, None), [("set_next_charge_date", f"{{}}/{PAUSED_TO}")]),
    "resume": (lambda one, name: one.app.resume(name, LATER), [("set_next_charge_date", f"{{}}/{LATER}")]),
    "end": (lambda one, name: one.app.end(name, "moved away"), [("cancel", "{}")]),
}


async def refused(call: Awaitable[object]) -> Code:
    with pytest.raises(Rejected) as no:
        await call
    return no.value.code


def test_a_subscription_is_read_with_what_is_kept_elsewhere() -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe(quantity=2, properties={"_pets": "rex, tom,rex", "Colour": "red"})
        one.act("cards", email=ANN, ends=(2028, 2))
        assert await one.app.subscription(name) == Subscription(
            id=name, household=HouseholdId(str(WHOSE)), state=SubscriptionState.ACTIVE, items=(Item(KIBBLE, 2),),
            every_days=30, next_on=SOON, pets=(PetId("rex"), PetId("tom")), ship_to=HOME, card_until=date(2028, 2, 29),
        )  # fmt: skip
        assert await refused(one.app.subscription(SubscriptionId("7"))) is Code.NOT_FOUND
        assert await refused(one.app.subscription(SubscriptionId("../charges"))) is Code.NOT_FOUND

    scene(play)


def test_cards_are_not_looked_at_where_they_are_not_to_be() -> None:
    async def play(one: Scene) -> None:
        one.recharge.api.scopes -= {"read_payment_methods"}
        assert (await one.app.subscription(one.subscribe())).card_until is None

    scene(play, cards=False)


def test_a_sku_that_is_left_blank_is_that_of_the_variant() -> None:
    async def play(one: Scene) -> None:
        by_list, by_settings = one.subscribe(blank=True), one.subscribe("chew", blank=True)
        variant = str(one.books.variant("chew"))
        account = Scene(one.url.removesuffix("/recharge"), one.desk, variants={"chew-1": variant})
        assert [(await account.app.subscription(name)).items[0].sku for name in (by_list, by_settings)] == [
            "kibble", "chew-1"
        ]  # fmt: skip
        one.books.variants.clear()
        with pytest.raises(Malformed) as unknown:
            await one.app.subscription(by_list)
        assert "say it in `variants`" in unknown.value.text
        await account.http.close()

    scene(play)


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_one_effect_however_often_and_whatever_breaks(what: str) -> None:
    change, done = CHANGES[what]

    async def play(one: Scene) -> None:
        one.books.variant("chew")
        for fault in (Fault.BROKEN, Fault.LATE, Fault.STORED_ERROR, Fault.UNAVAILABLE, Fault.UNHEARD, Fault.LIMITED):
            for place in range(1, 6):  # of its requests
                name = one.subscribe()
                one.desk.vendors.faults = Faults(at={place: fault}, late_after=0.05)
                before, failed = len(one.did()), False
                try:
                    await one.trying(change(one, name))
                except Transient:
                    failed = True
                one.desk.vendors.faults = Faults()
                stands = await one.trying(change(one, name))
                again = await one.trying(change(one, name))
                assert again == stands
                assert [(did, f"{thing}") for did, thing in one.did()[before:]] == [
                    (did, thing.format(name)) for did, thing in done
                ], (fault, place)
                if not failed:
                    break  # it has no more requests than these

    scene(play)


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_that_timed_out_after_it_was_made_is_found_done(what: str) -> None:
    change, done = CHANGES[what]

    async def play(one: Scene) -> None:
        one.books.variant("chew")
        name = one.subscribe()
        place = {"skip": 3}.get(what, 3 if what == "swap" else 2)  # the request that changes something
        one.desk.vendors.faults = Faults(at={place: Fault.SILENT})
        until = datetime.now(UTC) + timedelta(seconds=0.6)
        with attempting(Attempt("k", 1, until, "paws", "recharge/main")), pytest.raises(Transient) as silent:
            await change(one, name)
        assert silent.value.code is Code.TIMED_OUT
        one.desk.vendors.faults = Faults()
        await one.trying(change(one, name))
        assert one.did() == [(did, thing.format(name)) for did, thing in done]

    scene(play)


def test_nobody_is_charged_sooner_than_planned() -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe()
        assert (await one.trying(one.app.move(name, LATER))).next_on == LATER
        assert await refused(one.trying(one.app.move(name, SOON))) is Code.TOO_LATE
        assert await refused(one.trying(one.app.resume(name, SOON))) is Code.TOO_LATE
        assert (await one.trying(one.app.pause(name, SOON))).next_on == LATER
        one.act("renew", today=LATER)
        assert await refused(one.trying(one.app.move(name, LATER + timedelta(days=7)))) is Code.TOO_LATE
        assert one.did("charged", "set_next_charge_date") == [
            ("set_next_charge_date", f"{name}/{LATER}"), ("charged", f"{next(iter(one.charges('success'))).id}/{LATER}")
        ]  # fmt: skip

    scene(play)


@pytest.mark.parametrize("day", [TODAY, TODAY - timedelta(days=3)])
def test_on_the_day_of_its_charge_a_subscription_is_put_off_no_more(day: date) -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe(next_on=day)
        for change in (one.app.move(name, LATER), one.app.pause(name, None), one.app.pause(name, LATER)):
            assert await refused(one.trying(change)) is Code.TOO_LATE
        assert one.did() == []
        assert (await one.trying(one.app.skip(name, day))).next_on == day + timedelta(days=30)  # the vendor decides

    scene(play)


def test_one_that_is_paused_without_an_end_is_due_never_and_is_resumed() -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe()
        paused = await one.trying(one.app.pause(name, None))
        assert (paused.state, paused.next_on, paused.paused_until) == (SubscriptionState.PAUSED, None, None)
        assert await one.app.subscription(name) == replace(paused, card_until=date(2030, 12, 31))
        assert (await one.app.due(date(2089, 1, 1), None)).subscriptions == ()
        assert await one.trying(one.app.pause(name, SOON)) == paused  # as it stands, it is charged no sooner
        resumed = await one.trying(one.app.resume(name, SOON))
        assert (resumed.state, resumed.next_on) == (SubscriptionState.ACTIVE, SOON)

    scene(play)


def test_a_skip_is_of_this_subscription_and_this_day_only() -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe()
        other = one.subscribe("chew", beside=int(name))
        assert len(one.charges("queued")) == 1
        assert await refused(one.trying(one.app.skip(name, SOON + timedelta(days=1)))) is Code.NOT_FOUND
        stands = await one.trying(one.app.skip(name, SOON))
        assert (stands.next_on, one.kept(other).next_on) == (SOON + timedelta(days=30), SOON)
        assert [one.items for one in one.charges("skipped")] == [[int(name)]]
        one.act("renew", today=SOON)
        assert await refused(one.trying(one.app.skip(other, SOON))) is Code.TOO_LATE
        assert (await one.trying(one.app.skip(name, SOON))).next_on == SOON + timedelta(days=30)

    scene(play)


def test_what_is_swapped_is_there_or_it_is_refused() -> None:
    async def play(one: Scene) -> None:
        name, chew = one.subscribe(), one.books.variant("chew")
        assert await refused(one.trying(one.app.swap(name, CHEW, Item(SkuId("x"), 1)))) is Code.NOT_FOUND
        assert await refused(one.trying(one.app.swap(name, KIBBLE, Item(SkuId("x"), 1)))) is Code.NOT_FOUND
        assert await refused(one.trying(one.app.set_quantity(name, Item(CHEW, 1)))) is Code.NOT_FOUND
        swapped = await one.trying(one.app.swap(name, KIBBLE, Item(SkuId(f"variant-{chew}"), 2)))
        assert (swapped.items, one.kept(name).variant) == ((Item(CHEW, 2),), chew)

    scene(play)


def test_one_ends_with_its_reason_and_without_a_mail_of_the_app() -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe()
        ended = await one.trying(one.app.end(name, "the pet that it is for died"))
        assert (ended.state, ended.ended_because) == (SubscriptionState.ENDED, "the pet that it is for died")
        assert one.did() == [("cancel", str(name))]
        for change in ("move", "skip", "swap", "set_quantity", "pause", "resume"):
            assert await refused(one.trying(CHANGES[change][0](one, name))) is Code.TOO_LATE
        assert await one.trying(one.app.end(name, "again")) == ended

    scene(play)


def test_whose_autoships_these_are_is_found_by_their_household() -> None:
    async def play(one: Scene) -> None:
        first, second, over = one.subscribe(), one.subscribe("chew"), one.subscribe("x")
        other = one.subscribe(email="tom@example.com")
        await one.trying(one.app.end(over, "enough"))
        assert [each.id for each in await one.app.of(HouseholdId(str(WHOSE)))] == [first, second]
        theirs = household_of("tom@example.com", None)
        assert theirs is not None
        assert [each.id for each in await one.app.of(theirs)] == [other]
        new = one.subscribe(email="new@example.com")  # after the walk
        assert [each.id for each in await one.app.of(HouseholdId(str(household_of("new@example.com", None))))] == [new]
        assert await one.app.of(HouseholdId("h-nobody")) == ()

    scene(play)


def test_one_that_is_taken_up_again_after_the_walk_is_found() -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe()
        kept = one.kept(name)
        kept.status, kept.made, kept.changed = "cancelled", kept.made - 30 * 86_400, kept.changed - 20 * 86_400
        assert await one.app.of(HouseholdId(str(WHOSE))) == ()
        kept.status, kept.changed = "active", time.time()
        assert [each.id for each in await one.app.of(HouseholdId(str(WHOSE)))] == [name]

    scene(play)


def test_a_walk_goes_on_where_it_was_when_it_was_too_long_for_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pawline.connectors.recharge.directory.PATIENCE", 0.0)
    monkeypatch.setattr("pawline.connectors.recharge.reading.MANY", "2")

    async def play(one: Scene) -> None:
        names = [one.subscribe(email=f"a{number}@example.com") for number in range(7)]
        last = HouseholdId(str(household_of("a6@example.com", None)))
        for _ in range(3):
            with pytest.raises(Transient) as walking:
                await one.app.of(last)
            assert walking.value.code is Code.IN_PROGRESS
        assert [each.id for each in await one.app.of(last)] == [names[-1]]

    scene(play)


def test_what_is_due_is_told_page_by_page_soonest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pawline.connectors.recharge.subscriptions.MANY", "2")

    async def play(one: Scene) -> None:
        days = [SOON + timedelta(days=number) for number in (3, 0, 1, 2, 4)]
        names = {day: one.subscribe(next_on=day) for day in days}
        found, after = list[SubscriptionId](), None
        for _ in range(3):
            page = await one.app.due(SOON + timedelta(days=3), after)
            found, after = [*found, *page.subscriptions], page.after
            if after is None:
                break
        assert found == [names[SOON + timedelta(days=number)] for number in range(4)]

    scene(play)


def test_a_charge_under_way_locks_its_address_and_who_waits_is_not_refused() -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe(next_on=TODAY)
        one.books.pace = 3_600.0
        one.act("renew", today=TODAY)
        one.books.plan(one.kept(name), SOON)
        for change in (one.app.move(name, LATER), one.app.set_quantity(name, Item(KIBBLE, 9)), one.app.end(name, "x")):
            with pytest.raises(Transient) as locked:
                await one.trying(change)
            assert (locked.value.code, locked.value.retry_after) == (Code.IN_PROGRESS, timedelta(seconds=5))
        one.books.until.clear()
        await one.trying(one.app.end(name, "enough"))
        assert one.did("cancel") == [("cancel", str(name))]

    scene(play)


def test_a_full_bucket_is_waited_for_as_long_as_the_vendor_says() -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe()
        one.recharge.bucket.size, one.recharge.bucket.leak = 4, 0.0
        for _ in range(2):
            await one.app.subscription(name)  # two calls each
        assert one.http.wait == 1.0
        with pytest.raises(Transient) as full:
            await one.app.subscription(name)
        assert (full.value.code, full.value.retry_after) == (Code.RATE_LIMITED, timedelta(seconds=2))

    scene(play)


CHARGING = [
    ("POST", "charges", "1", "process"), ("POST", "charges", "1", "capture_payment"), ("POST", "charges"),
    ("POST", "charges", "1", "refund"), ("POST", "checkouts", "x", "charge"), ("POST", "orders", "1", "clone"),
    ("PUT", "charges", "1"), ("POST", "async_batches"), ("POST", "payment_methods"), ("PUT", "payment_methods", "1"),
    ("POST", "addresses", "1", "charges", "skip"), ("POST", "subscriptions"), ("POST", "onetimes"),
    ("POST", "subscriptions", "1", "activate"), ("POST", "charges", "1", "unskip"),
]  # fmt: skip


@pytest.mark.parametrize("call", CHARGING, ids=" ".join)
def test_no_call_that_has_somebody_charged_can_be_sent(call: tuple[str, ...]) -> None:
    async def play(one: Scene) -> None:
        one.subscribe()
        method, *path = call
        with pytest.raises(Malformed) as never:
            await one.http.send(method, *path, json={}, into=object)
        assert never.value.code is Code.BAD_REQUEST
        assert (one.desk.vendors.requests, one.did()) == (0, [])

    scene(play)


def test_all_that_can_be_sent_makes_no_charge() -> None:
    """What the vendor really does with each of them; the vendor would charge, if it were asked to."""

    async def play(one: Scene) -> None:
        name = one.subscribe()
        body = {
            "date": LATER.isoformat(), "cancellation_reason": "x", "send_email": False, "quantity": 2,
            "topic": "charge/failed", "address": "http://127.0.0.1:1/",
        }  # fmt: skip
        for allowed in sorted(ROUTES, key=lambda one: ("cancel" in one, one)):
            method, _, path = allowed.partition(" ")
            for number in (name, one.charges("queued")[0].id):
                parts = [str(number) if part == "*" else part for part in path.split("/")]
                with suppress(Rejected):  # of a number that is none there
                    await one.http.send(method, *parts, json=None if method == "GET" else body, into=object)
                if allowed.endswith("cancel"):
                    break
        assert {did for did, _ in one.did()} == {"set_next_charge_date", "update", "cancel", "skip", "webhook"}
        assert one.did("charged", "processed", "declined") == []

    scene(play)
