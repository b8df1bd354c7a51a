"""The sandbox in the role of Inventory: a stock system without keys, which can be asked what is set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.connectors.sandbox.terms import operation
from pawline.kit import Http
from pawline.model import Item, OrderId, SkuId, StockLevel
from pawline.ports import Adjustment, EffectKind, Receipt, Reservation, Settle

if TYPE_CHECKING:
    from pawline.connectors.sandbox import Settings


class SandboxInventory:
    """See `Inventory`. Who asks twice has reserved twice: looked up. An adjustment knows its key, and nothing else."""

    OPERATIONS: Final = {
        "reserve": operation(settle=Settle.LOOK_UP, look_up="find_reservation"),
        "release": operation(settle=Settle.REPEAT),
        "commit": operation(settle=Settle.REPEAT),
        "set_levels": operation(settle=Settle.REPEAT, kind=EffectKind.STOCK),
        "adjust": operation(settle=Settle.KEY, kind=EffectKind.STOCK),
    }

    def __init__(self, http: Http, _: Settings) -> None:
        self._http = http

    async def reserve(self, order: OrderId, items: tuple[Item, ...]) -> Reservation:
        given = {"order": order, "items": items}
        return await self._http.post("inventory", "reserve", json=given, into=Reservation)

    async def find_reservation(self, order: OrderId, items: tuple[Item, ...]) -> Reservation | None:
        given = {"order": order, "items": items}
        return await self._http.post("inventory", "find_reservation", json=given, into=Reservation | None)

    async def release(self, reservation: Reservation) -> Receipt:
        return await self._http.post("inventory", "release", json={"reservation": reservation}, into=Receipt)

    async def commit(self, reservation: Reservation) -> Receipt:
        return await self._http.post("inventory", "commit", json={"reservation": reservation}, into=Receipt)

    async def levels(self, skus: tuple[SkuId, ...]) -> tuple[StockLevel, ...]:
        return await self._http.post("inventory", "levels", json={"skus": skus}, into=tuple[StockLevel, ...])

    async def set_levels(self, levels: tuple[StockLevel, ...]) -> Receipt:
        return await self._http.post("inventory", "set_levels", json={"levels": levels}, into=Receipt)

    async def adjust(self, changes: tuple[Adjustment, ...], because: str) -> Receipt:
        given = {"changes": changes, "because": because}
        return await self._http.post("inventory", "adjust", json=given, into=Receipt)
