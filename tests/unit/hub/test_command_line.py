"""The command line against a hub that runs in a process of its own, as a user would use it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


class Shop:
    """A folder that `pawline init` made, and its hub."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hub: subprocess.Popen[bytes] | None = None

    def pawline(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "pawline.cli", *words], cwd=self.folder, capture_output=True, text=True, check=False,
            env={**os.environ, "COLUMNS": "200"}, timeout=60,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.pawline(*words, "--json", code=code).stdout)

    def up(self) -> None:
        with (self.folder / "hub.log").open("ab") as log:
            self.hub = subprocess.Popen(
                [sys.executable, "-m", "pawline.cli", "up"], cwd=self.folder, stdout=log, stderr=log
            )
        until = time.monotonic() + 30
        while not (self.folder / "pawline.db.sock").exists():
            assert self.hub.poll() is None, (self.folder / "hub.log").read_text("utf-8")
            assert time.monotonic() < until
            time.sleep(0.05)

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.hub is not None and self.hub.poll() is None:
            self.hub.send_signal(how)
            self.hub.wait(20)

    def ended(self, count: int) -> list[dict[str, Any]]:
        until = time.monotonic() + 30
        while True:
            rows: list[dict[str, Any]] = self.json("runs", "list")
            if len(rows) == count and all(row["ended"] for row in rows):
                return rows
            assert time.monotonic() < until, rows


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    one = Shop(tmp_path_factory.mktemp("shop"))
    one.pawline("init")
    one.up()
    try:
        yield one
    finally:
        one.end()


def test_what_init_writes_passes_its_own_test_and_is_never_written_over(tmp_path: Path) -> None:
    made = Shop(tmp_path).json("init", "--shop", "pets-eu")
    names = ["pawline.toml", "welcome.py", "test_welcome.py", "sample.json", ".gitignore", "pawline.key"]
    assert made == {"folder": ".", "made": names, "kept": []}
    assert (tmp_path / "pawline.key").stat().st_mode & 0o777 == 0o600
    rehearsal = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=tmp_path, capture_output=True, check=False
    )
    assert rehearsal.returncode == 0, rehearsal.stdout
    key = (tmp_path / "pawline.key").read_bytes()
    assert Shop(tmp_path).json("init") == {"folder": ".", "made": [], "kept": names}
    assert (tmp_path / "pawline.key").read_bytes() == key


def test_an_event_becomes_a_run_whose_timeline_hides_what_is_personal(shop: Shop) -> None:
    [sent] = shop.json("events", "send", "sample.json")
    assert sent["new"] is True
    run = next(row for row in shop.ended(1) if row["event"] == sent["no"])
    assert (run["flow"], run["version"], run["key"], run["status"]) == ("welcome", 1, "Ada", "done")
    hidden = shop.json("runs", "show", str(run["no"]))
    assert [entry["what"] for entry in hidden["timeline"]] == [
        "Greeter is played by log/local", "Greeter.greet → log/local", "done", "reached welcomed",
    ]  # fmt: skip
    assert {entry.get("value", "") for entry in hidden["timeline"]} == {"", "(hidden; --reveal)"}
    assert hidden["outcome"] == "(hidden; --reveal)"
    shown = shop.json("runs", "show", str(run["no"]), "--reveal", "--by", "ada")
    assert shown["outcome"] == "welcome, Ada and Momo"
    assert "Ada and Momo" not in shop.pawline("runs", "show", str(run["no"])).stdout
    assert "the chain holds" in shop.pawline("doctor").stdout


def test_what_is_known_of_somebody_is_shown_and_who_saw_it_is_audited(shop: Shop) -> None:
    told = {
        "type": "message.bounced@1",
        "data": {"message": "m1", "household": "h9", "medium": "email", "lasting": True},
    }
    (shop.folder / "bounced.json").write_text(json.dumps(told), "utf-8")
    [sent] = shop.json("events", "send", "bounced.json")
    hidden = shop.json("household", "h9")
    assert [(one["no"], one["body"]) for one in hidden["events"]] == [(sent["no"], "(hidden; --reveal)")]
    shown = shop.json("household", "h9", "--reveal", "--by", "ada")
    assert shown["events"][0]["body"]["message"] == "m1"
    assert "message.bounced@1" in shop.pawline("household", "h9").stdout
    assert shop.json("household", "h404")["events"] == []


