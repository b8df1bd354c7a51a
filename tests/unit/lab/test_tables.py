"""The tables, cell by cell, from rows that can be counted by hand."""

from __future__ import annotations

import msgspec

from pawline.lab import cells
from pawline.lab.cells import Cell
from pawline.lab.rows import Column, Fate, Lag, Left, Round, Span
from pawline.lab.tables import broken, tables
from tests.unit.lab.rows import hand, hub, order, visit

CALM = tuple(visit(1, 10.0 * n, due=1.0, pressed=1.0) for n in range(1, 5))
HARD = (visit(4, 50.0), visit(5, None, due=4.5, pressed=4.5), visit(6, 60.0, broken=2, due=4.9, pressed=4.9))
OURS = hub(
    visits=(*CALM, *HARD),
    orders=(order(1, done=2.5), order(4, done=7.0), order(5, done=None, fate=Fate.NOTHING, refused=True)),
)
HAND = hand(
    visits=(visit(1, 900.0), visit(4, None)),
    orders=(order(1, done=2.0), order(4, done=None, fate=Fate.HALF, doubled=2, arrived=True)),
)


def row(name: str) -> list[str]:
    found = [one for table in tables([HAND, OURS]) for one in table.rows if one.name == name]
    assert len(found) == 1
    return [cell.text for cell in found[0].cells]


def test_answers_are_apart_for_calm_and_for_trouble_and_who_left_has_their_time() -> None:
    assert row("answer, all well") == ["900 ms / 900 ms / 900 ms", "20 ms / 40 ms / 40 ms"]
    assert row("answer, in trouble") == ["1.0 s / 1.0 s / 1.0 s", "60 ms / 1.0 s / 1.0 s"]


def test_a_shopper_who_waits_into_a_trouble_is_in_it() -> None:
    day = OURS.rounds[0]
    assert not cells.in_trouble(visit(2, 999.0), day)
    assert cells.in_trouble(visit(2, 1_001.0), day)
    assert not cells.in_trouble(visit(5, 10.0), day)


def test_what_went_wrong_is_counted() -> None:
    assert row("lost / half done / doubled / oversold") == ["0 / 1 / 1 / 0", "0 / 0 / 0 / 0"]
    assert row("recovered later") == ["0.0% (0.0%–79.3%)", "100.0% (20.7%–100.0%)"]
    assert row("manual work") == ["500", "0"]
    assert row("manual work reduction") == ["–", "−100%"]
    assert row("errors seen by shoppers")[1].startswith("14.3% ")
    assert row("gave up waiting")[1].startswith("14.3% ")


def test_who_got_it_twice_has_got_it() -> None:
    assert row("did not buy")[0].startswith("0.0% ")
    none = hub(visits=(visit(1, 5.0), visit(2, 5.0, left=Left.SOLD_OUT)), orders=(order(1, fate=Fate.UNDONE),))
    assert [(one.value, one.n) for one in cells.unsold(none).figures] == [(1.0, 1)]


def test_what_was_undone_after_it_was_done_twice_is_not_recovered() -> None:
    rows = (order(3, 6.0, Fate.UNDONE, refused=True), order(4, 6.0, Fate.UNDONE, refused=True, doubled=1))
    assert [(one.value, one.n) for one in cells.recovered(hub(orders=rows)).figures] == [(0.5, 2)]


def test_rates_are_those_of_the_ramp() -> None:
    assert row("scale") == ["none: p99 is 2.4 s at 10/s", "10/s"]
    assert row("scalability") == ["10/s", "10/s"]
    assert cells.holds(hub(ramp=OURS.ramp[:1])).text == "10/s or more"
    assert cells.holds(hub(ramp=())) == Cell(
        text="not measured", raw="ramp", why="the ramp was left out (--no-ramp)"
    )  # fmt: skip


