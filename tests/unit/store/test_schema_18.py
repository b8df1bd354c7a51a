"""A store of schema 17 learns what was found of its holds; see test_opening for the others."""

from __future__ import annotations

from collections.abc import Callable

from pawline.store import NOBODY_LOOKED
from pawline.store.database import Database
from pawline.store.migrate import SCHEMA, migrate
from pawline.store.sqlite import Sqlite
from pawline.store.statements import triggers
from tests.unit.store.desk import Place


async def test_holds_of_schema_17_are_kept_and_nobody_has_looked_at_them(place: Place) -> None:
    desk = await place.open()
    dialect = desk.store.dialect

    def asked(text: str) -> Callable[[Database], list[tuple[object, ...]]]:
        return lambda db: list(db.db.execute(text) if isinstance(db, Sqlite) else db._db.execute(text))  # type: ignore[attr-defined]

    if dialect == "sqlite":
        names = "select type, name, sql from sqlite_schema where name not like 'sqlite_%' order by name"
        gone = [f"drop trigger {name}" for name in triggers(dialect)]
    else:
        names = (
            "select indexname, indexdef from pg_indexes where schemaname = 'public' union all"
            " select tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal order by 1"
        )
        names_of_triggers = [name for name, text in triggers(dialect).items() if "trigger" in text.splitlines()[0]]
        tables = await desk.store.job(asked("select tgname, tgrelid::regclass::text from pg_trigger"))
        gone = [f"drop trigger {name} on {table}" for name, table in tables if name in names_of_triggers]
    newest = await desk.store.job(asked(names))
    indexes = ("hold_open", "hold_late", "hold_until", "view_item_sku", "view_item_order")
    gone += [f"drop index {name}" for name in indexes]
    gone += [f"alter table hold drop column {name}" for name in ("settled", "since")]
    gone += [
        "drop table line_sum",
        "create index view_item_sku on view_item (shop, sku, placed)",
        "create index view_item_order on view_item (shop, sku, ord)",
        "insert into hold (shop, ord, sku, quantity, made, sold) values ('s', 'a', 'chew', 3, 5.0, 1)",
    ]
    await desk.store.job(lambda db: db.script(gone))
    await desk.store.job(lambda db: db.many("set_meta", [("schema", "17"), ("oldest", "11")]))
    await desk.store.job(lambda db: migrate(db, dialect))
    assert await desk.store.fetch("meta") == [("oldest", "11"), ("schema", str(SCHEMA))]
    kept = await desk.store.job(asked("select shop, ord, sku, quantity, made, until, sold, settled, since from hold"))
    assert [tuple(row) for row in kept] == [("s", "a", "chew", 3, 5.0, None, 1, 0, NOBODY_LOOKED)]
    assert _bare(await desk.store.job(asked(names))) == _bare(newest)


def _bare(rows: list[tuple[object, ...]]) -> list[list[list[str]]]:
    """SQLite quotes the name of a table that was made under another one."""
    return [[str(one).replace('"', "").split() for one in row] for row in rows]
