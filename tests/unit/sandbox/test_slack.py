"""Slack, pretended: what it refuses, whom it tells of a click, and that a diary brings it back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import msgspec
import pytest

from pawline.ports import Rejected
from pawline.sandbox import Desk, Fault, Faults, Manner, Mishaps, Vendors, served
from pawline.sandbox.diary import Clock, Diary, recall
from pawline.sandbox.slack import blocks
from pawline.sandbox.slack.blocks import wrong
from pawline.testing.counter import Counter, counter, json

CARE, ANN = "C0CARE", "U0ANN"
BUTTON = {
    "type": "button", "action_id": "a1", "text": {"type": "plain_text", "text": "yes"}, "value": "v1",
}  # fmt: skip
BLOCKS = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "which?"}},
    {"type": "actions", "block_id": "b1", "elements": [BUTTON, BUTTON | {"action_id": "a2", "value": "v2"}]},
]


class Here:
    """The vendor, and a plain client of it."""

    def __init__(self, desk: Desk, url: str, session: aiohttp.ClientSession) -> None:
        self.desk, self.slack, self.url, self._session = desk, desk.slack, f"{url}/slack/api", session

    def act(self, act: str, **given: Any) -> Any:
        return self.desk.act(f"slack/{act}", msgspec.json.encode(given))

    async def call(self, method: str, bearer: str | None = None, **given: Any) -> tuple[int, dict[str, Any], Any]:
        known = {"Authorization": f"Bearer {self.slack.token if bearer is None else bearer}"}
        async with self._session.post(f"{self.url}/{method}", json=given, headers=known) as said:
            return said.status, await said.json(), said.headers

    async def posted(self) -> str:
        _, said, _ = await self.call("chat.postMessage", channel=CARE, text="which?", blocks=BLOCKS)
        return str(said["ts"])


def run(play: Callable[[Here], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        async with asyncio.timeout(30), served(desk) as url, aiohttp.ClientSession() as session:
            here = Here(desk, url, session)
            here.act("people", user=ANN, name="ann", channels=[CARE])
            await play(here)

    asyncio.run(whole())


LONG = [{"type": "section", "text": {"type": "plain_text", "text": "x" * most}} for most in (*[3_000] * 4, 1)]


def test_all_blocks_together_have_so_many_characters_at_most() -> None:
    button = {"type": "button", "text": {"text": "abc"}, "confirm": {"title": {"text": "de"}, "deny": {"text": "f"}}}
    given = [{"type": "actions", "elements": [button, button]}, {"type": "header", "text": {"text": "g"}}]
    assert blocks.size(given) == 13
    assert (blocks.size(LONG[:4]), wrong(LONG[:4]), blocks.LONGEST) == (12_000, None, 12_000)


@pytest.mark.parametrize(
    ("method", "given", "error"),
    [
        ("chat.postMessage", {"text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C0GONE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": CARE}, "no_text"),
        (
            "chat.postMessage",
            {"channel": CARE, "text": "x", "metadata": {"event_type": "a"}},
            "invalid_metadata_format",
        ),
        ("chat.postMessage", {"channel": CARE, "text": "x", "blocks": [{"type": "magic"}]}, "invalid_blocks"),
        ("chat.postMessage", {"channel": CARE, "text": "x", "blocks": LONG}, "msg_blocks_too_long"),
        ("chat.update", {"channel": CARE, "ts": "1.1", "text": "x"}, "message_not_found"),
        ("chat.postEphemeral", {"channel": CARE, "user": "U0GONE", "text": "x"}, "user_not_in_channel"),
        ("conversations.history", {"channel": "C0GONE"}, "channel_not_found"),
        ("conversations.history", {"channel": CARE, "oldest": "yesterday"}, "invalid_ts_oldest"),
        ("usergroups.users.list", {"usergroup": "S0GONE"}, "no_such_subteam"),
        ("chat.magic", {}, "unknown_method"),
    ],
)
def test_a_refusal_is_an_answer_of_200_and_nothing_happened(method: str, given: dict[str, Any], error: str) -> None:
    async def play(here: Here) -> None:
        status, said, headers = await here.call(method, **given)
        assert (status, said["ok"], said["error"]) == (200, False, error)
        assert headers["x-oauth-scopes"] == "chat:write,channels:history,usergroups:read"
        assert here.slack.books.channels[CARE].messages == []
        assert here.desk.vendors.effects() == ()

    run(play)


def test_a_scope_that_lacks_is_named_and_a_strange_token_is_not_let_in() -> None:
    async def play(here: Here) -> None:
        here.act("app", scopes=["chat:write"])
        _, said, _ = await here.call("conversations.history", channel=CARE)
        assert said == {
            "ok": False, "error": "missing_scope", "needed": "channels:history", "provided": "chat:write",
        }  # fmt: skip
        assert (await here.call("auth.test", bearer="other"))[1] == {"ok": False, "error": "invalid_auth"}
        here.desk.manners["slack"] = Manner(stranger=True)
        assert (await here.call("auth.test"))[1] == {"ok": False, "error": "invalid_auth"}

    run(play)


def test_too_many_calls_wait_by_method_and_a_fault_is_said_in_slacks_words() -> None:
    async def play(here: Here) -> None:
        here.slack.pace.tiers = {"chat.postMessage": 0}
        status, said, headers = await here.call("chat.postMessage", channel=CARE, text="x")
        assert (status, said["error"], 1 <= int(headers["Retry-After"]) <= 60) == (429, "ratelimited", True)
        assert (await here.call("auth.test"))[1]["ok"] is True
        here.desk.vendors.faults = Faults(at={1: Fault.UNAVAILABLE})
        status, said, _ = await here.call("auth.test")
        assert (status, said) == (503, {"ok": False, "error": "service_unavailable"})

    run(play)


def test_history_is_newest_first_by_cursor_and_says_metadata_only_to_who_asks() -> None:
    async def play(here: Here) -> None:
        made = []
        for n in range(5):
            metadata = {"event_type": "t", "event_payload": {"n": n}}
            _, said, _ = await here.call("chat.postMessage", channel=CARE, text=f"{n}", metadata=metadata)
            made.append(said["ts"])
        assert sorted(set(made)) == made
        found, cursor = list[str](), ""
        while True:
            _, page, _ = await here.call("conversations.history", channel=CARE, limit=2, cursor=cursor)
            found += [one["text"] for one in page["messages"]]
            assert all("metadata" not in one for one in page["messages"])
            if not page["has_more"]:
                break
            cursor = page["response_metadata"]["next_cursor"]
        assert found == ["4", "3", "2", "1", "0"]
        for given, wanted in (({"oldest": made[2]}, "43"), ({"oldest": made[2], "inclusive": "true"}, "432")):
            _, page, _ = await here.call("conversations.history", channel=CARE, include_all_metadata=True, **given)
            assert "".join(one["text"] for one in page["messages"]) == wanted
            assert page["messages"][0]["metadata"]["event_payload"] == {"n": 4}

    run(play)


async def heard(here: Here, listener: Counter) -> Any:
    await here.slack.teller.rest()
    one = listener.heard[-1]
    assert one.headers["content-type"] == "application/x-www-form-urlencoded"
    return msgspec.json.decode(parse_qs(one.body.decode())["payload"][0])


@pytest.mark.parametrize(("status", "taken"), [(200, 1), (202, 0), (500, 0)])
def test_a_click_is_told_once_and_taken_by_200_alone(status: int, taken: int) -> None:
    async def play(here: Here) -> None:
        async with counter() as listener:
            listener.says(json(status))
            here.act("app", address=f"http://127.0.0.1:{listener.port}/hooks/slack/main")
            ts = await here.posted()
            at = here.act("clicks", user=ANN, channel=CARE, ts=ts, button=2)["action_ts"]
            told = await heard(here, listener)
            assert (told["type"], told["user"]["id"], told["container"]["message_ts"]) == ("block_actions", ANN, ts)
            (action,) = told["actions"]
            assert (action["value"], action["block_id"], action["action_ts"]) == ("v2", "b1", at)
            assert len(listener.heard) == 1
            assert (len(here.slack.teller.told), len(here.slack.teller.lost)) == (taken, 1 - taken)

    run(play)


def test_only_who_sees_a_button_that_is_there_clicks_it_and_what_is_lost_stays_lost() -> None:
    async def play(here: Here) -> None:
        ts = await here.posted()
        wrongs: list[dict[str, Any]] = [{"user": "U0GONE"}, {"ts": "1.1"}, {"button": 3}, {"button": 0}]
        for one in wrongs:
            with pytest.raises(Rejected):
                here.act("clicks", **{"user": ANN, "channel": CARE, "ts": ts, "button": 1} | one)
        assert (here.slack.teller.told, here.slack.teller.lost) == ([], [])
        here.act("clicks", user=ANN, channel=CARE, ts=ts, button=1)  # nobody said where it is told
        here.act("app", address="http://127.0.0.1:1/")
        here.desk.hooks.mishaps = Mishaps(lost=1.0)
        here.act("clicks", user=ANN, channel=CARE, ts=ts, button=1)
        await here.slack.teller.rest()
        assert (len(here.slack.teller.told), len(here.slack.teller.lost)) == (0, 2)

    run(play)


def test_with_a_diary_it_is_where_it_was(tmp_path: Path) -> None:
    async def life(play: Callable[[Here], Coroutine[Any, Any, None]]) -> None:
        clock = Clock()
        desk = Desk(Vendors(now=clock), "tok")
        recall(desk, Diary(tmp_path / "diary.jsonl", clock), tmp_path / "ledger.jsonl")
        async with asyncio.timeout(30), served(desk) as url, aiohttp.ClientSession() as session:
            await play(Here(desk, url, session))
        assert desk.diary is not None
        desk.diary.close()

    found = list[Any]()

    async def first(here: Here) -> None:
        here.act("people", user=ANN, channels=[CARE])
        here.act("groups", group="S0CARE", users=[ANN])
        ts = await here.posted()
        await here.call("chat.update", channel=CARE, ts=ts, text="over", blocks=BLOCKS[:1])
        await here.call("chat.postEphemeral", channel=CARE, user=ANN, text="psst")
        found.append((here.slack.books.channels, here.slack.books.groups, here.slack.books.whispers))

    async def second(here: Here) -> None:
        assert (here.slack.books.channels, here.slack.books.groups, here.slack.books.whispers) == found[0]
        _, said, _ = await here.call("conversations.history", channel=CARE)
        assert [one["text"] for one in said["messages"]] == ["over"]

    asyncio.run(life(first))
    asyncio.run(life(second))


def text(size: int, kind: str = "plain_text") -> dict[str, str]:
    return {"type": kind, "text": "x" * size}


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        (BLOCKS, None),
        ([{"type": "header", "text": text(150)}], None),
        ([{"type": "header", "text": text(151)}], "no more than 150"),
        ([{"type": "header", "text": text(9, "mrkdwn")}], "a text is plain_text"),
        ([{"type": "section", "text": text(3_001)}], "no more than 3000"),
        ([{"type": "section", "text": text(0)}], "more than 0"),
        ([{"type": "section"}], "a text is"),
        ([{"type": "context", "elements": []}], "one to ten"),
        ([{"type": "actions", "elements": [BUTTON, BUTTON]}], "an action_id comes twice"),
        ([{"type": "actions", "elements": []}], "one to twenty-five"),
        ([{"type": "actions", "elements": [BUTTON | {"text": text(76)}]}], "no more than 75"),
        ([{"type": "actions", "elements": [BUTTON | {"value": "x" * 2_001}]}], "no button of a fitting"),
        ([{"type": "actions", "elements": [BUTTON | {"style": "loud"}]}], "a style is"),
        ([{"type": "actions", "elements": [BUTTON | {"confirm": {"title": text(9)}}]}], "a text is"),
        ([BLOCKS[1], BLOCKS[1]], "a block_id comes twice"),
        ([{"type": "divider?"}], "unsupported block"),
        ([BLOCKS[0]] * 51, "50 at most"),
        ({}, "no list"),
        ([None], "unsupported block"),
    ],
)
def test_blocks_are_taken_as_slack_takes_them(blocks: Any, told: str | None) -> None:
    said = wrong(blocks)
    assert (said is None) == (told is None), said
    assert told is None or told in str(said)
