"""What no webhook told at Recharge is found by a look, as the same facts; what stood before is known from the first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.recharge import looking
from pawline.connectors.recharge.hook import HOOK
from pawline.kit import Http, Seen
from pawline.model import (
    Event,
    RenewalDeclined,
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionRenewalDue,
    SubscriptionStarted,
    SubscriptionState,
)
from pawline.ports import Malformed, Rejected
from pawline.sandbox.recharge import views
from pawline.testing.counter import counter, json
from tests.unit.sandbox.recharge_scene import SOON, TODAY, Scene, scene

Look = Callable[[Http, Any, str], Awaitable[Seen]]


class Eye:
    """One watch of the scene's account, with its cursor."""

    def __init__(self, one: Scene, look: Look) -> None:
        self._one, self._look, self.cursor = one, look, ""

    async def looks(self) -> list[Event]:
        """All that it sees until there is no more."""
        found: list[Event] = []
        while True:
            seen = await self._look(self._one.http, self._one.settings, self.cursor)
            assert seen.quarantined == ()
            found += [sighting.event for sighting in seen.sightings]
            self.cursor = seen.cursor
            if not seen.more:
                return found


def changes(events: list[Event]) -> list[tuple[str, SubscriptionState, Any]]:
    return [
        (one.subscription.id, one.subscription.state, one.subscription.next_on)
        for one in events if isinstance(one, SubscriptionChanged)
    ]  # fmt: skip


def test_what_is_active_when_the_account_is_connected_is_known_and_then_what_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pawline.connectors.recharge.reading.MANY", "2")

    async def play(one: Scene) -> None:
        names = [one.subscribe(email=f"a{number}@example.com") for number in range(5)]
        for name in names:
            one.kept(name).made -= 1
        over = one.subscribe()
        await one.trying(one.app.end(over, "enough"))
        eye = Eye(one, looking.subscriptions)
        first = await eye.looks()
        assert sorted(changes(first)) == [(name, SubscriptionState.ACTIVE, SOON) for name in sorted(names)]
        assert not [one for one in first if isinstance(one, SubscriptionStarted)]  # that is history
        new = one.subscribe(email="new@example.com")
        assert [type(found) for found in await eye.looks() if found.subject == new] == [
            SubscriptionStarted, SubscriptionChanged
        ]  # fmt: skip
        await one.trying(one.app.end(names[1], "moved away"))
        seen = [found for found in await eye.looks() if found.subject == names[1]]
        assert [type(found) for found in seen] == [SubscriptionEnded, SubscriptionChanged]
        assert changes(seen) == [(names[1], SubscriptionState.ENDED, None)]

    scene(play)


def test_a_charge_that_was_moved_is_found_though_its_subscription_says_no_new_time() -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe()
        one.kept(name).changed -= 3_600
        eyes = Eye(one, looking.subscriptions), Eye(one, looking.charges)
        for eye in eyes:
            await eye.looks()
        await one.trying(one.app.move(name, SOON + timedelta(days=30)))
        await asyncio.sleep(0)
        assert await eyes[0].looks() == []
        assert changes(await eyes[1].looks()) == [(name, SubscriptionState.ACTIVE, SOON + timedelta(days=30))]
        seen = await looking.charges(one.http, one.settings, "")
        moved = max(each.at for each in seen.sightings)
        assert moved.timestamp() > one.kept(name).changed

    scene(play)


def test_what_is_due_and_what_was_refused_is_the_fact_that_its_webhook_is() -> None:
    async def play(one: Scene) -> None:
        today, soon = one.subscribe(next_on=TODAY), one.subscribe(next_on=SOON, email="tom@example.com")
        one.subscribe(next_on=TODAY + timedelta(days=20), email="late@example.com")
        told: dict[str, Event] = {}

        def tell(topic: str, kind: str, number: int) -> None:
            if topic.startswith("charge/"):
                body = msgspec.json.encode({kind: views.charge(one.books, number)})
                delivery = HOOK.read([], body)
                told.update({str(event.fact): event for event in HOOK.hears[delivery.type](delivery.payload)})

        one.books.tell = tell
        one.act("cards", email="Ann@Example.com", declines=True)
        one.act("look-ahead", today=TODAY + timedelta(days=2))
        renewals = await Eye(one, looking.renewals).looks()
        assert {str(found.fact): found for found in renewals} == told
        assert {found.subject for found in renewals} == {today, soon}
        assert all(isinstance(found, SubscriptionRenewalDue) for found in renewals)
        told.clear()
        one.act("renew", today=TODAY)
        seen = [found for found in await Eye(one, looking.charges).looks() if isinstance(found, RenewalDeclined)]
        assert {str(found.fact): found for found in seen} == told
        assert [(found.subscription, found.attempt) for found in seen] == [(today, 1)]

    scene(play)


