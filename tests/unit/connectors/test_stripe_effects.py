"""Every write of the connector, broken off wherever it may be, and with its key forgotten: it is once at Stripe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.stripe import connector
from pawline.connectors.stripe.client import TIMEOUT
from pawline.connectors.stripe.setting import CALLED_OFF
from pawline.model import Money
from pawline.ports import Authorisation, Capture, Payments, PortError, Refunded, Rejected, Settle, Transient
from pawline.sandbox import Fault, Faults
from tests.unit.connectors.stripe_scene import ASKS, O1, POOR, RETURN, Scene, card, run

FAULTS = (Fault.BROKEN, Fault.LATE, Fault.STORED_ERROR, Fault.UNAVAILABLE, Fault.UNHEARD, Fault.LIMITED)
MOST = 5
"""Requests of one write, and one more."""
FIVE = Money(500, "EUR")
Write = Callable[[Scene, Any], Awaitable[Any]]


async def nothing(_: Scene) -> None:
    """Before it nothing has to be."""


async def set_aside(here: Scene) -> Authorisation:
    return await here.authorised()


async def took(here: Scene) -> Capture:
    return await here.captured()


WRITES: Mapping[str, tuple[Callable[[Scene], Awaitable[Any]], Write, int, list[str]]] = {
    "authorize": (nothing, lambda here, _: here.payments.authorize(O1, card()), 2, ["authorise o1/card 2000"]),
    "capture": (set_aside, lambda here, there: here.payments.capture(there, FIVE), 1,
                ["authorise o1/card 2000", "capture o1/card 500"]),
    "void": (set_aside, lambda here, there: here.payments.void(there), 1,
             ["authorise o1/card 2000", "cancel o1/card"]),
    "refund": (took, lambda here, there: here.payments.refund(there, FIVE, "it came back"), 2,
               ["authorise o1/card 2000", "capture o1/card 2000", "refund o1/card 500"]),
}  # fmt: skip
"""Of each: what comes before it, the call, its requests, and what is in the ledger once it is done."""


def test_every_write_is_here_and_settled_as_it_is_tried() -> None:
    operations = connector.offers[Payments].operations
    assert set(WRITES) == set(operations)
    assert {name: one.settle for name, one in operations.items()} == {
        "authorize": Settle.KEY, "capture": Settle.REPEAT, "void": Settle.REPEAT, "refund": Settle.REPEAT,
    }  # fmt: skip
    assert operations["authorize"].after_key_life is Settle.LOOK_UP
    for one in operations.values():  # who repeats, repeats when the call has certainly ended
        assert one.timeout > TIMEOUT


async def again(here: Scene, name: str, given: Any) -> Any:
    """As the runtime does it after an outcome that is unknown: by the same key."""
    return await here.step(WRITES[name][1](here, given), key="the step")


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("fault", FAULTS)
def test_broken_off_at_whichever_request_and_settled_it_is_once(name: str, fault: Fault) -> None:
    before, _, requests, wanted = WRITES[name]

    async def told(here: Scene, at: int) -> bool:
        given = await before(here)
        here.desk.vendors.faults = Faults(at={at: fault}, late_after=0.02, retry_after=0.0)
        broken = False
        try:
            first = await again(here, name, given)
        except Transient:
            broken = True
        await asyncio.sleep(0.06 if fault is Fault.LATE else 0)
        here.desk.vendors.faults = Faults()
        found = await again(here, name, given)
        assert here.did() == wanted, f"at request {at}"
        assert broken or found == first
        return broken

    reached = sum(run(lambda here, at=at: told(here, at)) for at in range(1, MOST + 1))  # type: ignore[misc]
    assert reached == requests


@pytest.mark.parametrize("name", WRITES)
def test_broken_off_and_settled_when_its_key_is_forgotten_it_is_once(name: str) -> None:
    before, _, requests, wanted = WRITES[name]

    async def told(here: Scene) -> None:
        given = await before(here)
        here.desk.vendors.faults = Faults(at={requests: Fault.BROKEN})
        with pytest.raises(Transient):
            await again(here, name, given)
        here.desk.vendors.faults = Faults()
        here.act("forget-keys")
        here.clock.ahead = 86_401.0
        if name == "authorize":  # whose card says that it is looked up then
            assert await here.payments.find_authorisation(O1, card()) is not None
        else:
            await again(here, name, given)
        assert here.did() == wanted

    run(told)


def test_what_is_still_under_way_is_not_sent_beside_it() -> None:
    async def told(here: Scene) -> None:
        here.desk.vendors.faults = Faults(at={1: Fault.LATE}, late_after=0.3)
        with pytest.raises(Transient):
            await again(here, "authorize", None)
        here.desk.vendors.faults = Faults()
        with pytest.raises(Transient) as busy:
            await again(here, "authorize", None)
        assert busy.value.code.value == "in_progress"
        await asyncio.sleep(0.4)
        found = await again(here, "authorize", None)
        assert here.did() == WRITES["authorize"][3]
        assert found.reference == here.stripe.named("o1/card").id

    run(told)


def test_where_stripe_failed_to_make_a_payment_another_is_made_since_nobody_could_confirm_it() -> None:
    async def told(here: Scene) -> None:
        here.desk.vendors.faults = Faults(at={1: Fault.STORED_ERROR})
        with pytest.raises(Transient):
            await again(here, "authorize", None)
        here.desk.vendors.faults = Faults()
        found = await again(here, "authorize", None)
        assert await again(here, "authorize", None) == found
        assert [one.status for one in here.books.intents.values()] == ["requires_confirmation", "requires_capture"]
        assert here.did() == WRITES["authorize"][3]

    run(told)


async def failed_at_confirming(here: Scene, *, spent: bool) -> Any:
    """Stripe failed as it confirmed, keeps that, and shows nothing of it yet; the method may be spent by it."""
    here.desk.vendors.faults = Faults(at={2: Fault.STORED_ERROR})
    with pytest.raises(Transient) as failed:
        await again(here, "authorize", None)
    assert failed.value.code.value == "unavailable"
    here.desk.vendors.faults = Faults()
    (made,) = here.books.intents.values()
    made.status, made.charges = "requires_confirmation", []
    here.books.charges.clear()
    here.books.methods[str(made.method)].spent = spent
    return made


def test_a_failure_that_stripe_keeps_is_got_over_by_the_same_payment() -> None:
    async def told(here: Scene) -> None:
        made = await failed_at_confirming(here, spent=False)
        found = await again(here, "authorize", None)
        assert (found.reference, found.state.value) == (made.id, "authorised")
        assert await again(here, "authorize", None) == found
        assert list(here.books.intents) == [made.id]

    run(told)


def test_where_a_failure_spent_the_method_the_payment_is_called_off_before_the_order_is_refused() -> None:
    """What Stripe may still set right could otherwise be held for an order that was refused, and nobody let go."""

    async def told(here: Scene) -> None:
        made = await failed_at_confirming(here, spent=True)
        for _ in range(2):
            with pytest.raises(Rejected) as no:
                await again(here, "authorize", None)
            assert (no.value.code.value, no.value.text) == ("declined", CALLED_OFF)
        assert [(one.id, one.status) for one in here.books.intents.values()] == [(made.id, "canceled")]
        assert here.did() == [*WRITES["authorize"][3], "cancel o1/card"]

    run(told)


def test_what_is_set_right_while_it_is_tried_again_stands() -> None:
    async def told(here: Scene) -> None:
        made = await failed_at_confirming(here, spent=True)
        confirm = here.stripe.paying.confirm

        def set_right(one: Any, *, no_asking: bool) -> None:
            here.stripe.paying._set_aside(one)
            confirm(one, no_asking=no_asking)

        here.stripe.paying.confirm = set_right  # type: ignore[method-assign]
        found = await again(here, "authorize", None)
        assert (found.reference, found.state.value) == (made.id, "authorised")
        assert list(here.books.intents) == [made.id]

    run(told)


@pytest.mark.parametrize("status", [400, 402, 404, 409, 413])
def test_a_page_that_is_not_stripes_is_no_answer_of_its_and_leaves_open_what_was_done(status: int) -> None:
    """A refund that was made, and whose answer was lost, is not said to be refused: a person would pay by hand."""

    async def told(here: Scene) -> None:
        there = await here.captured()
        here.desk.vendors.faults = Faults(at={2: Fault.BROKEN})
        with pytest.raises(Transient):
            await again(here, "refund", there)
        here.desk.vendors.faults = Faults()
        here.desk.page = status
        for name, given in (("refund", there), ("authorize", None)):
            with pytest.raises(Transient) as open_:
                await again(here, name, given)
            assert (open_.value.code.value, open_.value.text) == (
                "unavailable",
                f"a page of {status} came, not of Stripe's",
            )
        here.desk.page = 0
        assert (await again(here, "refund", there)).amount == FIVE
        assert here.did() == WRITES["refund"][3]

    run(told)


def test_a_method_that_another_payment_used_is_a_no() -> None:
    async def told(here: Scene) -> None:
        fresh = here.act("method", kind="pm_card_visa")["id"]
        first = await here.authorised(card(fresh))
        with pytest.raises(Rejected) as no:
            await here.authorised(card(fresh, name="other"))
        assert (no.value.code.value, no.value.text) == ("invalid", "Stripe does not take it")
        assert (await here.payments.ledger(O1)).authorisations == (first,)

    run(told)


def test_a_refund_at_which_stripe_failed_is_not_made_by_another_key() -> None:
    """It may still be set right there: only when the key is forgotten, and nothing is to be seen, it is made anew."""

    async def told(here: Scene) -> None:
        there = await here.captured()
        here.desk.vendors.faults = Faults(at={2: Fault.STORED_ERROR})
        with pytest.raises(Transient):
            await again(here, "refund", there)
        here.desk.vendors.faults = Faults()
        (made,) = here.books.refunds.values()
        here.books.refunds.clear()  # nothing of it is to be seen yet
        here.books.charges[made.charge].back = 0
        for _ in range(2):
            with pytest.raises(Transient) as kept:
                await again(here, "refund", there)
            assert (kept.value.code.value, kept.value.retry_after) == ("kept_failure", timedelta(hours=1))
        assert here.books.refunds == {}
        here.books.refunds[made.id] = made  # Stripe set it right
        assert (await again(here, "refund", there)).reference == made.id
        here.books.refunds.clear()
        here.act("forget-keys")
        assert (await again(here, "refund", there)).reference != made.id
        assert len(here.books.refunds) == 1

    run(told)


@pytest.mark.parametrize(
    "words", [{"return_url": RETURN}, {"label": "paws", "labels_before": ("pawline",)}], ids=["confirmed", "made"]
)
def test_a_key_that_stripe_knows_with_other_words_is_got_over(words: dict[str, Any]) -> None:
    async def told(here: Scene) -> None:
        made = await here.step(here.payments.authorize(O1, card()), key="the step")
        other = msgspec.structs.replace(here.settings, **words)  # another release asks for it otherwise
        here.payments = type(here.payments)(here.http, other)
        assert await again(here, "authorize", None) == made
        assert (len(here.books.intents), here.did()) == (1, WRITES["authorize"][3])

    run(told)


def test_what_waits_for_its_shopper_is_waited_for_until_it_is_seen_and_not_made_beside_it() -> None:
    async def told(here: Scene) -> None:
        made = await here.step(here.payments.authorize(O1, card(ASKS)), key="the step")
        other = msgspec.structs.replace(here.settings, label="paws", labels_before=("pawline",))
        payments = type(here.payments)(here.http, other)
        with pytest.raises(Transient) as unseen:
            await here.step(payments.authorize(O1, card(ASKS)), key="the step")
        assert (unseen.value.code.value, unseen.value.retry_after) == ("key_reused", timedelta(seconds=10))
        here.stripe.api.behind = 0.0
        assert await here.step(payments.authorize(O1, card(ASKS)), key="the step") == made
        assert len(here.books.intents) == 1

    run(told, return_url=RETURN)


def test_a_decline_is_one_by_its_key_too() -> None:
    async def told(here: Scene) -> None:
        said = set()
        for _ in range(2):
            with pytest.raises(Rejected) as no:
                await here.step(here.payments.authorize(O1, card(POOR)), key="the step")
            said.add(repr(no.value))
        assert len(said) == len(here.books.intents) == 1

    run(told)


def test_two_steps_that_take_the_same_money_take_it_once_and_the_second_is_told() -> None:
    async def told(here: Scene) -> None:
        there = await here.authorised()
        first = await here.step(here.payments.capture(there, FIVE), key="one")
        with pytest.raises(Rejected) as no:
            await here.step(here.payments.capture(there, FIVE), key="other")
        assert no.value.text == "the money was taken already, and not by this step"
        assert await here.step(here.payments.capture(there, FIVE), key="one") == first
        assert here.did() == WRITES["capture"][3]

    run(told)


def test_two_refunds_alike_are_two() -> None:
    async def told(here: Scene) -> None:
        there = await here.captured()
        made = [await here.step(here.payments.refund(there, FIVE, "it came back"), key=key) for key in "aabb"]
        assert made[0] == made[1] != made[2] == made[3]
        assert here.did()[2:] == ["refund o1/card 500"] * 2

    run(told)


def test_many_at_the_same_moment_are_one() -> None:
    async def told(here: Scene) -> None:
        there = await here.captured()

        async def one() -> object:
            try:
                return await here.step(here.payments.refund(there, FIVE, "x"), key="the step")
            except PortError as problem:
                return problem

        found = await asyncio.gather(*(one() for _ in range(5)))
        made = {each.reference for each in found if isinstance(each, Refunded)}
        assert len(made) == 1
        assert here.did()[2:] == ["refund o1/card 500"]

    run(told)
