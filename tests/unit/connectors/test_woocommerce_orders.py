"""Orders of WooCommerce's as ours: every amount to the minor unit, whatever the shop's prices have in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import pytest

from pawline.connectors.woocommerce import connector
from pawline.connectors.woocommerce.reading import order_of
from pawline.connectors.woocommerce.settings import STATUSES, Standing
from pawline.connectors.woocommerce.told import ToldOrder
from pawline.kit import BadSettings, household_of
from pawline.model import (
    Address,
    Channel,
    Checkout,
    Contact,
    Money,
    Order,
    OrderId,
    PetId,
    TenderKind,
    TenderState,
    total,
)
from pawline.ports import Code, Malformed, Rejected, Unauthorised
from pawline.sandbox.woocommerce import views
from tests.unit.connectors.woocommerce_scene import NEW, Scene, run

GIVEN = {"url": "https://paws.example", "key": "ck", "secret": "cs", "webhook_secrets": [NEW]}
HOME = Address(
    name="Ann Lee", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", region="DE-BE", country="DE",
    phone="+4930123456",
)  # fmt: skip


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def test_an_order_is_read_as_it_was_placed() -> None:
    async def told(here: Scene) -> None:
        lines = ({"sku": "kibble", "quantity": 3, "price": "19.99"}, {"sku": "chew", "price": "0.05"})
        name = here.place(*lines, shipping="4.90", coupons=("HELLO",), off=10)
        order = await here.shop.order(name)
        assert (order.id, order.number, order.checkout) == (name, name, Checkout.ADOPTED)
        assert (order.channel, order.currency, order.test) == (Channel.WEB, "EUR", False)
        # 59.97 and 0.05 less ten in a hundred, 53.973 and 0.045, and 4.90
        assert order.total == eur(5_892)
        first, second = order.lines
        assert (first.sku, first.quantity, first.price) == ("kibble", 3, eur(1_999))
        assert [(one.code, one.amount) for one in first.discounts] == [("HELLO", eur(600))]
        assert (first.total(), second.total()) == (eur(5_397), eur(5))
        assert [(one.title, one.amount, one.included, str(one.rate)) for one in first.taxes] == [
            ("VAT", eur(862), True, "0.19")
        ]
        assert [(one.title, one.price, one.method) for one in order.shipping] == [("Parcel", eur(490), "flat_rate")]
        assert order.rounding is None
        assert order.household == household_of("ann@example.com", None)
        assert order.contact == Contact(email="ann@example.com", phone="+4930123456")
        assert (order.ship_to, order.bill_to) == (HOME, HOME)
        (tender,) = order.tenders
        assert (tender.id, tender.kind, tender.amount, tender.state) == (
            f"order-{name}",
            TenderKind.CARD,
            order.total,
            TenderState.CAPTURED,
        )

    run(told)


@pytest.mark.parametrize("within", [True, False])
@pytest.mark.parametrize(("currency", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("JPY", 2)])
@pytest.mark.parametrize("off", [0, 7, 33, 100])
def test_whatever_prices_have_in_them_parts_come_to_what_was_paid(
    within: bool, currency: str, decimals: int, off: int
) -> None:
    async def told(here: Scene) -> None:
        here.books.decimals = decimals if currency != "JPY" else 0
        prices = ("3.33", "19.99", "0.07") if currency != "JPY" else ("333", "1999", "7")
        for number in (1, 3, 7):
            lines = [{"sku": f"s{price}", "quantity": number, "price": price} for price in prices]
            name = here.place(
                *lines, within=within, currency=currency, off=off, shipping=prices[0], fee=prices[2], coupons=("A", "B")
            )
            here.books.decimals = decimals
            order = await here.shop.order(name)
            assert order.owed() == order.total == total((one.amount for one in order.tenders), currency)
            said = Money.parse(views.order(here.books, here.books.orders[int(name)], 3)["total"], currency)
            assert order.total == said
            assert order.rounding is None or abs(order.rounding.minor) <= 5
            here.books.decimals = decimals if currency != "JPY" else 0

    run(told)


def test_a_fee_below_zero_is_off_the_lines_and_one_above_it_is_a_charge() -> None:
    async def told(here: Scene) -> None:
        name = here.place({"sku": "a", "price": "10.00"}, {"sku": "b", "price": "30.00"}, fee="-4.00")
        order = await here.shop.order(name)
        assert order.total == eur(3_600)
        assert [[(one.title, one.amount) for one in line.discounts] for line in order.lines] == [
            [("Fee", eur(100))],
            [("Fee", eur(300))],
        ]
        order = await here.shop.order(here.place(fee="2.00"))
        assert [(one.title, one.price, one.method) for one in order.shipping] == [("Fee", eur(200), "fee")]

    run(told)


def test_store_credit_that_is_a_fee_pays_parcels_too() -> None:
    async def told(here: Scene) -> None:
        order = await here.shop.order(here.place({"sku": "a", "price": "10.00"}, shipping="4.00", fee="-14.00"))
        assert (order.total, order.rounding, order.tenders) == (eur(0), None, ())
        assert [one.total() for one in (*order.lines, *order.shipping)] == [eur(0), eur(0)]
        with pytest.raises(Malformed, match="more than there is"):
            await here.shop.order(here.place({"sku": "a", "price": "10.00"}, shipping="4.00", fee="-14.01"))

    run(told)


@pytest.mark.parametrize("within", [True, False])
def test_a_shop_whose_prices_have_fewer_decimals_than_its_currency_says_so(within: bool) -> None:
    """HUF, CZK and TWD have two by ISO 4217, and shops that sell in whole ones."""

    async def told(here: Scene) -> Order:
        here.books.decimals = 0
        lines = [{"sku": sku, "price": price, "quantity": 3} for sku, price in (("a", "1990"), ("b", "333.17"))]
        return cast("Order", await here.shop.order(here.place(*lines, within=within, currency="HUF", shipping="990")))

    with pytest.raises(Malformed, match="its parts come to"):
        run(told)
    order = run(told, decimals=0)
    assert order.total.minor % 100 == 0
    assert order.owed() == order.tenders[0].amount


def test_what_is_not_paid_is_told_so_and_how_it_will_be_is_the_shops_word() -> None:
    async def told(here: Scene) -> None:
        async def tender(**given: Any) -> tuple[TenderKind, TenderState]:
            (one,) = (await here.shop.order(here.place(**given))).tenders
            return one.kind, one.state

        assert await tender(status="on-hold", method="bacs") == (TenderKind.TRANSFER, TenderState.PENDING)
        assert await tender(status="on-hold", method="other") == (TenderKind.TRANSFER, TenderState.PENDING)
        assert await tender(status="processing", method="cod") == (TenderKind.CASH, TenderState.AUTHORISED)
        assert await tender(status="on-hold", method="cod") == (TenderKind.CASH, TenderState.PENDING)
        assert await tender(status="completed", method="ppcp-gateway") == (TenderKind.WALLET, TenderState.CAPTURED)
        assert await tender(status="processing", method="points") == (TenderKind.STORE_CREDIT, TenderState.CAPTURED)
        assert await tender(status="cancelled", method="bacs") == (TenderKind.TRANSFER, TenderState.VOIDED)
        assert await tender(status="failed", method="stripe") == (TenderKind.TRANSFER, TenderState.FAILED)
        free = await here.shop.order(here.place({"sku": "a", "price": "0"}))
        assert (free.total, free.tenders) == (eur(0), ())

    run(told, gateways={"points": "store_credit"})


def test_whose_it_is_and_what_the_shop_keeps_in_fields_of_its_own() -> None:
    async def told(here: Scene) -> None:
        line = {"sku": "kibble", "meta": {"_pets": "rex, tom,", "other": ["x"]}}
        order = await here.shop.order(here.place(line, meta={"wpml_language": "de_AT"}, via="pos"))
        assert order.lines[0].pets == (PetId("rex"), PetId("tom"))
        assert order.contact is not None
        assert (order.contact.language, order.channel) == ("de-AT", Channel.STORE)
        odd = await here.shop.order(here.place({"sku": "a", "meta": {"_pets": ["rex"]}}, meta={"wpml_language": 7}))
        assert (odd.lines[0].pets, odd.contact.language) == ((), None)
        nobody = await here.shop.order(here.place(email="", customer=7))
        assert (nobody.household, nobody.contact, nobody.ship_to) == ("h-woocommerce-7", None, None)
        assert (await here.shop.order(here.place(email=""))).household is None

    run(told, fields={"pets": "_pets", "language": "wpml_language"}, channels={"pos": "store"})


def test_those_whom_wordpress_erased_are_no_household_of_one_address() -> None:
    """`wp_privacy_anonymize_data`: all of them have one address, and thousands of orders would be one shopper's."""

    async def told(here: Scene) -> None:
        name = here.place()
        billing = here.books.orders[int(name)].billing
        billing |= dict.fromkeys(billing, "[deleted]") | {"country": "", "state": "", "email": "deleted@site.invalid"}
        order = await here.shop.order(name)
        assert (order.household, order.contact, order.ship_to) == (None, None, None)
        account = here.place(customer=7)
        here.books.orders[int(account)].billing["email"] = "Deleted@Site.INVALID "
        found = await here.shop.order(account)
        assert (found.household, found.contact.email) == ("h-woocommerce-7", None)

    run(told)


