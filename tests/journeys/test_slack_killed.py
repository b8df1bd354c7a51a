"""A hub whose cases go to Slack is a process, and is killed: one card, one answer, one end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pawline.connectors.slack import cards
from pawline.sandbox import Fault, Faults, served
from pawline.sandbox.slack.blocks import buttons
from tests.journeys.adopted import Hub as Process
from tests.journeys.around import port_of, until
from tests.journeys.slack_town import ANN, CARE, act, pretended, write


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.BROKEN])
async def test_killed_while_the_card_is_ended_it_is_ended(fault: Fault, tmp_path: Path) -> None:
    desk = pretended()
    async with asyncio.timeout(120), served(desk) as url:
        write(tmp_path, desk, url)
        hub = Process(tmp_path, port_of(tmp_path))
        await hub.start()
        await hub.caller.ask("send", event={"type": "test.wondered@1", "data": {"about": "bowl"}}, shop="paws")
        (card,) = await until(lambda: desk.slack.books.channels[CARE].messages)
        desk.vendors.faults = Faults(at={2: fault})  # who we are is asked first, for who clicked
        act(desk, "clicks", user=ANN, channel=CARE, ts=card.ts, button=1)
        await until(lambda: not buttons(card.blocks))
        await hub.kill()
        desk.vendors.faults = Faults()
        await hub.start()
        await until(lambda: _done(hub))
        await hub.kill()
        assert len(desk.slack.books.channels[CARE].messages) == 1
        found = [one.operation for one in desk.vendors.effects()]
        assert found == ["Slack.post", "Slack.update", "Slack.update"]  # the second changes nothing
        assert card.text.endswith("is answered by slack/main ann (U0ANN): nothing is left to be done here.")


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.BROKEN])
async def test_killed_after_the_card_was_put_up_there_is_one_card_and_its_click_is_the_answer(
    fault: Fault, tmp_path: Path
) -> None:
    """The hub is a process: it is killed once Slack has done what it was asked to, twice, and while somebody clicks."""
    desk = pretended()
    async with asyncio.timeout(150), served(desk) as url:
        write(tmp_path, desk, url)
        hub = Process(tmp_path, port_of(tmp_path))
        await hub.start()
        desk.vendors.faults = Faults(at={1: fault})
        event = {"type": "test.wondered@1", "data": {"about": "bowl"}}
        await hub.caller.ask("send", event=event, shop="paws")
        (card,) = await until(lambda: desk.slack.books.channels[CARE].messages)
        await hub.kill()
        act(desk, "clicks", user=ANN, channel=CARE, ts=card.ts, button=2)  # nobody hears it, and it never comes again
        await desk.slack.teller.rest()
        assert len(desk.slack.teller.lost) == 1
        desk.vendors.faults = Faults()
        await hub.start()
        act(desk, "clicks", user=ANN, channel=CARE, ts=card.ts, button=2)
        await desk.slack.teller.rest()
        assert len(desk.slack.teller.told) == 1  # it is on disk
        await hub.kill()
        await hub.start()
        await until(lambda: _done(hub))
        await hub.kill()
        assert len(desk.slack.books.channels[CARE].messages) == 1
        assert buttons(card.blocks) == []
        assert card.metadata is not None
        assert card.metadata["event_type"] == cards.EVENT
        assert [one.operation for one in desk.vendors.effects()] == ["Slack.post", "Slack.update"]


async def _done(hub: Process) -> bool:
    runs = await hub.caller.ask("runs", shop="paws")
    return sorted((one["flow"], one["status"]) for one in runs) == [
        ("answer_from_board", "done"), ("ask_on_board", "done"), ("decide", "done"),
    ]  # fmt: skip
