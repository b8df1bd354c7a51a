"""The running hub against the checklist: what is found in it is what its lines say, and no more."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from pawline.hub import Hub, HubRefused, Reach, load_settings
from pawline.model import HouseholdId, OrderId, ResponseId, SurveyAnswered, SurveyId, SurveyResponse
from pawline.model.survey import Answer
from pawline.store import Keyring
from tests.databases import databases
from tests.unit.hub.shop import settled, until

FLOWS = '''
from pawline.runtime import flow
from tests.unit.hub.shop import BowlFilled

@flow(on=BowlFilled)
async def listed(filled: BowlFilled) -> str:
    """A bowl is looked at."""
    if filled.pet == "odd":
        raise ValueError(filled.pet)
    return filled.pet
'''
SETTINGS = """\
shops = ["paws"]
flows = ["listed_flows", "pawline.flows.remember_a_pet"]
allow_networks = ["127.0.0.0/8"]
[surveys]
exit_intent = ["leaving"]
[[accounts]]
name = "sandbox/eu"
plays = ["Crm", "Mail", "Marketing", "Subscriptions"]
[accounts.settings]
url = "http://127.0.0.1:1"
token = { env = "PAWLINE_TEST_TOKEN" }
[[accounts]]
name = "zigpoll/eu"
[accounts.settings]
key = { env = "PAWLINE_TEST_TOKEN" }
url = "http://127.0.0.1:1"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PAWLINE_TEST_TOKEN", "tok-canary")
    (tmp_path / "listed_flows.py").write_text(FLOWS, "utf-8")
    (tmp_path / "pawline.toml").write_text(SETTINGS, "utf-8")
    Keyring.generate().save(tmp_path / "pawline.key")
    sys.modules.pop("listed_flows", None)
    yield tmp_path
    sys.modules.pop("listed_flows", None)
    sys.path[:] = [one for one in sys.path if one != str(tmp_path)]


async def _lines(hub: Hub) -> dict[str, tuple[str, str]]:
    lines = await hub.desk.answer("checklist", {})
    assert all(line["proof"] for line in lines)
    return {line["name"]: (line["state"], line["says"]) for line in lines}


async def _send(hub: Hub, event: str, data: dict[str, Any]) -> None:
    await hub.desk.answer("send", {"event": {"type": event, "data": data}, "shop": "paws"})


def _answered(survey: str, *, order: str | None = None, days: float = 0.0) -> dict[str, Any]:
    response = SurveyResponse(
        id=ResponseId(f"r-{survey}"), survey=SurveyId(survey), at=datetime.now(UTC) - timedelta(days=days),
        household=HouseholdId("h1"),
        order=None if order is None else OrderId(order), answers=(Answer(question="q", text="canary says no"),),
    )  # fmt: skip
    told: dict[str, Any] = msgspec.to_builtins(SurveyAnswered(response=response))
    return {name: value for name, value in told.items() if name != "type"}


async def test_a_hub_that_just_began_says_what_it_cannot_tell(folder: Path) -> None:
    async with await Hub.open(load_settings(folder / "pawline.toml")) as hub:
        await settled(hub)

        async def looked() -> bool:
            return "zigpoll/eu cannot be looked at" in (await _lines(hub))["data consistency"][1]

        await until(looked)
        lines = await _lines(hub)
    assert {name: state for name, (state, _) in lines.items()} == {
        "modular components": "met", "asynchronous communication": "met", "data consistency": "not met",
        "feedback tools": "not met", "personalisation flow": "not met", "automation": "cannot tell",
        "scalability": "cannot tell",
    }  # fmt: skip
    assert lines["modular components"][1].startswith(
        "each by an account that is paused by itself: sandbox/eu (crm, mail, marketing, subscriptions), zigpoll/eu"
        " (surveys); paused now: none;"
    )
    assert "nothing looks at or hears sandbox/eu" in lines["data consistency"][1]
    assert lines["feedback tools"][1].startswith("connected: zigpoll/eu; exit-intent: no answer in 30 days")
    assert lines["personalisation flow"][1].endswith("today: remember_a_pet")


async def test_answers_of_both_kinds_are_found_and_none_of_their_words(folder: Path) -> None:
    async with await Hub.open(load_settings(folder / "pawline.toml")) as hub:
        await _send(hub, "survey.answered@1", _answered("leaving"))
        await _send(hub, "survey.answered@1", _answered("thanks", order="o1"))
        await settled(hub)
        lines = await _lines(hub)
    state, says = lines["feedback tools"]
    assert state == "met"
    assert "exit-intent: leaving, 1 answers in 30 days" in says
    assert "post-purchase: thanks, 1 answers in 30 days" in says
    assert "canary" not in repr(lines)
    assert "h1" not in repr(lines)


async def test_old_answers_that_were_brought_in_today_do_not_make_a_survey_live(folder: Path) -> None:
    async with await Hub.open(load_settings(folder / "pawline.toml")) as hub:
        await _send(hub, "survey.answered@1", _answered("leaving", days=31))
        await _send(hub, "survey.answered@1", _answered("thanks", order="o1", days=2))
        await settled(hub)
        state, says = (await _lines(hub))["feedback tools"]
    assert state == "not met"
    assert "exit-intent: no answer in 30 days" in says
    assert "the last 2 d" in says


