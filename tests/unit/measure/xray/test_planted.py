"""Sixty days with disagreements planted: each is found by its own kind, and what only looks like one is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pawline.measure.xray import KINDS, Report
from pawline.testing.sixty_days import NEAR, PLANTED, write
from tests.unit.measure.xray.shop import found, looked, rows

EVERY = (*PLANTED, "payout")
FILES = {kind: f"{kind}.csv" for kind in ("orders", "parcels", "mails", "webhooks", "touches", "prices")}
FILES |= {kind: f"{kind}.toml" for kind in ("erp", "payments", "stock")}


def xray(place: Path) -> Report:
    return looked(place, FILES, zone="Europe/Berlin")


def test_every_kind_there_is_can_be_planted() -> None:
    assert set(EVERY) == {kind.key for kind in KINDS}


def test_all_of_them_are_found_and_nothing_else(tmp_path: Path) -> None:
    planted = write(tmp_path, 2_000, dict.fromkeys(EVERY, 3))
    report = xray(tmp_path)
    assert found(report) == dict.fromkeys(EVERY, 3)
    assert {kind: {row["about"] for row in rows(tmp_path, kind)} for kind in planted} == planted
    assert (report.orders, report.bad, report.absent) == (2_000, 0, ("payouts",))


@pytest.mark.parametrize("kind", EVERY)
def test_each_is_found_alone_and_by_no_other_kind(tmp_path: Path, kind: str) -> None:
    planted = write(tmp_path, 500, {kind: 2}, near=0)
    assert found(xray(tmp_path)) == {kind: 2}
    assert {row["about"] for row in rows(tmp_path, kind)} == planted[kind]
    assert sorted(file.name for file in (tmp_path / "rows").iterdir()) == [f"{kind}.csv"]


@pytest.mark.parametrize("fate", NEAR, ids=lambda fate: fate.__name__.strip("_"))
def test_what_only_looks_like_one_is_not_found(tmp_path: Path, fate: object) -> None:
    write(tmp_path, 400, {}, near=0.2, among=[one for one in NEAR if one is fate])
    report = xray(tmp_path)
    assert found(report) == {}
    assert all(one.found == 0 and one.misfits == () for one in report.figures)


def test_another_seed_is_another_shop_and_has_no_false_ones_either(tmp_path: Path) -> None:
    write(tmp_path, 1_500, {}, seed=7, near=0.9, among=[one for one in NEAR if one.__name__ != "_webhooks"])
    assert found(xray(tmp_path)) == {}


def test_nothing_is_left_of_the_scratch_pad(tmp_path: Path) -> None:
    write(tmp_path, 100, {})
    xray(tmp_path)
    assert [one for one in tmp_path.iterdir() if one.name.startswith("pawline-xray-")] == []
