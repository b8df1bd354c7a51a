"""An own order that comes back or is called off is paid back once, by whoever took its money, whoever was faster."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawline.flows.refund_return import ANOTHER, SAME
from pawline.model import (
    Checkout,
    Credit,
    Money,
    OrderId,
    Payout,
    Refund,
    RefundId,
    RefundIssued,
    Repaid,
    Skipped,
    TenderId,
)
from pawline.ports import Bills, Code, Ledger, Orders, Rejected
from pawline.testing import NOON
from pawline.testing.orders import order
from tests.flows.own import LINE, O1, Scene, back, bought, cancelled, published, refunds_of, taken

EUR_10 = Money(1_000, "EUR")


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


CARD, GIFT = TenderId("card"), TenderId("gift_card")
ONCE = {"Payments.refund": 1, "Marketing.send": 1}


def test_a_return_is_paid_back_by_the_tender_that_a_shop_would_take_and_told_once() -> None:
    scene = Scene()
    scene.places(bought())
    assert scene.hears(back(1)) == Repaid(RefundId("return-r1"), euro(1_000))
    assert (scene.did, scene.asked) == (ONCE, [])
    one = scene.check()
    assert refunds_of(one) == [("return-r1", 1_000, [Payout(CARD, euro(1_000))])]
    assert [event.household for event in scene.done.published] == ["h1"]
    assert [refund.id for refund in published(scene.done)] == ["return-r1"]


def test_all_of_it_goes_back_by_both_tenders_and_a_second_return_reckons_with_the_first() -> None:
    scene = Scene()
    scene.places(bought())
    assert scene.hears(back(2)) == Repaid(RefundId("return-r1"), euro(2_000))
    assert scene.hears(back(1, "r2")) == Repaid(RefundId("return-r2"), euro(1_000))
    assert scene.did == ONCE | {"Payments.refund": 2}
    one = scene.check()
    assert refunds_of(one)[1] == ("return-r2", 1_000, [Payout(CARD, euro(300)), Payout(GIFT, euro(700))])
    assert (one.owed(), scene.asked) == (euro(0), [])


def test_the_same_return_once_more_pays_nothing() -> None:
    scene = Scene()
    scene.places(bought())
    scene.hears(back(1))
    assert scene.hears(back(1)) == Skipped("it was paid back by hand, or before")
    assert (scene.did, scene.asked) == ({}, [])


def test_more_than_was_bought_is_a_person_s() -> None:
    scene = Scene()
    scene.places(bought())
    scene.hears(back(2))
    assert scene.hears(back(2, "r2")) == Skipped("a person settled it")
    assert scene.did == {}
    assert scene.asked == [
        "order o1: return r2 cannot be paid back by itself: order o1: 2 of line l1 came back, 1 are left to credit"
    ]


def test_money_that_no_account_of_ours_took_is_a_person_s() -> None:
    """Goods came back, so they left: that nobody was charged is no reason to say nothing."""
    scene = Scene()
    scene.places(bought(), {})
    assert scene.hears(back(1)) == Skipped("a person settled it")
    assert (scene.did, scene.asked) == (
        {}, ["order o1: return r1 cannot be paid back by itself: no account that plays Payments took money for it"]
    )  # fmt: skip


def test_what_was_taken_in_part_goes_back_in_part() -> None:
    scene = Scene()
    scene.places(bought(), {"card": [1_500]})  # of 23.00, and nothing of the gift card
    assert scene.hears(back(1)) == Skipped("it is off the bill; nothing was paid for it")  # 20.00 are owed, 15.00 came
    assert (scene.did, scene.asked) == ({}, [])
    assert scene.hears(back(1, "r2")) == Repaid(RefundId("return-r2"), euro(500))
    scene.check()
    assert scene.hears(cancelled()) == Repaid(RefundId("cancelled-o1"), euro(1_000))
    assert scene.check().owed() == euro(0)


def test_a_tender_that_was_taken_in_parts_goes_back_by_its_parts() -> None:
    scene = Scene()
    scene.places(bought(), {"card": [400, 900, 1_000], "gift_card": [700]})
    assert scene.hears(back(1)) == Repaid(RefundId("return-r1"), euro(1_000))
    assert scene.did == ONCE | {"Payments.refund": 2}  # 4.00 of the first, 6.00 of the second
    scene.check()
    assert scene.hears(back(1, "r2")) == Repaid(RefundId("return-r2"), euro(1_000))
    assert scene.did == ONCE | {"Payments.refund": 2}  # 3.00 and 7.00
    scene.check()
    assert scene.hears(cancelled()) == Repaid(RefundId("cancelled-o1"), euro(1_000))
    assert scene.check().owed() == euro(0)


def test_whose_part_was_paid_back_by_hand_nobody_says_and_a_wrong_guess_is_a_person_s() -> None:
    scene = Scene(says=ANOTHER)
    scene.places(bought(card=3_000), {"card": [1_000, 2_000]})
    captures = sorted(scene.ledger().captures, key=lambda one: one.reference)
    scene.does(scene.payments.refund(captures[1], euro(500), "they called"))  # we take it for one of the first
    said = iter([ANOTHER, "settled"])

    def settles() -> str:
        scene.says = next(said)
        return scene.says

    answer, scene._answer = scene._answer, lambda question: (answer(question), settles())[1]  # type: ignore[method-assign]
    assert scene.hears(back(3)) == Skipped("a person settled it")
    assert scene.asked[1] == (
        "order o1: return r1 cannot be paid back by itself: 20.00 EUR of card: that is more than is left of it"
    )
    assert scene.did == {"Payments.refund": 1}


# -- called off ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["pawline", "shopper"])
def test_an_own_order_that_was_called_off_after_its_money_was_taken_has_all_of_it_back(by: str) -> None:
    scene = Scene()
    scene.places(bought())
    assert scene.hears(cancelled(by)) == Repaid(RefundId("cancelled-o1"), euro(3_000))
    assert scene.did == ONCE | {"Payments.refund": 2}
    assert scene.check().owed() == euro(0)


def test_what_is_only_set_aside_is_let_go_of_and_what_was_taken_meanwhile_goes_back() -> None:
    scene = Scene()
    scene.places(bought(), {"card": [2_300]})
    assert scene.hears(cancelled()) == Repaid(RefundId("cancelled-o1"), euro(2_300))
    assert scene.did == ONCE | {"Payments.void": 1}
    assert scene.check().owed() == euro(0)
    gift = next(one for one in scene.ledger().authorisations if one.tender == GIFT)
    with pytest.raises(Rejected, match="this authorisation is gone"):
        scene.does(scene.payments.capture(gift, euro(700)))


def test_money_that_is_taken_between_our_look_and_our_letting_go_goes_back_too() -> None:
    """The provider decides: too late to let go means that it stands in the next ledger."""
    scene = Scene()
    scene.places(bought(card=3_000), {})
    real, authorised = scene.payments.void, scene.ledger().authorisations[0]

    async def void(one: Any) -> Any:
        await scene.payments.capture(authorised, euro(3_000))
        return await real(one)

    payments: Any = scene.payments
    payments.void = void
    assert scene.hears(cancelled()) == Repaid(RefundId("cancelled-o1"), euro(3_000))
    assert (scene.did, scene.asked) == (ONCE | {"Payments.capture": 1}, [])
    assert scene.check().owed() == euro(0)


def test_of_an_order_that_was_called_off_before_anything_was_taken_nothing_goes_back_and_nobody_is_told() -> None:
    scene = Scene()
    scene.places(bought(), {})
    assert scene.hears(cancelled()) == Skipped("it is off the bill; nothing was paid for it")
    assert (scene.did, scene.asked) == ({"Payments.void": 2}, [])
    assert [refund.id for refund in published(scene.done)] == ["cancelled-o1"]  # it came off the bill
    assert scene.check().owed() == euro(0)


def test_money_of_an_order_that_was_confirmed_and_that_no_account_knows_of_any_more_is_a_person_s() -> None:
    """Its account was renamed, or has another label: it is made good once that is put right."""
    scene = Scene()
    scene.places(bought())
    scene.ports[Orders].sure = {O1}
    real = scene.payments.ledger

    async def ledger(_: OrderId) -> Ledger:
        return Ledger()

    payments: Any = scene.payments
    payments.ledger = ledger
    assert scene.hears(cancelled()) == Skipped("a person settled it")
    why = "cannot be paid back by itself: no account that plays Payments took money for it"
    assert (scene.did, scene.asked) == ({}, [f"order o1: changed my mind {why}"])
    assert published(scene.done) == []
    payments.ledger = real
    assert scene.hears(cancelled()) == Repaid(RefundId("cancelled-o1"), euro(3_000))
    assert scene.check().owed() == euro(0)


def test_an_order_that_was_confirmed_and_not_taken_money_for_yet_is_let_go_of_and_asks_nobody() -> None:
    scene = Scene()
    scene.places(bought(), {})
    scene.ports[Orders].sure = {O1}
    assert scene.hears(cancelled()) == Skipped("it is off the bill; nothing was paid for it")
    assert (scene.did, scene.asked) == ({"Payments.void": 2}, [])


def test_what_cannot_be_let_go_of_is_a_person_s() -> None:
    scene = Scene()
    scene.places(bought(card=3_000), {})

    async def void(_: Any) -> Any:
        raise Rejected("we do not", Code.NOT_ALLOWED)

    payments: Any = scene.payments
    payments.void = void
    scene.hears(cancelled())
    assert (scene.did, scene.asked) == ({}, ["order o1 was called off, and card is still set aside: we do not"])


def test_orders_that_shops_keep_are_theirs_as_before() -> None:
    scene = Scene()
    scene.vendors.shop.place(order(1, checkout=Checkout.ADOPTED, quantity=3, paid=True))
    assert scene.hears(cancelled()) == Skipped("shopper called it off, in the shop, which paid it back")
    assert scene.hears(back(1)) == Repaid(RefundId("return-r1"), euro(1_000))
    assert scene.did == {"Shop.refund": 1, "Shop.paid_back": 1, "Marketing.send": 1}


# -- by hand -------------------------------------------------------------------------------------------------------


def test_what_was_paid_back_by_hand_for_the_return_is_its_refund() -> None:
    scene = Scene(says=SAME)
    scene.places(bought())
    made = scene.by_hand("card", 1_000)
    assert scene.hears(back(1)) == Skipped("it was paid back by hand, or before")
    assert scene.asked == [f"return r1 of order o1: something was paid back by hand before: refunds {made}"]
    assert scene.did == {}
    assert refunds_of(scene.check()) == [("return-r1", 1_000, [Payout(CARD, euro(1_000))])]
    assert [refund.id for refund in published(scene.done)] == ["return-r1"]
    assert scene.hears(back(2, "r2")) == Repaid(RefundId("return-r2"), euro(2_000))
    assert (len(scene.asked), scene.check().owed()) == (1, euro(0))  # it is known: nobody is asked twice


@pytest.mark.parametrize(
    ("minor", "credits"), [(800, [800]), (1_300, [1_000, 300])], ids=["less a fee", "and something for the trouble"]
)
def test_what_was_paid_back_by_hand_decides_what_comes_off_the_bill(minor: int, credits: list[int]) -> None:
    scene = Scene(says=SAME)
    scene.places(bought())
    scene.by_hand("card", minor)
    scene.hears(back(1))
    one = scene.check()
    assert [credit.amount.minor for credit in one.refunds[0].credits] == credits
    scene.says = "settled"
    left = 3_000 - minor
    assert scene.hears(cancelled()) == Repaid(RefundId("cancelled-o1"), euro(left))
    assert scene.check().owed() == euro(0)


def test_what_was_paid_back_by_hand_for_another_reason_is_goodwill_and_the_return_is_paid_back() -> None:
    scene = Scene(says=ANOTHER)
    scene.places(bought())
    made = scene.by_hand("card", 500)
    assert scene.hears(back(1)) == Repaid(RefundId("return-r1"), euro(1_000))
    assert scene.did == ONCE
    assert refunds_of(scene.check()) == [
        (f"by-hand-{made}", 500, [Payout(CARD, euro(500))]), ("return-r1", 1_000, [Payout(CARD, euro(1_000))])
    ]  # fmt: skip
    assert [refund.id for refund in published(scene.done)] == [f"by-hand-{made}", "return-r1"]


def test_what_is_paid_back_by_hand_while_a_person_is_asked_is_asked_about_too() -> None:
    scene = Scene(says=ANOTHER)
    scene.places(bought())
    scene.by_hand("card", 500)
    scene.later = partial(scene.by_hand, "gift_card", 300)
    assert scene.hears(back(1)) == Repaid(RefundId("return-r1"), euro(1_000))
    assert len(scene.asked) == 2
    assert scene.check().owed() == euro(1_200)


def test_after_a_refund_by_hand_the_end_of_an_order_pays_back_only_the_rest_and_asks_nobody() -> None:
    scene = Scene()
    scene.places(bought())
    scene.by_hand("card", 1_000)
    assert scene.hears(cancelled()) == Repaid(RefundId("cancelled-o1"), euro(2_000))
    assert (scene.did, scene.asked) == (ONCE | {"Payments.refund": 2}, [])
    assert scene.check().owed() == euro(0)


def test_a_refund_by_hand_of_all_there_is_leaves_nothing_to_pay_back() -> None:
    scene = Scene()
    scene.places(bought(card=3_000))
    scene.by_hand("card", 3_000)
    assert scene.hears(cancelled()) == Skipped("it is off the bill; nothing was paid for it")
    assert (scene.did, scene.check().owed()) == ({}, euro(0))


# -- what is refused -----------------------------------------------------------------------------------------------


def refuses(scene: Scene, tender: str) -> None:
    real = scene.payments.refund

    async def refund(capture: Any, amount: Any, because: str) -> Any:
        if capture.tender == tender and because != "they called":
            raise Rejected("the card is closed", Code.DECLINED)
        return await real(capture, amount, because)

    payments: Any = scene.payments
    payments.refund = refund


def test_what_a_provider_refuses_is_a_person_s_and_the_other_tenders_have_theirs() -> None:
    scene = Scene()
    scene.places(bought())
    refuses(scene, "card")
    assert scene.hears(back(3)) == Skipped("a person settled it")
    assert scene.asked == ["order o1: return r1 cannot be paid back by itself: 23.00 EUR of card: the card is closed"]
    assert scene.did == {"Payments.refund": 1}  # and nobody was told
    assert [refund.id for refund in published(scene.done)] == ["return-r1"]
    bill = scene.does(scene.ports[Bills].of(O1))
    assert (bill.under_way, bill.order.owed(), len(bill.known)) == (None, euro(0), 1)
    assert scene.hears(cancelled()) == Skipped("nothing is left to pay back")  # it was settled, if outside the ledger


def test_what_a_person_pays_back_instead_is_not_taken_for_another_refund() -> None:
    scene = Scene()
    scene.places(bought())
    refuses(scene, "card")
    scene.later = partial(scene.by_hand, "card", 2_300)
    assert scene.hears(back(3)) == Skipped("a person settled it")
    assert len(scene.check().refunds) == 1
    assert scene.hears(cancelled()) == Skipped("nothing is left to pay back")
    assert len(scene.asked) == 1


def test_a_bill_that_changed_since_we_looked_is_reckoned_again() -> None:
    scene = Scene()
    scene.places(bought())
    bills, real = scene.bills, scene.bills.refund
    sorry = Refund(id=RefundId("sorry"), at=NOON, reason="", credits=(Credit(amount=euro(100)),))

    async def refund(*given: Any) -> Any:
        bills.refund = real
        await real(O1, sorry, 1, ())
        return await real(*given)

    bills.refund = refund
    assert scene.hears(back(1)) == Repaid(RefundId("return-r1"), euro(1_100))  # what came off the bill was paid, too
    assert (scene.did, scene.asked) == (ONCE, [])
    assert scene.check().owed() == euro(1_900)


def test_a_bill_that_changes_again_and_again_is_a_person_s() -> None:
    scene = Scene()
    scene.places(bought())

    async def refund(*_: Any) -> Any:
        raise Rejected("its bill has changed", Code.CONFLICT)

    scene.bills.refund = refund
    assert scene.hears(back(1)) == Skipped("a person settled it")
    assert (scene.did, len(scene.asked)) == ({}, 1)


def test_while_another_refund_s_money_is_on_its_way_nobody_reckons() -> None:
    scene = Scene()
    scene.places(bought())
    payouts, off = (Payout(CARD, euro(1_000)),), (Credit(amount=euro(1_000)),)
    other = Refund(id=RefundId("return-r0"), at=NOON, reason="", payouts=payouts, credits=off)
    scene.does(scene.bills.refund(O1, other, 1, ()))
    scene.by_hand("card", 1_000)  # as the other run does, which then ends
    assert scene.hears(back(1)) == Repaid(RefundId("return-r1"), euro(1_000))
    assert len(scene.done.slept) == 11
    assert scene.done.slept[-1] - NOON < timedelta(days=2)
    assert scene.asked == ["order o1: refund return-r0 was begun and has not ended"]
    assert scene.did == ONCE
    assert [one[0] for one in refunds_of(scene.check())] == ["return-r0", "return-r1"]


# -- whatever the parts --------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.data())
def test_tenders_less_refunds_are_what_is_owed_after_each_part_by_whomever(data: st.DataObject) -> None:
    quantity = data.draw(st.integers(1, 6))
    whole, scene, taken = quantity * 1_000, Scene(), dict[str, list[int]]()
    kinds = data.draw(st.permutations(["card", "gift_card", "store_credit"]))
    split = dict(zip(kinds, cut(data, whole, 3), strict=False))
    for kind, minor in split.items():  # in one capture or in several, all of it or less
        least = 1 if kind == next(iter(split)) else 0
        part = data.draw(st.integers(least, minor) | st.just(minor))
        taken[kind] = cut(data, part, 2) if part and kind != "card" else [part] * (part > 0)
    partly = sum(map(sum, taken.values())) < whole
    scene.places(bought(quantity, **split), taken)
    left, number = quantity, 0
    while left:
        number += 1
        if not partly and data.draw(st.booleans(), label="by hand before"):
            by_hand(data, scene)
        scene.says = data.draw(st.sampled_from([SAME, ANOTHER]))
        units = data.draw(st.integers(1, left))
        scene.hears(back(units, f"r{number}"))
        scene.check(partly=partly)
        left -= units
    scene.says = "settled"
    scene.hears(cancelled())
    assert scene.check().owed() == euro(0)
    assert all(isinstance(one, RefundIssued) for one in scene.done.published)


def cut(data: st.DataObject, whole: int, most: int) -> list[int]:
    """So much in so many parts at most."""
    cuts = sorted(data.draw(st.lists(st.integers(1, max(1, whole - 1)), max_size=most - 1, unique=True)))
    return [after - before for before, after in zip([0, *cuts], [*cuts, whole], strict=True) if after > before]


def by_hand(data: st.DataObject, scene: Scene) -> None:
    """Somebody pays back some of a tender that was taken in one part: of several we could guess the wrong one."""
    have = Counter({one.tender: 0 for one in scene.ledger().captures})
    parts = Counter(one.tender for one in scene.ledger().captures)
    for one in scene.ledger().captures:
        have[one.tender] += one.amount.minor
    for made in scene.ledger().refunds:
        have[made.tender] -= made.amount.minor
    if full := [tender for tender, minor in sorted(have.items()) if minor > 0 and parts[tender] == 1]:
        tender = data.draw(st.sampled_from(full))
        scene.by_hand(tender, data.draw(st.integers(1, have[tender])))


def test_a_refund_that_another_flow_makes_between_the_bill_and_the_ledger_is_ours_and_counts_once() -> None:
    scene = Scene()
    scene.places(bought())
    real, looks = scene.payments.ledger, []

    def another() -> None:
        bill = asyncio.run(scene.bills.of(O1))
        made = Refund(
            id=RefundId("return-r1"), at=NOON, reason="return r1", payouts=(Payout(TenderId("card"), EUR_10),),
            credits=(Credit(line=LINE, quantity=1, amount=EUR_10),),
        )  # fmt: skip
        scene.does(scene.bills.refund(O1, made, bill.entries, ()))
        (capture,) = [one for one in asyncio.run(real(O1)).captures if one.tender == "card"]
        reference = scene.does(scene.payments.refund(capture, EUR_10, "return r1")).reference
        scene.does(scene.bills.paid(O1, made.id, (reference,)))

    async def ledger(order: OrderId) -> Ledger:
        looks.append(order)
        if len(looks) == 2:  # the first lets go of what was set aside
            with ThreadPoolExecutor(1) as pool:
                pool.submit(another).result()
        return await real(order)

    scene.payments.ledger = ledger  # type: ignore[method-assign]
    assert scene.hears(cancelled()) == Repaid(RefundId("cancelled-o1"), Money(2_000, "EUR"))
    assert scene.asked == []
    refunds = asyncio.run(scene.bills.of(O1)).order.refunds
    assert [(one.id, one.paid_out()) for one in refunds] == [
        ("return-r1", EUR_10), ("cancelled-o1", Money(2_000, "EUR"))
    ]  # fmt: skip
    assert set(taken(scene.vendors.effects()).values()) == {0}
