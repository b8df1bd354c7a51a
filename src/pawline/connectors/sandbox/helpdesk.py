"""The sandbox in the role of Helpdesk: it knows keys for what it opens and what goes to a shopper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.connectors.sandbox.terms import operation
from pawline.kit import Http
from pawline.model import OrderId, TicketId
from pawline.ports import Decision, EffectKind, Receipt, Settle, Ticket, TicketDraft

if TYPE_CHECKING:
    from pawline.connectors.sandbox import Settings


class SandboxHelpdesk:
    """See `Helpdesk`. `find_ticket` is a look-up by the whole draft.

    A reply whose key is forgotten is asked about: the same words may have been written on purpose before.
    """

    OPERATIONS: Final = {
        "open": operation(settle=Settle.KEY, after_key_life=Settle.LOOK_UP, look_up="find_ticket"),
        "reply": operation(settle=Settle.KEY, kind=EffectKind.MESSAGE),
        "note": operation(settle=Settle.REPEAT),
        "close": operation(settle=Settle.REPEAT),
    }

    def __init__(self, http: Http, _: Settings) -> None:
        self._http = http

    async def open(self, draft: TicketDraft) -> Ticket:
        return await self._http.post("helpdesk", "open", json={"draft": draft}, into=Ticket)

    async def find_ticket(self, draft: TicketDraft) -> Ticket | None:
        return await self._http.post("helpdesk", "find_ticket", json={"draft": draft}, into=Ticket | None)

    async def reply(self, ticket: TicketId, text: str) -> Receipt:
        return await self._http.post("helpdesk", "reply", json={"ticket": ticket, "text": text}, into=Receipt)

    async def note(self, ticket: TicketId, text: str) -> Receipt:
        return await self._http.post("helpdesk", "note", json={"ticket": ticket, "text": text}, into=Receipt)

    async def close(self, ticket: TicketId) -> Receipt:
        return await self._http.post("helpdesk", "close", json={"ticket": ticket}, into=Receipt)

    async def decided(self, ticket: TicketId, note: str) -> Decision | None:
        given = {"ticket": ticket, "note": note}
        return await self._http.post("helpdesk", "decided", json=given, into=Decision | None)

    async def of(self, order: OrderId) -> tuple[Ticket, ...]:
        return await self._http.post("helpdesk", "of", json={"order": order}, into=tuple[Ticket, ...])
