"""The page and what lies beside it: offline, nobody's name, every figure with its rows."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from pawline.measure.xray import Settings, WrongBaseline, baseline, drawn, read_baseline
from pawline.measure.xray.report import Misfit
from tests.unit.measure.xray.shop import DAY, HOUR, NOW, found, iso, looked, order, placed, rows

OLD = NOW - 30 * DAY


def page(place: Path) -> str:
    lines = "".join(f"{n},L{n},{iso(OLD + (n + 2) * 10 * HOUR)}\n" for n in range(12))
    (place / "parcels.csv").write_text(f"order,label,at\n{lines}", "utf-8")
    (place / "erp.csv").write_text(
        f"order,reference,at,total,currency\n1,=<b>B1,{iso(OLD)},20.00,EUR\n1,B2,{iso(OLD)},20.00,EUR\n0,,,\n", "utf-8"
    )
    placed(place, *(order(n, OLD) for n in range(12)))
    report = looked(place, {"orders": "orders.csv", "erp": "erp.csv", "parcels": "parcels.csv"}, zone="Europe/Berlin")
    assert found(report) == {"erp_twice": 1, "label_late": 6}
    return drawn(report, "Paws <& Co>", "rows")


def test_it_loads_nothing_and_runs_nothing(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert "<script" not in text
    assert re.findall(r"(?:src|href)=\"(?!#|rows/)[^\"]*\"", text) == []
    assert "url(" not in text
    assert "default-src 'none'; style-src 'sha256-" in text


def test_it_says_what_was_found_of_how_many_and_what_was_not_looked_at(tmp_path: Path) -> None:
    text = re.sub(r"\s+", " ", page(tmp_path))
    assert "<title>X-ray: Paws &lt;&amp; Co&gt;</title>" in text
    assert '<span class="number">6</span> <span>Late labels</span> <small>of 12 orders</small>' in text
    assert '<span class="soft">not looked at</span><span>Confirmed twice</span><small>needs mails</small>' in text
    assert 'href="rows/label_late.csv"' in text
    assert "not looked at: no --mails was given" in text
    assert "entries =&lt;b&gt;B1, B2" in text
    assert "line 4" in text
    assert "half took up to <strong>70 h 0 min</strong>".replace("70 h 0 min", "2 d 22 h") in text
    assert "Times are Europe/Berlin." in text


def test_nobody_is_named_in_it_or_beside_it(tmp_path: Path) -> None:
    written = page(tmp_path) + "".join(file.read_text("utf-8") for file in (tmp_path / "rows").iterdir())
    assert "example.org" not in written


def test_a_table_has_every_row_and_runs_as_no_formula(tmp_path: Path) -> None:
    page(tmp_path)
    assert {row["about"] for row in rows(tmp_path, "label_late")} == {f"#{n}" for n in range(6, 12)}
    (twice,) = rows(tmp_path, "erp_twice")
    assert (twice["what"], twice["amount"], twice["currency"]) == ("entries =<b>B1, B2", "20.00", "EUR")
    assert (twice["at"], twice["rows"]) == ("2026-10-31T07:00:00+01:00", "orders.csv:3; erp.csv:2; erp.csv:3")


def test_a_cell_that_a_spreadsheet_would_run_begins_with_a_quote(tmp_path: Path) -> None:
    placed(tmp_path, order(1, NOW - 59 * DAY))
    (tmp_path / "erp.csv").write_text(f"order,at\n=1+2,{iso(OLD)}\n", "utf-8")
    looked(tmp_path, {"orders": "orders.csv", "erp": "erp.csv"})
    assert [row["about"] for row in rows(tmp_path, "erp_unknown")] == ["'=1+2"]


def test_the_baseline_has_the_figures_and_no_rows(tmp_path: Path) -> None:
    placed(tmp_path, order(1, OLD), order(2, OLD))
    (tmp_path / "erp.csv").write_text(
        f"order,reference,at,total,currency\n1,B1,{iso(OLD)},20.00,EUR\n2,B2,{iso(OLD)},19.00,EUR\n", "utf-8"
    )
    told = baseline(looked(tmp_path, {"orders": "orders.csv", "erp": "erp.csv"}), Settings(times_in="Europe/Berlin"))
    said = msgspec.to_builtins(told)
    assert said["kinds"]["erp_amount"] == {
        "found": 1, "judged": 2, "young": 0, "unsure": 0, "per_1000": 500.0, "amounts": {"EUR": 100}, "misfits": (),
        "nameless": 0,
    }  # fmt: skip
    assert said["kinds"]["payout"]["found"] is None
    assert (said["version"], said["orders"], said["to_label"]) == (2, 2, None)
    assert said["settings"] == {"days": 60, "zone": "UTC", "times_in": "Europe/Berlin", "as_of": None}
    assert [(one["kind"], one["file"], one["rows"], one["bad"]) for one in said["sources"]] == [
        ("orders", "orders.csv", 2, 0), ("erp", "erp.csv", 2, 0),
    ]  # fmt: skip
    assert "payments" in said["absent"]


def test_two_files_that_do_not_fit_are_in_the_baseline_as_that(tmp_path: Path) -> None:
    placed(tmp_path, *(order(n, OLD) for n in range(1, 13)))
    lines = [f"{n},B{n},{iso(OLD)},19.00,EUR" for n in range(1, 13)]
    (tmp_path / "erp.csv").write_text("\n".join(["order,reference,at,total,currency", *lines, ""]), "utf-8")
    told = baseline(looked(tmp_path, {"orders": "orders.csv", "erp": "erp.csv"}), Settings())
    one = told.kinds["erp_amount"]
    assert (one.found, one.judged, one.misfits) == (0, 0, (Misfit("EUR", 12, 12),))
    assert read_baseline(msgspec.json.encode(told)) == told


OLDER = (
    b'{"version": 1, "since": 1000000, "until": 2000000, "orders": 7, "late_erp_seconds": 86400,'
    b' "late_label_seconds": 259200, "kinds": {"oversold": {"found": 3, "judged": 9, "young": 0, "unsure": 1,'
    b' "per_1000": 333.333, "amounts": {}}}, "to_label": null, "hands": null}'
)


def test_an_older_baseline_is_read_and_says_nothing_of_what_it_lacks() -> None:
    told = read_baseline(OLDER)
    assert (told.version, told.orders, told.kinds["oversold"].found) == (1, 7, 3)
    assert (told.settings, told.sources, told.kinds["oversold"].misfits) == (None, None, None)
    assert told.titles() == {"oversold": "Oversold"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"orders,erp", "it is no JSON"),
        (b"[]", "it is no baseline"),
        (b'{"version": true}', "it is no baseline"),
        (OLDER.replace(b'"version": 1', b'"version": 3'), "it is of version 3, and this Pawline reads 1 to 2: upgrade"),
        (OLDER.replace(b'"version": 1', b'"version": 0'), "it is of version 0"),
        (
            OLDER.replace(b'"orders": 7', b'"orders": "many"'),
            r"Expected `int`, got `str` - at `\$.orders`: make it anew",
        ),
        (OLDER.replace(b"2000000", b"1000000"), "no span of time"),
        (OLDER.replace(b"2000000", b"999999999999999"), "no span of time"),
        (b" " * (1 << 21), "it is longer than 1 MB"),
    ],
)
def test_what_is_no_baseline_is_refused(text: bytes, why: str) -> None:
    with pytest.raises(WrongBaseline, match=why):
        read_baseline(text)