async def test_a_survey_that_asks_in_one_shop_asks_nobody_in_the_other(folder: Path) -> None:
    settings = folder / "pawline.toml"
    text = settings.read_text("utf-8").replace('["paws"]', '["paws", "cats"]')
    settings.write_text(text.replace('name = "zigpoll/eu"', 'name = "zigpoll/eu"\nshops = ["paws"]'), "utf-8")
    async with await Hub.open(load_settings(settings)) as hub:
        await _send(hub, "survey.answered@1", _answered("leaving"))
        await _send(hub, "survey.answered@1", _answered("thanks", order="o1"))
        await settled(hub)
        state, says = (await _lines(hub))["feedback tools"]
    assert state == "not met"
    assert "paws: connected: zigpoll/eu; exit-intent: leaving, 1 answers" in says
    assert says.endswith("cats: no survey tool is connected, so nobody is asked")


async def test_few_who_leave_are_not_hidden_by_many_who_bought(folder: Path) -> None:
    async with await Hub.open(load_settings(folder / "pawline.toml")) as hub:
        await _send(hub, "survey.answered@1", _answered("leaving"))
        for number in range(520):
            told = _answered("thanks", order="o1")
            told["response"]["id"] = f"r{number}"
            await _send(hub, "survey.answered@1", told)
        await settled(hub)
        state, says = (await _lines(hub))["feedback tools"]
    assert state == "met"
    assert "thanks, 520 answers" in says


async def _order(hub: Hub, action: str, **said: str) -> None:
    given = {"action": action, "target": "", "by": "ada", "reason": "tried", "shop": "paws", "said": said}
    await hub.desk.answer("order", given)


async def test_a_flow_that_is_paused_pauses_no_account_and_a_stop_of_all_pauses_each(folder: Path) -> None:
    async with await Hub.open(load_settings(folder / "pawline.toml")) as hub:
        await _order(hub, "mode", mode="paused", account="*", name="listed")
        assert "paused now: none" in (await _lines(hub))["modular components"][1]
        await _order(hub, "stop", scope="all", name="*")
        lines = await _lines(hub)
    assert "paused now: sandbox/eu, zigpoll/eu" in lines["modular components"][1]
    assert lines["asynchronous communication"][0] == "not met"
    assert lines["asynchronous communication"][1].startswith("stopped, so that its work waits: all; ")


async def test_a_hub_that_watches_as_a_whole_has_no_automation(folder: Path) -> None:
    async with await Hub.open(load_settings(folder / "pawline.toml")) as hub:
        await _order(hub, "mode", mode="observe", account="*")
        says = (await _lines(hub))["automation"][1]
    assert "left out, for they only watch: listed, remember_a_pet" in says


async def test_what_is_paused_parked_and_observed_is_said(folder: Path) -> None:
    async with await Hub.open(load_settings(folder / "pawline.toml")) as hub:
        await hub.desk.answer("handover", {"shop": "paws", "flow": "remember_a_pet", "mode": "observe", "by": "ada",
                                           "reason": "tried", "at": None})  # fmt: skip
        paused = {"mode": "paused", "account": "sandbox/eu"}
        await hub.desk.answer("order", {"action": "mode", "target": "", "by": "ada", "reason": "tried", "shop": "paws",
                                        "said": paused})  # fmt: skip
        stop = {"scope": "account", "name": "zigpoll/eu"}
        given = {"action": "stop", "target": "", "by": "ada", "reason": "tried", "shop": "paws", "said": stop}
        await hub.desk.answer("order", given)
        await _send(hub, "bowl.filled@1", {"pet": "odd"})

        async def parked() -> bool:
            return bool(await hub.desk.answer("runs", {"shop": "paws", "status": "parked"}))

        await until(parked)
        lines = await _lines(hub)
    assert "paused now: sandbox/eu, zigpoll/eu;" in lines["modular components"][1]
    assert "1 runs are parked and wait for a person" in lines["data consistency"][1]
    assert "1 parked" in lines["asynchronous communication"][1]


async def test_only_a_hub_that_runs_is_audited(folder: Path) -> None:
    settings = load_settings(folder / "pawline.toml")
    async with await Hub.open(settings) as hub:
        await settled(hub)
    async with Reach(settings) as desk:
        with pytest.raises(HubRefused, match="no hub is running, and only one that runs can be audited"):
            await desk.ask("checklist")


async def test_on_postgres_the_command_line_audits_by_the_database(folder: Path) -> None:
    with databases() as new:
        url = new()
        settings = load_settings(folder / "pawline.toml", {"PAWLINE_STORE": url})
        async with Reach(settings) as desk:
            with pytest.raises(HubRefused, match="no hub is running"):
                await desk.ask("checklist")
        async with await Hub.open(settings) as hub:
            await settled(hub)
            async with Reach(settings) as desk:
                lines = {line["name"]: line for line in await desk.ask("checklist")}
        with psycopg.connect(url, autocommit=True) as db:  # a worker that died long ago
            db.execute("update lane set owner = 7, until = 1")
        async with Reach(settings) as desk:
            with pytest.raises(HubRefused, match="no hub is running"):
                await desk.ask("checklist")
    assert lines["data consistency"]["state"] == "cannot tell"
    assert "when workers looked last is in their logs" in lines["data consistency"]["says"]
    assert "zigpoll/eu (surveys)" in lines["modular components"]["says"]
