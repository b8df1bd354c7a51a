"""What a busy shop asks again and again is answered by an index, however much of everything there is."""

from __future__ import annotations

import pytest

from pawline.store.migrate import migrate
from pawline.store.sqlite import Sqlite
from pawline.store.statements import fill, load

ASKED = [
    ("heirs", ("[1]",), "run_line"),
    ("open_questions", ("s", -1, 9), "inquiry_open (shop=? AND no>?)"),
    ("pending_events", ("[1]", -1.0, -1, 9), "event_first"),
    ("orders_between", ("s", 1.0, 2.0), "view_order_placed"),
    ("runs_of_event", (7,), "run_event"),
    ("runs_of_household", ("s", "h"), "run_household"),
    ("runs_of_key", (7,), "run_line"),
    ("open_orders_with", ("s", "c", "", "s", "s", "c", 9), "view_item_order"),
    ("open_orders_with", ("s", "c", "", "s", "s", "c", 9), "view_packed_order (shop=? AND ord=? AND sku=?)"),
    ("sent_orders_with", ("s", "c", 1.0, "", 9), "view_item_order"),
    ("sent_orders_with", ("s", "c", 1.0, "", 9), "view_packed_order (shop=? AND ord=? AND sku=?)"),
    ("stock_steps", (1.0, 1.0, 1.0, 1.0, 1.0, "s", "c"), "view_item_sku (shop=? AND sku=? AND placed>? AND placed<?)"),
]


@pytest.mark.parametrize(("name", "params", "index"), ASKED)
def test_the_index_is_used(name: str, params: tuple[object, ...], index: str) -> None:
    database = Sqlite(":memory:")
    migrate(database, "sqlite")
    text = fill(load("sqlite")[name], "", "")
    plan = [row[3] for row in database.db.execute(f"explain query plan {text}", params)]
    assert any(index in step for step in plan), plan
    assert not any(step.startswith("SCAN") and "json_each" not in step for step in plan if index not in step), plan
    database.close()


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("view_line", "SEARCH e USING PRIMARY KEY (shop=? AND ord=? AND line=?)"),
        ("view_line_out", "SEARCH e USING PRIMARY KEY (shop=? AND ord=? AND line=?)"),
        ("view_line_out", "SEARCH view_item USING PRIMARY KEY (shop=? AND ord=? AND line=?)"),
        ("view_autoship_item", "SEARCH i USING PRIMARY KEY (shop=? AND autoship=?)"),
        ("view_autoship_items_out", "SEARCH i USING PRIMARY KEY (shop=? AND autoship=?)"),
    ],
)
def test_what_is_newer_than_a_row_is_found_by_its_key(name: str, index: str) -> None:
    database = Sqlite(":memory:")
    migrate(database, "sqlite")
    nothing = [None] * len(load("sqlite")[name].columns)
    plan = [row[3] for row in database.db.execute(f"explain query plan {database._text(name, 1)}", nothing)]
    assert index in plan
    assert [step for step in plan if step.startswith("SCAN")] == ["SCAN CONSTANT ROW", "SCAN (subquery-1)"]
    database.close()


@pytest.mark.parametrize(
    ("name", "indexes"),
    [
        ("hold_least", ["l USING PRIMARY KEY (shop=? AND sku=?)", "COVERING INDEX view_item_sku"]),
        ("hold_least", ["COVERING INDEX hold_open"]),
        ("hold_least", ["USING INDEX hold_late", "i USING PRIMARY KEY (shop=? AND ord=?)"]),
        ("hold_held", ["h USING INDEX hold_open", "i USING PRIMARY KEY (shop=? AND ord=?)"]),
        ("hold_steps", ["COVERING INDEX view_item_sku (shop=? AND sku=? AND placed>? AND placed<?)"]),
        ("hold_steps", ["USING INDEX hold_late", "i USING PRIMARY KEY (shop=? AND ord=?)"]),
        ("settle_holds", ["hold USING INDEX hold_open", "i USING PRIMARY KEY (shop=? AND ord=?)"]),
        ("drop_over_holds", ["COVERING INDEX hold_until (shop=? AND sku=? AND until<?)"]),
    ],
)
def test_what_decides_about_a_hold_reads_no_more_than_it_must(name: str, indexes: list[str]) -> None:
    database = Sqlite(":memory:")
    migrate(database, "sqlite")
    nothing = [None] * len(load("sqlite")[name].columns)
    plan = [row[3] for row in database.db.execute(f"explain query plan {database._text(name, 1)}", nothing)]
    assert [index for index in indexes if not any(index in step for step in plan)] == [], plan
    assert not any(f"SCAN {table}" in step for table in ("hold", "view_", "h", "i ", "o ") for step in plan), plan
    database.close()


def test_what_alarms_look_at_is_no_search_through_all_that_ever_was() -> None:
    database = Sqlite(":memory:")
    migrate(database, "sqlite")
    told = {}
    for name, params in (("runs_slow", (1.0,)), ("lanes_pending", ()), ("alarms_open", ())):
        plan = database.db.execute(f"explain query plan {fill(load('sqlite')[name], '', '')}", params)
        told[name] = [step for *_, step in plan if "SCAN" in step or "SEARCH" in step]
    assert told == {
        "runs_slow": [
            "SCAN run USING INDEX run_live", "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)",
            "SCAN w USING INDEX wait_retried", "SCAN old",
        ],
        "lanes_pending": ["SCAN event USING INDEX event_first"],
        "alarms_open": ["SCAN alarm USING INDEX alarm_open", "SEARCH alarm USING INDEX alarm_due (due>?)"],
    }  # fmt: skip
    database.close()


def test_what_a_household_began_lately_is_looked_for_in_what_is_unfinished() -> None:
    database = Sqlite(":memory:")
    migrate(database, "sqlite")
    text = fill(load("sqlite")["begun_since"], "", "")
    plan = [row[3] for row in database.db.execute(f"explain query plan {text}", ("s", "h", 1.0) * 2)]
    assert [step for step in plan if "SCAN" in step or "SEARCH" in step] == [
        "SEARCH r USING INDEX run_household (shop=? AND household=?)", "SEARCH e USING INTEGER PRIMARY KEY (rowid=?)",
        "SCAN event USING INDEX event_pending",
    ]  # fmt: skip
    database.close()
