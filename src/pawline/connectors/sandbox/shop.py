"""The sandbox in the role of Shop: what is told it once more changes nothing. `find_refund` is a look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.connectors.sandbox.terms import operation
from pawline.kit import Http
from pawline.model import Aware, Bill, Edit, HouseholdId, Order, OrderId, Refund, RefundId, SkuId
from pawline.ports import Edited, EffectKind, OrderPage, Receipt, Settle

if TYPE_CHECKING:
    from pawline.connectors.sandbox import Settings


class SandboxShop:
    """See `Shop`."""

    OPERATIONS: Final = {
        "cancel": operation(settle=Settle.REPEAT, kind=EffectKind.CANCELLATION),
        "refund": operation(
            settle=Settle.KEY, after_key_life=Settle.LOOK_UP, look_up="find_refund", kind=EffectKind.REFUND
        ),
        "edit": operation(settle=Settle.REPEAT),
        "tag": operation(settle=Settle.REPEAT),
    }

    def __init__(self, http: Http, _: Settings) -> None:
        self._http = http

    async def order(self, order: OrderId) -> Order:
        return await self._http.post("shop", "order", json={"order": order}, into=Order)

    async def changed_since(self, since: Aware, after: str | None) -> OrderPage:
        return await self._http.post("shop", "changed_since", json={"since": since, "after": after}, into=OrderPage)

    async def bought_since(self, household: HouseholdId, sku: SkuId, since: Aware) -> bool:
        given = {"household": household, "sku": sku, "since": since}
        return await self._http.post("shop", "bought_since", json=given, into=bool)

    async def wanted(self, order: OrderId) -> bool:
        return await self._http.post("shop", "wanted", json={"order": order}, into=bool)

    async def cancel(self, order: OrderId, because: str) -> Receipt:
        return await self._http.post("shop", "cancel", json={"order": order, "because": because}, into=Receipt)

    async def edit(self, order: OrderId, edit: Edit) -> Edited:
        return await self._http.post("shop", "edit", json={"order": order, "edit": edit}, into=Edited)

    async def refund(self, order: OrderId, refund: Refund, seen: Bill | tuple[RefundId, ...]) -> Refund:
        return await self._http.post(
            "shop", "refund", json={"order": order, "refund": refund, "seen": seen}, into=Refund
        )

    async def find_refund(self, order: OrderId, refund: Refund, seen: Bill | tuple[RefundId, ...]) -> Refund | None:
        given = {"order": order, "refund": refund, "seen": seen}
        return await self._http.post("shop", "find_refund", json=given, into=Refund | None)

    async def tag(self, order: OrderId, tags: tuple[str, ...]) -> Receipt:
        return await self._http.post("shop", "tag", json={"order": order, "tags": tags}, into=Receipt)
