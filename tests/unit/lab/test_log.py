"""A recorded day: what is taken of it, what is refused, and that nobody's data is among it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from pawline.cli.lab.logs import log_of
from pawline.hub import HubRefused
from pawline.lab.log import (
    FEW,
    GOODS,
    LEAST,
    Ordered,
    Told,
    WrongLog,
    bounds,
    burstiness,
    busiest_second,
    day_of,
    measured,
)
from pawline.lab.replay import replayed
from pawline.lab.report import reported
from tests.unit.lab import exported
from tests.unit.lab.rows import hand

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = exported.DAY.timestamp()


def some(count: int, step: float = 60.0, **more: bool) -> list[Ordered]:
    return [Ordered(MIDNIGHT + n * step, ((f"sku-{n % 3}", 1 + n % 2),), **more) for n in range(count)]


def taken(orders: list[Ordered], **more: object) -> object:
    given = {"source": "a log", "zone": UTC, "told": Told()} | more
    return day_of(orders, **given)  # type: ignore[arg-type]


def read(path: Path, day: str = "", zone: str = "UTC", most: int | None = None) -> object:
    return log_of(path, day, zone, None, "", most)


def test_each_order_comes_as_far_from_the_one_before_as_it_was(tmp_path: Path) -> None:
    came = [one.timestamp() for one in exported.write(tmp_path / "day.csv")]
    log = log_of(tmp_path / "day.csv", "", "UTC", None, "", None)
    assert [one.at for one in log.orders] == [one - came[0] for one in came]
    plan = replayed(1, log)
    dues = [one.due for one in plan.shoppers]
    scale = (came[-1] - came[0]) / plan.seconds
    assert [round(one * scale) for one in dues] == pytest.approx([one - came[0] for one in came], abs=1)
    assert burstiness(dues) == pytest.approx(burstiness(came), rel=0.001)
    assert burstiness(dues) > 1.5
    assert busiest_second(dues) == max(sum(one <= each < one + 1 for each in dues) for one in dues)
    assert plan.recorded is not None
    assert (plan.recorded.orders, plan.recorded.of) == (60, 60)


def test_baskets_autoships_and_what_became_of_orders_are_those_of_the_log(tmp_path: Path) -> None:
    exported.write(tmp_path / "day.csv")
    plan = replayed(1, log_of(tmp_path / "day.csv", "", "UTC", None, "", None))
    assert sorted(sum(units for _, units in one.lines) for one in plan.shoppers) == [1] * 20 + [2] * 20 + [3] * 20
    counts = [sum(getattr(one, name) for one in plan.shoppers) for name in ("autoship", "called_off", "sent_back")]
    assert counts == [exported.AUTOSHIPS, exported.CANCELLED, exported.RETURNED]
    renewals = [one for one in plan.shoppers if one.autoship]
    assert {(one.declined, one.returns, one.patience) for one in renewals} == {(False, False, 60.0)}
    assert set(plan.stock) == {sku for one in plan.shoppers for sku, _ in one.lines}


def test_nobodys_data_is_in_the_plan_or_in_the_report(tmp_path: Path) -> None:
    exported.write(tmp_path / "day.csv")
    assert all(one in (tmp_path / "day.csv").read_text("utf-8") for one in exported.PERSONAL)
    plan = replayed(1, log_of(tmp_path / "day.csv", "", "UTC", None, "", None))
    report = reported(plan, [hand()], theirs=False, seconds=1.0)
    for text in (msgspec.json.encode(plan).decode(), msgspec.json.encode(report).decode()):
        assert [one for one in (*exported.PERSONAL, "#1000", "K-0", "example.org") if one in text] == []


def test_a_day_with_too_few_orders_is_refused_and_the_fullest_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "day.csv"
    exported.write(file, days=4)
    with pytest.raises(HubRefused) as caught:
        read(file, "2026-11-25")
    assert str(caught.value) == (
        "--from-log: day.csv has 1 orders on 2026-11-25 (UTC), and 20 are needed: with fewer no column can be told"
        " from another; its fullest one is 2026-11-27, with 60"
    )
    exported.write(file, LEAST - 1)
    with pytest.raises(HubRefused, match=r"has 19 orders on 2026-11-27 \(UTC\), and 20 are needed"):
        read(file)
    for given, says in {
        (tmp_path / "no.csv", "", "UTC"): "there is no",
        (Path("hub"), "", "UTC"): "say which day with --day",
        (file, "yesterday", "UTC"): "'yesterday' is no day",
        (file, "", "Mars"): "there is no time zone 'Mars'",
    }.items():
        with pytest.raises(HubRefused, match=says):
            read(*given)


def test_what_has_days_and_no_times_is_refused() -> None:
    with pytest.raises(WrongLog, match="it has days, no times"):
        taken(some(30, 0.0))
    with pytest.raises(WrongLog, match="has no order that can be played"):
        taken([])


def test_of_too_many_the_densest_stretch_is_played_with_no_hole_in_it() -> None:
    slow = [Ordered(MIDNIGHT + n * 600.0, (("a", 1),)) for n in range(30)]
    quick = [Ordered(MIDNIGHT + 40_000 + n, (("b", 1),)) for n in range(25)]
    log = day_of([*slow, *quick], source="a log", zone=UTC, told=Told(), most=25)
    assert ([one.at for one in log.orders], log.of) == ([float(n) for n in range(25)], 55)
    told = replayed(1, log).recorded
    assert told is not None
    assert told.taken[0].startswith("arrivals: the densest 25 of 55 orders of 2026-11-27 (UTC)")


def test_a_day_is_one_of_its_zone_also_where_it_has_23_hours() -> None:
    begin, end = bounds(date(2026, 3, 29), BERLIN)
    assert (end - begin) / 3_600 == 23
    late = [Ordered(MIDNIGHT - 1_800 + n, (("a", 1),)) for n in range(25)]
    assert day_of(late, source="a log", zone=BERLIN, told=Told()).day == "2026-11-27"
    assert day_of(late, source="a log", zone=UTC, told=Told()).day == "2026-11-26"


def test_goods_are_called_by_their_rank_and_the_rare_ones_are_one() -> None:
    many = [Ordered(MIDNIGHT + n, ((f"secret-{n}", 1), ("common", 2))) for n in range(GOODS + 20)]
    log = day_of(many, source="a log", zone=UTC, told=Told())
    names = {name for one in log.orders for name, _ in one.units}
    assert names == {f"goods-{n}" for n in range(1, GOODS + 2)}
    assert all(("goods-1", 2) in one.units for one in log.orders)
    told = replayed(1, log).recorded
    assert told is not None
    assert f"goods behind the {GOODS} most wanted ones are one more" in told.assumed


def test_vendors_times_are_the_journals_where_it_has_enough_of_them() -> None:
    times, operations = measured({
        "Payments.authorize": [100.0] * FEW, "Crm.upsert": [5.0] * (FEW - 1), "Orders.order": [1.0] * 99,
    })  # fmt: skip
    assert times == {"payments": (100.0,) * FEW}
    assert [(one.vendor, one.name, one.calls, one.p95) for one in operations] == [
        ("crm", "upsert", FEW - 1, 5.0), ("payments", "authorize", FEW, 100.0)
    ]  # fmt: skip
    log = msgspec.structs.replace(
        day_of(some(30), source="the hub", zone=UTC, told=Told()), measured=times, operations=operations
    )
    plan = replayed(1, log)
    assert set(plan.draws["payments"]) == {0.1}
    assert (plan.measured, plan.whose) == (("payments",), "payments by the hub's own journal")
    given = replayed(1, log, measured={"payments": [200.0], "crm": [7.0]}, whose="whoever made ours.csv")
    assert (set(given.draws["payments"]), set(given.draws["crm"])) == ({0.2}, {0.007})
    assert given.whose == "crm, payments by whoever made ours.csv"
    assert (
        "Vendors' times: crm, payments by whoever made ours.csv"
        in reported(given, [hand()], theirs=False, seconds=1.0).says
    )


def test_what_a_source_cannot_tell_is_said_and_is_no_zero() -> None:
    plan = replayed(1, day_of(some(30), source="a log", zone=UTC, told=Told(autoship=False, returned=False)))
    assert plan.recorded is not None
    assert (plan.recorded.autoship, plan.recorded.cancelled, plan.recorded.returned) == (None, 0, None)
    assert "no autoships, no orders that came back: a log does not tell" in plan.recorded.assumed


def test_the_same_seed_and_log_are_the_same_day() -> None:
    log = day_of(some(30), source="a log", zone=UTC, told=Told())
    assert replayed(7, log) == replayed(7, log)
    assert replayed(7, log) != replayed(8, log)
    assert [one.due for one in replayed(7, log).shoppers] == [one.due for one in replayed(8, log).shoppers]


def test_what_nobody_could_read_is_said(tmp_path: Path) -> None:
    exported.write(file := tmp_path / "day.csv")
    text = file.read_bytes()
    head, first, *others = text.splitlines(keepends=True)
    late = re.sub(rb"2026-11-27 [0-9:]{8}", b"9999-12-31 23:00:00", first)  # in Tokyo it is a day later
    file.write_bytes(head + late + late.replace(b"#1000", b"#1").replace(b"10.00", b"ten") + b"".join(others))
    log = log_of(file, "", "Asia/Tokyo", None, "", None)
    assert (log.day, log.unread) == ("2026-11-28", 2)
    recorded = replayed(1, log).recorded
    assert recorded is not None
    assert [one for one in recorded.taken if one.startswith("rows")] == [
        "rows of day.csv that nobody could read, whichever day they are of: 2"
    ]
    file.write_bytes(text.replace(b"10.00", b"ten"))
    with pytest.raises(HubRefused, match=r"; \d+ of its rows nobody could read"):
        log_of(file, "", "UTC", None, "", None)
    (tmp_path / "deep.jsonl").write_bytes(b"[" * 100_000 + b"\n")
    with pytest.raises(HubRefused, match="1 of its rows nobody could read"):
        log_of(tmp_path / "deep.jsonl", "", "UTC", None, "", None)


def test_a_log_of_one_millisecond_has_no_times() -> None:
    with pytest.raises(WrongLog, match="it has days, no times"):
        taken(some(LEAST, 1e-5))


def test_a_call_that_waited_for_something_else_is_no_latency() -> None:
    assert measured({"Payments.capture": [90_000.0] * FEW}) == ({}, ())
    times, (told,) = measured({"Payments.capture": [100.0] * FEW + [90_000.0]})
    assert (max(times["payments"]), told.calls) == (100.0, FEW)


@pytest.mark.parametrize(("day", "zone"), [("9999-12-31", "UTC"), ("", "Europe"), ("tomorrow", "UTC")])
def test_what_is_no_day_and_no_zone_is_said_so(tmp_path: Path, day: str, zone: str) -> None:
    with pytest.raises(HubRefused, match=r"is no day|there is no time zone"):
        log_of(tmp_path / "day.csv", day, zone, None, "", None)
