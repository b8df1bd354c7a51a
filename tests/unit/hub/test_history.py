"""History is remembered: views and links know it, and nothing else happens."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.hub import Hub, HubRefused
from pawline.hub.history import LONGEST, PAGE, SAID, BadLine, Linked, read_line
from pawline.hub.line import LIMIT
from pawline.model import Envelope, Event, HouseholdId, OrderCancelled, OrderPlaced
from pawline.model.cloudevents import to_cloudevent
from pawline.model.cloudevents_wire import to_structured
from pawline.testing.orders import order
from tests.unit.hub.shop import hub_of, settled
from tests.unit.hub.test_command_line import Shop

LONG_AGO = datetime(2025, 3, 1, 9, tzinfo=UTC)
FLOWS = '''
from pawline.model import OrderCancelled, OrderPlaced
from pawline.runtime import flow, now, wait_for
from datetime import timedelta

@flow(on=OrderPlaced, cancel_on=OrderCancelled)
async def follow(placed: OrderPlaced) -> str:
    """An order is followed until it is called off, or for a year."""
    await wait_for(OrderCancelled, key=placed.order.id, until=now() + timedelta(days=365))
    return "over"
'''


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    import sys

    from pawline.store import Keyring

    (tmp_path / "history_flows.py").write_text(FLOWS, "utf-8")
    (tmp_path / "pawline.toml").write_text('shops = ["paws"]\nflows = ["history_flows"]\n', "utf-8")
    Keyring.generate().save(tmp_path / "pawline.key")
    sys.modules.pop("history_flows", None)
    yield tmp_path
    sys.modules.pop("history_flows", None)
    sys.path[:] = [one for one in sys.path if one != str(tmp_path)]


def line(event: Event, when: datetime = LONG_AGO, name: str = "") -> str:
    envelope = Envelope(
        shop="paws", source="old", id=name or f"{type(event).__name__}-{event.subject}", at=when, event=event
    )
    return to_structured(to_cloudevent(envelope)).decode()


def orders(first: int, last: int) -> list[str]:
    return [line(OrderPlaced(order=order(n))) for n in range(first, last + 1)]


def cancelled(n: int) -> OrderCancelled:
    return OrderCancelled(order=order(n).id, at=LONG_AGO, by="shopper", because="changed their mind")


async def take(
    hub: Hub, lines: list[str], *, name: str = "file", before: float = 4e9, first: int = 1
) -> dict[str, Any]:
    found: dict[str, Any] = await hub.desk.answer(
        "import", {"name": name, "shop": "paws", "before": before, "first": first, "lines": lines}
    )
    return found


async def _rows(hub: Hub, text: str) -> list[Any]:
    return await hub.store.job(lambda db: list(db.db.execute(text)))  # type: ignore[attr-defined]


async def counts(hub: Hub) -> dict[str, int]:
    found = {}
    for table in ("event", "run", "wait", "command", "inquiry", "journal", "view_order", "link"):
        found[table] = (await _rows(hub, f"select count(*) from {table}"))[0][0]  # noqa: S608 - our own names
    return found


NOTHING = {"event": 0, "run": 0, "wait": 0, "command": 0, "inquiry": 0, "journal": 0, "view_order": 0, "link": 0}


async def test_orders_of_the_past_are_in_the_views_and_begin_nothing(folder: Path) -> None:
    async with hub_of(folder) as hub:
        told = await take(hub, [*orders(1, 30), line(cancelled(3))])
        assert told == {"new": 31, "known": 0, "links": 0, "live": 0, "erased": 0, "bad": []}
        await settled(hub)
        assert await counts(hub) == NOTHING | {"event": 31, "view_order": 30}
        again = await take(hub, [*orders(1, 30), line(cancelled(3))])
        assert again == told | {"new": 0, "known": 31}
        await settled(hub)
        assert await counts(hub) == NOTHING | {"event": 31, "view_order": 30}


async def test_history_wakes_no_wait_cancels_no_run_and_is_taken_by_no_later_wait(folder: Path) -> None:
    async with hub_of(folder) as hub:
        await hub.engine.record(
            Envelope(shop="paws", source="shop", id="1", at=LONG_AGO, event=OrderPlaced(order=order(1)))
        )
        told = await take(hub, [line(cancelled(1), name="a"), line(cancelled(1), name="b")])
        assert told["new"] + told["known"] == 2
        await settled(hub)
        assert (await counts(hub))["command"] == 0
        assert [row["status"] for row in await hub.desk.answer("runs", {"shop": "paws"})] == ["waiting"]
        assert await _rows(hub, "select event from wait") == [(None,)]
    async with hub_of(folder) as hub:  # also where another hub looks for what its waits missed
        await settled(hub)
        assert await _rows(hub, "select event from wait") == [(None,)]
        assert [row["status"] for row in await hub.desk.answer("runs", {"shop": "paws"})] == ["waiting"]


async def test_recorded_while_no_hub_runs_it_is_history_for_the_hub_that_comes(folder: Path) -> None:
    shop = Shop(folder)
    (folder / "past.jsonl").write_text("\n".join(orders(1, 5)), "utf-8")
    told = shop.json("import", "past.jsonl", "--go", "--reason", "moving in")
    assert told["new"] == 5
    async with hub_of(folder) as hub:
        await settled(hub)
        assert await counts(hub) == NOTHING | {"event": 5, "view_order": 5}


async def test_a_line_that_cannot_be_read_is_told_and_the_rest_goes_in(folder: Path) -> None:
    good = orders(1, 2)
    wrong = json.loads(good[0]) | {"data": {"order": {"id": 7}}}
    lines = [
        good[0], "{", '["no"]', '{"type": "order.placed@1"}', json.dumps(wrong), "", good[1],
        json.dumps(json.loads(good[0]) | {"type": "order.invented@1"}),
        json.dumps(json.loads(good[0]) | {"source": "/shops/other/old"}), '{"link": {"account": "x"}}',
    ]  # fmt: skip
    async with hub_of(folder) as hub:
        told = await take(hub, lines, first=11)
        assert (told["new"], [number for number, _ in told["bad"]]) == (2, [12, 13, 14, 15, 18, 19, 20])
        whys = dict(told["bad"])
        assert whys[13] == "no JSON object: a line is an event, or a link"
        assert whys[14] == "an event has `type`, `time` and `data`: `time` is missing, or is no str"
        assert whys[19] == "it is of the shop other, not paws"
        assert whys[20] == "link: Object missing required field `kind`"
        await settled(hub)
        assert await counts(hub) == NOTHING | {"event": 2, "view_order": 2}


@pytest.mark.parametrize("deep", [400, 100_000])
async def test_a_line_that_is_nested_too_deeply_is_one_bad_line(folder: Path, deep: int) -> None:
    good = orders(1, 2)
    nested = good[0].replace('"data":{', '"data":{"more":' + "[" * deep + "]" * deep + ",", 1)
    assert nested != good[0]
    async with hub_of(folder) as hub:
        told = await take(hub, [nested, good[1]])
        assert (told["new"], [number for number, _ in told["bad"]]) == ((2, []) if deep == 400 else (1, [1]))
        assert [why for _, why in told["bad"]] == ([] if deep == 400 else ["it is nested too deeply"])


def test_what_is_wrong_with_a_line_is_told_in_a_sentence_however_long_the_line(folder: Path) -> None:
    with pytest.raises(BadLine) as told:
        read_line(orders(1, 1)[0].replace("/shops/paws/old", "/" * 100_000), "paws")
    assert str(told.value) == "source is /shops/<shop>/<source>, not '" + "/" * (SAID - 39)
    assert len(str(told.value)) == SAID
    with pytest.raises(BadLine, match=r"^it is longer than 1 MB: no event of ours is$"):
        read_line(orders(1, 1)[0] + " " * LONGEST, "paws")


def test_pages_of_long_lines_are_cut_to_what_a_question_to_the_hub_holds(folder: Path) -> None:
    """One page of so many lines would be over 16 MB."""
    shop = Shop(folder)
    lines = [line(msgspec.structs.replace(cancelled(n), because='"' * 60_000)) for n in range(1, PAGE + 1)]
    lines[7:7] = ['{"type": "order.placed@1", "data": {"order": "' + "x" * LONGEST + '"}}']
    (folder / "long.jsonl").write_text("\n".join(lines), "utf-8")
    assert (folder / "long.jsonl").stat().st_size > LIMIT
    bad = [[8, "it is longer than 1 MB: no event of ours is"]]
    seen = shop.json("import", "long.jsonl", code=1)
    assert (seen["lines"], seen["events"], seen["bad"]) == (PAGE + 1, {"order.cancelled@1": PAGE}, bad)
    shop.up()
    try:
        told = shop.json("import", "long.jsonl", "--go", "--reason", "moving in", code=1)
        assert told == {"new": PAGE, "known": 0, "links": 0, "live": 0, "erased": 0, "bad": bad}
        again = shop.json("import", "long.jsonl", "--go", "--reason", "again")
        assert again == told | {"new": 0, "bad": []}
    finally:
        shop.end()


async def test_a_figure_that_no_money_holds_is_one_bad_line_and_stops_no_import(folder: Path) -> None:
    good = orders(1, 2)
    huge = re.sub(r'"minor":\d+', '"minor":9007199254740993', good[0].replace(" ", ""), count=1)
    assert huge != good[0].replace(" ", "")
    async with hub_of(folder) as hub:
        told = await take(hub, [huge, good[1]], first=1)
        assert (told["new"], [number for number, _ in told["bad"]]) == (1, [1])


async def test_links_are_kept_and_one_that_is_another_s_is_told(folder: Path) -> None:
    def link(ours: str, theirs: str) -> str:
        return json.dumps({"link": {"account": "shop/eu", "kind": "order", "ours": ours, "theirs": theirs}})

    async with hub_of(folder) as hub:
        told = await take(hub, [link("o-1", "900"), link("o-2", "901"), link("o-1", "900"), link("o-3", "901")])
        assert (told["links"], [number for number, _ in told["bad"]]) == (3, [4])
        assert told["bad"][0][1].startswith("shop/eu has order 901 linked to another of ours")
        assert await hub.store.fetch("links_of", ("paws", "order", "o-1")) == [("shop/eu", "900")]
        assert await hub.store.fetch("links_of", ("paws", "order", "o-3")) == []


async def test_what_happened_since_the_hub_hears_is_left_to_it(folder: Path) -> None:
    async with hub_of(folder) as hub:
        first = await hub.desk.answer("import_begin", {"name": "f", "shop": "paws", "before": None})
        assert (first["lines"], hub.store.now() - 3_700 < first["before"] <= hub.store.now() - 3_600) == (0, True)
        await hub.engine.record(
            Envelope(shop="paws", source="shop", id="1", at=LONG_AGO, event=OrderPlaced(order=order(1)))
        )
        heard = (await hub.store.fetch("first_heard", ("paws",)))[0][0]
        begun = await hub.desk.answer("import_begin", {"name": "f", "shop": "paws", "before": None})
        assert begun == {"lines": 0, "before": heard - 3600}
        with pytest.raises(HubRefused, match="this hub has heard for itself since"):
            await hub.desk.answer("import_begin", {"name": "f", "shop": "paws", "before": heard + 1})
        late = datetime.fromtimestamp(heard, UTC) - timedelta(minutes=59)
        told = await take(hub, [line(OrderPlaced(order=order(2)), late)], before=begun["before"])
        assert (told["live"], told["new"]) == (1, 0)
        # It comes by its webhook then, and its flow begins.
        await hub.engine.record(
            Envelope(shop="paws", source="shop", id="2", at=late, event=OrderPlaced(order=order(2)))
        )
        await settled(hub)
        assert len(await hub.desk.answer("runs", {"shop": "paws"})) == 2


async def test_a_page_that_was_taken_is_not_offered_again_and_who_imported_is_on_record(folder: Path) -> None:
    async with hub_of(folder) as hub:
        await take(hub, orders(1, 5))
        given = {"name": "file", "shop": "paws", "before": None, "by": "ada", "reason": "moving in"}
        assert (await hub.desk.answer("import_begin", given))["lines"] == 5
        assert (await hub.desk.answer("import_begin", given | {"name": "other", "by": ""}))["lines"] == 0
        audit = await _rows(hub, "select by, action, target, detail from audit")
        assert audit == [("ada", "import", "file", "moving in")]


async def test_a_household_that_was_erased_stays_so(folder: Path) -> None:
    async with hub_of(folder) as hub:
        gone = order(1).household
        assert gone is not None
        called = json.dumps({"link": {"account": "a/eu", "kind": "household", "ours": gone, "theirs": "p-1"}})
        assert (await take(hub, [*orders(1, 1), called]))["links"] == 1
        await hub.engine.erase("paws", HouseholdId(gone))
        told = await take(hub, [called], name="links")
        assert (told["links"], told["erased"]) == (0, 1)
        assert await hub.store.fetch("links_of", ("paws", "household", gone)) == []
        told = await take(hub, [line(OrderPlaced(order=msgspec.structs.replace(order(2), household=gone)))])
        assert (told["new"], told["erased"]) == (0, 1)


def test_a_line_without_an_id_is_the_same_event_each_time() -> None:
    bare = {"type": "order.placed@1", "time": "2025-03-01T09:00:00Z", "data": json.loads(orders(1, 1)[0])["data"]}
    one, two = read_line(json.dumps(bare), "paws"), read_line(json.dumps(bare) + "\n", "paws")
    assert isinstance(one, Envelope) and one == two and len(one.id) == 32 and one.source == "history"  # noqa: PT018
    with pytest.raises(BadLine, match="it is not UTF-8: invalid start byte at byte 2"):
        read_line(b'"\xff"', "paws")
    assert read_line('{"link":{"account":"a","kind":"k","ours":"o","theirs":"t"}}', "paws") == Linked(
        account="a", kind="k", ours="o", theirs="t"
    )


def test_the_command_reads_first_then_imports_and_goes_on_where_it_was(folder: Path) -> None:
    shop = Shop(folder)
    lines = [*orders(1, PAGE + 5), "{"]
    with gzip.open(folder / "past.jsonl.gz", "wb") as packed:
        packed.write("\n".join(lines).encode() + b'\n"\xff"\n')
    seen = shop.json("import", "past.jsonl.gz", code=1)
    assert (seen["lines"], seen["events"], seen["taken"]) == (PAGE + 7, {"order.placed@1": PAGE + 5}, 0)
    assert seen["bad"] == [
        [PAGE + 6, "no JSON: Input data was truncated"],
        [PAGE + 7, "it is not UTF-8: invalid start byte at byte 2"],
    ]
    said = shop.pawline("import", "past.jsonl.gz", code=1).stdout
    assert "Nothing was written." in said and f"line {PAGE + 6}: no JSON" in said  # noqa: PT018
    assert "say why with --reason" in shop.pawline("import", "past.jsonl.gz", "--go", code=1).stderr
    told = shop.json("import", "past.jsonl.gz", "--go", "--reason", "moving in", code=1)
    assert (told["new"], told["bad"]) == (PAGE + 5, seen["bad"])
    again = shop.json("import", "past.jsonl.gz", "--go", "--reason", "again")
    assert again == {"new": 0, "known": 0, "links": 0, "live": 0, "erased": 0, "bad": []}
    (folder / "half.jsonl.gz").write_bytes((folder / "past.jsonl.gz").read_bytes()[:200])
    assert "is no whole gzip file" in shop.pawline("import", "half.jsonl.gz", code=1).stderr


async def test_an_order_export_is_history_too_and_its_bad_rows_are_told(folder: Path) -> None:
    shop, file = Shop(folder), Path(__file__).parents[1] / "kit" / "exports" / "shopify_orders.csv"
    seen = shop.json("import", str(file), code=1)
    assert seen["events"] == {"order.placed@1": 4, "shipment.dispatched@1": 1, "order.cancelled@1": 1}
    assert [number for number, _ in seen["bad"]] == [7, 8, 9, 10, 11]
    assert seen["bad"][1] == [8, "order #1006: `Lineitem quantity` is -1: an order takes one at least"]
    told = shop.json("import", str(file), "--go", "--reason", "moving in", code=1)
    assert (told["new"], told["bad"]) == (6, seen["bad"])
    assert shop.json("import", str(file), "--go", "--reason", "again", code=1)["new"] == 0
    async with hub_of(folder) as hub:
        await settled(hub)
        rows = await _rows(
            hub, "select number, total, currency, sent is null, ended is null from view_order order by number"
        )
        assert rows == [
            ("#1001", 5190, "EUR", 0, 1), ("#1002", 9743, "USD", 1, 1), ("#1003", 1000, "EUR", 1, 0),
            ("#1004", 334, "EUR", 1, 1),
        ]  # fmt: skip
        assert (await counts(hub))["run"] == 0
    (folder / "wrong.csv").write_text("a,b\n", "utf-8")
    assert "there is no column 'Name'" in shop.pawline("import", "wrong.csv", code=1).stderr
    assert "cannot be read" in shop.pawline("import", "absent.jsonl", code=1).stderr
