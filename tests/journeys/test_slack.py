"""A team that looks at Slack: from `pawline connect` to a case that is answered by a button there.

Over HTTP, both ways, with a real hub between; whatever is done, the vendor's own ledger decides.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
import pytest

from pawline.cli.connecting import _connected
from pawline.connectors.slack import cards
from pawline.flows.ask_on_board import STRANGER
from pawline.hub import Hub, load_settings
from pawline.model import Envelope, HouseholdId
from pawline.sandbox import Desk, Fault, Faults, Vendors, served
from pawline.sandbox.slack.blocks import buttons
from pawline.sandbox.slack.books import Message
from pawline.sandbox.slack.telling import signed
from pawline.store import Keyring
from pawline.web import serving
from tests.journeys.adopted import Hub as Process
from tests.journeys.asking import Wondered
from tests.journeys.hurrying import Hurried
from tests.journeys.test_recharge import load_port, until
from tests.unit.web.bell import free_port

CARE, ANN, BO, CY = "C0CARE", "U0ANN", "U0BO", "U0CY"
SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.ask_on_board", "tests.journeys.asking", "tests.journeys.hurrying"]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "slack/main"

[accounts.settings]
url = "{url}/slack/api"
token = {{ file = "slack.token" }}
channel = "C0CARE"
signing_secrets = [{{ file = "slack.secret" }}]
people = {{ U0ANN = "ann" }}
groups = {{ S0CARE = "care" }}

[[helpdesks]]
account = "slack/main"
teams = ["care"]

[runtime]
first_retry = 0.05
deaths = 1000
"""


class Town:
    """A hub with its ear, and the vendor."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk, self.books = hub, desk, desk.slack.books

    async def wonder(self, about: str, **given: Any) -> None:
        event = Wondered(about=about, **given)
        told = Envelope(shop="paws", source="test", id=about, at=datetime.now(UTC), event=event)
        await self.hub.engine.record(told)

    def click(self, card: Message, button: int, user: str = ANN) -> None:
        act(self.desk, "clicks", user=user, channel=CARE, ts=card.ts, button=button)

    async def cases(self) -> list[str]:
        found = await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})
        return [one["title"] for one in found]

    async def no(self, about: str) -> int:
        found = await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})
        (no,) = [one["no"] for one in found if one["title"] == f"what about {about}?"]
        return int(no)

    async def case(self, no: int) -> dict[str, Any]:
        found: dict[str, Any] = await self.hub.desk.answer("case", {"no": no})
        return found

    async def ended(self, flow: str) -> list[Any]:
        found = []
        for one in reversed(await self.hub.desk.answer("runs", {"shop": "paws", "flow": flow})):
            run = await self.hub.desk.answer("run", {"no": one["no"], "reveal": True, "by": "test"})
            found += [run["outcome"]] if one["status"] == "done" else []
        return found

    def cards(self) -> list[Message]:
        return self.books.channels[CARE].messages

    def whispers(self) -> list[tuple[str, str]]:
        return [(one.user, one.text) for one in self.books.whispers]

    def did(self) -> list[str]:
        return [one.operation for one in self.desk.vendors.effects() if not one.again]


def act(desk: Desk, name: str, **given: Any) -> Any:
    return desk.act(f"slack/{name}", msgspec.json.encode(given))


def pretended() -> Desk:
    desk = Desk(Vendors(now=time.time), "tok")
    desk.slack.pace.tiers, desk.slack.pace.other = {}, 100_000
    act(desk, "groups", group="S0CARE", users=[BO])
    for one in (ANN, BO, CY):
        act(desk, "people", user=one, channels=[CARE])
    return desk


def write(folder: Path, desk: Desk, url: str) -> int:
    """The settings of a hub there; its port, to which the app's clicks are sent."""
    folder.mkdir(exist_ok=True)
    Keyring.generate().save(folder / "pawline.key")
    port = free_port()
    (folder / "pawline.toml").write_text(SETTINGS.format(port=port, url=url), "utf-8")
    for name, value in {"slack.token": desk.slack.token, "slack.secret": desk.slack.teller.secret}.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(value, "utf-8")
    act(desk, "app", address=f"http://127.0.0.1:{port}/hooks/slack/main")
    return port


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    desk = pretended()
    async with served(desk) as url:
        write(folder, desk, url)
        settings = load_settings(folder / "pawline.toml", {})
        assert await _connected(settings, "slack/main") == [
            "it lets us in, and lacks nothing",
            f"have its webhooks sent to {settings.public}/hooks/slack/main: its connector cannot",
        ]
        async with await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk)


