"""Channels against a real server: what is sent, what an answer means, and that an address is never said."""

from __future__ import annotations

import asyncio
import json as reading
from pathlib import Path
from typing import Any

import pytest

from pawline.hub import Hub, load_settings
from pawline.hub.alarms import channels
from pawline.hub.alarms.channels import Broken, Hook, NotSent, Post, channels_of, reach
from pawline.hub.alarms.found import Alarm
from pawline.hub.alarms.keeping import DeadMan
from pawline.hub.alarms.letters import Letter, letter
from pawline.kit import Guard
from pawline.runtime import Bindings
from pawline.store import Keyring
from pawline.testing.counter import LOOPBACK, Counter, counter, json
from tests.unit.hub.shop import until

PATH = "T0CANARY/B1/x%2Fy"
SAID = Letter(subject="s", text="<b> & 3 > 2", short="short", data={"hub": "h", "alarms": []})


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "AGAIN", 0.01)


async def told(one: Counter, *, slack: bool = True, path: str = f"/services/{PATH}", guard: Guard = LOOPBACK) -> str:
    """What goes wrong."""
    hook = Hook("team", f"http://127.0.0.1:{one.port}{path}", guard, slack=slack)
    problem = None
    try:
        await hook.send(SAID, "k1")
    except NotSent as wrong:
        problem = wrong
    finally:
        await hook.http.close()
    assert "CANARY" not in repr(problem)
    return "" if problem is None else str(problem)


async def test_slack_gets_a_text_in_which_its_three_characters_are_escaped() -> None:
    async with counter() as one:
        one.says(json(200, b"ok"))
        assert await told(one) == ""
        [request] = one.heard
        assert (request.method, request.target) == ("POST", "/services/T0CANARY/B1/x%2Fy")
        assert reading.loads(request.body) == {"text": "&lt;b&gt; &amp; 3 &gt; 2"}
        assert request.headers["content-type"] == "application/json"


async def test_a_webhook_gets_the_alarms_too_and_a_key_to_know_them_by() -> None:
    async with counter() as one:
        for path, target in [
            ("/in?wait=true&a=b%20c", "/in?wait=true&a=b+c"), ("/in?a=1&b=&a=2", "/in?a=1&b=&a=2"),
            ("/in/", "/in/"), ("", "/"), ("/", "/"), ("/a/b", "/a/b"),
        ]:  # fmt: skip
            assert await told(one, slack=False, path=path) == ""
            assert one.heard[-1].target == target
        assert reading.loads(one.heard[-1].body) == {"text": SAID.text, "id": "k1", "hub": "h", "alarms": []}


@pytest.mark.parametrize(
    ("answers", "says", "calls"),
    [
        ([json(404, b"no_service")], "the call was answered 404", 1),
        ([json(400, b"invalid_payload")], "the call was answered 400", 1),
        ([json(403)], "the call was answered 403", 1),
        ([json(302, b"", "location: https://elsewhere.example/CANARY")], "the call was answered 302, which leads", 1),
        ([json(500), json(200)], "", 2),
        ([json(500), json(500)], "the call was answered 500", 2),
        ([json(429, b"{}", "retry-after: 1"), json(200)], "", 2),
        ([None], "the call: the connection broke", 1),  # it may have been taken
    ],
)
async def test_what_an_answer_means(answers: list[bytes | None], says: str, calls: int) -> None:
    async with counter() as one:
        one.says(*answers)
        assert (await told(one)).startswith(says)
        assert len(one.heard) == calls


async def test_where_nobody_answers_it_is_tried_twice_and_a_network_that_is_not_allowed_never() -> None:
    async with counter() as one:
        port = one.port
    one.port = port
    assert await told(one) == "the call: nobody answers there"
    async with counter() as one:
        with pytest.raises(ValueError, match="plain http is for networks that the shop allows by name"):
            await told(one, guard=Guard())
        refused = await told(one, guard=Guard(["10.0.0.0/8"]))
        assert refused.startswith("the call: this address is not on the public network")
        assert one.heard == []


@pytest.mark.parametrize(
    "url", ["ftp://h/CANARY", "https:///CANARY", "https://u:CANARY@h/x", "h/CANARY", "https://h:x/"]
)
def test_an_address_that_cannot_be_called_is_refused_without_being_said(url: str) -> None:
    with pytest.raises(ValueError, match="its address is none that can be called") as refused:
        reach(url, LOOPBACK)
    assert "CANARY" not in str(refused.value)


