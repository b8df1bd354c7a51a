"""WooCommerce plays Catalog: what is sold, by SKU, by change, by barcode; what the settings map; what webhooks ring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pawline.connectors.woocommerce import connector
from pawline.connectors.woocommerce.enrolling import enrol, lacking
from pawline.connectors.woocommerce.health import probe
from pawline.connectors.woocommerce.hook import HOOK, about
from pawline.connectors.woocommerce.looking_goods import sold
from pawline.kit import BadSettings, Sighting
from pawline.model import Description, Food, Money, Product, ProductDescribed, ProductKind, SkuId, Species
from pawline.ports import Catalog, Code, Malformed, Rejected
from pawline.sandbox.woocommerce import views
from pawline.sandbox.woocommerce.calls import No
from tests.unit.connectors.stepping import walked
from tests.unit.connectors.woocommerce_scene import ADDRESS, Scene, run

LABELS = {
    "species": "attribute:Tierart", "kcal": "attribute:kcal/kg", "content": "meta:_content_g", "brand": "brand",
    "ingredients": "meta:zutaten", "adequacy": "meta:deklaration", "hazard_class": "meta:hazard",
    "kinds": {"Trockenfutter": "food"}, "animals": {"Hund": "dog", "Katze": "cat"},
}  # fmt: skip
KEPT = {
    "name": "Huhn &amp; Reis", "weight": "2.5", "global_unique_id": "4006381333931",
    "categories": [{"id": 3, "name": "Angebote"}, {"id": 4, "name": "Trockenfutter"}], "brands": [{"name": "Paws"}],
    "attributes": [
        {"id": 0, "name": "Tierart", "options": ["Hund", "Katze"], "variation": False},
        {"id": 7, "name": "kcal/kg", "options": ["3649"], "variation": False},
    ],
}  # fmt: skip
META = {"_content_g": 2000, "zutaten": "Huhn, Reis", "deklaration": "Alleinfuttermittel", "hazard": ""}
FOOD = Food(kcal_per_kg=3649, ingredients="Huhn, Reis", adequacy="Alleinfuttermittel")
GOODS = {"goods": 3600.0}


def catalog(here: Scene) -> Any:
    return here.plays[Catalog]


def sells(here: Scene, sku: str = "kibble", kept: dict[str, Any] | None = None, **given: Any) -> int:
    """A product, and what is said of it."""
    meta = given.pop("meta", {})
    number = int(here.act("product", sku=sku, **given))
    here.act("describe", product=number, kept=kept or {}, meta=meta)
    return number


async def looked(here: Scene, cursor: str = "") -> tuple[list[Sighting], str, list[str]]:
    return await walked(lambda at: sold(here.http, here.settings, at), cursor)


async def said(here: Scene) -> list[Description]:
    found, _, bad = await looked(here)
    assert bad == []
    return [one.event.description for one in found]  # type: ignore[attr-defined]


async def refused(call: Awaitable[Any]) -> tuple[Code, str]:
    with pytest.raises(Rejected) as no:
        await call
    return no.value.code, no.value.text


def ring(here: Scene, topic: str, body: bytes) -> str | None:
    headers = [("X-WC-Webhook-Topic", topic), ("X-WC-Webhook-ID", "7")]
    assert HOOK.rings is not None
    return HOOK.rings(HOOK.read(headers, body))


def test_a_product_is_what_the_settings_map() -> None:
    async def told(here: Scene) -> None:
        sells(here, kept=KEPT, meta=META, price="12.50")
        whole = Product(
            sku=SkuId("kibble"), title="Huhn & Reis", kind=ProductKind.FOOD, species=(Species.DOG, Species.CAT),
            price=Money(1250, "EUR"), content=2000, weight=2500, gtin="04006381333931", brand="Paws", food=FOOD,
        )  # fmt: skip
        assert await catalog(here).product(SkuId("kibble")) == whole
        assert [(one.sku, one.food, one.gtin) for one in await said(here)] == [("kibble", FOOD, "04006381333931")]

    run(told, labels=LABELS)


def test_variations_are_sold_and_their_product_is_not() -> None:
    async def told(here: Scene) -> None:
        size = {"id": 1, "name": "Größe", "options": ["2 kg", "10 kg"], "variation": True}
        bag = sells(here, "bag", {**KEPT, "attributes": [*KEPT["attributes"], size]}, meta=META)
        two = sells(here, "bag-2", {"attributes": [{"id": 1, "name": "Größe", "option": "2 kg"}]}, parent=bag)
        here.act("product", sku="bag-10", parent=bag, price="45.00")
        sells(here, "bag-old", {"status": "private"}, parent=bag)
        here.clock.ahead = 60
        here.act("describe", product=two, meta={"_content_g": "2000"}, kept={"weight": "2.1"})
        assert await refused(catalog(here).product(SkuId("bag"))) == (Code.NOT_FOUND, "WooCommerce sells no bag")
        small = await catalog(here).product(SkuId("bag-2"))
        assert (small.title, small.weight, small.food, small.gtin) == ("Huhn & Reis - 2 kg", 2100, FOOD, None)
        large = await catalog(here).product(SkuId("bag-10"))
        assert (large.price, large.weight, large.kind) == (Money(4500, "EUR"), 2500, ProductKind.FOOD)
        first, second = await said(here)
        assert ((first.sku, first.hazard_class), (second.sku, second.hazard_class)) == (
            ("bag-2", "2 kg"),
            ("bag-10", None),
        )
        assert first.as_of > second.as_of
        assert (await catalog(here).changed_since(None, None)).skus == ("bag-2", "bag-10")

    run(told, labels={**LABELS, "hazard_class": "attribute:Größe"})


def test_without_an_sku_it_is_called_as_lines_of_orders_call_it() -> None:
    async def told(here: Scene) -> None:
        number = sells(here, "")
        (line,) = (await here.shop.order(here.place({"sku": "", "quantity": 1}))).lines
        assert [one.sku for one in await said(here)] == [line.sku] == [f"variant-{number}"]
        assert (await catalog(here).product(line.sku)).sku == line.sku
        assert (await refused(catalog(here).product(SkuId("variant-999"))))[0] is Code.NOT_FOUND

    run(_with_kind(told), labels={"kind": "meta:kind"})


def _with_kind(told: Callable[[Scene], Awaitable[None]]) -> Callable[[Scene], Awaitable[None]]:
    async def within(here: Scene) -> None:
        add = here.books.add
        here.books.add = lambda *args, **more: _kind(add(*args, **more))  # type: ignore[method-assign]
        await told(here)

    return within


def _kind(one: Any) -> Any:
    one.meta["kind"] = "supply"
    return one


def test_variations_that_share_their_products_sku_are_one_of_which_only_what_is_common_is_said() -> None:
    async def told(here: Scene) -> None:
        bag = sells(here, "bag", KEPT, meta=META)
        for price, weight in (("10.00", "2.5"), ("20.00", "2.5")):
            sells(here, "", {"weight": weight}, parent=bag, price=price)
        (one,) = await said(here)
        assert (one.sku, one.title, one.price, one.weight, one.food) == ("bag", "Huhn & Reis", None, 2500, FOOD)
        assert (await catalog(here).product(SkuId("bag"))).price is None

    run(told, labels=LABELS)


def test_what_is_no_product_is_refused_with_what_to_do() -> None:
    async def told(here: Scene) -> None:
        sells(here, "odd", {"categories": [{"name": "Angebote"}]})
        sells(here, "many", {**KEPT, "attributes": [{"name": "kcal/kg", "options": ["3,6"]}]})
        sells(here, "fox", {**KEPT, "attributes": [{"name": "Tierart", "options": ["Fuchs"]}]})
        sells(here, "set", {"type": "grouped"})
        code, text = await refused(catalog(here).product(SkuId("odd")))
        assert (code, "`labels.kind`" in text) == (Code.UNSUPPORTED, True)
        assert "attribute:kcal/kg is to be a whole number" in (await refused(catalog(here).product(SkuId("many"))))[1]
        assert "'Fuchs' is, is not known: name it" in (await refused(catalog(here).product(SkuId("fox"))))[1]
        for sku in ("set", "nobody"):
            assert (await refused(catalog(here).product(SkuId(sku))))[0] is Code.NOT_FOUND
        found, cursor, bad = await looked(here)
        assert ([one.event.description.kind for one in found], len(bad)) == ([None], 2)  # type: ignore[attr-defined]
        assert (await looked(here, cursor))[2] == []  # named once

    run(told, labels=LABELS)


def test_a_net_price_of_four_decimals_is_rounded_as_shoppers_see_it() -> None:
    async def told(here: Scene) -> None:
        sells(here, price="8.4035")
        assert [one.price for one in await said(here)] == [Money(840, "EUR")]
        here.books.currency = "JPY"
        here.http.terms = None
        assert [one.price for one in await said(here)] == [Money(8, "JPY")]

    run(told)


def test_what_is_not_published_is_told_by_no_ring_and_no_look() -> None:
    async def told(here: Scene) -> None:
        number = sells(here, kept={**KEPT, "status": "draft"})
        assert await about(here.http, here.settings, f"product/{number}") == ()
        assert await said(here) == []
        here.act("describe", product=number, kept={"status": "publish"})
        assert len(await about(here.http, here.settings, f"product/{number}")) == len(await said(here)) == 1

    run(told, **GOODS)


def test_two_products_of_one_sku_are_told_apart_by_nobody() -> None:
    async def told(here: Scene) -> None:
        for _ in range(2):
            sells(here, kept=KEPT)
        assert await refused(catalog(here).product(SkuId("kibble"))) == (
            Code.CONFLICT, "kibble is of several products"
        )  # fmt: skip

    run(told, labels=LABELS)


def test_by_its_barcode_it_is_found_where_this_woocommerce_can() -> None:
    async def told(here: Scene) -> None:
        sells(here, kept=KEPT)
        sells(here, "other")
        assert await catalog(here).by_gtin("04006381333931") == ("kibble",)
        assert await catalog(here).by_gtin("04006381333999") == ()
        here.books.old = True
        assert (await refused(catalog(here).by_gtin("04006381333931")))[0] is Code.UNSUPPORTED

    run(told, labels=LABELS)


def test_all_pages_are_read_and_what_changed_is_told_anew_and_nothing_else() -> None:
    async def told(here: Scene) -> None:
        numbers = [sells(here, f"sku-{n:02}") for n in range(45)]
        found, cursor, _ = await looked(here)
        assert [one.event.subject for one in found] == [f"sku-{n:02}" for n in range(45)]
        here.clock.ahead = 60
        here.act("describe", product=numbers[7], price="9.00")
        again, _, _ = await looked(here, cursor)
        new = {one.id for one in again} - {one.id for one in found}
        assert [(one.event.subject, one.event.description.price) for one in again if one.id in new] == [  # type: ignore[attr-defined]
            ("sku-07", Money(900, "EUR"))
        ]

    run(told)


def test_changed_since_is_by_pages_oldest_change_first() -> None:
    async def told(here: Scene) -> None:
        for n in range(120):
            sells(here, f"sku-{n:03}")
        skus, after, pages = list[str](), None, 0
        while True:
            page = await catalog(here).changed_since(None, after)
            skus, after, pages = [*skus, *page.skus], page.after, pages + 1
            if after is None:
                break
        assert sorted(set(skus)) == [f"sku-{n:03}" for n in range(120)]
        assert 3 <= pages <= 5  # what changed within one second is counted, not told apart
        assert (await refused(catalog(here).changed_since(None, "nonsense")))[0] is Code.INVALID

    run(told)


def test_a_webhook_of_a_product_rings_and_tells_what_the_look_tells() -> None:
    async def told(here: Scene) -> None:
        bag = sells(here, "bag", KEPT)
        two = sells(here, "bag-2", {"attributes": [{"name": "Größe", "option": "2 kg"}]}, parent=bag)
        seen = {one.id for one in (await looked(here))[0]}
        for number in (bag, two):
            thing = ring(here, "product.updated", b'{"id": %d, "type": "simple"}' % number)
            assert thing == f"product/{number}"
            assert HOOK.patient(thing)
            assert not HOOK.patient(str(number))
            assert {one.id for one in await about(here.http, here.settings, thing)} == seen
        assert ring(here, "product.deleted", b'{"id": %d}' % bag) == f"product/{bag}"
        here.act("describe", product=bag, trash=True)
        for thing in (f"product/{bag}", "product/9999"):
            assert await about(here.http, here.settings, thing) == ()

    run(told, **GOODS)


def test_a_topic_makes_no_product_of_an_order_and_where_goods_are_not_looked_at_nothing_is_asked() -> None:
    async def told(here: Scene) -> None:
        assert ring(here, "product.updated", b'{"id": 17, "line_items": []}') == "17"
        assert ring(here, "order.updated", b'{"id": 17}') == "17"
        before = len(here.api.asked)
        assert await about(here.http, here.settings, "product/17") == ()
        assert len(here.api.asked) == before

    run(told)


@pytest.mark.parametrize(("unit", "grams"), [("kg", 2500), ("g", 2), ("lbs", 1134), ("oz", 71)])
def test_weights_are_in_the_shops_own_unit(unit: str, grams: int) -> None:
    async def told(here: Scene) -> None:
        here.books.weight_unit = unit
        sells(here, kept=KEPT)
        assert [one.weight for one in await said(here)] == [grams]

    run(told)


def test_a_key_that_may_not_see_the_settings_needs_them_named() -> None:
    async def told(here: Scene) -> None:
        sells(here, kept=KEPT)
        answer = here.api.answer

        def shy(call: Any) -> Any:
            if call.path[0] == "settings":
                raise No(403, "woocommerce_rest_cannot_view")
            return answer(call)

        here.api.answer = shy  # type: ignore[method-assign]
        if here.settings.currency:
            assert [(one.price, one.weight) for one in await said(here)] == [(Money(1000, "CHF"), 1134)]
        else:
            code, text = await refused(looked(here))
            assert (code, text) == (
                Code.UNSUPPORTED,
                "the key may not see the shop's settings: name its `currency` and its `weight_unit` here",
            )

    run(told)
    run(told, currency="CHF", weight_unit="lbs")


def test_products_of_which_none_can_be_read_are_not_the_products(monkeypatch: pytest.MonkeyPatch) -> None:
    shows: Any = views.product

    async def told(here: Scene) -> None:
        for n in range(3):
            sells(here, f"sku-{n}")
        monkeypatch.setattr(views, "product", lambda *args: shows(*args) | {"name": 7})
        with pytest.raises(Malformed, match="none of the products can be read"):
            await looked(here)

    run(told)


def test_a_page_of_which_each_label_is_wrong_is_told_and_passed() -> None:
    async def told(here: Scene) -> None:
        for n in range(20):
            sells(here, f"good-{n}", KEPT)
        for n in range(20):
            sells(here, f"wrong-{n}", {**KEPT, "attributes": [{"name": "kcal/kg", "options": ["k.A."]}]})
        sells(here, "last", KEPT)
        found, cursor, bad = await looked(here)
        assert (len(found), found[-1].event.subject, len(bad)) == (21, "last", 20)
        assert len((await looked(here, cursor))[0]) == 21

    run(told, labels=LABELS)


def test_first_products_of_which_each_label_is_wrong_are_the_settings() -> None:
    async def told(here: Scene) -> None:
        for n in range(3):
            sells(here, f"wrong-{n}", {**KEPT, "attributes": [{"name": "kcal/kg", "options": ["k.A."]}]})
        with pytest.raises(Malformed, match="attribute:kcal/kg is to be a whole number"):
            await looked(here)

    run(told, labels=LABELS)


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ({"kcal": "kcal"}, r"`labels.kcal` is `attribute:NAME`, `meta:KEY`"),
        ({"kcal": "meta:"}, r"`labels.kcal` is"),
        ({"kinds": {"Futter": "fodder"}}, r"not known - at `\$.labels.kinds"),
    ],
)
def test_labels_that_are_none_are_refused_at_the_start(labels: dict[str, Any], says: str) -> None:
    given = {"url": "https://paws.example", "key": "ck", "secret": "cs", "labels": labels}
    with pytest.raises(BadSettings, match=says):
        connector.configure(given)


def test_connect_makes_webhooks_of_products_where_they_are_looked_at_and_says_what_is_lacking() -> None:
    async def told(here: Scene) -> None:
        every = {"order.created", "order.updated", "order.deleted", "order.restored"}
        if here.settings.goods:
            every |= {"product.created", "product.updated", "product.deleted", "product.restored"}
        await enrol(here.http, here.settings, ADDRESS)
        assert await lacking(here.http, here.settings, ADDRESS) == ()
        assert {one.topic for one in here.books.webhooks.values()} == every
        await probe(here.http, here.settings, frozenset({"Catalog"}))
        asked = any(one == "GET settings/products/woocommerce_weight_unit" for one in here.api.asked)
        assert asked == bool(here.settings.goods)

    run(told)
    run(told, **GOODS)


def test_what_is_said_of_a_product_is_an_event_of_its_account() -> None:
    async def told(here: Scene) -> None:
        sells(here, kept=KEPT)
        ((one,), _, _) = await looked(here)
        event = one.event.told_by("woocommerce/eu")
        assert isinstance(event, ProductDescribed)
        assert (event.account, one.id) == ("woocommerce/eu", f"sold/{one.event.fact}")

    run(told)
