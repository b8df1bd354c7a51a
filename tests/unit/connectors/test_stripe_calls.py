"""What the connector does with a shopper's money, and what it says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.stripe.amounts import counted, money
from pawline.connectors.stripe.happened import about
from pawline.connectors.stripe.naming import group_of
from pawline.model import Money, OrderId, Tender, TenderKind
from pawline.ports import (
    Authorisation,
    AuthorisationState,
    Capture,
    Code,
    Ledger,
    PortError,
    Refunded,
    Rejected,
    Transient,
)
from pawline.sandbox import Manner
from pawline.sandbox.stripe.views import secret_of
from tests.unit.connectors.stripe_scene import ASKS, EUR20, O1, POOR, RETURN, VISA, Scene, card, run

DAY = 86_400.0
FIVE = Money(500, "EUR")


async def refused(call: Any) -> tuple[Code, str]:
    with pytest.raises(Rejected) as no:
        await call
    return no.value.code, no.value.text


def test_a_payment_is_set_aside_taken_in_part_and_paid_back_in_parts() -> None:
    async def told(here: Scene) -> None:
        there = await here.authorised()
        assert there.expires_at is not None
        assert there == Authorisation(
            order=O1, tender=card().id, amount=EUR20, state=AuthorisationState.AUTHORISED, reference=there.reference,
            expires_at=there.expires_at,
        )  # fmt: skip
        assert abs(there.expires_at - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=1)
        assert await here.payments.ledger(O1) == Ledger(authorisations=(there,))
        taken = await here.step(here.payments.capture(there, Money(1_500, "EUR")))
        assert taken == Capture(order=O1, tender=card().id, amount=Money(1_500, "EUR"), reference=there.reference)
        first, second = await here.refunded(taken, 500), await here.refunded(taken, 1_000)
        assert first == Refunded(order=O1, tender=card().id, amount=FIVE, reference=first.reference)
        assert await here.payments.ledger(O1) == Ledger(captures=(taken,), refunds=(first, second))
        assert await refused(here.refunded(taken, 1)) == (
            Code.INVALID, "Stripe does not take it (charge_already_refunded)"
        )  # fmt: skip
        assert here.did() == [
            "authorise o1/card 2000", "capture o1/card 1500", "refund o1/card 500", "refund o1/card 1000"
        ]  # fmt: skip

    run(told)


def test_what_is_sent_says_whose_it_is_and_holds_no_more_of_a_card_than_its_method() -> None:
    async def told(here: Scene) -> None:
        taken = await here.captured()
        await here.refunded(taken)
        (one,), (back,) = here.books.intents.values(), here.books.refunds.values()
        group = group_of("paws-eu", O1)
        assert {name: one.given[name] for name in one.given if name not in ("metadata", "expand")} == {
            "amount": "2000", "currency": "eur", "payment_method": VISA, "payment_method_types": {"0": "card"},
            "capture_method": "manual", "description": "order o1", "transfer_group": group,
        }  # fmt: skip
        ours = {"pawline_label": "paws-eu", "pawline_order": "o1", "pawline_tender": "card", "pawline_group": group}
        assert one.metadata == ours | {"pawline_step": "k-1", "pawline_capture": "k-2"}
        assert back.metadata == ours | {"pawline_step": "k-3", "pawline_because": "it came back"}
        assert len(group) == len("pawline_") + 32

    run(told, label="paws-eu")


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("pm_card_visa_chargeDeclined", Code.DECLINED, "card_declined, generic_decline"),
        (POOR, Code.INSUFFICIENT_FUNDS, "card_declined, insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", Code.DECLINED, "card_declined, lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", Code.EXPIRED, "expired_card"),
        ("pm_card_chargeDeclinedProcessingError", Code.DECLINED, "processing_error"),
        (ASKS, Code.DECLINED, "authentication_required"),
    ],
)
def test_a_decline_says_why_and_sets_nothing_aside(source: str, code: Code, words: str) -> None:
    async def told(here: Scene) -> None:
        found = await refused(here.authorised(card(source)))
        assert found == (code, f"the payment was declined: {words}")
        assert await here.payments.ledger(O1) == Ledger()
        assert await here.payments.find_authorisation(O1, card(source)) is None
        assert here.did() == []

    run(told)


def test_a_bank_that_asks_its_shopper_is_no_decline_where_the_shop_has_a_page_for_it() -> None:
    async def told(here: Scene) -> None:
        there = await here.authorised(card(ASKS))
        assert (there.state, there.expires_at) == (AuthorisationState.NEEDS_SHOPPER, None)
        secret = secret_of(here.books.intents[there.reference])
        at = "https://hooks.stripe.example/3d_secure_2/hosted"
        assert there.confirm_at == f"{at}?payment_intent={there.reference}&payment_intent_client_secret={secret}"
        assert await refused(here.step(here.payments.capture(there, EUR20))) == (
            Code.INVALID, "nothing is set aside yet: requires_action"
        )  # fmt: skip
        here.stripe.api.behind = 0.0
        assert await here.payments.ledger(O1) == Ledger(authorisations=(there,))
        assert await here.payments.find_authorisation(O1, card(ASKS)) == there
        here.act("confirm", intent=there.reference)
        (now,) = (await here.payments.ledger(O1)).authorisations
        assert (now.state, now.reference) == (AuthorisationState.AUTHORISED, there.reference)
        await here.step(here.payments.capture(there, EUR20))
        assert here.did() == ["authorise o1/card 2000", "capture o1/card 2000"]

    run(told, return_url=RETURN)


def test_a_shopper_who_does_not_confirm_has_nothing_set_aside_and_it_is_let_go_of() -> None:
    async def told(here: Scene) -> None:
        there = await here.authorised(card(ASKS))
        here.act("confirm", intent=there.reference, good=False)
        assert await here.payments.ledger(O1) == Ledger()
        for _ in range(2):
            assert (await here.step(here.payments.void(there))).reference == there.reference
        assert here.did() == ["cancel o1/card"]

    run(told, return_url=RETURN)


@pytest.mark.parametrize(
    ("tender", "code", "text"),
    [
        (card(kind=TenderKind.GIFT_CARD), Code.UNSUPPORTED, "gift_card is not paid by Stripe"),
        (card(None), Code.INVALID, "the tender does not name a payment method of Stripe's (pm_…)"),
        (card("4242424242424242"), Code.INVALID, "the tender does not name a payment method of Stripe's (pm_…)"),
        (card("pm_1/../x"), Code.INVALID, "the tender does not name a payment method of Stripe's (pm_…)"),
        (card(currency="CLF"), Code.UNSUPPORTED, "Stripe does not take CLF"),
        (card(minor=2_001, currency="KWD"), Code.UNSUPPORTED,
         "Stripe takes KWD to two decimals only, and not 2.001 KWD"),
        (card("pm_nobodys"), Code.INVALID, "Stripe does not take it (resource_missing: payment_method)"),
        (card(name="t" * 501), Code.INVALID, "an order's and a tender's id have at most 500 characters at Stripe"),
    ],
)  # fmt: skip
def test_what_cannot_be_paid_is_refused_and_a_number_of_a_card_goes_nowhere(
    tender: Tender, code: Code, text: str
) -> None:
    async def told(here: Scene) -> None:
        assert await refused(here.authorised(tender)) == (code, text)
        assert here.did() == []
        assert "4242" not in repr([one.given for one in here.books.intents.values()])

    run(told)


def test_what_was_not_taken_in_a_week_is_gone() -> None:
    async def told(here: Scene) -> None:
        there = await here.authorised()
        here.clock.ahead = 7 * DAY + 60
        assert await refused(here.step(here.payments.capture(there, EUR20))) == (
            Code.EXPIRED, "what was set aside is gone"
        )  # fmt: skip
        assert await here.payments.ledger(O1) == Ledger()
        await here.step(here.payments.void(there))

    run(told)


def test_more_than_was_set_aside_is_not_taken_and_what_was_let_go_of_is_not_either() -> None:
    async def told(here: Scene) -> None:
        there = await here.authorised()
        assert await refused(here.step(here.payments.capture(there, Money(2_001, "EUR")))) == (
            Code.INVALID, "Stripe does not take it (amount_too_large: amount_to_capture)"
        )  # fmt: skip
        await here.step(here.payments.void(there))
        assert await refused(here.step(here.payments.capture(there, Money(1, "USD")))) == (
            Code.INVALID, "money is taken in the currency in which it was set aside"
        )  # fmt: skip
        assert await here.step(here.payments.void(there)) == await here.step(here.payments.void(there))
        assert await refused(here.step(here.payments.capture(there, EUR20))) == (
            Code.GONE,
            "what was set aside is gone",
        )
        taken = await here.captured(order=OrderId("o2"))
        other = Authorisation(
            order=OrderId("o2"), tender=card().id, amount=EUR20, state=AuthorisationState.AUTHORISED,
            reference=taken.reference,
        )  # fmt: skip
        assert await refused(here.step(here.payments.void(other))) == (Code.TOO_LATE, "the money was taken")
        assert here.did() == [
            "authorise o1/card 2000", "cancel o1/card", "authorise o2/card 2000", "capture o2/card 2000"
        ]  # fmt: skip

    run(told)


def test_what_is_none_of_stripes_is_not_found() -> None:
    async def told(here: Scene) -> None:
        for name in ("pi_none", "ch_1", "../account"):
            gone = Authorisation(
                order=O1, tender=card().id, amount=EUR20, state=AuthorisationState.AUTHORISED, reference=name
            )
            taken = Capture(order=O1, tender=card().id, amount=EUR20, reference=name)
            assert (await refused(here.step(here.payments.capture(gone, EUR20))))[0] is Code.NOT_FOUND
            assert (await refused(here.step(here.payments.void(gone))))[0] is Code.NOT_FOUND
            assert (await refused(here.refunded(taken)))[0] is Code.NOT_FOUND
        assert here.did() == []

    run(told)


def test_a_refund_that_is_on_its_way_is_not_settled_and_one_that_failed_is_not_in_the_ledger() -> None:
    async def told(here: Scene) -> None:
        taken = await here.captured(card("pm_card_refundFail"))
        back = await here.refunded(taken, 500)
        assert back.settled is False
        assert (await here.payments.ledger(O1)).refunds == (back,)
        here.act("end", of=back.reference, status="failed", because="expired_or_canceled_card")
        assert (await here.payments.ledger(O1)).refunds == ()
        assert await refused(here.step(here.payments.refund(taken, FIVE, "it came back"), key="k-3")) == (
            Code.DECLINED, "the payment was declined: refund_failed, expired_or_canceled_card"
        )  # fmt: skip
        assert (await here.refunded(taken)).amount == EUR20
        assert await refused(here.step(here.payments.refund(taken, Money(1, "USD"), "x"))) == (
            Code.INVALID, "money goes back in the currency in which it was taken"
        )  # fmt: skip

    run(told)


def test_a_payment_that_a_bank_took_back_is_not_paid_back_too() -> None:
    async def told(here: Scene) -> None:
        taken = await here.captured()
        here.act("dispute", intent=taken.reference)
        assert await refused(here.refunded(taken)) == (Code.INVALID, "Stripe does not take it (charge_disputed)")

    run(told)


def test_the_ledger_has_all_of_an_order_what_people_paid_back_too_and_nothing_of_others() -> None:
    async def told(here: Scene) -> None:
        first, second = await here.captured(card(name="a")), await here.captured(card(name="b", minor=300))
        await here.captured(order=OrderId("o11"))
        by_hand = here.stripe.paying.refund(here.books.intents[first.reference], 100, {}, "duplicate")
        here.clock.ahead = 60.0
        still = await here.authorised(card(name="c", minor=700))
        ledger = await here.payments.ledger(O1)
        assert sorted(ledger.captures, key=lambda one: one.tender) == [first, second]
        assert ledger.authorisations == (still,)
        assert [(one.reference, one.tender, one.amount) for one in ledger.refunds] == [
            (by_hand.id, "a", Money(100, "EUR"))
        ]  # fmt: skip
        assert await here.payments.ledger(OrderId("o2")) == Ledger()

    run(told)


def test_two_shops_at_one_account_do_not_see_each_others_orders() -> None:
    async def theirs(here: Scene) -> None:
        await here.captured()
        other = type(here.payments)(here.http, type(here.settings)(key=here.settings.key, mode="test", label="other"))
        assert await other.ledger(O1) == Ledger()
        assert await other.find_authorisation(O1, card()) is None

    run(theirs)


def test_what_was_paid_under_a_label_of_before_is_known_by_it_and_goes_back() -> None:
    async def told(here: Scene) -> None:
        taken, waits = await here.captured(), await here.authorised(card(ASKS, name="b"))
        renamed = {"key": here.settings.key, "mode": "test", "label": "paws-eu", "url": here.settings.url}
        payments = type(here.payments)(here.http, type(here.settings)(**renamed))
        assert await payments.ledger(O1) == Ledger()
        here.stripe.api.behind = 0.0
        settings = type(here.settings)(**renamed, labels_before=("paws", "pawline"))
        payments = type(here.payments)(here.http, settings)
        assert await payments.ledger(O1) == Ledger(authorisations=(waits,), captures=(taken,))
        back = await here.step(payments.refund(taken, EUR20, "it came back"), key="back")
        assert await here.step(payments.refund(taken, EUR20, "it came back"), key="back") == back
        assert await payments.ledger(O1) == Ledger(authorisations=(waits,), captures=(taken,), refunds=(back,))
        assert here.did() == ["authorise o1/card 2000", "capture o1/card 2000", "refund o1/card 2000"]
        name = here.act("dispute", intent=taken.reference)["id"]
        assert [one.id for one in await about(here.http, settings, name)] == [f"payment.disputed/{name}"]

    run(told, return_url=RETURN)


def test_an_order_with_many_payments_and_an_odd_name_is_read_to_its_end() -> None:
    async def told(here: Scene) -> None:
        order = OrderId("gid://shop/Order/ü'1]")
        for n in range(101):
            await here.step(here.payments.authorize(order, card(name=f"t{n}", minor=100 + n)))
        assert len((await here.payments.ledger(order)).authorisations) == 101

    run(told)


def test_what_stands_for_a_tender_is_the_one_whose_money_is_there() -> None:
    async def told(here: Scene) -> None:
        here.stripe.api.behind = 0.0
        waits = await here.authorised(card(ASKS))
        paid = await here.authorised()
        await here.authorised(card(ASKS))
        found = await here.payments.find_authorisation(O1, card())
        assert (found.reference, found.state) == (paid.reference, AuthorisationState.AUTHORISED)
        assert await here.payments.find_authorisation(O1, card(minor=1)) is None
        assert waits.reference != paid.reference

    run(told, return_url=RETURN)


def test_where_there_is_no_search_what_has_a_charge_is_found_all_the_same() -> None:
    async def told(here: Scene) -> None:
        there = await here.authorised()
        del here.stripe.api._answers["GET payment_intents/search"]
        assert await here.payments.ledger(O1) == Ledger(authorisations=(there,))

    run(told)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Money(1_099, "USD"), "1099"), (Money(500, "JPY"), "500"), (Money(5, "ISK"), "500"), (Money(5, "UGX"), "500"),
        (Money(5_120, "KWD"), "5120"), (Money(500, "MGA"), "5"), (Money(1_000, "HUF"), "1000"),
    ],
)  # fmt: skip
def test_money_is_counted_as_stripe_counts_it(ours: Money, theirs: str) -> None:
    assert counted(ours) == theirs
    assert money(int(theirs), ours.currency.lower()) == ours


@pytest.mark.parametrize("amount", [Money(501, "MGA"), Money(5_124, "KWD"), Money(1, "IQD"), Money(1, "UYW")])
def test_money_that_stripe_cannot_be_told_is_refused(amount: Money) -> None:
    with pytest.raises(Rejected) as no:
        counted(amount)
    assert no.value.code is Code.UNSUPPORTED


@pytest.mark.parametrize(("amount", "currency"), [(550, "isk"), (1, "lyd"), (1, "xxx"), (2**60, "eur")])
def test_an_amount_that_is_none_is_not_guessed_at(amount: int, currency: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        money(amount, currency)


def test_limits_without_a_header_are_waited_for_and_what_another_call_holds_too() -> None:
    async def told(here: Scene) -> None:
        here.desk.manners["stripe"] = Manner(limited=1.0)
        with pytest.raises(Transient) as busy:
            await here.authorised()
        assert (busy.value.code, busy.value.retry_after) == (Code.RATE_LIMITED, timedelta(seconds=1))

    run(told)


def test_what_a_browser_could_pay_with_is_in_the_shoppers_address_and_said_nowhere() -> None:
    async def told(here: Scene) -> None:
        here.stripe.api.behind = 0.0
        there = await here.authorised(card(ASKS))
        assert "canary77" in msgspec.json.encode(there).decode()  # it is the address to which the shopper is sent
        paid = await here.authorised(card(name="paid"))
        assert "canary77" not in msgspec.json.encode(paid).decode()
        said = [repr(there), repr(await here.payments.ledger(O1))]
        try:
            await here.authorised(card(POOR, name="x"))
        except PortError as no:
            said += [repr(no), repr(no.__cause__)]
        assert "hosted?…" in said[0]
        assert len(said) == 4
        assert "canary77" not in "".join(said)

    run(told, return_url=RETURN)
