"""Holds decide: whoever asks, in whatever batch and process, never is more held than there is."""

from __future__ import annotations

import asyncio
import random

import psycopg
import pytest

from pawline.store import Conflict, HoldRow, Outcome, OutOfStock
from tests.unit.store.desk import Desk, Place, digest

SHOP = "paws"
WAITS = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


async def counted(
    desk: Desk, sku: str, on_hand: int, contains: float = 0.0, safety: int = 0, place: str = "main"
) -> None:
    await desk.stored(writes=[("view_counted", (SHOP, sku, place, contains, on_hand, contains, safety))])


def hold(order: str, until: float | None = None, **wanted: int) -> list[HoldRow]:
    return [HoldRow(SHOP, order, sku, units, 1.0, until) for sku, units in wanted.items()]


def placed(order: str, at: float, adopted: int = 0, **lines: int) -> list[tuple[str, tuple[object, ...]]]:
    row = (SHOP, order, None, None, at, "web", adopted, "EUR", 100)
    found: list[tuple[str, tuple[object, ...]]] = [("view_placed", row)]
    return found + [("view_line", (SHOP, order, "l1", sku, 0.0, units, at)) for sku, units in lines.items()]


async def held(desk: Desk, order: str) -> list[tuple[object, ...]]:
    return await desk.store.fetch("hold_of", (SHOP, order))


def short(outcome: Outcome) -> tuple[str, ...] | None:
    return outcome.error.skus if isinstance(outcome.error, OutOfStock) else None


async def test_in_one_batch_the_first_get_it_and_the_others_hold_nothing(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 5, safety=1)
    await counted(desk, "bone", 9)
    wanted = [
        hold("a", chew=2),
        hold("b", chew=3, bone=1),
        hold("c", chew=2, bone=8),
        hold("d", chew=1),
        hold("e", bone=2),
    ]
    outcomes = await desk.together({"holds": one} for one in wanted)
    assert [short(one) for one in outcomes] == [None, ("chew",), None, ("chew",), ("bone",)]
    assert [await held(desk, one) for one in "abcde"] == [
        [("chew", 2, None, 0)], [], [("bone", 8, None, 0), ("chew", 2, None, 0)], [], []
    ]  # fmt: skip


async def test_what_fails_for_want_of_stock_stores_nothing_else_and_spoils_nobody_s_unit(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 1)
    link = ("insert_link", (SHOP, "a", "order", "ours", "theirs"))
    good, bad, other = await desk.together([
        {"holds": hold("a", chew=1)}, {"holds": hold("b", chew=1), "writes": [link]},
        {"writes": [("insert_link", (SHOP, "a", "order", "o2", "t2"))]},
    ])  # fmt: skip
    assert (short(good), short(bad), other.error) == (None, ("chew",), None)
    assert str(bad.error) == "out of chew"
    assert await desk.store.fetch("links_of", (SHOP, "order", "ours")) == []
    assert await desk.store.fetch("links_of", (SHOP, "order", "o2")) == [("a", "t2")]


async def test_an_order_holds_once_however_often_it_asks_and_what_nobody_counts_is_not_there(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 3)
    for _ in range(2):
        assert short(await desk.commit(holds=hold("a", chew=2))) is None
    outcomes = await desk.together(
        [{"holds": hold("b", chew=1)}, {"holds": hold("b", chew=1)}, {"holds": hold("c", chew=1)}]
    )
    assert [short(one) for one in outcomes] == [None, None, ("chew",)]
    assert short(await desk.commit(holds=hold("d", nothing=1))) == ("nothing",)
    await desk.stored(writes=[("let_go_hold", (SHOP, "a"))])
    assert short(await desk.commit(holds=hold("c", chew=2))) is None


async def test_what_expired_is_free_again_and_what_was_sold_does_not_expire(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 2)
    past = desk.store.now() - 1
    assert short(await desk.commit(holds=hold("a", past, chew=2))) is None
    assert short(await desk.commit(holds=hold("b", desk.store.now() + 60, chew=2))) is None
    assert await held(desk, "a") == []
    for _ in range(2):
        await desk.stored(writes=[("keep_hold", (SHOP, "b", "chew"))])
    assert await held(desk, "b") == [("chew", 2, None, 1)]
    gone = await desk.commit(writes=[("keep_hold", (SHOP, "a", "chew"))])
    assert isinstance(gone.error, Conflict)


