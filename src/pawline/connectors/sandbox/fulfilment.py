"""The sandbox in the role of Fulfilment: a warehouse without keys, which can be asked what it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.connectors.sandbox.terms import operation
from pawline.kit import Http
from pawline.model import OrderId
from pawline.ports import (
    EffectKind,
    FulfilmentHold,
    FulfilmentOrder,
    FulfilmentRequest,
    FulfilmentStatus,
    Receipt,
    Settle,
)

if TYPE_CHECKING:
    from pawline.connectors.sandbox import Settings


class SandboxFulfilment:
    """See `Fulfilment`. Who asks twice has two boxes packed: an unknown outcome is looked up by order and part."""

    OPERATIONS: Final = {
        "request": operation(settle=Settle.LOOK_UP, look_up="find_request"),
        "cancel": operation(settle=Settle.REPEAT, kind=EffectKind.CANCELLATION),
        "hold": operation(settle=Settle.REPEAT),
        "release": operation(settle=Settle.REPEAT),
    }

    def __init__(self, http: Http, _: Settings) -> None:
        self._http = http

    async def request(self, request: FulfilmentRequest) -> FulfilmentOrder:
        return await self._http.post("fulfilment", "request", json={"request": request}, into=FulfilmentOrder)

    async def find_request(self, request: FulfilmentRequest) -> FulfilmentOrder | None:
        given = {"request": request}
        return await self._http.post("fulfilment", "find_request", json=given, into=FulfilmentOrder | None)

    async def cancel(self, fulfilment: FulfilmentOrder) -> Receipt:
        return await self._http.post("fulfilment", "cancel", json={"fulfilment": fulfilment}, into=Receipt)

    async def hold(self, fulfilment: FulfilmentOrder, because: str) -> FulfilmentHold:
        given = {"fulfilment": fulfilment, "because": because}
        return await self._http.post("fulfilment", "hold", json=given, into=FulfilmentHold)

    async def release(self, hold: FulfilmentHold) -> Receipt:
        return await self._http.post("fulfilment", "release", json={"hold": hold}, into=Receipt)

    async def status(self, fulfilment: FulfilmentOrder) -> FulfilmentStatus:
        return await self._http.post("fulfilment", "status", json={"fulfilment": fulfilment}, into=FulfilmentStatus)

    async def of(self, order: OrderId) -> tuple[FulfilmentOrder, ...]:
        return await self._http.post("fulfilment", "of", json={"order": order}, into=tuple[FulfilmentOrder, ...])
