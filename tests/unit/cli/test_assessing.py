"""`pawline assess` and `checklist` as people meet them: asked, from a file, from a hub, as a page, and refused."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from pawline.cli import app
from pawline.cli.assessing import _toml
from pawline.hub import HubRefused
from pawline.insight.advice import Answers
from tests.house.tree import ROOT
from tests.unit.hub.test_command_line import Shop
from tests.unit.insight.advice import shops

NAMED = ("BRAND", "WORDPRESS", "HEADLESS", "PHARMACY", "UNSURE", "CORNER", "SELLERS", "CLOSED")


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def pawline(*words: str, said: str = "") -> Any:
    return CliRunner().invoke(app, [*words], input=said)


@pytest.mark.parametrize("name", NAMED)
def test_what_is_saved_is_what_was_answered(name: str, tmp_path: Path) -> None:
    given: Answers = getattr(shops, name)
    (tmp_path / "a.toml").write_text(_toml(given), "utf-8")
    done = pawline("assess", "--answers", str(tmp_path / "a.toml"), "--save", str(tmp_path / "b.toml"), "--json")
    assert done.exit_code == 0, done.output
    assert msgspec.convert(json.loads(done.stdout)["answers"], Answers) == given
    assert msgspec.convert(tomllib.loads((tmp_path / "b.toml").read_text("utf-8")), Answers) == given


def test_people_are_asked_what_contradicts_is_asked_again_and_what_they_do_not_know_stays_so(tmp_path: Path) -> None:
    said = [
        "60", "", "web, subscription", "?", "?", "3,000", "1000", "15000", "?", "40%", "", "", "perhaps", "no", "",
        "0,5", "0.5", "", "", "", "", "", "", "", "less work, no oversell",
        "Shopify", "", "", "Dynamics GP", "till", "erp", "files", "Mystery", "crm", "?", "",
    ]  # fmt: skip
    answers = tmp_path / "answers.toml"
    done = pawline("assess", "--save", str(answers), said="\n".join(said) + "\n")
    assert done.exit_code == 0, done.output
    assert "`orders_a_day` is 3000 and `orders_peak_day` 1000: the peak is the higher of the two" in done.stderr
    assert "'perhaps' is neither yes nor no: say it again, or ?" in done.stderr
    assert "'till' is no role" in done.stderr
    assert "'0,5' can be read in two ways" in done.stderr
    assert answers.read_text("utf-8") == (
        'people = 60.0\neditor = true\norders_a_day = 3000.0\norders_peak_day = 15000.0\nautoship_share = 0.4\n'
        'checkout = "theirs"\nmust_confirm = false\nchannels = ["web","subscription"]\nminutes_per_order = 0.5\n'
        'goals = ["less work","no oversell"]\n'
        '\n[[systems]]\nname = "Shopify"\nroles = ["shop","inventory","fulfilment","payments","catalog"]\n'
        'access = ["api"]\nconnected = false\n'
        '\n[[systems]]\nname = "Dynamics GP"\nroles = ["erp"]\naccess = ["files"]\nconnected = false\n'
        '\n[[systems]]\nname = "Mystery"\nroles = ["crm"]\nconnected = false\n'
    )  # fmt: skip
    assert "Pawline may fit: it hangs on systems. What can be said without:" in done.stdout
    assert "adopt_order  87.5 to 166.2" in done.stdout


def test_a_refusal_says_why_and_what_instead_and_recommends_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(_toml(shops.CORNER), "utf-8")
    page = tmp_path / "page.html"
    done = pawline("assess", "--answers", str(tmp_path / "a.toml"), "--page", str(page))
    assert done.exit_code == 0
    assert done.stdout == (
        "Pawline does not fit this shop\n"
        "  • nothing between: there is one system: a hub does the work between systems, and there is none here"
        " (systems)\n"
        "    instead: stay with what the system does by itself, until a second one is there\n"
    )
    text = page.read_text("utf-8")
    assert "<h1>Pawline does not fit this shop</h1>" in text
    assert "Profile" not in text


def test_the_page_says_what_the_table_says_and_escapes_what_people_typed(tmp_path: Path) -> None:
    named = msgspec.structs.replace(shops.BRAND, systems=(shops.SHOPIFY, shops.system("<b>Books", "erp")))
    (tmp_path / "a.toml").write_text(_toml(named), "utf-8")
    page = tmp_path / "page.html"
    assert pawline("assess", "--answers", str(tmp_path / "a.toml"), "--page", str(page)).exit_code == 0
    text = page.read_text("utf-8")
    assert "<h2>Profile: event-driven</h2>" in text
    assert "87.5 to 166.2 hours" in text
    assert "; takes a connector of your own for erp)" in text
    assert "&lt;b&gt;Books" in text
    assert "<b>Books" not in text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("people = ", "is no TOML"),
        ("cats = 3", "Object contains unknown field `cats`; correct it, or leave it out: that is “I don't know”"),
        ("orders_a_day = -1", "Expected `float` >= 0.0 - at `$.orders_a_day`"),
        ("orders_a_day = 9\norders_peak_day = 3", "the peak is the higher of the two"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(text, "utf-8")
    with pytest.raises(HubRefused) as caught:
        CliRunner().invoke(app, ["assess", "--answers", str(tmp_path / "a.toml")], catch_exceptions=False)
    assert says in str(caught.value)


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("people = 2\n", "utf-8")
    with pytest.raises(HubRefused, match="is there already"):
        CliRunner().invoke(
            app, ["assess", "--answers", str(tmp_path / "a.toml"), "--save", str(tmp_path / "a.toml")],
            catch_exceptions=False,
        )  # fmt: skip
    assert (tmp_path / "a.toml").read_text("utf-8") == "people = 2\n"


def test_a_hub_that_runs_is_audited_over_its_line_and_one_that_does_not_is_refused(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.pawline("init")
    assert "no hub is running" in shop.pawline("checklist", code=1).stderr
    shop.up()
    try:
        told = shop.json("checklist", code=1)
        assert told["met"] is False
        assert [line["name"] for line in told["lines"]] == [
            "modular components", "asynchronous communication", "data consistency", "feedback tools",
            "personalisation flow", "automation", "scalability",
        ]  # fmt: skip
        shown = shop.pawline("checklist", code=1).stdout
        assert "✗ personalisation flow: not met. not there yet" in shown
        assert "shown by: pawline doctor, pawline events waiting" in shown
        assert "has 0 whole days of orders, and 7 are needed" in shop.pawline("assess", "--from-hub", code=1).stderr
    finally:
        shop.end()


def test_the_answers_in_the_how_to_are_answers() -> None:
    page = (ROOT / "docs/how-to/decide-whether-it-fits.md").read_text("utf-8")
    told = msgspec.convert(tomllib.loads(page.split("```toml\n")[1].split("```")[0]), Answers)
    assert (told.orders_peak_day, [one.name for one in told.systems or ()]) == (15_000, ["Shopify", "Dynamics GP"])


KEPT = """{"version": 2, "since": 1759276800, "until": 1764547200, "orders": 6100, "late_erp_seconds": 86400,
"late_label_seconds": 259200, "kinds": {"oversold": {"found": 12, "judged": 40, "young": 0, "unsure": 0,
"per_1000": 300.0, "amounts": {}, "misfits": []}}, "hands": {"orders": 6100, "touches": 610, "untouched": 5600,
"most": 3}}"""
ANSWERS = """editor = true
checkout = "theirs"
minutes_per_touch = 5
[[systems]]
name = "Shopify"
roles = ["shop", "payments", "inventory", "fulfilment"]
access = ["api"]
[[systems]]
name = "Dynamics GP"
roles = ["erp"]
access = ["files"]
"""


def test_what_an_x_ray_counted_is_read_from_where_it_is_kept_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").write_text(ANSWERS, "utf-8")
    before = pawline("assess", "--answers", "a.toml")
    assert "X-ray" not in before.output
    (tmp_path / "xray").mkdir()
    (tmp_path / "xray" / "baseline.json").write_text(KEPT, "utf-8")
    told = json.loads(pawline("assess", "--answers", "a.toml", "--json").stdout)["advice"]
    whose = "(xray/baseline.json: 61 days until 2025-12-01)"
    hands = "610 times that a person had a hand in 6,100 orders, 5 min each"
    assert [one["says"] for one in told["counted"]] == [
        f"`orders_a_day` is 100, by the X-ray: 6,100 orders {whose}",
        f"`minutes_per_order` is 0.5, by the X-ray: {hands} {whose}",
    ]
    assert [(one["flow"], one["hours"], one["mistakes"]) for one in told["flows"]] == [
        ("adopt_order", [2.9, 5.5], None), ("offer_stock", None, 1.38),
    ]  # fmt: skip
    assert told["flows"][1]["seen"] == f"1.4 mistakes a week, by the X-ray: 12 oversold {whose}"
    page = pawline("assess", "--answers", "a.toml", "--page", "a.html")
    assert page.exit_code == 0
    assert "Counted by the X-ray" in page.output
    assert "12 oversold" in (tmp_path / "a.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "--baseline b.json cannot be read: No such file or directory"),
        ("{", "--baseline b.json: it is no JSON: `pawline xray` writes a baseline.json"),
        ('{"version": 9}', "--baseline b.json: it is of version 9, and this Pawline reads 1 to 2: upgrade it"),
    ],
)
def test_a_baseline_that_is_none_is_refused(
    text: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").write_text(ANSWERS, "utf-8")
    if text is not None:
        (tmp_path / "b.json").write_text(text, "utf-8")
    done = pawline("assess", "--answers", "a.toml", "--baseline", "b.json")
    assert isinstance(done.exception, HubRefused)
    assert str(done.exception) == says