async def test_a_case_is_put_up_once_and_answered_by_who_may_and_by_nobody_else(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path) as here:
        await here.wonder("bowl", of=HouseholdId("h-1"))
        await here.wonder("leash", team="operations")
        (card,) = await until(here.cards)
        no = await here.no("bowl")
        assert card.text == f"Case {no} waits for an answer: what about bowl?"
        said = msgspec.json.encode(card.blocks).decode()
        assert ("a@b.c" in said, "h-1" in said) == (False, False)  # evidence stays here, and so does whose it is
        here.click(card, 2, CY)
        assert await until(lambda: here.ended("answer_from_board")) == [
            {"type": "skipped", "because": "who clicked may not answer"}
        ]
        assert here.whispers() == [(CY, STRANGER)]
        assert await here.cases() == ["what about bowl?", "what about leash?"]
        here.click(card, 2, BO)
        assert await until(lambda: here.ended("decide")) == ["end it"]
        found = await here.case(no)
        assert (found["state"], found["answered_by"]) == ("answered", "slack/main care (U0BO)")
        await until(lambda: here.ended("ask_on_board"))
        assert buttons(card.blocks) == []
        assert card.text == f"Case {no} is answered by slack/main care (U0BO): nothing is left to be done here."
        assert here.did() == ["Slack.post", "Slack.whisper", "Slack.update"]
        assert await here.cases() == ["what about leash?"]


async def test_of_several_clicks_at_once_one_answers_and_the_others_are_told(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path) as here:
        await here.wonder("bowl")
        (card,) = await until(here.cards)
        no = await here.no("bowl")
        for button, user in ((1, ANN), (2, BO), (1, ANN), (2, BO)):  # each of them twice: a double click
            here.click(card, button, user)
        await until(lambda: _count(here, 4))
        await until(lambda: here.ended("ask_on_board"))
        (answer,) = await here.ended("decide")
        first = ANN if answer == "leave it" else BO
        assert str((await here.case(no))["answered_by"]).endswith(f"({first})")
        other = BO if first == ANN else ANN
        assert here.whispers() == [(other, f"Not taken: case {no} is answered already.")] * 2
        assert sorted(here.did()) == ["Slack.post", "Slack.update", "Slack.whisper", "Slack.whisper"]


async def _count(here: Town, count: int) -> bool:
    return len(await here.ended("answer_from_board")) == count


async def test_who_answers_elsewhere_ends_the_card_and_a_click_that_comes_later_is_told(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path) as here:
        act(here.desk, "app", edits=False)  # the buttons stay, whatever is asked of Slack
        await here.wonder("bowl")
        (card,) = await until(here.cards)
        no = await here.no("bowl")
        order = {"action": "answer", "target": f"case:{no}", "by": "di", "reason": "x", "said": {"value": "end it"}}
        await here.hub.desk.answer("order", order)
        assert await until(lambda: here.ended("ask_on_board")) == [f"{CARE}/{card.ts}"]
        here.click(card, 1)
        await until(here.whispers)
        assert here.whispers() == [(ANN, f"Not taken: case {no} is answered already.")]
        assert await here.ended("decide") == ["end it"]
        assert here.did() == ["Slack.post", "Slack.whisper"]


async def test_a_deadline_that_passes_ends_the_card(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path) as here:
        told = Envelope(shop="paws", source="test", id="x", at=datetime.now(UTC), event=Hurried(about="bowl"))
        await here.hub.engine.record(told)
        (card,) = await until(here.cards)
        assert len(buttons(card.blocks)) == 2
        assert "it is decided by itself at" in msgspec.json.encode(card.blocks).decode()
        no = await here.no("bowl")
        assert await until(lambda: here.ended("decide_in_time")) == ["leave it"]
        await until(lambda: here.ended("ask_on_board"))
        assert (card.text, buttons(card.blocks)) == (f"Case {no} is expired: nothing is left to be done here.", [])
        assert here.did() == ["Slack.post", "Slack.update"]


