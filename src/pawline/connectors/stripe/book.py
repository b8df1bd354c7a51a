"""What Stripe has of one order: its payments, by their group and by their metadata, and what went back of them."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from pawline.connectors.stripe.client import Api
from pawline.connectors.stripe.naming import GROUP, group_of, ours
from pawline.connectors.stripe.told import Listed, ToldCharge, ToldInGroup, ToldIntent, ToldRefund
from pawline.model import OrderId, TenderId
from pawline.ports import Rejected

GONE_BACK: Final = frozenset({"succeeded", "pending", "requires_action"})
"""Of a refund: it is with the shopper, or on its way."""


class Payment(NamedTuple):
    """One of ours."""

    intent: ToldIntent
    tender: TenderId


class Book:
    """Reads. Raises one of the four errors."""

    def __init__(self, api: Api, labels: tuple[str, ...]) -> None:
        self._api: Final = api
        self._labels: Final = labels

    async def charged(self, order: OrderId) -> list[Payment]:
        """Those with a charge, newest first. The list is never behind: https://docs.stripe.com/api/charges/list ."""
        found: dict[str, Payment] = {}
        for one in [each for label in self._labels for each in await self._in_group(group_of(label, order))]:
            intent = one.payment_intent
            if not isinstance(intent, ToldIntent) or intent.id in found:
                continue
            if intent.latest_charge == one.id:
                charge = ToldCharge(one.id, one.created, one.payment_method_details)
                intent = msgspec.structs.replace(intent, latest_charge=charge)
            if (payment := self._ours(order, intent)) is not None:
                found[intent.id] = payment
        return list(found.values())

    async def payments(self, order: OrderId) -> list[Payment]:
        """All of them: the search also finds those that wait for their shopper and have no charge yet.

        It is a minute behind, and not to be had in India: https://docs.stripe.com/search . So nothing rests on it but
        what no money was set aside for.
        """
        found = {one.intent.id: one for one in await self.charged(order)}
        for label in self._labels:
            query = {"query": f"metadata['{GROUP}']:'{group_of(label, order)}'", "limit": "100"}
            try:
                page = await self._api.get("payment_intents", "search", query=query, into=Listed[ToldIntent])
            except Rejected:
                break
            for intent in page.data:
                if intent.id not in found and (payment := self._ours(order, intent)) is not None:
                    found[intent.id] = payment
        return list(found.values())

    async def refunds(self, intent: str) -> list[ToldRefund]:
        """Of a payment, oldest first, those that failed too: https://docs.stripe.com/api/refunds/list ."""
        query = {"payment_intent": intent}
        return (await self._api.all("refunds", query=query, into=ToldRefund, name=lambda told: told.id))[::-1]

    async def _in_group(self, group: str) -> list[ToldInGroup]:
        query = {"transfer_group": group, "expand": ["data.payment_intent"]}
        return await self._api.all("charges", query=query, into=ToldInGroup, name=lambda told: told.id)

    def _ours(self, order: OrderId, intent: ToldIntent) -> Payment | None:
        whose = ours(self._labels, intent.metadata)
        return None if whose is None or whose.order != order else Payment(intent, whose.tender)