@pytest.mark.parametrize("status", ["cancelled", "failed", "trash"])
def test_what_was_paid_back_of_an_order_that_is_off_had_come_in(status: str) -> None:
    async def told(here: Scene) -> None:
        name = here.place(status="on-hold", method="bacs")
        here.act("refund", order=int(name), amount="4.00", reason="paid twice")
        assert (await here.shop.order(name)).tenders[0].state is TenderState.PENDING
        here.books.orders[int(name)].status = status
        order = await here.shop.order(name)
        assert (order.tenders[0].state, order.received()) == (TenderState.CAPTURED, eur(1600))

    run(told)


def test_a_guest_who_only_gave_an_address_is_a_household_of_that_order() -> None:
    async def told(here: Scene) -> None:
        name = here.place()
        here.books.orders[int(name)].billing["email"] = ""
        order = await here.shop.order(name)
        assert (order.household, order.ship_to) == (f"h-woocommerce-order-{name}", HOME)

    run(told)


def test_parts_that_do_not_come_to_the_total_are_refused_and_so_is_a_status_that_nobody_explained() -> None:
    async def told(here: Scene) -> None:
        name = here.place()
        here.books.orders[int(name)].total += 1
        with pytest.raises(Malformed, match=r"its parts come to 20.00 EUR, WooCommerce says 21.00 EUR"):
            await here.shop.order(name)
        strange = here.place(status="awaiting-vet")
        with pytest.raises(Malformed, match="name it in `statuses`"):
            await here.shop.order(strange)
        with pytest.raises(Malformed, match="name it in `statuses`"):
            await here.shop.wanted(strange)

    run(told)


