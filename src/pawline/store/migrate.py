"""The schema's version: a new store is made, an older one brought up to date, one that is too new refused.

A store says two versions: `schema`, which it has, and `oldest`, the oldest Pawline schema that can still work with it.
Migrations expand first and contract later, so that versions n-1 and n may run together over one PostgreSQL; a
contraction raises `oldest`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.store.errors import StoreTooNew
from pawline.store.rows import LANES
from pawline.store.statements import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.store.database import Database


class Migration(NamedTuple):
    """What leads to `schema` from the version before it, in each dialect's words."""

    schema: int
    oldest: int
    sqlite: Sequence[str]
    postgres: Sequence[str]


def _indexes(pending: str, line: str) -> Sequence[str]:
    unfinished = "ended is null"
    members = f"{unfinished} and household is not null"
    return (
        f"create index if not exists event_first on event ({pending}) where seq is null and priority < 2",
        f"create index if not exists run_line on run (keyhash, status, {line}) where {unfinished}",
        "create index if not exists run_event on run (event)",
        "create index if not exists run_new on run (created, no) where status = 0",
        f"create index if not exists run_household on run (shop, household) where {members}",
        "drop index if exists run_busy",
    )


def _tables(dialect: str, names: str) -> Sequence[str]:
    """These tables as they are now; once one changes, what it was goes here in words."""
    made = [one for one in schema(dialect) if re.search(rf"(table|on) ({names})", one)]
    return [re.sub(r"^create ((unique )?index|table)", r"create \1 if not exists", one) for one in made]


def _sold(real: str) -> Sequence[str]:
    """Holds say whether they were sold. Made anew: a column cannot be added where migration 4 made the newest form.

    Whoever knows schema 6 drops holds that this one counts by, and runs what is history or was handed back: no more.
    """
    columns = "shop, ord, sku, quantity, made, until"
    types = f"shop text not null, ord text not null, sku text not null, quantity bigint not null, made {real} not null"
    return (
        f"create table hold_7 ({types}, until {real}, sold smallint not null default 0, primary key (shop, ord, sku))",
        f"insert into hold_7 ({columns}) select {columns} from hold",  # noqa: S608 - two constants
        "drop table hold",
        "alter table hold_7 rename to hold",
        "create index hold_sku on hold (shop, sku, ord)",
        "create index if not exists view_item_order on view_item (shop, sku, ord)",
        "create index if not exists view_packed_order on view_packed (shop, ord, sku, quantity)",
    )


HOLD_SKU: Final = ("drop index if exists hold_sku", "create index hold_sku on hold (shop, sku, ord)")
"""Some stores of schema 7 have it without the order."""


def _edits(dialect: str) -> Sequence[str]:
    """Lines and autoships say as of when they are. SQLite makes tables anew, as in _sold, for the same reason.

    Whoever knows schema 7 writes no times; the views have new names, so what it writes is read again.
    """
    if dialect == "postgres":
        added = (("view_autoship", "state_at"), ("view_autoship", "next_at"))
        return (
            *HOLD_SKU,
            *_tables(dialect, "view_edit"),
            *(f"alter table {table} add column if not exists {column} double precision" for table, column in added),
            "alter table view_autoship_item add column if not exists at double precision not null default 0",
        )
    autoships, items = "shop, id, household, state, next_on", "shop, autoship, sku, quantity"
    return (
        *HOLD_SKU,
        *_tables(dialect, "view_edit"),
        "alter table view_autoship rename to view_autoship_7",
        "alter table view_autoship_item rename to view_autoship_item_7",
        *(f"drop index view_autoship_{index}" for index in ("due", "household", "item_sku")),
        *_tables(dialect, r"view_autoship(_item)? \("),
        f"insert into view_autoship ({autoships}) select {autoships} from view_autoship_7",  # noqa: S608 - constants
        f"insert into view_autoship_item ({items}) select {items} from view_autoship_item_7",  # noqa: S608 - constants
        "drop table view_autoship_7",
        "drop table view_autoship_item_7",
    )


GENERATIONS: Final = (
    "alter table data_key add column generation integer not null default 0",
    "drop index data_key_of",
    "create unique index data_key_of on data_key (shop, household, generation)",
)
"""Whoever was erased may have a key again. What knows schema 10 finds no index to make its keys by: no more."""
VIEWS: Final = "view_(?!cursor)|checkpoint"
ALARMS: Final = r"alarm|wait \(run\) where kind"
GOODS: Final = "view_product|view_lot"
VISITS: Final = r"visit(_order|_figure)?\b"
STOREFRONT: Final = r"(api_key|profile|answered)\b"
CARTS: Final = r"cart_order\b"
MIGRATIONS: tuple[Migration, ...] = (
    Migration(2, 1, _indexes("no", "no"), _indexes("recorded, no", "created, no")),
    Migration(3, 1, _tables("sqlite", VIEWS), _tables("postgres", VIEWS)),
    Migration(4, 1, _tables("sqlite", "handover|hold"), _tables("postgres", "handover|hold")),
    Migration(5, 1, _tables("sqlite", ALARMS), _tables("postgres", ALARMS)),
    Migration(6, 1, _tables("sqlite", "view_decision"), _tables("postgres", "view_decision")),
    Migration(7, 7, _sold("real"), _sold("double precision")),
    Migration(8, 7, _edits("sqlite"), _edits("postgres")),
    Migration(9, 7, _tables("sqlite", r"bill\b"), _tables("postgres", r"bill\b")),
    Migration(10, 7, _tables("sqlite", "delivery"), _tables("postgres", "delivery")),
    Migration(11, 11, GENERATIONS, GENERATIONS),
    Migration(12, 11, _tables("sqlite", r"invited\b"), _tables("postgres", r"invited\b")),
    Migration(13, 11, _tables("sqlite", "view_bounced"), _tables("postgres", "view_bounced")),
    Migration(14, 11, _tables("sqlite", GOODS), _tables("postgres", GOODS)),
    Migration(15, 11, _tables("sqlite", VISITS), _tables("postgres", VISITS)),
    Migration(16, 11, _tables("sqlite", STOREFRONT), _tables("postgres", STOREFRONT)),
    Migration(17, 11, _tables("sqlite", CARTS), _tables("postgres", CARTS)),
)
"""In order. schema.sql is always the newest form; a migration leads an older store to it."""

SCHEMA = MIGRATIONS[-1].schema if MIGRATIONS else 1


def migrate(db: Database, dialect: str, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Makes or updates the tables, in the transaction that the caller opened. Raises StoreTooNew."""
    newest = migrations[-1].schema if migrations else 1
    if not db.table_exists("meta"):
        db.script(schema(dialect))
        db.many("set_meta", [("schema", str(newest)), ("oldest", str(migrations[-1].oldest if migrations else 1))])
        db.many("insert_counter", [("audit", 0), ("no", 0), ("owner", 0)])
        db.many("insert_lane", [(lane, 0, 0, 0.0, 0) for lane in range(LANES)])
        return
    meta: dict[str, str] = dict(db.fetch("meta"))
    if int(meta["oldest"]) > newest:
        raise StoreTooNew(
            f"the store needs schema {meta['oldest']} or newer, this Pawline knows {newest}: "
            "upgrade it, or restore a backup from before the upgrade"
        )
    for migration in migrations:
        if migration.schema > int(meta["schema"]):
            db.script(migration.sqlite if dialect == "sqlite" else migration.postgres)
            db.many("set_meta", [("schema", str(migration.schema)), ("oldest", str(migration.oldest))])
