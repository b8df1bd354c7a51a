"""The sandbox in the role of Mail: it knows no keys and cannot be asked, so that a person decides about a doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.connectors.sandbox.terms import operation
from pawline.kit import Http
from pawline.model import Letter, MessageId
from pawline.ports import EffectKind, Settle

if TYPE_CHECKING:
    from pawline.connectors.sandbox import Settings


class SandboxMail:
    """See `Mail`."""

    OPERATIONS: Final = {"send": operation(settle=Settle.ASK, kind=EffectKind.MESSAGE)}

    def __init__(self, http: Http, _: Settings) -> None:
        self._http = http

    async def send(self, letter: Letter) -> MessageId:
        return MessageId(await self._http.post("mail", "send", json={"letter": letter}, into=str))
