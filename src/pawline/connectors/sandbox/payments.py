"""The sandbox in the role of Payments. It knows keys, and can be asked what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.connectors.sandbox.terms import operation
from pawline.kit import Http
from pawline.model import Money, OrderId, Tender
from pawline.ports import Authorisation, Capture, EffectKind, Ledger, Receipt, Refunded, Settle

if TYPE_CHECKING:
    from pawline.connectors.sandbox import Settings


class SandboxPayments:
    """See `Payments`. `find_authorisation` and `find_capture` are its look-ups, once a key is forgotten."""

    OPERATIONS: Final = {
        "authorize": operation(
            settle=Settle.KEY, after_key_life=Settle.LOOK_UP, look_up="find_authorisation", kind=EffectKind.MONEY
        ),
        "capture": operation(
            settle=Settle.KEY, after_key_life=Settle.LOOK_UP, look_up="find_capture", kind=EffectKind.MONEY
        ),
        "void": operation(settle=Settle.REPEAT),
        "refund": operation(settle=Settle.KEY, kind=EffectKind.REFUND),
    }

    def __init__(self, http: Http, _: Settings) -> None:
        self._http = http

    async def authorize(self, order: OrderId, tender: Tender) -> Authorisation:
        given = {"order": order, "tender": tender}
        return await self._http.post("payments", "authorize", json=given, into=Authorisation)

    async def find_authorisation(self, order: OrderId, tender: Tender) -> Authorisation | None:
        given = {"order": order, "tender": tender}
        return await self._http.post("payments", "find_authorisation", json=given, into=Authorisation | None)

    async def capture(self, authorisation: Authorisation, amount: Money) -> Capture:
        given = {"authorisation": authorisation, "amount": amount}
        return await self._http.post("payments", "capture", json=given, into=Capture)

    async def find_capture(self, authorisation: Authorisation, amount: Money) -> Capture | None:
        given = {"authorisation": authorisation, "amount": amount}
        return await self._http.post("payments", "find_capture", json=given, into=Capture | None)

    async def void(self, authorisation: Authorisation) -> Receipt:
        return await self._http.post("payments", "void", json={"authorisation": authorisation}, into=Receipt)

    async def refund(self, capture: Capture, amount: Money, because: str) -> Refunded:
        given = {"capture": capture, "amount": amount, "because": because}
        return await self._http.post("payments", "refund", json=given, into=Refunded)

    async def ledger(self, order: OrderId) -> Ledger:
        return await self._http.post("payments", "ledger", json={"order": order}, into=Ledger)
