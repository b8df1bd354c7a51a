"""What decides about a hold reads each line of its SKU a few times on PostgreSQL, also before anybody analysed it."""

from __future__ import annotations

from typing import Any, Final

import psycopg
import pytest

from pawline.store.migrate import migrate
from pawline.store.postgres import Postgres
from tests.unit.store.desk import Place

FEW, MANY = 300, 1_200
STOCK: Final = """
insert into view_stock (shop, sku, location, as_of, on_hand, contains, safety)
select 'p', %(sku)s, l, 1, 10, 100, 0 from (values ('a'), ('b')) v (l)"""
LINES: Final = (
    "insert into view_order (shop, id, placed, adopted, paid) select 'p', %(sku)s || n, 150, 0, 150",
    "insert into view_item (shop, ord, line, sku, quantity, placed) select 'p', %(sku)s || n, 'l', %(sku)s, 1, 150",
    "insert into hold (shop, ord, sku, quantity, made, sold) select 'p', %(sku)s || n, %(sku)s, 1, 150, 1",
)


def asked(name: str, sku: str) -> tuple[Any, ...]:
    return (["p"], [sku], [1e9]) if name == "hold_steps" else (*[1e15] * 5, "p", sku)


@pytest.mark.only("postgres")
@pytest.mark.parametrize("name", ["hold_steps", "stock_steps"])
def test_four_times_the_lines_are_read_in_some_four_times_the_pages(place: Place, name: str) -> None:
    database = Postgres(place.url)
    database.begin()
    migrate(database, "postgres")
    database.commit()
    text, pages = b"explain (analyze, buffers, format json) " + database.texts.of[name], []
    database.close()
    with psycopg.connect(place.url) as db:  # one transaction: nobody analyses what it wrote
        for sku, lines in (("few", FEW), ("many", MANY)):
            for insert in (STOCK, *(f"{line} from generate_series(1, %(lines)s) n" for line in LINES)):
                db.execute(insert.encode(), {"sku": sku, "lines": lines})
        for sku, lines in (("few", FEW), ("many", MANY)):
            row = psycopg.RawCursor(db).execute(text, asked(name, sku)).fetchone()
            assert row is not None
            pages.append(row[0][0]["Plan"]["Shared Hit Blocks"])
            assert pages[-1] > lines
    assert pages[1] < 1.5 * MANY / FEW * pages[0]


@pytest.mark.only("postgres")
def test_holds_that_are_settled_are_read_by_nobody_who_decides(place: Place) -> None:
    """Of so many, at first; then of none, and what is summed are the lines."""
    database = Postgres(place.url)
    database.begin()
    migrate(database, "postgres")
    database.commit()
    texts = database.texts.of
    database.close()
    with psycopg.connect(place.url) as db:
        for insert in (STOCK, *(f"{line} from generate_series(1, %(lines)s) n" for line in LINES)):
            db.execute(insert.encode(), {"sku": "many", "lines": MANY})

        def pages(name: str) -> int:
            given = (["p"], ["many"], [1e9]) if name == "hold_held" else (["p"], ["many"])
            row = psycopg.RawCursor(db).execute(b"explain (analyze, buffers, format json) " + texts[name], given)
            found = row.fetchone()
            assert found is not None
            return int(found[0][0]["Plan"]["Shared Hit Blocks"])

        before = pages("hold_held")
        assert before > 4 * MANY
        assert pages("settle_holds") < 40 * MANY
        assert pages("hold_held") < before / 20
        assert pages("hold_least") < 2 * MANY
        assert pages("settle_holds") < before / 20
