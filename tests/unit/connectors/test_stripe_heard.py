"""What Stripe tells, in whatever order, and what a look over its events finds that no webhook told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.stripe import happened, looking
from pawline.connectors.stripe.happened import KINDS, about
from pawline.connectors.stripe.hook import HOOK
from pawline.connectors.stripe.looking import Cursor, events
from pawline.kit import Seen
from pawline.model import (
    DisputeClosed,
    Event,
    Money,
    OrderId,
    PaidOut,
    PaymentDeclined,
    PaymentDisputed,
    PaymentQuestioned,
    PayoutFailed,
    PayoutPaid,
    RefundFailed,
)
from pawline.ports import Malformed, PortError
from pawline.sandbox.stripe import views
from tests.unit.connectors.stripe_scene import EUR20, HELD, O1, POOR, Scene, card, run

DAY = 86_400.0


async def seen_of(here: Scene, thing: str) -> list[Event]:
    return [one.event for one in await about(here.http, here.settings, thing)]


async def look(here: Scene, cursor: str = "") -> tuple[list[Event], str, list[tuple[str, str]]]:
    """A whole walk."""
    found, bad = list[Event](), list[tuple[str, str]]()
    while True:
        seen: Seen = await events(here.http, here.settings, cursor)
        cursor = seen.cursor
        found += [one.event for one in seen.sightings]
        bad += [(one.where, one.why) for one in seen.quarantined]
        if not seen.more:
            return found, cursor, bad


async def declined(here: Scene) -> str:
    with pytest.raises(PortError):
        await here.authorised(card(POOR))
    return next(iter(here.books.intents))


def test_a_decline_is_told_with_stripes_word_for_it() -> None:
    async def told(here: Scene) -> None:
        name = await declined(here)
        (charge,) = here.books.charges.values()
        wanted = PaymentDeclined(
            order=O1, tender=card().id, at=datetime.fromtimestamp(int(charge.made), UTC),
            because="the payment was declined: card_declined, insufficient_funds",
        )  # fmt: skip
        assert await seen_of(here, name) == (await look(here))[0] == [wanted]

    run(told)


def test_a_refund_that_a_bank_refuses_is_told_whoever_made_it() -> None:
    async def told(here: Scene) -> None:
        taken = await here.captured(card("pm_card_refundFail"))
        ours = (await here.refunded(taken, 500)).reference
        theirs = here.stripe.paying.refund(here.books.intents[taken.reference], 100, {}, None).id
        assert await seen_of(here, ours) == []
        here.act("end", of=theirs, status="failed", because="expired_or_canceled_card")
        here.act("end", of=ours, status="canceled")
        found, _, bad = await look(here)
        assert bad == []
        assert {(type(one), one.fact) for one in found} == {
            (RefundFailed, f"refund.failed/{ours}"), (RefundFailed, f"refund.failed/{theirs}")
        }  # fmt: skip
        (one,) = await seen_of(here, theirs)
        assert isinstance(one, RefundFailed)
        assert (one.order, one.amount, one.because) == (O1, Money(100, "EUR"), "expired_or_canceled_card")
        (other,) = await seen_of(here, ours)
        assert isinstance(other, RefundFailed)
        assert (other.amount, other.because) == (Money(500, "EUR"), "it was called off")

    run(told)


def test_a_refund_that_reached_its_shopper_is_no_news() -> None:
    async def told(here: Scene) -> None:
        back = await here.refunded(await here.captured(card("pm_card_pendingRefund")))
        here.act("end", of=back.reference, status="succeeded")
        assert await seen_of(here, back.reference) == (await look(here))[0] == []

    run(told)


def test_a_bank_asks_then_takes_the_money_back_and_decides() -> None:
    async def told(here: Scene) -> None:
        taken = await here.captured()
        name = here.act("dispute", intent=taken.reference, inquiry=True, reason="product_not_received")["id"]
        due = datetime.fromtimestamp(int(here.books.disputes[name].due), UTC)
        more: dict[str, Any] = {"order": O1, "dispute": name, "amount": EUR20}
        why: dict[str, Any] = {"because": "product_not_received", "answer_by": due}
        assert await seen_of(here, name) == [PaymentQuestioned(**more, **why)]
        here.act("end", of=name, status="needs_response")
        assert await seen_of(here, name) == [PaymentDisputed(**more, **why)]
        here.act("end", of=name, status="under_review")
        assert await seen_of(here, name) == []
        here.act("end", of=name, status="won")
        (one,) = await seen_of(here, name)
        assert isinstance(one, DisputeClosed)
        assert one == DisputeClosed(**more, kept=True, at=one.at)
        assert [type(each) for each in (await look(here))[0]] == [DisputeClosed]  # as it is by now

    run(told)


@pytest.mark.parametrize(("status", "kept"), [("lost", False), ("warning_closed", True)])
def test_how_a_dispute_ended_says_whose_the_money_is(status: str, kept: bool) -> None:
    async def told(here: Scene) -> None:
        name = here.act("dispute", intent=(await here.captured()).reference)["id"]
        here.act("end", of=name, status=status)
        (one,) = await seen_of(here, name)
        assert isinstance(one, DisputeClosed)
        assert (one.kept, one.fact) == (kept, f"payment.dispute_closed/{name}/{'kept' if kept else 'lost'}")

    run(told)


@pytest.mark.parametrize(("case", "kept"), [("resolution", False), ("block", True)])
def test_a_dispute_that_was_prevented_is_told_where_it_was_paid_back_as_lost(case: str, kept: bool) -> None:
    async def told(here: Scene) -> None:
        name = here.act("dispute", intent=(await here.captured()).reference, prevented=case)["id"]
        (one,) = await seen_of(here, name)
        assert isinstance(one, DisputeClosed)
        assert (one.order, one.dispute, one.amount, one.kept) == (O1, name, EUR20, kept)
        assert [each.fact for each in (await look(here))[0]] == [one.fact]

    run(told)


def test_a_lost_dispute_that_may_be_appealed_asks_again_and_one_that_is_looked_at_does_not() -> None:
    async def told(here: Scene) -> None:
        name = here.act("dispute", intent=(await here.captured()).reference)["id"]
        due = datetime.fromtimestamp(int(here.books.disputes[name].due), UTC)
        here.act("end", of=name, status="lost")
        here.act("end", of=name, status="appeal_needs_response")
        (one,) = await seen_of(here, name)
        assert one == PaymentDisputed(
            order=O1, dispute=name, amount=EUR20, because="fraudulent", answer_by=due, appeal=True
        )  # fmt: skip
        assert one.fact == f"payment.disputed/{name}/appeal"
        here.act("end", of=name, status="appeal_under_review")
        assert await seen_of(here, name) == []

    run(told)


def test_a_dispute_that_stands_in_a_way_that_nobody_knows_is_a_persons() -> None:
    async def told(here: Scene) -> None:
        name = here.act("dispute", intent=(await here.captured()).reference)["id"]
        here.books.disputes[name].status = "pondered"
        words = "a dispute of order o1 stands in a way that nobody knows: pondered"
        with pytest.raises(Malformed, match=words):
            await about(here.http, here.settings, name)
        assert [why for _, why in (await look(here))[2]] == [words]

    before = len(HELD.wrong)
    with pytest.raises(AssertionError):
        run(told)
    assert [one for one in HELD.wrong[before:] if "pondered" not in one] == []
    del HELD.wrong[before:]


def test_a_payout_is_told_once_it_is_known_what_it_is_made_of() -> None:
    async def told(here: Scene) -> None:
        await here.refunded(await here.captured(), 500)
        await here.captured(order=OrderId("o2"))
        here.act("dispute", intent="o2/card")
        (name,) = here.act("pay-out", False)
        here.act("end", of=name, status="paid")
        assert await seen_of(here, name) == []  # its transactions are not all there yet
        here.act("end", of=name, status="reconciled")
        (one,) = await seen_of(here, name)
        assert isinstance(one, PayoutPaid)
        parts = {"taken": 4_000, "refunded": -500, "disputed": -2_000, "fees": -176, "other": 0}
        made_of = PaidOut(**{part: Money(minor, "EUR") for part, minor in parts.items()})
        assert (one.amount, one.made_of) == (Money(sum(parts.values()), "EUR"), made_of)
        found, _, _ = await look(here)
        assert [each.fact for each in found if isinstance(each, PayoutPaid)] == [f"payout.paid/{name}"]
        here.act("end", of=name, status="failed", because="account_closed")
        (failed,) = await seen_of(here, name)
        assert isinstance(failed, PayoutFailed)
        assert (failed.amount, failed.because) == (one.amount, "account_closed")

    run(told)


def test_a_payout_by_hand_says_its_amount_and_no_more() -> None:
    async def told(here: Scene) -> None:
        await here.captured()
        (name,) = here.act("pay-out", True)
        here.act("end", of=name, status="paid")
        (one,) = await seen_of(here, name)
        assert isinstance(one, PayoutPaid)
        assert (one.amount, one.made_of) == (Money(1_912, "EUR"), None)

    run(told)


def test_a_payout_that_does_not_add_up_is_a_persons_and_keeps_nothing_else_back() -> None:
    async def told(here: Scene) -> None:
        await here.captured()
        (name,) = here.act("pay-out", False)
        here.books.payouts[name].amount += 1
        here.act("end", of=name, status="paid")
        here.act("end", of=name, status="reconciled")
        await declined(here)
        found, cursor, bad = await look(here)
        assert [type(one) for one in found] == [PaymentDeclined]
        assert [why for _, why in bad] == [f"payout {name}: its transactions do not come to its amount"]
        again = await look(here, cursor)
        assert (again[0], again[2]) == (found, [])  # told once, in the walk after as well

    run(told)


def test_what_is_nobodys_or_another_shops_is_not_told() -> None:
    async def told(here: Scene) -> None:
        taken = await here.captured(card("pm_card_refundFail"))
        back = (await here.refunded(taken)).reference
        here.act("end", of=back, status="failed")
        name = here.act("dispute", intent=taken.reference)["id"]
        for metadata in (one.metadata for one in here.books.intents.values()):
            metadata["pawline_label"] = "another"
        here.books.refunds[back].metadata["pawline_label"] = "another"
        await declined(here)
        for one in here.books.intents.values():
            one.metadata.pop("pawline_label")
        assert [await seen_of(here, one) for one in (back, name, *here.books.intents)] == [[], [], [], []]
        assert (await look(here))[0] == []

    run(told)


def test_a_walk_goes_over_all_pages_and_the_next_one_over_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "PAGE", "2")

    async def told(here: Scene) -> None:
        for n in range(5):
            with pytest.raises(PortError):
                await here.authorised(card(POOR, name=f"t{n}"))
        found, cursor, _ = await look(here)
        assert sorted(one.tender for one in found if isinstance(one, PaymentDeclined)) == ["t0", "t1", "t2", "t3", "t4"]
        before = here.desk.vendors.requests
        here.clock.ahead = 2 * 3_600.0
        at = msgspec.json.decode(cursor, type=Cursor)
        later = msgspec.json.encode(msgspec.structs.replace(at, since=at.began + timedelta(hours=2))).decode()
        assert (await look(here, later))[0] == []
        assert here.desk.vendors.requests - before == 1

    run(told)


def test_events_of_more_than_thirty_days_ago_are_not_to_be_had_and_nothing_waits_for_them() -> None:
    async def told(here: Scene) -> None:
        await declined(here)
        here.clock.ahead = 31 * DAY
        assert (await look(here))[0] == []
        gone = Cursor(datetime.now(UTC), after="evt_gone")
        seen = await events(here.http, here.settings, msgspec.json.encode(gone).decode())
        assert (seen.sightings, seen.more) == ((), False)
        assert msgspec.json.decode(seen.cursor, type=Cursor).after is None

    run(told)


def test_a_thing_that_is_gone_keeps_no_other_back() -> None:
    async def told(here: Scene) -> None:
        name = here.act("dispute", intent=(await here.captured()).reference)["id"]
        await declined(here)
        del here.books.disputes[name]
        found, _, bad = await look(here)
        assert ([type(one) for one in found], bad) == ([PaymentDeclined], [])

    run(told)


def test_a_thing_of_which_a_proxy_answered_a_page_is_asked_for_again_until_it_is_told() -> None:
    async def told(here: Scene) -> None:
        name = here.act("dispute", intent=(await here.captured()).reference)["id"]
        with pytest.raises(PortError):
            await here.authorised(card(POOR))
        real = here.stripe.api._one

        def broken(call: Any) -> Any:
            found = real(call)
            return {} if call.path[0] == "disputes" else found

        here.stripe.api._one = broken  # type: ignore[method-assign]
        before = len(HELD.wrong)
        found, cursor, bad = await look(here)
        assert ([type(one) for one in found], len(bad)) == ([PaymentDeclined], 1)
        far = msgspec.json.decode(cursor, type=Cursor)
        far = msgspec.structs.replace(far, since=far.began + timedelta(hours=2))  # its event is out of the walk's sight
        found, cursor, bad = await look(here, msgspec.json.encode(far).decode())
        assert (found, bad) == ([], [])
        del HELD.wrong[before:]
        here.stripe.api._one = real  # type: ignore[method-assign]
        far = msgspec.json.decode(cursor, type=Cursor)
        far = msgspec.structs.replace(far, since=far.began + timedelta(hours=2))
        found, cursor, bad = await look(here, msgspec.json.encode(far).decode())
        assert [one.fact for one in found] == [f"payment.disputed/{name}"]
        assert msgspec.json.decode(cursor, type=Cursor).later == {}

    run(told)


def test_a_list_of_which_nothing_can_be_read_is_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    async def told(here: Scene) -> None:
        for n in range(3):
            with pytest.raises(PortError):
                await here.authorised(card(POOR, name=f"t{n}"))
        monkeypatch.setattr(happened, "moment", _none)
        with pytest.raises(Malformed, match="none of the events can be read"):
            await events(here.http, here.settings, "")

    run(told)


def _none(_: int) -> datetime:
    raise ValueError("a time is none")


def _told(type_: str, thing: str) -> bytes:
    return msgspec.json.encode(
        {"id": "evt_1", "type": type_, "created": 1_700_000_000, "data": {"object": {"id": thing}}}
    )


@pytest.mark.parametrize(("kind", "begin"), KINDS.items())
def test_a_delivery_makes_no_event_and_rings_for_its_thing(kind: str, begin: str) -> None:
    body = _told(kind, f"{begin}x")
    delivery = HOOK.read([], body)
    assert (delivery.id, delivery.at) == ("evt_1", datetime.fromtimestamp(1_700_000_000, UTC))
    assert HOOK.hears[delivery.type](delivery.payload) == ()
    assert HOOK.rings(delivery) == f"{begin}x"


@pytest.mark.parametrize("body", [_told("payout.paid", "ba_1"), _told("charge.dispute.created", "x"), b"{}", b"[]"])
def test_what_cannot_be_asked_about_is_kept(body: bytes) -> None:
    with pytest.raises((ValueError, msgspec.MsgspecError)):
        HOOK.hears[HOOK.read([], body).type](body)


def test_another_type_rings_for_nothing() -> None:
    assert HOOK.rings(HOOK.read([], _told("customer.created", "cus_1"))) is None


def test_what_a_delivery_said_long_ago_does_not_matter() -> None:
    """The one of the dispute's beginning comes last."""

    async def told(here: Scene) -> None:
        name = here.act("dispute", intent=(await here.captured()).reference)["id"]
        first = msgspec.json.encode(views.event(list(here.books.events.values())[-1]))
        here.act("end", of=name, status="lost")
        assert HOOK.rings(HOOK.read([], first)) == name
        assert [type(one) for one in await seen_of(here, name)] == [DisputeClosed]

    run(told)


def test_payouts_of_an_account_that_shops_share_are_told_by_one_of_them() -> None:
    async def told(here: Scene) -> None:
        await here.captured()
        (name,) = here.act("pay-out", True)
        here.act("end", of=name, status="paid")
        assert await seen_of(here, name) == (await look(here))[0] == []

    run(told, payouts=False)
