"""Zendesk in the role of Helpdesk: see docs/why/0032 for what is done how."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, Final

import msgspec

from pawline.connectors.zendesk.client import PAGE, Api, ZendeskHttp, number_of
from pawline.connectors.zendesk.deciding import decision
from pawline.connectors.zendesk.settings import Settings
from pawline.connectors.zendesk.told import (
    DONE,
    STAFF,
    Audit,
    ManyTickets,
    OneTicket,
    ToldTicket,
    about,
    ticket_of,
)
from pawline.kit import Page, every_item
from pawline.model import OrderId, TicketId
from pawline.ports import (
    Attempt,
    Code,
    Decision,
    EffectKind,
    Operation,
    Receipt,
    Rejected,
    Settle,
    Ticket,
    TicketDraft,
    Transient,
    Urgency,
    current_attempt,
)

KEY_LIFE: Final = timedelta(hours=2)
"""Zendesk forgets a key then: https://developer.zendesk.com/api-reference/ticketing/introduction/#idempotency ."""
PRIORITY: Final = {Urgency.LOW: "low", Urgency.NORMAL: "normal", Urgency.URGENT: "urgent"}
MARK: Final = "pawline"
"""Under which an update says, in its audit's metadata, which step of ours it is."""
TRIES: Final = 3
"""So often an update is made anew where somebody else was faster."""
MOST: Final = 20


class ZendeskHelpdesk:
    """See `Helpdesk`.

    A ticket that is opened knows its key for two hours, and is known again by its draft after that. An update bears
    its step's key in its audit, and is made on condition that the ticket is as it was when nobody had made it yet
    (`safe_update`): twice is once, also where the first one comes late.
    """

    OPERATIONS: Final = {
        "open": Operation(
            settle=Settle.KEY, key_life=KEY_LIFE, after_key_life=Settle.LOOK_UP, look_up="find_ticket"
        ),
        "reply": Operation(settle=Settle.REPEAT, kind=EffectKind.MESSAGE),
        "note": Operation(settle=Settle.REPEAT),
        "close": Operation(settle=Settle.REPEAT),
    }  # fmt: skip

    def __init__(self, http: ZendeskHttp, settings: Settings) -> None:
        self._api: Final = Api(http)
        self._settings: Final = settings

    async def open(self, draft: TicketDraft) -> Ticket:
        """See https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#create-ticket ."""
        given: dict[str, Any] = {
            "subject": _title(draft), "comment": {"body": _text(draft), "public": False},
            "priority": PRIORITY[draft.urgency], "external_id": self._about(draft),
            "tags": [*_tags(draft), _mark(draft)],
        }  # fmt: skip
        if self._settings.group is not None:
            given["group_id"] = self._settings.group
        key = {"Idempotency-Key": current_attempt().key}
        made = await self._api.send("POST", "tickets", json={"ticket": given}, headers=key, into=OneTicket)
        return ticket_of(made.ticket, self._settings.home)

    async def find_ticket(self, draft: TicketDraft) -> Ticket | None:
        mark = _mark(draft)
        found = [one for one in await self._tickets(self._about(draft)) if mark in (one.tags or ())]
        return ticket_of(max(found, key=_number), self._settings.home) if found else None

    async def reply(self, ticket: TicketId, text: str) -> Receipt:
        return await self._write(ticket, text, public=True)

    async def note(self, ticket: TicketId, text: str) -> Receipt:
        return await self._write(ticket, text, public=False)

    async def close(self, ticket: TicketId) -> Receipt:
        """A ticket without an assignee cannot be solved, so it becomes ours.

        https://support.zendesk.com/hc/en-us/articles/4408894213018-About-native-system-ticket-rules
        """
        for _ in range(TRIES):
            there = (await self._there(ticket)).ticket
            if there.status in DONE:
                break
            change: dict[str, Any] = {"status": "solved"}
            if there.assignee_id is None:
                change["assignee_id"] = (await self._api.me()).id
            if await self._update(there, change):
                break
        else:
            raise _busy(ticket)
        return Receipt(str(there.id))

    async def decided(self, ticket: TicketId, note: str) -> Decision | None:
        return await decision(self._api, ticket, note)

    async def of(self, order: OrderId) -> tuple[Ticket, ...]:
        found = await self._tickets(about(self._api.whose, "order", order))
        newest = sorted((one for one in found if one.status != "deleted"), key=_number, reverse=True)
        return tuple(ticket_of(one, self._settings.home) for one in newest[:MOST])

    def _about(self, draft: TicketDraft) -> str:
        """Under which the ticket is found again: at Zendesk several may have one external id."""
        said = {"case": draft.case, "order": draft.order, "pet": draft.pet, "household": draft.household or None}
        kind, one = next(((kind, one) for kind, one in said.items() if one is not None), ("other", _mark(draft)))
        return about(self._api.whose, kind, one)

    async def _tickets(self, name: str) -> list[ToldTicket]:
        """Those with this external id.

        https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#list-tickets
        """

        async def fetch(after: str | None) -> Page[ToldTicket]:
            query = {"external_id": name, "page[size]": PAGE} | ({} if after is None else {"page[after]": after})
            page = await self._api.get("tickets", query=query, into=ManyTickets)
            return Page(page.tickets, page.meta.after)

        return [one async for one in every_item(fetch, _number) if one.external_id == name]

    async def _there(self, ticket: TicketId) -> OneTicket:
        """A ticket with its people. Rejected(not_found, gone) where it was deleted.

        https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#show-ticket
        """
        found = await self._api.get("tickets", number_of(ticket), query={"include": "users"}, into=OneTicket)
        if found.ticket.status == "deleted":
            raise Rejected(f"ticket {ticket} was deleted", Code.GONE)
        return found

    async def _write(self, ticket: TicketId, text: str, *, public: bool) -> Receipt:
        attempt, comment = current_attempt(), {"body": text, "public": public}
        for _ in range(TRIES):
            there = await self._there(ticket)
            if await self._made(ticket, attempt, comment):
                break
            if there.ticket.status == "closed":
                raise Rejected(f"ticket {ticket} is closed for good: nothing can be written there", Code.GONE)
            if public:
                _heard(there)
            if await self._update(there.ticket, {"comment": comment, "metadata": {MARK: attempt.key}}):
                break
        else:
            raise _busy(ticket)
        return Receipt(f"{ticket}/{attempt.key}")

    async def _made(self, ticket: TicketId, attempt: Attempt, comment: dict[str, Any]) -> bool:
        """Whether this step's update is among what happened to the ticket.

        Where an audit of ours does not tell the mark that every update of ours has, its words are compared: better one
        message too few than twice the same. Only of what was tried before, for then alone there may be such a one.
        """
        audits = await self._api.audits(number_of(ticket))
        if any(mark_of(one) == attempt.key for one in audits):
            return True
        if attempt.number == 1:
            return False
        me = (await self._api.me()).id
        return any(
            (event.body, event.public) == (comment["body"], comment["public"])
            for one in audits if one.author_id == me and mark_of(one) is None
            for event in one.events if event.type == "Comment"
        )  # fmt: skip

    async def _update(self, there: ToldTicket, change: dict[str, Any]) -> bool:
        """Whether it was made: not where the ticket is not as it was any more.

        https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets
        """
        given = {"ticket": change | {"safe_update": True, "updated_stamp": there.updated_at}}
        try:
            await self._api.send("PUT", "tickets", str(there.id), json=given, into=OneTicket)
        except Transient as busy:
            if busy.code is not Code.IN_PROGRESS:
                raise
            return False
        return True


