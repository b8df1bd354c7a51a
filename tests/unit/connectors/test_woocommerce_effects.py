"""What is done at WooCommerce, whatever breaks on the way: once, and never what nobody can tell of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from pawline.connectors.woocommerce.happened import CALLED_OFF
from pawline.connectors.woocommerce.shop import TAGS
from pawline.model import Credit, LocationId, Money, OrderId, Payout, RefundId, SkuId, StockLevel, bill_of
from pawline.ports import Adjustment, Code, Malformed, PortError, Rejected, Transient
from pawline.sandbox import Fault, Faults
from tests.unit.connectors.woocommerce_scene import Scene, back, run

FAULTS = [Fault.BROKEN, Fault.UNAVAILABLE, Fault.LIMITED, Fault.UNHEARD, Fault.STORED_ERROR]
PLACE = LocationId("woocommerce")
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


async def no(call: Any) -> PortError:
    with pytest.raises(PortError) as told:
        await call
    return told.value


async def settled(here: Scene, effect: Any, look_up: Any = None) -> int:
    """As the runtime does it: looked up where nobody knows, sent again where it did not happen. How often it broke."""
    broken = 0
    while True:
        try:
            await here.step(effect())
        except Transient:
            here.desk.vendors.faults = Faults()
            broken += 1
            if look_up is None or await look_up() is None:
                continue
        here.desk.vendors.faults = Faults()
        return broken


# -- refunds ------------------------------------------------------------------------------------------------------


def test_a_refund_is_paid_by_the_gateway_and_stands_as_it_was_asked_for() -> None:
    async def told(here: Scene) -> None:
        name = here.place({"sku": "kibble", "quantity": 2, "price": "19.99"}, shipping="4.90")
        before = await here.shop.order(name)
        refund = back(before, 1_999, 1)
        assert await here.step(here.shop.refund(name, refund, bill_of(before))) == refund
        (made,) = here.books.orders[int(name)].refunds
        assert (str(made.amount), made.reason, made.paid) == ("19.99", "it came broken [pawline:r1]", True)
        line = int(before.lines[0].id)
        assert made.lines == {line: (1, *[type(made.amount)(one) for one in ("16.80", "3.19")])}
        after = await here.shop.order(name)
        (seen,) = after.refunds
        assert (seen.id, seen.reason, seen.payouts) == ("r1", "it came broken", refund.payouts)
        assert seen.credits == (Credit(amount=Money(1_999, "EUR"), line=before.lines[0].id, quantity=1),)
        assert after.owed() == after.received() == Money(2_489, "EUR")
        rest = replace(back(after, 2_489, name="r2"), credits=(Credit(amount=Money(2_489, "EUR")),))
        await here.step(here.shop.refund(name, rest, bill_of(after)))
        assert here.books.orders[int(name)].status == "refunded"
        assert (await here.shop.order(name)).owed() == Money(0, "EUR")
        assert not await here.shop.wanted(name)
        assert here.did() == [f"WooCommerce.refund {name}/19.99", f"WooCommerce.refund {name}/24.89"]

    run(told)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_refund_is_one_wherever_it_breaks(fault: Fault) -> None:
    async def told(here: Scene, at: int) -> int:
        name = here.place()
        before = await here.shop.order(name)
        refund, seen = back(before, 500), bill_of(before)
        here.desk.vendors.faults = Faults(at={at: fault}, retry_after=0.0)
        broken = await settled(
            here, lambda: here.shop.refund(name, refund, seen), lambda: here.shop.find_refund(name, refund, seen)
        )
        assert here.did() == [f"WooCommerce.refund {name}/5.00"]
        assert [one.reason for one in here.books.orders[int(name)].refunds] == ["it came broken [pawline:r1]"]
        return broken

    # the order, and the refund: it has none to be read yet
    assert [run(lambda here, at=at: told(here, at)) for at in (1, 2, 3)] == [1, 1, 0]  # type: ignore[misc]


def test_a_refund_that_is_there_is_not_made_again_whatever_was_seen() -> None:
    async def told(here: Scene) -> None:
        name = here.place()
        before = await here.shop.order(name)
        refund = back(before, 500)
        await here.step(here.shop.refund(name, refund, bill_of(before)))
        again = await here.step(here.shop.refund(name, refund, bill_of(before)))
        assert (again.id, again.paid_out()) == ("r1", Money(500, "EUR"))
        other = await no(here.step(here.shop.refund(name, back(before, 100, name="r2"), bill_of(before))))
        assert (type(other), other.code) == (Rejected, Code.CONFLICT)
        assert (await no(here.step(here.shop.refund(name, back(before, 100, name="r2"), ())))).code is Code.CONFLICT
        await here.step(here.shop.refund(name, back(before, 100, name="r2"), (RefundId("r1"),)))
        assert len(here.did()) == 2

    run(told)


def test_a_gateway_that_says_no_leaves_nothing_and_is_a_persons() -> None:
    async def told(here: Scene) -> None:
        here.books.gateway = "no"
        name = here.place()
        before = await here.shop.order(name)
        problem = await no(here.step(here.shop.refund(name, back(before, 500), bill_of(before))))
        assert (type(problem), problem.code) == (Rejected, Code.DECLINED)
        assert (here.books.orders[int(name)].refunds, here.did()) == ([], [])
        cash = here.place(method="cod")
        before = await here.shop.order(cash)
        assert (await no(here.step(here.shop.refund(cash, back(before, 500), bill_of(before))))).code is Code.DECLINED

    run(told)


def test_a_refund_of_which_the_gateway_never_spoke_is_waited_for_then_a_persons_and_never_made_again() -> None:
    async def told(here: Scene) -> None:
        here.books.gateway = "dies"
        name = here.place()
        before = await here.shop.order(name)
        refund, seen = back(before, 500), bill_of(before)
        assert isinstance(await no(here.step(here.shop.refund(name, refund, seen))), Transient)
        here.books.gateway = "paid"
        for call in (here.shop.find_refund, here.shop.refund):
            problem = await no(here.step(call(name, refund, seen)))
            assert (type(problem), problem.code) == (Transient, Code.IN_PROGRESS)
        (one,) = here.books.orders[int(name)].refunds
        one.at -= 700
        for call in (here.shop.find_refund, here.shop.refund):
            problem = await no(here.step(call(name, refund, seen)))
            assert (type(problem), problem.code) == (Rejected, Code.DECLINED)
        assert here.did() == []
        after = await here.shop.order(name)
        assert (after.refunds[0].payouts, after.refunds[0].credited()) == ((), Money(500, "EUR"))
        assert after.received() - after.owed() == Money(500, "EUR")

    run(told)


def test_what_woocommerce_cannot_be_told_is_refused_and_nothing_is_sent() -> None:
    async def told(here: Scene) -> None:
        name = here.place({"sku": "kibble", "quantity": 2}, {"sku": "chew"})
        before = await here.shop.order(name)
        seen, one = bill_of(before), back(before, 500, 1)
        other = Credit(amount=Money(100, "EUR"), line=before.lines[1].id, quantity=1, restock=True)
        unequal = replace(one, payouts=(Payout(before.tenders[0].id, Money(400, "EUR")),))
        mixed = replace(one, credits=(*one.credits, other), payouts=(Payout(before.tenders[0].id, Money(600, "EUR")),))
        wrong = [
            (unequal, Code.UNSUPPORTED), (mixed, Code.UNSUPPORTED), (back(before, 500, 3), Code.INVALID),
            (back(before, 4_000), Code.INVALID), (back(before, 1, name="a b"), Code.INVALID),
            (back(before, 1, name="a\\b"), Code.INVALID),
        ]  # fmt: skip
        for refund, code in wrong:
            problem = await no(here.step(here.shop.refund(name, refund, seen)))
            assert (type(problem), problem.code) == (Rejected, code), problem
        missing = await no(here.step(here.shop.refund(OrderId("9999"), one, seen)))
        assert missing.code is Code.NOT_FOUND
        assert here.did() == []
        assert not [one for one in here.api.asked if one.startswith("POST")]

    run(told)


def test_goods_go_back_into_stock_all_of_them_or_none() -> None:
    async def told(here: Scene) -> None:
        here.act("product", sku="kibble", stock=10)
        name = here.place()
        before = await here.shop.order(name)
        await here.step(here.shop.refund(name, back(before, 1_000, 1), bill_of(before)))
        assert here.books.by_sku("kibble").stock == 8
        after = await here.shop.order(name)
        await here.step(here.shop.refund(name, back(after, 1_000, 1, name="r2", restock=True), bill_of(after)))
        assert here.books.by_sku("kibble").stock == 9

    run(told)


def test_a_reason_holds_nothing_that_an_old_database_would_not_keep() -> None:
    async def told(here: Scene) -> None:
        name = here.place()
        before = await here.shop.order(name)
        refund = replace(back(before, 500), reason="sad \U0001f436\n<b>dog</b> \\ ä")
        await here.step(here.shop.refund(name, refund, bill_of(before)))
        assert here.books.orders[int(name)].refunds[0].reason == "sad b dog /b ä [pawline:r1]"

    run(told)


def test_what_people_refunded_is_read_as_they_wrote_it() -> None:
    async def told(here: Scene) -> None:
        name = here.place(method="cod", status="completed")
        number = here.act("refund", order=int(name), amount="3.50", reason="a dent")
        (one,) = (await here.shop.order(name)).refunds
        assert (one.id, one.reason) == (str(number), "a dent")
        assert (one.paid_out(), one.credited()) == (Money(350, "EUR"), Money(350, "EUR"))
        here.act("refund", order=int(name), amount="0")
        assert len((await here.shop.order(name)).refunds) == 1

    run(told)


# -- calling off, and words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
def test_an_order_is_called_off_once_wherever_it_breaks_and_its_stock_comes_back(fault: Fault) -> None:
    async def told(here: Scene, at: int) -> int:
        here.act("product", sku="kibble", stock=10)
        name = here.place()
        assert here.books.by_sku("kibble").stock == 8
        here.desk.vendors.faults = Faults(at={at: fault}, retry_after=0.0)
        broken = await settled(here, lambda: here.shop.cancel(name, "a recall\nof kibble"))
        assert (here.did(), here.books.by_sku("kibble").stock) == ([f"WooCommerce.status {name}/cancelled"], 10)
        assert here.books.orders[int(name)].meta == {CALLED_OFF: "a recall of kibble"}
        assert not await here.shop.wanted(name)
        return broken

    assert [run(lambda here, at=at: told(here, at)) for at in (1, 2, 3)] == [1, 1, 0]  # type: ignore[misc]


def test_what_has_left_or_was_paid_back_is_not_called_off() -> None:
    async def told(here: Scene) -> None:
        items = [{"tracking_provider": "dhl", "tracking_number": "T1"}]
        for given in ({"status": "completed"}, {"meta": {"_wc_shipment_tracking_items": items}}):
            name = here.place(**given)
            assert (await no(here.step(here.shop.cancel(name, "x")))).code is Code.TOO_LATE
            assert await here.shop.wanted(name)
        name = here.place()
        here.change(name, status="refunded")
        assert (await no(here.step(here.shop.cancel(name, "x")))).code is Code.TOO_LATE
        for status in ("cancelled", "trash", "failed", "refunded"):
            assert not await here.shop.wanted(here.place(status=status))
        for status in ("pending", "on-hold", "processing"):
            assert await here.shop.wanted(here.place(status=status))
        assert here.did() == []

    run(told)


@pytest.mark.parametrize("fault", FAULTS)
def test_words_for_its_people_are_there_once_and_those_that_are_there_stay(fault: Fault) -> None:
    async def told(here: Scene, at: int) -> int:
        name = here.place(meta={TAGS: "vip"})
        here.desk.vendors.faults = Faults(at={at: fault}, retry_after=0.0)
        broken = await settled(here, lambda: here.shop.tag(name, ("late, twice", "vip")))
        assert here.books.orders[int(name)].meta == {TAGS: "vip, late twice"}
        assert here.did() == [f"WooCommerce.meta {name}/{TAGS}"]
        return broken

    assert [run(lambda here, at=at: told(here, at)) for at in (1, 2, 3)] == [1, 1, 0]  # type: ignore[misc]


def test_an_edit_is_the_shops_peoples() -> None:
    async def told(here: Scene) -> None:
        name = here.place()
        assert (await no(here.step(here.shop.edit(name, None)))).code is Code.UNSUPPORTED
        assert (await no(here.step(here.shop.edit(OrderId("9"), None)))).code is Code.NOT_FOUND

    run(told)


def test_who_bought_what_lately_is_found_and_nobody_else() -> None:
    async def told(here: Scene) -> None:
        since = datetime.now(UTC) - timedelta(hours=1)
        for number in range(60):
            here.place(email=f"p{number}@example.com", at=(since + timedelta(minutes=1, seconds=number)).isoformat())
        here.place({"sku": "chew"}, status="cancelled")
        here.place({"sku": "old"}, at=(since - timedelta(hours=1)).isoformat())
        order = await here.shop.order(here.place())

        async def bought(sku: str, whose: Any = order.household) -> bool:
            found: bool = await here.shop.bought_since(whose, SkuId(sku), since)
            return found

        assert [await bought(sku) for sku in ("kibble", "chew", "old", "kibbl")] == [True, False, False, False]
        other = await here.shop.order(here.place({"sku": "litter"}, email="zoe@example.com"))
        assert [await bought("kibble", other.household), await bought("litter", other.household)] == [False, True]

    run(told)


def test_what_changed_is_listed_page_by_page_though_all_changed_in_one_second() -> None:
    async def told(here: Scene) -> None:
        since = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
        early = here.place(at=(since - timedelta(seconds=1)).isoformat())
        names = [here.place(at=since.isoformat()) for _ in range(120)]
        names += [here.place(at=(since + timedelta(minutes=n)).isoformat()) for n in range(5)]
        found, after = list[OrderId](), None
        while True:
            page = await here.shop.changed_since(since, after)
            found += page.orders
            if (after := page.after) is None:
                break
        assert list(dict.fromkeys(found)) == names
        assert early not in found
        assert (await no(here.shop.changed_since(since, "nowhere"))).code is Code.INVALID
        there = await here.shop.changed_since(since.astimezone(timezone(timedelta(hours=9))), None)
        assert there.orders == tuple(names[:50])

    run(told)


# -- stock ----------------------------------------------------------------------------------------------------------


def level(sku: str, units: int, at: datetime = NOON, place: LocationId = PLACE) -> StockLevel:
    return StockLevel(sku=SkuId(sku), location=place, on_hand=units, as_of=at)


def test_figures_are_those_of_products_that_are_counted_and_a_variation_is_one() -> None:
    async def told(here: Scene) -> None:
        parent = here.act("product", sku="bed", stock=50)
        here.act("product", sku="bed-l", stock=3, parent=parent)
        here.act("product", sku="bed-s", parent=parent, parent_counts=True)
        here.act("product", sku="kibble", stock=7)
        here.act("product", sku="gift")
        skus = tuple(map(SkuId, ("kibble", "bed-l", "bed-s", "gift", "nothing")))
        found = await here.stock.levels(skus)
        assert [(one.sku, one.location, one.on_hand) for one in found] == [("kibble", PLACE, 7), ("bed-l", PLACE, 3)]
        assert all(one.as_of == one.contains_until for one in found)

    run(told)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_count_is_set_once_and_what_is_sold_while_it_is_set_stays_sold(fault: Fault) -> None:
    async def told(here: Scene, at: int) -> int:
        parent = here.act("product", sku="bed")
        here.act("product", sku="bed-l", stock=3, parent=parent)
        here.act("product", sku="kibble", stock=7)
        levels = (level("kibble", 20), level("bed-l", 1))
        here.desk.vendors.faults = Faults(at={at: fault}, retry_after=0.0)
        broken = await settled(here, lambda: here.stock.set_levels(levels))
        assert [here.books.by_sku(sku).stock for sku in ("kibble", "bed-l")] == [20, 1]
        here.place({"sku": "kibble", "quantity": 5})
        await here.step(here.stock.set_levels(levels))  # told again, late
        await here.step(here.stock.set_levels((level("kibble", 99, NOON - timedelta(seconds=1)),)))
        assert here.books.by_sku("kibble").stock == 15
        await here.step(here.stock.set_levels((level("kibble", 40, NOON + timedelta(seconds=1)),)))
        assert here.books.by_sku("kibble").stock == 40
        return broken

    # what is there, a batch of products, and one of variations
    assert [run(lambda here, at=at: told(here, at)) for at in (1, 2, 3, 4)] == [1, 1, 1, 0]  # type: ignore[misc]


def test_what_is_sold_between_the_look_and_the_write_stays_sold() -> None:
    async def told(here: Scene) -> None:
        here.act("product", sku="kibble", stock=7)
        answer = here.api.answer

        def sold_meanwhile(call: Any) -> Any:
            found = answer(call)
            if call.method == "GET":
                here.place({"sku": "kibble", "quantity": 2})
            return found

        here.api.answer = sold_meanwhile  # type: ignore[method-assign]
        await here.step(here.stock.set_levels((level("kibble", 20),)))
        assert here.books.by_sku("kibble").stock == 18
        await here.step(here.stock.adjust((Adjustment(sku=SkuId("kibble"), location=PLACE, by=5),), "found"))
        assert here.books.by_sku("kibble").stock == 21

    run(told)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_difference_is_added_once_wherever_it_breaks(fault: Fault) -> None:
    async def told(here: Scene, at: int) -> int:
        here.act("product", sku="kibble", stock=7)
        changes = (Adjustment(sku=SkuId("kibble"), location=PLACE, by=-2),)
        here.desk.vendors.faults = Faults(at={at: fault}, retry_after=0.0)
        broken = await settled(
            here, lambda: here.stock.adjust(changes, "counted"), lambda: here.stock.find_adjusted(changes, "counted")
        )
        assert (here.books.by_sku("kibble").stock, here.did()) == (5, ["WooCommerce.stock kibble/-2"])
        assert await here.stock.find_adjusted(changes, "counted again") is None
        return broken

    assert [run(lambda here, at=at: told(here, at)) for at in (1, 2, 3)] == [1, 1, 0]  # type: ignore[misc]


def test_what_cannot_be_counted_there_is_refused_before_anything_is_moved() -> None:
    async def told(here: Scene) -> None:
        for sku in ("kibble", "chew"):
            here.act("product", sku=sku, stock=7)
        here.act("product", sku="chew", stock=1)
        by = [Adjustment(sku=SkuId(sku), location=PLACE, by=1) for sku in ("kibble", "bone", "chew")]
        far = Adjustment(sku=SkuId("kibble"), location=LocationId("berlin"), by=1)
        wrong = [
            ((by[1],), Code.NOT_FOUND), ((by[2],), Code.CONFLICT), ((far,), Code.NOT_FOUND),
        ]  # fmt: skip
        for changes, code in wrong:
            assert (await no(here.step(here.stock.adjust(changes, "x")))).code is code
        assert (await no(here.step(here.stock.set_levels((level("bone", 1),))))).code is Code.NOT_FOUND
        assert (await no(here.step(here.stock.set_levels((level("kibble", 1, place=LocationId("x")),))))).code is (
            Code.NOT_FOUND
        )
        here.act("product", sku="bone", stock=1)
        assert (await no(here.step(here.stock.adjust((by[0], by[1]), "x")))).code is Code.UNSUPPORTED
        await here.step(here.stock.adjust((by[0], by[0]), "x"))
        assert here.did() == ["WooCommerce.stock kibble/+2"]
        for call in (here.stock.reserve(OrderId("1"), ()), here.stock.release(None), here.stock.commit(None)):
            assert (await no(call)).code is Code.UNSUPPORTED

    run(told)


def test_parts_of_a_unit_are_a_developers() -> None:
    async def told(here: Scene) -> None:
        here.act("product", sku="kibble", stock=7)
        here.books.by_sku("kibble").stock = 7.5  # type: ignore[assignment]
        assert isinstance(await no(here.stock.levels((SkuId("kibble"),))), Malformed)

    run(told)
