"""The hub as a catalogue: what accounts say of a SKU is one product, whatever the order in which it is heard."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import msgspec
import pytest

from pawline.insight.confirming import confirmed
from pawline.insight.listed import BARCODE
from pawline.model import (
    Description,
    Food,
    LineId,
    ListedLot,
    ListedRecall,
    LotId,
    LotListed,
    Money,
    OrderCancelled,
    OrderId,
    OrderPlaced,
    Product,
    ProductDescribed,
    ProductKind,
    RecallId,
    SkuId,
    Species,
)  # fmt: skip
from pawline.ports import Code, Named, Rejected
from pawline.testing.orders import SKUS, order
from pawline.views import catalog
from pawline.views.catalog import OwnCatalog, OwnGoods, all_said
from tests.unit.views.desk import SHOP, Desk, at

A, B = SkuId("a"), SkuId("b")
GTIN = "04006381333931"


def says(account: str, sku: SkuId = A, minutes: float = 0, **fields: object) -> ProductDescribed:
    told = Description(sku=sku, as_of=at(minutes), **fields)  # type: ignore[arg-type]
    return ProductDescribed(description=told, account=account)


async def refused(call: Awaitable[object]) -> tuple[Code, str]:
    with pytest.raises(Rejected) as no:
        await call
    return no.value.code, no.value.text


async def test_a_recall_of_no_animals_food_is_found_by_any_accounts_barcode_and_walks_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.open()
    await desk.tell(says("shopify/eu", title="Kibble", price=Money(999, "EUR")), says("files/sheet", gtin=GTIN))
    own = OwnGoods(SHOP, desk.store, desk.views)
    codes = "EAN 4006381333931"
    named = (Named(sku=A, title="Kibble", why=BARCODE),)
    of_animals = ListedRecall(id=RecallId("F-1"), source="x", firm="", product="Dog chews", codes=codes)
    assert await own.named_in(of_animals) == named
    monkeypatch.setattr(catalog, "all_said", None)
    assert await own.named_in(msgspec.structs.replace(of_animals, product="Soup")) == named
    assert await own.named_in(msgspec.structs.replace(of_animals, product="Soup", codes="EAN 1")) == ()


async def test_a_product_is_what_its_accounts_say_together(desk: Desk) -> None:
    await desk.open()
    await desk.tell(
        says("shopify/eu", title="Kibble", kind=ProductKind.FOOD, price=Money(999, "EUR"), gtin=GTIN),
        says("files/sheet", title="KIBBLE", food=Food(kcal_per_kg=3_649)), says("files/sheet", sku=B, gtin=GTIN),
    )  # fmt: skip
    own = OwnCatalog(SHOP, desk.store, desk.views)
    product = Product(
        sku=A, title="Kibble", kind=ProductKind.FOOD, price=Money(999, "EUR"), gtin=GTIN, food=Food(kcal_per_kg=3_649)
    )  # fmt: skip
    assert await own.product(A) == product
    assert await refused(own.product(SkuId("c"))) == (Code.NOT_FOUND, "no account says anything of c")
    assert await refused(own.product(B)) == (
        Code.UNSUPPORTED, "no account says the title of b: write it into the sheet"
    )  # fmt: skip
    await desk.tell(says("files/sheet", sku=B, minutes=1, gtin=GTIN, title="B"))
    assert await refused(own.product(B)) == (Code.UNSUPPORTED, "no account says the kind of b: write it into the sheet")
    assert await own.by_gtin(GTIN) == (A, B)
    await desk.tell(says("files/sheet", sku=B, minutes=2, title="B"))
    assert await own.by_gtin(GTIN) == (A,)
    assert await refused(OwnCatalog("cats", desk.store, desk.views).product(A)) == (
        Code.NOT_FOUND, "no account says anything of a"
    )  # fmt: skip


@pytest.mark.parametrize("heard", list(permutations(range(3))))
async def test_the_newest_word_of_each_account_counts_whatever_is_heard_first(
    desk: Desk, heard: tuple[int, ...]
) -> None:
    await desk.open()
    words = [
        says("files/sheet", minutes=0, title="old"), says("files/sheet", minutes=5, title="new"),
        says("files/other", minutes=3, title="other", species=(Species.DOG,)),
    ]  # fmt: skip
    await desk.tell(*(words[number] for number in heard))
    assert await desk.views.caught_up(30)
    found = await catalog.described(desk.store, SHOP, A)
    assert found == Description(sku=A, as_of=at(5), title="new", species=(Species.DOG,))


async def test_what_changed_is_told_page_by_page_oldest_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "PAGE", 2)
    monkeypatch.setattr(catalog, "ROWS", 2)
    await desk.open()
    await desk.tell(*(says("files/s", SkuId(f"s{n}"), minutes=n // 2) for n in range(5)))
    await desk.tell(says("files/t", SkuId("s0"), minutes=9))
    own, found, after = OwnCatalog(SHOP, desk.store, desk.views), list[str](), None
    for _ in range(9):
        page = await own.changed_since(None, after)
        found += page.skus
        if (after := page.after) is None:
            break
    assert found == ["s1", "s2", "s3", "s4", "s0"]
    assert (await own.changed_since(at(2), None)).skus == ("s4", "s0")
    assert [[one.sku for one in said] async for said in all_said(desk.store, SHOP)] == [
        ["s0", "s0"], ["s1"], ["s2"], ["s3"], ["s4"]
    ]  # fmt: skip
    assert [said[0].sku async for said in all_said(desk.store, SHOP, "s2")] == ["s3", "s4"]
    assert [said async for said in all_said(desk.store, "cats")] == []


async def test_what_was_confirmed_counts_as_long_as_the_text_does(desk: Desk) -> None:
    await desk.open()
    plain = says("files/s", title="Kibble", food=Food(adequacy="Alleinfuttermittel für adulte Hunde"))
    taken = confirmed([plain.description], "species", "dog", at(3))
    await desk.tell(plain, ProductDescribed(description=taken, account="pawline/confirmed/species"))
    assert await desk.views.caught_up(30)
    found = await catalog.described(desk.store, SHOP, A)
    assert found == msgspec.structs.replace(plain.description, species=(Species.DOG,))
    await desk.tell(says("files/s", minutes=5, food=Food(adequacy="Alleinfuttermittel für adulte Katzen")))
    assert await desk.views.caught_up(30)
    found = await catalog.described(desk.store, SHOP, A)
    assert found is not None
    assert found.species == ()


async def test_lots_are_those_of_the_newest_list_that_has_them(desk: Desk) -> None:
    await desk.open()
    for minutes, day in ((5, 2), (0, 1)):
        lot = ListedLot(sku=A, lot=LotId("L1"), as_of=at(minutes), best_by=date(2027, 1, day))
        await desk.tell(LotListed(lot=lot))
    await desk.tell(LotListed(lot=ListedLot(sku=A, lot=LotId("L0"), as_of=at(0))))
    assert await desk.views.caught_up(30)
    assert await desk.store.fetch("lots_listed", (SHOP, A)) == [("L0", None), ("L1", "2027-01-02")]


async def test_lines_that_were_sold_are_counted_since_a_moment_without_what_was_called_off(desk: Desk) -> None:
    await desk.open()
    now = datetime.now(UTC)
    told = [
        order(number, placed_at=now - timedelta(days=days))
        for number, days in ((0, 1), (3, 2), (1, 1), (6, 95), (9, 3))
    ]
    double = told[0].lines[0]
    told[0] = msgspec.structs.replace(
        told[0], lines=(double, msgspec.structs.replace(double, id=LineId("l2"))), total=told[0].total * 2,
        tenders=(*told[0].tenders, msgspec.structs.replace(told[0].tenders[0], id=told[0].tenders[0].id + "b")),
    )  # fmt: skip
    await desk.tell(*(OrderPlaced(order=one) for one in told))
    await desk.tell(OrderCancelled(order=OrderId("o9"), at=now, by="shopper", because="no"))
    assert await desk.views.caught_up(30)
    since = (now - timedelta(days=90)).timestamp()
    assert await desk.store.fetch("lines_sold", (SHOP, since)) == sorted([(SKUS[0], 3), (SKUS[1], 1)])
