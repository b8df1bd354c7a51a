"""Who an order is from: every account of Crm is told, with how they are reached."""

from __future__ import annotations

from msgspec.structs import replace

from pawline.flows.introduce_order import introduce_order
from pawline.model import Checkout, Contact, Household, HouseholdId, OrderPlaced, Person, PersonId
from pawline.ports import Crm, Operation, Receipt, Settle
from pawline.runtime import Binding
from pawline.testing.orders import order
from tests.flows.house import House

ANN = HouseholdId("h-ann")


class Cards:
    """A Crm that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Household] = []

    async def upsert(self, household: Household) -> Receipt:
        self.told.append(household)
        return Receipt("1")


async def test_every_crm_knows_whose_an_order_is_and_how_they_are_reached() -> None:
    cards = Cards()
    another = Binding("klaviyo/eu", Crm, cards, {
        name: Operation(settle=Settle.REPEAT) for name in ("upsert", "upsert_pet", "note")
    })  # fmt: skip
    contact = Contact(email="ann@example.com", phone="+4930123456", language="de")
    placed = replace(order(1), checkout=Checkout.ADOPTED, household=ANN, contact=contact, ship_to=None)
    async with House([introduce_order], more=[another]) as here:
        await here.tell(OrderPlaced(order=placed))
        await here.rest()
        assert [one.operation for one in here.vendors.effects()] == ["Crm.upsert", "Marketing.track"]
    assert cards.told == [Household(id=ANN, people=(Person(id=PersonId(ANN), contact=contact),))]
