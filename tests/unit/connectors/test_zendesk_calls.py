"""Tickets at Zendesk: opened, replied to, noted and closed; found again; and who may decide in them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pawline.connectors.zendesk import connector
from pawline.kit import BadSettings
from pawline.model import HouseholdId, OrderId, PetId, TicketId
from pawline.ports import Code, Decision, PortError, Rejected, Ticket, TicketDraft, Transient, Unauthorised, Urgency
from tests.unit.connectors.zendesk_scene import ANN, LATE, Scene, run

CASE = TicketDraft(title="Case 17: what about it?", text="#pawline 1   leave it", urgency=Urgency.LOW, case=17)


async def refused(call: Any, kind: type[PortError] = Rejected) -> PortError:
    with pytest.raises(kind) as problem:
        await call
    return problem.value


def test_a_ticket_says_what_it_is_about_to_the_helpdesks_people_only() -> None:
    async def play(here: Scene) -> None:
        made: Ticket = await here.step(here.port.open(LATE))
        kept = here.kept(made.id)
        assert made == Ticket(
            id=made.id, title="It is late", open=True, url=f"{here.url}/agent/tickets/{made.id}"
        )  # fmt: skip
        assert here.comments(made.id) == [("Call the carrier\n\norder: 1001\nhousehold: h-1", False)]
        assert (kept.priority, kept.public, kept.group) == ("urgent", False, 7)
        assert kept.external_id == "pawline/paws/order/1001"
        mark = next(one for one in kept.tags if one.startswith("pawline_"))
        assert kept.tags == sorted(["pawline", "late_parcels", mark])
        assert here.did() == [("open", "pawline/paws/order/1001/It is late")]

    run(play, group=7)


def test_what_a_ticket_is_about_names_it() -> None:
    async def play(here: Scene) -> None:
        plain: dict[str, Any] = {"title": "t", "text": "x", "urgency": Urgency.NORMAL}
        drafts: dict[str, dict[str, Any]] = {
            "pawline/paws/case/17": {"case": 17, "order": OrderId("1")},
            "pawline/paws/order/1": {"order": OrderId("1")},
            "pawline/paws/pet/rex": {"pet": PetId("rex"), "household": HouseholdId("h")},
            "pawline/paws/household/h": {"household": HouseholdId("h")},
        }  # fmt: skip
        for n, (name, more) in enumerate(drafts.items()):
            made = await here.step(here.port.open(TicketDraft(**plain, **more)), f"k{n}")
            assert here.kept(made.id).external_id == name
        made = await here.step(here.port.open(TicketDraft(**plain)), "k")
        assert str(here.kept(made.id).external_id).startswith("pawline/paws/other/pawline_")

    run(play)


def test_tickets_about_an_order_are_the_newest_twenty_and_nobody_elses() -> None:
    async def play(here: Scene) -> None:
        made = [
            (await here.step(here.port.open(msgspec.structs.replace(LATE, text=f"{n}")), f"k{n}")).id
            for n in range(22)
        ]  # fmt: skip
        other = msgspec.structs.replace(LATE, order=OrderId("10011"))
        await here.step(here.port.open(other), "other")
        here.asked()
        here.act("turn", ticket=int(made[21]), status="deleted")
        here.act("turn", ticket=int(made[20]), status="solved")
        found = await here.port.of(OrderId("1001"))
        assert [one.id for one in found] == made[20:0:-1]
        assert [one.open for one in found] == [False, *[True] * 19]
        assert await here.port.of(OrderId("2")) == ()

    run(play)


def test_a_reply_goes_to_the_shopper_and_a_note_to_nobody() -> None:
    async def play(here: Scene) -> None:
        ticket = here.asked()
        assert (await here.step(here.port.reply(ticket, "It is on its way"), "a")).reference == f"{ticket}/a"
        assert (await here.step(here.port.note(ticket, "carrier says Monday"), "b")).reference == f"{ticket}/b"
        assert here.comments(ticket) == [
            ("My chews are late", True), ("It is on its way", True), ("carrier says Monday", False),
        ]  # fmt: skip
        await here.step(here.port.note(ticket, "carrier says Monday"), "c")  # the same words on purpose
        assert here.did() == [
            ("reply", f"{ticket}/It is on its way"), *[("note", f"{ticket}/carrier says Monday")] * 2,
        ]  # fmt: skip

    run(play)


def test_a_reply_that_only_the_helpdesks_people_would_get_is_refused() -> None:
    async def play(here: Scene) -> None:
        made = await here.step(here.port.open(LATE))
        no = await refused(here.step(here.port.reply(made.id, "hello"), "r"))
        assert (no.code, len(here.did())) == (Code.UNDELIVERABLE, 1)
        here.kept(made.id).requester = here.books.user(ANN).id  # an agent says whose it is
        await here.step(here.port.reply(made.id, "hello"), "r")
        assert here.did()[1:] == [("reply", f"{made.id}/hello")]

    run(play)


def test_who_closes_it_becomes_its_assignee_only_where_there_is_none() -> None:
    async def play(here: Scene) -> None:
        mine, theirs = here.asked(), here.asked()
        here.kept(theirs).assignee = agent = here.books.user("bo@paws.example", "agent").id
        for key in ("a", "b"):
            for one in (mine, theirs):
                await here.step(here.port.close(one), key)
        assert [here.kept(one).assignee for one in (mine, theirs)] == [here.books.me.id, agent]
        assert [here.kept(one).status for one in (mine, theirs)] == ["solved", "solved"]
        assert here.did() == [("close", str(mine)), ("close", str(theirs))]

    run(play)


def test_a_ticket_that_is_gone_is_gone_and_one_closed_for_good_takes_no_word() -> None:
    async def play(here: Scene) -> None:
        shut, lost = here.asked(), here.asked()
        here.act("turn", ticket=int(shut), status="closed")
        here.act("turn", ticket=int(lost), status="deleted")
        codes = {}
        for name, one in {"shut": shut, "lost": lost, "none": TicketId("7"), "strange": TicketId("t-1")}.items():
            for what, call in {"reply": here.port.reply, "note": here.port.note}.items():
                codes[name, what] = (await refused(here.step(call(one, "x")))).code
        for (name, _), code in codes.items():
            assert code is (Code.GONE if name == "shut" else Code.NOT_FOUND), name
        assert (await here.step(here.port.close(shut))).reference == shut  # it is done
        assert (await refused(here.step(here.port.close(lost)))).code is Code.NOT_FOUND
        assert here.did() == []

    run(play)


def test_a_key_makes_one_ticket_and_comes_with_one_draft() -> None:
    async def play(here: Scene) -> None:
        one, again = [await here.step(here.port.open(LATE), "a") for _ in range(2)]
        assert one == again
        no = await refused(here.step(here.port.open(CASE), "a"))
        assert no.code is Code.KEY_REUSED
        here.clock.at += 2 * 3_600 + 1
        other = await here.step(here.port.open(CASE), "a")  # forgotten
        assert other.id != one.id
        assert len(here.did()) == 2

    run(play)


def test_a_look_up_finds_the_very_draft_whatever_became_of_it() -> None:
    async def play(here: Scene) -> None:
        assert await here.port.find_ticket(LATE) is None
        made = await here.step(here.port.open(LATE))
        assert await here.port.find_ticket(LATE) == made
        assert await here.port.find_ticket(msgspec.structs.replace(LATE, text="Call them")) is None
        here.act("turn", ticket=int(made.id), status="solved")
        assert await here.port.find_ticket(LATE) == msgspec.structs.replace(made, open=False)

    run(play)


def test_who_changes_it_meanwhile_is_not_written_over_and_is_waited_for() -> None:
    async def play(here: Scene) -> None:
        ticket, seen = here.asked(), []
        send = here.zendesk.api._update

        def first(call: Any) -> Any:
            seen.append(call)
            if len(seen) <= turns:
                here.clock.at += 1
                here.act("comments", ticket=int(ticket), email=ANN, text=f"hello {len(seen)}?")
            return send(call)

        here.zendesk.api._answers["PUT tickets/*"] = first
        turns = 2
        await here.step(here.port.note(ticket, "x"), "a")
        assert (len(seen), here.did()) == (3, [("note", f"{ticket}/x")])
        seen.clear()
        turns = 99
        busy = await refused(here.step(here.port.note(ticket, "y"), "b"), Transient)
        assert (busy.code, len(seen), here.did()) == (Code.IN_PROGRESS, 3, [("note", f"{ticket}/x")])

    run(play)


@pytest.mark.parametrize(
    ("who", "how", "counts"),
    [
        ({}, {}, True),
        ({"role": "admin"}, {"channel": "mobile"}, True),
        ({}, {"text": "\n#pawline 2, they wrote to us"}, True),
        ({}, {"status": "solved"}, True),
        ({}, {"public": True}, False),  # a shopper reads it
        ({}, {"channel": "email"}, False),  # its sender may be forged
        ({}, {"channel": "api"}, False),  # an app is nobody
        ({}, {"channel": "rule"}, False),
        ({}, {"text": "I would say #pawline 2"}, False),
        ({}, {"text": "#pawline two"}, False),
        ({}, {"text": "#pawline 200"}, False),
        ({"role": "end-user"}, {}, False),
        ({"role_type": 1}, {}, False),  # a light agent
        ({"role_type": 3}, {}, False),  # a contributor
        ({"suspended": True}, {}, False),
        ({"active": False}, {}, False),
    ],
)  # fmt: skip
def test_only_one_of_the_helpdesks_people_decides_by_a_note_of_their_own_hand(
    who: dict[str, Any], how: dict[str, Any], counts: bool
) -> None:
    async def play(here: Scene) -> None:
        ticket = (await here.step(here.port.open(CASE))).id
        agent = here.agent(**who)
        said = {"ticket": int(ticket), "email": agent, "text": "#pawline 2", "public": False}
        note = here.act("comments", **said | how)["note"]
        found = await here.port.decided(ticket, str(note))
        by = str(here.books.user(agent).id)
        assert found == (Decision(case=17, choice=2, by=by) if counts else None)
        assert await here.port.decided(ticket, str(note + 1)) is None

    run(play)


def test_a_note_decides_nothing_in_another_ticket_nor_in_our_own_words() -> None:
    async def play(here: Scene) -> None:
        agent = here.agent()
        cases = (await here.step(here.port.open(CASE))).id
        for ticket in (here.asked(), (await here.step(here.port.open(LATE), "b")).id):
            note = here.act("comments", ticket=int(ticket), email=agent, text="#pawline 1", public=False)["note"]
            assert await here.port.decided(ticket, str(note)) is None
            assert await here.port.decided(cases, str(note)) is None
        ours = here.kept(cases).audits[0].events[0]["id"]
        here.kept(cases).audits[0].channel = "web"
        assert await here.port.decided(cases, str(ours)) is None
        here.kept(cases).external_id = "pawline/paws/case/17x"
        note = here.act("comments", ticket=int(cases), email=agent, text="#pawline 1", public=False)["note"]
        assert await here.port.decided(cases, str(note)) is None

    run(play)


def test_of_two_shops_at_one_zendesk_each_knows_its_own_tickets_only() -> None:
    async def play(here: Scene) -> None:
        agent = here.agent()
        theirs, their_port = here.other("cats")
        case = (await here.step(here.port.open(CASE))).id  # both shops have a case 17, and an order 1001
        order = (await here.step(here.port.open(LATE), "b")).id
        cats = (await here.step(their_port.open(LATE), "c")).id
        note = here.act("comments", ticket=int(case), email=agent, text="#pawline 2", public=False)["note"]
        assert await their_port.decided(case, str(note)) is None
        assert await here.port.decided(case, str(note)) == Decision(
            case=17, choice=2, by=str(here.books.user(agent).id)
        )  # fmt: skip
        assert [one.id for one in await here.port.of(OrderId("1001"))] == [order]
        assert [one.id for one in await their_port.of(OrderId("1001"))] == [cats]
        assert len(here.did()) == 3
        await theirs.close()

    run(play)


def test_settings_that_are_none_are_refused_and_a_token_of_oauth_is_a_bearer() -> None:
    for wrong in ("https://paws.zendesk.com", "Paws", "", "paws.zendesk"):
        with pytest.raises(BadSettings, match="subdomain"):
            connector.configure({"subdomain": wrong, "token": "t"})
    assert connector.configure({"subdomain": "paws", "token": "t"}).home == "https://paws.zendesk.com"

    async def play(here: Scene) -> None:
        ticket = here.asked()
        await here.step(here.port.note(ticket, "x"))
        assert here.did() == [("note", f"{ticket}/x")]

    run(play, email="")


def test_a_minute_that_is_used_up_is_waited_for() -> None:
    async def play(here: Scene) -> None:
        here.zendesk.limits.calls = 0
        busy = await refused(here.port.of(OrderId("1")), Transient)
        assert isinstance(busy, Transient)
        assert (busy.code, busy.retry_after is not None) == (Code.RATE_LIMITED, True)
        assert busy.retry_after is not None
        assert 1 <= busy.retry_after.total_seconds() <= 60

    run(play)


def test_an_agent_that_was_shut_out_stops_the_account() -> None:
    async def play(here: Scene) -> None:
        here.books.me.role = "end-user"
        no = await refused(here.port.of(OrderId("1")), Unauthorised)
        assert no.code is Code.FORBIDDEN

    run(play)
