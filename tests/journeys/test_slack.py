"""A team that looks at Slack: from `pawline connect` to a case that is answered by a button there.

Over HTTP, both ways, with a real hub between; whatever is done, the vendor's own ledger decides.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec

from pawline.flows.ask_on_board import STRANGER
from pawline.hub import Hub, load_settings
from pawline.model import Envelope, HouseholdId
from pawline.sandbox import served
from pawline.sandbox.slack.blocks import buttons
from pawline.sandbox.slack.telling import signed
from pawline.web import serving
from tests.journeys.around import until
from tests.journeys.asking import Wondered
from tests.journeys.hurrying import Hurried
from tests.journeys.slack_town import ANN, BO, CARE, CY, Town, act, pretended, town, write


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


async def test_two_shops_at_one_app_have_a_channel_each_and_one_address_for_clicks(tmp_path: Path) -> None:
    desk = pretended()
    act(desk, "people", user=ANN, channels=[CARE, "C0CATS"])
    async with asyncio.timeout(60), served(desk) as url:
        write(tmp_path, desk, url)
        file = tmp_path / "pawline.toml"
        text = file.read_text("utf-8").replace('shops = ["paws"]', 'shops = ["paws", "cats"]')
        first = text[text.index("[[accounts]]") : text.index("[[helpdesks]]")]
        other = first.replace("slack/main", "slack/cats").replace(CARE, "C0CATS")
        shops = {first: "paws", other: "cats"}
        both = "".join(
            one.replace("[accounts.settings]", f'shops = ["{shop}"]\n[accounts.settings]')
            for one, shop in shops.items()
        )
        cases = "".join(
            f'[[helpdesks]]\naccount = "{one}"\nteams = ["care"]\nshops = ["{shop}"]\n'
            for one, shop in {"slack/main": "paws", "slack/cats": "cats"}.items()
        )
        file.write_text(text[: text.index("[[accounts]]")] + both + cases, "utf-8")
        async with await Hub.open(load_settings(file, {})) as hub, serving(hub):
            for shop in ("paws", "cats"):
                event = Wondered(about=f"the bowl of {shop}")
                told = Envelope(shop=shop, source="test", id=shop, at=datetime.now(UTC), event=event)
                await hub.engine.record(told)
            (ours,) = await until(lambda: desk.slack.books.channels[CARE].messages)
            (theirs,) = await until(lambda: desk.slack.books.channels["C0CATS"].messages)
            assert desk.slack.teller.address.endswith("/hooks/slack/main")
            act(desk, "clicks", user=ANN, channel="C0CATS", ts=theirs.ts, button=2)
            await until(lambda: not buttons(theirs.blocks))
            assert theirs.text.endswith("is answered by slack/cats ann (U0ANN): nothing is left to be done here.")
            assert len(buttons(ours.blocks)) == 2
            found = await hub.desk.answer("events", {"shop": "cats", "kind": "case.clicked@1", "limit": 9})
            assert len(found) == 1
            assert await hub.desk.answer("events", {"shop": "paws", "kind": "case.clicked@1", "limit": 9}) == []
            assert [one.operation for one in desk.vendors.effects()] == ["Slack.post"] * 2 + ["Slack.update"]
