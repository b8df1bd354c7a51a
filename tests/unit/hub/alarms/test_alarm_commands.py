"""`pawline alarms`: what is open, that somebody has seen it, and a test of each channel; with a hub and without."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pawline.cli import app
from pawline.hub import Hub, HubRefused, load_settings
from pawline.hub.alarms import channels
from pawline.store import Keyring, Store, Unit

SETTINGS = """shops = ["paws"]
allow_networks = ["127.0.0.0/8"]
accounts = [{{ use = "tests.unit.hub.shop:connect" }}]
[alarms]
name = "Paws"
[[alarms.channels]]
name = "team"
kind = "slack"
url = {{ file = "{hook}" }}
[[alarms.channels]]
name = "post"
kind = "mail"
account = "smtp/main"
to = ["team@pets.example"]
[[alarms.rota]]
channels = ["team", "post"]
"""


class Heard(BaseHTTPRequestHandler):
    bodies: list[dict[str, Any]] = []  # noqa: RUF012 - of this test's own server

    def do_POST(self) -> None:
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def slack() -> Iterator[HTTPServer]:
    Heard.bodies.clear()
    server = HTTPServer(("127.0.0.1", 0), Heard)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path: Path, slack: HTTPServer, vendor: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(channels, "AGAIN", 0.01)
    hook = tmp_path / "hook"
    hook.write_text(f"http://127.0.0.1:{slack.server_port}/services/x", "utf-8")
    hook.chmod(0o600)
    Keyring.generate().save(tmp_path / "pawline.key")
    (tmp_path / "pawline.toml").write_text(SETTINGS.format(hook=hook), "utf-8")
    return tmp_path


def pawline(folder: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, [*words, "--config", str(folder / "pawline.toml")])
    assert done.exit_code == code, done.output
    return done.output


async def _open(folder: Path, no: int) -> None:
    settings = load_settings(folder / "pawline.toml", {})
    store = await Store.open(settings.url, Keyring.load(settings.key_path))
    done = asyncio.get_running_loop().create_future()
    facts = '{"count":3,"lanes":1}'
    row = (no, "*", "lane_stuck", "events", "critical", "", 1_770_000_000.0, 1_770_000_300.0, facts)
    store.commit(Unit(done.set_result, writes=[("open_alarm", row)]))
    assert (await done).error is None
    await store.close()


def test_alarms_are_listed_and_seen(folder: Path) -> None:
    assert "No alarm is open." in pawline(folder, "alarms")
    asyncio.run(_open(folder, 7))
    assert "3 events in 1 lane not dispatched" in pawline(folder, "alarms")
    assert "critical" in pawline(folder, "alarms", "list")
    [told] = json.loads(pawline(folder, "alarms", "list", "--json"))
    assert (told["no"], told["state"], told["since"], told["do"]) == (
        7, "open", 1_770_000_000.0, "see the hub's log and `pawline doctor`, then start the hub again."
    )  # fmt: skip
    lines = pawline(folder, "alarms").splitlines()
    assert lines[0].split() == ["no", "severity", "what", "since", "state", "seen", "by", "times", "told"]
    assert lines[1].split()[-2:] == ["open", "0"]  # nobody was told yet
    assert "seen by ann: alarm 7 is told no more" in pawline(folder, "alarms", "ack", "7", "--by", "ann")
    [told] = json.loads(pawline(folder, "alarms", "--json"))
    assert (told["state"], told["acknowledged_by"]) == ("acknowledged", "ann")
    for words, says in (
        (("ack", "7", "--by", "bob"), "alarm 7 is acknowledged already by ann: nothing is left to say"),
        (("ack", "8"), "there is no alarm 8: `pawline alarms list` shows those there are"),
    ):
        done = CliRunner().invoke(app, ["alarms", *words, "--config", str(folder / "pawline.toml")])
        assert isinstance(done.exception, HubRefused)
        assert str(done.exception) == says
    assert [row["no"] for row in json.loads(pawline(folder, "alarms", "list", "--all", "--json"))] == [7]


def test_a_test_goes_over_each_channel_and_says_what_came_of_it(folder: Path) -> None:
    told = json.loads(pawline(folder, "alarms", "test", "--json", code=1))
    assert told == [
        {"channel": "team", "kind": "slack", "took": True, "says": "it took the test; see whether it arrived"},
        {
            "channel": "post", "kind": "mail", "took": False,
            "says": "smtp/main is no account that plays Mail: name one of none yet",
        },
    ]  # fmt: skip
    text = "this is a test of the channel team; nothing is wrong. Somebody ran `pawline alarms test`."
    assert Heard.bodies == [{"text": f"Paws: [test] {text}"}]
    assert "NO" in pawline(folder, "alarms", "test", code=1)
    assert len(Heard.bodies) == 2
    text = (folder / "pawline.toml").read_text("utf-8").replace("smtp/main", "smtp/other")
    (folder / "pawline.toml").write_text(text.partition("[alarms]")[0], "utf-8")
    done = CliRunner().invoke(app, ["alarms", "test", "--config", str(folder / "pawline.toml")])
    assert str(done.exception).startswith("there is no [alarms] in the settings: docs/how-to/be-told-of-alarms.md")


def test_a_hub_that_runs_tests_with_its_own_channels(folder: Path) -> None:
    async def beside() -> None:
        async with await Hub.open(load_settings(folder / "pawline.toml", {})) as hub:
            (folder / "hook").write_text("changed since it began", "utf-8")
            told = await hub.desk.answer("try_channels", {})
            assert [one["took"] for one in told] == [True, False]
            checks = {one["name"]: (one["state"], one["says"]) for one in await hub.desk.answer("health", {})}
            assert checks["channels"] == ("bad", "post: smtp/main is no account that plays Mail: name one of none yet")
            assert checks["silence"] == ("good", "orders that do not come are judged by each shop's own history")

    asyncio.run(beside())


def test_that_somebody_has_seen_it_is_in_the_audit(folder: Path) -> None:
    asyncio.run(_open(folder, 7))
    pawline(folder, "alarms", "ack", "7", "--by", "ann")

    async def audited() -> list[Any]:
        settings = load_settings(folder / "pawline.toml", {})
        store = await Store.open(settings.url, Keyring.load(settings.key_path))
        rows = await store.fetch("audit_page", (0, 10))
        await store.close()
        return [row[3:7] for row in rows]

    assert asyncio.run(audited()) == [("ann", "acknowledge", "alarm:7", "lane_stuck")]
