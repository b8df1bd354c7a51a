"""What a busy shop asks again and again is answered by an index, however much of everything there is."""

from __future__ import annotations

import pytest

from pawline.store.migrate import migrate
from pawline.store.sqlite import Sqlite
from pawline.store.statements import fill, load

ASKED = [
    ("heirs", ("[1]",), "run_line"),
    ("pending_events", ("[1]", -1.0, -1, 9), "event_first"),
    ("runs_of_event", (7,), "run_event"),
    ("runs_of_household", ("s", "h"), "run_household"),
    ("runs_of_key", (7,), "run_line"),
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