async def test_a_hold_and_its_order_s_lines_are_counted_once_until_a_count_contains_them(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 3, contains=100.0)
    assert short(await desk.commit(holds=hold("a", chew=2))) is None
    await desk.stored(writes=placed("a", 150.0, chew=2))  # the view has read the order
    assert short(await desk.commit(holds=hold("b", chew=2))) == ("chew",)
    assert short(await desk.commit(holds=hold("b", chew=1))) is None
    await counted(desk, "chew", 4, contains=200.0)  # goods came in, and order a is in this count
    assert short(await desk.commit(holds=hold("c", chew=4))) == ("chew",)
    assert short(await desk.commit(holds=hold("c", chew=3))) is None
    await desk.stored(writes=[*placed("d", 250.0, chew=1), ("view_ended", (SHOP, "d", 260.0))])
    assert short(await desk.commit(holds=hold("e", chew=1))) == ("chew",)  # a called-off order gives none twice
    await desk.stored(writes=[("view_line_out", (SHOP, order, "l1", 270.0)) for order in ("a", "d")])
    assert short(await desk.commit(holds=hold("e", chew=1))) == ("chew",)  # an edit takes a line out, and no hold back


async def test_an_order_that_the_view_knows_holds_nothing_until_it_is_granted(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 4, contains=100.0)
    orders = [f"o{n}" for n in range(9)]
    await desk.stored(writes=[one for order in orders for one in placed(order, 150.0, chew=1)])
    outcomes = await desk.together([{"holds": hold(one, chew=1)} for one in orders])
    assert [short(one) for one in outcomes] == [None] * 4 + [("chew",)] * 5
    again = await desk.together([{"holds": hold(one, chew=1)} for one in orders])
    assert [short(one) for one in again] == [None] * 4 + [("chew",)] * 5
    await desk.stored(writes=[("let_go_hold", (SHOP, "o1")), ("view_ended", (SHOP, "o1", 160.0))])
    assert [short(await desk.commit(holds=hold(one, chew=1))) for one in ("o8", "o7")] == [None, ("chew",)]
    await desk.stored(writes=[*placed("theirs", 170.0, adopted=1, chew=1), ("keep_hold", (SHOP, "o8", "chew"))])
    await desk.stored(writes=[("view_ended", (SHOP, "o8", 180.0)), ("let_go_hold", (SHOP, "o8"))])
    assert [short(await desk.commit(holds=hold(one, chew=1))) for one in ("o7", "o6")] == [("chew",), ("chew",)]
    assert await held(desk, "o8") == [("chew", 1, None, 1)]  # sold: it is let go of no more


async def test_what_is_asked_for_beside_what_it_has_is_the_difference(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 3)
    await counted(desk, "bone", 1)
    assert short(await desk.commit(holds=hold("a", chew=2))) is None
    assert short(await desk.commit(holds=hold("a", chew=3, bone=2))) == ("bone",)
    assert await held(desk, "a") == [("chew", 2, None, 0)]
    assert short(await desk.commit(holds=hold("a", chew=3, bone=1))) is None
    assert await held(desk, "a") == [("bone", 1, None, 0), ("chew", 3, None, 0)]


async def test_what_an_order_was_granted_more_counts_before_its_edit_is_heard_and_once_after(place: Place) -> None:
    desk = await place.open()

    def edited(at: float, units: int) -> list[tuple[str, tuple[object, ...]]]:
        return [("view_edited", (SHOP, "a", "l1", at)), ("view_line", (SHOP, "a", "l1", "chew", at, units, at))]

    await counted(desk, "chew", 3, contains=100.0)
    assert short(await desk.commit(holds=[HoldRow(SHOP, "a", "chew", 1, 149.0, None)])) is None
    await desk.stored(writes=placed("a", 150.0, chew=1))
    assert short(await desk.commit(holds=[HoldRow(SHOP, "a", "chew", 2, 200.0, None)])) is None
    assert short(await desk.commit(holds=hold("b", chew=2))) == ("chew",)
    await desk.stored(writes=edited(199.0, 2))
    assert short(await desk.commit(holds=hold("b", chew=2))) == ("chew",)
    assert short(await desk.commit(holds=hold("b", chew=1))) is None
    await desk.stored(writes=edited(300.0, 1))  # one is taken out again: what this leaves is what counts
    assert short(await desk.commit(holds=hold("c", chew=2))) == ("chew",)
    assert short(await desk.commit(holds=hold("c", chew=1))) is None


async def test_an_event_that_was_recorded_before_is_granted_nothing(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 5)
    await desk.stored(events=[(desk.event(), (digest("order a"),))], holds=hold("a", chew=2))
    await desk.stored(writes=[("let_go_hold", (SHOP, "a"))])
    again = await desk.stored(events=[(desk.event(), (digest("order a"),))], holds=hold("a", chew=2))
    assert (len(again.duplicates), await held(desk, "a")) == (1, [])
    gone = await desk.stored(events=[(desk.event(), (digest("order a"),))], holds=hold("a", chew=9))
    assert len(gone.duplicates) == 1  # and is told what it is, also where nothing would be left
    first, doubled = await desk.together([
        {"events": [(desk.event(), (digest("order b"),))], "holds": hold("b", chew=2)},
        {"events": [(desk.event(), (digest("order b"),))], "holds": hold("b", chew=2)},
    ])  # fmt: skip
    assert (len(first.duplicates), len(doubled.duplicates)) == (0, 1)
    assert await held(desk, "b") == [("chew", 2, None, 0)]


