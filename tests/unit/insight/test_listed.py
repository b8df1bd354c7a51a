"""What a listed recall may mean of ours: a barcode, or brand and title of something for animals; no corn dogs."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.insight.listed import BARCODE, barcodes, command, lots, why
from pawline.model import Description, ListedRecall, RecallId, SkuId, gtin
from tests.house.tree import ROOT

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
DATA = ROOT.parent / "shared/data/fda_recalls/fda_fsis_recalls.csv.gz"
UPC = gtin("077890278642")


def ours(title: str = "Paws Chicken & Rice 10 lb", brand: str | None = "Paws", code: str | None = None) -> Description:
    return Description(sku=SkuId("a"), as_of=NOON, title=title, brand=brand, gtin=code)


def listed(product: str, codes: str = "", firm: str = "") -> ListedRecall:
    return ListedRecall(id=RecallId("F-1"), source="openFDA", firm=firm, product=product, codes=codes)


@pytest.mark.parametrize(
    "said", ["UPC 77890 27864", "UPC 0 77890 27864 2", "UPC: 077890278642", "0-77890-27864-2", "UPC 7789027864",
             "077890 27864", "Lot: 10313-8J UPC 77890 27864 Use By Date: 01/08/2014", "00077890278642", "77890278642"]
)  # fmt: skip
def test_a_barcode_is_found_however_it_is_written(said: str) -> None:
    assert UPC in barcodes(said)
    assert why(listed("Frozen thing", said), ours("Other", None, UPC)) == BARCODE


@pytest.mark.parametrize(
    "said", ["850012345678 077890278642", "077890278642 850012345678", "UPC 0 77890 27864 2 0 12345 67890 5"]
)
def test_a_barcode_is_found_beside_another(said: str) -> None:
    assert UPC in barcodes(said)


def test_a_barcode_counts_as_any_account_says_it() -> None:
    assert why(listed("Frozen thing", "UPC 077890278642"), ours("Other", None), {None, UPC}) == BARCODE


def test_what_a_person_is_to_enter_is_quoted() -> None:
    odd = ListedRecall(id=RecallId("F-1; rm -rf x"), source="openFDA", firm="", product="", codes="Lot L1")
    assert command(odd, ["a b", "$(c)"]) == (
        "pawline recalls begin 'F-1; rm -rf x' --sku 'a b' --sku '$(c)' --lot L1 --class … --because … --source …"
    )
    assert " --lot … --class" in command(listed("Kibble"), ["a"])


@given(st.integers(0, 10**11 - 1), st.integers(0, 10**11 - 1))
def test_another_barcode_is_another(one: int, other: int) -> None:
    codes = [next(iter(barcodes(f"{number:011d}0"[:11]))) for number in (one, other)]
    if one != other:
        assert why(listed("dog", f"UPC {codes[1][2:]}"), ours("x", None, codes[0])) is None


@pytest.mark.parametrize(
    ("product", "firm", "found"),
    [
        ("Paws Chicken & Rice dry dog food", "", True), ("PAWS chicken and rice food for cats", "", True),
        ("Chicken and rice dog food", "Paws LLC", True), ("Paws Chicken Corn Dogs with rice", "", False),
        ("Paws Chicken & Rice soup", "", False), ("Paws beef dog food", "", False),
        ("Pawsome chicken rice dog food", "", False),
        ("Chicken and rice dog food", "", False), ("Paws chicken rice hot-dogs", "", False),
        ("Paws chicken catfish rice", "", False),
    ],
)  # fmt: skip
def test_without_a_barcode_brand_and_title_have_to_stand_there_and_an_animal(
    product: str, firm: str, found: bool
) -> None:  # fmt: skip
    assert (why(listed(product, firm=firm), ours()) is not None) is found
    assert why(listed(product, firm=firm), ours(brand=None)) is None


def test_why_says_what_stands_there() -> None:
    assert (
        why(listed("Paws Chicken & Rice dog food"), ours()) == "its brand stands there, and chicken, rice of its title"
    )


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("Lot: 10313-8J UPC 77890 27864 Use By Date: 01/08/2014", ("10313-8J",)),
        ("Lot numbers: L2411A, L2411B and L2412", ("L2411A", "L2411B", "L2412")), ("Batch 77; 78", ("77", "78")),
        ("LOT# 1042-A", ("1042-A",)), ("lots sold in stores", ()), ("", ()), ("All lots", ()), ("pilot 7", ()),
    ],
)  # fmt: skip
def test_lots_are_read_as_they_are_written(codes: str, expected: tuple[str, ...]) -> None:
    assert lots(listed("Kibble", codes)) == expected


def test_of_a_year_of_real_recalls_those_of_our_brand_are_found_and_no_corn_dog() -> None:
    if not DATA.exists():
        pytest.skip(f"{DATA} is not here: it lies beside the checkout")
    goods = [
        ours("Raw Bistro Frozen Beef Entree", "Raw Bistro"), ours("Nature's Own Bully Bites Chews", "Nature’s Own"),
        ours("Viva Ground Beef for Dogs", "Viva"), ours("Foster Farms Chicken Corn Dogs", "Foster Farms"),
        ours("Hormel Chicken Beef Bites", "Hormel"), ours("State Fair Corn Dogs Sticks", "State Fair"),
    ]  # fmt: skip
    found = set[tuple[str, str]]()
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            said = listed(f"{row['brand_name']} {row['product_description']} {row['title']}", firm=row["company_name"])
            found |= {(one.brand or "", row["is_pet"]) for one in goods if why(said, one) is not None}
    assert found == {("Raw Bistro", "True"), ("Nature’s Own", "True"), ("Viva", "True")}