def mark_of(audit: Audit) -> str | None:
    """The key of the step of ours that an update is, as far as its audit tells."""
    custom = audit.metadata.custom if audit.metadata is not None else None
    mark = custom.get(MARK) if isinstance(custom, dict) else None
    return mark if isinstance(mark, str) else None


def _heard(there: OneTicket) -> None:
    """Raises Rejected(undeliverable) where the requester is none but the helpdesk's own: nobody else would read it."""
    whose = there.ticket.requester_id
    if any(one.id == whose and one.role in STAFF for one in there.users or ()):
        raise Rejected(
            f"the requester of ticket {there.ticket.id} is one of the helpdesk's own people: no shopper would get it",
            Code.UNDELIVERABLE,
        )


def _busy(ticket: TicketId) -> Transient:
    return Transient(f"ticket {ticket} is changed by others all the time", Code.IN_PROGRESS)


def _number(told: ToldTicket) -> int:
    return told.id


def _mark(draft: TicketDraft) -> str:
    """A tag by which this very draft is known."""
    return f"{MARK}_{hashlib.sha256(msgspec.json.encode(draft)).hexdigest()[:12]}"


def _tags(draft: TicketDraft) -> list[str]:
    """Zendesk's tags are of small letters, without blanks."""
    return [MARK, *("_".join(one.lower().split()) for one in draft.tags if one.strip())]


def _title(draft: TicketDraft) -> str:
    return draft.title.strip() or "(no title)"


def _text(draft: TicketDraft) -> str:
    """What the helpdesk's people read; ids and no names."""
    about = {"order": draft.order, "household": draft.household, "pet": draft.pet}
    lines = [f"{name}: {one}" for name, one in about.items() if one is not None]
    return "\n".join([draft.text.strip() or _title(draft), *(["", *lines] if lines else [])])
