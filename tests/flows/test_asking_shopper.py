"""A bank that asks its shopper: the order is confirmed once they have confirmed, and refused where they never do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from pawline.flows.asking_shopper import LOOK, PATIENCE
from pawline.flows.fulfil_order import fulfil_order
from pawline.model import Confirmed, OrderId, OrderPlaced, Refused, Tender
from pawline.ports import Authorisation, AuthorisationState, Ledger, Payments
from pawline.runtime import rehearsing
from pawline.testing import Vendors, VirtualTime, counts, players
from pawline.testing.orders import SKUS, order

AT = "https://bank.example/confirm"


class Asking:
    """Payments whose banks ask; the shopper of a tender confirms at the look of this number, 0: never."""

    def __init__(self, inner: Any, looks: Iterable[int]) -> None:
        self._inner, self._looks = inner, list(looks)
        self.looks = 0
        self._made: list[Authorisation] = []

    async def authorize(self, order: OrderId, tender: Tender) -> Authorisation:
        made: Authorisation = await self._inner.authorize(order, tender)
        state = AuthorisationState.NEEDS_SHOPPER
        self._made.append(msgspec.structs.replace(made, state=state, confirm_at=f"{AT}/{tender.id}"))
        return self._made[-1]

    async def ledger(self, order: OrderId) -> Ledger:
        self.looks += 1
        whole: Ledger = await self._inner.ledger(order)
        done = {one.reference for one, at in zip(self._made, self._looks, strict=True) if at and self.looks >= at}
        return Ledger(authorisations=tuple(one for one in whole.authorisations if one.reference in done))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def rehearsed(*looks: int) -> tuple[Any, Any, dict[str, int], Asking]:
    vendors = Vendors(now=VirtualTime(), stock=dict.fromkeys(SKUS, 5))
    ports = players(vendors)
    asking = ports[Payments] = Asking(ports[Payments], looks)
    placed = order(1, tenders=len(looks))

    async def whole() -> Any:
        return await fulfil_order(OrderPlaced(order=placed))

    with rehearsing(ports) as done:
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
    assert done.milestones == ["needs_shopper"]
    assert asking.looks == PATIENCE / LOOK
    assert effects == {
        "Inventory.reserve": 1, "Payments.authorize": len(looks), "Payments.void": len(looks), "Inventory.release": 1
    }  # fmt: skip
