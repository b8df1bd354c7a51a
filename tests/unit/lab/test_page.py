"""The page: one file that loads nothing, in which every cell leads to its rows."""

from __future__ import annotations

import re

import msgspec

from pawline.lab.charts import bars, whiskers
from pawline.lab.day import planned
from pawline.lab.page import drawn, interval, together
from pawline.lab.report import reported
from pawline.lab.rows import Fate
from tests.unit.lab.rows import hand, hub, order, visit

OURS = hub(visits=(visit(1, 10.0), visit(4, 50.0)), orders=(order(1), order(4, done=7.0)))
HAND = hand(visits=(visit(1, 900.0),), orders=(order(1, done=2.0),))
PLAN = planned(1, 20)


def test_every_cell_leads_to_a_section_of_the_page() -> None:
    page = drawn(reported(PLAN, [HAND, OURS], theirs=False, seconds=2.0))
    leads = re.findall(r'href="#([^"]+)"', page)
    assert len(leads) == 2 * (14 + 6)
    assert [one for one in leads if page.count(f'id="{one}"') != 1] == []


def test_it_loads_nothing_and_runs_nothing() -> None:
    page = drawn(reported(PLAN, [HAND, OURS], theirs=False, seconds=2.0))
    assert re.findall(r"<script|\bsrc=|<link|url\(|https?://", page) == []
    assert "default-src 'none'" in page


def test_what_must_never_be_is_at_its_top() -> None:
    bad = hub(visits=(visit(1, 10.0),), orders=(order(1, fate=Fate.HALF),))
    report = reported(PLAN, [bad], theirs=False, seconds=2.0)
    assert (report.good, report.broken) == (False, ("event-driven: 1 half done: o1",))
    assert "<li>event-driven: 1 half done: o1</li>" in drawn(report)
    assert "nothing was lost" not in drawn(report)


def test_it_says_nothing_good_of_columns_that_were_not_played() -> None:
    page = drawn(reported(PLAN, [HAND], theirs=False, seconds=2.0))
    assert ("nothing was lost" in page, "No column of Pawline" in page) == (False, True)


def test_it_says_whose_patience_it_was() -> None:
    assert "53 of 100 are gone after 3 s (Akamai" in reported(PLAN, [HAND], theirs=False, seconds=2.0).says
    told = reported(planned(1, 20, 10.0), [HAND], theirs=False, seconds=2.0)
    assert (told.patience, "half are gone after 10 s, as --patience says" in told.says) == (10.0, True)


def test_a_shop_with_anothers_checkout_is_told_so() -> None:
    page = drawn(reported(PLAN, [OURS], theirs=True, seconds=2.0))
    assert page.count('<tr class="not">') == 8
    assert "owns the checkout" in page


def test_behind_a_cell_are_its_figures_with_their_intervals() -> None:
    cell = reported(PLAN, [OURS], theirs=False, seconds=2.0).tables[0].rows[8].cells[0]
    assert interval(cell) == "gave up 0 (0 to 0.6576, n=2)"


def test_a_number_stays_with_its_unit() -> None:
    assert together("324 ms / 1.2 s; 3 systems") == "324\u00a0ms / 1.2\u00a0s; 3 systems"


def test_a_name_cannot_become_markup() -> None:
    strange = [("<b>", [1.0, 2.0, 3.0])]
    assert "<b>" not in whiskers("<i>", strange)
    assert "<i>" not in bars("<i>", [("<b>", 0.1, 0.0, 0.2)])
    (day,) = OURS.rounds
    named = msgspec.structs.replace(OURS, rounds=(msgspec.structs.replace(day, cases=("<blink>",)),))
    page = drawn(reported(PLAN, [named], theirs=False, seconds=2.0))
    assert ("&lt;blink&gt;" in page, "<blink>" in page) == (True, False)


def test_the_report_is_json_and_back() -> None:
    report = reported(PLAN, [HAND, OURS], theirs=False, seconds=2.0)
    assert msgspec.json.decode(msgspec.json.encode(report), type=type(report)) == report
