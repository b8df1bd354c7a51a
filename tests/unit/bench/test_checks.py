"""The bench judges as it says: medians of the rounds' own ratios, bars both ways, a reason where it skips."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import measured, race, registry
from bench.registry import Bar, Check, Lines, Options


def line(rate: float) -> dict[str, object]:
    figures = dict.fromkeys(("cpu_ms_per_flow", "p50_ms", "p99_ms", "commits_per_flow", "disk_bytes_per_flow"), 1.0)
    more = {"inflight": 1, "engine": "x", "durable": {}, "versions": {}, "command": "x", "load_before": 0.0}
    return {"flows_per_s": rate, **figures, **more}


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    rounds: list[Lines] = [{"a": line(a), "b": line(b)} for a, b in ((60.0, 1.0), (30.0, 0.5), (1000.0, 10.0))]
    value, detail = race.ratio(rounds, "a", "b")
    assert value == 60.0
    assert detail["ratios"] == [60.0, 60.0, 100.0]


def test_a_bar_holds_on_its_own_side() -> None:
    assert Bar(">=", 60, "×").holds(60)
    assert not Bar(">=", 60, "×").holds(59.9)
    assert Bar("<=", 0.3, "ms").holds(0.3)
    assert not Bar("<=", 0.3, "ms").holds(float("inf"))


def test_every_check_is_named_once_and_has_one_way_to_be_measured() -> None:
    assert len(bench.CHECKS) == 41
    for name, check in bench.CHECKS.items():
        assert re.fullmatch(r"[a-z_0-9]+", name)
        assert (check.work is None) == (check.judge is not None) == bool(check.contenders)


def test_a_contender_that_is_not_here_skips_its_check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(race, "SHARED", tmp_path)
    (found,) = bench.races([bench.CHECKS["speed_vs_dbos"]], Options(place=tmp_path))
    assert found.holds is None
    assert "not beside this checkout" in str(found.skipped)


def test_a_result_says_what_it_was_measured_with(tmp_path: Path) -> None:
    check = Check("one", Bar("<=", 2, "s"), "about")
    found = registry.result(check, Options(scale=0.5, place=tmp_path), 1.0, {}, load=[0.0])
    assert (found.holds, found.scale, found.command) == (True, 0.5, "python -m bench one --scale 0.5")
    assert {"pawline", "python"} <= found.versions.keys()
    assert found.date.endswith("+00:00")


def test_what_advice_reckons_with_is_what_was_measured() -> None:
    kept = (registry.ROOT / "src/pawline/insight/advice/measured.py").read_text("utf-8")
    again = "the results are others now: python -m bench.measured > src/pawline/insight/advice/measured.py"
    assert kept == measured.HEAD + "".join(measured.lines()), again