async def test_what_another_order_of_its_batch_recorded_is_granted_nothing(place: Place) -> None:
    """One Idempotency-Key sent twice at once, with another order each: who is told of the first holds nothing."""
    desk = await place.open()
    await counted(desk, "chew", 5)
    first, doubled, later = await desk.together([
        {"events": [(desk.event(), (digest("key"), digest("order a")))], "holds": hold("a", chew=2)},
        {"events": [(desk.event(), (digest("key"), digest("order b")))], "holds": hold("b", chew=3)},
        {"events": [(desk.event(), (digest("order c"),))], "holds": hold("c", chew=3)},
    ])  # fmt: skip
    assert [len(one.duplicates) for one in (first, doubled, later)] == [0, 1, 0]
    assert [short(one) for one in (first, doubled, later)] == [None, None, None]
    assert [await held(desk, one) for one in "abc"] == [[("chew", 2, None, 0)], [], [("chew", 3, None, 0)]]


async def test_what_could_not_be_held_was_not_recorded_and_keeps_its_key_from_nobody(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 5)
    told, asking, refused, second = await desk.together([
        {"events": [(desk.event(), (digest("poll"),))]},  # holds nothing, and is the first to say it
        {"events": [(desk.event(), (digest("poll"),))], "holds": hold("a", chew=5)},
        {"events": [(desk.event(), (digest("key"),))], "holds": hold("b", chew=6)},
        {"events": [(desk.event(), (digest("key"),))], "holds": hold("c", chew=5)},
    ])  # fmt: skip
    assert [len(one.duplicates) for one in (told, asking, refused, second)] == [0, 1, 0, 0]
    assert [short(one) for one in (told, asking, refused, second)] == [None, None, ("chew",), None]
    assert [await held(desk, one) for one in "abc"] == [[], [], [("chew", 5, None, 0)]]


@pytest.mark.only("postgres")
async def test_what_is_kept_while_another_process_would_drop_it_is_kept(place: Place) -> None:
    """The one that drops waits for the row's lock, and then looks at the row that it got."""
    desks = [await place.open(), await place.open(claim=False)]
    await counted(desks[0], "chew", 1)
    for n in range(40):
        await desks[0].stored(holds=[HoldRow(SHOP, f"a{n}", "chew", 1, 1.0, desks[0].store.now() - 1)])
        kept, other = await asyncio.gather(
            desks[0].commit(writes=[("keep_hold", (SHOP, f"a{n}", "chew"))]),
            desks[1].commit(lanes=(), holds=hold(f"b{n}", chew=1)),
        )
        assert (kept.error is None) != (short(other) is None)
        await desks[0].stored(writes=[("view_ended", (SHOP, name, 1.0)) for name in (f"a{n}", f"b{n}")])
        await desks[0].stored(writes=[one for name in (f"a{n}", f"b{n}") for one in placed(name, 0.0)])


@pytest.mark.only("postgres")
async def test_two_processes_sell_exactly_what_is_there(place: Place) -> None:
    desks = [await place.open(), await place.open(claim=False)]
    await counted(desks[0], "chew", 40)
    await counted(desks[0], "bone", 30)

    async def ask(desk: Desk, name: str, chance: random.Random) -> int:
        wanted = chance.choice([{"chew": 1}, {"bone": 1}, {"bone": 1, "chew": 1}, {"chew": 2, "bone": 1}])
        return 0 if short(await desk.commit(lanes=(), holds=hold(name, **wanted))) is None else 1

    chance = random.Random(3)
    asked = [ask(desk, f"{at}-{n}", chance) for n in range(150) for at, desk in enumerate(desks)]
    refused = sum(await asyncio.gather(*asked))
    sums = [(await desks[0].store.fetch("held", (SHOP, sku, 4e9, 0.0, 4e9)))[0][0] for sku in ("chew", "bone")]
    assert refused > 100
    assert sums == [40, 30]


