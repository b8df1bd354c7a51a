"""The catalogue's sheet: what labels say is looked over in a spreadsheet, and nothing of it counts before."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pawline.cli import app
from pawline.cli.catalog import share
from pawline.hub import Hub
from pawline.hub.goods import GoodsDesk
from pawline.model import Description, Envelope, Food, OrderPlaced, ProductDescribed, ProductKind, SkuId
from pawline.ports import Catalog
from pawline.store import Keyring
from pawline.testing.orders import SKUS, order
from tests.unit.hub.shop import hub_of, settled

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
KIBBLE = SKUS[0]
DOG = "X is formulated to meet the nutritional levels established by the AAFCO Dog Food Nutrient Profiles for growth."


@asynccontextmanager
async def shop(folder: Path) -> AsyncIterator[Hub]:
    (folder / "pawline.toml").write_text('shops = ["paws"]\nflows = []\ncatalog = "hub"\n', "utf-8")
    if not (folder / "pawline.key").exists():
        Keyring.generate().save(folder / "pawline.key")
    async with hub_of(folder) as hub:
        yield hub


async def tell(hub: Hub, *said: Description) -> None:
    for one in said:
        event = ProductDescribed(description=one, account="files/sheet")
        await hub.engine.record(
            Envelope(shop="paws", source="t", id=f"{one.sku}/{one.as_of}", at=NOON, event=event)
        )  # fmt: skip
    await settled(hub)


def described(sku: str, minute: int = 0, **food: Any) -> Description:
    as_of = NOON.replace(minute=minute)
    return Description(sku=SkuId(sku), as_of=as_of, title=f"={sku}", kind=ProductKind.FOOD, food=Food(**food))


async def pawline(folder: Path, *words: str, code: int = 0) -> Any:
    given = ["catalog", *words, "--json", "--config", str(folder / "pawline.toml")]
    done = await asyncio.to_thread(CliRunner().invoke, app, given)
    if done.exit_code != code or code:
        assert done.exit_code == code or code, (done.output, done.exception)
        return str(done.exception)
    return json.loads(done.output)


def sheet(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))


def save(file: Path, rows: list[dict[str, str]], delimiter: str = ",", encoding: str = "utf-8-sig") -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    file.write_bytes(text.getvalue().encode(encoding, "replace"))


async def said_by_hub(hub: Hub, sku: str) -> Any:
    (binding,) = [one for one in hub.engine.bindings if one.port is Catalog]
    return await binding.implementation.product(SkuId(sku))


async def test_what_a_label_says_counts_once_somebody_said_so_and_who_is_audited(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        await tell(hub, described("a", adequacy=DOG, ingredients="peas, chicken, natural flavor"), described("b"))
        file = tmp_path / "sheet.csv"
        assert await pawline(tmp_path, "propose", str(file)) == {"file": str(file), "proposals": 4, "skus": 1}
        rows = sheet(file)
        names = ("take", "sku", "title", "field", "value", "confidence")
        assert [tuple(row[name] for name in names) for row in rows] == [
            ("", "a", "'=a", "species", "dog", "sure"), ("", "a", "'=a", "life_stages", "growth", "sure"),
            ("", "a", "'=a", "complete", "yes", "sure"),
            ("", "a", "'=a", "allergens", "chicken, ?natural flavor", "likely"),
        ]  # fmt: skip
        assert rows[3]["words"] == "peas, chicken, natural flavor"
        assert (await said_by_hub(hub, "a")).species == ()
        rows[0]["take"], rows[3]["take"], rows[3]["value"] = "yes", "x", "chicken, egg"
        save(file, rows)
        assert await pawline(tmp_path, "confirm", str(file), "--by", "ann") == {"taken": 2, "known": 0, "counts": True}
        await settled(hub)
        product = await said_by_hub(hub, "a")
        assert (product.species, product.food.allergens, product.food.unclear, product.food.complete) == (
            ("dog",), ("chicken", "egg"), (), None
        )  # fmt: skip
        assert await pawline(tmp_path, "confirm", str(file), "--by", "ann") == {"taken": 0, "known": 2, "counts": True}
        audit = await hub.store.fetch("audit_page", (0, 9))
        assert [row[3:7] for row in audit] == [
            ("ann", "confirm", "sku:a", "species = dog"), ("ann", "confirm", "sku:a", "allergens = chicken, egg")
        ]  # fmt: skip
        assert (await pawline(tmp_path, "propose", str(tmp_path / "more.csv")))["proposals"] == 2


async def test_whatever_a_spreadsheet_makes_of_it_the_right_sku_is_meant(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        await tell(hub, described("00123", adequacy=DOG), described("1E5", adequacy=DOG))
        file = tmp_path / "sheet.csv"
        await pawline(tmp_path, "propose", str(file), "--semicolon")
        assert file.read_bytes().startswith(b"\xef\xbb\xbftake;sku;")
        rows = [dict(row) for row in csv.DictReader(io.StringIO(file.read_text("utf-8-sig")), delimiter=";")]
        for row in rows:
            row["sku"], row["title"], row["take"] = row["sku"].lstrip("0"), "Würfel …", "ja"
        save(file, [dict(reversed(row.items())) for row in rows[::-1]], ";", "cp1252")
        assert await pawline(tmp_path, "confirm", str(file)) == {"taken": 6, "known": 0, "counts": True}
        await settled(hub)
        assert [(await said_by_hub(hub, sku)).species for sku in ("00123", "1E5")] == [("dog",), ("dog",)]


async def test_one_line_that_is_wrong_takes_nothing_and_each_is_named(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        await tell(hub, described("a", adequacy=DOG), described("b", adequacy=DOG))
        file = tmp_path / "sheet.csv"
        await pawline(tmp_path, "propose", str(file))
        rows = sheet(file)
        for row in rows:
            row["take"] = "yes"
        rows[0]["value"], rows[1]["value"], rows[3]["id"] = "dragon", " ", "p123"
        save(file, rows)
        before = await hub.store.fetch("events_page", ("paws", "", 2**62, 99))
        problem = await pawline(tmp_path, "confirm", str(file), code=1)
        assert problem == (
            f"{file}: nothing was taken, for 3 line(s) are wrong:\n"
            "line 2: its value is none of dog, cat, bird, fish, rabbit, small_mammal, reptile, horse, other\n"
            "line 3: its value is empty: write one, or do not take it\n"
            "line 5: its label says something else by now, or its SKU is gone: propose it anew"
        )
        assert await hub.store.fetch("events_page", ("paws", "", 2**62, 99)) == before
        assert await hub.store.fetch("audit_page", (0, 9)) == []


async def test_a_label_that_changed_since_is_not_confirmed(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        await tell(hub, described("a", adequacy=DOG))
        file = tmp_path / "sheet.csv"
        await pawline(tmp_path, "propose", str(file))
        save(file, [row | {"take": "yes"} for row in sheet(file)])
        await tell(hub, described("a", 5, adequacy=f"{DOG} Now with beef."))
        assert "its label says something else by now" in await pawline(tmp_path, "confirm", str(file), code=1)
        assert (await said_by_hub(hub, "a")).species == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no column `take`, or has it twice"), ("take,value\nyes,dog\n", "has no column `id`, or has it twice"),
        ("take,take,value,id\n", "has no column `take`, or has it twice"),
        ("take,value,id\nperhaps,dog,p1\n", "line 2: `take` is neither yes nor no: nothing was taken"),
        ("take,value,id\nyes,dog,\n", "line 2: its `id` is gone: propose anew"),
        ("take,value,id\n,dog,p1\nno,dog,p2\n", "no line has `yes` in `take`: nothing is confirmed by silence"),
        ('take,value,id\nyes,"dog,p1\n', "is no CSV: unexpected end of data"),
    ],
)  # fmt: skip
async def test_what_is_no_sheet_is_refused(tmp_path: Path, text: str, why: str) -> None:
    async with shop(tmp_path):
        (tmp_path / "s.csv").write_text(text, "utf-8")
        assert (await pawline(tmp_path, "confirm", str(tmp_path / "s.csv"), code=1)).endswith(why)


async def test_a_sheet_is_never_written_over(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        await tell(hub, described("a", adequacy=DOG))
        (tmp_path / "s.csv").write_text("looked over", "utf-8")
        problem = await pawline(tmp_path, "propose", str(tmp_path / "s.csv"), code=1)
        assert problem.endswith("is there already: take another name")
        assert (tmp_path / "s.csv").read_text("utf-8") == "looked over"
        assert "cannot be read" in await pawline(tmp_path, "confirm", str(tmp_path / "none.csv"), code=1)


async def test_coverage_is_by_sku_and_by_what_was_sold(tmp_path: Path) -> None:
    async with shop(tmp_path) as hub:
        now = datetime.now(UTC)
        for number in (0, 3, 1):
            event = OrderPlaced(order=order(number, placed_at=now))
            await hub.engine.record(Envelope(shop="paws", source="t", id=f"o{number}", at=now, event=event))
        await tell(hub, described(KIBBLE, kcal_per_kg=3_649), described("b", adequacy=DOG))
        told = await pawline(tmp_path, "coverage")
        kcal = told["fields"][0]
        assert (told["shop"], told["days"], told["skus"], told["to_confirm"]) == (
            "paws", 90, 2, {"species": 1, "life_stages": 1, "complete": 1}
        )  # fmt: skip
        assert kcal == {
            "field": "kcal", "known": 1, "skus": 3, "lines_known": 2, "lines": 3,
            "top": [{"sku": SKUS[1], "title": "", "lines": 1}],
        }  # fmt: skip
        shown = await asyncio.to_thread(
            CliRunner().invoke, app, ["catalog", "coverage", "--config", str(tmp_path / "pawline.toml")],
            env={"COLUMNS": "200"},
        )  # fmt: skip
        assert [line.split("  ")[0] for line in shown.output.splitlines()[:2]] == ["field", "kcal"]
        assert "33 % (1 of 3)" in shown.output
        assert "67 % (2 of 3)" in shown.output
        assert f"{SKUS[1]} (1)" in shown.output


def test_a_share_never_says_all_or_nothing_where_it_is_not() -> None:
    assert [share(*one) for one in ((0, 0), (0, 9), (1, 1000), (999, 1000), (9, 9))] == [
        "-", "0 % (0 of 9)", "1 % (1 of 1,000)", "99 % (999 of 1,000)", "100 % (9 of 9)"
    ]  # fmt: skip


async def test_proposals_come_in_pages_and_a_page_goes_on_behind_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pawline.hub.goods.SKUS", 2)
    async with shop(tmp_path) as hub:
        await tell(hub, *(described(f"s{n}", adequacy=DOG) for n in range(5)))
        desk, found, after = GoodsDesk(hub.engine, hub.projector, alive=True), list[str](), ""
        for _ in range(9):
            page = await desk.proposals("paws", after)
            found += [one["sku"] for one in page["proposals"] if one["field"] == "species"]
            if page["after"] is None:
                break
            after = page["after"]
        assert found == [f"s{n}" for n in range(5)]