def test_stop_holds_what_comes_go_on_lets_it_go_and_a_replay_is_a_new_generation(shop: Shop) -> None:
    before = len(shop.json("runs", "list"))
    assert shop.json("stop", "flow", "welcome", "--reason", "recall")["state"] == "done"
    [sent] = shop.json("events", "send", "sample.json")
    [held] = [row for row in shop.json("runs", "list") if row["event"] == sent["no"]]
    assert held["ended"] is None
    shop.json("go-on", "flow", "welcome", "--reason", "over")
    shop.ended(before + 1)
    assert shop.json("events", "replay", str(sent["no"]), "--reason", "the letter got lost")["state"] == "done"
    shop.ended(before + 2)
    generations = [row["generation"] for row in shop.json("events", "show", str(sent["no"]))["runs"]]
    assert generations == [0, 1]


def test_a_refusal_is_one_sentence_and_exit_code_1(shop: Shop) -> None:
    assert shop.pawline("runs", "show", "999999999", code=1).stderr == (
        "pawline: there is no run 999999999: `pawline runs list` shows those there are\n"
    )
    assert "say why with --reason" in shop.pawline("stop", "all", code=1).stderr
    assert "holds" in shop.pawline("up", code=1).stderr
    told = json.loads(shop.pawline("runs", "show", "999999999", "--json", code=1).stderr)
    assert list(told) == ["error"]
    shop.pawline("runs", "shw", code=2)


def test_backup_purge_drain_and_doctor_while_the_hub_runs(shop: Shop) -> None:
    made = shop.json("backup", "a.backup")
    assert Path(made["file"]) == shop.folder / "a.backup"
    assert "already" in shop.pawline("backup", "a.backup", code=1).stderr
    assert shop.json("purge") == {
        "runs": 0,
        "events": 0,
        "cases": 0,
        "commands": 0,
        "facts": 0,
        "alarms": 0,
        "holds": 0,
        "bounces": 0,
        "visits": 0,
        "answered": 0,
        "cart_orders": 0,
    }
    assert "at least 60" in shop.pawline("purge", "--facts", "1", code=1).stderr
    assert shop.json("flows", "drain", "welcome", "1") == {"flow": "welcome", "version": 1, "unfinished": 0}
    health = shop.json("doctor")
    assert health["well"] is True
    assert {check["name"]: check["state"] for check in health["checks"]} == dict.fromkeys(
        (
            "settings",
            "key",
            "flows",
            "accounts",
            "numbers",
            "webhooks",
            "access",
            "enrolled",
            "rates",
            "messages",
            "ports",
            "choices",
            "shops",
            "caps",
            "modules",
            "returns",
            "networks",
            "secrets",
            "listening",
            "helpdesks",
            "parcels",
            "versions",
            "disk",
            "store",
            "durability",
            "code",
            "lanes",
            "deliveries",
            "events",
            "runs",
            "cases",
            "brakes",
            "audit",
            "clock",
            "views",
            "watches",
            "heard",
        ),
        "good",
    ) | {"alarms": "look"}


def test_without_a_hub_the_command_line_opens_the_file_itself_and_what_is_ordered_waits(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.pawline("init")
    [sent] = shop.json("events", "send", "sample.json")
    assert shop.json("runs", "list") == []
    assert shop.json("stop", "all", "--reason", "before the start")["state"] == "pending"
    shop.up()
    try:
        until = time.monotonic() + 20
        while not shop.json("mode")["brakes"]:
            assert time.monotonic() < until
        shop.json("go-on", "all", "--reason", "now")
        [run] = shop.ended(1)
        assert (run["event"], run["status"]) == (sent["no"], "done")
    finally:
        shop.end(signal.SIGKILL)
    assert shop.json("runs", "list") == [run]


def test_a_restored_store_opens_under_its_main_switch(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.pawline("init")
    shop.json("events", "send", "sample.json")
    shop.json("backup", "a.backup")
    assert "already" in shop.pawline("restore", "a.backup", "--reason", "test", code=1).stderr
    for file in tmp_path.glob("pawline.db*"):
        file.unlink()
    assert shop.json("restore", "a.backup", "--reason", "test")["unfinished"] == 0
    assert [row["mode"] for row in shop.json("mode")["modes"]] == ["observe"]
    [brakes] = [check for check in shop.json("doctor")["checks"] if check["name"] == "brakes"]
    assert brakes["state"] == "look"


def test_dev_runs_the_sample_and_ends(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.pawline("init")
    told = shop.pawline("dev", "--send", "sample.json", "--once").stdout
    assert "welcome  Ada  done" in told
