"""The sandbox in the role of Marketing: it knows keys for what it sends, and the rest may be said twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.connectors.sandbox.terms import operation
from pawline.kit import Http
from pawline.model import Consent, Message, MessageId
from pawline.ports import EffectKind, Occurrence, Receipt, Settle, Suppression

if TYPE_CHECKING:
    from pawline.connectors.sandbox import Settings


class SandboxMarketing:
    """See `Marketing`. A message whose key is forgotten is asked about: nobody is written to twice."""

    OPERATIONS: Final = {
        "send": operation(settle=Settle.KEY, kind=EffectKind.MESSAGE),
        "track": operation(settle=Settle.REPEAT),
        "consent": operation(settle=Settle.REPEAT),
        "suppress": operation(settle=Settle.REPEAT),
    }

    def __init__(self, http: Http, _: Settings) -> None:
        self._http = http

    async def send(self, message: Message) -> MessageId:
        return MessageId(await self._http.post("marketing", "send", json={"message": message}, into=str))

    async def track(self, occurrence: Occurrence) -> Receipt:
        return await self._http.post("marketing", "track", json={"occurrence": occurrence}, into=Receipt)

    async def consent(self, consent: Consent) -> Receipt:
        return await self._http.post("marketing", "consent", json={"consent": consent}, into=Receipt)

    async def suppress(self, suppression: Suppression) -> Receipt:
        return await self._http.post("marketing", "suppress", json={"suppression": suppression}, into=Receipt)
