"""How every CRM comes to know whose an order is: the tools that write to people among them."""

from __future__ import annotations

from pawline.model import Household, HouseholdId, Order, Person, PersonId
from pawline.ports import Code, Crm, Rejected
from pawline.runtime import Account, accounts, chosen, use


async def acquaint(order: Order, household: HouseholdId, only: Account | None = None) -> None:
    """Each account of Crm (or `only` that one) knows the household, where it lives and how it is reached.

    As far as the order says.
    """
    paid = order.bill_to or order.ship_to
    people = () if order.contact is None else (
        Person(id=PersonId(household), contact=order.contact, name=None if paid is None else paid.name),
    )  # fmt: skip
    addresses = () if order.ship_to is None else (order.ship_to,)
    known = Household(id=household, people=people, addresses=addresses)
    for crm in (only,) if only is not None else accounts(Crm) or (chosen(Crm),):
        try:
            await use(Crm, crm).upsert(known)
        except Rejected as no:
            if no.code is not Code.GONE:  # erased there, and a person says whether they may be known again
                raise
