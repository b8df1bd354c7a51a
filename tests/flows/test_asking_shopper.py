"""A bank that asks its shopper: the order is confirmed once they have confirmed, and refused where they never do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import pytest

from pawline.flows.asking_shopper import PATIENCE, SETTLING
from pawline.flows.fulfil_order import fulfil_order
from pawline.model import Confirmed, Event, OrderId, OrderPlaced, PaymentDeclined, Refused, Tender, TenderId
from pawline.ports import Authorisation, AuthorisationState, Capture, Ledger, Payments
from pawline.runtime import rehearsing
from pawline.testing import NOON, Vendors, VirtualTime, counts, players
from pawline.testing.orders import SKUS, order

AT = "https://bank.example/confirm"


class Asking:
    """Payments whose banks ask; the shopper of a tender confirms at the look of this number, 0: never.

    What waits is in the ledger where it `shows` it, as what was `taken` by hand is. `state` is what is said at first.
    """

    def __init__(
        self, inner: Any, looks: Iterable[int], *, state: AuthorisationState = AuthorisationState.NEEDS_SHOPPER,
        shows: bool = False, taken: bool = False,
    ) -> None:  # fmt: skip
        self._inner, self._looks, self._state = inner, list(looks), state
        self._shows, self._taken = shows, taken
        self.looks = 0
        self._made: list[Authorisation] = []

    async def authorize(self, order: OrderId, tender: Tender) -> Authorisation:
        made: Authorisation = await self._inner.authorize(order, tender)
        at = f"{AT}/{tender.id}" if self._state is AuthorisationState.NEEDS_SHOPPER else None
        self._made.append(msgspec.structs.replace(made, state=self._state, confirm_at=at))
        return self._made[-1]

    async def ledger(self, order: OrderId) -> Ledger:
        self.looks += 1
        whole: Ledger = await self._inner.ledger(order)
        done = {one.reference for one, at in zip(self._made, self._looks, strict=True) if at and self.looks >= at}
        held = tuple(one for one in whole.authorisations if one.reference in done)
        if self._taken:
            return Ledger(captures=tuple(
                Capture(order=order, tender=one.tender, amount=one.amount, reference=one.reference) for one in held
            ))  # fmt: skip
        waits = tuple(one for one in self._made if self._shows and one.reference not in done)
        return Ledger(authorisations=held + waits)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def rehearsed(*looks: int, events: Sequence[Event] = (), **how: Any) -> tuple[Any, Any, dict[str, int], Asking]:
    vendors = Vendors(now=VirtualTime(), stock=dict.fromkeys(SKUS, 5))
    ports = players(vendors)
    asking = ports[Payments] = Asking(ports[Payments], looks, **how)
    placed = order(1, tenders=len(looks))

    async def whole() -> Any:
        return await fulfil_order(OrderPlaced(order=placed))

    with rehearsing(ports, events=events) as done:
        result = asyncio.run(whole())
    return result, done, counts(vendors.effects()), asking


def test_an_order_is_confirmed_once_its_shopper_has_confirmed() -> None:
    result, done, effects, asking = rehearsed(2, 4)
    assert result == Confirmed(OrderId("o1"))
    assert done.milestones == ["needs_shopper", "confirmed"]
    assert asking.looks == 4
    assert effects["Payments.capture"] == 2
    assert "Payments.void" not in effects


@pytest.mark.parametrize("looks", [(0,), (1, 0)])
def test_a_shopper_who_never_confirms_has_nothing_held_and_nothing_set_aside(looks: tuple[int, ...]) -> None:
    result, done, effects, asking = rehearsed(*looks)
    assert result == Refused(OrderId("o1"), "the shopper did not confirm the payment")
    assert done.milestones == ["needs_shopper", "refused"]
    assert done.slept[-1] - done.start == PATIENCE
    assert asking.looks == 18  # many who wait do not take the account's whole rate
    assert effects == undone(len(looks))


def undone(tenders: int) -> dict[str, int]:
    return {"Inventory.reserve": 1, "Payments.authorize": tenders, "Payments.void": tenders, "Inventory.release": 1}


def declined(tender: str) -> PaymentDeclined:
    because = "the payment was declined: payment_intent_authentication_failure"
    return PaymentDeclined(order=OrderId("o1"), tender=TenderId(tender), at=NOON, because=because)


def test_a_shopper_whose_bank_says_no_is_told_so_at_once() -> None:
    no = declined("t1")
    result, done, effects, asking = rehearsed(1, 0, events=[no])
    assert result == Refused(OrderId("o1"), no.because)
    assert (done.slept, asking.looks) == ([], 1)
    assert effects == undone(2)


@pytest.mark.parametrize("events", [[declined("another")], [declined("t0")]])
def test_a_no_to_what_does_not_wait_or_still_stands_is_none(events: list[Event]) -> None:
    """Another tender's, or one of before: the provider shows that it still goes on."""
    result, _, effects, _ = rehearsed(3, events=events, shows=True)
    assert result == Confirmed(OrderId("o1"))
    assert "Payments.void" not in effects


def test_what_a_person_took_at_the_provider_is_paid() -> None:
    result, _, effects, asking = rehearsed(2, taken=True)
    assert (result, asking.looks) == (Confirmed(OrderId("o1")), 2)
    assert "Payments.void" not in effects


def test_what_the_provider_does_not_know_itself_is_waited_for_longer_and_looked_at_ever_more_seldom() -> None:
    result, done, effects, asking = rehearsed(12, state=AuthorisationState.PENDING)
    assert (result, asking.looks) == (Confirmed(OrderId("o1")), 12)
    assert done.slept[-1] - done.start > PATIENCE
    assert done.milestones == ["payment_pending", "confirmed"]
    result, done, effects, _ = rehearsed(0, state=AuthorisationState.PENDING)
    assert result == Refused(OrderId("o1"), "the payment did not come")
    assert done.slept[-1] - done.start == SETTLING
    assert effects == undone(1)
