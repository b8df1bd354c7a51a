"""A sheet of what is sold: each row a description, numbers exactly as its country writes them; what is odd is named."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pawline.connectors import files
from pawline.connectors.files import reading
from pawline.kit import BadSettings, Quarantined, Sighting
from pawline.model import (
    Allergen,
    Analysis,
    Description,
    Food,
    LifeStage,
    ListedLot,
    LotId,
    LotListed,
    ProductDescribed,
    ProductKind,
    SkuId,
    Species,
)  # fmt: skip
from tests.unit.connectors.files_desk import NOON, Desk

SAMPLES = Path(files.__file__).parent / "samples"
FIELDS = (
    "sku", "title", "kind", "vet_diet", "species", "life_stages", "large_growth", "complete", "kcal", "kcal_unit",
    "unit_grams", "content", "content_unit", "weight", "protein", "moisture", "ingredients", "adequacy", "calories",
    "allergens", "gtin", "brand", "hazard_class", "fat", "ash",
)  # fmt: skip
GERMAN: dict[str, Any] = {
    "kind": "products", "files": "out/products*.csv", "delimiter": ";", "decimal": ",", "thousands": ".",
    "as_of": "modified", "columns": {name: name for name in FIELDS},
    "values": {
        "species": {"Hund": "dog", "Katze": "cat"}, "kind": {"Futter": "food"}, "allergens": {"Huhn": "chicken"},
    },
}  # fmt: skip
UNITS = "kcal/kg, kcal/100g, kj/100g, kj/kg, mj/kg, kcal/cup, kcal/can, kcal/pouch, kcal/tray, kcal/piece"
LOTS: dict[str, Any] = {
    "kind": "lots", "files": "out/lots*.csv", "columns": {"sku": 1, "lot": 2, "best_by": 3}, "header": False,
    "as_of": "modified",
}  # fmt: skip


def row(**cells: str) -> str:
    given = {"sku": "a", "brand": "Paws"}
    given |= {f"{name}_unit": unit for name, unit in (("kcal", "kcal/kg"), ("content", "g")) if name in cells}
    return ";".join((given | cells).get(name, "") for name in FIELDS)


def sheet(*rows: str) -> str:
    return "\n".join([";".join(FIELDS), *rows]) + "\n"


def described(seen: list[Sighting]) -> list[Description]:
    found = []
    for one in seen:
        assert isinstance(one.event, ProductDescribed)
        found.append(one.event.description)
    return found


async def read(tmp_path: Path, *rows: str, **more: Any) -> tuple[list[Description], list[str]]:
    desk = Desk(tmp_path, **GERMAN | more)
    desk.put("products.csv", sheet(*rows))
    seen = described(await desk.all())
    return seen, [f"{one.line}: {one.why}" for one in desk.bad]


async def test_a_whole_row_is_what_it_says(tmp_path: Path) -> None:
    whole = row(
        title=" Kibble   10 kg ", kind="Futter", vet_diet="ja", species="Hund, Katze", life_stages="all",
        large_growth="nein", complete="x", kcal="1.526,7", kcal_unit="kJ/100g", content="2,5", content_unit="kg",
        weight="2.600", protein="26,5 %", moisture="10", ingredients='"Huhn, Mais; Ei"', adequacy="Alles",
        calories="3649 kcal/kg", allergens="Huhn | egg | ?Fett", gtin="4006381333931", brand="Paws", hazard_class="9",
    )  # fmt: skip
    assert await read(tmp_path, whole) == ([
        Description(
            sku=SkuId("a"), as_of=NOON, title="Kibble 10 kg", kind=ProductKind.THERAPEUTIC_DIET,
            species=(Species.CAT, Species.DOG), content=2_500, weight=2_600, gtin="04006381333931", brand="Paws",
            hazard_class="9", food=Food(
                kcal_per_kg=3_649, ingredients="Huhn, Mais; Ei", adequacy="Alles", calories="3649 kcal/kg",
                life_stages=tuple(sorted(LifeStage)), large_growth=False, complete=True, unclear=("Fett",),
                allergens=(Allergen.CHICKEN, Allergen.EGG), analysis=Analysis(protein=2_650, moisture=1_000),
            ),
        )
    ], [])  # fmt: skip


async def test_a_row_that_says_little_says_no_more(tmp_path: Path) -> None:
    assert await read(tmp_path, row(), row(sku="b", kcal="369", kcal_unit="kcal/cup", allergens="none")) == ([
        Description(sku=SkuId("a"), as_of=NOON, brand="Paws"),
        Description(sku=SkuId("b"), as_of=NOON, brand="Paws", food=Food(kcal_per_unit=369, unit="cup", allergens=())),
    ], [])  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"sku": ""}, "sku is empty"), ({"kcal": "3,5,1"}, "kcal is no number"), ({"kcal": "3.5"}, "kcal is no number"),
        ({"kcal": "-5"}, "kcal is no number"), ({"kcal": "0"}, "kcal is not above zero"),
        ({"kcal": "1e3"}, "kcal is no number"),
        ({"kcal": "4"}, "kcal comes to 4 kcal/kg, which no food has: is the unit right?"),
        ({"kcal": "365", "kcal_unit": ""}, "kcal_unit is empty beside a figure in kcal"),
        ({"content": "10", "content_unit": ""}, "content_unit is empty beside a figure in content"),
        ({"content": "1,500"}, "content is weighed to the milligram: say in `thousands` what parts thousands"),
        ({"kcal": "0,4", "kcal_unit": "kcal/piece"}, "kcal is less than half a kilocalorie"),
        ({"brand": ""}, "it says nothing of its SKU: what is known stays"),
        ({"title": "#REF!"}, "title is what a spreadsheet writes where a formula failed"),
        ({"kcal": "36490"}, "kcal comes to 36490 kcal/kg, which no food has: is the unit right?"),
        ({"kcal": "365", "moisture": "10"},
         "kcal comes to 365 kcal/kg, which no food of that moisture has: is the unit right?"),
        ({"kcal": "5", "kcal_unit": "bowls"}, f"kcal is in a unit that is none of {UNITS}"),
        ({"kcal": "5", "kcal_unit": "kcal/cup", "unit_grams": "0"}, "unit_grams is not above zero"),
        ({"species": "Pferdchen"}, f"species is none of {', '.join(Species)}: say in `values` what it is"),
        ({"complete": "vielleicht"}, "complete is neither yes nor no: say in `values` what it is"),
        ({"life_stages": "senior"}, f"life_stages is none of {', '.join(LifeStage)}: say in `values` what it is"),
        ({"allergens": "?"}, "allergens has a ? with nothing behind it: say in `values` what it is"),
        ({"protein": "126"}, "protein is no share from 0 to 100 %"),
        ({"protein": "50", "fat": "30", "moisture": "30"},
         "protein comes to more than 100 % with fat, moisture and ash"),
        ({"content": "0,2"}, "content is below a gram"), ({"content": "2", "content_unit": "bags"},
         "content is in a unit that is none of g, kg, oz, lb"),
        ({"gtin": "4,00638E+12"},
         "gtin is no GTIN of 8, 12, 13 or 14 digits with its check digit: a spreadsheet made a number of it"),
        ({"gtin": "4006381333932"}, "gtin is no GTIN of 8, 12, 13 or 14 digits with its check digit"),
        ({"ingredients": "x" * 10_001}, "ingredients has more than 10,000 characters"),
    ],
)  # fmt: skip
async def test_an_odd_row_is_named_by_line_and_column_and_keeps_no_other_back(
    tmp_path: Path, cells: dict[str, str], why: str
) -> None:
    seen, bad = await read(tmp_path, row(**cells), row(sku="b"))
    assert ([one.sku for one in seen], bad) == ([SkuId("b")], [f"2: {why}"])
    assert not any(len(value) > 3 and value in why for value in cells.values() if not value.isdigit())


@pytest.mark.parametrize(
    ("said", "grams"), [(("2", "lb"), 907), (("16", "oz"), 454), (("2,5", "KG"), 2_500), (("85", "g"), 85)]
)  # fmt: skip
async def test_weights_are_grams(tmp_path: Path, said: tuple[str, str], grams: int) -> None:
    seen, bad = await read(tmp_path, row(content=said[0], content_unit=said[1]))
    assert ([one.content for one in seen], bad) == ([grams], [])


async def test_a_unit_may_be_the_same_in_every_row(tmp_path: Path) -> None:
    columns = {"sku": "sku", "kcal": "kcal"}
    constants = {"kcal_unit": "kJ/100g", "species": "dog"}
    seen, bad = await read(tmp_path, row(kcal="1526,7"), columns=columns, constants=constants, values=None)
    assert [(one.species, one.food) for one in seen] == [((Species.DOG,), Food(kcal_per_kg=3_649))]
    assert bad == []


async def test_a_sku_has_one_line_whatever_becomes_of_us_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ROWS", 2)
    desk = Desk(tmp_path, **GERMAN)
    desk.put("products.csv", sheet(row(), row(sku="b"), row(sku="c"), row(title="other"), row(sku="d")))
    while (await desk.look()).more:
        desk.restart()
    assert [one.sku for one in described(desk.seen)] == ["a", "b", "c", "d"]
    assert desk.bad == [
        Quarantined("products.csv", "its SKU stands on a line before, and that one counts: a SKU has one line", 5)
    ]


async def test_a_column_that_is_empty_throughout_does_not_wipe_what_is_known(tmp_path: Path) -> None:
    columns = {"sku": "sku", "ingredients": "ingredients", "brand": "brand"}
    desk = Desk(tmp_path, **GERMAN | {"columns": columns, "values": None})
    desk.put("products.csv", sheet(*[row(sku=f"s{number}", ingredients="Huhn") for number in range(20)]))
    assert len(await desk.all()) == 20
    desk.put("products.csv", sheet(*[row(sku=f"s{number}") for number in range(20)]), at=60)
    assert await desk.all() == []
    why = "in each of its 20 rows ingredients is empty: fill it, or take it out of `columns`"
    assert desk.bad == [Quarantined("products.csv", why)]


async def test_what_a_later_sheet_says_is_news_also_where_it_goes_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **GERMAN)
    for at, title in ((0, "old"), (10, "new"), (20, "old")):
        desk.put("products.csv", sheet(row(title=title)), at=at)
        assert [one.title for one in described(await desk.all())] == [title]
    facts = [one.event.told_by("files/a").fact for one in desk.seen]
    assert len(set(facts)) == 3
    assert str(facts[0]).startswith(f"product.described/files/a/a/{NOON.isoformat()}/")
    desk.put("products.csv", sheet(row(title="of long ago")), at=-9e7)
    assert [one.title for one in described(await desk.all())] == ["of long ago"]


async def test_lots_are_listed_with_the_day_that_is_printed_on_them(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **LOTS, days="%m/%Y")
    desk.put("lots.csv", "a,L1,02/2028\na,L2,\nb,L1,12/2027\na,L1,02/2028\na,L1,03/2028\na,,01/2027\na,L4,2027\n")
    seen = await desk.all()
    assert [one.event for one in seen] == [
        LotListed(lot=ListedLot(sku=SkuId(sku), lot=LotId(lot), as_of=NOON, best_by=best_by))
        for sku, lot, best_by in (
            ("a", "L1", date(2028, 2, 29)), ("a", "L2", None), ("b", "L1", date(2027, 12, 31)),
            ("a", "L1", date(2028, 2, 29)),
        )
    ]  # fmt: skip
    assert [(one.line, one.why) for one in desk.bad] == [
        (5, "its lot has another best-before date on a line before, and that one counts"),
        (6, "column 2 is empty"), (7, "column 3 is no day"),
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "said", "day"), [("", "2027-03-01", 1), ("%d.%m.%Y", "05.03.2027", 5)])
async def test_a_day_is_as_printed(tmp_path: Path, days: str, said: str, day: int) -> None:
    desk = Desk(tmp_path, **LOTS, days=days)
    desk.put("lots.csv", f"a,L1,{said}\n")
    (seen,) = await desk.all()
    assert isinstance(seen.event, LotListed)
    assert seen.event.lot.best_by == date(2027, 3, day)


def test_settings_that_name_no_field_of_a_product_are_refused() -> None:
    export = {
        "kind": "products",
        "files": "out/p.csv",
        "columns": {"sku": "SKU", "colour": "Farbe"},
        "as_of": "modified",
    }
    with pytest.raises(BadSettings) as refused:
        files.connector.configure({"place": "/srv/erp", "exports": [export]})
    assert "`columns` names colour, which is none of sku, as_of, title, brand, gtin" in refused.value.text


async def test_the_samples_are_read_by_the_settings_beside_them(tmp_path: Path) -> None:
    told = tomllib.loads((SAMPLES / "products.toml").read_text("utf-8"))
    for export, count in zip(told["exports"], (3, 2), strict=True):
        desk = Desk(tmp_path, **export, still=0)
        name = Path(export["files"]).name.replace("*", "")
        desk.put(name, (SAMPLES / name).read_bytes())
        assert (len(await desk.all()), desk.bad) == (count, [])