SETTINGS = """shops = ["paws"]
allow_networks = ["127.0.0.0/8"]
accounts = [{{ use = "tests.unit.hub.shop:connect" }}]
[alarms]
lane_stuck = {{ minutes = 5 }}
[[alarms.channels]]
name = "team"
kind = "slack"
url = {{ env = "PAWLINE_TEST_SLACK" }}
[[alarms.channels]]
name = "ours"
kind = "webhook"
url = {{ file = "hook.secret" }}
[[alarms.channels]]
name = "post"
kind = "mail"
account = "smtp/main"
to = ["a@pets.example"]
[[alarms.rota]]
channels = ["team", "ours", "post"]
[alarms.dead_man]
url = {{ env = "PAWLINE_TEST_DEAD_MAN" }}
every = {every}
"""


def written(folder: Path, every: float = 60.0) -> Path:
    (folder / "pawline.toml").write_text(SETTINGS.format(every=every), "utf-8")
    Keyring.generate().save(folder / "pawline.key")
    return folder / "pawline.toml"


def test_channels_that_cannot_be_made_are_there_and_say_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vendor: Any
) -> None:
    monkeypatch.delenv("PAWLINE_TEST_SLACK", raising=False)
    settings = load_settings(written(tmp_path), {})
    (tmp_path / "hook.secret").write_text("ftp://CANARY")
    (tmp_path / "hook.secret").chmod(0o600)
    made = channels_of(settings, Bindings([]), LOOPBACK)
    assert {name: one.why for name, one in made.channels.items() if isinstance(one, Broken)} == {
        "team": "the variable PAWLINE_TEST_SLACK is not set: set it where the hub is started",
        "ours": "its address is none that can be called: an account's address begins with https:// and a host, and ends"
        " with a path at most",
        "post": "smtp/main is no account that plays Mail: name one of none yet",
    }


async def test_a_hub_that_runs_tells_over_http_and_calls_while_it_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vendor: Any
) -> None:
    monkeypatch.setattr("pawline.hub.alarms.keeping.EVERY", 0.05)
    async with counter() as one:
        monkeypatch.setenv("PAWLINE_TEST_SLACK", f"http://127.0.0.1:{one.port}/services/{PATH}")
        monkeypatch.setenv("PAWLINE_TEST_DEAD_MAN", f"http://127.0.0.1:{one.port}/alive/CANARY")
        async with await Hub.open(load_settings(written(tmp_path, every=0.05), {})) as hub:
            await until(lambda: sum(request.target == "/alive/CANARY" for request in one.heard) > 2)
            assert {request.method for request in one.heard} == {"GET"}
            old = hub.store.now() - 400.0
            event = (1, "paws", 7, None, "a@1", "s", 1, "src", "i", 1.0, old, None, 1, 0, None, b"{}")
            hub.engine.lanes = {lane: epoch for lane, epoch in hub.engine.lanes.items() if lane != 7}
            await hub.store.job(lambda db: db.many("insert_event", [event]))
            await until(lambda: any(request.method == "POST" for request in one.heard))
            [post] = [request for request in one.heard if request.method == "POST"]
            assert reading.loads(post.body)["text"].startswith("Pawline: [critical] 1 event in 1 lane not dispatched,")
            signal = hub.kept.dead_man
            assert signal is not None
            await until(lambda: not signal._well)  # the call that was on its way has ended
            quiet = len(one.heard)
            await asyncio.sleep(0.3)
            assert len(one.heard) == quiet  # told once, and nobody is told that it is well
            assert await signal.beat() is False


async def test_the_dead_mans_signal_stays_out_where_nothing_commits(tmp_path: Path, vendor: Any) -> None:
    async with counter() as one:
        settings = load_settings(written(tmp_path), {})
        async with await Hub.open(msgless(settings)) as hub:
            alarms = hub.kept.alarms
            assert alarms is not None
            signal = DeadMan(alarms, f"http://127.0.0.1:{one.port}/alive", 60.0, LOOPBACK)
            assert await signal.beat() is True
            hub.store.hooks.before_commit = _full
            assert await signal.beat() is False
            hub.store.hooks.before_commit = None
            lanes, hub.engine.lanes = hub.engine.lanes, {}
            assert await signal.beat() is False  # another hub keeps them
            hub.engine.lanes = lanes
            assert await signal.beat() is True
            one.says(json(404))
            assert await signal.beat() is False
            await signal.http.close()
            assert [request.target for request in one.heard] == ["/alive"] * 3


