"""The line of steps that wait as rows: by priority, then by who came first; who never comes keeps nobody waiting."""

from __future__ import annotations

from pawline.runtime.lining import MOST, PATIENCE, Rows


def test_the_first_of_the_most_urgent_are_called() -> None:
    rows = Rows()
    for no in range(4):
        rows.add(no % 2, (no, "1"))
    assert rows.next(3, 0.0) == [(0, "1"), (2, "1"), (1, "1")]
    assert len(rows) == 1


def test_others_are_called_once_half_of_those_called_before_are_there() -> None:
    rows = Rows()
    for no in range(8):
        rows.add(1, (no, "1"))
    assert rows.next(4, 0.0) == [(0, "1"), (1, "1"), (2, "1"), (3, "1")]
    rows.came((0, "1"))
    assert rows.next(4, 0.0) == []
    rows.came((1, "1"))
    assert rows.next(2, 0.0) == []
    assert rows.next(4, 0.0) == [(4, "1"), (5, "1"), (6, "1"), (7, "1")]


def test_who_was_called_and_does_not_come_is_not_waited_for() -> None:
    rows = Rows()
    for no in range(4):
        rows.add(1, (no, "1"))
    assert rows.next(2, 0.0) == [(0, "1"), (1, "1")]
    assert rows.next(2, PATIENCE / 2) == []
    assert rows.next(2, PATIENCE) == [(2, "1"), (3, "1")]


def test_who_comes_by_itself_keeps_its_place_and_waits_for_its_turn_behind_the_urgent_too() -> None:
    rows = Rows()
    rows.add(1, (1, "1"))
    rows.add(1, (2, "1"))
    assert [rows.before(priority, (3, "1")) for priority in (0, 1, 2)] == [False, True, True]
    rows.add(1, (1, "1"))
    assert rows.next(1, 0.0) == [(1, "1")]
    assert not rows.before(1, (1, "1"))
    assert rows.before(1, (3, "1"))
    rows.came((2, "1"))
    assert not rows.before(1, (3, "1"))


def test_the_longer_the_line_the_later_they_look_by_themselves() -> None:
    rows = Rows()
    assert [rows.add(1, (no, "1")) for no in range(3)] == [0.02, 0.04, 0.06]
    for no in range(3, 10_000):
        rows.add(1, (no, "1"))
    assert rows.add(1, (10_000, "1")) == MOST
