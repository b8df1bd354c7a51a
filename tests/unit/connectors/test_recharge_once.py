"""When what Recharge says happened, and that it is told once: though an object says a time of long ago, or no SKU."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.recharge import looking
from pawline.connectors.recharge.hook import HOOK
from pawline.kit import Http, Seen, Sighting
from pawline.model import (
    Event,
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionRenewalDue,
    SubscriptionStarted,
    SubscriptionState,
    household_by_email,
)
from pawline.ports import Malformed
from pawline.sandbox.recharge import views
from tests.unit.sandbox.recharge_scene import ANN, TODAY, Scene, scene

Look = Callable[[Http, Any, str], Awaitable[Seen]]


async def sighted(one: Scene, look: Look, cursor: str = "") -> tuple[list[Sighting], str]:
    """All that is seen until there is no more, and where the next walk begins."""
    found: list[Sighting] = []
    while True:
        seen = await look(one.http, one.settings, cursor)
        found += seen.sightings
        cursor = seen.cursor
        if not seen.more:
            return found, cursor


def long_ago(kept: Any, days: float) -> None:
    """So many days ago it was made, and not touched since: a charge that goes through does not touch it."""
    kept.made = kept.changed = kept.made - days * 86_400


def test_an_autoship_that_began_long_ago_does_not_begin_again_when_it_renews() -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe(next_on=TODAY, days=90)
        long_ago(one.kept(name), 400)
        first, _ = await sighted(one, looking.subscriptions)
        assert [type(each.event) for each in first] == [SubscriptionChanged]
        _, cursor = await sighted(one, looking.charges)
        before_first = msgspec.json.encode(msgspec.json.decode(cursor) | {"first": None}).decode()  # of a hub of before
        one.act("renew", today=TODAY)
        for at in (cursor, before_first):
            found, _ = await sighted(one, looking.charges, at)
            assert [type(each.event) for each in found] == [SubscriptionChanged]

    scene(play)


@pytest.mark.parametrize(("days", "told"), [(0.0, True), (49.0, True), (51.0, False)])
def test_what_began_or_ended_is_told_as_of_then_and_only_while_it_is_known_that_it_was(days: float, told: bool) -> None:
    async def play(one: Scene) -> None:
        began, over = one.subscribe(next_on=TODAY), one.subscribe(next_on=TODAY, email="tom@example.com")
        one.act("renew", today=TODAY)
        await one.trying(one.app.end(over, "enough"))
        long_ago(one.kept(began), days)
        ended = one.kept(over)
        long_ago(ended, days)
        ended.made -= 400 * 86_400
        assert ended.cancelled is not None
        ended.cancelled = ended.changed
        now = datetime.now(UTC).replace(microsecond=0)
        cursor = msgspec.json.encode(looking.Cursor(now - timedelta(minutes=10), now)).decode()
        found, _ = await sighted(one, looking.charges, cursor)
        once = {type(each.event): each.at for each in found if not isinstance(each.event, SubscriptionChanged)}
        then = {SubscriptionStarted: int(one.kept(began).made), SubscriptionEnded: int(ended.cancelled)}
        assert {kind: int(at.timestamp()) for kind, at in once.items()} == (then if told else {})
        assert sorted(each.event.subject for each in found if isinstance(each.event, SubscriptionChanged)) == [
            began, over
        ]  # fmt: skip

    scene(play)


@pytest.mark.parametrize("look", [looking.renewals, looking.charges])
def test_a_renewal_is_due_when_its_charge_comes_near_however_long_ago_that_was_planned(look: Look) -> None:
    async def play(one: Scene) -> None:
        one.subscribe(next_on=TODAY + timedelta(days=6), days=90)
        (charge,) = one.charges("queued")
        now = datetime.now(UTC).replace(microsecond=0)
        cursor = msgspec.json.encode(looking.Cursor(now - timedelta(days=85), now)).decode()
        planned = now.timestamp() - 84 * 86_400
        near = datetime.combine(TODAY - timedelta(days=1), time(), UTC)
        moved = near + timedelta(seconds=1)  # as if somebody had moved it, then
        for changed, at in ((planned, near), (moved.timestamp(), moved)):
            charge.changed = changed
            found, _ = await sighted(one, look, cursor)
            assert [each.at for each in found if isinstance(each.event, SubscriptionRenewalDue)] == [at]
        charge.changed = now.timestamp() + 3_600  # its clock is ahead
        found, _ = await sighted(one, look, cursor)
        (due,) = [each.at for each in found if isinstance(each.event, SubscriptionRenewalDue)]
        assert now <= due <= datetime.now(UTC)

    scene(play)


def test_one_whose_sku_nobody_knows_ends_all_the_same_and_is_told() -> None:
    async def play(one: Scene) -> None:
        blank, good = one.subscribe(blank=True), one.subscribe("chew", email=ANN)
        one.books.variants.clear()
        variant = f"variant-{one.kept(blank).variant}"
        every = await one.app.of(household_by_email(ANN))
        assert [(each.id, each.items[0].sku) for each in every] == [(blank, variant), (good, "chew")]
        _, cursor = await sighted(one, looking.subscriptions)
        for _ in range(2):
            stands = await one.trying(one.app.end(blank, "the pet that it is for died"))
            assert (stands.state, stands.items[0].sku) == (SubscriptionState.ENDED, variant)
        assert one.did("cancel") == [("cancel", blank)]
        seen = await looking.subscriptions(one.http, one.settings, cursor)
        assert [type(each.event) for each in seen.sightings if each.event.subject == blank] == [SubscriptionEnded]
        assert seen.quarantined == ()  # it was told before

    scene(play)


# -- by webhook ------------------------------------------------------------------------------------------------------


def heard(about: dict[str, Any]) -> tuple[datetime, list[type[Event]]]:
    delivery = HOOK.read([], msgspec.json.encode(about))
    return delivery.at, [type(each) for each in HOOK.hears[delivery.type](delivery.payload)]


@pytest.mark.parametrize(("days", "told"), [(0, True), (44, True), (46, False)])
def test_a_webhook_does_not_begin_again_what_did_long_ago(days: int, told: bool) -> None:
    """One of five days before its charge, such as that of a skip: nothing of it is changed by that."""

    async def play(one: Scene) -> None:
        name = one.subscribe(next_on=TODAY + timedelta(days=5))
        long_ago(one.kept(name), days)
        about = {"subscription": views.subscription(one.books, int(name), ["customer"])}
        assert heard(about)[1] == [SubscriptionStarted, SubscriptionChanged][0 if told else 1 :]
        one.kept(name).next_on = None  # nor one that is paused: whether it just began only a look can tell
        about = {"subscription": views.subscription(one.books, int(name), ["customer"])}
        assert heard(about)[1] == [SubscriptionChanged]

    scene(play)


@pytest.mark.parametrize(("days", "told"), [(0, True), (49, True), (51, False)])
@pytest.mark.parametrize("blank", [False, True])
def test_a_webhook_does_not_end_again_what_did_long_ago(days: int, told: bool, blank: bool) -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe(blank=blank)
        await one.trying(one.app.end(name, "enough"))
        kept = one.kept(name)
        assert kept.cancelled is not None
        kept.cancelled -= days * 86_400  # and was changed just now
        about = {"subscription": views.subscription(one.books, int(name), ["customer"])}
        assert heard(about)[1] == [SubscriptionEnded] * told + [SubscriptionChanged] * (not blank)

    scene(play)


def test_a_webhook_of_a_charge_happens_when_it_comes_near() -> None:
    async def play(one: Scene) -> None:
        one.subscribe(next_on=TODAY + timedelta(days=6))
        (charge,) = one.charges("queued")
        charge.changed -= 84 * 86_400
        near = datetime.combine(TODAY - timedelta(days=1), time(), UTC)
        assert heard({"charge": views.charge(one.books, charge.id)}) == (near, [SubscriptionRenewalDue])
        charge.status = "error"
        assert int(heard({"charge": views.charge(one.books, charge.id)})[0].timestamp()) == int(charge.changed)

    scene(play)


def test_what_cannot_be_read_is_not_changed() -> None:
    async def play(one: Scene) -> None:
        name = one.subscribe()
        before = one.did()
        shows = views.subscription

        def odd(*args: Any) -> dict[str, Any]:
            return shows(*args) | {"order_interval_unit": "moon"}

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(views, "subscription", odd)
            for call in (one.app.end(name, "died"), one.app.move(name, TODAY + timedelta(days=30))):
                with pytest.raises(Malformed):
                    await one.trying(call)
        assert one.did() == before

    scene(play)