async def test_a_case_that_is_answered_elsewhere_from_now_on_is_withdrawn_and_another_card_when_it_comes_back(
    tmp_path: Path,
) -> None:
    desk = pretended()
    async with asyncio.timeout(90), served(desk) as url:
        write(tmp_path, desk, url)
        file = tmp_path / "pawline.toml"
        care = file.read_text("utf-8")
        for text, count in ((care, 1), (care.replace('["care"]', '["other"]'), 1), (care, 2)):
            file.write_text(text, "utf-8")
            async with await Hub.open(load_settings(file, {})) as hub, serving(hub):
                here = Town(hub, desk)
                if not here.books.channels[CARE].messages:
                    await here.wonder("bowl")
                shown = 0 if text != care else 2
                await until(lambda: _shows(here, count, shown))  # noqa: B023 - it is over before the next one
        first, *more = desk.slack.books.channels[CARE].messages
        assert buttons(first.blocks) == []
        assert first.text.endswith("is withdrawn: nothing is left to be done here.")
        assert [len(buttons(one.blocks)) for one in more] == [2]


def _shows(here: Town, count: int, shown: int) -> bool:
    cards = here.cards()
    return len(cards) == count and len(buttons(cards[-1].blocks)) == shown


async def test_what_slack_did_not_sign_is_not_believed(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path) as here:
        await here.wonder("bowl")
        (card,) = await until(here.cards)
        _, button = buttons(card.blocks)[1]
        payload = {
            "type": "block_actions", "user": {"id": ANN, "team_id": "T0PAWS"},
            "container": {"message_ts": card.ts, "channel_id": CARE},
            "actions": [{"action_id": button["action_id"], "action_ts": "1.5", "value": button["value"]}],
        }  # fmt: skip
        body = urlencode({"payload": msgspec.json.encode(payload).decode()}).encode()
        form = {"content-type": "application/x-www-form-urlencoded"}
        wrong: list[dict[str, str]] = [
            {}, signed(body, "another secret", time.time()), signed(body, here.desk.slack.teller.secret, 1e9),
            signed(body + b"&", here.desk.slack.teller.secret, time.time()),
        ]  # fmt: skip
        async with aiohttp.ClientSession() as session:
            for headers in wrong:
                async with session.post(here.desk.slack.teller.address, data=body, headers=form | headers) as said:
                    assert said.status == 401
        assert await here.hub.tray.rest()
        assert await here.cases() == ["what about bowl?"]
        assert await here.hub.desk.answer("events", {"shop": "paws", "kind": "case.clicked@1", "limit": 9}) == []
        assert here.did() == ["Slack.post"]


async def test_a_card_of_another_hub_at_the_same_app_answers_no_case_of_that_number_here(tmp_path: Path) -> None:
    """A trial hub beside the real one, with its settings copied: Slack sends what is clicked to one of them alone."""
    desk = pretended()
    async with asyncio.timeout(60), served(desk) as url:
        for name in ("real", "trial"):
            write(tmp_path / name, desk, url)  # the trial's address is the one that Slack has
        opened = [await Hub.open(load_settings(tmp_path / name / "pawline.toml", {})) for name in ("real", "trial")]
        real, trial = (Town(one, desk) for one in opened)
        async with real.hub, trial.hub, serving(real.hub), serving(trial.hub):
            await trial.wonder("bowl")
            await until(real.cards)
            await real.wonder("bowl")
            theirs, ours = await until(lambda: _both(real))
            no = await real.no("bowl")
            assert no == await trial.no("bowl")
            marks = {button["value"].split("/")[2] for one in (theirs, ours) for _, button in buttons(one.blocks)}
            assert len(marks) == 2
            trial.click(ours, 2)
            await until(trial.whispers)
            assert trial.whispers() == [(ANN, f"Not taken: there is no case {no} like that here.")]
            assert (await trial.ended("decide"), await real.ended("decide")) == ([], [])
            trial.click(theirs, 1)
            assert await until(lambda: trial.ended("decide")) == ["leave it"]
            await until(lambda: trial.ended("ask_on_board"))
            assert await real.cases() == ["what about bowl?"]
            assert (len(buttons(theirs.blocks)), len(buttons(ours.blocks))) == (0, 2)


def _both(here: Town) -> Any:
    return here.cards() if len(here.cards()) == 2 else None


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.BROKEN])
async def test_killed_after_the_card_was_put_up_there_is_one_card_and_its_click_is_the_answer(
    fault: Fault, tmp_path: Path
) -> None:
    """The hub is a process: it is killed once Slack has done what it was asked to, twice, and while somebody clicks."""
    desk = pretended()
    async with asyncio.timeout(150), served(desk) as url:
        write(tmp_path, desk, url)
        hub = Process(tmp_path, load_port(tmp_path))
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