def test_operations() -> None:
    assert row("workflow latency") == ["1.0 s / 1.0 s / 1.0 s", "1.5 s / 3.0 s / 3.0 s"]
    assert row("error recovery")[1] == "2.0 s / 2.0 s / 2.0 s"
    assert row("support for personalisation") == ["not measured", "10 views; stock 40 ms / 40 ms"]
    never = hand(orders=(order(4, done=None, fate=Fate.HALF), order(3, done=4.0)))
    assert cells.recovery(never).text == "0 ms / 0 ms / 0 ms; 1 never"
    (day,) = never.rounds
    more = msgspec.structs.replace(day, troubles=(*day.troubles, Span(name="another", begin=2.5, end=3.5)))
    both = msgspec.structs.replace(never, rounds=(more,))
    assert [one.n for one in cells.recovery(both).figures] == [1, 1, 2]


def test_a_figure_that_no_page_showed_counts_as_long_as_was_looked() -> None:
    (day,) = OURS.rounds
    lags = (Lag(at=1.0, ms=40.0), Lag(at=2.0, ms=None), Lag(at=3.0, ms=None))
    column = msgspec.structs.replace(OURS, rounds=(msgspec.structs.replace(day, lags=lags),))
    assert cells.freshness(column).text == "5.0 s / 5.0 s"


def test_a_shopper_whose_page_was_late_is_in_the_trouble_in_which_they_came() -> None:
    late = visit(1, 20.0, due=2.0, pressed=5.5, stayed=3_520.0)
    assert cells.in_trouble(late, OURS.rounds[0])
    assert cells.answers(hub(visits=(late,)), trouble=True).text == "3.5 s / 3.5 s / 3.5 s"


def test_manual_work_has_an_interval_and_more_of_it_is_said_to_be_more() -> None:
    (found,) = cells.manual(hub(orders=(order(1), order(2)))).figures
    assert (found.value, found.low, found.high, found.n) == (0.0, 0.0, 657.6, 2)
    worse = hub(orders=(order(1, fate=Fate.HALF),))
    assert cells.reduction(worse, HAND).text == "+100%"
    assert cells.reduction(OURS, None).why == "the column by hand was left out (--only)"
    assert cells.manual(hub()).text == cells.NOT
    silent = msgspec.structs.replace(OURS, rounds=(msgspec.structs.replace(OURS.rounds[0], lags=()),))
    assert cells.freshness(silent).why == "no figure was due"


def test_each_cell_leads_to_rows_that_there_are() -> None:
    kept = set(Round.__struct_fields__) | set(Column.__struct_fields__)
    for table in tables([HAND, OURS]):
        for one in table.rows:
            assert {cell.raw for cell in one.cells} <= kept
            assert all(cell.figures or cell.why for cell in one.cells)
    (_, ours), *_ = [one.cells for table in tables([HAND, OURS]) for one in table.rows]
    assert (ours.raw, ours.path) == ("visits", "/columns/1/rounds/*/visits")
    assert tables([HAND, OURS])[0].rows[2].cells[0].path == "/columns/0/parts"


def test_a_shop_with_anothers_checkout_is_told_what_holds_for_it() -> None:
    mine, theirs = tables([HAND, OURS]), tables([HAND, OURS], theirs=True)
    assert all(one.applies for table in mine for one in table.rows)
    assert [one.name for table in theirs for one in table.rows if not one.applies] == [
        "answer, all well", "answer, in trouble", "errors seen by shoppers", "scale", "gave up waiting",
        "did not buy", "abandonment by studies", "scalability",
    ]  # fmt: skip


def test_what_must_never_be_is_said_of_ours_and_not_of_the_script() -> None:
    assert broken([HAND, OURS]) == []
    day = OURS.rounds[0]
    bad = msgspec.structs.replace(
        day, orders=(order(1, fate=Fate.HALF), order(2, fate=Fate.NOTHING), order(3, doubled=1)), oversold={"toy": 2}
    )
    assert broken([msgspec.structs.replace(OURS, rounds=(bad,))]) == [
        "event-driven: 1 lost: o2", "event-driven: 1 half done: o1", "event-driven: 1 doubled: o3",
        "event-driven: 1 oversold: toy",
    ]  # fmt: skip
