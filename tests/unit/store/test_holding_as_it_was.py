"""Whatever happens to orders, counts and holds, a decision is what it was when it looked at all of them each time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from pawline.model import not_contained
from pawline.store import HoldRow, OutOfStock
from pawline.store.database import Database, Row
from pawline.store.holding import FEW
from pawline.store.postgres import Postgres
from pawline.store.postgres import _text as in_postgres
from pawline.store.sqlite import Sqlite
from pawline.store.statements import _NAME, _statement
from tests.unit.store.desk import Desk, Place, digest

SHOP: Final = "paws"
SKUS: Final = ("bone", "chew", "leash")
PLACES: Final = ("kiosk", "main")
LINES: Final = ("l1", "l2", "l3")
OLD: Final = (Path(__file__).parent / "holds_as_they_were.sql").read_text("utf-8")
RECENT: Final = 5
"""To so many orders the most happens."""
HOLDS: Final = "select ord, sku, quantity, made, until, sold from hold order by ord, sku"

SUMS: Final = "select sku, contains, units from line_sum order by sku"
SUMMED: Final = """
select l.sku, (select min(s.contains) from view_stock s where s.sku = l.sku), (
    select coalesce(sum(i.quantity), 0) from view_item i where i.sku = l.sku and i.placed > l.contains)
from line_sum l order by l.sku"""


class Ask(NamedTuple):
    """One unit's: what it would hold, and the fact that it records, if any."""

    holds: list[HoldRow]
    fact: bytes | None


def taught(database: Database) -> None:
    """The old statements, under names of their own, for this one connection."""
    pieces = _NAME.split(OLD)[1:]
    dialect = "postgres" if isinstance(database, Postgres) else "sqlite"
    found = {
        name: _statement(name, marks, body, dialect)
        for name, marks, body in zip(pieces[0::3], pieces[1::3], pieces[2::3], strict=True)
    }
    database.statements = database.statements | found
    if isinstance(database, Postgres):
        database.texts.of |= {name: in_postgres(one).encode() for name, one in found.items()}


def rows_of(database: Database, text: str) -> list[Row]:
    if isinstance(database, Sqlite):
        return database.db.execute(text).fetchall()
    assert isinstance(database, Postgres)
    return database._db.cursor().execute(text.encode()).fetchall()


def left_of(database: Database, names: tuple[str, str], skus: Sequence[tuple[str, str]], now: float) -> dict[Row, int]:
    """What is left, as it was reckoned then; by statements of now or then."""
    times = [(shop, sku, now) for shop, sku in skus]
    held = {(shop, sku): count for shop, sku, count in database.decide(names[0], times)}
    steps: dict[Row, list[tuple[int, int]]] = {}
    left: dict[Row, int] = {}
    for shop, sku, on_hand, safety, ordered in database.decide(names[1], times):
        steps.setdefault((shop, sku), []).append((on_hand, ordered))
        left[shop, sku] = left.get((shop, sku), 0) + on_hand - safety
    return {of: left[of] - not_contained(found) - held.get(of, 0) for of, found in steps.items()}


def decided_then(
    database: Database, asks: Sequence[Ask], known: set[bytes], now: float
) -> tuple[list[tuple[str, ...] | None], list[Row]]:  # fmt: skip
    """What each is told, and all holds after it; nothing of it stays."""
    database.savepoint()
    skus = sorted({(row.shop, row.sku) for ask in asks for row in ask.holds})
    database.many("old_drop_over_holds", [(shop, sku, now) for shop, sku in skus])
    left = left_of(database, ("old_hold_held", "old_hold_steps"), skus, now)
    orders = sorted({(row.shop, row.order) for ask in asks for row in ask.holds})
    has = {(shop, order, sku): count for shop, order, sku, count in database.decide("held_orders", orders)}
    told: list[tuple[str, ...] | None] = []
    recorded = set(known)
    for ask in asks:
        lacks = {row: row.quantity - has.get(row[:3], 0) for row in ask.holds if ask.fact not in recorded}
        wanted = {row: count for row, count in lacks.items() if count > 0}
        short = tuple(sorted(row.sku for row, count in wanted.items() if left.get(row[:3:2], 0) < count))
        told.append(short or None)
        if short:
            continue
        recorded |= set() if ask.fact is None else {ask.fact}
        for row, count in wanted.items():
            left[row.shop, row.sku] -= count
            has[row[:3]] = row.quantity
            database.many("insert_hold", [row])
    holds = rows_of(database, HOLDS)
    database.undo()
    return told, holds


