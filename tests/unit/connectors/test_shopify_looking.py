"""What no webhook told is looked for: each order that changed says what happened to it, once, whatever was heard."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.shopify import looking
from pawline.connectors.shopify.looking import AGAIN, KNOWN, TRIES, Cursor
from pawline.kit import Quarantined
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
from pawline.ports import Attempt, Malformed, Transient, attempting
from pawline.sandbox.shopify import asking
from tests.unit.connectors.shopify_looked import TAG, Scene, fail, tried
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
        one.rich()
        await one.begin()
        names = {one.place(number) for number in range(1, 24)}
        since = one.at.since - timedelta(hours=1)
        one.move(since=since)
        first = await one.look()
        assert one.at.since == since  # the next page is of the same walk
        assert (first.more, len({sighting.event.subject for sighting in first.sightings})) == (True, 10)
        rest = await one.events()
        assert {sighting.event.subject for sighting in first.sightings} | {one.subject for one in rest} == names
        at = one.at
        assert (at.after, at.since, set(at.known)) == (None, min(at.newest, at.asked or at.newest) - AGAIN, names)
        read = one.shopify.engine.bucket.left()
        assert await one.events() == []  # and none of them is read again
        assert one.shopify.engine.bucket.left() > read - 100
        assert (one.at.known, one.at.newest, one.at.after) == (at.known, at.newest, None)

    tried(work)


def test_what_happened_to_an_order_is_told_once_by_its_fact() -> None:
    async def work(one: Scene) -> None:
        one.rich()
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
        one.rich()
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
        one.rich()
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


def test_each_document_waits_for_its_own_points_and_none_is_paid_for_twice() -> None:
    """There are never points for a second document: whoever began the order anew with each would never end."""

    async def work(one: Scene) -> None:
        await one.begin()
        names = {one.place(number) for number in (1, 2)}
        bucket, refused, paid = one.shopify.engine.bucket, list[int](), list[int]()
        bucket.restored = 10**6  # who waits has them in no time

        def take(points: int) -> bool:
            bucket._left = 0.0
            (paid if len(refused) > len(paid) else refused).append(points)
            return len(refused) == len(paid)

        bucket.take = take  # type: ignore[method-assign]
        seen = await one.look()
        assert {sighting.event.subject for sighting in seen.sightings} == names
        assert paid == refused  # each was asked for twice
        assert len(paid) == 1 + 2 * 2  # the page, and of each order two parts

    tried(work)


def test_what_was_taken_out_before_it_was_paid_was_not_bought() -> None:
    async def work(one: Scene) -> None:
        one.rich()
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
        one.rich()
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
        one.rich()
        await one.begin()
        name = one.place(1)
        one.shopify.acts["shopify/dispatch"](msgspec.json.encode({"order": name}))
        (placed,) = [event.order for event in await one.events() if isinstance(event, OrderPlaced)]
        assert (placed.id, [line.ships for line in placed.lines]) == (name, [False, False])
        assert left_to_send(placed, ()) == ()

    tried(work)


def test_where_none_of_many_orders_can_be_read_the_page_is_passed_over_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "SETTLED", timedelta(days=-1))

    async def work(one: Scene) -> None:
        one.rich()
        await one.begin()
        before = one.at
        bads = [one.place(number) for number in range(1, 11)]
        one.spoil(*bads)
        news = {one.place(number) for number in range(20, 23)}
        for name in news:
            one.kept(name).changed += 1
        seen = await one.look()
        assert (seen.sightings, seen.more) == ((), False)
        assert sorted(aside.where for aside in seen.quarantined) == sorted(f"order {bad}" for bad in bads)
        assert one.at == msgspec.structs.replace(before, unread=dict.fromkeys(bads, 1))
        for look in range(2, TRIES):
            assert (await one.look())[0::2] == ((), ())
            assert one.at == msgspec.structs.replace(before, unread=dict.fromkeys(bads, look))
        seen = await one.look()
        assert (seen.quarantined, seen.more, one.at.unread) == ((), True, {})
        assert {event.subject for event in await one.events()} == news
        assert await one.events() == []  # and what could not be read is not read again

    tried(work)


def test_a_page_that_can_be_read_again_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(one: Scene) -> None:
        one.rich()
        await one.begin()
        bads = [one.place(number) for number in range(1, 4)]
        whole = [list(one.kept(name).transactions) for name in bads]
        one.spoil(*bads)
        await one.look()
        for name, kept in zip(bads, whole, strict=True):
            one.kept(name).transactions[:] = kept
        assert {event.subject for event in await one.events()} == set(bads)
        assert one.at.unread == {}

    tried(work)


def test_orders_that_cannot_be_read_do_not_stop_a_quiet_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "SETTLED", timedelta(days=-1))

    async def work(one: Scene) -> None:
        one.rich()
        await one.begin()
        bads = [one.place(number) for number in (1, 2, 3)]
        one.spoil(*bads)
        good = one.place(4)
        seen = await one.look()
        assert ({one.event.subject for one in seen.sightings}, len(seen.quarantined)) == ({good}, 3)
        for look in range(2, TRIES + 3):
            assert (await one.look())[0::2] == ((), ())
            assert one.at.unread == (dict.fromkeys(bads, look) if look < TRIES else {})

    tried(work)


def test_no_more_than_a_page_of_orders_is_tried_again() -> None:
    async def work(one: Scene) -> None:
        one.rich()
        await one.begin()
        names = [one.place(number) for number in range(1, 15)]
        goods, bads = {names[9], names[13]}, [name for name in names if name not in (names[9], names[13])]
        for late, name in enumerate(names):
            one.kept(name).changed += late
        one.spoil(*bads)
        first, second = await one.look(), await one.look()
        assert {sighting.event.subject for sighting in (*first.sightings, *second.sightings)} == goods
        asides = [aside.where for aside in (*first.quarantined, *second.quarantined)]
        assert (asides, second.more) == ([f"order {bad}" for bad in bads], False)
        assert one.at.unread == dict.fromkeys(bads[:10], 1)

    tried(work)


def test_an_order_that_cannot_be_read_and_is_deleted_is_forgotten() -> None:
    async def work(one: Scene) -> None:
        one.rich()
        await one.begin()
        bad, good = one.place(1), one.place(2)
        one.spoil(bad)
        await one.look()
        assert one.at.unread == {bad: 1}
        del one.shopify.books.orders[int(bad)]
        assert {event.subject for event in await one.events()} == {good}
        assert one.at.unread == {}

    tried(work)


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "TIMEOUT"])
def test_one_order_at_which_shopify_fails_does_not_hide_the_others(code: str) -> None:
    async def work(one: Scene) -> None:
        one.rich()
        await one.begin()
        poison, good = one.place(1), {one.place(number) for number in range(2, 14)}
        fail(one, code, poison)
        assert {event.subject for event in await one.events()} == good
        asides = list[Quarantined]()
        for look in range(2, TRIES + 1):
            assert one.at.unread == {poison: look - 1}
            asides += (await one.look()).quarantined
            while one.at.after is not None:
                await one.look()
        assert one.at.unread == {}
        why = "PawlineOrder: Shopify failed, and does not say at what"
        assert [aside[:2] for aside in asides] == [(f"order {poison}", why)]  # once, when it is given up

    tried(work)


@pytest.mark.parametrize("times", [1, 2])
def test_a_document_at_which_shopify_fails_once_is_asked_for_once_more_at_once(times: int) -> None:
    async def work(one: Scene) -> None:
        one.rich()
        await one.begin()
        name, other, left = one.place(1), one.place(2), [times]
        answer = one.shopify.engine.answer
        failed = {"errors": [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}

        def once(text: str, given: Mapping[str, Any], operation: str | None = None) -> dict[str, Any]:
            if left[0] and "PawlineOrder(" in text and str(given["id"]).endswith(f"/{name}"):
                left[0] -= 1
                return failed
            return answer(text, given, operation)

        one.shopify.engine.answer = once  # type: ignore[method-assign]
        assert {event.subject for event in await one.events()} == ({name, other} if times == 1 else {other})
        assert (left, one.at.unread) == ([0], {} if times == 1 else {name: 1})

    tried(work)


def test_where_shopify_fails_at_all_orders_it_is_looked_again() -> None:
    async def work(one: Scene) -> None:
        one.rich()
        await one.begin()
        before = one.cursor
        fail(one, "INTERNAL_SERVER_ERROR", *(one.place(number) for number in (1, 2)))
        with pytest.raises(Transient, match="Shopify failed"):
            await one.look()
        assert one.cursor == before

    tried(work)


def test_what_the_search_shows_late_while_a_walk_goes_on_is_found_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(one: Scene) -> None:
        one.rich()
        await one.begin()
        base = int(datetime.now(UTC).timestamp())

        def put(number: int, second: int) -> str:
            name = one.place(number)
            one.kept(name).changed = float(base + second)
            return name

        for number in range(1, 11):
            put(number, number)
        late, hidden, found = put(50, 5), set[int](), asking._found
        put(51, 12)  # so that there is a second page
        hidden.add(int(late))
        monkeypatch.setattr(asking, "_found", lambda *given: [one for one in found(*given) if one.id not in hidden])
        first = await one.look()
        assert (first.more, late in {sighting.event.subject for sighting in first.sightings}) == (True, False)
        hidden.clear()
        put(52, 300)  # the walk waits for points, and ends long after
        rest = await one.events()
        assert late not in {event.subject for event in rest}
        assert one.at.since == one.at.asked - AGAIN  # type: ignore[operator]
        assert late in {event.subject for event in await one.events()}

    tried(work)


def test_what_changed_just_before_the_last_look_is_looked_at_again() -> None:
    """The search is up to two minutes behind."""

    async def work(one: Scene) -> None:
        one.rich()
        await one.begin()
        first, late = one.place(1), one.place(2)
        kept = one.shopify.books.orders.pop(int(late))
        assert {event.subject for event in await one.events()} == {first}
        kept.changed = one.kept(first).changed - 119
        one.shopify.books.orders[int(late)] = kept
        assert late in {event.subject for event in await one.events()}
        assert timedelta(minutes=2) == AGAIN

    tried(work)


def test_a_cursor_knows_no_more_than_so_many_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """5,000 orders that are tagged at once make it no longer than a thousand do: it is written with every page."""
    monkeypatch.setattr(looking, "SETTLED", timedelta(days=-1))
    known = {str(5_001_000_000_000 + number): datetime.now(UTC).replace(microsecond=0) for number in range(KNOWN)}
    now = datetime.now(UTC)
    assert len(msgspec.json.encode(Cursor(now, now, now, "x" * 60, known))) < 45_000
    monkeypatch.setattr(looking, "KNOWN", 3)

    async def work(one: Scene) -> None:
        one.rich()
        await one.begin()
        names = [one.place(number) for number in range(1, 6)]
        for late, name in enumerate(names):
            one.kept(name).changed += late
        await one.events()
        assert set(one.at.known) == set(names[-3:])

    tried(work)


def test_an_old_order_that_is_only_tagged_is_not_read() -> None:
    async def work(one: Scene) -> None:
        one.rich()
        olds = [one.place(number, timedelta(days=3)) for number in range(1, 11)]
        await one.begin()
        for old in olds:
            one.ask(TAG, id=gid("Order", old))
        before = one.shopify.engine.bucket.left()
        assert await one.events() == []
        assert before - one.shopify.engine.bucket.left() < 10 * len(olds)

    tried(work)


def test_an_edit_is_the_same_whether_its_goods_have_left_or_not() -> None:
    async def work(one: Scene) -> None:
        one.rich()
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
