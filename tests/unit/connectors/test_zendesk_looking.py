"""What no webhook told: the export, what it says of tickets, and what it says as a webhook would."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pawline.connectors.zendesk.hook import HOOK
from pawline.connectors.zendesk.looking import BACK, tickets
from pawline.kit import Seen
from pawline.model import Event, TicketClosed, TicketDecided, TicketId, TicketOpened
from pawline.ports import Malformed, Rejected, TicketDraft, Transient, Unauthorised, Urgency
from pawline.sandbox import Manner
from pawline.sandbox.manner import Says
from pawline.sandbox.zendesk.books import Listener
from tests.unit.connectors.zendesk_scene import ANN, HERS, Scene, run

CASE = TicketDraft(title="Case 17", text="which?", urgency=Urgency.LOW, case=17)


def events(seen: Seen) -> list[Event]:
    return [one.event for one in seen.sightings]


async def begun(here: Scene) -> str:
    """A look that finds nothing, a while before now."""
    found = await here.look()
    assert (found.sightings, found.quarantined, found.more) == ((), (), False)
    here.clock.at += 300
    return found.cursor


async def walked(here: Scene, cursor: str) -> tuple[list[Event], str]:
    """All there is to be seen from here on."""
    found: list[Event] = []
    while True:
        seen = await here.look(cursor)
        assert seen.quarantined == ()
        found += events(seen)
        cursor = seen.cursor
        if not seen.more:
            return found, cursor


def test_who_asked_and_what_was_closed_is_told_with_whose_it_is() -> None:
    async def play(here: Scene) -> None:
        cursor = await begun(here)
        one, two = here.asked(), here.asked(title="Wrong food")
        await here.step(here.port.open(CASE))  # ours is not told back
        here.clock.at += 61
        found, cursor = await walked(here, cursor)
        assert found == [
            TicketOpened(ticket=one, title="Where is it?", text="My chews are late", household=HERS),
            TicketOpened(ticket=two, title="Wrong food", text="My chews are late", household=HERS),
        ]
        here.act("turn", ticket=int(one), status="solved")
        here.act("comments", ticket=int(two), email=ANN, text="?")
        here.clock.at += 61
        found, cursor = await walked(here, cursor)
        assert [one for one in found if isinstance(one, TicketClosed)] == [TicketClosed(ticket=one, household=HERS)]
        assert {type(one) for one in found} == {TicketOpened, TicketClosed}  # told again, and known by its fact
        here.clock.at += 61
        assert (await walked(here, cursor))[0] == []

    run(play)


def test_what_happened_before_the_account_was_connected_is_history() -> None:
    async def play(here: Scene) -> None:
        here.clock.at -= BACK.total_seconds() + 600
        old, solved = here.asked(), here.asked()
        here.act("turn", ticket=int(solved), status="solved")
        here.clock.at += BACK.total_seconds() + 600
        seen = await here.look()
        assert seen.sightings == ()
        here.act("comments", ticket=int(old), email=ANN, text="anybody there?")
        here.act("turn", ticket=int(solved), status="closed")  # an automation, four days later
        here.clock.at += 61
        assert (await walked(here, seen.cursor))[0] == []
        here.act("turn", ticket=int(old), status="solved")
        here.clock.at += 61
        assert (await walked(here, seen.cursor))[0] == [TicketClosed(ticket=old, household=HERS)]

    run(play)


def test_an_old_ticket_that_changes_is_not_told_again_once_its_fact_is_forgotten() -> None:
    async def play(here: Scene) -> None:
        cursor = await begun(here)
        one = here.asked()
        here.act("turn", ticket=int(one), status="solved")
        here.clock.at += 61
        found, cursor = await walked(here, cursor)
        assert len(found) == 2
        kept = here.kept(one)
        kept.made -= 51 * 86_400
        assert kept.solved is not None
        kept.solved -= 51 * 86_400
        here.act("turn", ticket=int(one), status="closed")
        here.clock.at += 61
        assert (await walked(here, cursor))[0] == []

    run(play)


def test_each_page_is_looked_at_and_a_stop_goes_on_where_it_was() -> None:
    async def play(here: Scene) -> None:
        cursor = await begun(here)
        here.zendesk.api.page = 2
        wanted = [here.asked(title=f"{n}") for n in range(5)]
        here.clock.at += 61
        first = await here.look(cursor)
        assert (len(first.sightings), first.more) == (2, True)
        rest, _ = await walked(here, first.cursor)
        assert [one.subject for one in [*events(first), *rest]] == wanted

    run(play)


def test_a_cursor_that_is_not_known_any_more_begins_at_the_last_look() -> None:
    async def play(here: Scene) -> None:
        cursor = await begun(here)
        one = here.asked()
        here.clock.at += 61
        broken = cursor.replace(msgspec.json.decode(cursor)["after"], "x!")
        seen = await here.look(broken)
        assert (seen.sightings, seen.more) == ((), True)
        assert (await walked(here, seen.cursor))[0] == [
            TicketOpened(ticket=one, title="Where is it?", text="My chews are late", household=HERS)
        ]
        lost = msgspec.json.encode(msgspec.json.decode(cursor) | {"after": None, "since": "2090-01-01T00:00:00Z"})
        with pytest.raises(Rejected):
            await here.look(lost.decode())

    run(play)


def test_an_answer_in_a_ticket_of_a_case_is_seen_also_where_it_was_solved_with_it() -> None:
    async def play(here: Scene) -> None:
        cursor = await begun(here)
        ticket = (await here.step(here.port.open(CASE))).id
        agent = here.agent()
        said = {"ticket": int(ticket), "email": agent, "text": "#pawline 2", "public": False}
        notes = [here.act("comments", **said)["note"], here.act("comments", **said, status="solved")["note"]]
        here.act("comments", **said | {"public": True})
        here.act("comments", **said | {"channel": "email"})
        shopper = here.asked()
        here.act("comments", **said | {"ticket": int(shopper)})
        here.clock.at += 61
        found, _ = await walked(here, cursor)
        assert [one for one in found if isinstance(one, TicketDecided)] == [
            TicketDecided(ticket=ticket, note=str(note)) for note in notes
        ]

    run(play)


def test_an_answer_in_another_shops_ticket_is_not_seen() -> None:
    async def play(here: Scene) -> None:
        cursor = await begun(here)
        theirs, port = here.other("cats")
        for key in ("ours", "theirs"):
            ticket = (await here.step((here.port if key == "ours" else port).open(CASE), key)).id
            said = {"ticket": int(ticket), "email": here.agent(), "text": "#pawline 2", "public": False}
            note = here.act("comments", **said)["note"]
        here.clock.at += 61
        ((ours,), _) = await walked(here, cursor)
        assert isinstance(ours, TicketDecided)
        assert (ours.ticket, ours.note) != (ticket, str(note))
        seen = await tickets(theirs, here.settings, cursor)
        assert events(seen) == [TicketDecided(ticket=ticket, note=str(note))]
        await theirs.close()

    run(play)


def test_a_webhook_and_a_look_tell_the_same_under_the_same_name() -> None:
    async def play(here: Scene) -> None:
        every = ["created", "status_changed", "comment_added"]
        types = [f"zen:event-type:ticket.{one}" for one in every]
        here.books.listeners["01X"] = Listener("01X", "p", "http://127.0.0.1:9/", types, "s")
        cursor = await begun(here)
        one = here.asked()
        ticket = (await here.step(here.port.open(CASE))).id
        note = {"ticket": int(ticket), "email": here.agent(), "text": "#pawline 1", "public": False}
        here.act("comments", **note)
        here.act("turn", ticket=int(one), status="solved")
        await here.zendesk.teller.rest()
        here.clock.at += 61
        seen = await here.look(cursor)
        heard: dict[Any, tuple[str, Any]] = {}
        for told in here.zendesk.teller.lost:
            delivery = HOOK.read([], told.body)
            for event in HOOK.hears[told.type](delivery.payload):
                heard[type(event)] = (delivery.id, event)
        looked = {type(one.event): (one.id, one.event) for one in seen.sightings}
        assert heard.keys() == looked.keys() == {TicketOpened, TicketClosed, TicketDecided}
        assert heard[TicketClosed][0] == looked[TicketClosed][0]  # it has no fact: its name is all
        for kind in (TicketOpened, TicketDecided):
            assert heard[kind][1].fact == looked[kind][1].fact
        assert heard[TicketDecided][1] == looked[TicketDecided][1]

    run(play)


def test_one_ticket_that_cannot_be_read_keeps_no_other_from_being_told() -> None:
    async def play(here: Scene) -> None:
        cursor = await begun(here)
        bad, good = here.asked(), here.asked()
        here.kept(bad).subject = 7  # type: ignore[assignment]
        here.clock.at += 61
        seen = await here.look(cursor)
        assert [one.event.subject for one in seen.sightings] == [good]
        assert [one.where for one in seen.quarantined] == [f"ticket {bad}"]
        assert (await walked(here, seen.cursor))[0] == []  # and it is told once
        for one in range(3):
            here.kept(here.asked(title=f"{one}")).subject = 7  # type: ignore[assignment]
        here.kept(good).subject = 7  # type: ignore[assignment]
        here.clock.at += 61
        with pytest.raises(Malformed, match="no ticket can be read"):
            await here.look(seen.cursor)

    run(play)


def test_what_zendesk_leaves_empty_is_read() -> None:
    async def play(here: Scene) -> None:
        cursor = await begun(here)
        one = here.asked()
        kept = here.kept(one)
        kept.subject, kept.description = None, None  # type: ignore[assignment]
        kept.tags = None  # type: ignore[assignment]
        here.books.users[kept.requester].email = None
        here.clock.at += 61
        assert (await walked(here, cursor))[0] == [TicketOpened(ticket=one, title="", text="")]
        assert (await here.port.find_ticket(CASE)) is None

    run(play)


def test_an_agents_own_ticket_is_nobodys_household() -> None:
    async def play(here: Scene) -> None:
        cursor = await begun(here)
        one = here.asked(email=here.agent())
        here.clock.at += 61
        ((found,), _) = await walked(here, cursor)
        assert found == TicketOpened(ticket=one, title="Where is it?", text="My chews are late")

    run(play)


def test_exports_are_limited_and_for_administrators() -> None:
    async def play(here: Scene) -> None:
        cursor = await begun(here)
        here.zendesk.limits.exports = 0
        with pytest.raises(Transient):
            await here.look(cursor)
        here.zendesk.limits.exports = 10
        here.books.me.role = "agent"
        with pytest.raises(Unauthorised):
            await here.look(cursor)

    run(play)


def test_whatever_is_said_in_place_of_a_page_nothing_is_passed_over() -> None:
    async def play(here: Scene) -> None:
        cursor = await begun(here)
        one = here.asked()
        here.clock.at += 61
        for says in Says:
            here.desk.manners["zendesk"] = Manner(says=says)
            with pytest.raises((Malformed, Transient)):
                await here.look(cursor)
        here.desk.manners.clear()
        assert [found.subject for found in (await walked(here, cursor))[0]] == [TicketId(one)]

    run(play)