def check(database: Database, now: float) -> None:
    """The exact figure is the old one, and the cheap one no more."""
    skus = [(SHOP, sku) for sku in SKUS]
    database.savepoint()
    database.many("drop_over_holds", [(*of, now) for of in skus])
    then = left_of(database, ("old_hold_held", "old_hold_steps"), skus, now)
    assert left_of(database, ("hold_held", "hold_steps"), skus, now) == then
    least = {(shop, sku): count for shop, sku, count, _ in database.decide("hold_least", skus)}
    assert least.keys() == then.keys()
    assert all(least[of] <= count for of, count in then.items())
    assert rows_of(database, SUMS) == rows_of(database, SUMMED)
    database.undo()


class Walk:
    """A shop to which things happen by chance, in any order, and often twice."""

    desk: Desk

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.now = 20.0
        self.orders: list[str] = []
        self.placed: dict[str, float] = {}
        self.known: set[bytes] = set()
        self.refused = self.granted = 0

    def moment(self) -> float:
        """Mostly around now; clocks differ."""
        return max(0.0, self.now + self.chance.randint(-12, 3))

    def lines(self, order: str, edited: float | None) -> list[tuple[str, Row]]:
        """As it was placed, or some of them as they are after an edit."""
        writes: list[tuple[str, Row]] = []
        at = self.placed[order] if edited is None else edited
        for line in self.chance.sample(LINES, self.chance.randint(1, 2)):
            if edited is not None:
                key = (SHOP, order, line, edited)
                writes += [("view_edited", key), ("view_line_out", key)]
            sku, units = self.chance.choice(SKUS), self.chance.randint(0, 4)
            if edited is None or units:
                writes.append(("view_line", (SHOP, order, line, sku, edited or 0.0, units, at)))
        return writes

    def heard(self, order: str) -> list[tuple[str, Row]]:
        adopted = int(self.chance.random() < 0.2)
        row = (SHOP, order, None, None, self.placed[order], "web", adopted, "EUR", 1)
        return [("view_placed", row), *self.lines(order, None)]

    def some(self) -> str:
        if not self.orders or self.chance.random() < 0.1:
            self.orders.append(f"o{len(self.orders):03}")
            self.placed[self.orders[-1]] = self.moment()
        return self.chance.choice(self.orders[-RECENT:])

    def writes(self) -> list[tuple[str, Row]]:
        order, roll = self.some(), self.chance.randint(0, 11)
        if roll < 3:
            return self.heard(order)
        if roll < 6:
            name = ("view_paid", "view_sent", "view_ended")[roll - 3]
            return [(name, (SHOP, order, self.moment()))]
        if roll < 9:
            return self.lines(order, self.moment())
        if roll == 9:
            at, safety = self.moment(), self.chance.choice((0, 0, 2))
            on_hand = self.chance.choice((-2, 3, 9, 25, 40))
            row = (SHOP, self.chance.choice(SKUS), self.chance.choice(PLACES), at, on_hand, at, safety)
            return [("view_counted", row)]
        if roll == 10:
            return [("let_go_hold", (SHOP, order))]
        return [("purge_hold", (SHOP, order, self.chance.choice(SKUS)))]

    def row(self, order: str, sku: str, mine: bool) -> HoldRow:
        until = self.chance.choice((None, self.now + self.chance.randint(-2, 9)))
        if mine:
            return HoldRow(SHOP, order, sku, self.chance.randint(1, 3), self.placed[order], until, self.placed[order])
        return HoldRow(SHOP, order, sku, self.chance.randint(1, 5), self.moment(), until)

    def ask(self) -> Ask:
        mine = self.chance.random() < 0.3  # a checkout, in the order's own commit
        if mine:
            order = f"o{len(self.orders):03}"
            self.orders.append(order)
            self.placed[order] = self.now
        else:
            order = self.some()
        rows = [self.row(order, sku, mine) for sku in self.chance.sample(SKUS, self.chance.randint(1, 2))]
        fact = digest(f"f{self.chance.randint(0, 60)}") if self.chance.random() < 0.3 else None
        return Ask(rows, fact)

    async def decide(self) -> None:
        asks = [self.ask() for _ in range(self.chance.randint(1, 4))]
        told, holds = await self.desk.store.job(lambda db: decided_then(db, asks, self.known, self.now))
        units: list[dict[str, Any]] = [
            {"holds": one.holds, "events": [] if one.fact is None else [(self.desk.event(), (one.fact,))]}
            for one in asks
        ]
        outcomes = await self.desk.together(units)
        now = [one.error.skus if isinstance(one.error, OutOfStock) else one.error for one in outcomes]
        assert (now, await self.desk.store.job(lambda db: rows_of(db, HOLDS))) == (told, holds)
        self.known |= {one.fact for one, said in zip(asks, told, strict=True) if one.fact and said is None}
        self.refused += sum(said is not None for said in told)
        self.granted += sum(said is None for said in told)

    async def rebuilt(self) -> None:
        """Rows are taken out, of one order or of all, and some told again: the others come later, or never."""
        one = self.chance.choice(self.orders[-RECENT:]) if self.chance.random() < 0.7 else None
        tables = self.chance.sample(
            (("view_item", "ord"), ("view_order", "id"), ("view_edit", "ord")), self.chance.randint(0, 2)
        )
        texts = [f"delete from {table}" + (f" where {key} = '{one}'" if one else "") for table, key in tables]  # noqa: S608
        texts += [
            f"update view_order set ended = null where id = '{self.some()}'",  # noqa: S608
            f"update view_edit set at = at - 9 where ord = '{self.some()}'",  # noqa: S608
            f"delete from view_stock where location = 'kiosk' and sku = '{self.chance.choice(SKUS)}'",  # noqa: S608
        ]
        await self.desk.store.job(lambda db: db.script(texts))

    async def step(self) -> None:
        roll = self.chance.random()
        if roll < 0.35:
            await self.decide()
        elif roll < 0.4 and self.orders:
            await self.rebuilt()
        elif roll < 0.43 and self.orders:
            order = self.chance.choice(self.orders[-RECENT:])
            await self.desk.commit(writes=[("keep_hold", (SHOP, order, sku)) for sku in SKUS[:1]])
        else:
            await self.desk.stored(writes=[one for _ in range(self.chance.randint(1, 3)) for one in self.writes()])
        await self.desk.store.job(lambda db: check(db, self.now))
        self.now += self.chance.choice((0, 0, 1, 2))


async def walked(place: Place, seed: int, few: int, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pawline.store.holding.FEW", few)
    walk = Walk(random.Random(seed))
    walk.desk = await place.open(clock=lambda: walk.now)
    await walk.desk.store.job(taught)
    for sku in SKUS:
        for spot in PLACES[: walk.chance.randint(1, 2)]:
            row = (SHOP, sku, spot, 0.0, walk.chance.choice((9, 40)), 0.0, 0)
            await walk.desk.stored(writes=[("view_counted", row)])
    for _ in range(steps):
        await walk.step()
    assert min(walk.granted, walk.refused) > 3


@pytest.mark.only("memory")
@pytest.mark.parametrize("few", [1, FEW])
@pytest.mark.parametrize("seed", range(15))
async def test_a_decision_is_what_it_was(place: Place, seed: int, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    await walked(place, seed, few, 200, monkeypatch)


@pytest.mark.only("postgres")
@pytest.mark.parametrize(("seed", "few"), [(1, 1), (2, 1), (3, FEW)])
async def test_a_decision_is_what_it_was_on_postgres(
    place: Place, seed: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await walked(place, seed, few, 80, monkeypatch)
