"""A flow that opens a ticket, writes in it and closes it."""

from __future__ import annotations

from pawline.model import Event, TicketId
from pawline.ports import Helpdesk, TicketDraft, Urgency
from pawline.runtime import flow, use


class Bothered(Event, tag="test.bothered@1"):
    """Something is to be looked at."""

    about: str

    @property
    def subject(self) -> str:
        return self.about


@flow(on=Bothered)
async def look_after(bothered: Bothered) -> TicketId:
    """It is looked at."""
    helpdesk = use(Helpdesk)
    ticket = await helpdesk.open(TicketDraft(title=bothered.about, text="look", urgency=Urgency.LOW))
    await helpdesk.note(ticket.id, f"look at the {bothered.about}")
    await helpdesk.close(ticket.id)
    return ticket.id