@pytest.mark.only("postgres")
@pytest.mark.parametrize("after", ["bone", "chew"])
@pytest.mark.parametrize("at_once", [False, True], ids=["heard of before", "heard of with its edit"])
async def test_who_edits_waits_for_its_turns_before_it_has_any(place: Place, after: str, at_once: bool) -> None:
    """In the order of SKUs, as who decides does: else of two processes each has what the other waits for."""
    desk = await place.open()
    for sku in ("bone", "chew"):
        await counted(desk, sku, 40)
    await desk.stored(holds=hold("a", bone=1, chew=1))
    lines = [("view_line", (SHOP, "a", line, sku, 0.0, 1, 5.0)) for line, sku in (("l1", "chew"), ("l2", "bone"))]
    order = [*placed("a", 5.0), *lines]
    if not at_once:
        await desk.stored(writes=order)
    edit: list[tuple[str, tuple[object, ...]]] = [("view_edited", (SHOP, "a", line, 9.0)) for line in ("l1", "l2")]
    edit += [("view_line_out", (SHOP, "a", line, 9.0)) for line in ("l1", "l2")]
    edit += [("view_line", (SHOP, "a", line, after, 9.0, 1, 9.0)) for line in ("l1", "l2")]
    with psycopg.connect(place.url) as other, psycopg.connect(place.url, autocommit=True) as watch:
        other.execute("select 1 from hold_turn where sku = 'bone' for update")
        edited = desk.begin(writes=[*order, *edit])
        while not watch.execute(WAITS).fetchall():  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)
        watch.execute("select 1 from hold_turn where sku = 'chew' for update nowait")
        assert not edited.done()
        other.rollback()
        assert (await edited).error is None


@pytest.mark.only("postgres")
async def test_who_looks_for_a_bad_unit_has_all_turns_before(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch is done anew by halves then: not the turns of one before those of the other."""
    desk = await place.open()
    for sku in ("bone", "chew"):
        await counted(desk, sku, 40)
    await desk.stored(holds=hold("a", bone=1, chew=1))
    database = desk.store._writer.transaction.db
    back = database.rollback
    with psycopg.connect(place.url) as other, psycopg.connect(place.url, autocommit=True) as watch:

        def rollback() -> None:
            back()
            monkeypatch.undo()
            other.execute("select 1 from hold_turn where sku = 'bone' for update")

        monkeypatch.setattr(database, "rollback", rollback)
        bad = {"writes": [("keep_hold", (SHOP, "nobody", "chew"))]}
        asked = [desk.begin(**one) for one in ({"holds": hold("b", chew=1)}, bad, {"holds": hold("c", bone=1)})]
        while not watch.execute(WAITS).fetchall():  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)
        watch.execute("select 1 from hold_turn where sku = 'chew' for update nowait")
        other.rollback()
        assert [type((await one).error) for one in asked] == [type(None), Conflict, type(None)]


async def test_places_that_were_counted_at_different_times_lack_no_more_than_they_have(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 2, contains=100.0, place="kiosk")
    await counted(desk, "chew", 10, contains=200.0)
    for order, units, placed in (("o1", 9, 150.0), ("o2", 3, 250.0), ("o3", 1, 100.0), ("o4", 1, 200.0)):
        await desk.stored(writes=[("view_line", (SHOP, order, "l1", "chew", 0.0, units, placed))])
    outcomes = await desk.together([{"holds": hold("a", chew=8)}, {"holds": hold("b", chew=7)}])
    assert [short(one) for one in outcomes] == [("chew",), None]  # 2 - 2, and 10 - 3


async def test_what_is_kept_back_for_safety_is_still_there_to_be_taken(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 10, contains=100.0, safety=10, place="kiosk")
    await counted(desk, "chew", 20, contains=200.0)
    await desk.stored(writes=placed("o1", 150.0, adopted=1, chew=6))
    outcomes = await desk.together([{"holds": hold("a", chew=15)}, {"holds": hold("b", chew=14)}])
    assert [short(one) for one in outcomes] == [("chew",), None]  # 30 - 10 - 6


async def test_what_is_granted_after_a_count_that_is_younger_than_the_order_is_in_no_count(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 3, contains=500.0)
    orders = [f"o{n}" for n in range(6)]
    for order in orders:
        await desk.stored(writes=placed(order, 100.0, chew=1))
    made = [[HoldRow(SHOP, order, "chew", 1, 600.0, None)] for order in orders]
    outcomes = [await desk.commit(holds=one) for one in made]
    assert [short(one) for one in outcomes] == [None] * 3 + [("chew",)] * 3
    await counted(desk, "chew", 5, contains=700.0)  # and is, in a later one
    outcomes = [await desk.commit(holds=[HoldRow(SHOP, one, "chew", 1, 800.0, None)]) for one in ("o3", "o4", "o5")]
    assert [short(one) for one in outcomes] == [None] * 3
    await counted(desk, "chew", 4, contains=400.0, place="kiosk")  # an older count of another place has none of them
    assert short(await desk.commit(holds=hold("x", chew=5))) == ("chew",)
    assert short(await desk.commit(holds=hold("x", chew=3))) is None
