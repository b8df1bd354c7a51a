"""The sandbox in the role of Shipping: one carrier, without keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.connectors.sandbox.terms import operation
from pawline.kit import Http
from pawline.ports import Consignment, Rate, Receipt, Settle, Shipment, Tracking

if TYPE_CHECKING:
    from pawline.connectors.sandbox import Settings


class SandboxShipping:
    """See `Shipping`. A booking of unknown outcome is looked up by order and part."""

    OPERATIONS: Final = {
        "book": operation(settle=Settle.LOOK_UP, look_up="find_shipment"),
        "cancel": operation(settle=Settle.REPEAT),
    }

    def __init__(self, http: Http, _: Settings) -> None:
        self._http = http

    async def rates(self, consignment: Consignment) -> tuple[Rate, ...]:
        return await self._http.post("shipping", "rates", json={"consignment": consignment}, into=tuple[Rate, ...])

    async def book(self, consignment: Consignment, rate: Rate) -> Shipment:
        given = {"consignment": consignment, "rate": rate}
        return await self._http.post("shipping", "book", json=given, into=Shipment)

    async def find_shipment(self, consignment: Consignment, rate: Rate) -> Shipment | None:
        given = {"consignment": consignment, "rate": rate}
        return await self._http.post("shipping", "find_shipment", json=given, into=Shipment | None)

    async def cancel(self, shipment: Shipment) -> Receipt:
        return await self._http.post("shipping", "cancel", json={"shipment": shipment}, into=Receipt)

    async def track(self, shipment: Shipment) -> tuple[Tracking, ...]:
        return await self._http.post("shipping", "track", json={"shipment": shipment}, into=tuple[Tracking, ...])
