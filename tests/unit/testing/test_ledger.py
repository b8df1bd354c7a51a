from __future__ import annotations

from pathlib import Path

from pawline.testing import Effect, FileLedger, counts, duplicates, read_ledger, repeats, several_keys

ONE = Effect(no=1, at=0.0, operation="Payments.capture", business="o1/t0", key="a", order="o1", amount=5)
AGAIN = Effect(no=2, at=1.0, operation="Payments.capture", business="o1/t0", key="b", order="o1", amount=5)
OTHER = Effect(no=3, at=1.0, operation="Payments.capture", business="o1/t1", key="b", order="o1", amount=5)
NOTHING = Effect(no=4, at=1.0, operation="Payments.capture", business="o1/t0", key="a", again=True)


def test_a_double_effect_is_found_and_a_repeat_that_changed_nothing_is_none() -> None:
    assert duplicates([ONE, AGAIN, OTHER], {"Payments.capture"}) == {("Payments.capture", "o1/t0"): 2}
    assert duplicates([ONE, NOTHING, OTHER], {"Payments.capture"}) == {}
    assert duplicates([ONE, AGAIN], {"Payments.void"}) == {}


def test_repeats_count_whether_they_changed_anything_or_not() -> None:
    assert repeats([ONE, AGAIN, NOTHING, OTHER], {"Payments.capture"}) == 2
    assert counts([ONE, AGAIN, NOTHING, OTHER]) == {"Payments.capture": 3}


def test_one_thing_under_two_keys_is_found() -> None:
    assert several_keys([ONE, NOTHING, OTHER]) == {}
    assert several_keys([ONE, AGAIN]) == {("Payments.capture", "o1/t0"): ["a", "b"]}


def test_a_file_is_continued_and_a_line_under_way_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    for effect in (ONE, OTHER):
        ledger = FileLedger(path)
        ledger.append(effect)
        assert ledger.read() == read_ledger(path)
        ledger.close()
    with path.open("ab") as file:
        file.write(b'{"no":')
    assert read_ledger(path) == (ONE, OTHER)