def test_what_nobody_can_read_is_told_and_the_rest_goes_through() -> None:
    async def play(one: Scene) -> None:
        good, bad = one.subscribe(), one.subscribe("chew", blank=True, email="tom@example.com")
        one.books.variants.clear()
        seen = await looking.subscriptions(one.http, one.settings, "")
        assert [row.where for row in seen.quarantined] == [f"subscription {bad}"]
        assert {sighting.event.subject for sighting in seen.sightings} == {good}
        for _ in range(3):  # it is walked again, for it changed just now, and is told once
            seen = await looking.subscriptions(one.http, one.settings, seen.cursor)
            assert (seen.quarantined, seen.more) == ((), False)
        for number in range(3):
            one.subscribe("chew", blank=True, email=f"b{number}@example.com")
        one.books.variants.clear()
        one.kept(good).status = "cancelled"
        with pytest.raises(Malformed, match="nothing can be read"):  # it is not the subscriptions
            await looking.subscriptions(one.http, one.settings, "")

    scene(play)


@pytest.mark.parametrize("look", [looking.subscriptions, looking.charges, looking.renewals])
def test_a_cursor_that_is_forgotten_begins_its_walk_anew(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pawline.connectors.recharge.reading.MANY", "1")
    monkeypatch.setattr("pawline.connectors.recharge.looking.MANY", "1")

    async def play(one: Scene) -> None:
        names = {str(one.subscribe(next_on=TODAY + timedelta(days=number))) for number in (1, 2, 3)}
        first = await look(one.http, one.settings, "")
        assert first.more
        broken = msgspec.json.encode(msgspec.json.decode(first.cursor) | {"after": "forgotten"}).decode()
        again = await look(one.http, one.settings, broken)
        assert (again.sightings, again.more) == ((), True)
        found: set[str] = set()
        cursor = again.cursor
        for _ in range(8):
            seen = await look(one.http, one.settings, cursor)
            found |= {sighting.event.subject for sighting in seen.sightings}
            cursor = seen.cursor
            if not seen.more:
                break
        assert found == names

    scene(play)


@pytest.mark.parametrize("look", [looking.subscriptions, looking.charges, looking.renewals])
def test_a_list_that_goes_round_ends_and_a_refusal_at_the_beginning_is_one(look: Look) -> None:
    async def play(one: Scene) -> None:
        async with counter() as vendor:
            account = Scene(f"http://127.0.0.1:{vendor.port}", one.desk)
            vendor.says(json(200, b'{"subscriptions":[],"charges":[],"next_cursor":"c"}'))
            first = await look(account.http, account.settings, "")
            with pytest.raises(Malformed, match="never end"):
                await look(account.http, account.settings, first.cursor)
            vendor.says(json(422))
            with pytest.raises(Rejected):
                await look(account.http, account.settings, "")
            await account.http.close()

    scene(play)


def test_a_look_leaves_half_of_the_bucket_to_those_who_do_something() -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe()
        one.recharge.bucket.size, one.recharge.bucket.leak = 10, 0.0
        for _ in range(4):
            await one.app.subscription(name)
        assert one.http.wait == 1.5  # eight of ten are in: three are over, and two leave a second
        await one.http.breathe()
        assert one.http.wait == 0

    scene(play)


@pytest.mark.parametrize("look", [looking.subscriptions, looking.charges])
def test_a_time_of_the_future_hides_nothing_that_comes_after_it(look: Look) -> None:
    async def play(one: Scene) -> None:
        eye = Eye(one, look)
        await eye.looks()
        odd = one.subscribe()
        one.kept(odd).changed = one.charges("queued")[0].changed = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
        assert {found.subject for found in await eye.looks()} == {odd}
        new = one.subscribe(email="new@example.com")
        assert new in {found.subject for found in await eye.looks()}

    scene(play)