def test_an_order_that_is_not_there_and_a_shop_that_is_not_there_are_two_things() -> None:
    async def told(here: Scene) -> None:
        for name in ("999", "x", "../1", "1" * 30):
            with pytest.raises(Rejected) as no:
                await here.shop.wanted(OrderId(name))
            assert no.value.code is Code.NOT_FOUND
        elsewhere = connector.configure(GIVEN | {"url": f"{here.url}/nothing"})
        account = connector.connect(elsewhere, __import__("pawline.testing.counter").testing.counter.LOOPBACK)
        plays: Any = next(iter(one for port, one in account.plays.items() if port.__name__ == "Shop"))
        with pytest.raises(Unauthorised, match="permalinks are to be other than plain"):
            await plays.wanted(OrderId("1"))
        await account.http.close()

    run(told)


def test_every_status_of_woocommerces_own_is_known_and_the_shop_may_explain_its_own() -> None:
    settings = connector.configure(GIVEN | {"statuses": {"awaiting-vet": "placed", "completed": "placed"}})
    assert {one: settings.standing(one) for one in STATUSES} == STATUSES | {"completed": Standing.PLACED}
    assert settings.standing("awaiting-vet") is Standing.PLACED
    with pytest.raises(ValueError, match="`shipped` says is not known"):
        settings.standing("shipped")


@pytest.mark.parametrize(
    "given",
    [
        {"url": "https://paws.example/wp-json/wc/v3"}, {"url": "https://paws.example?x=1"},
        {"statuses": {"wc-shipped": "sent"}}, {"statuses": {"shipped": "gone"}}, {"statuses": {"a b": "sent"}},
        {"gateways": {"stripe": "gold"}}, {"channels": {"": "web"}}, {"fields": {"pets": "a b"}},
        {"fields": {"cats": "x"}}, {"tracking": {"key": "'; drop"}}, {"parcels": "always"}, {"location": " "},
        {"webhook_secrets": ["short"]},
    ],
)  # fmt: skip
def test_settings_that_cannot_be_meant_are_refused(given: dict[str, object]) -> None:
    connector.configure(GIVEN)
    with pytest.raises(BadSettings):
        connector.configure(GIVEN | given)


def test_a_time_without_a_zone_is_utc_and_the_shops_wall_is_not_read() -> None:
    async def told(here: Scene) -> None:
        at = datetime(2026, 11, 30, 12, tzinfo=UTC)
        order = await here.shop.order(here.place(at=at.isoformat()))
        assert order.placed_at == at

    run(told)


def test_more_tax_than_a_price_and_more_units_than_anybody_buys_are_refused() -> None:
    settings = connector.configure(GIVEN)
    tax = {"id": 1, "total": "9.00"}
    line = {
        "id": 1, "quantity": 1, "subtotal": "1", "subtotal_tax": "0", "total": "1", "total_tax": "0", "taxes": [tax],
    }  # fmt: skip
    row = {
        "id": 1, "number": "1", "status": "processing", "currency": "EUR", "date_created_gmt": "2026-11-30T12:00:00",
        "date_modified_gmt": "2026-11-30T12:00:00", "total": "1.00", "prices_include_tax": True, "line_items": [line],
    }  # fmt: skip
    assert order_of(msgspec.convert(row | {"line_items": [line | {"taxes": []}]}, ToldOrder), settings).total == eur(
        100
    )
    with pytest.raises(ValueError, match="more tax in a price than the price"):
        order_of(msgspec.convert(row, ToldOrder), settings)
    with pytest.raises(ValueError, match="more units"):
        order_of(msgspec.convert(row | {"line_items": [line | {"quantity": 10**7}]}, ToldOrder), settings)
    plain = line | {"taxes": []}
    two = order_of(msgspec.convert(row | {"line_items": [plain | {"quantity": 2.0}]}, ToldOrder), settings)
    assert (two.lines[0].quantity, two.lines[0].price) == (2, eur(50))
    with pytest.raises(ValueError, match="parts of a unit"):
        order_of(msgspec.convert(row | {"line_items": [plain | {"quantity": 0.5}]}, ToldOrder), settings)
