"""What no webhook told is looked for: each order that changed says what happened to it, once, whatever was heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from pawline.connectors.shopify import looking
from pawline.connectors.shopify.looking import TRIES, Cursor
from pawline.model import (
    Event,
    Item,
    Order,
    OrderCancelled,
    OrderEdited,
    OrderPaid,
    OrderPlaced,
    RefundIssued,
    SkuId,
    left_to_send,
)
from pawline.ports import Attempt, Malformed, attempting
from tests.unit.connectors.shopify_looked import TAG, Scene, tried
from tests.unit.sandbox.shopify_scene import gid


def kinds(events: list[Event]) -> list[str]:
    return sorted(f"{type(one).__name__} {one.subject}" for one in events)


def test_orders_of_now_are_placed_and_paid_and_those_of_long_ago_are_not() -> None:
    async def work(one: Scene) -> None:
        old, older = one.place(1, timedelta(days=3)), one.place(3, timedelta(minutes=1))
        await one.begin()
        new = one.place(2)
        one.ask(TAG, id=gid("Order", old))
        found = await one.events()
        assert kinds(found) == [f"OrderPaid {new}", f"OrderPlaced {new}"]
        assert {old, older}.isdisjoint({event.subject for event in found})
        (placed,) = [event.order for event in found if isinstance(event, OrderPlaced)]
        assert placed == await one.shop.order(new)
        (paid,) = [event for event in found if isinstance(event, OrderPaid)]
        assert (paid.paid, paid.items, paid.household) == (placed.total, placed.demand(), placed.household)

    tried(work)


def test_every_page_is_read_and_what_was_seen_is_not_seen_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "SETTLED", timedelta(days=-1))

    async def work(one: Scene) -> None:
        await one.begin()
        names = {one.place(number) for number in range(1, 24)}
        first = await one.look()
        assert (first.more, len({sighting.event.subject for sighting in first.sightings})) == (True, 10)
        rest = await one.events()
        assert {sighting.event.subject for sighting in first.sightings} | {one.subject for one in rest} == names
        at = msgspec.json.decode(one.cursor, type=Cursor)
        assert (at.after, at.since) == (None, max(at.since, at.newest - timedelta(minutes=2)))
        read = one.shopify.engine.bucket.left()
        assert await one.events() == []  # and none of them is read again
        assert one.shopify.engine.bucket.left() > read - 100
        assert msgspec.json.decode(one.cursor, type=Cursor) == at

    tried(work)


def test_what_happened_to_an_order_is_told_once_by_its_fact() -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        name = one.place(1)
        before = await one.events()
        until = datetime.now(UTC) + timedelta(seconds=30)
        await one.edit(name, 5)
        edited = [event for event in await one.events() if event.fact not in {known.fact for known in before}]
        assert [type(event) for event in edited] == [OrderEdited]
        assert isinstance(edited[0], OrderEdited)
        assert [line.quantity for line in edited[0].edit.lines] == [5, 1]
        again = await one.events()
        assert {event.fact for event in again} == {  # it is not covered any more
            event.fact for event in (*before, *edited) if not isinstance(event, OrderPaid)
        }  # fmt: skip
        with attempting(Attempt("k1", 1, until, "paws", "shopify/eu")):
            await one.shop.cancel(name, "ordered twice")
        after = await one.events()
        assert [event.fact for event in after if isinstance(event, OrderEdited)] == [edited[0].fact]
        off = [event for event in after if isinstance(event, OrderCancelled)]
        assert [(event.order, event.by, event.because) for event in off] == [(name, "pawline", "no reason was given")]
        refunds = [event.refund for event in after if isinstance(event, RefundIssued)]
        assert [(refund.payouts, sum(credit.quantity for credit in refund.credits)) for refund in refunds] == [((), 6)]

    tried(work)


def test_an_order_that_cannot_be_read_is_set_aside_once_tried_again_and_the_others_are_seen() -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        bad, good = one.place(1), one.place(2)
        kept = one.shopify.books.orders[int(bad)].transactions
        whole = list(kept)
        kept += kept * 60  # more than one answer holds
        seen = await one.look()
        assert [aside.where for aside in seen.quarantined] == [f"order {bad}"]
        assert seen.quarantined[0].why == f"order {bad} has more than 75 transactions"
        assert {sighting.event.subject for sighting in seen.sightings} == {good}
        seen = await one.look()
        assert (seen.quarantined, {sighting.event.subject for sighting in seen.sightings}) == ((), {good})
        kept[:] = whole
        seen = await one.look()
        assert {sighting.event.subject for sighting in seen.sightings} == {bad, good}

    tried(work)


def test_an_order_that_can_never_be_read_is_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        bad = one.place(1)
        kept = one.shopify.books.orders[int(bad)].transactions
        kept += kept * 60
        asides = list((await one.look()).quarantined)
        monkeypatch.setattr(looking, "AGAIN", timedelta(seconds=-1))  # what was seen is not in the window any more
        for look in range(2, TRIES + 3):
            asides += (await one.look()).quarantined
            at = msgspec.json.decode(one.cursor, type=Cursor)
            assert at.unread == ({bad: look} if look < TRIES else {})
        assert len(asides) == 1

    tried(work)


def test_who_looks_waits_until_shopify_has_points_again() -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        names = {one.place(number) for number in range(1, 4)}
        bucket, taken = one.shopify.engine.bucket, list[int]()
        takes = bucket.take

        def take(points: int) -> bool:
            if len(taken) == 3:  # in the middle of a page
                bucket._left = 0.0
            taken.append(points)
            return takes(points)

        bucket.take = take  # type: ignore[method-assign]
        seen = await one.look()
        assert {sighting.event.subject for sighting in seen.sightings} == names
        assert taken.count(max(taken)) > 3  # three orders, and one of them again

    tried(work)


def test_what_was_taken_out_before_it_was_paid_was_not_bought() -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        name = one.place(1)
        await one.edit(name, 2)
        (paid,) = [event for event in await one.events() if isinstance(event, OrderPaid)]
        current: Order = await one.shop.order(name)
        assert paid.paid == current.owed() < current.total
        assert paid.items == (Item(SkuId("chew"), 1), Item(SkuId("kibble"), 2))

    tried(work)


def test_a_list_that_names_a_cursor_again_ends() -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        for number in range(1, 13):
            one.place(number)
        first = await one.look()
        at = msgspec.json.decode(first.cursor, type=Cursor)
        one.shopify.engine.answer = lambda *_: {  # type: ignore[method-assign]
            "data": {"orders": {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": at.after}}}
        }
        with pytest.raises(Malformed, match=r"^a list names a cursor again: it would never end$"):
            await one.look()

    tried(work)


def test_what_has_left_before_it_was_heard_of_is_placed_and_not_sent() -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        name = one.place(1)
        one.shopify.acts["shopify/dispatch"](msgspec.json.encode({"order": name}))
        (placed,) = [event.order for event in await one.events() if isinstance(event, OrderPlaced)]
        assert (placed.id, [line.ships for line in placed.lines]) == (name, [False, False])
        assert left_to_send(placed, ()) == ()

    tried(work)


def test_where_no_order_can_be_read_none_is_passed_over() -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        before = one.cursor
        for number in range(1, 4):
            kept = one.shopify.books.orders[int(one.place(number))].transactions
            kept += kept * 60
        with pytest.raises(Malformed, match=r"^no order can be read: order \d+ has more than 75 transactions$"):
            await one.look()
        assert one.cursor == before

    tried(work)


def test_an_edit_is_the_same_whether_its_goods_have_left_or_not() -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        name = one.place(1)
        await one.edit(name, 5)
        facts = []
        for _ in range(2):
            facts += [event.fact for event in await one.events() if isinstance(event, OrderEdited)]
            if len(facts) == 1:
                one.shopify.acts["shopify/dispatch"](msgspec.json.encode({"order": name}))
        assert len(facts) == 2
        assert len(set(facts)) == 1

    tried(work)
