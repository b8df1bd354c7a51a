"""The same seed is the same day."""

from __future__ import annotations

import math

import pytest

from pawline.lab.day import PATIENCE, SCARCE, SPREAD, TROUBLES, planned
from pawline.lab.latencies import DRAWS, USUAL, WrongLatencies, drawn, read


def test_the_same_seed_is_the_same_day_and_another_is_another() -> None:
    assert planned(7, 200) == planned(7, 200)
    assert planned(7, 200) != planned(8, 200)


def test_everybody_comes_within_the_day_most_of_them_in_the_peak() -> None:
    plan = planned(1, 1_500)
    assert plan.seconds == 100.0
    dues = [one.due for one in plan.shoppers]
    assert dues == sorted(dues)
    assert (min(dues) >= 0.0, max(dues) <= plan.seconds) == (True, True)
    peak = [one for one in plan.shoppers if one.part == "peak"]
    assert all(15.0 <= one.due <= 82.0 for one in peak)
    assert 1_230 < len(peak) < 1_350  # 0.67 × 3 of (0.67 × 3 + 0.33)


def test_half_of_the_shoppers_have_the_patience_that_is_said() -> None:
    waits = sorted(one.patience for one in planned(1, 2_000).shoppers)
    assert sum(one < 3.0 for one in waits) / len(waits) == pytest.approx(0.53, abs=0.03)
    assert PATIENCE * math.exp(SPREAD * 0.0753) == pytest.approx(3.0, abs=0.01)
    longer = sorted(one.patience for one in planned(1, 2_000, patience=60.0).shoppers)
    assert longer[1_000] == pytest.approx(60.0, rel=0.1)


def test_of_what_is_scarce_there_is_less_than_is_wanted_and_nobody_of_them_is_declined() -> None:
    plan = planned(3, 300)
    wanted = [one for one in plan.shoppers if one.sku == SCARCE]
    assert 0 < plan.stock[SCARCE] < len(wanted)
    assert not [one for one in wanted if one.declined or one.quantity != 1]
    assert [one for one in plan.shoppers if one.declined]


def test_vendors_take_their_usual_time_or_what_somebody_measured() -> None:
    usual = drawn(5)
    assert set(usual) == set(USUAL)
    assert all(len(one) == DRAWS for one in usual.values())
    assert sorted(usual["payments"])[DRAWS // 2] == pytest.approx(0.300, rel=0.05)
    theirs = drawn(5, {"payments": [10.0, 2_000.0]})
    assert set(theirs["payments"]) == {0.01, 2.0}
    assert theirs["crm"] == usual["crm"]


def test_a_third_partys_figures_are_read_and_what_is_wrong_is_said_by_line() -> None:
    assert read("vendor,milliseconds\npayments,12.5\nCRM,80\npayments,9\n") == {"payments": [12.5, 9.0], "crm": [80.0]}
    wrong = {
        "ms,who\n1,crm\n": "its first line is `vendor,milliseconds`; then a line for each call",
        "vendor,milliseconds\n": "there is no line but the first: add a call of a vendor",
        "vendor,milliseconds\ncrm,1\nbank,3\n":
            "line 3: bank is none of crm, fulfilment, inventory, marketing, payments, shipping",
        "vendor,milliseconds\ncrm,nan\n": "line 2: nan is no number from 0 to 60,000",
        "vendor,milliseconds\ncrm,-1\n": "line 2: -1 is no number from 0 to 60,000",
        "vendor,milliseconds\ncrm,1,5\n": "line 2: more than two fields; a decimal sign is a point",
        f'vendor,milliseconds\ncrm,"{"9" * 200_000}"\n':
            "line 2: it is no CSV (field larger than field limit (131072))",
        "vendor,milliseconds\ncrm\n": "line 2: nothing is no number from 0 to 60,000",
    }  # fmt: skip
    for text, says in wrong.items():
        with pytest.raises(WrongLatencies) as caught:
            read(text)
        assert str(caught.value) == says


def test_what_goes_wrong_does_so_within_the_day() -> None:
    assert all(0 < one.begin < one.end < 1 for one in TROUBLES)
    assert [one.name for one in planned(1, 90).spans()][-1] == "whoever takes the orders is killed"