def msgless(settings: Any) -> Any:
    """The same without a signal of the hub's own."""
    import msgspec

    return msgspec.structs.replace(settings, alarms=msgspec.structs.replace(settings.alarms, dead_man=None))


def _full(_: object) -> None:
    raise OSError("no space")


def test_a_text_message_is_short_and_says_how_many_more_there_are() -> None:
    def alarm(no: int) -> Alarm:
        return Alarm(
            no=no, shop="paws", rule="lane_stuck", subject="events", severity="critical", team="", since=0.0,
            opened=0.0, seen=0.0, facts={"count": 7, "lanes": 2}, due=0.0, tries=0, told=None, times=0, missed=[],
            reached={}, acknowledged=None, acknowledged_by=None, closed=None,
        )  # fmt: skip

    assert letter("Paws", "UTC", [alarm(7)]).short == (
        "Paws: [critical] 7 events in 2 lanes not dispatched, since Thu 1 Jan 00:00 UTC; pawline alarms ack 7 --by NAME"
    )
    assert letter("Paws", "UTC", [alarm(7)]).data == {
        "hub": "Paws", "test": False,
        "alarms": [{
            "no": 7, "rule": "lane_stuck", "subject": "events", "shop": "paws", "team": "", "severity": "critical",
            "state": "open", "since": 0.0, "closed": None, "times": 1, "what": "7 events in 2 lanes not dispatched",
            "more": "", "do": "see the hub's log and `pawline doctor`, then start the hub again.",
            "means": "what is recorded there is safe, but nobody works on it: orders are taken and not sent.",
        }],
    }  # fmt: skip
    many = letter("Paws", "UTC", [alarm(no) for no in range(5)])
    assert many.short.endswith("\nand 3 more: pawline alarms list")
    assert len(many.short) <= 300
    assert len(letter("P" * 400, "UTC", [alarm(1)]).short) == 300
    strange = letter("Paws", "UTC", [Alarm(**{**_fields(alarm(7)), "rule": "of_tomorrow"})])
    assert strange.text.startswith(
        "Paws: [critical] of_tomorrow: events, since Thu 1 Jan 00:00 UTC\n  Do: `pawline doctor`"
    )


def _fields(alarm: Alarm) -> dict[str, Any]:
    return {name: getattr(alarm, name) for name in alarm.__struct_fields__}


async def test_a_mail_is_written_to_each_and_fails_where_it_reaches_nobody() -> None:
    from pawline.model import Medium, MessageId
    from pawline.ports import Code, Rejected, current_attempt

    class Postman:
        def __init__(self) -> None:
            self.heard: list[tuple[str, str, str | None, str, str]] = []
            self.lost: set[str] = set()

        async def send(self, letter: Any) -> MessageId:
            if letter.to == "odd@pets.example":
                raise AttributeError("odd@pets.example cannot be written")
            if letter.to in self.lost:
                raise Rejected(f"nobody is {letter.to}", Code.UNDELIVERABLE)
            self.heard.append((letter.to, letter.medium.value, letter.subject, letter.text, current_attempt().key))
            return MessageId("m")

    postman = Postman()
    mail = Post("post", "smtp/main", postman, Medium.EMAIL, ("a@pets.example", "b@pets.example"))
    await mail.send(SAID, "k1")
    await mail.send(SAID, "k1")
    assert [one[:4] for one in postman.heard[:2]] == [
        ("a@pets.example", "email", "s", SAID.text), ("b@pets.example", "email", "s", SAID.text)
    ]  # fmt: skip
    keys = [one[4] for one in postman.heard]
    assert (keys[:2], len(set(keys))) == (keys[2:], 2)  # the same message has the same key
    postman.lost = {"a@pets.example"}
    await mail.send(SAID, "k2")
    postman.lost.add("b@pets.example")
    with pytest.raises(NotSent, match=r"^nobody is •••$"):
        await mail.send(SAID, "k3")
    odd = Post("post", "smtp/main", postman, Medium.EMAIL, ("odd@pets.example", "c@pets.example"))
    await odd.send(SAID, "k5")  # a connector's defect with one of them fails no other
    assert postman.heard[-1][0] == "c@pets.example"
    with pytest.raises(NotSent, match=r"^AttributeError$"):
        await Post("post", "smtp/main", postman, Medium.EMAIL, ("odd@pets.example",)).send(SAID, "k6")
    await Post("phone", "smtp/main", Postman(), Medium.SMS, ("+4930123456",)).send(SAID, "k4")
