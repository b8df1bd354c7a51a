"""The scratch pad brings rows together by key and time, keeps a name for its first owner, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from pawline.store import StoreError
from pawline.store.scratch import Scratch


def test_rows_come_by_key_then_moment_then_coming(tmp_path: Path) -> None:
    with Scratch(["orders", "found"], tmp_path) as pad:
        for key, at, body in (("b", 1, b"1"), ("a", 9, b"2"), ("a", 3, b"3"), ("a", 9, b"4"), ("a", 9, b"4")):
            pad.put("orders", key, at, body)
        pad.put("found", "a", 0, b"5")
        assert list(pad.rows("orders")) == [("a", b"3"), ("a", b"2"), ("a", b"4"), ("a", b"4"), ("b", b"1")]
        assert list(pad.rows_of("orders", "a")) == [b"3", b"2", b"4", b"4"]
        assert list(pad.rows_of("found", "b")) == []


def test_more_rows_than_are_fetched_at_once_while_others_are_put(tmp_path: Path) -> None:
    with Scratch(["orders", "found"], tmp_path) as pad:
        for n in range(4_500):
            pad.put("orders", f"{n:05}", 0, b"")
        for key, body in pad.rows("orders"):
            pad.put("found", key, 0, body)
        assert sum(1 for _ in pad.rows("found")) == 4_500


def test_a_name_is_its_first_owner_s(tmp_path: Path) -> None:
    with Scratch(["orders"], tmp_path) as pad:
        assert pad.name("#1", "1000")
        assert pad.name("#1", "1000")
        assert not pad.name("#1", "2000")
        assert (pad.named("#1"), pad.named("#2")) == ("1000", None)


def test_nothing_is_left_of_it_whatever_happened(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        used_and_failed(tmp_path)
    assert list(tmp_path.iterdir()) == []


def used_and_failed(place: Path) -> float:
    with Scratch(["orders"], place) as pad:
        pad.put("orders", "a", 0, b"")
        assert len(list(place.iterdir())) == 1
        return 1 / len(list(pad.rows_of("orders", "b")))


def test_a_table_is_named_by_the_program_and_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no name of a table"):
        Scratch(["orders; drop table name"], tmp_path)
    with Scratch(["orders"], tmp_path) as pad, pytest.raises(StoreError, match="no such table"):
        pad.put("found", "a", 0, b"")


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    with Scratch(["orders"], tmp_path) as pad:
        pad._db.execute("pragma max_page_count = 8")
        with pytest.raises(StoreError, match="cannot be written: database or disk is full"):
            [pad.name(f"#{one}", "1000") for one in range(10_000)]
