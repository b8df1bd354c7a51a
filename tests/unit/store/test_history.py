"""What an import gives to a store: what one database would not keep is one bad line on each, and a full queue waits."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pawline.hub import history as module
from pawline.hub.history import History, Told
from pawline.model import OrderPlaced
from pawline.runtime import Bindings, Engine, Flows
from pawline.store import Bounds, Unit
from pawline.testing.orders import order
from pawline.views import ALL, Projector
from tests.unit.hub.test_history import line
from tests.unit.store.desk import Desk, Place

UNKEPT = "a name holds a character that no database keeps"
LINK = {"account": "shop/eu", "kind": "order", "ours": "o1", "theirs": "900"}


@asynccontextmanager
async def opened(desk: Desk) -> AsyncIterator[History]:
    engine = Engine(desk.store, Flows([]), Bindings([]))
    await engine.start()
    try:
        yield History(engine, Projector(desk.store, ALL), alive=False)
    finally:
        await engine.stop()


async def counted(desk: Desk, table: str) -> int:
    def job(db: Any) -> int:
        text = f"select count(*) from {table}"  # noqa: S608 - our own names
        return int(next(iter(db.db.execute(text) if hasattr(db, "db") else db._db.execute(text.encode())))[0])

    return await desk.store.job(job)


def placed(n: int, **changed: object) -> str:
    whole = json.loads(line(OrderPlaced(order=order(n))))
    whole["data"]["order"] |= changed
    return json.dumps({name: whole[name] for name in ("type", "time", "data")})


async def test_a_name_that_one_database_would_not_keep_is_one_bad_line_on_each(place: Place) -> None:
    desk = await place.open()
    lines = [
        placed(1, id="o\0001"), placed(2, household="h\0"),
        json.dumps(json.loads(placed(3)) | {"source": "/shops/paws/old%00"}),
        *[json.dumps({"link": LINK | {name: "a\0b"}}) for name in LINK], json.dumps({"link": LINK}), placed(4),
    ]  # fmt: skip
    async with opened(desk) as history:
        told = await history.take("file", "paws", 4e9, 1, lines)
        bad = [(n, UNKEPT) for n in (1, 2, 3)] + [(n, f"link: {UNKEPT}") for n in (4, 5, 6, 7)]
        assert told == Told(new=1, links=1, bad=bad)
        assert (await counted(desk, "event"), await counted(desk, "link")) == (1, 1)
        assert (await history.begin("file", "paws", None))["lines"] == len(lines)


@pytest.mark.only("sqlite", "postgres")  # a store in memory writes at once: nothing waits
async def test_links_and_the_mark_of_a_page_wait_while_the_store_is_full_of_work(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAIN", 0.001)
    desk = await place.open(bounds=Bounds(queue_units=3))
    slow, transaction = threading.Event(), desk.store._writer.transaction
    run = transaction.run

    def hangs(units: Sequence[Unit]) -> object:
        slow.wait(10)
        return run(units)

    async with opened(desk) as history:
        transaction.run = hangs  # type: ignore[method-assign,assignment]
        desk.store.commit(Unit(lambda _: None))
        while desk.store.waiting:  # noqa: ASYNC110 - until it is in the writer's hands
            await asyncio.sleep(0)
        for _ in range(3):
            desk.store.commit(Unit(lambda _: None))
        page = asyncio.create_task(history.take("file", "paws", 4e9, 1, [json.dumps({"link": LINK})]))
        try:
            for _ in range(20):
                await asyncio.sleep(0.001)
                assert not page.done(), page
        finally:
            slow.set()
        assert await page == Told(links=1)
        assert await desk.store.fetch("links_of", ("paws", "order", "o1")) == [("shop/eu", "900")]
        assert (await history.begin("file", "paws", None))["lines"] == 1
