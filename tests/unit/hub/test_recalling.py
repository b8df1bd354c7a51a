"""A recall by hand: who would be touched is seen first, what is wrong is said, and nothing begins by accident."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pawline.cli import app
from pawline.hub import Hub, HubRefused
from pawline.hub.recalling import LONGEST, recall_of
from pawline.model import (
    Envelope,
    Event,
    ListedLot,
    LotId,
    LotListed,
    LotRecalled,
    OrderId,
    OrderPlaced,
    Packed,
    Recall,
    RecallClass,
    RecallDecided,
    RecallId,
    ShipmentBooked,
    ShipmentDispatched,
    ShipmentId,
    SkuId,
)  # fmt: skip
from pawline.runtime import fact_digest
from pawline.store import EventRow, Keyring
from pawline.testing.orders import SKUS, order
from tests.unit.hub.shop import hub_of, settled

NOW = datetime.now(UTC)
BAG, CHEW = SKUS[0], SKUS[1]
GOOD = (
    "r-1",
    "--sku",
    BAG,
    "--lot",
    "L1",
    "--class",
    "I",
    "--because",
    "salmonella",
    "--source",
    "https://fda.example/1",
)


@asynccontextmanager
async def shop(folder: Path, *flows: str) -> AsyncIterator[Hub]:
    (folder / "pawline.toml").write_text(f'shops = ["paws"]\nflows = {json.dumps(flows)}\n', "utf-8")
    if not (folder / "pawline.key").exists():
        Keyring.generate().save(folder / "pawline.key")
    async with hub_of(folder) as hub:
        yield hub


async def tell(hub: Hub, *events: Event) -> None:
    for number, event in enumerate(events):
        await hub.engine.record(
            Envelope(shop="paws", source="t", id=f"{event.fact}/{event.subject}/{number}", at=NOW, event=event)
        )
    await settled(hub)


def sent(number: int, *lots: str | None) -> list[Event]:
    """The order, and that it left; its parcel has these lots, or nobody wrote down what is in it."""
    one = OrderId(f"o{number}")
    packed = tuple(Packed(sku=SkuId(BAG), quantity=1, lot=None if lot is None else LotId(lot)) for lot in lots)
    bought = order(number, placed_at=NOW - timedelta(days=3), household=number != 9)
    told: list[Event] = [OrderPlaced(order=bought)]
    if packed:
        told.append(
            ShipmentBooked(
                order=one, shipment=ShipmentId(f"p{number}"), packed=packed, household=bought.household, carrier="dhl"
            )
        )
    return [*told, ShipmentDispatched(order=one, shipment=ShipmentId(f"p{number}"), at=NOW)]


async def pawline(folder: Path, *words: str) -> Any:
    given = [
        "recalls",
        *words,
        *(["--by", "ann"] if words[0] == "begin" else []),
        "--json",
        "--config",
        str(folder / "pawline.toml"),
    ]
    done = await asyncio.to_thread(CliRunner().invoke, app, given)
    if done.exception is not None:
        assert isinstance(done.exception, HubRefused), done.exception
        return str(done.exception)
    return json.loads(done.output)


async def recalled(hub: Hub) -> list[Recall]:
    found = []
    for row in await hub.store.fetch("events_page", ("paws", "lot.recalled@1", 2**62, 99)):
        event = await hub.engine.open_event(EventRow._make(row))
        assert isinstance(event, LotRecalled)
        found.append(event.recall)
    return found


async def test_who_would_be_touched_is_seen_before_anything_begins(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        waits = [OrderPlaced(order=order(number, placed_at=NOW)) for number in (0, 3, 1)]
        await tell(hub, *waits, *sent(6, "L1"), *sent(9, "L2"), *sent(12), *sent(15, None), *sent(18, "L1", "L2"))
        seen = await pawline(tmp_path, "begin", *GOOD)
        assert {name: seen[name] for name in ("held", "left", "parcels", "unknown_lots", "households", "nobody")} == {
            "held": 2, "left": 4, "parcels": 4, "unknown_lots": 2, "households": 4, "nobody": 0
        }  # fmt: skip
        assert (seen["begun"], seen["warnings"]) == (
            False, ["no flow act_on_recall is loaded: nobody would be told and nothing be held; add it to `flows`"]
        )  # fmt: skip
        whole = [word for word in GOOD if word not in ("--lot", "L1")]
        seen = await pawline(tmp_path, "begin", *whole, "--every-lot")
        assert {name: seen[name] for name in ("held", "left", "parcels", "unknown_lots", "households", "nobody")} == {
            "held": 2, "left": 5, "parcels": 6, "unknown_lots": 0, "households": 4, "nobody": 1
        }  # fmt: skip
        assert (await recalled(hub), await hub.store.fetch("audit_page", (0, 9))) == ([], [])


async def test_it_begins_once_and_who_began_it_is_audited(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        await tell(hub, *sent(0, "L1"))
        done = await pawline(tmp_path, "begin", *GOOD, "--sku", BAG, "--lot", " L2 ", "--yes")
        assert (done["begun"], done["acts"]) == (True, True)
        assert await recalled(hub) == [
            Recall(
                id=RecallId("r-1"), severity=RecallClass.CLASS_I, skus=(SkuId(BAG),), lots=(LotId("L1"), LotId("L2")),
                reason="salmonella", source="https://fda.example/1",
            )
        ]  # fmt: skip
        expected = [("ann", "begin recall", "recall:r-1", f"{BAG}: L1, L2: salmonella")]
        assert [row[3:7] for row in await hub.store.fetch("audit_page", (0, 9))] == expected
        assert (await pawline(tmp_path, "begin", *GOOD, "--yes")).startswith("recall r-1 is known already, and what it")
        assert len(await recalled(hub)) == 1
        assert [row[3:7] for row in await hub.store.fetch("audit_page", (0, 9))] == expected
        await settled(hub)
        assert await pawline(tmp_path, "list") == [{"recall": "r-1", "skus": [BAG], "lots": "some", "decided": ""}]
        await tell(hub, RecallDecided(recall=RecallId("r-1"), cancel=True))
        assert [row["decided"] for row in await pawline(tmp_path, "list")] == ["cancelled"]


async def test_where_nobody_can_answer_nothing_begins(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        await tell(hub, *sent(0, "L1"))
        words = ["recalls", "begin", *GOOD, "--config", str(tmp_path / "pawline.toml")]
        done = await asyncio.to_thread(CliRunner().invoke, app, words, input="r-1\n", env={"COLUMNS": "160"})
        assert done.exit_code == 0
        assert "1 household(s), of 1 order(s) that left" in done.output
        assert "Nothing was begun: with --yes it is." in done.output
        assert await recalled(hub) == []


@pytest.mark.parametrize(
    ("typed", "begun"), [("r-1", True), ("", False), (" r-1 ", True), ("r-2", False), ("y", False)]
)  # fmt: skip
async def test_a_person_types_its_name(tmp_path: Path, typed: str, begun: bool) -> None:
    async with shop(tmp_path) as hub:
        await tell(hub, *sent(0, "L1"))
        ours, theirs = pty.openpty()
        done = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pawline.cli", "recalls", "begin", *GOOD, cwd=tmp_path, stdin=theirs,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        os.write(ours, f"{typed}\n".encode())
        told, wrong = await done.communicate()
        os.close(ours)
        os.close(theirs)
        assert len(await recalled(hub)) == int(begun), (told, wrong)
        assert (done.returncode, b"that is not r-1" in wrong) == ((1, True) if typed in ("r-2", "y") else (0, False))


async def test_a_lot_that_nobody_ever_saw_is_said_with_those_that_look_like_it(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        listed = [ListedLot(sku=SkuId(BAG), lot=LotId(lot), as_of=NOW) for lot in ("L24110A", "L24120B")]
        await tell(hub, *sent(0, "L1"), *(LotListed(lot=one) for one in listed))
        begin = ["begin", *GOOD, "--lot", "L2411OA", "--lot", "L24120B", "--lot", "Q"]
        assert (await pawline(tmp_path, *begin))["warnings"][:-1] == [
            "no list and no parcel has lot L2411OA: is it L24110A?", "no list and no parcel has lot Q"
        ]  # fmt: skip


async def test_a_lot_is_recalled_however_warehouses_write_it(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        await tell(hub, *sent(0, "L1"), *sent(3, "l-1"), *sent(6, "L 1"), *sent(12, "L11"))
        seen = await pawline(tmp_path, "begin", *GOOD, "--yes")
        assert seen["warnings"][0] == "lot L1 is written L 1, l-1, too: it is recalled however it is written"
        assert (seen["left"], seen["lots"]) == (3, ["L1", "L 1", "l-1"])
        assert [one.lots for one in await recalled(hub)] == [("L1", "L 1", "l-1")]


@pytest.mark.parametrize(
    ("write", "row", "why"),
    [
        ("set_mode", ("paws", "*", "*", "observe", None), "act_on_recall is on observe"),
        ("set_mode", ("paws", "stop_recalled_order", "*", "paused", None), "stop_recalled_order is on paused"),
        ("set_mode", ("*", "*", "*", "observe", None), "search_recall is on observe"),
        ("set_brake", ("paws", "all", "*", "ann", 1.0, "storm"), "act_on_recall is stopped"),
        ("set_brake", ("paws", "flow", "search_recall", "ann", 1.0, "storm"), "search_recall is stopped"),
    ],
)  # fmt: skip
async def test_what_would_not_be_done_is_said_before_it_begins(
    tmp_path: Path, write: str, row: tuple[object, ...], why: str
) -> None:
    async with shop(tmp_path, "pawline.flows.act_on_recall") as hub:
        await tell(hub, *sent(0, "L1"))
        assert (await pawline(tmp_path, "begin", *GOOD))["warnings"] == []
        assert (await hub.store.written([(write, row)])).error is None
        assert any(one.startswith(why) for one in (await pawline(tmp_path, "begin", *GOOD))["warnings"])


async def test_it_is_known_by_its_name_also_where_its_fact_was_purged(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        await tell(hub, *sent(0, "L1"))
        await pawline(tmp_path, "begin", *GOOD, "--yes")
        await settled(hub)
        (recall,) = await recalled(hub)
        gone = fact_digest("paws", LotRecalled(recall=recall))
        assert (await hub.store.written([("purge_fact", (gone,))])).error is None
        assert (await pawline(tmp_path, "begin", *GOOD, "--yes")).startswith("recall r-1 is known already")
        assert len(await recalled(hub)) == 1


async def test_a_sku_that_nobody_knows_is_refused_with_those_that_look_like_it(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        await tell(hub, *sent(0, "L1"))
        wrong = [f"{BAG}x" if word == BAG else word for word in GOOD]
        assert await pawline(tmp_path, "begin", *wrong, "--yes") == (
            f"nobody ever described, counted, sold or packed {BAG}x: is it {BAG}?"
        )
        wrong = ["zzz" if word == BAG else word for word in GOOD]
        assert await pawline(tmp_path, "begin", *wrong, "--yes") == (
            "nobody ever described, counted, sold or packed zzz: correct the SKU"
        )
        assert (await recalled(hub), await hub.store.fetch("audit_page", (0, 9))) == ([], [])


async def test_without_a_hub_it_is_recorded_and_said_that_nobody_acts(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        await tell(hub, *sent(0, "L1"))
    seen = await pawline(tmp_path, "begin", *GOOD)
    assert (seen["left"], seen["households"]) == (1, 1)
    done = await pawline(tmp_path, "begin", *GOOD, "--yes")
    assert (done["begun"], done["acts"]) == (True, False)
    async with shop(tmp_path) as hub:
        assert [one.id for one in await recalled(hub)] == ["r-1"]


SAID: dict[str, Any] = {
    "id": "r-1", "skus": ["a"], "lots": ["L1"], "severity": "II", "because": "metal", "source": "https://x.example/1"
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": ""}, "--id is"), ({"id": "a/b"}, "--id is"), ({"id": "x" * 65}, "--id is"),
        ({"because": " "}, "--because says"),
        ({"because": "x" * (LONGEST + 1)}, "--because says"), ({"source": "the maker"}, "--source is"),
        ({"source": "ftp://x.example"}, "--source is"), ({"source": "https://"}, "--source is"),
        ({"source": "https://x.example/a b"}, "--source is"), ({"severity": "IV"}, "--class is"),
        ({"severity": ""}, "--class is"),
        ({"skus": []}, "--sku names"), ({"skus": [" "]}, "--sku is empty"), ({"lots": []}, "say --lot for each lot"),
        ({"every_lot": True}, "say --lot for each lot"), ({"lots": ["L1", ""]}, "--lot is empty"),
        ({"lots": [f"L{n}" for n in range(1_001)]}, "--lot: at most 1000"),
        ({"skus": [f"{n:0>190}" for n in range(300)]}, "--sku and --lot are too many for one recall"),
    ],
)  # fmt: skip
def test_what_is_entered_wrong_is_said_by_its_option(change: dict[str, Any], why: str) -> None:
    with pytest.raises(HubRefused) as refused:
        recall_of(SAID | change)
    assert str(refused.value).startswith(why)
    assert recall_of(SAID).lots == ("L1",)
