"""A helpdesk: people ask there, its people answer, and what it is asked to do by others it does in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from pawline.model import HouseholdId, OrderId, TicketId
from pawline.ports import Code, Decision, Receipt, Rejected, Ticket, TicketDraft, choice_of

if TYPE_CHECKING:
    from pawline.sandbox.hooks import Hooks
    from pawline.sandbox.trades import Note

OPENED, CLOSED, DECIDED = "ticket.opened", "ticket.closed", "ticket.decided"
MOST: Final = 20
"""Tickets about one order that are shown."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody wrote to the helpdesk, in their own words."""

    title: str
    text: str
    household: HouseholdId | None = None
    order: OrderId | None = None


class Noted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A note that one of its people, or (`by` of "") anybody else, writes in a ticket."""

    ticket: TicketId
    text: str
    by: str = ""


class Tickets:
    """Each ticket that is asked for is opened, and each reply goes out: keys are not its trade.

    It tells who asked, and what was closed by whomever. What it was asked to open itself it does not tell back: nobody
    wrote that.
    """

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._all: dict[TicketId, Ticket] = {}
        self._about: dict[TicketId, TicketDraft | Asked] = {}
        self._deleted: set[TicketId] = set()
        self._notes: set[tuple[TicketId, str]] = set()
        self._written: dict[tuple[TicketId, str], Noted] = {}

    # -- who asks there, and its people --------------------------------------------------------------------------

    def ask(self, asked: Asked) -> Ticket:
        """Somebody writes to it."""
        made = self._make(asked)
        self._hooks.tell(OPENED, {"ticket": made.id, **msgspec.structs.asdict(asked)})
        return made

    def finish(self, ticket: TicketId) -> bool:
        """Its people are done with it; False where they were before. Rejected(not_found, gone) where there is none."""
        known = self._known(ticket)
        if not known.open:
            return False
        self._all[ticket] = msgspec.structs.replace(known, open=False)
        self._hooks.tell(CLOSED, {"ticket": ticket, "household": self._about[ticket].household})
        return True

    def waiting(self) -> tuple[Ticket, ...]:
        """What is open, the oldest first."""
        return tuple(one for one in self._all.values() if one.open)

    def reopen(self, ticket: TicketId) -> None:
        """Somebody wrote once more. Rejected(not_found, gone) where there is no such ticket."""
        self._all[ticket] = msgspec.structs.replace(self._known(ticket), open=True)

    def write(self, noted: Noted) -> str:
        """A note, and its number. Rejected(not_found, gone) where there is no such ticket."""
        self._known(noted.ticket)
        no = f"n{len(self._written) + 1}"
        self._written[noted.ticket, no] = noted
        if choice_of(noted.text) is not None:
            self._hooks.tell(DECIDED, {"ticket": noted.ticket, "note": no})
        return no

    def delete(self, ticket: TicketId) -> None:
        """Its people throw it away, without a word to anybody. Rejected(not_found, gone) where there is none."""
        self._all[ticket] = msgspec.structs.replace(self._known(ticket), open=False)
        self._deleted.add(ticket)

    # -- the port ------------------------------------------------------------------------------------------------

    def open(self, note: Note, draft: TicketDraft) -> Ticket:
        about = draft.order or draft.pet or draft.household or "nobody"
        note(f"{about}/{draft.title}", order=draft.order or "")
        return self._make(draft)

    def find_ticket(self, draft: TicketDraft) -> Ticket | None:
        """The newest of this very draft, closed and deleted ones too: it was opened, whatever became of it."""
        return next((self._all[one] for one in reversed(self._all) if self._about[one] == draft), None)

    def reply(self, note: Note, ticket: TicketId, text: str) -> Receipt:
        self._known(ticket)
        return Receipt(note(f"{ticket}/{text}", order=self._about[ticket].order or ""))

    def note(self, note: Note, ticket: TicketId, text: str) -> Receipt:
        self._known(ticket)
        again = (ticket, text) in self._notes
        self._notes.add((ticket, text))
        return Receipt(note(f"{ticket}/{text}", order=self._about[ticket].order or "", again=again))

    def close(self, note: Note, ticket: TicketId) -> Receipt:
        again = not self.finish(ticket)
        return Receipt(note(ticket, order=self._about[ticket].order or "", again=again))

    def decided(self, ticket: TicketId, note: str) -> Decision | None:
        self._known(ticket)
        written, about = self._written.get((ticket, note)), self._about[ticket]
        choice = None if written is None else choice_of(written.text)
        if written is None or not written.by or choice is None or isinstance(about, Asked) or about.case is None:
            return None
        return Decision(case=about.case, choice=choice, by=written.by)

    def of(self, order: OrderId) -> tuple[Ticket, ...]:
        found = [one for one in self._all if self._about[one].order == order and one not in self._deleted]
        return tuple(self._all[one] for one in reversed(found[-MOST:]))

    def _make(self, about: TicketDraft | Asked) -> Ticket:
        made = Ticket(id=TicketId(f"t{len(self._all) + 1}"), title=about.title, open=True)
        self._all[made.id], self._about[made.id] = made, about
        return made

    def _known(self, ticket: TicketId) -> Ticket:
        if ticket not in self._all:
            raise Rejected(f"there is no ticket {ticket}", Code.NOT_FOUND)
        if ticket in self._deleted:
            raise Rejected(f"ticket {ticket} was deleted", Code.GONE)
        return self._all[ticket]
