"""The helpdesk, asked by its connector: a ticket is opened once, its people's work is told, and it forgets nothing."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors import sandbox as card
from pawline.model import HouseholdId, OrderId, PetId, TicketId
from pawline.ports import (
    Code,
    Decision,
    EffectKind,
    Helpdesk,
    PortError,
    Rejected,
    Settle,
    Ticket,
    TicketDraft,
    Transient,
    Unauthorised,
    Urgency,
)
from pawline.sandbox import KEYED, Desk, Fault, Faults, Manner, Request, Vendors, messages
from pawline.sandbox.diary import Clock, Diary, recall
from tests.unit.sandbox.scenes import TOKEN, Sandboxed, played, raised

ANN, O1 = HouseholdId("h1"), OrderId("o1")
T1, T2 = TicketId("t1"), TicketId("t2")
LATE = TicketDraft(title="it is late", text="Call the carrier", urgency=Urgency.URGENT, household=ANN, order=O1)
REX = TicketDraft(title="rex died", text="Write a card", urgency=Urgency.NORMAL, household=ANN, pet=PetId("rex"))
WRITTEN = {"title": "Where is it?", "text": "My chews", "household": "h1", "order": "o1"}


class Scene(Sandboxed):
    """The helpdesk, and its people."""

    def __init__(self, url: str, desk: Desk) -> None:
        super().__init__(url, desk)
        self.port: Helpdesk = self.account.plays[Helpdesk]

    async def under(self, key: str, call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        with self.trying(key):
            return await call()

    async def open(self, draft: TicketDraft = LATE, key: str = "k1") -> Ticket:
        made: Ticket = await self.under(key, lambda: self.port.open(draft))
        return made

    async def people(self, *what: str, **given: object) -> Any:
        return msgspec.json.decode((await self.http.ask("POST", "desk", *what, json=given)).body)

    def did(self) -> list[tuple[str, str, str, bool]]:
        return [(one.operation, one.business, one.order, one.again) for one in self.desk.vendors.effects()]

    def told(self) -> list[tuple[str, Any]]:
        return [(one.type, msgspec.json.decode(one.data)) for one in self.desk.hooks.history]


def scene(play: Callable[[Scene], Coroutine[Any, Any, None]], **given: Any) -> None:
    played(Scene, play, **given)


def test_a_ticket_is_opened_replied_to_noted_and_closed_and_nothing_else_happens() -> None:
    async def play(one: Scene) -> None:
        made = await one.open()
        assert made == Ticket(id=T1, title="it is late", open=True)
        for key in ("a", "a"):  # the same call again
            assert (await one.under(key, lambda: one.port.reply(T1, "It is on its way"))).reference == "2"
        for key in ("b", "c"):
            await one.under(key, lambda: one.port.note(T1, "the carrier says Monday"))
        for key in ("d", "e"):
            await one.under(key, lambda: one.port.close(T1))
        assert one.did() == [
            ("Helpdesk.open", "o1/it is late", "o1", False),
            ("Helpdesk.reply", "t1/It is on its way", "o1", False),
            ("Helpdesk.note", "t1/the carrier says Monday", "o1", False),
            ("Helpdesk.note", "t1/the carrier says Monday", "o1", True),
            ("Helpdesk.close", "t1", "o1", False),
            ("Helpdesk.close", "t1", "o1", True),
        ]
        assert messages(one.desk.vendors.effects()) == {"t1/It is on its way": ["Helpdesk.reply"]}
        assert one.told() == [("ticket.closed", {"ticket": "t1", "household": "h1"})]
        assert await one.port.of(O1) == (msgspec.structs.replace(made, open=False),)

    scene(play)


def test_a_key_makes_one_ticket_of_two_calls_and_another_key_makes_another() -> None:
    async def play(one: Scene) -> None:
        assert [(await one.open(key=key)).id for key in ("a", "a", "b")] == [T1, T1, T2]
        other = await raised(one.open(REX, "a"))
        assert (type(other), other.code) == (Rejected, Code.KEY_REUSED)
        assert one.did() == [("Helpdesk.open", "o1/it is late", "o1", False)] * 2

    scene(play)


def test_a_look_up_finds_the_very_draft_whatever_became_of_it_and_nothing_else() -> None:
    async def play(one: Scene) -> None:
        find: Any = one.port
        assert await find.find_ticket(LATE) is None
        await one.people("ticket", **WRITTEN | {"title": LATE.title, "text": LATE.text})
        assert await find.find_ticket(LATE) is None  # somebody wrote the same words: we opened nothing
        made = await one.open()
        assert await find.find_ticket(LATE) == made
        assert await find.find_ticket(msgspec.structs.replace(LATE, text="Call them")) is None
        await one.people("ticket", "delete", ticket=made.id)
        assert await find.find_ticket(LATE) == msgspec.structs.replace(made, open=False)
        assert len(one.did()) == 1
        later = await one.open(key="k2")
        assert await find.find_ticket(LATE) == later != made

    scene(play)


def test_a_note_of_its_own_people_answers_a_case_and_no_other_note_does() -> None:
    async def play(one: Scene) -> None:
        case = await one.open(msgspec.structs.replace(LATE, case=7))
        plain = await one.open(key="k2")
        asked = (await one.people("ticket", **WRITTEN))["id"]
        said = {"text": "#pawline 2", "by": "9"}
        answer = await one.people("ticket", "note", ticket=case.id, **said)
        others = [
            (case.id, await one.people("ticket", "note", ticket=case.id, text="#pawline 2")),
            (case.id, await one.people("ticket", "note", ticket=case.id, text="well, #pawline 2", by="9")),
            (plain.id, await one.people("ticket", "note", ticket=plain.id, **said)),
            (asked, await one.people("ticket", "note", ticket=asked, **said)),
            (case.id, "n99"), (plain.id, answer),
        ]  # fmt: skip
        assert await one.port.decided(case.id, answer) == Decision(case=7, choice=2, by="9")
        for ticket, note in others:
            assert await one.port.decided(ticket, note) is None
        told = [data for kind, data in one.told() if kind == "ticket.decided"]
        assert told == [
            {"ticket": ticket, "note": note}
            for ticket, note in [(case.id, answer), others[0], others[2], others[3]]
        ]  # fmt: skip
        assert (await raised(one.port.decided(TicketId("t99"), "n1"))).code is Code.NOT_FOUND

    scene(play)


def test_how_each_effect_is_settled_is_what_the_sandbox_keeps() -> None:
    says = card.connector.offers[Helpdesk].operations
    assert {name: (how.settle, how.kind) for name, how in says.items()} == {
        "open": (Settle.KEY, None), "reply": (Settle.KEY, EffectKind.MESSAGE), "note": (Settle.REPEAT, None),
        "close": (Settle.REPEAT, None),
    }  # fmt: skip
    assert (says["open"].after_key_life, says["open"].look_up) == (Settle.LOOK_UP, "find_ticket")
    assert (says["reply"].after_key_life, says["reply"].look_up) == (Settle.ASK, None)
    assert {name.partition(".")[2] for name in KEYED if name.startswith("Helpdesk.")} == {"open", "reply"}


def test_tickets_of_an_order_are_the_newest_twenty_and_what_was_deleted_is_gone() -> None:
    async def play(one: Scene) -> None:
        await one.open(REX, "rex")
        for n in range(22):
            await one.open(msgspec.structs.replace(LATE, title=f"{n}"), f"k{n}")
        await one.people("ticket", "delete", ticket="t22")
        assert [ticket.title for ticket in await one.port.of(O1)] == [f"{n}" for n in (21, *range(19, 0, -1))]
        assert await one.port.of(OrderId("o2")) == ()
        for call in (
            lambda: one.port.reply(TicketId("t22"), "x"),
            lambda: one.port.note(TicketId("t22"), "x"),
            lambda: one.port.close(TicketId("t22")),
        ):
            gone = await raised(one.under("z", call))
            assert (type(gone), gone.code, gone.text) == (Rejected, Code.GONE, "ticket t22 was deleted")
        never = await raised(one.under("y", lambda: one.port.reply(TicketId("t99"), "x")))
        assert (type(never), never.code, never.text) == (Rejected, Code.NOT_FOUND, "there is no ticket t99")
        assert {what for what, *_ in one.did()} == {"Helpdesk.open"}
        assert len(one.did()) == 23

    scene(play)


def test_who_asks_and_what_its_people_close_is_told_each_time_and_is_no_effect_of_ours() -> None:
    async def play(one: Scene) -> None:
        assert await one.people("ticket", **WRITTEN) == {"id": "t1", "title": "Where is it?", "open": True, "url": None}
        assert [await one.people("ticket", "close", ticket="t1") for _ in range(2)] == [True, False]
        await one.people("ticket", "reopen", ticket="t1")
        assert (
            await one.port.of(O1)
            == one.desk.vendors.tickets.waiting()
            == (Ticket(id=T1, title="Where is it?", open=True),)
        )
        assert await one.people("ticket", "close", ticket="t1") is True
        closed = ("ticket.closed", {"ticket": "t1", "household": "h1"})
        assert one.told() == [("ticket.opened", {"ticket": "t1", **WRITTEN}), closed, closed]
        assert one.did() == []
        stranger = {"authorization": "Bearer no"}
        for what in (("ticket",), ("ticket", "close"), ("ticket", "reopen"), ("ticket", "delete")):
            assert (await one.http.ask("POST", "desk", *what, json=WRITTEN, headers=stranger)).status == 401
            misspelt = await one.http.ask("POST", "desk", *what, json={"tikcet": "t1"})
            assert misspelt.status == 400
            if what != ("ticket",):
                assert (await one.http.ask("POST", "desk", *what, json={"ticket": "t9"})).status == 404
        assert len(one.told()) == 3

    scene(play)


@pytest.mark.parametrize(
    ("manner", "error", "code"),
    [
        (Manner(down=True), Transient, Code.DISCONNECTED),
        (Manner(limited=3), Transient, Code.RATE_LIMITED),
        (Manner(stranger=True), Unauthorised, Code.CREDENTIALS),
    ],
)
def test_it_has_moods_of_its_own(manner: Manner, error: type[PortError], code: Code) -> None:
    async def play(one: Scene) -> None:
        await one.http.put("desk", "manners", "helpdesk", json=manner, into=object)
        problem = await raised(one.open())
        assert (type(problem), problem.code, one.did()) == (error, code, [])

    scene(play)


@pytest.mark.parametrize(("fault", "happened"), [(Fault.UNHEARD, 0), (Fault.BROKEN, 1), (Fault.UNAVAILABLE, 0)])
def test_what_broke_is_sent_again_and_is_one_ticket(fault: Fault, happened: int) -> None:
    async def play(one: Scene) -> None:
        assert type(await raised(one.open())) is Transient
        assert len(one.did()) == happened
        assert (await one.open()).id == T1
        assert one.did() == [("Helpdesk.open", "o1/it is late", "o1", False)]

    scene(play, faults=Faults(at={1: fault}))


async def test_killed_and_started_again_it_knows_its_tickets_and_their_keys(tmp_path: Path) -> None:
    def begin() -> tuple[Desk, Any]:
        clock = Clock()
        desk = Desk(Vendors(now=clock), TOKEN)
        return desk, recall(desk, Diary(tmp_path / "diary.jsonl", clock), tmp_path / "ledger.jsonl")

    async def call(desk: Desk, method: str, key: str, *args: object) -> Any:
        reply = await desk.vendors.ask(Request(f"Helpdesk.{method}", key, msgspec.Raw(msgspec.json.encode(args))))
        return msgspec.json.decode(reply.value) if reply.error is None else reply.error.code

    def end(desk: Desk, book: Any) -> None:
        assert desk.diary is not None
        desk.diary.close()
        book.close()

    desk, book = begin()
    desk.act("ticket", msgspec.json.encode(WRITTEN))
    made = await call(desk, "open", "k1", LATE)
    for method, args in (("note", (T1, "a note")), ("reply", (T2, "a reply")), ("close", (T1,))):
        await call(desk, method, method, *args)
    desk.act("ticket/delete", msgspec.json.encode({"ticket": T2}))
    before = (desk.vendors.tickets.of(O1), [one.body() for one in desk.hooks.history], tuple(book.read()))
    assert [one.operation for one in before[2]] == [
        "Helpdesk.open", "Helpdesk.note", "Helpdesk.reply", "Helpdesk.close"
    ]  # fmt: skip
    end(desk, book)
    desk, book = begin()
    assert (desk.vendors.tickets.of(O1), [one.body() for one in desk.hooks.history], tuple(book.read())) == before
    assert await call(desk, "open", "k1", LATE) == made  # the key is known, though the ticket is gone
    assert await call(desk, "reply", "r2", T2, "x") == "gone"
    assert (await call(desk, "open", "k2", REX))["id"] == "t3"
    assert [one.no for one in book.read()] == [1, 2, 3, 4, 5]
    end(desk, book)
